/**
 * The live wall: who needs somebody first, filtered, searched and paged here; the server sends only what has changed.
 * <div data-room data-tiles data-socket data-thumbnails …> <ol data-wall></ol> …
 */
import { text } from "../lib/texts.js";
import { Feed } from "./feed.js";
import { ActsOnMany } from "./many.js";
import { Alarm } from "./sound.js";
import { Thumbnails } from "./thumbnails.js";
import { Tiles } from "./tiles.js";

const SIZE_KEY = "examplatform.room.size";
const SIZES = [4, 9, 16, 36];
const CALM = 7; // ranks below this one want somebody (proctoring/domain/wall.py)
const RINGS = 1; // and up to this one they ring
const HAND_STILL_MS = 1500; // tiles keep their places while a hand is on the way to one of them

const room = document.querySelector("[data-room]");
const wall = room.querySelector("[data-wall]");
const texts = room.querySelector("[data-texts]");
const search = room.querySelector("[data-search]");
const placeFilter = room.querySelector("[data-place-filter]");
const fold = room.querySelector("[data-fold-tools]"); // on a phone only
const pickAll = room.querySelector("[data-pick-all]");
const known = new Map(); // tiles by the number of the enrolment
const picked = new Set(); // sittings
const urgent = new Set();
let filter = "all";
let size = Number(localStorage.getItem(SIZE_KEY)) || 16;
let page = 0;
let order = [];
let movedAt = -Infinity;
let isFirst = true;

const alarm = new Alarm(room.querySelector("[data-sound]"), room.dataset.sprite);
const tiles = new Tiles({ room, serverMs: () => feed.clock.serverMs, picked });
const thumbnails = new Thumbnails({ url: room.dataset.thumbnails, elements });
const many = room.querySelector("[data-open-many]") && new ActsOnMany({ room, all: () => [...known.values()], shown: matching, picked });
const feed = new Feed({ url: room.dataset.tiles, socketUrl: room.dataset.socket, onNews, onState });
many?.onDone(() => feed.soon());

// --- news ------------------------------------------------------------------------------------------------------------

function onNews({ tiles: changed, total }) {
  tiles.total = total;
  changed.forEach((tile) => known.set(tile.id, tile));
  ringForNew();
  if (changed.length || isFirst) {
    draw();
  }
  isFirst = false;
}

function onState(state) {
  for (const line of room.querySelectorAll("[data-news]")) {
    line.hidden = line.dataset.news !== state;
  }
}

function ringForNew() {
  const now = [...known.values()].filter((tile) => tile.rank <= RINGS).map((tile) => tile.id);
  if (!isFirst && now.some((id) => !urgent.has(id))) {
    alarm.ring();
  }
  urgent.clear();
  now.forEach((id) => urgent.add(id));
  const spoken = room.querySelector("[data-spoken]");
  const count = [...known.values()].filter((tile) => tile.rank < CALM).length;
  const sentence = text(texts, "spoken", { count });
  if (spoken.textContent !== sentence) {
    spoken.textContent = sentence;
  }
}

// --- what is shown ---------------------------------------------------------------------------------------------------

const FILTERS = { all: () => true, open: (tile) => tile.rank < CALM };

function matching() {
  const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const place = placeFilter?.value || "";
  const fits = FILTERS[filter] || ((tile) => tile.place === filter);
  return [...known.values()].filter((tile) => fits(tile) && inPlace(tile, place) && found(tile, words));
}

const inPlace = (tile, place) => !place || tile.room === place;

function found(tile, words) {
  return words.every((word) => tile.name.toLowerCase().includes(word) || tile.account.includes(word) || tile.seat.toLowerCase() === word);
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** Who needs somebody comes first, the longest waiting of them first; everybody else in the order of the seats. */
function compare(one, other) {
  return (
    one.rank - other.rank ||
    (one.rank < CALM ? since(one).localeCompare(since(other)) : 0) ||
    collator.compare(one.room, other.room) ||
    collator.compare(one.seat, other.seat) ||
    collator.compare(one.account, other.account)
  );
}

function since(tile) {
  return tile.call?.at || tile.incidents[0]?.at || tile.since || tile.silent_since || "";
}

function draw({ keepOrder = performance.now() - movedAt < HAND_STILL_MS } = {}) {
  const list = matching();
  const fits = new Set(list.map((tile) => tile.id));
  if (keepOrder) {
    const places = new Map(order.map((id, index) => [id, index]));
    list.sort((one, other) => (places.get(one.id) ?? Infinity) - (places.get(other.id) ?? Infinity) || compare(one, other));
  } else {
    list.sort(compare);
  }
  order = list.map((tile) => tile.id);
  wall.dataset.size = String(SIZES.find((one) => one >= Math.min(size, known.size))); // a few have the whole wall
  const pages = Math.max(1, Math.ceil(list.length / size));
  page = Math.min(page, pages - 1);
  const shown = list.slice(page * size, (page + 1) * size);
  tiles.keepOnly(new Set(shown.map((tile) => tile.id)));
  arrange(shown.map((tile) => tiles.element(tile)));
  room.querySelector("[data-empty]").hidden = shown.length > 0 || isFirst;
  drawPager(pages, list.length);
  drawCounts();
  drawPicked(fits);
  fold.querySelector("[data-fold-note]").hidden = !search.value.trim() && !placeFilter?.value;
  thumbnails.show();
}

/** Put the elements in order and move only those that must be: moving takes the focus away. */
function arrange(wanted) {
  const focused = document.activeElement;
  wanted.forEach((element, index) => {
    if (wall.children[index] !== element) {
      wall.insertBefore(element, wall.children[index] || null);
    }
  });
  while (wall.children.length > wanted.length) {
    wall.lastElementChild.remove();
  }
  if (focused instanceof HTMLElement && wall.contains(focused) && document.activeElement !== focused) {
    focused.focus({ preventScroll: true });
  }
}

function elements() {
  const shown = [...wall.children].filter((element) => element.tile.sitting);
  return new Map(shown.map((element) => [element.tile.sitting, element]));
}

function drawPager(pages, count) {
  const pager = room.querySelector("[data-pager]");
  pager.hidden = pages < 2;
  pager.querySelector("[data-previous]").disabled = page === 0;
  pager.querySelector("[data-next]").disabled = page >= pages - 1;
  pager.querySelector("[data-page-text]").textContent = text(texts, "page", { page: page + 1, pages, count });
}

function drawCounts() {
  const place = placeFilter?.value || "";
  const here = [...known.values()].filter((tile) => inPlace(tile, place));
  for (const chip of room.querySelectorAll("[data-filter]")) {
    const name = chip.dataset.filter;
    const count = here.filter(FILTERS[name] || ((tile) => tile.place === name)).length;
    chip.querySelector("[data-count-of]").textContent = String(count);
    chip.setAttribute("aria-pressed", String(name === filter));
    chip.classList.toggle("chip--empty", count === 0);
  }
  const held = here.filter((tile) => tile.place === "held").length;
  const badge = room.querySelector("[data-held-count]");
  badge.textContent = String(held);
  badge.hidden = held === 0;
}

function drawPicked() {
  if (!pickAll) {
    return;
  }
  const sittings = matching().map((tile) => tile.sitting).filter(Boolean);
  pickAll.checked = sittings.length > 0 && sittings.every((sitting) => picked.has(sitting));
  pickAll.indeterminate = !pickAll.checked && picked.size > 0;
  const words = picked.size ? text(texts, "picked", { count: picked.size }) : text(texts, "pick_all");
  room.querySelector("[data-picked-text]").textContent = words;
}

// --- what is clicked -------------------------------------------------------------------------------------------------

function show(change) {
  change();
  page = 0;
  draw({ keepOrder: false });
}

room.querySelector("[data-chips]").addEventListener("click", ({ target }) => {
  const chip = target.closest("[data-filter]");
  if (chip) {
    show(() => (filter = chip.dataset.filter === filter ? "all" : chip.dataset.filter));
  }
});
search.addEventListener("input", () => show(() => {}));

fold.addEventListener("click", () => {
  const isOpen = room.querySelector(".room-tools").toggleAttribute("data-open");
  fold.setAttribute("aria-expanded", String(isOpen));
});
placeFilter?.addEventListener("change", () => show(() => {}));

function choose(count) {
  size = count;
  localStorage.setItem(SIZE_KEY, String(count));
  for (const button of room.querySelectorAll("[data-per-page]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.perPage) === count));
  }
}

room.querySelectorAll("[data-per-page]").forEach((button) => {
  button.addEventListener("click", () => show(() => choose(Number(button.dataset.perPage))));
});
room.querySelector("[data-previous]").addEventListener("click", () => turn(-1));
room.querySelector("[data-next]").addEventListener("click", () => turn(1));

function turn(by) {
  page += by;
  draw({ keepOrder: true });
}

wall.addEventListener("pointermove", () => (movedAt = performance.now()));
wall.addEventListener("pointerleave", () => (movedAt = -Infinity));
wall.addEventListener("change", ({ target }) => {
  const { sitting } = target.closest(".tile").tile;
  picked[target.checked ? "add" : "delete"](sitting);
  drawPicked();
});
pickAll?.addEventListener("change", () => {
  for (const { sitting } of matching()) {
    if (sitting) {
      picked[pickAll.checked ? "add" : "delete"](sitting);
    }
  }
  if (!pickAll.checked) {
    picked.clear();
  }
  draw({ keepOrder: true });
});

choose(SIZES.includes(size) ? size : 16);
window.setInterval(() => {
  tiles.tick();
  const now = feed.clock.serverMs;
  if (now !== null) {
    room.querySelector("[data-server-clock]").textContent = new Date(now).toLocaleTimeString("en-GB", { timeZone: room.dataset.timeZone });
  }
  if (performance.now() - movedAt > HAND_STILL_MS && performance.now() - movedAt < HAND_STILL_MS + 2000) {
    draw({ keepOrder: false }); // the hand has come to rest: now the order may follow
  }
}, 1000);
