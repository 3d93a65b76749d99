"""Somebody installs an ONVIF camera with the console: finds it, signs in, sees what it offers and lets out, and adds it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests import footage
from tests.pages import signed_in
from tests.rtsp import RtspServer, closed_port, needs_rtsp_server
from tests.running import NAME, PASSWORD, Watchglass
from tests.virtual import SECRET, USER, VirtualCamera
from watchglass.app.machine import open_machine
from watchglass.base.clock import SystemClock
from watchglass.model.camera import Credentials
from watchglass.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.camera, pytest.mark.slow, pytest.mark.timeout(300)]

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SLOW = 45_000  # ms; a search takes 5 s, a look at a camera 40 at most


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtspServer]:
    needs_rtsp_server()
    clip = footage.make(tmp_path_factory.mktemp("streams") / "street.mp4", frames=600, rate=10, gop=10)
    with RtspServer({"/video_main": clip, "/video_sub": clip}, user=USER, password=SECRET) as server:
        yield server


@pytest.fixture(scope="module")
def camera(streams: RtspServer) -> Iterator[VirtualCamera]:
    with VirtualCamera(streams.port) as virtual:
        yield virtual


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, assets_folder: Path | None) -> Iterator[Watchglass]:
    with Watchglass(tmp_path_factory.mktemp("add") / "data", assets=assets_folder) as running:
        running.set_up()
        yield running


@pytest.fixture(scope="module")
def page(system: Watchglass, browser: Browser) -> Iterator[Page]:
    with signed_in(system, browser, viewport=WIDE) as page:
        yield page


def looks(page: Page, artefacts: Path, name: str) -> None:
    """Keep how a page looks, wide and narrow, in both themes. Nothing of it may be wider than the screen."""
    page.evaluate("scrollTo(0, 0)")
    for form, size in (("wide", WIDE), ("narrow", NARROW)):
        page.set_viewport_size(size)  # type: ignore[arg-type] # a size
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide: {form}"
        for theme in ("dark", "light"):
            page.emulate_media(color_scheme=theme)
            page.screenshot(path=artefacts / f"add-{name}-{form}-{theme}.png", full_page=True)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type] # a size
    page.emulate_media(color_scheme="dark")


def answers(page: Page, status: int, body: dict[str, Any]) -> None:
    """Let the next search find this: a camera on the loopback is heard only by a machine without any network."""

    def fulfil(route: Route) -> None:
        route.fulfill(status=status, content_type="application/json", body=json.dumps(body))

    page.unroute("**/api/cameras/discover")
    page.route("**/api/cameras/discover", fulfil)


def test_the_networks_are_asked(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.goto(f"{system.address}/add")
    looks(page, artefacts, "1-begin")
    page.get_by_role("button", name="Find cameras").press("Enter")
    expect(page.get_by_role("progressbar", name="Time passed of the search")).to_be_visible()
    looks(page, artefacts, "2-looking")
    # Whatever is in the network of this machine, its end is told, and the search can be made again.
    told = (
        page.get_by_role("status").filter(has_text="answered").or_(page.get_by_role("alert").filter(has_text="network"))
    )
    expect(told.first).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_nobody_and_no_network_say_what_to_do(page: Page, artefacts: Path) -> None:
    answers(page, 200, {"cameras": []})
    page.get_by_role("button", name="Search again").or_(page.get_by_role("button", name="Find cameras")).click()
    expect(page.get_by_role("status").filter(has_text="No camera answered.")).to_contain_text("enter it here")
    looks(page, artefacts, "3-nobody")
    answers(page, 422, {"error": "This machine has no network in which cameras could be looked for."})
    page.get_by_role("button", name="Search again").click()
    expect(page.get_by_role("alert").filter(has_text="has no network")).to_be_visible()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("rtsp://127.0.0.1/1", "address of a stream"),
        ("127.0.0.1:{closed}", "Nobody listens"),
        ("{console}", "No ONVIF camera answers"),
    ],
)
def test_an_address_that_is_none_of_a_camera(
    page: Page, system: Watchglass, artefacts: Path, typed: str, words: str
) -> None:
    page.goto(f"{system.address}/add")
    field = page.get_by_label("Address of one that does not answer")
    field.fill(typed.format(closed=closed_port(), console=system.address))
    field.press("Enter")
    if not typed.startswith("rtsp:"):
        expect(page.get_by_role("heading", name="A camera")).to_be_focused()
        page.get_by_role("button", name="Ask the camera").click()
        expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible(timeout=SLOW)
        looks(page, artefacts, "4-unreachable")
    else:
        expect(page.get_by_text(words)).to_be_visible()


def test_found_looked_at_and_added(
    system: Watchglass, page: Page, camera: VirtualCamera, streams: RtspServer, artefacts: Path
) -> None:
    other = {"address": "http://192.0.2.10/onvif/device_service", "name": "IPC", "model": "DS-2CD2043G2", "scopes": []}
    found = {"address": camera.address, "name": "Yard", "model": "PythonCam", "scopes": []}
    answers(page, 200, {"cameras": [other, found]})
    page.goto(f"{system.address}/add")
    page.get_by_role("button", name="Find cameras").click()
    expect(page.get_by_role("status").filter(has_text="2 cameras answered.")).to_be_visible()
    looks(page, artefacts, "5-found")
    page.get_by_role("listitem").filter(has_text="Yard").get_by_role("button", name="Choose").click()

    page.get_by_label("User name").fill(USER)
    page.get_by_label("Password").fill("wr0ng")
    page.get_by_label("Fill these in for the next camera").check()
    page.get_by_role("button", name="Ask the camera").click()
    expect(page.get_by_role("alert").filter(has_text="refused the user name and password")).to_be_visible(timeout=SLOW)
    looks(page, artefacts, "6-refused")
    page.get_by_label("Password").fill(SECRET)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", name="PythonCam", level=1)).to_be_focused(timeout=SLOW)

    for words in ("Can be turned, no presets", "come without encryption", "page of its own"):
        expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_label("Record: H.264, 1920")).to_be_checked()
    expect(page.get_by_label("Watch: H.264, 640")).to_be_checked()
    expect(page.get_by_label("Watch: H.264, 1920")).to_be_disabled()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Yard")
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_role("status").filter(has_text="Substream")).to_be_visible(timeout=SLOW)
    page.get_by_text("A password that nobody knows").click()
    looks(page, artefacts, "7-offer")
    assert page.locator("img, video, canvas").count() == 0  # no picture of a camera is shown before it is redacted

    page.get_by_role("button", name="Add camera").click()
    page.wait_for_url("**/camera/1/aim")
    added = open_machine(Settings(system.data), SystemClock()).cameras
    assert [source.address for _, source in added.get(1).streams()] == [
        streams.url("/video_main"),
        streams.url("/video_sub"),
    ]
    assert added.credentials(1) == Credentials(USER, SECRET)


def test_the_next_camera_needs_less(page: Page, artefacts: Path) -> None:
    page.get_by_role("link", name="Add camera").first.click()
    expect(page.get_by_role("status").filter(has_text="1 of them already added")).to_be_visible()
    expect(page.get_by_role("listitem").last).to_contain_text("Already added as Yard")
    looks(page, artefacts, "8-again")
    page.get_by_role("listitem").filter(has_text="IPC").get_by_role("button", name="Choose").click()
    expect(page.get_by_label("User name")).to_have_value(USER)
    expect(page.get_by_label("Password")).to_have_value(SECRET)
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("heading", name="Add a camera")).to_be_focused()


def test_another_stream_may_be_chosen(
    system: Watchglass, page: Page, camera: VirtualCamera, streams: RtspServer, artefacts: Path
) -> None:
    page.get_by_role("listitem").filter(has_text="Yard").get_by_role("button", name="Choose").click()
    page.get_by_role("button", name="Ask the camera").click()
    page.get_by_label("Record: H.264, 640").check()
    expect(page.get_by_label("Watch: what is recorded")).to_be_checked()  # one stream is not both
    expect(page.get_by_label("Name", exact=True)).to_have_value("")  # another camera is called Yard
    page.get_by_label("Name", exact=True).fill("Small yard")
    page.get_by_role("button", name="Add camera").click()
    page.wait_for_url("**/camera/2/aim")
    two = system.camera(2)
    assert (two["address"], two["sub_address"]) == (streams.url("/video_sub"), None)


def test_whoever_signs_out_leaves_nothing_behind(page: Page) -> None:
    page.locator("summary[aria-label^='Account']").click()
    page.get_by_text("Sign out").click()
    page.get_by_label("Name").fill(NAME)
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("button[type=submit]").click()
    page.get_by_role("link", name="Add camera").first.click()
    expect(page.get_by_role("button", name="Find cameras")).to_be_visible()
    page.get_by_label("Address of one that does not answer").fill("192.0.2.10")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("User name")).to_have_value("")
    expect(page.get_by_label("Password")).to_have_value("")
