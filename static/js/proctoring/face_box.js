/**
 * The face box beside the paper: the live picture, and in words what the verifier makes of it.
 * <section data-face-box data-sprite="….svg"><figure data-frame><video></video><div data-empty>…</div></figure>
 *   <p data-state-line><svg><use></use></svg><span data-state-text></span></p><button data-retry hidden>…</button>
 *   <template data-text="denied">…</template>…</section>
 */
import { text } from "../lib/texts.js";

const ICONS = { good: "success", warning: "warning", danger: "camera-off", quiet: "waiting" };
const GOOD = new Set(["person"]);
const QUIET = new Set(["not_wanted", "failed", "unreadable"]);

/**
 * Return options that also keep the box up to date.
 * @param {HTMLElement} box
 * @param {import("./live_camera.js").Options} options
 */
export function withFaceBox(box, options) {
  const frame = box.querySelector("[data-frame]");
  const empty = box.querySelector("[data-empty]");
  const retry = box.querySelector("[data-retry]");
  let lost = "";

  const show = (state, sentence) => {
    box.dataset.state = state;
    frame.dataset.state = state;
    box.querySelector("[data-state-line] use").setAttribute("href", `${box.dataset.sprite}#${ICONS[state]}`);
    const line = box.querySelector("[data-state-text]");
    if (line.textContent !== sentence) {
      line.textContent = sentence; // a live region: the same words again would be read again
    }
  };

  show("quiet", text(box, "starting"));
  return {
    ...options,
    onLive(...seen) {
      lost = "";
      retry.hidden = true;
      empty.hidden = true;
      show("quiet", text(box, "live"));
      options.onLive?.(...seen);
    },
    onLost(cause) {
      lost = cause;
      retry.hidden = cause === "muted";
      empty.hidden = false;
      show("danger", text(box, cause) || text(box, "lost"));
      options.onLost?.(cause);
    },
    onVerdict(verdict) {
      if (!lost) {
        show(GOOD.has(verdict.verdict) ? "good" : QUIET.has(verdict.verdict) ? "quiet" : "warning", verdict.hint);
      }
      options.onVerdict?.(verdict);
    },
    onConnection(isOpen) {
      if (!isOpen && !lost) {
        show("quiet", text(box, "offline"));
      }
      options.onConnection?.(isOpen);
    },
    onRefused(refusal) {
      if (refusal.error !== "malformed") {
        lost = refusal.error;
        empty.hidden = false;
        show("quiet", refusal.message);
      }
      options.onRefused?.(refusal);
    },
  };
}
