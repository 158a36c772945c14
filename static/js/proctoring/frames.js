/**
 * Takes one JPEG of a playing video, no larger than the verifier needs; encoding does not hold up the page. On a slow line it
 * is as small as the verifier can do with: a quarter of the pixels, a fifth of the bytes.
 */

const LONGEST_SIDE = 640;
const LONGEST_SIDE_SLOW = 320;
const QUALITY = 0.7;

let canvas = null;

/**
 * @param {HTMLVideoElement} video @param {{isSlow?: boolean}} line
 * @returns {Promise<Blob | null>} null while there is no picture
 */
export async function grab(video, { isSlow = false } = {}) {
  const { videoWidth: width, videoHeight: height } = video;
  if (!width || !height || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
    return null;
  }
  const scale = Math.min(1, (isSlow ? LONGEST_SIDE_SLOW : LONGEST_SIDE) / Math.max(width, height));
  const surface = surfaceOf(Math.round(width * scale), Math.round(height * scale));
  surface.getContext("2d", { alpha: false }).drawImage(video, 0, 0, surface.width, surface.height);
  return encode(surface);
}

function surfaceOf(width, height) {
  if (!canvas) {
    canvas = window.OffscreenCanvas ? new OffscreenCanvas(width, height) : document.createElement("canvas");
  }
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  return canvas;
}

function encode(surface) {
  if (surface.convertToBlob) {
    return surface.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  }
  return new Promise((resolve) => surface.toBlob(resolve, "image/jpeg", QUALITY));
}
