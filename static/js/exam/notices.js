/**
 * Says things in an in-page dialog with 知道了, one after the other: messages from invigilators and refusals.
 * <dialog id="notice">… <h2 data-notice-heading></h2> <p data-notice-text></p> <button value="seen">…</button></dialog>
 */
import { postJson } from "../lib/api.js";
import { ask } from "../lib/dialog.js";

export class Notices {
  #queue = Promise.resolve();
  #known = new Set();

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
  }

  /** @param {string} heading @param {string} sentence @returns {Promise<void>} once it has been read */
  say(heading, sentence) {
    this.#queue = this.#queue.then(async () => {
      this.dialog.querySelector("[data-notice-heading]").textContent = heading;
      this.dialog.querySelector("[data-notice-text]").textContent = sentence;
      await ask(this.dialog, { dismissible: false });
    });
    return this.#queue;
  }

  /**
   * Show messages that have not been shown, and tell the server once each has been read.
   * @param {{id: number, text: string, kind: string}[]} messages
   * @param {(kind: string) => string} headingOf what stands above a message, an answer or an announcement
   * @param {(id: number) => string} urlOf
   */
  async show(messages, headingOf, urlOf) {
    for (const { id, text, kind } of messages.filter((message) => !this.#known.has(message.id))) {
      this.#known.add(id);
      await this.say(headingOf(kind), text);
      // If this gets lost, the message comes again after a reload: better twice than never.
      await postJson(urlOf(id), {}).catch(() => {});
    }
  }
}
