/**
 * Shows whether answers reach the server: a quiet line in the header, and a banner where something has to be done.
 * <p data-saved="saved"><span data-saved-text role="status"></span></p> <div data-banner="offline" hidden>…</div>
 */
import { text } from "../lib/texts.js";

export class Delivery {
  #isOffline = false;
  #isSuperseded = false;

  /** @param {{stage: HTMLElement, texts: ParentNode}} options */
  constructor({ stage, texts }) {
    Object.assign(this, { stage, texts });
    this.draw("saved", 0);
  }

  /** @param {"saved" | "saving" | "unsent"} state @param {number} count questions that have not arrived */
  draw(state, count) {
    const line = this.stage.querySelector("[data-saved]");
    line.dataset.saved = state;
    line.querySelector("[data-saved-text]").textContent = text(this.texts, state, { count });
    this.stage.querySelector("[data-offline-text]").textContent = text(this.texts, "offline", { count });
    this.#banner("offline", state === "unsent" && this.#isOffline && !this.#isSuperseded);
  }

  /** Say which of the reasons keeps answers from arriving; a pause has its own cover. */
  failed(error, unsent) {
    this.signedOut(error.isSignedOut);
    this.#isOffline = error.isPassing;
    this.draw("unsent", unsent);
  }

  signedOut(isIt = true) {
    this.#banner("signed_out", isIt);
  }

  superseded() {
    this.#isSuperseded = true;
    this.#banner("offline", false);
    this.#banner("superseded", true);
  }

  #banner(name, isShown) {
    this.stage.querySelector(`[data-banner="${name}"]`).hidden = !isShown;
  }
}
