/**
 * 交卷: says how many questions are doubtful and how many unanswered, asks, sends what is unsent, then hands in.
 * <dialog id="hand-in">… <p data-hand-in-summary></p> <p data-hand-in-advice></p> … <button value="submit">…</button></dialog>
 */
import { postJson } from "../lib/api.js";
import { hms } from "../lib/clock.js";
import { ask } from "../lib/dialog.js";
import { text } from "../lib/texts.js";

const FLUSH_MS = 8000;

export class HandIn {
  /**
   * @param {{dialog: HTMLDialogElement, texts: ParentNode, clock: object, saver: object, covers: object, notices: object,
   *   url: string, body: () => object, counts: () => object, leave: (url: string) => void}} options
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

  /** The time is up: send what can be sent, then go on; the server has closed the paper by its own clock. */
  async timeIsUp() {
    this.#cover("time_up");
    await this.saver.flush(FLUSH_MS);
    const { data } = await postJson(this.url, this.body()).catch((error) => error);
    this.leave(data?.next);
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
