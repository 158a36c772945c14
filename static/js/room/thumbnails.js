/**
 * Fetches the small pictures of the candidates that are on the page now: those that have changed, in one question.
 */
const EVERY_MS = 5000;
const WITHIN_MS = 10000;

export class Thumbnails {
  #shown = "";
  #cursor = "";
  #etag = "";
  #known = new Map();
  #timer = 0;

  /** @param {{url: string, elements: () => Map<number, HTMLElement>}} options elements: by the number of the sitting */
  constructor({ url, elements }) {
    Object.assign(this, { url, elements });
  }

  /** Ask for those who are shown; the pictures that are known already stand there at once. */
  show() {
    const elements = this.elements();
    elements.forEach((element, sitting) => this.#known.get(sitting)?.forEach((source, camera) => put(element, camera, source)));
    const shown = [...elements.keys()].sort((one, other) => one - other).join(",");
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#cursor = "";
      this.#etag = "";
      this.#ask();
    }
  }

  async #ask() {
    window.clearTimeout(this.#timer);
    const shown = this.#shown;
    if (shown && !document.hidden) {
      try {
        const headers = this.#etag ? { "If-None-Match": this.#etag } : {};
        const query = new URLSearchParams({ sittings: shown, after: this.#cursor });
        const signal = AbortSignal.timeout(WITHIN_MS);
        const response = await fetch(`${this.url}?${query}`, { headers, cache: "no-store", redirect: "error", signal });
        if ([401, 403, 404].includes(response.status)) {
          return; // nobody is signed in any more, or there are no pictures for this person, or none at all
        }
        if (response.ok && shown === this.#shown) {
          this.#etag = response.headers.get("ETag") || "";
          this.#take(await response.json());
        }
      } catch {
        // the next round tries again
      }
    }
    if (shown === this.#shown) {
      this.#timer = window.setTimeout(() => this.#ask(), EVERY_MS);
    }
  }

  #take({ cursor, thumbnails }) {
    this.#cursor = cursor;
    const elements = this.elements();
    for (const { sitting, camera, jpeg } of thumbnails) {
      const pictures = this.#known.get(sitting) || new Map();
      this.#known.set(sitting, pictures.set(camera, `data:image/jpeg;base64,${jpeg}`));
      if (elements.has(sitting)) {
        put(elements.get(sitting), camera, pictures.get(camera));
      }
    }
  }
}

function put(element, camera, source) {
  const picture = element.querySelector(camera === "room" ? ".tile__second" : ".tile__face");
  if (picture.getAttribute("src") !== source) {
    picture.src = source;
    picture.hidden = false;
  }
}
