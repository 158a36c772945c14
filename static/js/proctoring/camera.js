/**
 * The camera of a page: `startCamera({video, socketUrl, purpose, client, onVerdict, onCheckIn, onChanged, onLost, …})`.
 * All options are in live_camera.js. A <video> inside a face box (templates/proctoring/_face_box.html) brings its box to
 * life as well: the state in words and colour, and the button to try again.
 */
import { withFaceBox } from "./face_box.js";
import { LiveCamera } from "./live_camera.js";

/**
 * @param {import("./live_camera.js").Options} options
 * @returns {Promise<LiveCamera | null>} as soon as the camera is open, or is known not to open; null without a video
 */
export async function startCamera(options) {
  if (!options.video) {
    return null;
  }
  const box = options.video.closest("[data-face-box]");
  const camera = new LiveCamera(box ? withFaceBox(box, options) : options);
  box?.querySelector("[data-retry]").addEventListener("click", () => camera.open());
  await camera.open();
  return camera;
}
