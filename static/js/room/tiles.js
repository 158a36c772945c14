/**
 * Draws tiles: one element for each candidate, kept while it is on the page, changed only where there is news.
 * <template data-tile><li class="tile">…</li></template>; the words are in <script id="wall-labels"> and [data-texts].
 */
import { hms } from "../lib/clock.js";
import { text } from "../lib/texts.js";

const ICONS = {
  absent: "user", ready: "waiting", held: "id-card", sitting: "pencil", paused: "pause", locked: "lock",
  submitted: "check", terminated: "close",
};
const URGENT_MS = 5 * 60 * 1000;

export class Tiles {
  #elements = new Map();

  /** @param {{room: HTMLElement, serverMs: () => number | null, picked: Set<number>}} options */
  constructor({ room, serverMs, picked }) {
    Object.assign(this, { room, serverMs, picked });
    this.template = room.querySelector("template[data-tile]");
    this.texts = room.querySelector("[data-texts]");
    this.labels = JSON.parse(document.querySelector("#wall-labels").textContent);
    this.total = 0;
  }

  /** Forget who is not shown any more. */
  keepOnly(ids) {
    for (const id of this.#elements.keys()) {
      if (!ids.has(id)) {
        this.#elements.delete(id);
      }
    }
  }

  /** @returns {HTMLElement} the element of a tile, drawn as the tile is now */
  element(tile) {
    let element = this.#elements.get(tile.id);
    if (!element) {
      element = this.template.content.firstElementChild.cloneNode(true);
      this.#elements.set(tile.id, element);
    }
    if (element.tile !== tile || element.total !== this.total) {
      Object.assign(element, { tile, total: this.total });
      this.#draw(element, tile);
    }
    this.#tick(element, tile);
    const box = element.querySelector(".tile__pick input");
    if (box) {
      box.checked = this.picked.has(tile.sitting);
    }
    return element;
  }

  /** Let the clocks go on. */
  tick() {
    this.#elements.forEach((element) => this.#tick(element, element.tile));
  }

  #draw(element, tile) {
    element.dataset.tone = tile.tone;
    element.dataset.place = tile.place;
    element.dataset.id = tile.id;
    const { candidate, enrolment } = this.room.dataset;
    const link = element.querySelector(".tile__name");
    link.textContent = tile.name;
    link.href = tile.sitting ? candidate.replace("/0/", `/${tile.sitting}/`) : enrolment.replace("/0/", `/${tile.id}/`);
    element.querySelector(".tile__room").textContent = tile.room;
    element.querySelector(".tile__seat").textContent = tile.seat;
    element.querySelector(".tile__initial").textContent = [...tile.name][0] || "";
    element.querySelector(".tile__state use").setAttribute("href", `${this.room.dataset.sprite}#${ICONS[tile.place]}`);
    const words = [this.labels.place[tile.place], this.labels.check_in[tile.check_in], this.labels.identity[tile.identity]];
    const state = words.filter(Boolean).join(" · ");
    element.querySelector("[data-state]").textContent = state;
    link.title = [tile.name, tile.account, tile.room, tile.seat, state].filter(Boolean).join(" · "); // the link covers the tile
    const began = tile.answered > 0 || !["absent", "ready", "held"].includes(tile.place);
    element.querySelector("[data-answered]").hidden = !began;
    element.querySelector("[data-answered-figures]").textContent = `${tile.answered}/${this.total}`;
    this.#drawAlerts(element.querySelector(".tile__alerts"), tile);
    this.#drawClaim(element.querySelector(".tile__claim"), tile.claim);
    const pick = element.querySelector(".tile__pick");
    if (pick) {
      pick.hidden = !tile.sitting;
      pick.querySelector("[data-pick-label]").textContent = text(this.texts, "pick", { name: tile.name });
    }
  }

  #drawAlerts(list, tile) {
    const incidents = (wanted) => tile.incidents.filter(wanted).map((incident) => this.#incident(incident));
    const more = tile.open - tile.incidents.length;
    list.replaceChildren(
      ...incidents(({ severity, over }) => !over && severity === "serious"),
      ...(tile.call ? [this.#alert("warning", "help", text(this.texts, "call", { text: tile.call.text }), tile.call.at)] : []),
      ...incidents(({ severity, over }) => !over && severity !== "serious"),
      ...(tile.silent_since ? [this.#alert("warning", "signal-off", "", tile.silent_since, "silent")] : []),
      ...incidents(({ over }) => over),
      ...(more > 0 ? [this.#alert("past", "list", text(this.texts, "more", { count: more }), "")] : []),
    );
  }

  #incident({ kind, severity, at, over }) {
    const word = this.labels.incident[kind] || kind;
    const tone = over ? "past" : severity === "serious" ? "danger" : "warning";
    const said = over ? text(this.texts, "over", { kind: word }) : word;
    const item = this.#alert(tone, severity === "serious" ? "danger" : "warning", said, over ? "" : at);
    item.title = `${this.labels.severity[severity]} · ${said}`;
    return item;
  }

  /** @param {string} since the moment from which its time counts, "" for none @param {string} sentence named text around that time */
  #alert(tone, icon, said, since, sentence = "") {
    const item = document.createElement("li");
    item.className = `alert alert--${tone}`;
    item.innerHTML = `<svg class="icon" aria-hidden="true" focusable="false"><use href="${this.room.dataset.sprite}#${icon}"></use></svg>`;
    const words = document.createElement("span");
    words.textContent = said;
    item.title = said;
    item.append(words);
    Object.assign(item, { since, sentence });
    if (since && !sentence) {
      item.append(document.createElement("time"));
    }
    return item;
  }

  #drawClaim(line, claim) {
    line.hidden = !claim;
    if (claim) {
      const isMine = String(claim.by) === this.room.dataset.user;
      line.dataset.mine = String(isMine);
      line.querySelector(".tile__handler").textContent = text(this.texts, isMine ? "my_claim" : "claim", { name: claim.name });
    }
  }

  #tick(element, tile) {
    const now = this.serverMs();
    if (now === null) {
      return;
    }
    const left = element.querySelector("[data-left]");
    set(left, this.#time(tile, now));
    left.classList.toggle("attention", Boolean(tile.deadline_at) && Date.parse(tile.deadline_at) - now < URGENT_MS);
    for (const item of element.querySelectorAll(".tile__alerts > li")) {
      if (item.since) {
        const lasted = short(Math.max(0, now - Date.parse(item.since)));
        set(item.sentence ? item.querySelector("span") : item.querySelector("time"),
          item.sentence ? text(this.texts, item.sentence, { time: lasted }) : lasted);
      }
    }
  }

  #time(tile, now) {
    if (tile.deadline_at) {
      return hms(Math.max(0, Date.parse(tile.deadline_at) - now));
    }
    if (tile.place === "held" && tile.since) {
      return text(this.texts, "waited", { time: short(Math.max(0, now - Date.parse(tile.since))) });
    }
    if (["submitted", "terminated"].includes(tile.place) && tile.since) {
      const { timeZone } = this.room.dataset; // as every other time of the page
      const time = new Date(tile.since).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
      return text(this.texts, "ended", { time });
    }
    return ["paused", "locked"].includes(tile.place) ? text(this.texts, "stopped") : "";
  }
}

function set(element, words) {
  if (element.textContent !== words) {
    element.textContent = words;
  }
}

/** @param {number} ms @returns {string} 1:05, or 1:02:05 */
export function short(ms) {
  const seconds = Math.floor(ms / 1000);
  const pad = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}
