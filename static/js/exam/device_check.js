/**
 * The device check: camera, full screen, browser, screen, delay to the server. Nothing leaves the browser but pings.
 * <div data-device-check data-ping="/ping/" data-sprite="….svg"><div data-summary>…</div>
 *   <li data-check="camera" data-state="waiting"><p><span data-state-word></span><span data-detail>…</span></p>
 *     <template data-text="good">…</template></li></div>
 */
import { closeCamera, listCameras, openCamera } from "../lib/cameras.js";
import { revealInsecureNotice } from "../lib/secure_context.js";
import { text } from "../lib/texts.js";

const PINGS = 7;
const PING_TIMEOUT_MS = 4000;
const GOOD_DELAY_MS = 300;
const SLOW_DELAY_MS = 1000;
const DARK = 45; // mean brightness of 0–255 below which a face is hard to see
const SETTLE_MS = 1200; // cameras need a moment to adjust to the light
const SMALL_WIDTH = 1024;
const SMALL_HEIGHT = 600;
const ICONS = { running: "waiting", waiting: "waiting", good: "success", warning: "warning", bad: "danger" };
const FITNESS_STATES = { recommended: "good", usable: "good", outdated: "warning", unsuitable: "bad" };

const page = document.querySelector("[data-device-check]");
const preview = page.querySelector("[data-preview]");
const frame = page.querySelector("[data-frame]");
const picker = page.querySelector("[data-cameras]");
const openButton = page.querySelector("[data-open-camera]");
const closeButton = page.querySelector("[data-close-camera]");
const fullscreenButton = page.querySelector("[data-test-fullscreen]");
let stream = null;

// --- rows and summary ------------------------------------------------------------------------------------------------

function row(name) {
  return page.querySelector(`[data-check="${name}"]`);
}

function show(name, state, key, values = {}) {
  const item = row(name);
  item.dataset.state = state;
  item.querySelector("[data-detail]").textContent = text(item, key, values);
  item.querySelector("[data-state-word]").textContent = text(page, `state-${state}`);
  setIcon(item, state);
  summarise();
}

function setIcon(item, state) {
  item.querySelector("use").setAttribute("href", `${page.dataset.sprite}#${ICONS[state]}`);
}

function summarise() {
  const states = [...page.querySelectorAll("[data-check]")].map((item) => item.dataset.state);
  const worst = ["running", "bad", "waiting", "warning"].find((state) => states.includes(state)) ?? "good";
  const summary = page.querySelector("[data-summary]");
  const count = states.filter((state) => state === worst).length;
  summary.dataset.state = worst;
  summary.querySelector("[data-detail]").textContent = text(summary, worst, { count });
  setIcon(summary, worst);
}

// --- browser and screen ----------------------------------------------------------------------------------------------

function checkBrowser() {
  const needed = [window.HTMLDialogElement, window.WebSocket, window.indexedDB, window.fetch, window.crypto];
  const { fitness } = row("browser").dataset;
  if (needed.some((feature) => !feature)) {
    show("browser", "bad", "lacking");
  } else {
    show("browser", FITNESS_STATES[fitness], fitness);
  }
}

function checkScreen() {
  const { width, height } = window.screen;
  if (window.screen.isExtended) {
    show("screen", "warning", "several");
  } else if (Math.max(width, height) < SMALL_WIDTH || Math.min(width, height) < SMALL_HEIGHT) {
    show("screen", "warning", "small", { width, height });
  } else {
    show("screen", "good", "good", { width, height });
  }
}

// --- network ---------------------------------------------------------------------------------------------------------

async function ping() {
  const began = performance.now();
  const response = await fetch(page.dataset.ping, { cache: "no-store", signal: AbortSignal.timeout(PING_TIMEOUT_MS) });
  if (!response.ok) {
    throw new Error(String(response.status));
  }
  await response.json();
  return performance.now() - began;
}

async function checkNetwork() {
  show("network", "running", "running");
  const delays = [];
  for (let count = 0; count < PINGS; count += 1) {
    try {
      delays.push(await ping());
    } catch {
      // A lost ping shows in how many are left.
    }
  }
  if (delays.length <= PINGS / 2) {
    show("network", "bad", "offline");
    return;
  }
  const delay = Math.max(1, Math.round(median(delays)));
  if (delay <= GOOD_DELAY_MS) {
    show("network", "good", "good", { delay });
  } else if (delay <= SLOW_DELAY_MS) {
    show("network", "warning", "slow", { delay });
  } else {
    show("network", "bad", "bad", { delay });
  }
}

function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// --- full screen -----------------------------------------------------------------------------------------------------

function prepareFullscreen() {
  if (document.documentElement.requestFullscreen && document.fullscreenEnabled) {
    fullscreenButton.addEventListener("click", testFullscreen);
    document.addEventListener("fullscreenchange", () => {
      show("fullscreen", "good", document.fullscreenElement ? "entered" : "good");
    });
  } else {
    fullscreenButton.hidden = true;
    show("fullscreen", "bad", "unsupported");
  }
}

async function testFullscreen() {
  try {
    await document.documentElement.requestFullscreen();
  } catch {
    show("fullscreen", "bad", "refused");
  }
}

// --- camera ----------------------------------------------------------------------------------------------------------

async function startCamera(deviceId = "") {
  stopCamera();
  show("camera", "waiting", "asking");
  openButton.setAttribute("aria-busy", "true");
  try {
    stream = await openCamera(deviceId);
    stream.getVideoTracks()[0].addEventListener("ended", onLost);
    preview.srcObject = stream;
    await preview.play();
    showPreview(true);
    await offerChoice();
    await judgePicture();
  } catch (error) {
    stopCamera();
    show("camera", "bad", error.reason ?? "busy");
  } finally {
    openButton.removeAttribute("aria-busy");
  }
}

function stopCamera() {
  closeCamera(stream);
  stream = null;
  preview.srcObject = null;
  showPreview(false);
}

function onLost() {
  stopCamera();
  show("camera", "bad", "lost");
}

function showPreview(visible) {
  preview.hidden = !visible;
  page.querySelector("[data-empty]").hidden = visible;
  openButton.hidden = visible;
  closeButton.hidden = !visible;
  if (!visible) {
    delete frame.dataset.state;
    page.querySelector("[data-picker]").hidden = true;
  }
}

async function offerChoice() {
  const cameras = await listCameras();
  const current = stream.getVideoTracks()[0].getSettings().deviceId;
  const options = cameras.map((camera, index) => {
    const label = camera.label || text(page, "unnamed", { number: index + 1 });
    return new Option(label, camera.deviceId, false, camera.deviceId === current);
  });
  picker.replaceChildren(...options);
  page.querySelector("[data-picker]").hidden = cameras.length < 2;
  page.querySelector("[data-camera-count]").hidden = false;
  page.querySelector("[data-camera-count] [data-number]").textContent = String(cameras.length);
}

async function judgePicture() {
  const judged = stream;
  await new Promise((resolve) => window.setTimeout(resolve, SETTLE_MS));
  if (stream !== judged || !judged) {
    return;
  }
  const { videoWidth: width, videoHeight: height } = preview;
  const count = picker.options.length;
  if (brightness() < DARK) {
    judge("warning", "dark");
  } else if (Math.min(width, height) < 240) {
    judge("warning", "coarse", { width, height });
  } else {
    judge("good", "good", { count, width, height });
  }
}

function judge(state, key, values = {}) {
  frame.dataset.state = state;
  show("camera", state, key, values);
}

function brightness() {
  const canvas = document.createElement("canvas");
  canvas.width = 32;
  canvas.height = 24;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(preview, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) {
    sum += 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
  }
  return sum / (data.length / 4);
}

// --- all of it -------------------------------------------------------------------------------------------------------

function checkAgain() {
  checkBrowser();
  checkScreen();
  checkNetwork();
  if (stream) {
    startCamera(picker.value);
  }
}

if (revealInsecureNotice()) {
  show("camera", "bad", "insecure");
  openButton.disabled = true;
}
prepareFullscreen();
openButton.addEventListener("click", () => startCamera());
closeButton.addEventListener("click", () => {
  stopCamera();
  show("camera", "waiting", "waiting");
});
picker.addEventListener("change", () => startCamera(picker.value));
page.querySelector("[data-again]").addEventListener("click", checkAgain);
window.addEventListener("pagehide", stopCamera);
checkAgain();
