/**
 * The queue: asks for its list again when something has changed, but never while somebody is writing in it.
 * <div data-queue data-socket> <div id="queue" hx-get hx-trigger="room:renew">…<time data-since>…</div></div>
 */
import { Clock } from "../lib/clock.js";
import { Socket } from "../proctoring/socket.js";
import { short } from "./tiles.js";

const EVERY_MS = 8000;
const TOLD_MS = 5000; // what was just done stays to be read
const queue = document.querySelector("#queue");
let clock = new Clock();
let toldUntil = 0;

new Socket(document.querySelector("[data-queue]").dataset.socket, {
  onOpen: () => {},
  onMessage: ({ type }) => type === "changed" && renew(),
  onClose: () => {},
});

function isBusy() {
  const typed = [...queue.querySelectorAll('input[name="reason"]')].some((field) => field.value !== "");
  const isRead = performance.now() < toldUntil;
  return isRead || typed || (queue.contains(document.activeElement) && document.activeElement.matches("input"));
}

function renew() {
  if (!document.hidden && !isBusy()) {
    window.htmx?.trigger(queue, "room:renew");
  }
}

function readClock() {
  clock = new Clock();
  clock.sync(queue.querySelector("[data-server-now]").dataset.serverNow, null);
  tick();
  countHeld();
}

function countHeld() {
  const badge = document.querySelector("[data-held-count]");
  const held = queue.querySelectorAll(".queue-card").length;
  badge.textContent = held;
  badge.hidden = held === 0;
}

function tick() {
  for (const time of queue.querySelectorAll("[data-since]")) {
    time.textContent = short(Math.max(0, clock.serverMs - Date.parse(time.dataset.since)));
  }
}

document.addEventListener("htmx:afterSettle", () => {
  readClock();
  if (queue.querySelector(".said-outcome")) {
    toldUntil = performance.now() + TOLD_MS;
    window.setTimeout(renew, TOLD_MS + 1);
  }
});
readClock();
window.setInterval(tick, 1000);
window.setInterval(renew, EVERY_MS);
