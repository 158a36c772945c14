/**
 * The cover that asks for full screen, and the way on where a browser refuses it: told to the server, which decides by the
 * exam's rule whether the candidate goes on at once or a person looks first.
 * <section data-cover="full_screen"><div data-refused hidden>… <p data-refused-error hidden></p></div>
 *   <button data-enter-full-screen>…</button> <button data-without-full-screen hidden>…</button></section>
 */
import { postJson } from "../lib/api.js";
import { randomId } from "../lib/client.js";
import * as fullScreen from "./full_screen.js";

const KEY = "examplatform.without-full-screen.";

/** What this tab knows of a sitting, also after a reload. */
export const withoutFullScreen = {
  remember: (sitting) => sessionStorage.setItem(KEY + sitting, "yes"),
  isRemembered: (sitting) => sessionStorage.getItem(KEY + sitting) === "yes",
};

/**
 * @param {{cover: HTMLElement, url: string, client: string, signal: AbortSignal, onOn: () => void,
 *   onWithout: () => void}} options onOn: full screen is on; onWithout: it is on record that there is none
 */
export function offerFullScreen({ cover, url, client, signal, onOn, onWithout }) {
  const refused = cover.querySelector("[data-refused]");
  const error = cover.querySelector("[data-refused-error]");
  const without = cover.querySelector("[data-without-full-screen]");
  const id = randomId();

  cover.querySelector("[data-enter-full-screen]").addEventListener(
    "click",
    async () => {
      const isOn = await fullScreen.enter();
      refused.hidden = without.hidden = isOn;
      isOn && onOn();
    },
    { signal },
  );
  without.addEventListener(
    "click",
    async () => {
      without.disabled = true;
      error.hidden = true;
      try {
        await postJson(url, { client, events: [{ id, kind: "no_full_screen", began_ms_ago: 0, duration_ms: 0 }] });
        onWithout();
      } catch {
        error.hidden = false;
      } finally {
        without.disabled = false;
      }
    },
    { signal },
  );
}
