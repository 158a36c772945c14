/**
 * Full screen, where the browser has it. It is granted to a click only, and counts as on in the exam client, which owns
 * the whole screen anyway.
 */

const page = document.documentElement;

/** @returns {boolean} */
export function isSupported() {
  return isInExamClient() || Boolean(page.requestFullscreen || page.webkitRequestFullscreen);
}

/** @returns {boolean} */
export function isOn() {
  return (
    isInExamClient() ||
    Boolean(document.fullscreenElement || document.webkitFullscreenElement) ||
    window.matchMedia("(display-mode: fullscreen)").matches
  );
}

/** Ask for full screen; call it from a click. @returns {Promise<boolean>} whether it is on */
export async function enter() {
  if (isOn() || !isSupported()) {
    return isOn();
  }
  try {
    await (page.requestFullscreen ? page.requestFullscreen({ navigationUI: "hide" }) : page.webkitRequestFullscreen());
  } catch {
    return false; // refused by the browser
  }
  return isOn() || isOnSoon();
}

/** The older way of asking says nothing when it is refused. @returns {Promise<boolean>} */
function isOnSoon() {
  return new Promise((resolve) => window.setTimeout(() => resolve(isOn()), 600));
}

/** @param {() => void} listener called after every change @param {AbortSignal} [signal] */
export function onChange(listener, signal) {
  document.addEventListener("fullscreenchange", listener, { signal });
  document.addEventListener("webkitfullscreenchange", listener, { signal });
  window.matchMedia("(display-mode: fullscreen)").addEventListener("change", listener, { signal }); // by F11
}

function isInExamClient() {
  return "SafeExamBrowser" in window || navigator.userAgent.includes("SEB/");
}
