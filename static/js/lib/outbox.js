/**
 * The queue of answers of one page: in memory for the page, and sealed in IndexedDB for the page after a reload, a crash or a
 * day. An op leaves the queue only when the server has acknowledged it; the answer itself stays known until the sitting has
 * ended, so that the paper can be shown again without the server.
 *
 *   const outbox = await Outbox.open({ sitting, client });      never throws: where nothing can be kept, `isDurable` is false
 *   outbox.put({ question: 7, seq: 3, value: ["B"], doubtful: false });  await outbox.written();
 *   const { conflicts } = await outbox.adopt(epoch, stored);    a new paper has come: what becomes of what was not sent
 *
 * Decision record 0013: whose queue it is, and what happens to an op whose question got another answer meanwhile.
 */
import { Vault, parkedName } from "./vault.js";

const MOST_EARLIER = 20; // versions of one answer that were on their way; more are not told apart any more

/**
 * @typedef {{question: number, seq: number, value: string[], doubtful: boolean, changed_at?: string | null, epoch?: number,
 *   pending?: boolean, tried?: boolean, base?: number, earlier?: {seq: number, value: string[], doubtful: boolean}[]}} Op
 * `base`: the seq that was stored when the question was changed for the first time since; `earlier`: what of it was sent.
 */

export class Outbox {
  #answers = new Map(); // question -> Op
  #bases = new Map(); // question -> the seq that is stored, as far as we know
  #dirty = new Map(); // question -> has to be written
  #queue = {};
  #paper = null;
  #vault = null;
  #writing = Promise.resolve();
  #isWiped = false;

  constructor({ sitting, client, onLost = () => {} }) {
    Object.assign(this, { sitting, client, onLost });
    this.#queue = { client, epoch: 0, used_at: Date.now() };
    this.reason = "";
  }

  /** @param {{sitting: number, client: string, onLost?: () => void}} options onLost: from now on in memory only */
  static async open(options) {
    const outbox = new Outbox(options);
    try {
      await outbox.#openVault();
      await outbox.#read();
    } catch (error) {
      outbox.#giveUp(error);
    }
    return outbox;
  }

  get isDurable() {
    return this.#vault !== null;
  }

  /** @returns {number} how many questions have not reached the server */
  get size() {
    return this.pending().length;
  }

  /** @returns {Op[]} what has not been acknowledged, in the order of the paper */
  pending() {
    return this.all().filter((op) => op.pending);
  }

  /** @returns {Op[]} every answer that is known here, also those the server has */
  all() {
    return [...this.#answers.values()].sort((a, b) => a.question - b.question);
  }

  /** @param {Op} op the newest answer to its question */
  put({ question, seq, value, doubtful, changed_at = null }) {
    const before = this.#answers.get(question);
    const op = { question, seq, value, doubtful, changed_at, epoch: this.epoch, pending: true, tried: false };
    op.base = before?.pending ? before.base : (this.#bases.get(question) ?? 0);
    op.earlier = before?.pending ? earlierOf(before) : [];
    this.#answers.set(question, op);
    this.#write(question);
  }

  /** Note that ops are on their way: should their ack get lost, the server may have them all the same. */
  sending(ops) {
    ops.forEach((op) => (op.tried = true));
  }

  /** The server has acknowledged an op; a newer one of the same question stays. */
  settle(question, seq) {
    const op = this.#answers.get(question);
    this.#bases.set(question, Math.max(seq, this.#bases.get(question) ?? 0));
    if (op?.pending && op.seq <= seq) {
      op.pending = false;
      this.#write(question);
    } else if (op?.pending) {
      op.base = Math.max(op.base, seq);
      this.#write(question);
    }
  }

  /** @returns {Promise<void>} when everything so far is on the disk, or cannot be */
  written() {
    return this.#writing;
  }

  /**
   * A paper has come from the server: it says which answers are stored. What is pending and untouched by others goes on in
   * the new epoch; where another page has answered meanwhile, that answer stands and ours is handed back, to be logged.
   * @param {number} epoch
   * @param {Map<number, {seq: number, value: string[], doubtful: boolean}>} stored by question
   * @returns {Op[]} the ops that lost their place; they are parked, in their old epoch, until they are deposited
   */
  adopt(epoch, stored) {
    this.epoch = epoch;
    const lost = [];
    for (const [question, { seq }] of stored) {
      const op = this.#answers.get(question);
      this.#bases.set(question, seq);
      if (!op?.pending) {
        this.#drop(question); // the paper knows better
      } else if (isOurs(op, stored.get(question))) {
        op.epoch = epoch;
        this.#write(question);
      } else {
        lost.push(op);
        this.#park(op);
        this.#drop(question);
      }
    }
    this.#keepQueue({ epoch });
    return lost;
  }

  /**
   * A paper that was kept here is shown again without the server: this queue still holds the epoch it had.
   * @param {Map<number, {seq: number}>} stored what was stored when that paper came
   */
  resume(stored) {
    for (const [question, { seq }] of stored) {
      const op = this.#answers.get(question);
      this.#bases.set(question, op && !op.pending ? Math.max(seq, op.seq) : seq);
    }
  }

  /** The server has logged an op that had lost its place. */
  deposited({ epoch, question }) {
    return this.#try(() => this.#vault.remove("answers", [this.sitting, parkedName(this.client, epoch), question]));
  }

  // --- the paper -----------------------------------------------------------------------------------------------------

  /** @param {object} paper what is needed to show it again @param {object} facts what the clock knew */
  keepPaper(paper) {
    this.#paper = paper;
    return this.#try(() => this.#vault.put("papers", { client: this.client, kept_at: Date.now() }, paper));
  }

  /** Take the paper away from this device; the answers stay. Another person sits here. */
  dropPaper() {
    this.#paper = null;
    return this.#try(() => this.#vault.remove("papers", this.sitting));
  }

  /** @returns {Promise<{client: string, paper: any} | null>} */
  async paper() {
    const [kept] = (await this.#vault?.rows("papers").catch(() => [])) ?? [];
    return kept ? { client: kept.row.client, paper: kept.secret } : null;
  }

  /** Keep what the page knows of time and state, for a page that opens without the server. */
  keepFacts(facts) {
    this.#keepQueue({ facts });
  }

  /** @returns {any} */
  get facts() {
    return this.#queue.facts ?? null;
  }

  /** The sitting has ended and everything is with the server: forget it all. */
  async wipe() {
    this.#isWiped = true;
    this.#paper = null;
    this.#answers.clear();
    await this.#writing.catch(() => {});
    await this.#vault?.destroy().catch(() => {});
  }

  // --- writing -------------------------------------------------------------------------------------------------------

  async #openVault() {
    this.#vault = await Vault.open(this.sitting, () => this.#lost());
  }

  async #read() {
    const [queue] = (await this.#vault.rows("queues")).filter(({ row }) => row.client === this.client);
    this.#queue = queue?.row ?? this.#queue;
    this.epoch = this.#queue.epoch ?? 0;
    for (const { row, secret } of await this.#vault.rows("answers")) {
      if (row.client === this.client) {
        this.#answers.set(row.question, { ...row, ...secret, tried: true });
      }
    }
  }

  #keepQueue(changes) {
    this.#queue = { ...this.#queue, ...changes, client: this.client, used_at: Date.now() };
    return this.#try(() => this.#vault.put("queues", this.#queue));
  }

  /** Lay an op aside, as a queue of its own: the question may be answered anew before the server has logged this one. */
  #park(op) {
    const client = parkedName(this.client, op.epoch);
    return this.#try(async () => {
      await this.#vault.put("queues", { client, epoch: op.epoch, used_at: Date.now() });
      await this.#vault.put("answers", rowOf(op, client), secretOf(op));
    });
  }

  #drop(question) {
    this.#answers.delete(question);
    this.#write(question);
  }

  #write(question) {
    this.#dirty.set(question, true);
    return this.#try(() => this.#writeOne(question));
  }

  async #writeOne(question) {
    if (!this.#dirty.delete(question)) {
      return; // a later change of it was written in its place
    }
    const op = this.#answers.get(question);
    if (op) {
      await this.#vault.put("answers", rowOf(op, this.client), secretOf(op));
    } else {
      await this.#vault.remove("answers", [this.sitting, this.client, question]);
    }
  }

  /** Do one write after the other; a browser that refuses one is asked once more, with a new database. */
  #try(work) {
    this.#writing = this.#writing.then(async () => {
      if (!this.#vault || this.#isWiped) {
        return;
      }
      try {
        await work();
      } catch {
        await this.#beginAnew();
      }
    });
    return this.#writing;
  }

  /** The database has gone from under us. */
  #lost() {
    if (!this.#isWiped) {
      this.#writing = this.#writing.then(() => this.#beginAnew());
    }
  }

  /** All that was kept is in memory too: write it to a new database, or give up and say so. */
  async #beginAnew() {
    try {
      this.#vault?.close();
      await this.#openVault();
      await this.#vault.put("queues", this.#queue);
      for (const op of this.#answers.values()) {
        await this.#vault.put("answers", rowOf(op, this.client), secretOf(op));
      }
      if (this.#paper) {
        await this.#vault.put("papers", { client: this.client, kept_at: Date.now() }, this.#paper);
      }
    } catch (error) {
      this.#giveUp(error);
      this.onLost();
    }
  }

  #giveUp(error) {
    this.#vault = null;
    this.reason = window.isSecureContext ? "denied" : "insecure";
    console.warn("answers are kept in memory only:", error?.name ?? error);
  }
}

/** Whether the stored answer is one that this queue knows: seen before its change, or its own. Else somebody else's. */
export function isOurs(op, stored) {
  const own = [op, ...(op.earlier ?? [])].some((version) => version.seq === stored.seq && isSame(version, stored));
  return stored.seq <= op.base || own;
}

function isSame(one, other) {
  return one.doubtful === other.doubtful && [...one.value].sort().join("\n") === [...other.value].sort().join("\n");
}

function earlierOf({ seq, value, doubtful, tried, earlier }) {
  return tried ? [...earlier, { seq, value, doubtful }].slice(-MOST_EARLIER) : earlier;
}

function rowOf({ question, seq, epoch, pending, base }, client) {
  return { client, question, seq, epoch, pending, base };
}

function secretOf({ value, doubtful, changed_at, earlier }) {
  return { value, doubtful, changed_at, earlier };
}
