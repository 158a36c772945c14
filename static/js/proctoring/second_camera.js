/**
 * The phone as a second camera: opens the one at its back, sends a picture every few seconds, keeps the screen awake, and
 * says in words how it stands. Nothing is recorded and nothing stays on the phone.
 * <div data-phone-camera data-socket="/ws/…" data-sprite="….svg"><figure data-frame><video></video><div data-empty></div></figure>
 *   <p data-state-line><svg><use></use></svg><span data-state-text></span></p><button data-retry></button>
 *   <button data-turn></button><template data-text="denied">…</template>…</div>
 */
import { LiveCamera } from "./live_camera.js";
import { text } from "../lib/texts.js";

const ICONS = { good: "success", warning: "warning", danger: "camera-off", quiet: "waiting" };
const root = document.querySelector("[data-phone-camera]");
const frame = root.querySelector("[data-frame]");
const empty = root.querySelector("[data-empty]");
const retry = root.querySelector("[data-retry]");
const turn = root.querySelector("[data-turn]");
let isOver = false;
let lock = null;

const camera = new LiveCamera({
  video: root.querySelector("video"),
  socketUrl: root.dataset.socket,
  purpose: "room",
  facing: "environment",
  client: "",
  onLive(cameras) {
    empty.hidden = true;
    retry.hidden = true;
    turn.hidden = cameras.length < 2;
    show("quiet", text(root, "live"));
  },
  onLost(cause) {
    empty.hidden = cause === "muted";
    retry.hidden = cause === "muted" || cause === "insecure";
    show("danger", text(root, cause) || text(root, "lost"));
  },
  onReceived: () => camera.isLive && show("good", text(root, "received")),
  onConnection: (isOpen) => isOpen || isOver || show("warning", text(root, "offline")),
  onRefused: (refusal) => refusal.error !== "malformed" && end(refusal.message),
});

retry.addEventListener("click", () => camera.open(""));
turn.addEventListener("click", () => camera.turn());
document.addEventListener("visibilitychange", onVisibility);
camera.open("");
stayAwake();

async function onVisibility() {
  if (isOver) {
    return;
  }
  if (document.hidden) {
    camera.hide();
  } else {
    await camera.unhide();
    await stayAwake();
  }
}

/** A phone that locks its screen stops its camera; not every browser can be asked not to. */
async function stayAwake() {
  lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? lock;
}

/** Another phone took over, the candidate sent this one away, or the exam is over. */
function end(message) {
  isOver = true;
  camera.stop();
  lock?.release().catch(() => {});
  frame.hidden = retry.hidden = turn.hidden = true;
  root.querySelector("[data-notes]").hidden = true;
  show("danger", message || text(root, "gone"));
}

function show(state, sentence) {
  root.dataset.state = frame.dataset.state = state;
  root.querySelector("[data-state-line] use").setAttribute("href", `${root.dataset.sprite}#${ICONS[state]}`);
  const line = root.querySelector("[data-state-text]");
  if (line.textContent !== sentence) {
    line.textContent = sentence; // a live region: the same words again would be read again
  }
}
