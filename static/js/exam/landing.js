/**
 * The landing page: corrects what the server could not know, and offers to install the site as an app.
 * <div data-landing data-service-worker="/service-worker.js"> … <p data-install hidden><button>…</button></p>
 *   <p data-installed hidden>…</p> <p data-install-by-hand>…</p> <span data-system-name>macOS</span></div>
 */
import { revealInsecureNotice } from "../lib/secure_context.js";
import { text } from "../lib/texts.js";

const page = document.querySelector("[data-landing]");
const install = page.querySelector("[data-install]");
const installed = page.querySelector("[data-installed]");
const byHand = page.querySelector("[data-install-by-hand]");

revealInsecureNotice();
nameTablet();
registerServiceWorker();
offerInstallation();

/** An iPad says that it is a Mac; only its touch screen tells. */
function nameTablet() {
  const name = page.querySelector("[data-system-name]");
  if (name && navigator.maxTouchPoints > 1 && navigator.userAgent.includes("Macintosh")) {
    name.textContent = text(page, "ipados");
  }
}

function registerServiceWorker() {
  if ("serviceWorker" in navigator && window.isSecureContext) {
    navigator.serviceWorker.register(page.dataset.serviceWorker).catch(() => {
      // Nothing depends on it: the site only opens a little slower.
    });
  }
}

function offerInstallation() {
  if (!install) {
    return;
  }
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    install.hidden = false;
    byHand.hidden = true;
    install.querySelector("button").onclick = () => event.prompt();
  });
  window.addEventListener("appinstalled", () => {
    install.hidden = true;
    installed.hidden = false;
  });
}
