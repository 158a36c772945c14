/**
 * Counts down to a moment of the server; never reads the wall clock of this machine.
 * Every reply brings `server_now`; half the time it took to come is the most it can be wrong. A new reading moves the
 * clock only where it contradicts the old one, so that the countdown does not jump with the network.
 */

/** @returns {number} milliseconds since the page began; does not follow changes of the wall clock */
const monotonic = () => performance.now();

const SUPPOSED_ERROR_MS = 60000;
const APART_MS = 1500; // so far apart do two clocks of one machine not run by themselves
const LATE_TICK_MS = 10000;

export class Clock {
  #offset = null; // server's time minus ours
  #error = Infinity;
  #deadline = null;
  #newest = -Infinity; // server's time of the newest reply
  #held = null; // what is left while the clock stands still

  /** @param {() => number} now */
  constructor(now = monotonic) {
    this.now = now;
  }

  /**
   * Take in a reply.
   * @param {string} serverNow ISO moment
   * @param {string | null} deadlineAt ISO moment; null: the clock stands still
   * @param {{sentAt?: number, receivedAt?: number}} times when we asked and were answered, by our own clock
   */
  sync(serverNow, deadlineAt, { sentAt = this.now(), receivedAt = this.now() } = {}) {
    const saidAt = Date.parse(serverNow);
    this.#read(saidAt, sentAt, receivedAt);
    if (saidAt < this.#newest) {
      return; // overtaken on the way: what it says of the deadline may no longer hold
    }
    this.#newest = saidAt;
    if (deadlineAt) {
      this.#deadline = Date.parse(deadlineAt);
      this.#held = null;
    } else if (this.#held === null) {
      this.#held = this.remainingMs ?? null;
      this.#deadline = null;
    }
  }

  /**
   * Set the clock by what was known before the page was opened anew: good enough until the server is heard, whose first word
   * overrules it.
   * @param {number} serverMs @param {string | null} deadlineAt
   */
  suppose(serverMs, deadlineAt) {
    this.#read(serverMs, this.now() - SUPPOSED_ERROR_MS, this.now() + SUPPOSED_ERROR_MS);
    this.#deadline = deadlineAt ? Date.parse(deadlineAt) : null;
    this.#held = null;
  }

  #read(serverNow, sentAt, receivedAt) {
    const offset = serverNow - (sentAt + receivedAt) / 2;
    const error = Math.max(1, (receivedAt - sentAt) / 2);
    const contradicts = this.#offset === null || Math.abs(offset - this.#offset) > error + this.#error;
    if (contradicts || error < this.#error) {
      this.#offset = offset;
      this.#error = error;
    }
  }

  /** @returns {number | null} what is left, never less than nothing; null where no deadline is known */
  get remainingMs() {
    if (this.#held !== null) {
      return this.#held;
    }
    if (this.#deadline === null || this.#offset === null) {
      return null;
    }
    return Math.max(0, this.#deadline - (this.now() + this.#offset));
  }

  /** @returns {number | null} the server's time now, in milliseconds; null before the first reply */
  get serverMs() {
    return this.#offset === null ? null : this.now() + this.#offset;
  }

  /** @returns {number | null} the server's deadline in milliseconds; null while the clock stands still */
  get deadline() {
    return this.#deadline;
  }

  /** @returns {boolean} whether time is passing */
  get running() {
    return this.#deadline !== null;
  }
}

/** When this document was asked for and came, by our own clock: how exact its `server_now` is. */
export function documentTimes() {
  const [entry] = performance.getEntriesByType("navigation");
  return entry ? { sentAt: entry.requestStart, receivedAt: entry.responseStart } : {};
}

/** @param {number} ms @returns {string} 00:45:56; a second that has begun is still shown */
export function hms(ms) {
  const seconds = Math.ceil(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

/**
 * Call `tick` a few times a second, and at once when the page is seen again.
 * @param {() => void} tick
 * @param {AbortSignal} [signal] ends it
 */
export function ticking(tick, signal) {
  const timer = window.setInterval(tick, 200);
  document.addEventListener("visibilitychange", tick, { signal });
  window.addEventListener("pageshow", tick, { signal });
  signal?.addEventListener("abort", () => window.clearInterval(timer), { once: true });
  tick();
}

/**
 * Say when this machine seems to have slept, or its wall clock was set: our own clock may have stood still meanwhile, so the
 * server has to be asked. The wall clock only gives the hint; nothing is counted by it.
 * @param {() => void} onWake @param {{wall?: () => number, own?: () => number}} clocks
 * @returns {() => void} looks once; to be called about once a second
 */
export function wakeWatch(onWake, { wall = Date.now, own = monotonic } = {}) {
  let before = { wall: wall(), own: own() };
  return () => {
    const now = { wall: wall(), own: own() };
    const apart = Math.abs(now.wall - before.wall - (now.own - before.own));
    const isLate = now.own - before.own > LATE_TICK_MS;
    before = now;
    if (apart > APART_MS || isLate) {
      onWake();
    }
  };
}
