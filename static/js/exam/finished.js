/**
 * The end page: hands over what this device has not been able to send, forgets the sitting, and 「离开考场 9」 counts down and
 * leaves. The countdown begins anew while somebody scrolls, taps or types, and 「停留在本页」 ends it: a receipt takes time to note.
 * <div data-leftovers data-sitting="7" data-url="/exam/responses/" hidden><p data-leftovers-text></p>…</div>
 * <form data-leave><button type="button" data-stay>…</button>
 *   <button data-leave-now>… <span data-leave-seconds data-seconds="9">9</span></button></form>
 * <p data-while-counting>…</p> <p data-when-staying hidden>…</p>
 */
import { postJson } from "../lib/api.js";
import { Clock, ticking } from "../lib/clock.js";
import { depositOrphans } from "../lib/leftovers.js";
import { text } from "../lib/texts.js";
import { Vault, queuesOf } from "../lib/vault.js";

const UNLOADS_WITHIN_MS = 1500; // the paper that we come from may still hold its queue
const SIGNS_OF_READING = ["keydown", "pointerdown", "scroll", "touchmove", "wheel"];

const stay = leaveInTime(document.querySelector("[data-leave]"));
handOver(document.querySelector("[data-leftovers]")).catch(() => {
  // This browser keeps nothing.
});

/** @returns {() => void} ends the countdown; leaving is then left to the candidate */
function leaveInTime(form) {
  const shown = form.querySelector("[data-leave-seconds]");
  const clock = new Clock();
  const counting = new AbortController();
  const { signal } = counting;
  const stays = () => {
    counting.abort();
    sayStaying(form);
  };
  const beginAnew = () => {
    const now = Date.now();
    clock.sync(new Date(now).toISOString(), new Date(now + Number(shown.dataset.seconds) * 1000).toISOString());
  };
  beginAnew();
  SIGNS_OF_READING.forEach((sign) => document.addEventListener(sign, beginAnew, { signal, passive: true }));
  form.addEventListener("submit", () => counting.abort());
  form.querySelector("[data-stay]").addEventListener("click", stays, { signal });
  ticking(() => {
    shown.textContent = String(Math.ceil(clock.remainingMs / 1000));
    if (clock.remainingMs === 0) {
      form.requestSubmit();
    }
  }, signal);
  return stays;
}

function sayStaying(form) {
  const button = form.querySelector("[data-stay]");
  const hadFocus = button === document.activeElement;
  button.hidden = true;
  form.querySelector("[data-leave-seconds]").hidden = true;
  hadFocus && form.querySelector("[data-leave-now]").focus();
  document.querySelector("[data-while-counting]").hidden = true;
  document.querySelector("[data-when-staying]").hidden = false;
}

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
  if (count === 0 && left === 0) {
    return;
  }
  stay(); // this has to be read, whoever reads it
  box.hidden = false;
  box.querySelector("[data-leftovers-text]").textContent = text(box, left > 0 ? "left" : "late", { count });
}
