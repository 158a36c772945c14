/**
 * 「离开考场 9」 counts down and leaves.
 * <form data-leave><button>… <span data-leave-seconds data-seconds="9">9</span></button></form>
 */
import { Clock, ticking } from "../lib/clock.js";

const form = document.querySelector("[data-leave]");
const shown = form.querySelector("[data-leave-seconds]");
const clock = new Clock();
const gone = new AbortController();
const until = new Date(Date.now() + Number(shown.dataset.seconds) * 1000);

clock.sync(new Date().toISOString(), until.toISOString());
form.addEventListener("submit", () => gone.abort());
ticking(() => {
  shown.textContent = String(Math.ceil(clock.remainingMs / 1000));
  if (clock.remainingMs === 0) {
    form.requestSubmit();
  }
}, gone.signal);
