/**
 * A websocket that comes back by itself: later each time, never all pages at once, and not at all where the server has
 * said that it is not wanted any more.
 */
import { backoff } from "../lib/api.js";

const FINAL = new Set([4400, 4401, 4403, 4409, 4410]);
const MOST_BUFFERED = 256 * 1024; // bytes that may wait in the browser before a frame is left out

export class Socket {
  #url;
  #socket = null;
  #failures = 0;
  #timer = 0;
  #closed = false;
  #handlers;

  /**
   * @param {string} url a path of this site
   * @param {{onOpen: () => void, onMessage: (message: any) => void, onClose: (code: number, isFinal: boolean) => void}} handlers
   */
  constructor(url, handlers) {
    const address = new URL(url, window.location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    this.#url = address.href;
    this.#handlers = handlers;
    this.#open();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Whether a frame sent now would go out, rather than wait behind others. */
  get isClear() {
    return this.isOpen && this.#socket.bufferedAmount < MOST_BUFFERED;
  }

  /** @param {Blob | object} message a frame, or an object that is sent as JSON @returns {boolean} whether it was sent */
  send(message) {
    if (!this.isOpen) {
      return false;
    }
    this.#socket.send(message instanceof Blob ? message : JSON.stringify(message));
    return true;
  }

  close() {
    this.#closed = true;
    window.clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #open() {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      if (!this.#closed) {
        this.#handlers.onOpen();
      }
    });
    socket.addEventListener("message", ({ data }) => {
      this.#failures = 0; // only now: a server that accepts and drops at once is not well
      if (!this.#closed && typeof data === "string") {
        this.#handlers.onMessage(JSON.parse(data));
      }
    });
    socket.addEventListener("close", ({ code }) => this.#onClose(code));
  }

  #onClose(code) {
    if (this.#closed) {
      return;
    }
    const isFinal = FINAL.has(code);
    this.#closed = isFinal;
    if (!isFinal) {
      this.#failures += 1;
      this.#timer = window.setTimeout(() => this.#open(), backoff(this.#failures));
    }
    this.#handlers.onClose(code, isFinal);
  }
}
