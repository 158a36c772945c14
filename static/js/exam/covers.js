/**
 * Lays a cover over the paper while something stops it: one at a time, the gravest first. What lies below is hidden and
 * cannot be reached. A cover is no <dialog>: those opened before full screen would end up below it.
 * <div data-covers hidden><section data-cover="paused" hidden>… <p data-cover-text></p></section>…</div>
 */

const GRAVEST_FIRST = ["stranger", "ending", "out_of_reach", "locked", "paused", "full_screen"];

export class Covers {
  #wanted = new Map();
  #before = null;

  /** @param {HTMLElement} root @param {HTMLElement} behind what is hidden meanwhile */
  constructor(root, behind) {
    this.root = root;
    this.behind = behind;
  }

  /** @param {string} name @param {{heading?: string, text?: string}} words */
  show(name, words = {}) {
    this.#wanted.set(name, words);
    this.#draw();
  }

  hide(name) {
    if (this.#wanted.delete(name)) {
      this.#draw();
    }
  }

  /** @returns {boolean} */
  has(name) {
    return this.#wanted.has(name);
  }

  /** @param {string} name @returns {HTMLElement} */
  element(name) {
    return this.root.querySelector(`[data-cover="${name}"]`);
  }

  #draw() {
    const shown = GRAVEST_FIRST.find((name) => this.#wanted.has(name));
    const wasOpen = !this.root.hidden;
    if (shown && !wasOpen) {
      this.#before = document.activeElement;
    }
    this.root.hidden = !shown;
    this.behind.inert = Boolean(shown);
    this.behind.toggleAttribute("data-covered", Boolean(shown));
    for (const cover of this.root.querySelectorAll("[data-cover]")) {
      const isShown = cover.dataset.cover === shown;
      const appeared = isShown && cover.hidden;
      cover.hidden = !isShown;
      if (isShown) {
        fill(cover, this.#wanted.get(shown));
      }
      if (appeared) {
        (cover.querySelector(".button--primary") ?? cover).focus();
      }
    }
    if (!shown && wasOpen) {
      this.#giveBackFocus();
    }
  }

  #giveBackFocus() {
    if (this.#before instanceof HTMLElement && this.#before.isConnected) {
      this.#before.focus({ preventScroll: true });
    }
  }
}

function fill(cover, { heading, text }) {
  write(cover.querySelector("[data-cover-heading]"), heading);
  write(cover.querySelector("[data-cover-text]"), text);
}

function write(element, words) {
  if (element) {
    element.textContent = words ?? "";
    element.hidden = !words;
  }
}
