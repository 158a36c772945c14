"""A camera that shows what the test says, when it says so: a canvas takes the place of the device.

The clips that Chromium can play as a camera loop and cannot be changed while a page is open. Here the picture can turn
its head when it is asked to, be exchanged, covered or frozen. A little noise makes each frame one of its own, as the
noise of a sensor does.
"""

from pathlib import Path

from playwright.sync_api import Page, Route

SCRIPT = """
(() => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 480];
  const context = canvas.getContext("2d");
  const clips = new Map();
  let shown = JSON.parse(sessionStorage.getItem("staged") ?? "null");
  let index = 0;

  async function load(name) {
    if (!clips.has(name)) {
      const bytes = new Uint8Array(await (await fetch(`/staged/${name}`)).arrayBuffer());
      const starts = [];
      for (let at = 0; at < bytes.length - 2; at += 1) {
        if (bytes[at] === 0xff && bytes[at + 1] === 0xd8 && bytes[at + 2] === 0xff) starts.push(at);
      }
      const parts = starts.map((start, number) => bytes.slice(start, starts[number + 1] ?? bytes.length));
      clips.set(name, Promise.all(parts.map((part) => createImageBitmap(new Blob([part], { type: "image/jpeg" })))));
    }
    return clips.get(name);
  }

  async function draw() {
    if (!shown || shown.frozen) return;
    if (shown.name === "covered") {
      context.fillStyle = `rgb(${6 + 3 * Math.random()}, 6, 6)`;
      context.fillRect(0, 0, 640, 480);
      return;
    }
    const frames = (await load(shown.name)).slice(shown.first, shown.last);
    index = (index + 1) % frames.length;
    context.drawImage(frames[index], 3 * Math.random(), 3 * Math.random());
    context.fillStyle = `rgba(${255 * Math.random()}, ${255 * Math.random()}, 120, 0.02)`;
    context.fillRect(0, 0, 640, 480);
  }

  window.stage = (next) => {
    shown = next;
    sessionStorage.setItem("staged", JSON.stringify(next));
    return next.name === "covered" ? null : load(next.name).then(draw);
  };
  setInterval(draw, 100);
  const devices = navigator.mediaDevices;
  if (devices) {
    devices.getUserMedia = async () => canvas.captureStream(10);
    devices.enumerateDevices = async () => [{ kind: "videoinput", deviceId: "staged", label: "Staged" }];
  }
})();
"""


class StagedCamera:
    """The camera of one page."""

    def __init__(self, page: Page, clips: dict[str, Path]) -> None:
        self.page = page
        self.clips = clips
        page.add_init_script(SCRIPT)
        page.route("**/staged/*", self._serve)

    def _serve(self, route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        route.fulfill(body=self.clips[name].read_bytes(), content_type="video/x-motion-jpeg")

    def show(self, name: str, first: int = 0, last: int = 1000, *, frozen: bool = False) -> None:
        """Show the frames `first` to `last` of a clip, over and over; or the one that stands there now, for good."""
        self.page.evaluate("next => window.stage(next)", {"name": name, "first": first, "last": last, "frozen": frozen})
