/**
 * What a paper does with its answers: into the outbox, from there to the server, and in words to the candidate. Tells the
 * other tabs of this browser when the paper has moved, so that the old one stops at once.
 */
import { postJson } from "../lib/api.js";
import { answerFile, canMakeFiles, download } from "../lib/answer_file.js";
import { deposit, depositOrphans } from "../lib/leftovers.js";
import { Saver } from "../lib/saver.js";
import { text } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { Delivery } from "./delivery.js";

const DRIFT_SEEN_MS = 1000;

export class Saving {
  #isHandedOver = false;
  #lost = [];
  #told = new Set(); // questions whose other answer the candidate has been told of

  /**
   * @param {{stage: HTMLElement, texts: ParentNode, config: any, data: any, outbox: object, clock: object, client: string,
   *   questions: object, isRecovered: boolean, signal: AbortSignal, onReply: Function, onStop: Function,
   *   askStatus: () => void}} options
   */
  constructor(options) {
    Object.assign(this, options);
    this.delivery = new Delivery(options);
    this.saver = new Saver({
      send: (body, how) => this.#send(body, how),
      store: this.outbox,
      client: this.client,
      epoch: this.data.epoch,
      now: () => this.#moment(),
      onState: (state, count) => this.delivery.draw(state, count),
      onReply: (data, times) => this.onReply(data, times),
      onStop: (error) => this.#stopped(error),
      onError: (error) => this.delivery.failed(error),
    });
    this.#takeUp();
    this.#speakToTabs();
    this.#watch();
    this.outbox.isDurable || this.delivery.notKept(this.outbox.reason);
    this.outbox.onLost = () => this.delivery.notKept("lost");
  }

  /** Whether answers are on their way: what is less urgent waits. */
  get isBusy() {
    return this.saver.unsent > 0;
  }

  change({ number, value, doubtful }) {
    this.saver.change(number, value, doubtful);
  }

  /** The server has been heard, by whatever way: nothing holds the answers back any more. */
  reached() {
    this.saver.release();
    this.delivery.signedOut(false);
    this.delivery.reached();
    this.#handOver();
  }

  superseded() {
    this.delivery.superseded();
  }

  /** Answers of a page or device that was here before and came too late: each question is named once. */
  notCountedElsewhere(questions = []) {
    const news = questions.filter((question) => !this.#told.has(question));
    if (news.length > 0) {
      news.forEach((question) => this.#told.add(question));
      this.delivery.notCounted(news, "not_counted_elsewhere");
    }
  }

  /** Keep what is needed to go on counting without the server. */
  keepFacts({ deadline_at = null, state, locked = false, pause_cause: pause = "" }) {
    const facts = { deadline_at, state, locked, pause_cause: pause, offset_ms: this.clock.serverMs - Date.now() };
    const { offset_ms: before = Infinity, ...known } = this.outbox.facts ?? {};
    const { offset_ms: offset, ...news } = facts;
    if (Math.abs(offset - before) > DRIFT_SEEN_MS || JSON.stringify(known) !== JSON.stringify(news)) {
      this.outbox.keepFacts(facts);
    }
  }

  /** Let the candidate save what is known of their answers as a file that only the server opens. */
  async download() {
    const blob = await answerFile({
      key: this.data.answer_key,
      exam: this.config.exam,
      sitting: this.data.sitting,
      client: this.client,
      epoch: this.data.epoch,
      madeAt: this.#moment(),
      ops: this.outbox.all(),
    });
    const name = `${this.config.answer_file}.exam`;
    download(blob, name);
    toast(text(this.texts, "file_downloaded", { name }));
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  #send(body, how) {
    return postJson(this.config.urls.responses, { sitting: this.data.sitting, ...body }, how);
  }

  #moment() {
    const ms = this.clock.serverMs;
    return ms === null ? null : new Date(ms).toISOString();
  }

  /** What the paper says is stored, and what this device still has, become one. */
  #takeUp() {
    const stored = new Map(this.questions.all().map(({ number, nextSeq, ...answer }) => [number, { seq: nextSeq - 1, ...answer }]));
    if (this.isRecovered) {
      this.outbox.resume(stored);
    } else {
      this.#lost = this.outbox.adopt(this.data.epoch, stored);
    }
    this.questions.fill(this.outbox.all());
    this.questions.all().forEach(({ number, nextSeq }) => this.saver.expect(number, nextSeq));
    this.outbox.all().forEach(({ question, seq }) => this.saver.expect(question, seq + 1));
    this.delivery.draw(this.isBusy ? "saving" : "saved", this.saver.unsent);
    this.saver.retry();
  }

  /** Once the server is there: what has lost its place, and what dead pages of this sitting have left behind. */
  async #handOver() {
    if (this.#isHandedOver) {
      return;
    }
    this.#isHandedOver = true;
    const { sitting } = this.data;
    const send = (body) => this.#send(body);
    const own = [];
    for (const op of this.#lost.splice(0)) {
      own.push(...(await deposit(send, { sitting, client: this.client, epoch: op.epoch }, [op])));
    }
    own.forEach(({ op }) => this.outbox.deposited(op));
    const { decided } = await depositOrphans({ sitting, send, own: this.client });
    this.#tellNotCounted([...own, ...decided].map(({ op, outcome }) => ({ question: op.question, outcome })));
  }

  #stopped(error) {
    this.#tellNotCounted(error.data?.acks ?? []);
    this.onStop(error);
  }

  #tellNotCounted(acks) {
    const questions = acks.filter(({ outcome }) => outcome === "superseded").map(({ question }) => question);
    if (questions.length > 0) {
      questions.forEach((question) => this.#told.add(question));
      this.delivery.notCounted(questions);
      this.tabs?.postMessage({ type: "not_counted", questions });
    }
  }

  #speakToTabs() {
    if (!("BroadcastChannel" in window)) {
      return;
    }
    this.tabs = new BroadcastChannel(`examplatform.sitting.${this.data.sitting}`);
    this.tabs.onmessage = ({ data }) => {
      if (data.type === "entered" && data.epoch > this.data.epoch) {
        this.askStatus(); // the server has the last word
      } else if (data.type === "not_counted") {
        this.notCountedElsewhere(data.questions);
      }
    };
    this.signal.addEventListener("abort", () => this.tabs.close(), { once: true });
    this.isRecovered || this.tabs.postMessage({ type: "entered", epoch: this.data.epoch });
  }

  #watch() {
    const { signal, saver, stage } = this;
    window.addEventListener("online", () => saver.retry(), { signal });
    window.addEventListener("focus", () => saver.retry(), { signal });
    window.addEventListener("pagehide", () => saver.leave(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && saver.leave(), { signal });
    const hasToStay = () => !this.outbox.isDurable && saver.unsent > 0;
    window.addEventListener("beforeunload", (event) => hasToStay() && event.preventDefault(), { signal });
    stage.querySelectorAll("[data-dismiss-banner]").forEach((button) => {
      button.addEventListener("click", () => (button.closest("[data-banner]").hidden = true), { signal });
    });
    document.querySelectorAll("[data-download-offer]").forEach((offer) => {
      offer.hidden = !canMakeFiles(this.data.answer_key);
    });
    document.querySelectorAll("[data-download-file]").forEach((button) => {
      button.addEventListener("click", () => this.download(), { signal });
    });
  }
}
