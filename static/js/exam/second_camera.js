/**
 * Says on the exam document how the candidate's phone stands, keeps its QR code fresh, and sends the phone away.
 * <… data-second-camera data-state="unpaired"><span data-second-text></span><div data-companion-code></div>
 *   <button data-second-release></button></…>   <button data-open-second>…</button>
 */
import { getJson, postJson } from "../lib/api.js";
import { ask } from "../lib/dialog.js";
import { text } from "../lib/texts.js";
import { toast } from "../lib/toast.js";

const EVERY_MS = 4000;
const FRESH_FOR_MS = 5 * 60 * 1000; // half of what a code lasts

/** @param {{urls: Record<string, string>, texts: ParentNode}} options */
export function followSecondCamera({ urls, texts }) {
  const dialog = document.querySelector("#companion");
  let known = "";
  let drawnAt = performance.now();

  const show = ({ state, cause }) => {
    const places = document.querySelectorAll("[data-second-camera]"); // the card goes when the paper comes
    const sentence = text(texts, state === "lost" && cause === "hidden" ? "second_hidden" : `second_${state}`);
    for (const place of places) {
      place.dataset.state = state;
      const line = place.querySelector("[data-second-text]");
      if (line.textContent !== sentence) {
        line.textContent = sentence;
      }
    }
    if (known && known !== state) {
      toast(text(texts, `second_told_${state}`));
      state === "connected" ? dialog.open && dialog.close("") : draw();
    }
    known = state;
  };

  const draw = async () => {
    const { data } = await getJson(urls.companion).catch(() => ({ data: null })); // the next look asks again
    if (data) {
      drawnAt = performance.now();
      document.querySelectorAll("[data-companion-code]").forEach((place) => (place.innerHTML = data.code));
    }
  };

  const look = async () => {
    const { data } = await getJson(urls.second_camera).catch(() => ({ data: null })); // status.js says what is wrong
    if (data) {
      show(data);
    }
    if (known !== "connected" && performance.now() - drawnAt > FRESH_FOR_MS) {
      await draw();
    }
    window.setTimeout(look, EVERY_MS * (1 + Math.random() / 4));
  };

  document.addEventListener("click", async (event) => {
    if (event.target.closest("[data-open-second]")) {
      ask(dialog);
    } else if (event.target.closest("[data-second-release]")) {
      const { data } = await postJson(urls.second_camera_release, {}).catch(() => ({ data: null }));
      data && show(data);
    }
  });
  look();
}
