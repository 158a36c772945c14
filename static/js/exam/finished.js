/**
 * The end page: hands over what this device has not been able to send, forgets the sitting, and 「离开考场 9」 counts down and
 * leaves.
 * <div data-leftovers data-sitting="7" data-url="/exam/responses/" hidden><p data-leftovers-text></p>…</div>
 * <form data-leave><button>… <span data-leave-seconds data-seconds="9">9</span></button></form>
 */
import { postJson } from "../lib/api.js";
import { Clock, ticking } from "../lib/clock.js";
import { depositOrphans } from "../lib/leftovers.js";
import { text } from "../lib/texts.js";
import { Vault, queuesOf } from "../lib/vault.js";

const UNLOADS_WITHIN_MS = 1500; // the paper that we come from may still hold its queue

const form = document.querySelector("[data-leave]");
const shown = form.querySelector("[data-leave-seconds]");
const clock = new Clock();
const gone = new AbortController();
const until = new Date(Date.now() + Number(shown.dataset.seconds) * 1000);

handOver(document.querySelector("[data-leftovers]")).catch(() => {
  // This browser keeps nothing.
});
clock.sync(new Date().toISOString(), until.toISOString());
form.addEventListener("submit", () => gone.abort());
ticking(() => {
  shown.textContent = String(Math.ceil(clock.remainingMs / 1000));
  if (clock.remainingMs === 0) {
    form.requestSubmit();
  }
}, gone.signal);

/** Whatever the outcome, it is on record; only then is the sitting forgotten here. */
async function handOver(box) {
  const sitting = Number(box.dataset.sitting);
  const send = (body) => postJson(box.dataset.url, body);
  if ((await queuesOf(sitting)).length === 0) {
    return;
  }
  const { decided, left, held } = await depositOrphans({ sitting, send, waitMs: UNLOADS_WITHIN_MS });
  if (left + held === 0) {
    await (await Vault.open(sitting)).destroy();
  }
  const count = decided.length;
  box.hidden = count === 0 && left === 0;
  box.querySelector("[data-leftovers-text]").textContent = text(box, left > 0 ? "left" : "late", { count });
}
