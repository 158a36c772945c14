/**
 * Asks for the lists of an exam again every ten seconds, while the page is looked at and nobody is inside the lists.
 * <p data-room-news hidden>…</p> <div id="room" data-room="/admin/exams/sitting/room/1/?part=1">…</div>
 */

const EVERY_MS = 10000;
const room = document.querySelector("[data-room]");
const news = document.querySelector("[data-room-news]");

async function refresh() {
  if (document.hidden || room.contains(document.activeElement)) {
    return;
  }
  try {
    const response = await fetch(room.dataset.room, {
      cache: "no-store",
      redirect: "error", // signed out: the login page is not a list
      signal: AbortSignal.timeout(EVERY_MS),
    });
    if (!response.ok) {
      throw new Error(String(response.status));
    }
    room.innerHTML = await response.text();
    news.hidden = true;
  } catch {
    news.hidden = false;
  }
}

setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
