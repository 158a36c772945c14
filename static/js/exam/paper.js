/**
 * Drives the paper that was put into #stage: questions, numbers, saving, clock, hand-in, and what the server says meanwhile.
 * It starts from <script id="paper-data" type="application/json">{epoch, server_now, deadline_at, state, …}</script>.
 */
import { postJson } from "../lib/api.js";
import { dismiss } from "../lib/dialog.js";
import { MemoryStore } from "../lib/memory_store.js";
import { Saver } from "../lib/saver.js";
import { text } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { countDown } from "./countdown.js";
import { Delivery } from "./delivery.js";
import * as fullScreen from "./full_screen.js";
import { HandIn } from "./hand_in.js";
import { Lockdown } from "./lockdown.js";
import { Numbers } from "./numbers.js";
import { fontSizes, openCompanion, drawer } from "./paper_tools.js";
import { Questions } from "./questions.js";
import { offerFullScreen, withoutFullScreen } from "./without_full_screen.js";

const EXTENSION_SEEN_MS = 30000; // smaller moves of the deadline are not worth a word

export class PaperPage {
  #ending = new AbortController();
  #counts = {};
  #state = "in_progress";
  #isLeaving = false;

  /**
   * @param {{stage: HTMLElement, config: any, clock: object, covers: object, notices: object, texts: ParentNode,
   *   takeOver: () => void, askStatus: () => void}} exam what waiting.js has prepared
   * @param {{client: string, times: object}} how
   */
  constructor(exam, { client, times }) {
    Object.assign(this, exam);
    this.client = client;
    this.data = JSON.parse(this.stage.querySelector("#paper-data").textContent);
    this.since = times.receivedAt;
    this.signal = this.#ending.signal;
    this.clock.sync(this.data.server_now, this.data.deadline_at, times);
    this.#makeQuestions();
    this.#makeSaver();
    this.#makeHandIn();
    this.#watch();
    this.#follow(this.data);
    this.questions.show(this.#lastShown());
    this.#askForFullScreen();
  }

  get epoch() {
    return this.data.epoch;
  }

  /** Let go of everything, because another paper takes its place. */
  stop() {
    this.saver.stop();
    this.#ending.abort();
  }

  // --- what it is made of ---

  #makeQuestions() {
    const main = this.stage.querySelector("[data-paper-main]");
    const numbers = new Numbers({
      nav: this.stage.querySelector("[data-numbers]"),
      counters: this.stage.querySelector("[data-counters]"),
      texts: this.texts,
      signal: this.signal,
      onGo: (number, options) => {
        this.closeDrawer(options); // first: what lies below the drawer cannot take the focus
        this.questions.show(number, options);
      },
    });
    this.questions = new Questions({
      main,
      signal: this.signal,
      onShow: (number) => {
        numbers.point(number);
        sessionStorage.setItem(`examplatform.question.${this.data.sitting}`, String(number));
      },
      onChange: (question) => {
        numbers.draw(question);
        this.#counts = numbers.count(this.questions.all());
        this.saver.change(question.number, question.value, question.doubtful);
      },
    });
    const all = this.questions.all();
    all.forEach((question) => numbers.draw(question));
    this.#counts = numbers.count(all);
  }

  /** The question that this tab showed before a reload or before another page took over. */
  #lastShown() {
    const known = Number(sessionStorage.getItem(`examplatform.question.${this.data.sitting}`));
    return this.questions.all().some(({ number }) => number === known) ? known : 1;
  }

  #makeSaver() {
    this.delivery = new Delivery({ stage: this.stage, texts: this.texts });
    this.saver = new Saver({
      send: (body) => postJson(this.config.urls.responses, { sitting: this.data.sitting, ...body }),
      store: new MemoryStore(),
      client: this.client,
      epoch: this.epoch,
      onState: (state, count) => this.delivery.draw(state, count),
      onReply: (data, times) => this.#replied(data, times),
      onStop: (error) => this.#stopped(error),
      onError: (error) => this.delivery.failed(error, this.saver.unsent),
    });
    this.questions.all().forEach(({ number, nextSeq }) => this.saver.expect(number, nextSeq));
    window.addEventListener("online", () => this.saver.retry(), { signal: this.signal });
    window.addEventListener("focus", () => this.saver.retry(), { signal: this.signal });
    window.addEventListener("beforeunload", (event) => this.saver.unsent && !this.#isLeaving && event.preventDefault(), {
      signal: this.signal,
    });
  }

  #makeHandIn() {
    this.handIn = new HandIn({
      dialog: document.querySelector("#hand-in"),
      texts: this.texts,
      clock: this.clock,
      saver: this.saver,
      covers: this.covers,
      notices: this.notices,
      url: this.config.urls.hand_in,
      body: () => ({ client: this.client, epoch: this.epoch }),
      counts: () => this.#counts,
      leave: (url) => this.leave(url),
    });
  }

  #watch() {
    const { signal, stage } = this;
    stage.querySelector("[data-hand-in]").addEventListener("click", () => this.handIn.offer(), { signal });
    stage.querySelector("[data-take-over]").addEventListener("click", () => this.takeOver(), { signal });
    fontSizes({ exam: stage.closest("[data-exam]"), stage, url: this.config.urls.font_size, signal });
    openCompanion({ stage, signal });
    this.closeDrawer = drawer({ stage, signal });
    this.#makeLockdown();
    countDown({
      clock: this.clock,
      signal,
      shown: () => document.querySelectorAll("[data-exam-countdown], [data-cover-countdown]"),
      onWarning: (minutes) => toast(text(this.texts, "minutes_left", { minutes })),
      onOver: () => this.handIn.timeIsUp(),
    });
  }

  #makeLockdown() {
    this.drawSwitches({ switch_count: this.data.switch_count, switch_limit: this.data.switch_limit });
    new Lockdown({
      url: this.config.urls.events,
      client: this.client,
      wantsFullScreen: this.config.full_screen,
      signal: this.signal,
      onCount: (data) => {
        this.drawSwitches(data);
        if (data.counted?.length > 0) {
          this.askStatus(); // the limit may have been passed
        }
      },
      onFullScreen: (on) => (on ? this.covers.hide("full_screen") : this.#askForFullScreen()),
    });
    offerFullScreen({
      cover: this.covers.element("full_screen"),
      url: this.config.urls.events,
      client: this.client,
      signal: this.signal,
      onOn: () => this.covers.hide("full_screen"),
      onWithout: () => {
        withoutFullScreen.remember(this.data.sitting);
        this.covers.hide("full_screen");
        this.askStatus(); // by the exam's rule a person may have to look first
      },
    });
  }

  // --- what the server says ---

  /** Take in a status of the server: clock, pauses, an end. */
  update(status, times) {
    this.delivery.signedOut(false);
    if (status.superseded) {
      this.#superseded();
      return;
    }
    this.#syncClock(status, times);
    this.drawSwitches(status);
    this.#follow(status);
    if (status.step !== "paper") {
      this.leave(status.next, status.step === "finished" ? "ended" : "elsewhere");
    }
  }

  /** The session is gone: say so, and let the candidate sign in elsewhere without losing this page. */
  signedOut() {
    this.delivery.signedOut();
  }

  #replied(data, times) {
    this.delivery.signedOut(false);
    this.#syncClock(data, times);
    if (data.state && data.state !== this.#state) {
      this.askStatus();
    }
  }

  #syncClock(data, times) {
    const before = this.clock.deadline;
    this.clock.sync(data.server_now, data.deadline_at, times);
    const after = this.clock.deadline;
    if (before !== null && after !== null && after - before > EXTENSION_SEEN_MS) {
      toast(text(this.texts, "extended", { minutes: Math.round((after - before) / 60000) }));
    }
  }

  /** Cover the paper while it is paused or locked. */
  #follow({ state, locked, pause_cause: cause }) {
    const isPaused = state === "paused";
    for (const [name, isShown] of [["locked", isPaused && locked], ["paused", isPaused && !locked]]) {
      if (isShown) {
        this.#closeDialogs();
        this.covers.show(name, { text: cause });
      } else {
        this.covers.hide(name);
      }
    }
    if (this.#state === "paused" && state === "in_progress") {
      toast(text(this.texts, "resumed"));
      this.saver.retry();
    }
    this.#state = state;
  }

  #stopped(error) {
    if (error.code === "superseded") {
      this.#superseded();
    } else {
      this.questions.setReadOnly(true);
      this.askStatus(); // ended or paused: the status says which, and where to go
      if (error.data?.next && error.code === "ended") {
        this.leave(error.data.next);
      }
    }
  }

  #superseded() {
    this.saver.stop();
    this.questions.setReadOnly(true);
    this.stage.querySelector("[data-hand-in]").disabled = true;
    this.#closeDialogs();
    this.covers.hide("full_screen");
    this.isSuperseded = true;
    this.delivery.superseded();
  }

  // --- what the candidate sees ---

  drawSwitches({ switch_count: count, switch_limit: limit }) {
    if (count === undefined) {
      return;
    }
    const suffix = limit === null || limit === undefined ? "" : "_of";
    this.stage.querySelector("[data-switches]").textContent = text(this.texts, `switches${suffix}`, { count, limit });
    this.switchesSentence = count > 0 ? text(this.texts, `recorded${suffix}`, { count, limit }) : "";
    if (this.covers.has("full_screen") && this.switchesSentence) {
      this.covers.show("full_screen", { text: this.switchesSentence });
    }
  }

  #askForFullScreen() {
    const isWaived = withoutFullScreen.isRemembered(this.data.sitting);
    if (isWaived || !this.config.full_screen || !fullScreen.isSupported() || fullScreen.isOn() || this.isSuperseded) {
      return;
    }
    this.#closeDialogs();
    this.covers.show("full_screen", { text: this.switchesSentence || text(this.texts, "not_full_screen_yet") });
  }

  #closeDialogs() {
    dismiss(document.querySelector("#hand-in"));
    dismiss(document.querySelector("#companion"));
  }

  /** Go on to another page; the paper has nothing more to do. */
  leave(url, why = "ended") {
    if (this.#isLeaving) {
      return;
    }
    this.#isLeaving = true;
    this.#ending.abort(); // going to the end page is no switching of screens
    this.covers.show("ending", { heading: text(this.texts, why), text: text(this.texts, `${why}_text`) });
    window.location.assign(url || this.config.urls.next);
  }
}
