/**
 * Calls an invigilator. What was typed stays until it has been sent.
 * <button data-open-help>…</button> <dialog id="help"><form method="dialog" data-help-form>…</form></dialog>
 */
import { postJson } from "../lib/api.js";
import { ask, dismiss } from "../lib/dialog.js";
import { text } from "../lib/texts.js";
import { toast } from "../lib/toast.js";

/** @param {{dialog: HTMLDialogElement, url: string, texts: ParentNode, onSent?: (sentence: string) => void}} options */
export function offerHelp({ dialog, url, texts, onSent = toast }) {
  const form = dialog.querySelector("[data-help-form]");
  const error = dialog.querySelector("[data-help-error]");
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-open-help]")) {
      error.hidden = true;
      ask(dialog);
      form.elements.text.focus();
    }
  });
  form.addEventListener("submit", async (event) => {
    if (event.submitter?.value !== "send") {
      return;
    }
    event.preventDefault();
    event.submitter.disabled = true;
    try {
      const { data } = await postJson(url, { text: form.elements.text.value.trim() });
      form.reset();
      dismiss(dialog);
      onSent(data.message || text(texts, "help_sent"));
    } catch (failure) {
      error.textContent = failure.data?.message || text(texts, "help_failed");
      error.hidden = false;
    } finally {
      event.submitter.disabled = false;
    }
  });
}
