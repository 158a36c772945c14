/**
 * Shows a short piece of news at the bottom of the page and takes it away again; screen readers hear it.
 * <div class="toast-region" role="status" aria-live="polite" data-toasts></div>
 */

const SHOWN_FOR_MS = 6000;

/**
 * @param {string} sentence
 * @param {{stay?: boolean}} options stay: leave it until the returned function is called
 * @returns {() => void} takes the toast away
 */
export function toast(sentence, { stay = false } = {}) {
  const region = document.querySelector("[data-toasts]");
  const item = document.createElement("div");
  item.className = "toast";
  item.textContent = sentence;
  region?.append(item);
  const remove = () => item.remove();
  if (!stay) {
    window.setTimeout(remove, SHOWN_FOR_MS);
  }
  return remove;
}
