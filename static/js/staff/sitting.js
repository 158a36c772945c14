/**
 * Keeps the head of a sitting's page up to date, counts its clock, fills in a usual reason.
 * <div data-live="/admin/exams/sitting/1/live/"><div data-live-part>…data-version…data-deadline…</div></div>
 * <p data-page-news hidden>…</p>  <form>…<ul data-reasons><li><button>…</button></li></ul></form>
 */

import { Clock } from "../lib/clock.js";
import "./once.js";

const EVERY_MS = 10000;
const page = document.querySelector("[data-live]");
const part = document.querySelector("[data-live-part]");
const news = document.querySelector("[data-page-news]");
let clock = new Clock();

function version() {
  return part.querySelector("[data-version]")?.dataset.version;
}

const shown = version();

function readClock(times) {
  const face = part.querySelector("[data-deadline]");
  clock = new Clock();
  if (face) {
    clock.sync(face.dataset.serverNow, face.dataset.deadline, times);
  }
  tick();
}

function tick() {
  const face = part.querySelector("[data-deadline]");
  const left = clock.remainingMs;
  if (!face || left === null) {
    return;
  }
  const seconds = Math.ceil(left / 1000);
  const pad = (number) => String(number).padStart(2, "0");
  face.textContent = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(pad).join(":");
}

async function refresh() {
  if (document.hidden) {
    return;
  }
  const sentAt = performance.now();
  try {
    const response = await fetch(page.dataset.live, {
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(EVERY_MS),
    });
    if (!response.ok) {
      return;
    }
    part.innerHTML = await response.text();
  } catch {
    return; // the next round tries again
  }
  readClock({ sentAt, receivedAt: performance.now() });
  news.hidden = version() === shown;
}

document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-reasons] button");
  const input = chosen?.closest("form").elements.reason;
  if (input) {
    input.value = chosen.textContent.trim();
    input.focus();
  }
});

readClock();
setInterval(tick, 500);
setInterval(refresh, EVERY_MS);
