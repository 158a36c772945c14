/**
 * Shows the camera in a <video> and sends one frame at a time over the websocket: the verdict says when the next one is
 * wanted. Never blocks the page and never throws: what is wrong with the camera is told in one word through `onLost`
 * (denied, missing, busy, insecure, unsupported, lost, muted), and the connection comes back by itself.
 */
import { lineDelayMs } from "../lib/api.js";
import { closeCamera, listCameras, openCamera } from "../lib/cameras.js";
import { grab } from "./frames.js";
import { Socket } from "./socket.js";

const ANSWER_WITHIN_MS = 20000;
const NO_PICTURE_MS = 1000; // the video has no picture yet: look again
const MUTED_FOR_MS = 3000; // cameras fall silent for a moment when the machine is busy
const SLOW_LINE_MS = 1000; // replies take so long: frames become smaller and rarer
const GIVES_WAY_MS = 300; // an answer is on its way: look again
const GIVES_WAY_AT_MOST_MS = 10000; // so long may invigilators see nothing new
const CHOICE_KEY = "examplatform.camera";

/**
 * @typedef {object} Options
 * @property {HTMLVideoElement} video
 * @property {string} socketUrl
 * @property {"check_in" | "exam" | "room"} purpose
 * @property {"user" | "environment"} [facing] which camera of a phone
 * @property {string} client
 * @property {() => boolean} [isBusy] whether something more urgent than a frame is on its way to the server
 * @property {(verdict: {verdict: string, hint: string, frames_good: number, frames_needed: number}) => void} [onVerdict]
 * @property {(state: {state: string, attempt: string, message: string, attempts_left: number, next: string}) => void} [onCheckIn]
 * @property {() => void} [onReceived] a picture of the room has arrived
 * @property {() => void} [onChanged] something about the sitting differs: ask exams:status
 * @property {(cause: string) => void} [onLost] there is no picture
 * @property {(cameras: MediaDeviceInfo[], deviceId: string) => void} [onLive] there is one
 * @property {(isOpen: boolean) => void} [onConnection]
 * @property {(refusal: {error: string, message: string}) => void} [onRefused] the server wants no frames of this page
 */

export class LiveCamera {
  #options;
  #stream = null;
  #socket = null;
  #timer = 0;
  #muteTimer = 0;
  #awaiting = false;
  #paused = false;
  #stopped = false;
  #cause = "";
  #cameras = [];
  #opening = 0;
  #sentAt = 0;
  #onDeviceChange = () => this.#recount();

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    navigator.mediaDevices?.addEventListener?.("devicechange", this.#onDeviceChange);
  }

  get isLive() {
    return this.#stream !== null;
  }

  /** Open a camera, the one that was chosen last unless another is named, and connect. */
  async open(deviceId = sessionStorage.getItem(CHOICE_KEY) ?? "") {
    this.#release();
    this.#opening += 1;
    const opening = this.#opening;
    let stream;
    try {
      stream = await openAny(deviceId, this.#options.facing);
    } catch (error) {
      if (opening === this.#opening) {
        this.#lose(error.reason ?? "busy");
      }
      return;
    }
    if (this.#stopped || opening !== this.#opening) {
      closeCamera(stream);
      return;
    }
    await this.#show(stream);
  }

  /** Use another camera, also the next time. */
  choose(deviceId) {
    sessionStorage.setItem(CHOICE_KEY, deviceId);
    return this.open(deviceId);
  }

  /** Use the other camera of a phone. */
  turn() {
    this.#options.facing = this.#options.facing === "environment" ? "user" : "environment";
    return this.open("");
  }

  /** The page goes to the back: say so while it still can, and send nothing. */
  hide() {
    window.clearTimeout(this.#timer);
    if (this.#stream && !this.#cause) {
      this.#cause = "hidden";
      this.#tellCamera();
    }
  }

  /** The page is in front again; a phone may have ended its camera meanwhile. */
  async unhide() {
    const track = this.#stream?.getVideoTracks()[0];
    if (!track || track.readyState === "ended") {
      await this.open("");
    } else if (this.#cause === "hidden") {
      this.#cause = "";
      await this.#options.video.play().catch(() => {});
      this.#tellCamera();
      this.#awaiting = false;
      this.#schedule(0);
    }
  }

  /** Send no frames until `resume`; the picture stays. */
  pause() {
    this.#paused = true;
    window.clearTimeout(this.#timer);
  }

  resume() {
    this.#paused = false;
    this.#schedule(0);
  }

  /** Switch everything off, for good. */
  stop() {
    this.#stopped = true;
    navigator.mediaDevices?.removeEventListener?.("devicechange", this.#onDeviceChange);
    this.#release();
    this.#socket?.close();
  }

  // --- camera --------------------------------------------------------------------------------------------------------

  async #show(stream) {
    const { video } = this.#options;
    const [track] = stream.getVideoTracks();
    this.#stream = stream;
    this.#cause = "";
    video.srcObject = stream;
    track.addEventListener("ended", () => this.#stream === stream && this.#lose("lost"));
    track.addEventListener("mute", () => this.#onMute(stream));
    track.addEventListener("unmute", () => this.#onUnmute(stream));
    await video.play().catch(() => {}); // replaced by another camera meanwhile
    this.#cameras = await listCameras();
    this.#options.onLive?.(this.#cameras, track.getSettings().deviceId ?? "");
    this.#connect();
    this.#tellCamera();
    this.#schedule(0);
  }

  #lose(cause) {
    this.#release();
    this.#cause = cause;
    this.#options.onLost?.(cause);
    if (this.#options.purpose !== "check_in") {
      this.#connect(); // the invigilators learn that there is no picture, and why
      this.#tellCamera();
    }
  }

  #release() {
    window.clearTimeout(this.#timer);
    window.clearTimeout(this.#muteTimer);
    closeCamera(this.#stream);
    this.#stream = null;
    this.#options.video.srcObject = null;
  }

  #onMute(stream) {
    window.clearTimeout(this.#muteTimer);
    this.#muteTimer = window.setTimeout(() => {
      if (this.#stream === stream && stream.getVideoTracks()[0]?.muted) {
        this.#cause = "muted";
        this.#options.onLost?.("muted");
        this.#tellCamera();
      }
    }, MUTED_FOR_MS);
  }

  #onUnmute(stream) {
    window.clearTimeout(this.#muteTimer);
    if (this.#stream === stream && this.#cause === "muted") {
      this.#cause = "";
      this.#options.onLive?.(this.#cameras, stream.getVideoTracks()[0].getSettings().deviceId ?? "");
      this.#tellCamera();
      this.#schedule(0);
    }
  }

  async #recount() {
    this.#cameras = await listCameras();
    if (this.#stopped) {
      return;
    }
    if (this.#stream && this.#cause === "") {
      this.#options.onLive?.(this.#cameras, this.#stream.getVideoTracks()[0]?.getSettings().deviceId ?? "");
    }
    this.#tellCamera();
  }

  // --- connection ----------------------------------------------------------------------------------------------------

  #connect() {
    if (this.#socket || this.#stopped) {
      return;
    }
    this.#socket = new Socket(this.#options.socketUrl, {
      onOpen: () => this.#greet(),
      onMessage: (message) => this.#onMessage(message),
      onClose: (code, isFinal) => this.#onClose(isFinal),
    });
  }

  #greet() {
    const { purpose, client } = this.#options;
    this.#socket.send({ type: "hello", purpose, client, cameras: this.#cameras.length });
    this.#tellCamera();
    this.#awaiting = false;
    this.#options.onConnection?.(true);
    this.#schedule(0);
  }

  #tellCamera() {
    const live = this.#stream !== null && this.#cause === "";
    this.#socket?.send({ type: "camera", live, cause: this.#cause, cameras: this.#cameras.length });
  }

  #onClose(isFinal) {
    window.clearTimeout(this.#timer);
    this.#awaiting = false;
    this.#options.onConnection?.(false);
    if (isFinal) {
      this.#release();
      this.#socket = null; // opening the camera again asks again
    }
  }

  #onMessage(message) {
    switch (message.type) {
      case "verdict":
        this.#answered(message.next_in_ms);
        this.#options.onVerdict?.(message);
        break;
      case "received":
        this.#answered(message.next_in_ms);
        this.#options.onReceived?.();
        break;
      case "look":
        if (!this.#awaiting) {
          this.#schedule(0);
        }
        break;
      case "slow_down":
        this.#answered(message.next_in_ms);
        break;
      case "check_in":
        if (message.attempt) {
          this.#answered(message.attempt === "failed" || message.attempt === "not_live" ? 1500 : 600);
        }
        this.#options.onCheckIn?.(message);
        break;
      case "changed":
        this.#options.onChanged?.();
        break;
      case "refused":
        this.#answered(5000);
        this.#options.onRefused?.(message);
        break;
    }
  }

  // --- frames --------------------------------------------------------------------------------------------------------

  #answered(nextInMs) {
    this.#awaiting = false;
    this.#schedule(isLineSlow() ? Math.max(nextInMs, 2 * lineDelayMs()) : nextInMs);
  }

  /** Answers first; but an invigilator is not left without a picture for longer than is plain why. */
  #givesWay() {
    return Boolean(this.#options.isBusy?.()) && performance.now() - this.#sentAt < GIVES_WAY_AT_MOST_MS;
  }

  #schedule(inMs) {
    window.clearTimeout(this.#timer);
    if (!this.#stopped && !this.#paused && this.#stream) {
      const jitter = inMs * 0.1 * Math.random(); // so that the cameras of a room do not fall into step
      this.#timer = window.setTimeout(() => this.#send(), inMs + jitter);
    }
  }

  async #send() {
    if (this.#awaiting || this.#cause || !this.#socket?.isClear) {
      return; // an answer, the camera or the connection will schedule the next one
    }
    if (this.#givesWay()) {
      this.#schedule(GIVES_WAY_MS);
      return;
    }
    this.#awaiting = true;
    this.#sentAt = performance.now();
    const frame = await grab(this.#options.video, { isSlow: isLineSlow() }).catch(() => null);
    if (!frame || this.#paused || !this.#stream || !this.#socket.send(frame)) {
      this.#awaiting = false;
      this.#schedule(NO_PICTURE_MS);
      return;
    }
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#answered(0), ANSWER_WITHIN_MS);
  }
}

/** On a slow line a frame takes its share of every reply that comes behind it. */
function isLineSlow() {
  return lineDelayMs() > SLOW_LINE_MS;
}

/** A camera that was chosen earlier may be gone: then any. */
async function openAny(deviceId, facing) {
  if (!deviceId) {
    return openCamera("", facing);
  }
  try {
    return await openCamera(deviceId);
  } catch (error) {
    if (error.reason !== "missing") {
      throw error;
    }
    return openCamera();
  }
}
