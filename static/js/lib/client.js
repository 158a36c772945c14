/**
 * Who speaks: the name of one queue of answers. The same after a reload and after a crash, another one in another tab, and a
 * tab that was duplicated gets its own. Whoever lives holds a lock on its name; so a queue whose name is free has lost its
 * page, and the next page of the same sitting takes it over, with what it had not sent.
 */
import { isParked, queuesOf } from "./vault.js";

const KEY = "examplatform.client.";
const OPEN_KEY = "examplatform.open.";
const UNLOADS_WITHIN_MS = 1500; // the page before a reload may still hold the lock for a moment

/** @param {number} sitting @returns {Promise<string>} */
export async function claimClient(sitting) {
  const id = navigator.locks ? await lockedClient(sitting) : clientId(sitting);
  sessionStorage.setItem(KEY + sitting, id);
  return id;
}

async function lockedClient(sitting) {
  const remembered = sessionStorage.getItem(KEY + sitting);
  if (remembered && (await hold(sitting, remembered, { signal: AbortSignal.timeout(UNLOADS_WITHIN_MS) }))) {
    return remembered;
  }
  for (const { client } of await queuesOf(sitting).catch(() => [])) {
    if (client !== remembered && !isParked(client) && (await hold(sitting, client, { ifAvailable: true }))) {
      return client;
    }
  }
  const fresh = randomId();
  await hold(sitting, fresh, { ifAvailable: true });
  return fresh;
}

/** Take a name until this page ends, however it ends. @returns {Promise<boolean>} whether it was free */
export function hold(sitting, client, options) {
  return new Promise((resolve) => {
    const keep = (lock) => {
      resolve(Boolean(lock));
      return lock ? new Promise(() => {}) : undefined;
    };
    navigator.locks.request(`examplatform.queue.${sitting}.${client}`, options, keep).catch(() => resolve(false));
  });
}

/** Without locks (no https) nothing outlives the tab; a mark that its page takes away as it goes tells a copy from a reload. */
export function clientId(sitting) {
  const isCopy = sessionStorage.getItem(OPEN_KEY + sitting) !== null;
  const known = isCopy ? null : sessionStorage.getItem(KEY + sitting);
  sessionStorage.setItem(OPEN_KEY + sitting, "yes");
  window.addEventListener("pagehide", () => sessionStorage.removeItem(OPEN_KEY + sitting));
  window.addEventListener("pageshow", () => sessionStorage.setItem(OPEN_KEY + sitting, "yes"));
  const id = known ?? randomId();
  sessionStorage.setItem(KEY + sitting, id);
  return id;
}

/** crypto.randomUUID exists in secure contexts only; this works in all. */
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
