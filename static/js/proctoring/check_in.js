/**
 * The check-in page: nothing before the click, then the camera, the verdicts, and the way on; and while a candidate waits
 * for a person, what that person writes to them.
 * <div data-check-in data-state="idle" data-socket data-state-url data-sprite></div>; an element with
 * data-shows="idle live" is visible in those states: idle asking live failed passed flagged held problem elsewhere.
 */
import { getJson } from "../lib/api.js";
import { clientId } from "../lib/client.js";
import { revealInsecureNotice } from "../lib/secure_context.js";
import { text } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { offerHelp } from "../exam/help.js";
import { Notices } from "../exam/notices.js";
import { LiveCamera } from "./live_camera.js";

const GO_ON_AFTER_MS = 1200;
const READ_AND_GO_ON_MS = 4000; // where there is more to read than that it went well
const ASK_EVERY_MS = 5000;
const HOPELESS = new Set(["insecure", "unsupported"]); // asking for the camera again would change nothing
const ICONS = { good: "success", turn: "info", warning: "warning", danger: "danger", quiet: "info" };

const page = document.querySelector("[data-check-in]");
const texts = document.querySelector("[data-texts]");
const frame = document.querySelector("[data-frame]");
const picker = document.querySelector("[data-cameras]");
const openButton = document.querySelector("[data-open]"); // none where the candidate declined the camera
const notices = new Notices(document.querySelector("#notice"));
const headingOf = (kind) =>
  document.querySelector(kind === "announcement" ? "[data-announcement-heading]" : "[data-message-heading]").content.textContent;
let camera = null;
let hasChoice = false;
let waitTimer = 0;
let isLeaving = false;

// --- what is shown ---------------------------------------------------------------------------------------------------

function enter(state) {
  if (page.dataset.state !== state) {
    page.dataset.state = state;
  }
  for (const element of document.querySelectorAll("[data-shows]")) {
    element.toggleAttribute("hidden", !element.dataset.shows.split(" ").includes(state)); // an svg has no `hidden`
  }
  if (openButton) {
    document.querySelector("[data-picker]").hidden ||= !hasChoice;
    openButton.setAttribute("aria-busy", String(state === "asking"));
  }
  if (state === "held" || state === "problem" || state === "elsewhere") {
    waitForPerson(); // and for what they write
  }
}

function hint(tone, sentence) {
  frame.dataset.state = tone;
  document.querySelector("[data-hint]").dataset.tone = tone;
  document.querySelector("[data-hint] use").setAttribute("href", `${page.dataset.sprite}#${ICONS[tone]}`);
  say("[data-hint-text]", sentence);
}

/** Leave standing that a call was sent: whoever waits looks at little else. */
function called(sentence) {
  const line = document.querySelector("[data-called]");
  line.hidden = false;
  line.textContent = sentence;
  page.dataset.state === "held" || toast(sentence); // elsewhere the line is not to be seen
}

function say(selector, sentence) {
  const element = document.querySelector(selector);
  if (element.textContent !== sentence) {
    element.textContent = sentence; // live regions: the same words again would be read again
  }
}

function showProgress(good, needed) {
  const bar = document.querySelector("[data-progress]");
  bar.max = needed || bar.max;
  bar.value = good;
  say("[data-good]", text(texts, "progress", { good, needed: bar.max }));
}

function problem(cause) {
  document.querySelector("[data-reason]").value = cause;
  for (const advice of document.querySelectorAll("[data-cause]")) {
    advice.hidden = advice.dataset.cause !== cause;
  }
  frame.dataset.state = "danger";
  if (cause === "missing") {
    say("[data-camera-count]", "0");
  }
  enter("problem");
  openButton.hidden = HOPELESS.has(cause);
}

// --- the camera ------------------------------------------------------------------------------------------------------

function openCamera() {
  enter("asking");
  hint("quiet", text(texts, "asking"));
  camera ??= new LiveCamera({
    video: document.querySelector("[data-video]"),
    socketUrl: page.dataset.socket,
    purpose: "check_in",
    client: clientId(),
    onLive,
    onVerdict,
    onCheckIn,
    onRefused,
    onChanged: askState,
    onLost: problem,
    onConnection: (isOpen) => !isOpen && page.dataset.state === "live" && hint("quiet", text(texts, "offline")),
  });
  return camera.open();
}

function onLive(cameras, deviceId) {
  say("[data-camera-count]", String(cameras.length));
  const options = cameras.map((device, index) => {
    const label = device.label || text(texts, "unnamed", { number: index + 1 });
    return new Option(label, device.deviceId, false, device.deviceId === deviceId);
  });
  picker.replaceChildren(...options);
  hasChoice = cameras.length > 1;
  if (page.dataset.state === "asking" || page.dataset.state === "problem") {
    showProgress(0, 0);
    hint("quiet", text(texts, "looking"));
    enter("live");
  } else {
    enter(page.dataset.state);
  }
}

function showTurn(turn) {
  document.querySelector("[data-turn]").dataset.turn = turn ?? "";
}

function onVerdict({ verdict, hint: sentence, frames_good: good, frames_needed: needed, turn }) {
  if (page.dataset.state !== "live") {
    return;
  }
  if (needed) {
    showProgress(good, needed);
  }
  showTurn(turn);
  const isQuiet = ["failed", "unreadable", "not_wanted"].includes(verdict);
  hint(verdict === "ok" ? (turn ? "turn" : "good") : isQuiet ? "quiet" : "warning", sentence);
}

function onCheckIn({ state, attempt, message, attempts_left: left, next }) {
  say("[data-attempts-left]", String(left));
  showTurn("");
  if (state === "passed" || state === "exhausted") {
    finish(state === "passed" ? "passed" : "flagged", message, next, attempt === "adopted" ? READ_AND_GO_ON_MS : GO_ON_AFTER_MS);
  } else if (state === "held") {
    letGo();
    hint("quiet", "");
    enter("held");
  } else if (attempt === "failed" || attempt === "not_live") {
    camera?.pause();
    hint("danger", message);
    enter("failed");
  } else if (attempt) {
    showProgress(0, 0);
    hint("warning", message);
  } else if (page.dataset.state === "held") {
    window.location.reload(); // an invigilator has asked for a new check
  }
}

function onRefused({ error, message }) {
  if (error !== "malformed" && !isLeaving && page.dataset.state !== "held") {
    letGo();
    say("[data-refusal]", message);
    problem("refused");
  }
}

function letGo() {
  camera?.stop();
  camera = null;
}

// --- going on --------------------------------------------------------------------------------------------------------

function finish(state, message, next, afterMs) {
  letGo();
  document.querySelector("[data-go-on]").href = next;
  hint(state === "passed" ? "good" : "warning", message);
  enter(state);
  if (state === "passed") {
    showProgress(document.querySelector("[data-progress]").max, 0);
    window.setTimeout(() => go(next), afterMs);
  } else {
    document.querySelector("[data-go-on]").focus();
  }
}

function go(url) {
  isLeaving = true;
  window.location.assign(url);
}

/** Ask now and then whether a person has decided; a connection is not needed for that. */
function waitForPerson() {
  window.clearTimeout(waitTimer);
  waitTimer = window.setTimeout(async () => {
    await askState();
    waitForPerson();
  }, ASK_EVERY_MS * (0.8 + 0.4 * Math.random()));
}

async function askState() {
  try {
    const { data } = await getJson(page.dataset.stateUrl);
    if (data.next) {
      go(data.next);
    } else if ((data.state === "held") !== (page.dataset.state === "held")) {
      window.location.reload();
    } else {
      say("[data-place-in-queue]", data.queue);
      say("[data-said-text]", data.said);
      document.querySelector("[data-said]").hidden = !data.said;
      notices.show(data.messages, headingOf, (id) => page.dataset.seenUrl.replace("/0/", `/${id}/`));
    }
  } catch (error) {
    if (error.isSignedOut) {
      window.location.reload(); // leads to the login page, and back here
    }
  }
}

// --- all of it -------------------------------------------------------------------------------------------------------

function tryAgain() {
  showProgress(0, 0);
  hint("quiet", text(texts, "looking"));
  enter("live");
  camera?.resume();
}

offerHelp({ dialog: document.querySelector("#help"), url: page.dataset.helpUrl, texts, onSent: called });
if (openButton) {
  openButton.addEventListener("click", openCamera);
  document.querySelector("[data-try-again]").addEventListener("click", tryAgain);
  picker.addEventListener("change", () => camera?.choose(picker.value));
  window.addEventListener("pagehide", letGo);
  window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
}
if (openButton && page.dataset.state === "idle" && revealInsecureNotice()) {
  problem("insecure");
} else {
  enter(page.dataset.state);
}
