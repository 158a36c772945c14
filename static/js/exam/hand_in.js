/**
 * 交卷: says how many questions are doubtful and how many unanswered, asks, sends what is unsent, then hands in.
 * <dialog id="hand-in">… <p data-hand-in-summary></p> <p data-hand-in-advice></p> … <button value="submit">…</button></dialog>
 */
import { backoff, postJson } from "../lib/api.js";
import { hms } from "../lib/clock.js";
import { ask } from "../lib/dialog.js";
import { text } from "../lib/texts.js";

const FLUSH_MS = 8000;

export class HandIn {
  /**
   * @param {{dialog: HTMLDialogElement, texts: ParentNode, clock: object, saver: object, covers: object, notices: object,
   *   url: string, body: () => object, counts: () => object, leave: (url: string) => void, onMoreTime: () => void,
   *   onSignedOut: () => void}} options
   */
  constructor(options) {
    Object.assign(this, options);
  }

  /** Ask, and hand in if that is what the candidate wants. */
  async offer() {
    this.#fill();
    if ((await ask(this.dialog)) !== "submit") {
      return;
    }
    this.#cover("handing_in");
    if (await this.saver.flush(FLUSH_MS)) {
      await this.#send();
    } else {
      this.#refuse(text(this.texts, "hand_in_unsent", { count: this.saver.unsent }));
    }
  }

  /**
   * The time is up: send what can be sent, then go on; the server has closed the paper by its own clock. Where it cannot be
   * reached, say so and go on trying: what is here is not lost, and a file of it can be taken along.
   */
  async timeIsUp() {
    this.#cover("time_up");
    for (let failures = 1; ; failures += 1) {
      await this.saver.flush(FLUSH_MS);
      try {
        const { data } = await postJson(this.url, this.body());
        this.leave(data.next);
        return;
      } catch (error) {
        if (!error.isPassing && !error.isSignedOut) {
          this.leave(error.data?.next);
          return;
        }
        await this.#unreachable(error, failures);
      }
      if (this.clock.remainingMs > 0) {
        this.onMoreTime(); // time was added while the line was down
        return;
      }
    }
  }

  async #unreachable(error, failures) {
    const count = this.saver.unsent;
    this.covers.hide("ending");
    this.covers.show("out_of_reach", { text: text(this.texts, count > 0 ? "time_up_unsent" : "time_up_all_sent", { count }) });
    if (error.isSignedOut) {
      this.onSignedOut();
    }
    await new Promise((resolve) => window.setTimeout(resolve, error.retryAfterMs || backoff(failures, { mostMs: 8000 })));
  }

  async #send() {
    try {
      const { data } = await postJson(this.url, this.body());
      this.leave(data.next);
    } catch (error) {
      if (error.code === "ended") {
        this.leave(error.data.next);
      } else {
        this.#refuse(error.data?.message || text(this.texts, "hand_in_failed"));
      }
    }
  }

  #fill() {
    const counts = this.counts();
    const isComplete = counts.unanswered === 0 && counts.doubtful === 0;
    const left = this.clock.remainingMs ?? 0;
    this.dialog.querySelector("[data-hand-in-summary]").textContent = text(
      this.texts,
      isComplete ? "hand_in_complete" : "hand_in_summary",
      counts,
    );
    this.dialog.querySelector("[data-hand-in-advice]").textContent = text(this.texts, "hand_in_advice", { time: hms(left) });
  }

  #cover(name) {
    this.covers.show("ending", { heading: text(this.texts, name), text: text(this.texts, `${name}_text`) });
  }

  #refuse(sentence) {
    this.covers.hide("ending");
    this.notices.say(text(this.texts, "notice_heading"), sentence);
  }
}
