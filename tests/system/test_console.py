"""A person's first quarter of an hour, in a real browser: set up, sign in, watch, scrub back, export."""

from pathlib import Path
from typing import Any

import av
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.running import NAME, PASSWORD, Watchglass

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(420)]

# True once the video's own time went on by a second and at least 40 of 19,200 pixels are others than at first.
_MOVED = """video => {
  const canvas = document.createElement("canvas");
  canvas.width = 160; canvas.height = 120;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0, 160, 120);
  const pixels = context.getImageData(0, 0, 160, 120).data;
  const first = (window.firstLook ??= { time: video.currentTime, pixels });
  let changed = 0;
  for (let i = 0; i < pixels.length; i += 4) changed += Math.abs(pixels[i] - first.pixels[i]) > 12;
  return video.currentTime > first.time + 1 && changed > 40;
}"""
# Chromium says this of any answer that is not 200, such as the question who is signed in before anybody is.
_ASKED_FOR = "the server responded with a status of"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, a_street: Path, assets_folder: Path | None) -> Any:
    data = tmp_path_factory.mktemp("console") / "data"
    with Watchglass(data, "--no-browser", "--footage", str(a_street), assets=assets_folder, command="demo") as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser) -> Any:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True, color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.on("console", lambda message: _note(page, message))
    page.on("pageerror", lambda error: _COMPLAINTS.append(str(error)))
    yield page
    context.close()


_COMPLAINTS: list[str] = []


def _note(page: Page, message: ConsoleMessage) -> None:
    del page
    if message.type in {"error", "warning"}:
        _COMPLAINTS.append(message.text)


def _moves(page: Page) -> None:
    """The video's own time goes on, and what it shows changes."""
    page.evaluate("() => { window.firstLook = undefined; }")
    video = page.locator("video").first.element_handle()
    page.wait_for_function(_MOVED, arg=video, polling=250, timeout=90_000)


def test_set_up(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.goto(system.setup_link)
    page.get_by_label("Name").fill(NAME)
    passwords = page.locator("input[type=password]")
    passwords.nth(0).fill(PASSWORD)
    passwords.nth(1).fill(PASSWORD)
    page.screenshot(path=artefacts / "console-1-set-up.png")
    page.locator("button[type=submit]").click()
    expect(page.get_by_text("Street (sample footage)").first).to_be_visible()


def test_while_the_plate_forms_the_picture_is_covered(page: Page, artefacts: Path) -> None:
    page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    page.screenshot(path=artefacts / "console-2-learning.png")


def test_live_picture_moves(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.wait_for_function(
        "() => fetch('/api/cameras').then(r => r.json()).then(b => b.cameras[0].view.state === 'shown')",
        timeout=120_000,
        polling=1000,
    )
    _moves(page)
    page.screenshot(path=artefacts / "console-3-wall.png")


def test_sign_in_again(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.locator("summary[aria-label^='Account']").click()
    page.get_by_text("Sign out").click()
    page.get_by_label("Name").fill(NAME)
    page.locator("input[type=password]").fill("not the password")
    page.locator("button[type=submit]").click()
    expect(page.get_by_role("alert").filter(has_text="password")).to_be_visible()
    page.screenshot(path=artefacts / "console-4-sign-in.png")
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("button[type=submit]").click()
    expect(page.get_by_text("Street (sample footage)").first).to_be_visible()
    assert all(_ASKED_FOR in complaint for complaint in _COMPLAINTS), _COMPLAINTS
    _COMPLAINTS.clear()


def test_camera_page_is_live(page: Page, artefacts: Path) -> None:
    page.get_by_role("link", name="Street (sample footage)").first.click()
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 3")
    _moves(page)
    page.screenshot(path=artefacts / "console-5-camera-live.png")


def test_scrub_back(page: Page, artefacts: Path) -> None:
    kept = page.evaluate("() => fetch('/api/cameras').then(r => r.json()).then(b => b.cameras[0].kept)")
    assert kept["to_us"] - kept["from_us"] > 10_000_000
    timeline = page.get_by_role("slider", name="Timeline")
    timeline.focus()
    before = page.get_by_role("slider", name="Timeline").get_attribute("aria-valuetext")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")  # five seconds each
    recorded = page.locator("video[aria-label^='Recorded']")
    expect(recorded).to_be_visible()
    page.wait_for_function("() => document.querySelector('video[aria-label^=Recorded]').readyState >= 2")
    assert timeline.get_attribute("aria-valuetext") != before
    page.screenshot(path=artefacts / "console-6-recorded.png")
    if page.get_by_label("Play (space)").count():
        page.get_by_label("Play (space)").click()
    _moves(page)


def test_export(page: Page, artefacts: Path, tmp_path: Path) -> None:
    page.keyboard.press("i")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("o")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export MP4").click()
    target = tmp_path / "clip.mp4"
    download.value.save_as(target)
    with av.open(str(target)) as clip:
        frames = sum(1 for _ in clip.decode(video=0))
        assert not clip.streams.audio
    assert frames >= 10  # a machine under load shows two a second
    page.screenshot(path=artefacts / "console-7-clip.png")


def test_health_add_and_phone(page: Page, artefacts: Path, system: Watchglass) -> None:
    page.get_by_role("link", name="Health").first.click()
    expect(page.get_by_role("heading", name="Processes")).to_be_visible()
    coverage = page.get_by_role("table", name="Coverage of Street (sample footage) by day")
    expect(coverage.get_by_role("row").last).to_contain_text("% kept")
    page.screenshot(path=artefacts / "console-8-health.png")
    page.get_by_role("link", name="Originals").click()
    expect(
        page.get_by_text("No original is kept: it takes 2 custodians to open one, and there are none.").first
    ).to_be_visible()
    page.screenshot(path=artefacts / "console-12-originals.png")
    page.goto(f"{system.address}/add")
    page.screenshot(path=artefacts / "console-9-add.png")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(system.address)
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 3")
    page.screenshot(path=artefacts / "console-10-phone-wall.png")
    page.get_by_role("link", name="Street (sample footage)").first.click()
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 3")
    page.screenshot(path=artefacts / "console-11-phone-camera.png")


PAGES = ("", "alerts", "events", "holds", "originals", "health", "add", "channels", "camera/1", "camera/1/settings")


def test_the_bar_fits_a_phone_with_the_rest_under_more(page: Page, artefacts: Path, system: Watchglass) -> None:
    for path in PAGES:
        page.goto(f"{system.address}/{path}")
        expect(page.get_by_role("heading").first).to_be_visible()
        page.screenshot(path=artefacts / f"console-phone-{path.replace('/', '-') or 'wall'}.png")
        for width in (320, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert _too_wide(page) == [], (path, width)
    bar = page.get_by_role("navigation", name="Main")
    expect(bar.get_by_role("link", name="Holds")).to_have_count(0)
    more = bar.locator("summary")
    more.press("Enter")
    expect(bar.get_by_role("link", name="Add camera")).to_be_visible()
    page.screenshot(path=artefacts / "console-phone-more.png")
    page.keyboard.press("Escape")
    expect(bar.get_by_role("link", name="Holds")).to_have_count(0)
    expect(more).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(bar.get_by_role("link", name="Holds")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{system.address}/holds")
    expect(bar.get_by_role("link", name="Holds")).to_have_count(0)  # closed again
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(bar.get_by_role("link", name="Holds")).to_have_attribute("aria-current", "page")
    expect(more).to_be_hidden()


def _too_wide(page: Page) -> list[str]:
    """What is wider than the screen, or is to be scrolled to within the bar."""
    found: list[str] = page.evaluate(
        """() => ['html', '.topbar', '.topbar nav'].filter(name => {
          const part = document.querySelector(name);
          return part.scrollWidth > part.clientWidth;
        })"""
    )
    return found


def test_no_complaint_in_the_console() -> None:
    assert not _COMPLAINTS


def test_a_clean_stop(system: Watchglass) -> None:
    system.process.terminate()
    assert system.process.wait(20) == 0
