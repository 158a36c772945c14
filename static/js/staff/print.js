/**
 * Prints the page: <button type="button" data-print>…</button>
 */
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
