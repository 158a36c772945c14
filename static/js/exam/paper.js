/**
 * Drives the paper that was put into #stage: questions, numbers, saving, clock, hand-in, and what the server says meanwhile.
 * It starts from <script id="paper-data" type="application/json">{epoch, server_now, deadline_at, state, …}</script>.
 */
import { dismiss } from "../lib/dialog.js";
import { text } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { countDown } from "./countdown.js";
import { HandIn } from "./hand_in.js";
import { Numbers } from "./numbers.js";
import { fontSizes, openCompanion, drawer } from "./paper_tools.js";
import { followPause } from "./pause.js";
import { Questions } from "./questions.js";
import { Saving } from "./saving.js";
import { Screen } from "./screen.js";

const EXTENSION_SEEN_MS = 30000; // smaller moves of the deadline are not worth a word
const LAST_WORDS_MS = 3000;
const WIPES_WITHIN_MS = 1000;

export class PaperPage {
  #ending = new AbortController();
  #counts = {};
  #state = "in_progress";
  #isLeaving = false;

  /**
   * @param {{stage: HTMLElement, config: any, clock: object, covers: object, notices: object, texts: ParentNode,
   *   client: string, outbox: object, takeOver: () => void, askStatus: () => void, askNow: () => Promise<void>,
   *   signIn: () => void}} exam what waiting.js has prepared
   * @param {{times: object, facts?: object | null}} how facts: what this device knew of time and state, where the paper comes
   *   from its own memory and not from the server
   */
  constructor(exam, { times, facts = null }) {
    Object.assign(this, exam);
    this.data = JSON.parse(this.stage.querySelector("#paper-data").textContent);
    this.since = times.receivedAt;
    this.signal = this.#ending.signal;
    this.#setClock(facts, times);
    this.#makeQuestions(facts !== null);
    this.#makeHandIn();
    this.#watch();
    this.#follow(facts ?? this.data);
    if (facts === null) {
      this.saving.keepFacts(this.data);
      this.saving.reached();
      this.data.took_over && toast(text(this.texts, "took_over"));
    }
    this.questions.show(this.#lastShown());
    this.screen.ask();
  }

  get epoch() {
    return this.data.epoch;
  }

  /** Whether another page or device was answering before: what it sends too late is told to this one. */
  get tookOver() {
    return this.data.took_over;
  }

  /** Let go of everything, because another paper takes its place. */
  stop() {
    this.saver.stop();
    this.#ending.abort();
  }

  /** Whether answers are on their way: the camera lets them pass. */
  get isBusy() {
    return this.saving.isBusy;
  }

  // --- what it is made of ---

  #setClock(facts, times) {
    if (facts) {
      this.clock.suppose(Date.now() + facts.offset_ms, facts.deadline_at);
    } else {
      this.clock.sync(this.data.server_now, this.data.deadline_at, times);
    }
  }

  #makeQuestions(isRecovered) {
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
        this.saving.change(question);
      },
    });
    this.#makeSaving(isRecovered);
    const all = this.questions.all();
    all.forEach((question) => numbers.draw(question));
    this.#counts = numbers.count(all);
  }

  /** The question that this tab showed before a reload or before another page took over. */
  #lastShown() {
    const known = Number(sessionStorage.getItem(`examplatform.question.${this.data.sitting}`));
    return this.questions.all().some(({ number }) => number === known) ? known : 1;
  }

  #makeSaving(isRecovered) {
    const { stage, texts, config, data, outbox, clock, client, questions, signal, askStatus } = this;
    this.saving = new Saving({
      ...{ stage, texts, config, data, outbox, clock, client, questions, signal, askStatus, isRecovered },
      onReply: (reply, times) => this.#replied(reply, times),
      onStop: (error) => this.#stopped(error),
    });
    this.saver = this.saving.saver;
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
      onMoreTime: () => {
        this.covers.hide("out_of_reach");
        this.covers.hide("ending");
        this.questions.setReadOnly(false);
      },
      onSignedOut: () => this.signIn(),
    });
  }

  #watch() {
    const { signal, stage } = this;
    stage.querySelector("[data-hand-in]").addEventListener("click", () => this.handIn.offer(), { signal });
    stage.querySelector("[data-take-over]").addEventListener("click", () => this.takeOver(), { signal });
    stage.querySelector("[data-sign-in]").addEventListener("click", () => this.signIn(), { signal });
    fontSizes({ exam: stage.closest("[data-exam]"), stage, url: this.config.urls.font_size, signal });
    openCompanion({ stage, signal });
    this.closeDrawer = drawer({ stage, signal });
    this.screen = new Screen({
      ...{ stage, signal, config: this.config, data: this.data, covers: this.covers, texts: this.texts, client: this.client },
      askStatus: () => this.askStatus(),
      closeDialogs: () => this.#closeDialogs(),
    });
    countDown({
      clock: this.clock,
      signal,
      shown: () => document.querySelectorAll("[data-exam-countdown], [data-cover-countdown]"),
      onWarning: (minutes) => toast(text(this.texts, "minutes_left", { minutes })),
      onOver: () => this.#timeIsUp(),
    });
  }

  // --- what the server says ---

  /** Take in a status of the server: clock, pauses, an end. */
  update(status, times) {
    this.saving.reached();
    if (status.superseded) {
      this.#superseded();
      return;
    }
    this.#syncClock(status, times);
    this.saving.keepFacts(status);
    this.saving.notCountedElsewhere(status.not_counted);
    this.screen.draw(status);
    this.#follow(status);
    if (status.step === "finished") {
      // What arrived in time is acknowledged; what is still here has its chance to be logged as late.
      this.saver.flush(LAST_WORDS_MS).then(() => this.leave(status.next, "ended"));
    } else if (status.step !== "paper") {
      this.leave(status.next, "elsewhere");
    }
  }

  /** The session is gone: say so; signing in happens over this page, which goes on meanwhile. */
  signedOut() {
    this.saver.hold();
    this.saving.delivery.signedOut();
  }

  /** The candidate is back. */
  signedIn() {
    this.saving.reached();
    this.askStatus();
  }

  /** The server does not answer. */
  unreachable(error) {
    this.saving.delivery.failed(error);
  }

  /** Our clock says that it is over: a sleeping machine may be wrong, so the server is asked first, if it can be reached. */
  async #timeIsUp() {
    this.questions.setReadOnly(true);
    await this.askNow();
    if (this.clock.remainingMs > 0 && !this.isSuperseded) {
      this.questions.setReadOnly(false);
    } else if (!this.isSuperseded && !this.#isLeaving) {
      this.handIn.timeIsUp();
    }
  }

  #replied(data, times) {
    this.saving.reached();
    this.#syncClock(data, times);
    this.saving.keepFacts(data);
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
  #follow(status) {
    const { state } = status;
    if (state === "paused") {
      this.#closeDialogs(); // first: the cover gives the focus back to what had it
    }
    followPause(this.covers, status);
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

  /** Another page holds the paper now. What was not sent in time goes on its way to the log. */
  #superseded() {
    this.questions.setReadOnly(true);
    this.stage.querySelector("[data-hand-in]").disabled = true;
    this.#closeDialogs();
    this.screen.giveUp();
    this.isSuperseded = true;
    this.saving.superseded();
  }

  // --- what the candidate sees ---

  #closeDialogs() {
    dismiss(document.querySelector("#hand-in"));
    dismiss(document.querySelector("#companion"));
  }

  /** Go on to another page; the paper has nothing more to do. At the end nothing of it stays on this device. */
  async leave(url, why = "ended") {
    if (this.#isLeaving) {
      return;
    }
    this.#isLeaving = true;
    this.#ending.abort(); // going to the end page is no switching of screens
    this.covers.show("ending", { heading: text(this.texts, why), text: text(this.texts, `${why}_text`) });
    if (why === "ended" && this.saver.unsent === 0) {
      await Promise.race([this.outbox.wipe(), new Promise((resolve) => window.setTimeout(resolve, WIPES_WITHIN_MS))]);
    }
    window.location.assign(url || this.config.urls.next);
  }
}
