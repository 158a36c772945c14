/**
 * Signing in again over the open paper, when a session has run out in mid-exam: the same two fields and the same rules as on
 * the login page. Only the candidate of this paper comes back to it; anybody else is signed out again and the paper covered.
 * <dialog id="sign-in"><form method="dialog" data-sign-in-form>… <p data-sign-in-error hidden></p> …</form></dialog>
 */
import { postForm, postJson } from "../lib/api.js";
import { ask, dismiss } from "../lib/dialog.js";
import { text } from "../lib/texts.js";

export class SignIn {
  /**
   * @param {{dialog: HTMLDialogElement, config: any, texts: ParentNode, onBack: () => void, onStranger: () => void}} options
   *   onBack: the session is about this sitting again; onStranger: somebody else has signed in
   */
  constructor(options) {
    Object.assign(this, options);
    this.form = this.dialog.querySelector("[data-sign-in-form]");
    this.error = this.dialog.querySelector("[data-sign-in-error]");
    this.form.addEventListener("submit", (event) => this.#submitted(event));
  }

  open() {
    if (!this.dialog.open) {
      this.#say("");
    }
    ask(this.dialog);
  }

  async #submitted(event) {
    if (event.submitter?.value !== "send") {
      return;
    }
    event.preventDefault();
    if (event.submitter.getAttribute("aria-busy") === "true") {
      return; // a second click would count as another attempt
    }
    event.submitter.setAttribute("aria-busy", "true");
    try {
      await this.#try();
    } finally {
      event.submitter.removeAttribute("aria-busy");
    }
  }

  async #try() {
    const { urls, sitting } = this.config;
    try {
      await postForm(urls.sign_in, new FormData(this.form));
    } catch (error) {
      this.#say(error.data?.message || text(this.texts, "sign_in_failed"));
      return;
    }
    try {
      await postJson(urls.come_back, { sitting });
    } catch (error) {
      await this.#refused(error);
      return;
    }
    this.form.reset();
    dismiss(this.dialog);
    this.onBack();
  }

  /** Signed in, but not to this paper: a passing fault is tried again by hand, a stranger is shown out. */
  async #refused(error) {
    if (error.isPassing) {
      this.#say(text(this.texts, "sign_in_failed"));
      return;
    }
    this.onStranger();
    this.form.reset();
    await postForm(this.config.urls.sign_out, new FormData()).catch(() => {});
    this.#say(text(this.texts, "sign_in_stranger"));
  }

  #say(sentence) {
    this.error.textContent = sentence;
    this.error.hidden = !sentence;
  }
}
