/**
 * The login page: shows the check code while the button is pressed in, sends the form once, and forgets the paper that the
 * last person at this machine may have left in the browser.
 *
 *   <form id="login">… <input id="id_check_code" type="password">
 *     <button type="button" class="login__reveal" aria-pressed="false" aria-controls="id_check_code" hidden>…</button></form>
 *   <button type="submit" form="login">…</button>
 */

import { forgetPapers } from "../lib/vault.js";

const form = document.querySelector("#login");

function prepareReveal(button) {
  const field = document.getElementById(button.getAttribute("aria-controls"));
  button.hidden = false;
  const reveal = (shown) => {
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => reveal(field.type === "password"));
  form.addEventListener("submit", () => reveal(false)); // else the browser remembers it among other texts
}

/** A second click while the first is on its way would count as another attempt. */
function sendOnce() {
  const submit = document.querySelector(`[type="submit"][form="${form.id}"]`);
  form.addEventListener("submit", (event) => {
    if (submit.getAttribute("aria-busy") === "true") {
      event.preventDefault();
    }
    submit.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => submit.removeAttribute("aria-busy"));
}

if (form) {
  forgetPapers().catch(() => {});
  prepareReveal(form.querySelector(".login__reveal"));
  sendOnce();
}
