/**
 * Shows whether answers reach the server: one quiet line in the header; a calm banner when the line has been down for ten
 * seconds; a plain one with what to do after a minute; and what else keeps answers from arriving or from being kept.
 * <p data-saved="saved"><span data-saved-text role="status"></span></p> <div data-banner="offline" hidden>…</div>
 */
import { text } from "../lib/texts.js";

const CALM_AFTER_MS = 10000;
const PLAIN_AFTER_MS = 60000;

export class Delivery {
  #state = "saved";
  #count = 0;
  #since = null; // when the server was out of reach for the first time
  #isBusy = false; // it answers, but not now
  #isSuperseded = false;
  #timers = [];

  /** @param {{stage: HTMLElement, texts: ParentNode, signal: AbortSignal}} options */
  constructor({ stage, texts, signal }) {
    Object.assign(this, { stage, texts });
    signal.addEventListener("abort", () => this.#timers.forEach((timer) => window.clearTimeout(timer)));
    this.#draw();
  }

  /** @param {"saved" | "saving" | "unsent"} state @param {number} count questions that have not arrived */
  draw(state, count) {
    this.#state = state;
    this.#count = count;
    this.#draw();
  }

  /** The server has answered, whatever it said. */
  reached() {
    this.#since = null;
    this.#isBusy = false;
    this.#timers.splice(0).forEach((timer) => window.clearTimeout(timer));
    this.#draw();
  }

  /** Say which of the reasons keeps answers from arriving; a pause has its own cover. */
  failed(error) {
    this.signedOut(error.isSignedOut);
    if (!error.isPassing) {
      this.reached();
      return;
    }
    this.#isBusy = error.status !== 0;
    if (this.#since === null) {
      this.#since = performance.now();
      this.#timers = [CALM_AFTER_MS, PLAIN_AFTER_MS].map((after) => window.setTimeout(() => this.#draw(), after));
    }
    this.#draw();
  }

  /** A pause covers the banner, so its cover says it too: who is signed out never hears that the exam goes on. */
  signedOut(isIt = true) {
    this.#banner("signed_out", isIt);
    document.querySelectorAll("[data-cover-signed-out]").forEach((part) => (part.hidden = !isIt));
  }

  superseded() {
    this.#isSuperseded = true;
    this.#banner("superseded", true);
    this.#draw();
  }

  /** Answers of this page that were logged and do not count: say which, so that the person can look. */
  notCounted(questions, sentence = "not_counted") {
    const list = [...new Set(questions)].sort((a, b) => a - b).join(text(this.texts, "joint"));
    this.stage.querySelector("[data-not-counted-text]").textContent = text(this.texts, sentence, { questions: list });
    this.#banner("not_counted", true);
  }

  /** This browser keeps nothing: "insecure" address, "denied" by the browser, or "lost" in the middle. */
  notKept(reason) {
    this.stage.querySelector("[data-not-kept-text]").textContent = text(this.texts, `not_kept_${reason}`);
    this.#banner("not_kept", true);
    this.stage.querySelector("[data-when-kept]").hidden = true;
    this.stage.querySelector("[data-when-not-kept]").hidden = false;
  }

  /** @returns {number} how long the server has been out of reach */
  get #downMs() {
    return this.#since === null ? 0 : performance.now() - this.#since + 50; // a timer may come a little early
  }

  #draw() {
    const count = this.#count;
    const isDown = this.#since !== null;
    const state = isDown ? "unsent" : this.#state;
    const line = this.stage.querySelector("[data-saved]");
    line.dataset.saved = state;
    write(line.querySelector("[data-saved-text]"), text(this.texts, this.#wordFor(state), { count }));
    const isPlain = this.#downMs >= PLAIN_AFTER_MS;
    const isCalm = !isPlain && this.#downMs >= CALM_AFTER_MS;
    write(this.stage.querySelector("[data-offline-text]"), text(this.texts, this.#wordForBanner(), { count }));
    const heading = this.#isBusy ? "busy_heading" : "offline_heading";
    write(this.stage.querySelector("[data-offline-heading]"), text(this.texts, heading, { count }));
    this.#banner("offline", isCalm && !this.#isSuperseded);
    this.#banner("offline_long", isPlain && !this.#isSuperseded);
  }

  #wordFor(state) {
    if (state !== "unsent") {
      return state;
    }
    const isOffline = this.#since !== null && !this.#isBusy;
    return isOffline ? (this.#count > 0 ? "offline_unsent" : "offline_all_sent") : this.#count > 0 ? "unsent" : "saved";
  }

  #wordForBanner() {
    const why = this.#isBusy ? "busy" : "offline";
    return this.#count > 0 ? why : `${why}_nothing_unsent`;
  }

  #banner(name, isShown) {
    this.stage.querySelector(`[data-banner="${name}"]`).hidden = !isShown;
  }
}

/** A live region: the same words again would be read again. */
function write(element, words) {
  if (element.textContent !== words) {
    element.textContent = words;
  }
}
