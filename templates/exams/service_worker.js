/**
 * Keeps static files whose name carries their hash, so that the installed site opens fast. Never keeps a page, an
 * answer or a picture: everything else goes to the server as if this file did not exist.
 */
const CACHE = "static-{{ version|escapejs }}";
const STATIC = new URL("{{ static_url|escapejs }}", self.location).pathname;
const HASHED = /\.[0-9a-f]{12}\.\w+$/;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  const clean = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const ours = url.origin === self.location.origin && url.pathname.startsWith(STATIC);
  if (event.request.method === "GET" && ours && HASHED.test(url.pathname)) {
    event.respondWith(fromCache(event.request));
  }
});

async function fromCache(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) {
    return kept;
  }
  const response = await fetch(request);
  if (response.ok) {
    await cache.put(request, response.clone()).catch(() => undefined); // a full disk is no reason to fail
  }
  return response;
}
