/**
 * Keeps static files whose name carries their hash, so that the installed site opens fast; and one empty page that stands in
 * for the exam page while the server is out of reach. Never keeps a page of a person, an answer or a picture: everything
 * else goes to the server as if this file did not exist.
 */
const CACHE = "static-{{ version|escapejs }}";
const STATIC = new URL("{{ static_url|escapejs }}", self.location).pathname;
const HASHED = /\.[0-9a-f]{12}\.\w+$/;
const EXAM = "{{ exam_path|escapejs }}";
const SHELL = "{{ shell_path|escapejs }}";
const SHELL_FILES = [{% for file in shell_files %}
  "{{ file|escapejs }}",{% endfor %}
];
const ANSWERS_WITHIN_MS = 15000; // a line that is up and carries nothing

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  const clean = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name !== CACHE);
    if ((await caches.match(SHELL, { ignoreVary: true })) && old.length > 0) {
      await keepShell().catch(() => undefined); // the site was renewed in the middle of an exam
    }
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener("message", (event) => {
  if (event.data?.type === "keep_shell") {
    event.waitUntil(keepShell());
  }
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) {
    return;
  }
  if (event.request.mode === "navigate" && url.pathname === EXAM) {
    event.respondWith(pageOrShell(event.request));
  } else if (url.pathname.startsWith(STATIC) && HASHED.test(url.pathname)) {
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

/** The exam page itself, or the empty page where the server or what stands before it does not answer. */
async function pageOrShell(request) {
  const shell = await caches.match(SHELL, { ignoreVary: true });
  if (!shell) {
    return fetch(request);
  }
  try {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error("late")), ANSWERS_WITHIN_MS));
    const response = await Promise.race([fetch(request), late]);
    return [502, 503, 504].includes(response.status) ? shell : response;
  } catch {
    return shell;
  }
}

async function keepShell() {
  const cache = await caches.open(CACHE);
  const missing = [];
  for (const file of SHELL_FILES) {
    if (!(await cache.match(file))) {
      missing.push(file);
    }
  }
  await cache.addAll(missing);
  await cache.add(new Request(SHELL, { cache: "no-store" })); // last: it is of no use without them
}
