/**
 * What this browser keeps of a sitting, in IndexedDB, sealed with AES-GCM under a key that scripts can use and never read.
 * It throws where the browser keeps nothing (private windows, full disks, addresses without https): the caller goes on
 * without it and says so. Decision record 0013 says what the seal protects from, and what not.
 *
 *   const vault = await Vault.open(sitting);      one key for each sitting; without it nothing can be read again
 *   await vault.put("answers", row, secret);      the row's own fields are its place and lie open; `secret` is sealed
 *   await vault.rows("answers");                  [{row, secret}] of this sitting
 *   await vault.destroy();                        everything of this sitting, and its key
 */

const NAME = "examplatform";
const VERSION = 1;
const PLACES = {
  keys: "sitting",
  answers: ["sitting", "client", "question"],
  queues: ["sitting", "client"],
  papers: "sitting",
};
const OPENS_WITHIN_MS = 3000;
const FORGOTTEN_AFTER_MS = 7 * 24 * 3600 * 1000; // queues of other sittings: nobody came back for a week

export class Vault {
  #db;
  #key;

  constructor(db, sitting, key) {
    this.#db = db;
    this.#key = key;
    this.sitting = sitting;
  }

  /** @param {number} sitting @param {() => void} onLost the browser has taken the database away @returns {Promise<Vault>} */
  static async open(sitting, onLost = () => {}) {
    const db = await openDatabase(onLost);
    await forgetOldOnes(db, sitting);
    return new Vault(db, sitting, await keyOf(db, sitting));
  }

  /** @param {keyof typeof PLACES} place @param {object} row @param {unknown} secret */
  async put(place, row, secret) {
    const open = { ...row, sitting: this.sitting };
    const sealed = secret === undefined ? {} : await this.#seal(place, open, secret);
    await change(this.#db, [place], (stores) => stores[place].put({ ...open, ...sealed }));
  }

  /** @returns {Promise<{row: any, secret: any}[]>} those that can be opened; a damaged one is as good as none */
  async rows(place) {
    const rows = (await all(this.#db, place)).filter((row) => row.sitting === this.sitting);
    const opened = await Promise.all(rows.map((row) => this.#unseal(place, row).catch(() => null)));
    return opened.filter(Boolean);
  }

  async remove(place, key) {
    await change(this.#db, [place], (stores) => stores[place].delete(key));
  }

  /** Forget the sitting, key first: what may be left on the disk can be read by nobody. */
  async destroy() {
    await forget(this.#db, (row) => row.sitting === this.sitting);
  }

  close() {
    this.#db.close();
  }

  async #seal(place, row, secret) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(secret));
    return { iv, data: await crypto.subtle.encrypt(cipher(place, row, iv), this.#key, plain) };
  }

  async #unseal(place, { iv, data, ...row }) {
    if (!data) {
      return { row, secret: null };
    }
    const plain = await crypto.subtle.decrypt(cipher(place, row, iv), this.#key, data);
    return { row, secret: JSON.parse(new TextDecoder().decode(plain)) };
  }
}

/** Forget every paper that is kept here: somebody else may be the next at this machine. Answers stay; nobody can read them. */
export async function forgetPapers() {
  if (await exists()) {
    const db = await openDatabase();
    await change(db, ["papers"], (stores) => stores.papers.clear());
    db.close();
  }
}

/** @returns {Promise<number | null>} the sitting whose paper was kept last */
export async function lastPaper() {
  if (!(await exists())) {
    return null;
  }
  const db = await openDatabase();
  const [newest] = (await all(db, "papers")).sort((a, b) => b.kept_at - a.kept_at);
  db.close();
  return newest?.sitting ?? null;
}

/** @returns {Promise<{sitting: number, client: string, epoch: number}[]>} the queues of a sitting, the one that held it last first */
export async function queuesOf(sitting) {
  if (!(await exists())) {
    return [];
  }
  const db = await openDatabase();
  const rows = (await all(db, "queues")).filter((row) => row.sitting === sitting);
  db.close();
  return rows.sort((a, b) => b.epoch - a.epoch || b.used_at - a.used_at);
}

const PARKED = "@";

/** What a queue is called that holds ops of an earlier epoch, whose page lives on. */
export function parkedName(client, epoch) {
  return `${client}${PARKED}${epoch}`;
}

/** @returns {string} whose ops they are @param {string} name of a queue, parked or not */
export function speakerOf(name) {
  return name.split(PARKED)[0];
}

/** @returns {boolean} whether a page may take a queue over as its own */
export function isParked(name) {
  return name.includes(PARKED);
}

/** A seal holds for its own place only: a row that was moved or renumbered does not open. */
function cipher(place, { sitting, client = "", question = 0, seq = 0 }, iv) {
  const additionalData = new TextEncoder().encode([place, sitting, client, question, seq].join("/"));
  return { name: "AES-GCM", iv, additionalData };
}

async function keyOf(db, sitting) {
  const known = await done(db.transaction("keys").objectStore("keys").get(sitting));
  if (known) {
    return known.key;
  }
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  // Of two tabs that make one at the same time the first counts for both.
  await change(db, ["keys"], (stores) => {
    const question = stores.keys.get(sitting);
    question.onsuccess = () => question.result || stores.keys.put({ sitting, key: made });
  });
  return (await done(db.transaction("keys").objectStore("keys").get(sitting))).key;
}

async function forgetOldOnes(db, sitting) {
  const oldest = Date.now() - FORGOTTEN_AFTER_MS;
  const rows = await all(db, "queues");
  const kept = new Set([sitting, ...rows.filter((row) => row.used_at >= oldest).map((row) => row.sitting)]);
  if ((await all(db, "keys")).some((row) => !kept.has(row.sitting))) {
    await forget(db, (row) => !kept.has(row.sitting));
  }
}

function forget(db, isMeant) {
  const places = Object.keys(PLACES);
  return change(db, places, (stores) => {
    for (const place of places) {
      stores[place].openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (cursor) {
          isMeant(cursor.value) && cursor.delete();
          cursor.continue();
        }
      };
    }
  });
}

// --- IndexedDB as promises -------------------------------------------------------------------------------------------

function openDatabase(onLost = () => {}) {
  if (!window.isSecureContext || !window.crypto?.subtle || !window.indexedDB) {
    return Promise.reject(new Error("insecure"));
  }
  return new Promise((resolve, reject) => {
    let isLate = false;
    const late = window.setTimeout(() => {
      isLate = true;
      reject(new Error("the database does not open"));
    }, OPENS_WITHIN_MS);
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const [place, keyPath] of Object.entries(PLACES)) {
        request.result.createObjectStore(place, { keyPath });
      }
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      window.clearTimeout(late);
      const db = request.result;
      if (isLate) {
        db.close();
        return;
      }
      db.onclose = onLost; // the person cleared the site's data
      db.onversionchange = () => {
        db.close(); // or somebody deletes it: better let go and make it again than hold them up
        onLost();
      };
      resolve(db);
    };
  });
}

/** Opening a database makes it; a page that only wants to clean up should not. */
async function exists() {
  if (!window.isSecureContext || !window.indexedDB) {
    return false;
  }
  const known = await indexedDB.databases?.().catch(() => []);
  return !known || known.some(({ name }) => name === NAME);
}

/** Write, and answer only when it is on the disk. */
function change(db, places, work) {
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(places, "readwrite", { durability: "strict" });
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
    work(Object.fromEntries(places.map((place) => [place, transaction.objectStore(place)])));
  });
}

function all(db, place) {
  return done(db.transaction(place).objectStore(place).getAll());
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
