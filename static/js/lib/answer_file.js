/**
 * Closes answers in a file that only the server opens: for a device that reaches it no more. The key of the file is made here
 * and wrapped with the exam's public key; what it holds can be read neither here nor on the way.
 * Opened by `manage.py import_answers` and in the admin, by the same rules as answers that arrive late.
 */

/** @returns {boolean} whether this page can make one */
export function canMakeFiles(key) {
  return Boolean(key?.spki && window.isSecureContext && window.crypto?.subtle);
}

/**
 * @param {{key: {id: string, spki: string}, exam: string, sitting: number, client: string, epoch: number,
 *   madeAt: string | null, ops: object[]}} answers
 * @returns {Promise<Blob>}
 */
export async function answerFile({ key, exam, sitting, client, epoch, madeAt, ops }) {
  const content = { sitting, client, epoch, made_at: madeAt, ops: ops.map(asWritten) };
  const plain = new TextEncoder().encode(JSON.stringify(content));
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealing = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt"]);
  const wrapping = await crypto.subtle.importKey("spki", bytes(key.spki), { name: "RSA-OAEP", hash: "SHA-256" }, false, ["encrypt"]);
  const file = {
    format: "examplatform-answers",
    version: 1,
    exam,
    sitting,
    key: key.id,
    wrapped: base64(await crypto.subtle.encrypt({ name: "RSA-OAEP" }, wrapping, secret)),
    iv: base64(iv),
    data: base64(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, sealing, plain)),
  };
  return new Blob([JSON.stringify(file)], { type: "application/json" });
}

/** Let the browser save it. @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function asWritten({ question, seq, value, doubtful, changed_at }) {
  return { question, seq, value, doubtful, changed_at: changed_at ?? null };
}

function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function base64(buffer) {
  let text = "";
  for (const byte of new Uint8Array(buffer)) {
    text += String.fromCharCode(byte);
  }
  return btoa(text);
}
