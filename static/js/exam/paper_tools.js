/**
 * The small tools of the paper: three font sizes, the phone's QR code, and the drawer that holds the rail on a narrow screen.
 */
import { getJson, postJson } from "../lib/api.js";
import { ask } from "../lib/dialog.js";

/** <fieldset data-font-sizes><input type="radio" name="font_size" value="large">…</fieldset> scales the question area. */
export function fontSizes({ exam, stage, url, signal }) {
  const choices = stage.querySelector("[data-font-sizes]");
  choices.addEventListener(
    "change",
    async (event) => {
      exam.dataset.fontSize = event.target.value;
      await postJson(url, { size: event.target.value }).catch(() => {}); // kept for next time; today it works anyway
    },
    { signal },
  );
}

/**
 * Opens the dialog with the phone's QR code, drawn when it is asked for: few ask, and a code lasts some minutes only.
 * <button data-open-companion>…</button> <dialog id="companion"><div data-fresh-code="{url}" data-failed="…"></div></dialog>
 */
export function openCompanion({ stage, signal }) {
  const dialog = document.querySelector("#companion");
  const place = dialog.querySelector("[data-fresh-code]"); // none where a phone is the second camera: its code is there
  const draw = async () => {
    const { data } = await getJson(place.dataset.freshCode).catch(() => ({ data: null }));
    if (data) {
      place.innerHTML = data.code;
    } else {
      place.textContent = place.dataset.failed;
    }
  };
  stage.querySelector("[data-open-companion]").addEventListener("click", () => {
    place && draw();
    ask(dialog);
  }, { signal });
}

/**
 * <button data-open-drawer aria-expanded="false">…</button> <aside data-rail>… <button data-close-drawer></aside>
 * <div class="paper-scrim" data-close-drawer hidden></div>
 * @returns {(options?: {focus?: boolean}) => void} closes it
 */
export function drawer({ stage, signal }) {
  const opener = stage.querySelector("[data-open-drawer]");
  const rail = stage.querySelector("[data-rail]");
  const scrim = stage.querySelector(".paper-scrim");
  const set = (isOpen) => {
    rail.toggleAttribute("data-open", isOpen);
    opener.setAttribute("aria-expanded", String(isOpen));
    scrim.hidden = !isOpen;
    stage.querySelector("[data-paper-main]").inert = isOpen;
  };
  const close = ({ focus = true } = {}) => {
    if (rail.hasAttribute("data-open") && focus) {
      set(false);
    }
  };
  opener.addEventListener("click", () => {
    set(true);
    rail.querySelector("[data-close-drawer]").focus();
  }, { signal });
  stage.querySelectorAll("[data-close-drawer]").forEach((element) => {
    element.addEventListener("click", () => {
      set(false);
      opener.focus();
    }, { signal });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && rail.hasAttribute("data-open")) {
      set(false);
      opener.focus();
    }
  }, { signal });
  return close;
}
