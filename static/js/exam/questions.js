/**
 * The question area: shows one question of the paper at a time and reports every change.
 * Keys: ← → another question, except where a field needs them; A–Z or 1–9 an option, while the focus is on the question
 * or nowhere; ↑ ↓ as the browser has them.
 * <article class="question" data-question="3" data-kind="single" data-next-seq="1" hidden>… <input type="radio">…</article>
 */

export class Questions {
  #articles;
  #current = null;

  /**
   * @param {{main: HTMLElement, signal: AbortSignal, onShow: (number: number) => void,
   *   onChange: (question: {number: number, value: string[], doubtful: boolean}) => void}} options
   */
  constructor({ main, signal, onShow, onChange }) {
    Object.assign(this, { main, onShow, onChange });
    this.#articles = [...main.querySelectorAll("[data-question]")];
    main.addEventListener("change", (event) => this.#changed(event.target), { signal });
    main.addEventListener("click", (event) => this.#clicked(event.target), { signal });
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal });
  }

  /** @returns {{number: number, kind: string, value: string[], doubtful: boolean, nextSeq: number}[]} */
  all() {
    return this.#articles.map(read);
  }

  /** @returns {{number: number, kind: string, value: string[], doubtful: boolean}} */
  get current() {
    return read(this.#current);
  }

  /** Show answers that this device knows better than the paper. @param {{question: number, value: string[], doubtful: boolean}[]} answers */
  fill(answers) {
    for (const { question, value, doubtful } of answers) {
      const article = this.#articles.find((one) => Number(one.dataset.question) === question);
      if (article) {
        inputs(article).forEach((input) => (input.checked = value.includes(input.value)));
        article.toggleAttribute("data-doubtful", doubtful);
      }
    }
  }

  /** @param {number} number @param {{focus?: boolean}} options */
  show(number, { focus = true } = {}) {
    const article = this.#articles.find((one) => Number(one.dataset.question) === number);
    if (!article) {
      return;
    }
    for (const one of this.#articles) {
      one.hidden = one !== article;
    }
    this.#current = article;
    this.main.scrollTop = 0;
    this.#drawMoves();
    if (focus) {
      article.focus({ preventScroll: true });
    }
    this.onShow(number);
  }

  /** @param {number} by -1 or 1 */
  move(by) {
    const next = this.#articles[this.#articles.indexOf(this.#current) + by];
    if (next) {
      this.show(Number(next.dataset.question));
    }
  }

  /** Let nobody change anything, or let them again; the buttons that move stay. */
  setReadOnly(isReadOnly) {
    for (const element of this.main.querySelectorAll(".question__body, [data-clear], [data-doubt]")) {
      element.disabled = isReadOnly;
    }
  }

  #clicked(target) {
    const button = target.closest("button");
    if (button?.matches("[data-previous]")) {
      this.move(-1);
    } else if (button?.matches("[data-next]")) {
      this.move(1);
    } else if (button?.matches("[data-doubt]")) {
      this.#current.toggleAttribute("data-doubtful");
      this.#report();
    } else if (button?.matches("[data-clear]")) {
      inputs(this.#current).forEach((input) => (input.checked = false));
      this.#report();
      this.#current.focus({ preventScroll: true });
    }
  }

  #changed(target) {
    if (target instanceof HTMLInputElement && this.#current?.contains(target)) {
      this.#report();
    }
  }

  #report() {
    this.#drawMoves();
    this.onChange(this.current);
  }

  #drawMoves() {
    const place = this.#articles.indexOf(this.#current);
    const { doubtful, value } = this.current;
    this.main.querySelector("[data-previous]").disabled = place === 0;
    this.main.querySelector("[data-next]").disabled = place === this.#articles.length - 1;
    this.main.querySelector("[data-doubt]").setAttribute("aria-pressed", String(doubtful));
    this.#current.querySelector("[data-clear]").hidden = value.length === 0;
  }

  #pressed(event) {
    const isOurs = !event.ctrlKey && !event.altKey && !event.metaKey && !event.isComposing;
    if (!isOurs || this.main.closest("[inert]") || document.querySelector("dialog[open]")) {
      return;
    }
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && !this.#isElsewhere("select, input, textarea")) {
      event.preventDefault();
      this.move(by);
    } else if (!by && !this.#isElsewhere("*") && this.#choose(event.key)) {
      event.preventDefault();
    }
  }

  /** Whether the focus is on something of that kind outside the question area. */
  #isElsewhere(selector) {
    const active = document.activeElement;
    const isNowhere = !active || active === document.body || active.id === "main";
    return !isNowhere && !this.main.contains(active) && active.matches(selector);
  }

  #choose(key) {
    const place = /^[1-9]$/.test(key) ? Number(key) - 1 : /^[a-z]$/i.test(key) ? key.toUpperCase().charCodeAt(0) - 65 : -1;
    const input = inputs(this.#current)[place];
    if (!input || input.matches(":disabled")) {
      return false;
    }
    input.focus();
    input.click();
    return true;
  }
}

function inputs(article) {
  return [...article.querySelectorAll("input")];
}

function read(article) {
  return {
    number: Number(article.dataset.question),
    kind: article.dataset.kind,
    value: inputs(article).filter((input) => input.checked).map((input) => input.value),
    doubtful: article.hasAttribute("data-doubtful"),
    nextSeq: Number(article.dataset.nextSeq),
  };
}
