/**
 * Covers the exam while its clock stands, paused or locked, and lets every sentence about the clock say which is true.
 * <body data-clock-stands> <p class="while-running">…</p> <p class="while-standing">…</p>
 */

/** @param {object} covers @param {{state: string, locked?: boolean, pause_cause?: string}} status @returns {boolean} whether it stands */
export function followPause(covers, { state, locked = false, pause_cause: cause = "" }) {
  const stands = state === "paused";
  for (const [name, isShown] of [["locked", stands && locked], ["paused", stands && !locked]]) {
    isShown ? covers.show(name, { text: cause }) : covers.hide(name);
  }
  document.body.toggleAttribute("data-clock-stands", stands);
  return stands;
}
