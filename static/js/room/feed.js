/**
 * Brings what has changed on the wall: asks every few seconds, at once when the socket says that something differs, and
 * goes on asking where there is no socket. Never two questions at a time.
 */
import { backoff, getJson } from "../lib/api.js";
import { Clock } from "../lib/clock.js";
import { Socket } from "../proctoring/socket.js";

const EVERY_MS = 5000;
const WITHOUT_SOCKET_MS = 3000;
const ONCE_MORE_MS = 1500; // the server may have answered with what it read a second before

export class Feed {
  clock = new Clock();
  #cursor = "";
  #timer = 0;
  #asking = false;
  #again = false;
  #failures = 0;
  #stopped = false;

  /**
   * @param {{url: string, socketUrl: string, onNews: (data: any) => void, onState: (state: "" | "offline" | "signed_out") => void}} options
   */
  constructor({ url, socketUrl, onNews, onState }) {
    Object.assign(this, { url, onNews, onState });
    this.socket = new Socket(socketUrl, {
      onOpen: () => this.soon(),
      onMessage: ({ type }) => type === "changed" && this.soon(ONCE_MORE_MS),
      onClose: (code, isFinal) => (isFinal ? this.#end() : this.soon()),
    });
    document.addEventListener("visibilitychange", () => document.hidden || this.soon());
    window.addEventListener("online", () => this.soon());
    this.#ask();
  }

  /** Ask now, or right after the question that is under way; and perhaps once more a little later. */
  soon(onceMoreMs = 0) {
    this.#again ||= onceMoreMs > 0 || this.#asking;
    if (!this.#asking && !this.#stopped) {
      window.clearTimeout(this.#timer);
      this.#ask();
    }
  }

  async #ask() {
    this.#asking = true;
    let wait = this.socket.isOpen ? EVERY_MS : WITHOUT_SOCKET_MS;
    try {
      const { data, times } = await getJson(`${this.url}?${new URLSearchParams({ after: this.#cursor })}`);
      if (!data.cursor) {
        throw Object.assign(new Error("not the tiles"), { isSignedOut: true });
      }
      this.clock.sync(data.server_now, null, times);
      this.#cursor = data.cursor;
      this.#failures = 0;
      this.onState("");
      this.onNews(data);
    } catch (error) {
      this.#failures += 1;
      wait = backoff(this.#failures, { firstMs: WITHOUT_SOCKET_MS });
      this.#fail(error);
    } finally {
      this.#asking = false;
    }
    if (!this.#stopped) {
      this.#timer = window.setTimeout(() => this.#ask(), this.#again ? Math.min(wait, ONCE_MORE_MS) : wait);
      this.#again = false;
    }
  }

  #fail(error) {
    if (error.isSignedOut || error.status === 404) {
      this.#end();
    } else {
      this.onState("offline");
    }
  }

  /** Nobody is signed in any more, or nobody who may watch. */
  #end() {
    this.#stopped = true;
    window.clearTimeout(this.#timer);
    this.socket?.close();
    this.onState("signed_out");
  }
}
