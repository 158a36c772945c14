/**
 * Writes what is left of the exam, warns at 15, 5 and 1 minutes (once each, read out politely, nothing moves), and says when
 * the time is up. Nobody is warned of what stood there as the page opened: an exam of 15 minutes begins without a warning.
 * <time role="timer" aria-live="off" data-exam-countdown>00:45:56</time>
 */
import { hms, ticking } from "../lib/clock.js";

const WARNINGS = [15, 5, 1]; // minutes
const MINUTE_MS = 60000;
const JUST_SEEN_MS = 30000;

/**
 * @param {{clock: import("../lib/clock.js").Clock, shown: () => HTMLElement[], signal: AbortSignal,
 *   onWarning: (minutes: number) => void, onOver: () => void}} options
 */
export function countDown({ clock, shown, signal, onWarning, onOver }) {
  let behind = null; // the smallest warning that was given, or that needs none since the page has just opened
  let isOver = false;
  const tick = () => {
    const left = clock.remainingMs;
    if (left === null) {
      return;
    }
    write(shown(), hms(left), left <= 5 * MINUTE_MS);
    const due = warningAt(left);
    if (behind === null) {
      behind = warningAt(left - JUST_SEEN_MS);
    } else if (due < behind) {
      behind = due;
      if (left > 0) {
        onWarning(due);
      }
    } else if (left > behind * MINUTE_MS + JUST_SEEN_MS) {
      behind = due; // time was added: what comes near again is told again
    }
    if (left === 0 && clock.running && !isOver) {
      isOver = true;
      onOver();
    }
    isOver = isOver && left === 0; // time was added after all
  };
  ticking(tick, signal);
}

/** @returns {number} minutes of the nearest warning that so little time calls for; Infinity for none */
function warningAt(left) {
  return WARNINGS.filter((minutes) => left <= minutes * MINUTE_MS).at(-1) ?? Infinity;
}

function write(elements, words, urgent) {
  for (const element of elements) {
    if (element.textContent !== words) {
      element.textContent = words;
      element.toggleAttribute("data-urgent", urgent);
    }
  }
}
