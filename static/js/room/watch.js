/**
 * One candidate, live: the picture while somebody looks, the clock, and acts that follow the state unless somebody is
 * filling one in.
 * <div data-watch data-socket data-picture data-acts> <figure data-live> <div id="watch-head"> <aside id="watch-aside">
 */
import { Clock, hms } from "../lib/clock.js";
import { Socket } from "../proctoring/socket.js";
import { short } from "./tiles.js";

const PICTURE_MS = 1500;
const NO_PICTURE_MS = 3000;
const WITHIN_MS = 10000;
const page = document.querySelector("[data-watch]");
const aside = document.querySelector("#watch-aside");
let clock = new Clock();

// --- news ------------------------------------------------------------------------------------------------------------

new Socket(page.dataset.socket, {
  onOpen: () => {},
  onMessage: ({ type }) => type === "changed" && tellParts(),
  onClose: () => {},
});

function tellParts() {
  window.htmx?.trigger(document.body, "room:news");
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target.id === "watch-news") {
    readClock();
    followState();
  }
});

/** Bring the acts up to date; where somebody is at one of them, only say that there is something new. */
function followState() {
  const now = document.querySelector("[data-acts-stamp]")?.dataset.actsStamp;
  const shown = aside.querySelector("[data-shown-stamp]")?.dataset.shownStamp;
  const hint = document.querySelector("[data-acts-news]");
  if (!now || now === shown) {
    hint.hidden = true;
  } else if (isBusy()) {
    hint.hidden = false;
  } else {
    renewActs();
  }
}

function isBusy() {
  const typed = [...aside.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);
  return typed || aside.querySelector("details.act[open]") !== null;
}

function renewActs() {
  document.querySelector("[data-acts-news]").hidden = true;
  window.htmx.ajax("GET", page.dataset.acts, { target: "#watch-aside", swap: "innerHTML" });
}

document.querySelector("[data-renew-acts]").addEventListener("click", renewActs);

// --- the clock -------------------------------------------------------------------------------------------------------

function readClock() {
  const head = document.querySelector("#watch-head [data-server-now]");
  clock = new Clock();
  clock.sync(head.dataset.serverNow, head.dataset.deadline || null);
  tick();
}

function tick() {
  const left = clock.remainingMs;
  const face = document.querySelector("[data-left]");
  if (face && left !== null) {
    face.textContent = hms(left);
  }
  for (const time of document.querySelectorAll("[data-since]")) {
    time.textContent = short(Math.max(0, clock.serverMs - Date.parse(time.dataset.since)));
  }
}

// --- the live picture ------------------------------------------------------------------------------------------------

const live = document.querySelector("[data-live]");
const image = live?.querySelector("img");

async function look() {
  let wait = NO_PICTURE_MS;
  if (!document.hidden) {
    try {
      const signal = AbortSignal.timeout(WITHIN_MS);
      const response = await fetch(page.dataset.picture, { cache: "no-store", redirect: "error", signal });
      if (response.status === 200) {
        await show(await response.blob(), response.headers.get("X-Taken-At"));
        wait = PICTURE_MS;
      } else if (response.status === 204) {
        live.dataset.state = live.dataset.state === "live" || live.dataset.state === "stale" ? "stale" : "none";
      } else if (response.status < 500) {
        return;
      }
    } catch {
      live.dataset.state = "stale";
    }
  }
  window.setTimeout(look, wait);
}

async function show(blob, takenAt) {
  const before = image.src;
  image.src = URL.createObjectURL(blob);
  await image.decode().catch(() => {});
  URL.revokeObjectURL(before);
  live.dataset.state = "live";
  live.querySelector("[data-taken]").dataset.since = takenAt;
  tick();
}

readClock();
window.setInterval(tick, 500);
if (live) {
  look();
}
