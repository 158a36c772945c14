/**
 * The screen while a paper is answered: asks for full screen, notices when it is left or another window is looked at, and
 * shows the candidate their own count of it.
 * <p data-switches></p> <section data-cover="full_screen">…</section>
 */
import { text } from "../lib/texts.js";
import * as fullScreen from "./full_screen.js";
import { Lockdown } from "./lockdown.js";
import { offerFullScreen, withoutFullScreen } from "./without_full_screen.js";

export class Screen {
  #isGivenUp = false;
  #sentence = "";

  /**
   * @param {{stage: HTMLElement, config: any, data: any, covers: object, texts: ParentNode, client: string,
   *   signal: AbortSignal, askStatus: () => void, closeDialogs: () => void}} options
   */
  constructor(options) {
    Object.assign(this, options);
    this.draw(this.data);
    this.#watch();
    this.#offer();
  }

  #watch() {
    new Lockdown({
      url: this.config.urls.events,
      client: this.client,
      wantsFullScreen: this.config.full_screen,
      signal: this.signal,
      onCount: (data) => {
        this.draw(data);
        if (data.counted?.length > 0) {
          this.askStatus(); // the limit may have been passed
        }
      },
      onFullScreen: (on) => (on ? this.covers.hide("full_screen") : this.ask()),
    });
  }

  #offer() {
    offerFullScreen({
      cover: this.covers.element("full_screen"),
      url: this.config.urls.events,
      client: this.client,
      signal: this.signal,
      onOn: () => this.covers.hide("full_screen"),
      onWithout: () => {
        withoutFullScreen.remember(this.data.sitting);
        this.covers.hide("full_screen");
        this.askStatus(); // by the exam's rule a person may have to look first
      },
    });
  }

  /** Show how often the candidate has turned away, and how often they may. */
  draw({ switch_count: count, switch_limit: limit }) {
    if (count === undefined) {
      return;
    }
    const suffix = limit === null || limit === undefined ? "" : "_of";
    this.stage.querySelector("[data-switches]").textContent = text(this.texts, `switches${suffix}`, { count, limit });
    this.#sentence = count > 0 ? text(this.texts, `recorded${suffix}`, { count, limit }) : "";
    if (this.covers.has("full_screen") && this.#sentence) {
      this.covers.show("full_screen", { text: this.#sentence });
    }
  }

  /** Cover the paper until full screen is on, where the exam wants it. */
  ask() {
    const isWaived = withoutFullScreen.isRemembered(this.data.sitting);
    if (isWaived || !this.config.full_screen || !fullScreen.isSupported() || fullScreen.isOn() || this.#isGivenUp) {
      return;
    }
    this.closeDialogs();
    this.covers.show("full_screen", { text: this.#sentence || text(this.texts, "not_full_screen_yet") });
  }

  /** Another page holds the paper: full screen does not matter here any more. */
  giveUp() {
    this.#isGivenUp = true;
    this.covers.hide("full_screen");
  }
}
