/**
 * Notices when the candidate leaves full screen, hides the page, turns to another window or goes to another page. What lasts
 * is reported while it lasts and again when it is over, under the same id. It judges nothing: the server classifies and
 * counts. What is still going on when the page goes is told by the next page of the same tab.
 */
import { postJson, backoff } from "../lib/api.js";
import { randomId } from "../lib/client.js";
import * as fullScreen from "./full_screen.js";

const BLUR_GRACE_MS = 1000; // shorter losses of focus come from input methods, camera prompts and notices of the system
const LASTING_MS = { blur: 3500, hidden: 1500, left_full_screen: 1500 }; // from then on it is told while it lasts
const RELOAD_MS = 5000; // who is back on the page sooner has reloaded it

export class Lockdown {
  #open = new Map(); // kind -> {id, kind, at}
  #outbox = new Map(); // id -> {id, kind, at, durationMs}
  #failures = 0;
  #sending = false;
  #unloading = false;
  #wasFullScreen = fullScreen.isOn();

  /**
   * @param {{url: string, client: string, wantsFullScreen: boolean, signal: AbortSignal,
   *   onCount: (data: any) => void, onFullScreen: (on: boolean) => void}} options
   */
  constructor(options) {
    Object.assign(this, options);
    this.key = `examplatform.away.${this.client}`;
    this.#comeBack();
    this.#watch();
  }

  #watch() {
    const { signal } = this;
    document.addEventListener("visibilitychange", () => this.#visibility(), { signal });
    window.addEventListener("blur", () => this.#begin("blur"), { signal });
    window.addEventListener("focus", () => this.#end("blur"), { signal });
    window.addEventListener("pagehide", () => this.#goAway(), { signal });
    window.addEventListener("pageshow", () => (this.#unloading = false), { signal });
    if (this.wantsFullScreen) {
      fullScreen.onChange(() => this.#fullScreen(), signal);
    }
  }

  #visibility() {
    if (this.#unloading) {
      return; // a page that is going is hidden too
    }
    if (document.hidden) {
      this.#drop("blur"); // it was the beginning of this
      this.#begin("hidden");
    } else {
      this.#end("hidden");
    }
  }

  #fullScreen() {
    const on = fullScreen.isOn();
    if (!on && this.#wasFullScreen) {
      this.#begin("left_full_screen");
    } else if (on) {
      this.#end("left_full_screen");
    }
    this.#wasFullScreen = on;
    this.onFullScreen(on);
  }

  #begin(kind) {
    if (this.#open.has(kind) || (kind === "blur" && this.#open.has("hidden"))) {
      return;
    }
    const episode = { id: randomId(), kind, at: now() };
    episode.timer = window.setTimeout(() => this.#report(episode, null), LASTING_MS[kind]);
    this.#open.set(kind, episode);
  }

  #end(kind) {
    const episode = this.#drop(kind);
    const durationMs = episode ? Math.round(now() - episode.at) : 0;
    if (episode && (kind !== "blur" || durationMs >= BLUR_GRACE_MS)) {
      this.#report(episode, durationMs);
    }
  }

  #drop(kind) {
    const episode = this.#open.get(kind);
    this.#open.delete(kind);
    window.clearTimeout(episode?.timer);
    return episode;
  }

  // --- from one page to the next ---

  #goAway() {
    this.#unloading = true;
    const going = [...this.#open.values()].map(({ id, kind, at }) => ({ id, kind, at }));
    if (!this.#open.has("hidden")) {
      going.push({ id: randomId(), kind: "hidden", at: now(), isReload: true });
    }
    sessionStorage.setItem(this.key, JSON.stringify(going));
    this.#send({ leaving: true });
  }

  #comeBack() {
    const gone = JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
    sessionStorage.removeItem(this.key);
    for (const episode of gone) {
      // Hidden was the page until this one began to load; full screen is back only now.
      const until = episode.kind === "left_full_screen" ? now() : performance.timeOrigin;
      const durationMs = Math.max(0, Math.round(until - episode.at));
      if (!episode.isReload || durationMs >= RELOAD_MS) {
        this.#report(episode, durationMs);
      }
    }
  }

  // --- telling the server ---

  #report({ id, kind, at }, durationMs) {
    this.#outbox.set(id, { id, kind, at, durationMs });
    this.#send({ leaving: document.hidden });
  }

  async #send({ leaving = false } = {}) {
    const reports = [...this.#outbox.values()];
    if (reports.length === 0 || (this.#sending && !leaving)) {
      return;
    }
    this.#sending = true;
    try {
      const { data } = await postJson(this.url, { client: this.client, events: reports.map(asEvent) }, { keepalive: leaving });
      this.#failures = 0;
      this.#settle(reports);
      this.onCount(data);
    } catch (error) {
      this.#later(error);
    } finally {
      this.#sending = false;
    }
    if (this.#failures === 0) {
      this.#send();
    }
  }

  /** Forget what was reported, unless there has been more to say of it meanwhile. */
  #settle(reports) {
    for (const report of reports) {
      if (this.#outbox.get(report.id) === report) {
        this.#outbox.delete(report.id);
      }
    }
  }

  #later(error) {
    this.#failures += 1;
    if (error.isPassing || error.isSignedOut) {
      window.setTimeout(() => this.#send(), error.retryAfterMs || backoff(this.#failures));
    } else {
      this.#outbox.clear(); // refused for good: asking again would change nothing
      this.#failures = 0;
    }
  }
}

/** Comparable from one page to the next, and unmoved by changes of the wall clock while a page is open. */
function now() {
  return performance.timeOrigin + performance.now();
}

/** Only spans of this clock are told, never its time: the server places them on its own. */
function asEvent({ id, kind, at, durationMs }) {
  return { id, kind, began_ms_ago: Math.max(0, Math.round(now() - at)), duration_ms: durationMs };
}
