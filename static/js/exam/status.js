/**
 * Asks the server every few seconds how the sitting stands, at once when told that something changed, and more slowly while
 * the server is out of reach. Never two questions at a time.
 */
import { getJson, backoff } from "../lib/api.js";

const AWAY_MS = 5000; // so that whoever comes back from an outage knows within as long what it gave back
const EVERY_MS = 3000; // so that what staff change arrives within five seconds, also where there is no socket

export class StatusPoll {
  #timer = 0;
  #asking = false;
  #again = false;
  #failures = 0;
  #stopped = false;

  /**
   * @param {{url: string, page: () => Record<string, string>, onStatus: (data: any, times: object) => void,
   *   onError: (error: any) => void}} options page: who asks (epoch, client, took_over), if it holds a paper
   */
  constructor({ url, page, onStatus, onError }) {
    Object.assign(this, { url, page, onStatus, onError });
    const soonIfSeen = () => document.hidden || this.soon();
    document.addEventListener("visibilitychange", soonIfSeen);
    window.addEventListener("pageshow", soonIfSeen);
    window.addEventListener("online", soonIfSeen);
  }

  start() {
    this.#stopped = false;
    this.#plan(EVERY_MS * (1 + Math.random() / 2));
  }

  stop() {
    this.#stopped = true;
    window.clearTimeout(this.#timer);
  }

  /** Ask now, or right after the question that is under way. */
  soon() {
    if (this.#asking) {
      this.#again = true;
    } else if (!this.#stopped) {
      this.#plan(0);
    }
  }

  /** Ask once, beside the rhythm, and be back when it is known or the time is up. @param {number} limitMs */
  async now(limitMs) {
    try {
      const { data, times } = await getJson(`${this.url}?${new URLSearchParams(this.page())}`, { limitMs });
      this.onStatus(data, times);
    } catch (error) {
      this.onError(error);
    }
  }

  #plan(afterMs) {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#ask(), afterMs);
  }

  async #ask() {
    this.#asking = true;
    this.#again = false;
    let wait = EVERY_MS * (1 + Math.random() / 2);
    try {
      const { data, times } = await getJson(`${this.url}?${new URLSearchParams(this.page())}`);
      this.#failures = 0;
      this.onStatus(data, times);
    } catch (error) {
      this.#failures += 1;
      wait = error.retryAfterMs || Math.max(EVERY_MS, backoff(this.#failures, { firstMs: EVERY_MS, mostMs: AWAY_MS }));
      this.onError(error);
    } finally {
      this.#asking = false;
    }
    if (!this.#stopped) {
      this.#plan(this.#again ? 0 : wait);
    }
  }
}
