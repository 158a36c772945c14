/**
 * Keeps the ops that have not been acknowledged, the newest of each question; gone when the page goes.
 * Any store that a Saver uses has these four: put, settle, all, size. A durable one may take its time: they may be async.
 */
export class MemoryStore {
  #ops = new Map();

  /** @param {{question: number, seq: number, value: string[], doubtful: boolean}} op */
  put(op) {
    this.#ops.set(op.question, op);
  }

  /** Forget an op that the server has acknowledged; a newer one of the same question stays. */
  settle(question, seq) {
    const op = this.#ops.get(question);
    if (op && op.seq <= seq) {
      this.#ops.delete(question);
    }
  }

  all() {
    return [...this.#ops.values()];
  }

  get size() {
    return this.#ops.size;
  }
}
