/**
 * Speaks JSON with the server: CSRF token, time limit, and errors that say what to do.
 * <meta name="csrf-token" content="{{ csrf_token }}">
 */

const LIMIT_MS = 15000;
const LONGEST_RETRY_MS = 120000; // an exam cannot wait for a server that names tomorrow

/** What the server refused, or that it could not be reached (status 0). */
export class ApiError extends Error {
  /** @param {number} status @param {any} data @param {number} retryAfterMs 0 where the server named no time */
  constructor(status, data = {}, retryAfterMs = 0) {
    super(data?.error || `status ${status}`);
    this.status = status;
    this.code = data?.error || "";
    this.data = data;
    this.retryAfterMs = retryAfterMs;
  }

  /** @returns {boolean} whether asking again later may help */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** @returns {boolean} whether the candidate has to sign in again, and choose this exam if there are several */
  get isSignedOut() {
    return this.status === 401 || this.status === 403 || this.code === "no_sitting";
  }
}

/**
 * Signing in again in another tab renews the cookie, not this page: so the cookie is asked first.
 * @returns {string}
 */
export function csrfToken() {
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("csrftoken="));
  return cookie ? cookie.slice("csrftoken=".length) : document.querySelector('meta[name="csrf-token"]')?.content || "";
}

/**
 * @param {string} url
 * @param {unknown} data
 * @param {{keepalive?: boolean, limitMs?: number}} options keepalive: survives leaving the page
 * @returns {Promise<{data: any, times: {sentAt: number, receivedAt: number}}>}
 */
export function postJson(url, data, options = {}) {
  return ask(url, { method: "POST", body: JSON.stringify(data) }, options);
}

/** @param {string} url */
export function getJson(url, options = {}) {
  return ask(url, { method: "GET" }, options);
}

/** Like `postJson`, for an address that answers with a piece of a page: `data` is its HTML. */
export function postForHtml(url, data, options = {}) {
  return ask(url, { method: "POST", body: JSON.stringify(data) }, options);
}

/** Post the fields of a form, as the form itself would. @param {string} url @param {FormData} fields */
export function postForm(url, fields, options = {}) {
  return ask(url, { method: "POST", body: new URLSearchParams(fields) }, options);
}

async function ask(url, request, { keepalive = false, limitMs = LIMIT_MS } = {}) {
  const sentAt = performance.now();
  const headers = { Accept: "application/json, text/html;q=0.9" };
  if (request.method === "POST") {
    if (!(request.body instanceof URLSearchParams)) {
      headers["Content-Type"] = "application/json";
    }
    headers["X-CSRFToken"] = csrfToken();
  }
  let response;
  let data;
  try {
    const signal = keepalive ? undefined : AbortSignal.timeout(limitMs);
    response = await fetch(url, { ...request, headers, keepalive, signal, redirect: "manual", cache: "no-store" });
    data = await bodyOf(response);
  } catch {
    throw new ApiError(0);
  }
  if (!response.ok) {
    throw new ApiError(response.status, data, retryAfter(response));
  }
  const times = { sentAt, receivedAt: performance.now() };
  noteDelay(times.receivedAt - sentAt);
  return { data, times };
}

let delayMs = 0;

/** A slow reply is believed at once, quick ones only by and by. */
function noteDelay(tookMs) {
  delayMs = tookMs > delayMs ? tookMs : 0.7 * delayMs + 0.3 * tookMs;
}

/** @returns {number} how long replies take on this line at present */
export function lineDelayMs() {
  return delayMs;
}

async function bodyOf(response) {
  const isJson = (response.headers.get("Content-Type") || "").includes("json");
  if (!isJson) {
    return response.ok ? response.text() : {};
  }
  return response.json();
}

/** @param {Response} response @returns {number} */
function retryAfter(response) {
  const said = response.headers.get("Retry-After");
  const ms = /^\d+$/.test(said ?? "") ? Number(said) * 1000 : Date.parse(said) - Date.parse(response.headers.get("Date"));
  return ms > 0 ? Math.min(ms, LONGEST_RETRY_MS) : 0;
}

/**
 * How long to wait before asking again: longer each time, never the same for everybody.
 * @param {number} failures how often it has failed in a row, from 1
 * @param {{firstMs?: number, mostMs?: number, chance?: () => number}} options
 */
export function backoff(failures, { firstMs = 1000, mostMs = 15000, chance = Math.random } = {}) {
  const longest = Math.min(mostMs, firstMs * 2 ** (failures - 1));
  return longest / 2 + (longest / 2) * chance();
}
