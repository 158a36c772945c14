/**
 * Closes the open filter of a list when the person turns elsewhere or presses Escape.
 * <details data-filter>…</details>
 */

const openFilters = () => document.querySelectorAll("details[data-filter][open]");

document.addEventListener("click", (event) => {
  for (const filter of openFilters()) {
    if (!filter.contains(event.target)) {
      filter.open = false;
    }
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") {
    return;
  }
  for (const filter of openFilters()) {
    filter.open = false;
    filter.querySelector("summary").focus();
  }
});
