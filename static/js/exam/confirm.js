/**
 * Opens the dialog in which a candidate says what is wrong in their details.
 * <button data-open-correction>…</button> <dialog id="correction">… <button data-close-correction>…</button></dialog>
 */
import { ask, dismiss } from "../lib/dialog.js";

const dialog = document.querySelector("#correction");

document.querySelector("[data-open-correction]").addEventListener("click", () => {
  ask(dialog);
  dialog.querySelector("textarea").focus();
});
document.querySelector("[data-close-correction]").addEventListener("click", () => dismiss(dialog));
