/**
 * What stands around the paper, kept so that a reload without the server can show it again: the page as the server gave it,
 * sealed beside the paper; and, by the service worker, an empty page with the files it needs, the same for everybody.
 */

const WAITS_MS = 1500; // a room that enters together does not fetch together
const SPREAD_MS = 3000;

/** @returns {{title: string, language: string, main: string, config: any}} call it before the page changes itself */
export function shellOf(config) {
  const main = document.querySelector("#main");
  return { title: document.title, language: document.documentElement.lang, main: main.innerHTML, config };
}

/** Let the service worker keep the empty page; where there is none, a reload needs the server. */
export async function keepShell(url) {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) {
    return;
  }
  await new Promise((resolve) => window.setTimeout(resolve, WAITS_MS + SPREAD_MS * Math.random()));
  try {
    await navigator.serviceWorker.register(url);
    const registration = await navigator.serviceWorker.ready;
    registration.active.postMessage({ type: "keep_shell" });
  } catch {
    // Nothing else depends on it.
  }
}

/** Put the kept page into this empty one. @param {ReturnType<typeof shellOf>} shell */
export function unpack({ title, language, main, config }) {
  document.title = title;
  document.documentElement.lang = language;
  const script = document.createElement("script");
  script.type = "application/json";
  script.id = "exam-config";
  script.textContent = JSON.stringify({ ...config, phase: "recovered" });
  document.body.append(script);
  document.querySelector("#main").innerHTML = main;
}
