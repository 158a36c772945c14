/**
 * Shows what the server says about the candidate's clock beside the countdown: time given back, a pause that is planned.
 * What is new since this page began is also said as a toast; what the page began with is not.
 * When a pause will be over stands on the cover that the pause lays over the paper.
 * <ul data-clock-news hidden></ul> <p data-resumes hidden></p>
 */
import { toast } from "../lib/toast.js";

export class ClockNews {
  #known = null;

  /** @param {{clock_news?: Record<string, string>}} status each sentence by its name; "" where there is none */
  show({ clock_news: news }) {
    if (!news) {
      return;
    }
    const { resumes, ...beside } = news;
    document.querySelectorAll("[data-resumes]").forEach((line) => {
      line.textContent = resumes ?? "";
      line.hidden = !resumes;
    });
    const sentences = Object.entries(beside).filter(([, sentence]) => sentence);
    if (this.#known) {
      sentences.filter(([name, sentence]) => this.#known[name] !== sentence).forEach(([, sentence]) => toast(sentence));
    }
    this.#known = news;
    document.querySelectorAll("[data-clock-news]").forEach((list) => draw(list, sentences.map(([, sentence]) => sentence)));
  }
}

function draw(list, sentences) {
  const shown = [...list.children].map((item) => item.textContent);
  if (shown.length === sentences.length && shown.every((sentence, index) => sentence === sentences[index])) {
    return; // it stands there already: nothing for a screen reader to read again
  }
  list.replaceChildren(
    ...sentences.map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    }),
  );
  list.hidden = sentences.length === 0;
}
