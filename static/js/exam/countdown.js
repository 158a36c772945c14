/**
 * Writes what is left of the exam, warns at 15, 5 and 1 minutes (once each, read out politely, nothing moves), and says when
 * the time is up.
 * <time role="timer" aria-live="off" data-exam-countdown>00:45:56</time>
 */
import { hms, ticking } from "../lib/clock.js";

const WARNINGS = [15, 5, 1]; // minutes
const MINUTE_MS = 60000;

/**
 * @param {{clock: import("../lib/clock.js").Clock, shown: () => HTMLElement[], signal: AbortSignal,
 *   onWarning: (minutes: number) => void, onOver: () => void}} options
 */
export function countDown({ clock, shown, signal, onWarning, onOver }) {
  let warnedBelow = Infinity; // the smallest warning that has been given or was passed before we began
  let isOver = false;
  const tick = () => {
    const left = clock.remainingMs;
    if (left === null) {
      return;
    }
    write(shown(), hms(left), left <= 5 * MINUTE_MS);
    warnedBelow = warn(left, warnedBelow, onWarning);
    if (left === 0 && clock.running && !isOver) {
      isOver = true;
      onOver();
    }
    isOver = isOver && left === 0; // time was added after all
  };
  ticking(tick, signal);
}

/** @returns {number} minutes of the warning that is now behind us */
function warn(left, warnedBelow, onWarning) {
  const due = WARNINGS.filter((minutes) => left <= minutes * MINUTE_MS).at(-1) ?? Infinity;
  if (due < warnedBelow && left > 0) {
    const isFirstLook = warnedBelow === Infinity && left < (due - 0.5) * MINUTE_MS;
    if (!isFirstLook) {
      onWarning(due); // a page opened with eight minutes left does not announce fifteen
    }
  }
  return due;
}

function write(elements, words, urgent) {
  for (const element of elements) {
    if (element.textContent !== words) {
      element.textContent = words;
      element.toggleAttribute("data-urgent", urgent);
    }
  }
}
