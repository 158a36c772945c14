/**
 * The grid of question numbers with its filter, and the four counters. The filter hides numbers; it never renumbers, and the
 * counters are always of the whole paper.
 * <nav data-numbers><select data-filter>…</select><ol><li data-kind="single"><button data-go="1">1</button></li>…</ol></nav>
 */
import { text } from "../lib/texts.js";

export class Numbers {
  #current = 0;

  /** @param {{nav: HTMLElement, counters: HTMLElement, texts: ParentNode, signal: AbortSignal, onGo: (number: number) => void}} options */
  constructor({ nav, counters, texts, signal, onGo }) {
    Object.assign(this, { nav, counters, texts, onGo });
    this.filter = nav.querySelector("[data-filter]");
    nav.addEventListener("click", (event) => this.#clicked(event.target), { signal });
    this.filter.addEventListener("change", () => this.#filtered(), { signal });
  }

  /** @param {{number: number, value: string[], doubtful: boolean}} question */
  draw(question) {
    const button = this.#button(question.number);
    const isAnswered = question.value.length > 0;
    button.toggleAttribute("data-answered", isAnswered);
    button.toggleAttribute("data-doubtful", question.doubtful);
    const states = [text(this.texts, isAnswered ? "state_answered" : "state_unanswered")];
    if (question.doubtful) {
      states.push(text(this.texts, "state_doubtful"));
    }
    const joint = text(this.texts, "joint");
    button.ariaLabel = text(this.texts, "number", { number: question.number, states: states.join(joint) });
  }

  /** @param {{number: number, value: string[], doubtful: boolean}[]} questions @returns {{total: number, answered: number, doubtful: number, unanswered: number}} */
  count(questions) {
    const answered = questions.filter(({ value }) => value.length > 0).length;
    const doubtful = questions.filter((question) => question.doubtful).length;
    const counts = { total: questions.length, answered, doubtful, unanswered: questions.length - answered };
    for (const [name, number] of Object.entries(counts)) {
      this.counters.querySelector(`[data-count="${name}"]`).textContent = String(number);
    }
    return counts;
  }

  /** Outline the current question; a filter that hides it is taken away, so that one always sees where one is. */
  point(number) {
    this.#button(this.#current)?.removeAttribute("aria-current");
    this.#current = number;
    const button = this.#button(number);
    button.setAttribute("aria-current", "true");
    if (button.parentElement.hidden) {
      this.filter.value = "";
      this.#hideOthers();
    }
    button.scrollIntoView({ block: "nearest" });
  }

  #clicked(target) {
    const button = target.closest("[data-go]");
    if (button) {
      this.onGo(Number(button.dataset.go));
    }
  }

  #filtered() {
    this.#hideOthers();
    const first = this.nav.querySelector("li:not([hidden]) > [data-go]");
    const isCurrentShown = !this.#button(this.#current)?.parentElement.hidden;
    if (first && !isCurrentShown) {
      this.onGo(Number(first.dataset.go), { focus: false });
    }
  }

  #hideOthers() {
    for (const item of this.nav.querySelectorAll("li[data-kind]")) {
      item.hidden = this.filter.value !== "" && item.dataset.kind !== this.filter.value;
    }
  }

  #button(number) {
    return this.nav.querySelector(`[data-go="${number}"]`);
  }
}
