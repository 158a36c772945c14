/**
 * What every page with htmx parts needs: forms that are sent once, a sentence where the server is out of reach, the way to
 * the sign-in page, and folds that stay open when their list is brought anew.
 * <p data-news="offline" hidden>…</p>
 */
const openFolds = new Set();
let failures = 0;

document.addEventListener("htmx:beforeSwap", (event) => {
  openFolds.clear();
  event.detail.target.querySelectorAll("details[id][open]").forEach((fold) => openFolds.add(fold.id));
});

document.addEventListener("htmx:afterSwap", (event) => {
  failures = 0;
  offline(false);
  openFolds.forEach((id) => event.detail.target.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", ""));
});

for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    if (event.detail.xhr?.status === 401) {
      window.location.reload(); // leads to the sign-in page, and back here
      return;
    }
    failures += 1;
    const isAct = event.detail.requestConfig?.verb === "post";
    offline(failures > 1 || isAct);
  });
}

function offline(isIt) {
  document.querySelectorAll('[data-news="offline"]').forEach((line) => (line.hidden = !isIt));
}

document.addEventListener("click", ({ target }) => {
  const chosen = target instanceof Element && target.closest("[data-reasons] button");
  const input = chosen && chosen.closest("form")?.elements.reason;
  if (input) {
    input.value = chosen.textContent.trim();
    input.focus();
  }
});
