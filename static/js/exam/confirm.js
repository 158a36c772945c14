/**
 * Asks for the tick in the page's own words (the browser's bubble speaks the browser's language), and opens the dialog in which a candidate says what is wrong in their details.
 * <form id="confirm-form" novalidate><input name="accepted" required> <p data-not-accepted hidden>…</p></form>
 * <button data-open-correction>…</button> <dialog id="correction">… <button data-close-correction>…</button></dialog>
 */
import { ask, dismiss } from "../lib/dialog.js";

const dialog = document.querySelector("#correction");

document.querySelector("[data-open-correction]").addEventListener("click", () => {
  ask(dialog);
  dialog.querySelector("textarea").focus();
});
document.querySelector("[data-close-correction]").addEventListener("click", () => dismiss(dialog));

const form = document.querySelector("#confirm-form");
const { accepted } = form.elements;
const notAccepted = document.querySelector("[data-not-accepted]");

function draw(isMissing) {
  notAccepted.hidden = !isMissing;
  isMissing ? accepted.setAttribute("aria-invalid", "true") : accepted.removeAttribute("aria-invalid");
}

form.addEventListener("submit", (event) => {
  if (!accepted.checked) {
    event.preventDefault();
    draw(true);
    accepted.focus();
  }
});
accepted.addEventListener("change", () => draw(!accepted.checked && !notAccepted.hidden));
