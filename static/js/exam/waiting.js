/**
 * The exam document, from waiting to the last answer: counts down to the start, asks for full screen with one click, fetches
 * the paper when its time has come, and puts it into #stage. The camera keeps running through all of it.
 * <script id="exam-config" type="application/json">{phase, server_now, target, spread_ms, full_screen, camera, urls, …}</script>
 */
import { backoff, postForHtml } from "../lib/api.js";
import { claimClient } from "../lib/client.js";
import { Clock, documentTimes, hms, ticking, wakeWatch } from "../lib/clock.js";
import { Outbox } from "../lib/outbox.js";
import { text } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { ClockNews } from "./clock_news.js";
import { Covers } from "./covers.js";
import { startExamCamera } from "./camera.js";
import * as fullScreen from "./full_screen.js";
import { offerHelp } from "./help.js";
import { Lockdown } from "./lockdown.js";
import { Notices } from "./notices.js";
import { followSecondCamera } from "./second_camera.js";
import { PaperPage } from "./paper.js";
import { followPause } from "./pause.js";
import { keepShell, shellOf } from "./shell.js";
import { SignIn } from "./sign_in.js";
import { StatusPoll } from "./status.js";

const ASKS_WITHIN_MS = 3000; // whether the time is really up

const config = JSON.parse(document.querySelector("#exam-config").textContent);
const shell = shellOf(config); // before anything changes
const texts = document.querySelector("[data-texts]");
const root = document.querySelector("[data-exam]");
const stage = document.querySelector("#stage");
const clock = new Clock();
const covers = new Covers(document.querySelector("[data-covers]"), root);
const notices = new Notices(document.querySelector("#notice"));
const poll = new StatusPoll({
  url: config.urls.status,
  page: () => (paper ? { epoch: String(paper.epoch), client, ...(paper.tookOver && { took_over: "1" }) } : {}),
  onStatus,
  onError: onStatusError,
});
const signIn = new SignIn({
  dialog: document.querySelector("#sign-in"),
  config,
  texts,
  onBack: () => {
    covers.hide("stranger");
    keepPaper();
    paper?.signedIn();
  },
  onStranger: () => {
    covers.show("stranger");
    outbox?.dropPaper();
  },
});
covers.root.querySelectorAll("[data-sign-in-again]").forEach((button) => button.addEventListener("click", () => signIn.open()));
const clockNews = new ClockNews();
const waitingEnds = new AbortController();
let client = "";
let outbox = null;
let paper = null;
let fragment = "";
let isEntering = false;
let onSignedIn = () => {};
const queue = takeQueue(); // takes a moment; the page does not wait for it before it can be used

begin();

/** Say who this page is, and take up what it, or a page of this sitting that died, has not sent. */
async function takeQueue() {
  client = await claimClient(config.sitting);
  outbox = await Outbox.open({ sitting: config.sitting, client });
}

function begin() {
  if (config.phase === "recovered") {
    recover();
  } else {
    clock.sync(config.server_now, config.target, documentTimes());
    ticking(tick, waitingEnds.signal);
  }
  window.setInterval(wakeWatch(() => poll.soon()), 1000);
  if (config.full_screen && !fullScreen.isSupported()) {
    doWithoutFullScreen();
  }
  stage.querySelector("[data-ready]")?.addEventListener("click", (event) => ready(event.currentTarget));
  if (config.phase === "waiting" && config.full_screen) {
    fullScreen.onChange(() => fullScreen.isOn() || isReady(stage.querySelector("[data-ready]"), false), waitingEnds.signal);
  }
  offerHelp({ dialog: document.querySelector("#help"), url: config.urls.help, texts });
  poll.start();
  if (config.second_camera) {
    followSecondCamera({ urls: config.urls, texts });
  }
  if (config.camera) {
    startCamera();
  }
  if (config.phase === "resume") {
    watchScreen();
  }
}

/** The exam runs while a reloaded page waits to be let in again: how long it is out of full screen is on record. */
async function watchScreen() {
  await queue;
  if (!paper && !waitingEnds.signal.aborted) {
    new Lockdown({
      url: config.urls.events,
      client,
      wantsFullScreen: config.full_screen,
      hasPaper: false,
      signal: waitingEnds.signal,
      onCount: () => poll.soon(), // the limit may have been passed
    });
  }
}

async function startCamera() {
  await queue;
  const isBusy = () => Boolean(paper?.isBusy);
  onSignedIn = await startExamCamera({ root, config, client, isBusy, onChanged: () => poll.soon() });
}

// --- before the paper ---

/** Some phones have none: say so, and let the candidate go on. */
function doWithoutFullScreen() {
  const label = stage.querySelector("[data-ready-label]");
  stage.querySelector("[data-no-full-screen]").hidden = false;
  if (label) {
    label.textContent = label.dataset.withoutFullScreen;
    label.previousElementSibling?.remove();
    note("");
  }
}

function tick() {
  const left = clock.remainingMs;
  const shown = stage.querySelector("[data-countdown]");
  if (left === null || !shown) {
    return;
  }
  shown.textContent = hms(left);
  if (left === 0) {
    timeHasCome();
  }
}

function timeHasCome() {
  waitingEnds.abort();
  if (config.phase === "too_early") {
    window.location.assign(config.urls.next);
  } else if (config.phase === "resume") {
    window.location.assign(config.urls.finished);
  } else {
    note("entering");
    // The spread keeps a whole room from arriving in the same instant; the server chose it.
    window.setTimeout(enter, config.spread_ms);
  }
}

async function ready(button) {
  const isFull = !config.full_screen || !fullScreen.isSupported() || (await fullScreen.enter());
  if (config.phase !== "waiting") {
    button.disabled = true;
    await enter();
    return;
  }
  isReady(button, isFull);
  isFull || note("refused");
}

/** Ready is who is in full screen; who leaves it again is asked again. */
function isReady(button, isIt) {
  button.disabled = isIt;
  button.toggleAttribute("data-done", isIt);
  button.querySelector("[data-ready-label]").textContent = text(texts, isIt ? "ready_label" : "not_ready_label");
  note(isIt ? "ready" : "not_ready");
}

function note(key) {
  const line = stage.querySelector("[data-waiting-note]");
  if (line) {
    line.textContent = text(texts, key);
  }
}

// --- the paper ---

/** Fetch the paper and put it in place; goes on trying while the server cannot be reached. */
async function enter(failures = 0) {
  if (isEntering && failures === 0) {
    return;
  }
  isEntering = true;
  note(failures > 2 ? "entering_again" : "entering");
  let answer;
  await queue;
  try {
    answer = await postForHtml(config.urls.begin, { client });
  } catch (error) {
    notYet(error, failures + 1);
    return;
  }
  isEntering = false;
  swapIn(answer.data, { times: answer.times });
}

/** The server does not hand out the paper now: ask again, wait for a person, or go to where the candidate belongs. */
function notYet(error, failures) {
  if (error.isPassing) {
    window.setTimeout(() => enter(failures), error.retryAfterMs || backoff(failures));
  } else if (error.code === "too_early" && config.phase === "waiting" && failures < 10) {
    window.setTimeout(() => enter(failures), 500); // our clock is a little ahead; a reload would cost the full screen
  } else if (error.code === "paused") {
    isEntering = false;
    stage.querySelector("[data-ready]").disabled = false;
    note("");
    poll.soon();
  } else {
    window.location.assign(error.data?.next || config.urls.next);
  }
}

function swapIn(html, how) {
  waitingEnds.abort();
  paper?.stop();
  stage.innerHTML = html;
  if (JSON.parse(stage.querySelector("#paper-data").textContent).sitting !== config.sitting) {
    window.location.assign(config.urls.next); // another exam was chosen in another tab
    return;
  }
  fragment = html;
  root.dataset.phase = document.body.dataset.phase = "paper";
  paper = new PaperPage(
    {
      ...{ stage, config, clock, covers, notices, texts, client, outbox },
      takeOver: () => enter(),
      askStatus: () => poll.soon(),
      askNow: () => poll.now(ASKS_WITHIN_MS),
      signIn: () => signIn.open(),
    },
    how,
  );
  keepPaper();
  clockNews.show(paper.data);
  poll.soon();
}

/** So that a reload without the server shows the paper again; sealed, and gone with the end of the exam. */
function keepPaper() {
  if (fragment) {
    outbox.keepPaper({ fragment, shell });
    keepShell(config.urls.service_worker);
  }
}

/** The server cannot be reached: go on with the paper that this device has kept, if it is this page's. */
async function recover() {
  await queue;
  const kept = await outbox.paper();
  if (kept?.client === client && outbox.facts) {
    swapIn(kept.paper.fragment, { times: { receivedAt: performance.now() }, facts: outbox.facts });
  } else {
    note("entering_again"); // another tab has it: wait for the server like everybody
  }
}

// --- what the server says meanwhile ---

function onStatus(status, times) {
  onSignedIn();
  const headingOf = (kind) => text(texts, kind === "announcement" ? "announcement_heading" : "message_heading");
  notices.show(status.messages ?? [], headingOf, (id) => config.urls.message_seen.replace("/0/", `/${id}/`));
  if (config.phase === "recovered" && !paper) {
    window.location.reload();
  } else if (paper) {
    // An answer to a question from before this paper would send us back to the waiting page.
    times.sentAt >= paper.since && paper.update(status, times);
  } else if (!isEntering) {
    followWaiting(status, times);
  }
  clockNews.show(status); // after the clock: what is said of it last is what stays to be read
}

function followWaiting(status, times) {
  if (!config.steps.includes(status.step)) {
    window.location.assign(status.next);
    return;
  }
  followPause(covers, status);
  followStart(status);
  const isRunning = config.phase === "resume" && status.deadline_at;
  clock.sync(status.server_now, isRunning ? status.deadline_at : config.target, times);
}

/** Staff may move the start while people wait for it: the countdown goes where the start is now. */
function followStart(status) {
  const target = { waiting: status.opens_at, too_early: status.check_in_opens_at }[config.phase];
  if (target && Date.parse(target) !== Date.parse(config.target)) {
    config.target = target;
    write("[data-window] .moment", status.opens_at);
    write("[data-check-in-opens]", status.check_in_opens_at);
    toast(text(texts, "start_moved"));
  }
}

/** Write a moment on the clock of where the exam is held, as the page has them: 2026-01-19 16:00. */
function write(selector, moment) {
  const element = stage.querySelector(selector);
  if (element) {
    const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
    const format = new Intl.DateTimeFormat("sv-SE", { ...parts, timeZone: config.timezone });
    element.textContent = format.format(new Date(moment));
  }
}

function onStatusError(error) {
  if (error.isSignedOut) {
    paper ? paper.signedOut() : window.location.assign(config.urls.next);
  } else {
    paper?.unreachable(error);
  }
}
