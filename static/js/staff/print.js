/**
 * Prints the page, with whose it is on every sheet, and notes that it was printed.
 * <article data-running-head="…" data-running-foot="…" data-printed-url="…"><button type="button" data-print>…</button></article>
 */
import { postJson } from "../lib/api.js";

const page = document.querySelector("[data-printed-url]");

for (const [name, text] of [["--running-head", page.dataset.runningHead], ["--running-foot", page.dataset.runningFoot]]) {
  document.documentElement.style.setProperty(name, asCssString(text));
}

page.querySelector("[data-print]").addEventListener("click", async () => {
  await Promise.all([...document.images].map(fetched));
  window.print();
});

// What is scrolled to later is fetched once all else is there: a browser's own print does not wait for it.
window.addEventListener("load", () => [...document.images].forEach(fetched));

let isNoted = false;

window.addEventListener("beforeprint", () => {
  if (!isNoted) {
    isNoted = true; // once for each time the dossier is opened: browsers ask again for each change of the paper
    postJson(page.dataset.printedUrl, {}, { keepalive: true }).catch(() => (isNoted = false));
  }
});

/** @param {HTMLImageElement} image one that may wait until it is scrolled to */
function fetched(image) {
  image.loading = "eager";
  return image.decode().catch(() => {}); // one that has expired meanwhile
}

/** @param {string} text @returns {string} a CSS string, whatever is in the text */
function asCssString(text) {
  return `"${text.replace(/["\\\n\r\f]/g, (letter) => `\\${letter.codePointAt(0).toString(16)} `)}"`;
}
