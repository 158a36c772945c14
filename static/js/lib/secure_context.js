/**
 * Shows why the camera cannot work when the page was opened over plain http from another machine.
 * <div data-insecure-notice hidden>…</div>
 */

export function revealInsecureNotice() {
  for (const notice of document.querySelectorAll("[data-insecure-notice]")) {
    notice.hidden = window.isSecureContext;
  }
  return !window.isSecureContext;
}
