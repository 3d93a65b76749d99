"""An alert as its receiver has it: a real message with a link, opened in a real browser by somebody who is not signed in."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.footage import encode
from tests.alerting import SECRET, HttpReceiver
from tests.rtsp import RtspServer, needs_rtsp_server
from tests.running import NAME, Watchglass
from watchglass.app.machine import open_machine
from watchglass.base.clock import SystemClock
from watchglass.model.alert import AlertPolicy
from watchglass.model.camera import Source, SourceKind, ViewPolicy
from watchglass.model.channel import Webhook
from watchglass.model.event import RuleKind
from watchglass.model.place import Point, Tripwire
from watchglass.model.rule import Rule
from watchglass.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def desk() -> Iterator[HttpReceiver]:
    with HttpReceiver() as made:
        yield made


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, assets_folder: Path | None) -> Iterator[Watchglass]:
    with Watchglass(tmp_path_factory.mktemp("alerts") / "data", assets=assets_folder) as running:
        running.set_up()
        yield running


@pytest.fixture(params=[1280, 390], ids=["wide", "narrow"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Nobody is signed in."""
    context = browser.new_context(color_scheme="dark", viewport={"width": request.param, "height": 800})
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def sent(system: Watchglass, desk: HttpReceiver) -> tuple[int, str]:
    """An alert, and what stands after # in the link of its message."""
    if not system.call("GET", "/api/channels")["channels"]:
        channel = {"name": "Desk", "kind": "webhook", "settings": {"url": desk.url}, "secret": SECRET}
        system.call("POST", "/api/channels", channel)
    alert = system.call("POST", "/api/channels/1/test")["alert_id"]
    event = system.call("GET", f"/api/alerts/{alert}")["event_id"]
    system.until("the message has come", lambda: event in desk.taken)
    return alert, desk.taken[event]["data"]["link"].partition("#")[2]


def test_a_link_shows_the_alert_and_a_button_says_what_it_was(
    system: Watchglass, desk: HttpReceiver, page: Page, artefacts: Path
) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    alert, token = sent(system, desk)
    page.goto(f"{system.address}/alert#{token}")
    expect(page.get_by_role("heading", name="Test alert")).to_be_visible()
    expect(page.get_by_text(f"Sent by {NAME}.")).to_be_visible()
    assert system.call("GET", f"/api/alerts/{alert}")["verdict"] is None  # opening it says nothing

    page.get_by_role("button", name="Wrong").click()
    expect(page.get_by_role("status")).to_contain_text("You said that this alert was wrong.")
    page.get_by_role("button", name="Unclear").press("Enter")
    expect(page.get_by_role("button", name="Unclear")).to_have_attribute("aria-pressed", "true")
    assert system.call("GET", f"/api/alerts/{alert}")["verdict"]["judgement"] == "unclear"
    size = page.viewport_size
    assert size is not None
    page.screenshot(path=artefacts / f"alert-link-{size['width']}.png")
    assert complaints == []

    page.reload()
    expect(page.get_by_role("status")).to_contain_text("it is not clear")


def test_a_link_of_which_a_part_is_missing_says_so(system: Watchglass, desk: HttpReceiver, page: Page) -> None:
    _, token = sent(system, desk)
    page.goto(f"{system.address}/alert#{token[:-3]}")
    expect(page.get_by_text("This link is not one of ours, or a part of it is missing")).to_be_visible()
    expect(page.get_by_role("button", name="Right")).to_have_count(0)


class Watched:
    """A street before a real camera, and whoever is on duty: each who crosses a line is told of."""

    def __init__(self, system: Watchglass, desk: HttpReceiver) -> None:
        self.system, self.desk = system, desk

    def told(self) -> dict[str, Any]:
        """What any message says."""
        return next((one["data"] for one in self.desk.taken.values()), None) or self.crossed()

    def crossed(self) -> dict[str, Any]:
        """What a message says about somebody who crosses from now on, and is shown."""
        self.system.until("the view is shown", lambda: self.system.camera(1)["view"]["state"] == "shown", 120)
        before = set(self.desk.taken)
        self.system.until("somebody crossed a line", lambda: bool(self.desk.taken.keys() - before), 150)
        data: dict[str, Any] = self.desk.taken[next(iter(self.desk.taken.keys() - before))]["data"]
        return data


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, street: Path, person_model: Path) -> Iterator[Watched]:
    needs_rtsp_server()
    home = tmp_path_factory.mktemp("watched")
    with av.open(str(street)) as video:
        pictures = (one.reformat(640, 480, "yuv420p") for one in video.decode(video=0))
        encode(pictures, home / "street.mp4")
    machine = open_machine(Settings(home / "data"), SystemClock())
    with RtspServer({"/street": home / "street.mp4"}) as server, HttpReceiver() as desk:
        machine.cameras.add("Street", Source(SourceKind.RTSP, server.url("/street")))
        channel = machine.channels.add("Desk", Webhook(desk.url), SECRET).id
        for x in (0.3, 0.5, 0.7):
            wire = Tripwire(f"at {x}", Point(x, 1), Point(x, 0))
            rule = machine.rules.add(Rule(camera=1, name=f"Over {x}", kind=RuleKind.CROSSING, tripwire=wire))
            machine.policies.set(rule.id, AlertPolicy((channel,), group_seconds=0))
        with Watchglass(home / "data", "--watchers", "1", assets=person_model.parent) as system:
            system.set_up()
            yield Watched(system, desk)


def until_true(film: Locator, condition: str) -> None:
    """Of a video, which has no events that playwright waits for."""
    pause = threading.Event()
    for _ in range(120):
        if film.evaluate(f"film => {condition}"):
            return
        pause.wait(0.25)
    raise AssertionError(f"it did not come to pass that {condition}")


def test_a_link_shows_the_moment_and_a_clip_of_it(watched: Watched, page: Page, artefacts: Path) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    told = watched.crossed()
    token = told["link"].partition("#")[2]
    size = page.viewport_size
    assert size is not None
    page.goto(f"{watched.system.address}/alert#{token}")
    expect(page.get_by_role("heading", name="The view")).to_be_visible()
    page.screenshot(path=artefacts / f"alert-view-{size['width']}-early.png", full_page=True)

    still = page.get_by_role("img", name="The view of Street")
    expect(still).to_be_visible()
    until_true(still, "film.complete && film.naturalWidth === 640")
    film = page.get_by_label("Clip of the view of Street")
    until_true(film, "film.readyState >= 2")
    expect(page.get_by_text("gets longer by itself")).to_have_count(0, timeout=60_000)
    until_true(film, "film.readyState >= 2 && film.duration > 10 && film.duration < 23")  # 10 s: the camera began anew
    film.evaluate("film => film.play()")
    until_true(film, "film.currentTime > 0.5 && !film.error")
    film.evaluate("film => film.pause()")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=artefacts / f"alert-view-{size['width']}-{scheme}.png", full_page=True)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []
    assert [one for one in asked if token in one or "look." in one] == []  # in no address
    assert "look." not in watched.system.log()
    assert page.context.cookies() == []


def test_a_camera_that_keeps_counts_only_shows_nothing(watched: Watched, page: Page, artefacts: Path) -> None:
    told = watched.told()
    machine = open_machine(Settings(watched.system.data), SystemClock())
    machine.cameras.set_policy(1, ViewPolicy.COUNTS)
    page.goto(f"{watched.system.address}/alert#{told['link'].partition('#')[2]}")
    expect(page.get_by_text("This camera keeps counts only.")).to_be_visible()
    expect(page.locator("img, video")).to_have_count(0)
    expect(page.get_by_role("button", name="Right")).to_be_visible()
    assert page.viewport_size
    page.screenshot(path=artefacts / f"alert-view-{page.viewport_size['width']}-counts.png", full_page=True)
