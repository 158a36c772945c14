/**
 * One act for many candidates: in portions, one after the other, with how far it is and who was left out and why.
 * A portion that is sent again is not done again: the whole carries one name (`batch`).
 * <button data-open-many="pause"> <dialog data-many-dialog="pause"><form method="dialog">…
 */
import { postJson } from "../lib/api.js";
import { ask } from "../lib/dialog.js";
import { text } from "../lib/texts.js";
import { toast } from "../lib/toast.js";

const PORTION = 25;
const LARGE_PORTION = { extend: 100 }; // written for all at once
const SUITS = {
  pause: ["sitting"],
  resume: ["paused", "locked"],
  extend: ["ready", "held", "sitting", "paused", "locked"],
  announce: ["ready", "held", "sitting", "paused", "locked"],
};

export class ActsOnMany {
  #listeners = [];

  /** @param {{room: HTMLElement, all: () => any[], shown: () => any[], picked: Set<number>}} options */
  constructor({ room, all, shown, picked }) {
    Object.assign(this, { room, all, shown, picked });
    this.texts = room.querySelector("[data-texts]");
    for (const button of room.querySelectorAll("[data-open-many]")) {
      button.addEventListener("click", () => this.#open(button.dataset.openMany));
    }
    for (const dialog of room.querySelectorAll("[data-many-dialog]")) {
      dialog.querySelector("form").addEventListener("submit", (event) => {
        if (event.submitter?.value === "run") {
          event.preventDefault();
          this.#submit(dialog);
        }
      });
      dialog.querySelector("[data-despite]")?.addEventListener("click", () => this.#goOn(dialog, dialog.asked, true));
      dialog.addEventListener("change", ({ target }) => target.name === "scope" && this.#sayReach(dialog));
      dialog.querySelector("[data-reasons]")?.addEventListener("click", ({ target }) => {
        if (target.matches("button")) {
          dialog.querySelector('[name="reason"]').value = target.textContent.trim();
        }
      });
    }
  }

  onDone(listener) {
    this.#listeners.push(listener);
  }

  #chosen(kind, scope) {
    const suits = (tile) => tile.sitting && SUITS[kind].includes(tile.place);
    const from = scope === "picked" ? this.all().filter((tile) => this.picked.has(tile.sitting)) : scope === "shown" ? this.shown() : this.all();
    // Those whom somebody picked are tried whatever their state: they are told by name why it could not be done.
    return from.filter(scope === "picked" ? (tile) => tile.sitting : suits).map((tile) => tile.sitting);
  }

  #open(kind) {
    const dialog = this.room.querySelector(`[data-many-dialog="${kind}"]`);
    for (const scope of ["all", "shown", "picked"]) {
      const words = dialog.querySelector(`[data-scope-text="${scope}"]`);
      const count = this.#chosen(kind, scope).length;
      if (words) {
        words.textContent = text(this.texts, `scope_${scope}`, { count });
      }
      const radio = dialog.querySelector(`[name="scope"][value="${scope}"]`);
      radio.disabled = scope === "picked" && count === 0;
      radio.checked = scope === (this.picked.size ? "picked" : "all");
    }
    this.#reset(dialog);
    this.#sayReach(dialog);
    ask(dialog, { dismissible: false }).then(() => this.#listeners.forEach((listener) => listener()));
  }

  /** Say in words whom an announcement reaches now, later and not at all. */
  #sayReach(dialog) {
    const line = dialog.querySelector("[data-reach]");
    if (!line) {
      return;
    }
    const { value: scope, dataset } = dialog.querySelector('[name="scope"]:checked');
    const tiles = {
      all: () => this.all(),
      room: () => this.all().filter((tile) => tile.room === dataset.roomName),
      shown: () => this.shown(),
      picked: () => this.all().filter((tile) => this.picked.has(tile.sitting)),
    }[scope]();
    const absent = tiles.filter((tile) => !tile.sitting).length;
    const count = tiles.filter((tile) => tile.sitting && SUITS.announce.includes(tile.place)).length;
    const comesLater = scope === "all" || scope === "room";
    const figures = { count, later: comesLater ? absent : 0, missed: comesLater ? 0 : absent, ended: tiles.length - absent - count };
    const parts = ["reach_now", ...["later", "missed", "ended"].filter((name) => figures[name]).map((name) => `reach_${name}`)];
    line.textContent = parts.map((part) => text(this.texts, part, figures)).join(document.documentElement.lang.startsWith("zh") ? "" : " ");
  }

  #reset(dialog) {
    Object.assign(dialog, { batch: newName(), done: 0, leftOut: [], asked: [], rest: null });
    this.#fail(dialog, "");
    const outcome = dialog.querySelector("[data-outcome]");
    if (outcome) {
      outcome.hidden = true;
      dialog.querySelector("[data-ask]").hidden = false;
      dialog.querySelector("[data-left-out]").replaceChildren();
      dialog.querySelector("[data-despite]").hidden = true;
      dialog.querySelector("[data-run]").hidden = false;
      dialog.runWords ??= dialog.querySelector("[data-run]").textContent;
      dialog.closeWords ??= dialog.querySelector("[data-close]").textContent;
      dialog.querySelector("[data-run]").textContent = dialog.runWords;
      dialog.querySelector("[data-close]").textContent = dialog.closeWords;
    }
  }

  #submit(dialog) {
    const kind = dialog.dataset.manyDialog;
    if (kind === "announce") {
      this.#announce(dialog);
      return;
    }
    const sittings = dialog.rest || this.#chosen(kind, dialog.querySelector('[name="scope"]:checked').value);
    if (sittings.length) {
      this.#goOn(dialog, sittings, dialog.despite || false);
    } else {
      this.#fail(dialog, text(this.texts, "nobody"), true);
    }
  }

  async #goOn(dialog, sittings, despite) {
    const form = dialog.querySelector("form");
    const words = { kind: dialog.dataset.manyDialog, batch: dialog.batch, despite, reason: form.elements.reason.value, minutes: form.elements.minutes?.value };
    const asked = new Set(despite ? sittings : []);
    Object.assign(dialog, { rest: [...sittings], despite, asked: [], leftOut: dialog.leftOut.filter((one) => !asked.has(one.sitting)) });
    this.#begin(dialog, sittings.length);
    const size = LARGE_PORTION[words.kind] || PORTION;
    try {
      while (dialog.rest.length) {
        const portion = dialog.rest.slice(0, size);
        const { data } = await postJson(this.room.dataset.many, { ...words, sittings: portion });
        dialog.rest.splice(0, size);
        dialog.done += data.done.length;
        dialog.leftOut.push(...data.left_out);
        this.#progress(dialog, sittings.length);
      }
      dialog.rest = null;
      this.#finish(dialog);
    } catch (error) {
      this.#stop(dialog, error);
    }
  }

  #begin(dialog, count) {
    this.#fail(dialog, "");
    dialog.querySelector("[data-ask]").hidden = true;
    dialog.querySelector("[data-outcome]").hidden = false;
    dialog.querySelectorAll(".dialog__actions button").forEach((button) => (button.disabled = true));
    this.#progress(dialog, count);
  }

  #progress(dialog, count) {
    const done = count - dialog.rest.length;
    Object.assign(dialog.querySelector("[data-progress]"), { max: count, value: done });
    dialog.querySelector("[data-progress-text]").textContent = text(this.texts, "progress", { done, count });
  }

  #finish(dialog) {
    const { done, leftOut } = dialog;
    dialog.asked = leftOut.filter((one) => one.asks).map((one) => one.sitting);
    dialog.querySelector("[data-progress-text]").textContent = text(this.texts, "result", { done, left: leftOut.length });
    this.#list(dialog);
    this.#free(dialog);
    dialog.querySelector("[data-run]").hidden = true;
    dialog.querySelector("[data-despite]").hidden = dialog.asked.length === 0;
    dialog.querySelector("[data-close]").textContent = dialog.querySelector("template[data-closing]").content.textContent;
    this.picked.clear();
    this.#listeners.forEach((listener) => listener());
  }

  #list(dialog) {
    const lines = dialog.leftOut.map(({ who, why }) => {
      const line = document.createElement("li");
      const name = document.createElement("strong");
      name.textContent = who;
      line.append(name, ` ${why}`);
      return line;
    });
    dialog.querySelector("[data-left-out]").replaceChildren(...lines);
  }

  #stop(dialog, error) {
    this.#free(dialog);
    this.#list(dialog);
    const isIncomplete = error.status === 422;
    if (isIncomplete) {
      dialog.rest = null;
      dialog.querySelector("[data-ask]").hidden = false;
      dialog.querySelector("[data-outcome]").hidden = true;
    } else {
      dialog.querySelector("[data-run]").textContent = dialog.querySelector("template[data-going-on]").content.textContent;
    }
    this.#fail(dialog, (isIncomplete && error.data?.message) || text(this.texts, "failed", { count: dialog.rest?.length || 0 }), isIncomplete);
  }

  #free(dialog) {
    dialog.querySelectorAll(".dialog__actions button").forEach((button) => (button.disabled = false));
  }

  /** @param {boolean} alone whether there is no outcome yet in which the sentence would stand */
  #fail(dialog, sentence, alone = false) {
    const line = dialog.querySelector("[data-many-error]");
    line.textContent = sentence;
    line.hidden = !sentence;
    if (alone && line.closest("[data-outcome]")) {
      line.closest("[data-outcome]").hidden = false;
      dialog.querySelector("[data-progress]").value = 0;
      dialog.querySelector("[data-progress-text]").textContent = "";
    }
  }

  async #announce(dialog) {
    const form = dialog.querySelector("form");
    const chosen = form.querySelector('[name="scope"]:checked');
    const words = { text: form.elements.text.value };
    if (chosen.value === "room") {
      words.room = chosen.dataset.roomName;
    } else if (chosen.value !== "all") {
      words.sittings = this.#chosen("announce", chosen.value);
    }
    const button = form.querySelector("[data-run]");
    button.disabled = true;
    try {
      const { data } = await postJson(this.room.dataset.announce, words);
      form.reset();
      this.picked.clear();
      dialog.close("run");
      toast(data.message);
    } catch (error) {
      this.#fail(dialog, error.data?.message || text(this.texts, "failed", { count: 1 }));
    } finally {
      button.disabled = false;
    }
  }
}

/** crypto.randomUUID exists only on https: a name of our own does too. */
function newName() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
