/**
 * Opens an in-page dialog and answers with the value of the button that closed it.
 * Native alert and confirm would leave full screen. The safe button carries `autofocus`, so that Enter never does what
 * cannot be undone; Escape and a click beside the dialog answer "", as "no".
 * <dialog class="dialog" id="hand-in"><form method="dialog">… <button value="" autofocus>…</button>
 *   <button class="button button--danger" value="submit">…</button></form></dialog>
 */

const waiting = new Map();

/**
 * Show the dialog and wait. While it is open already, the same answer is shared.
 * @param {HTMLDialogElement} dialog
 * @param {{dismissible?: boolean}} options dismissible: whether Escape and a click beside it close the dialog
 * @returns {Promise<string>}
 */
export function ask(dialog, { dismissible = true } = {}) {
  if (waiting.has(dialog)) {
    return waiting.get(dialog);
  }
  const before = document.activeElement;
  const answer = new Promise((resolve) => {
    const onCancel = (event) => {
      if (!dismissible) {
        event.preventDefault();
      }
    };
    const onClick = (event) => {
      if (dismissible && event.target === dialog && isBeside(dialog, event)) {
        dialog.close("");
      }
    };
    const onClose = () => {
      dialog.removeEventListener("cancel", onCancel);
      dialog.removeEventListener("click", onClick);
      waiting.delete(dialog);
      giveBackFocus(before);
      resolve(dialog.returnValue);
    };
    dialog.addEventListener("cancel", onCancel);
    dialog.addEventListener("click", onClick);
    dialog.addEventListener("close", onClose, { once: true });
  });
  waiting.set(dialog, answer);
  dialog.returnValue = "";
  dialog.showModal();
  return answer;
}

/** Close the dialog from outside, for instance because what it asks has been decided meanwhile. */
export function dismiss(dialog, value = "") {
  if (dialog.open) {
    dialog.close(value);
  }
}

function isBeside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  const across = event.clientX < box.left || event.clientX > box.right;
  const along = event.clientY < box.top || event.clientY > box.bottom;
  // A click made by the keyboard has no place: it never counts as beside.
  return event.detail > 0 && (across || along);
}

function giveBackFocus(element) {
  if (element instanceof HTMLElement && element.isConnected) {
    element.focus({ preventScroll: true });
  }
}
