/**
 * Sends answers, one request at a time, until each is acknowledged; drops nothing before.
 *
 *   const saver = new Saver({ send, store: outbox, client, epoch, onState, onReply, onStop });
 *   saver.change(7, ["B"], false);      at once, as often as wanted: only the newest of a question travels
 *   await saver.flush(5000);            true once nothing is left, false when the time is up
 *
 * `send(body)` posts `{client, epoch, ops}`, with the sitting, and throws ApiError. An op is on this device's disk before it
 * travels. States: saved, saving, unsent (the server cannot be reached, or is busy; it goes on trying, and after `stop` never).
 */
import { ApiError, backoff } from "./api.js";
import { asSent } from "./leftovers.js";

const BATCH = 50;
const REFUSED_WAIT_MS = 30000; // an answer the server cannot read: never dropped, but not asked every second either
const LONGEST_WAIT_MS = 8000; // what was typed offline is there within 15 seconds after the line is back
const WRITES_WITHIN_MS = 1500; // a disk that takes longer does not hold the network up

export class Saver {
  #seqs = new Map();
  #failures = 0;
  #inFlight = false;
  #timer = 0;
  #notBefore = -Infinity;
  #waiters = new Set();
  #stopped = false;
  #held = false;

  constructor({ send, store, client, epoch, now = () => null, onState = () => {}, onReply = () => {}, onStop = () => {}, onError = () => {} }) {
    Object.assign(this, { send, store, client, epoch, now, onState, onReply, onStop, onError });
  }

  /** Say which seq a question's next op has; the page knows it from the server. */
  expect(question, nextSeq) {
    this.#seqs.set(question, Math.max(nextSeq, this.#seqs.get(question) ?? 1));
  }

  /** @param {number} question @param {string[]} value @param {boolean} doubtful */
  change(question, value, doubtful) {
    const seq = this.#seqs.get(question) ?? 1;
    this.#seqs.set(question, seq + 1);
    this.store.put({ question, seq, value, doubtful, changed_at: this.now() });
    this.#tell();
    if (this.#failures === 0) {
      this.#kick(0);
    }
  }

  /** @returns {number} how many questions have not reached the server */
  get unsent() {
    return this.store.size;
  }

  /** Try at once, for instance because the network is back; but not before the time that a busy server has named. */
  retry() {
    if (this.unsent > 0) {
      this.#kick(Math.max(0, this.#notBefore - performance.now()));
    }
  }

  /** Send nothing until `release`: nobody is signed in. */
  hold() {
    this.#held = true;
    window.clearTimeout(this.#timer);
  }

  release() {
    if (this.#held) {
      this.#held = false;
      this.retry();
    }
  }

  /** The page may be going: one more request that outlives it, whatever else is under way. Twice does no harm. */
  leave() {
    const ops = this.store.pending().slice(0, BATCH);
    if (ops.length === 0 || this.#stopped || this.#held) {
      return;
    }
    this.store.sending(ops);
    this.send({ client: this.client, epoch: this.epoch, ops: ops.map(asSent) }, { keepalive: true })
      .then(({ data }) => this.#settle(data), (error) => this.#settle(error.data))
      .then(() => this.#tell());
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
    if (this.#stopped || this.#held) {
      return;
    }
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#deliver(), afterMs);
  }

  async #deliver() {
    if (this.#inFlight || this.#stopped || this.#held || this.unsent === 0) {
      return;
    }
    this.#inFlight = true;
    try {
      await atMost(this.store.written(), WRITES_WITHIN_MS);
      const ops = this.store.pending().slice(0, BATCH);
      this.#tell();
      this.store.sending(ops);
      const { data, times } = await this.send({ client: this.client, epoch: this.epoch, ops: ops.map(asSent) });
      this.#failures = 0;
      this.#notBefore = -Infinity;
      this.#settle(data);
      this.onReply(data, times);
    } catch (error) {
      this.#failed(asApiError(error));
    } finally {
      this.#inFlight = false;
      this.#next();
    }
  }

  #settle(data) {
    for (const ack of data?.acks ?? []) {
      this.store.settle(ack.question, ack.seq);
    }
  }

  #failed(error) {
    const before = this.unsent;
    this.#settle(error.data); // an ack counts whatever the verdict: the server has logged it
    if (error.status === 409 && !error.isSignedOut) {
      this.onStop(error);
      if (this.unsent > 0 && this.unsent < before) {
        this.#kick(0); // the rest is logged too
      } else {
        this.stop();
      }
      return;
    }
    this.#failures += 1;
    this.#notBefore = error.retryAfterMs > 0 ? performance.now() + error.retryAfterMs : -Infinity;
    this.onError(error);
    this.#kick(this.#waitAfter(error));
  }

  #waitAfter(error) {
    if (error.retryAfterMs > 0) {
      return error.retryAfterMs + 1000 * Math.random();
    }
    const mayHelp = error.isPassing || error.isSignedOut;
    return mayHelp ? backoff(this.#failures, { mostMs: LONGEST_WAIT_MS }) : REFUSED_WAIT_MS;
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

function atMost(work, limitMs) {
  return Promise.race([work, new Promise((resolve) => window.setTimeout(resolve, limitMs))]);
}

/** A fault of our own is treated like a silent network: the answer stays, and is sent again later. */
function asApiError(error) {
  if (error instanceof ApiError) {
    return error;
  }
  console.error(error);
  return new ApiError(0);
}
