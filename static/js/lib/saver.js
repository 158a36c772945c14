/**
 * Sends answers, one request at a time, until each is acknowledged; drops nothing before.
 *
 *   const saver = new Saver({ send, store: new MemoryStore(), client, epoch, onState, onReply, onStop });
 *   saver.change(7, ["B"], false);      at once, as often as wanted: only the newest of a question travels
 *   await saver.flush(5000);            true once nothing is left, false when the time is up
 *
 * `send(body)` posts `{client, epoch, ops}`, with the sitting, and throws ApiError. States: saved, saving, unsent (the server cannot be
 * reached; it goes on trying), stopped (another page has taken over, or the sitting is over).
 */
import { ApiError, backoff } from "./api.js";

const BATCH = 50;
const REFUSED_WAIT_MS = 30000; // an answer the server cannot read: never dropped, but not asked every second either

export class Saver {
  #seqs = new Map();
  #failures = 0;
  #inFlight = false;
  #timer = 0;
  #waiters = new Set();
  #stopped = false;

  constructor({ send, store, client, epoch, onState = () => {}, onReply = () => {}, onStop = () => {}, onError = () => {} }) {
    Object.assign(this, { send, store, client, epoch, onState, onReply, onStop, onError });
  }

  /** Say which seq a question's next op has; the page knows it from the server. */
  expect(question, nextSeq) {
    this.#seqs.set(question, nextSeq);
  }

  /** @param {number} question @param {string[]} value @param {boolean} doubtful */
  change(question, value, doubtful) {
    const seq = this.#seqs.get(question) ?? 1;
    this.#seqs.set(question, seq + 1);
    this.store.put({ question, seq, value, doubtful });
    this.#tell();
    if (this.#failures === 0) {
      this.#kick(0);
    }
  }

  /** @returns {number} how many questions have not reached the server */
  get unsent() {
    return this.store.size;
  }

  /** Try at once, for instance because the network is back. */
  retry() {
    if (this.unsent > 0) {
      this.#kick(0);
    }
  }

  /** @param {number} limitMs @returns {Promise<boolean>} whether everything arrived in time */
  flush(limitMs) {
    if (this.unsent === 0) {
      return Promise.resolve(true);
    }
    this.retry();
    return new Promise((resolve) => {
      const done = (all) => {
        window.clearTimeout(timer);
        this.#waiters.delete(done);
        resolve(all);
      };
      const timer = window.setTimeout(() => done(false), limitMs);
      this.#waiters.add(done);
    });
  }

  /** Send nothing more; what is unsent stays in the store. */
  stop() {
    this.#stopped = true;
    window.clearTimeout(this.#timer);
    this.#finishWaiters(this.unsent === 0);
    this.#tell();
  }

  #kick(afterMs) {
    if (this.#stopped) {
      return;
    }
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#deliver(), afterMs);
  }

  async #deliver() {
    if (this.#inFlight || this.#stopped) {
      return;
    }
    const ops = (await this.store.all()).slice(0, BATCH);
    if (ops.length === 0) {
      return;
    }
    this.#inFlight = true;
    this.#tell();
    try {
      const { data, times } = await this.send({ client: this.client, epoch: this.epoch, ops });
      this.#failures = 0;
      await this.#settle(data);
      this.onReply(data, times);
    } catch (error) {
      await this.#failed(asApiError(error));
    } finally {
      this.#inFlight = false;
      this.#next();
    }
  }

  async #settle(data) {
    for (const ack of data?.acks ?? []) {
      await this.store.settle(ack.question, ack.seq);
    }
  }

  async #failed(error) {
    await this.#settle(error.data); // an ack counts whatever the verdict: the server has logged it
    this.#failures += 1;
    if (error.status === 409 && !error.isSignedOut) {
      this.onStop(error);
      this.stop();
      return;
    }
    this.onError(error);
    this.#kick(this.#waitAfter(error));
  }

  #waitAfter(error) {
    if (error.retryAfterMs > 0) {
      return error.retryAfterMs + 1000 * Math.random();
    }
    return error.isPassing || error.isSignedOut ? backoff(this.#failures) : REFUSED_WAIT_MS;
  }

  #next() {
    this.#tell();
    if (this.unsent === 0) {
      this.#finishWaiters(true);
    } else if (this.#failures === 0) {
      this.#kick(0);
    }
  }

  #finishWaiters(all) {
    for (const done of [...this.#waiters]) {
      done(all);
    }
  }

  #tell() {
    const state = this.#failures > 0 || this.#stopped ? "unsent" : "saving";
    this.onState(this.unsent === 0 ? "saved" : state, this.unsent);
  }
}

/** A fault of our own is treated like a silent network: the answer stays, and is sent again later. */
function asApiError(error) {
  if (error instanceof ApiError) {
    return error;
  }
  console.error(error);
  return new ApiError(0);
}
