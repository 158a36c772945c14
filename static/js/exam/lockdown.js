/**
 * Notices when the candidate leaves full screen, hides the page, turns to another window or goes to another page. What lasts
 * is reported while it lasts and again when it is over, under the same id. It judges nothing: the server classifies and
 * counts. What is still going on when the page goes is told by the next page of the same tab; a page that goes in full
 * screen leaves it, unless it is the browser's own (F11), and is out of it until the next one is in it again.
 */
import { postJson, backoff } from "../lib/api.js";
import { randomId } from "../lib/client.js";
import * as fullScreen from "./full_screen.js";

const BLUR_GRACE_MS = 1000; // shorter losses of focus come from input methods, camera prompts and notices of the system
const LASTING_MS = { blur: 3500, hidden: 1500, left_full_screen: 1500, reloaded: 5000 }; // from then on it is told while it lasts
const OUT_OF_FULL_SCREEN = ["left_full_screen", "reloaded"];
const RELOAD_MS = 5000; // who is back on the page sooner has reloaded it

export class Lockdown {
  #open = new Map(); // kind -> {id, kind, at}
  #outbox = new Map(); // id -> {id, kind, at, durationMs}
  #failures = 0;
  #sending = false;
  #unloading = false;
  #wasFullScreen = fullScreen.isOn();

  /**
   * @param {{url: string, client: string, wantsFullScreen: boolean, hasPaper?: boolean, signal: AbortSignal,
   *   onCount?: (data: any) => void, onFullScreen?: (on: boolean) => void}} options hasPaper: without it the focus does not
   *   matter, since a page that opens brings the browser's own prompts
   */
  constructor(options) {
    Object.assign(this, { hasPaper: true, onCount: () => {}, onFullScreen: () => {} }, options);
    this.key = `examplatform.away.${this.client}`;
    this.#comeBack();
    this.#watch();
  }

  #watch() {
    const { signal } = this;
    document.addEventListener("visibilitychange", () => this.#visibility(), { signal });
    signal.addEventListener("abort", () => this.#handOver());
    if (this.hasPaper) {
      window.addEventListener("blur", () => this.#begin("blur"), { signal });
      window.addEventListener("focus", () => this.#end("blur"), { signal });
    }
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
      OUT_OF_FULL_SCREEN.forEach((kind) => this.#end(kind));
    }
    this.#wasFullScreen = on;
    this.onFullScreen(on);
  }

  #begin(kind) {
    if (this.#open.has(kind) || (kind === "blur" && this.#open.has("hidden"))) {
      return;
    }
    this.#goesOn({ id: randomId(), kind, at: now() });
  }

  #goesOn(episode) {
    const lasted = now() - episode.at;
    episode.timer = window.setTimeout(() => this.#report(episode, null), Math.max(0, LASTING_MS[episode.kind] - lasted));
    this.#open.set(episode.kind, episode);
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
    const going = this.#ongoing();
    if (!this.#open.has("hidden")) {
      going.push({ id: randomId(), kind: "hidden", at: now(), isReload: true });
    }
    if (this.wantsFullScreen && this.#wasFullScreen) {
      going.push({ id: randomId(), kind: "reloaded", at: now() });
    }
    this.#keep(going);
    this.#send({ leaving: true });
  }

  /** Another part of this document goes on from here, and with it what is going on. */
  #handOver() {
    if (!this.#unloading) {
      this.#keep(this.#ongoing().filter(({ kind }) => kind !== "blur"));
      [...this.#open.keys()].forEach((kind) => this.#drop(kind));
    }
  }

  #ongoing() {
    return [...this.#open.values()].map(({ id, kind, at }) => ({ id, kind, at }));
  }

  #keep(episodes) {
    sessionStorage.setItem(this.key, JSON.stringify(episodes));
  }

  #comeBack() {
    const gone = JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
    sessionStorage.removeItem(this.key);
    gone.forEach((episode) => (OUT_OF_FULL_SCREEN.includes(episode.kind) ? this.#outUntilOn(episode) : this.#wasHidden(episode)));
  }

  /** The page that went was in full screen; this one is out of it until it is on again. By F11 it never was. */
  #outUntilOn(episode) {
    if (!fullScreen.isOn()) {
      this.#goesOn(episode);
    } else if (episode.kind !== "reloaded") {
      this.#report(episode, Math.round(now() - episode.at));
    }
  }

  /** Hidden was the page until this one began to load; or this one is, since it had no paper yet. */
  #wasHidden(episode) {
    const isOfThisPage = episode.at >= performance.timeOrigin;
    const durationMs = Math.round((isOfThisPage ? now() : performance.timeOrigin) - episode.at);
    if (isOfThisPage && document.hidden) {
      this.#goesOn(episode);
    } else if (!episode.isReload || durationMs >= RELOAD_MS) {
      this.#report(episode, durationMs);
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
