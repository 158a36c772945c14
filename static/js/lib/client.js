/** Who speaks: a random id for one sitting in this tab, the same after a reload, another one in another tab. */

/** @param {number} sitting @returns {string} */
export function clientId(sitting) {
  const key = `examplatform.client.${sitting}`;
  const known = sessionStorage.getItem(key);
  if (known) {
    return known;
  }
  const id = randomId();
  sessionStorage.setItem(key, id);
  return id;
}

/** crypto.randomUUID exists in secure contexts only; this works in all. */
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
