/**
 * Shows on every page of staff that nobody compares faces, within seconds, and hides it again.
 * <div role="alert" data-verifier="/admin/verifier/"><div hidden>…</div></div>
 */

const EVERY_MS = 3000;
const alarm = document.querySelector("[data-verifier]");

async function look() {
  if (document.hidden) {
    return;
  }
  try {
    const response = await fetch(alarm.dataset.verifier, {
      cache: "no-store",
      redirect: "error", // signed out: the login page is no answer
      signal: AbortSignal.timeout(EVERY_MS),
    });
    const { missed } = await response.json();
    alarm.firstElementChild.hidden = !missed;
  } catch {
    // The server does not answer: the page's own content says so, and this alarm is about the verifier alone.
  }
}

if (alarm) {
  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
}
