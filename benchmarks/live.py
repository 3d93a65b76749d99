"""How late the live view is, and how soon the first picture comes: in a real browser, camera and network included."""

import dataclasses
import json
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.table import Row
from tests.running import Watchglass
from watchglass.cli.progress import Report

_STILL = 20.0
_FIRST_PICTURES = 10
_MEASURED_SECONDS = 40
_CHROMIUM = "/usr/bin/chromium"
_CAMERA = Path(__file__).parent / "clock_camera.py"

# Reads the squares that benchmarks/clock_camera.py draws from every frame that the browser presents, and notes how
# long ago they were drawn. A square is a flat shape in the view; where there is none, stones are seen.
_READ = """() => {
  const video = document.querySelector("video");
  const canvas = document.createElement("canvas");
  canvas.width = 640; canvas.height = 480;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  window.delays = [];
  const spread = (left, top) => {
    const data = context.getImageData(left + 8, top + 8, 16, 16).data;
    let sum = 0, squares = 0;
    for (let i = 0; i < data.length; i += 4) { sum += data[i]; squares += data[i] * data[i]; }
    return squares / 256 - (sum / 256) ** 2;
  };
  const look = () => {
    const now = Date.now();
    context.drawImage(video, 0, 0, 640, 480);
    let ticks = 0;
    for (let bit = 0; bit < 20; bit++)
      if (spread(16 + (bit % 10) * 64, 96 + Math.floor(bit / 10) * 64) < 60) ticks += 2 ** bit;
    const late = ((Math.floor(now / 10) - ticks) % 2 ** 20 + 2 ** 20) % 2 ** 20 * 10;
    if (ticks > 0 && late < 60000) window.delays.push(late);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}"""

_FIRST_FRAME = """() => new Promise(done => {
  const wait = () => {
    const video = document.querySelector("video");
    if (!video) { requestAnimationFrame(wait); return; }
    video.requestVideoFrameCallback(() => done(performance.now()));
  };
  wait();
})"""


@dataclasses.dataclass(frozen=True, slots=True)
class Live:
    """Milliseconds. `delays` of every presented frame since it was drawn, `firsts` from opening a page to a picture."""

    delays: list[int]
    firsts: list[float]


def measure() -> Live:
    """Run a clock camera, watchglass and Chromium, and look."""
    with tempfile.TemporaryDirectory() as folder, _clock_camera() as url, Watchglass(Path(folder) / "data") as running:
        running.set_up()
        camera = running.call("POST", "/api/cameras", {"name": "Clock", "url": url})["id"]
        running.until("the view is shown", lambda: running.camera(camera)["view"]["state"] == "shown")
        with _page(running) as page:
            firsts = [_first(page, f"{running.address}/camera/{camera}") for _ in range(_FIRST_PICTURES)]
            page.wait_for_timeout(_STILL * 1000)
            page.evaluate(_READ)
            page.wait_for_timeout(_MEASURED_SECONDS * 1000)
            delays: list[int] = page.evaluate("() => window.delays")
    return Live(delays, firsts)


def rows(tell: Report) -> list[Row]:
    """The figures beside their targets."""
    tell("live: a camera, a browser, two minutes", 0, 0)
    live = measure()
    if len(live.delays) < 100:
        raise RuntimeError(f"only {len(live.delays)} frames carried a time that could be read")
    p95 = statistics.quantiles(live.delays, n=20)[-1] / 1000
    middle = statistics.median(live.delays) / 1000
    first = max(live.firsts) / 1000
    return [
        Row("live delay, p95 (camera to screen)", f"{p95:.2f} s", "<= 2 s", p95 <= 2),
        Row("live delay, median", f"{middle:.2f} s", "", True),
        Row(f"first picture, slowest of {len(live.firsts)}", f"{first:.2f} s", "<= 1 s", first <= 1),
    ]


@contextmanager
def _clock_camera() -> Iterator[str]:
    process = subprocess.Popen(["/usr/bin/python3", str(_CAMERA), str(_STILL)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"rtsp://127.0.0.1:{int(process.stdout.readline())}/clock"
    finally:
        process.kill()
        process.wait()


@contextmanager
def _page(running: Watchglass) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([_cookie(running)])
        yield context.new_page()
        browser.close()


def _cookie(running: Watchglass) -> Any:
    name, value = running.cookie()
    return {"name": name, "value": value, "url": running.address}


def _first(page: Page, address: str) -> float:
    """Milliseconds from asking for a page to its first picture."""
    page.goto("about:blank")
    page.goto(address, wait_until="commit")
    found: float = page.evaluate(_FIRST_FRAME)
    return found


if __name__ == "__main__":
    print(json.dumps(dataclasses.asdict(measure())))
