"""Rules in a real browser: drawn on the view, changed and removed; events that they made, and what was counted."""

import itertools
import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.pages import signed_in
from tests.running import Watchglass
from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import SystemClock, WallUs
from watchglass.model.count import Count
from watchglass.model.event import Change, Event, Happening, RuleKind
from watchglass.model.place import Direction, Point
from watchglass.model.vision import ObjectClass
from watchglass.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

LEARNT = 120.0  # seconds that a plate may take on a busy machine
# The view, or the plate while that is covered: on a busy machine it may be so for as long as this lasts.
_PICTURE = "() => document.querySelector('.draw video')?.videoWidth > 0 || document.querySelector('.draw img')"
HERE = ZoneInfo("Europe/Berlin")
SECOND = 1_000_000


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, a_street: Path, assets_folder: Path | None) -> Any:
    with Watchglass(tmp_path_factory.mktemp("rules") / "data", assets=assets_folder) as running:
        running.set_up()
        running.call("POST", "/api/cameras", {"name": "Front door", "url": str(a_street)})
        running.until("some seconds are kept", lambda: running.kept_us(1) > 8 * SECOND, LEARNT)
        yield running


@pytest.fixture(scope="module")
def page(system: Watchglass, browser: Browser) -> Iterator[Page]:
    with signed_in(
        system, browser, viewport={"width": 1280, "height": 900}, timezone_id=HERE.key, locale="en-GB"
    ) as page:
        page.on("pageerror", lambda error: _COMPLAINTS.append(str(error)))
        page.on("console", _note)
        yield page


EVER = WallUs(1 << 60)
_COMPLAINTS: list[str] = []


# What Chromium says of any answer that is not 200, of which one here is meant to be refused; and of a live view that was left
# before it was connected.
_MEANT = ("the server responded with a status of", "WebSocket is closed before the connection is established")


def _note(message: ConsoleMessage) -> None:
    if message.type in {"error", "warning"} and not any(words in message.text for words in _MEANT):
        _COMPLAINTS.append(message.text)


def rules(system: Watchglass) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = system.call("GET", "/api/cameras/1/rules")["rules"]
    return found


def near(told: list[float], wanted: tuple[float, float]) -> bool:
    """Within two pixels of a picture of 700."""
    return all(abs(one - other) < 0.004 for one, other in zip(told, wanted, strict=True))


def place(picture: Locator, x: float, y: float) -> tuple[float, float]:
    """A point of the picture, 0..1, on the screen."""
    box = picture.bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def looked_at(page: Page, artefacts: Path, name: str) -> None:
    """Screenshots as people see it: wide and narrow, dark and light. Nothing is wider than the screen."""
    looks: tuple[tuple[int, Literal["dark", "light"]], ...] = ((1280, "dark"), (390, "light"))
    for width, scheme in looks:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=artefacts / f"rules-{name}-{width}-{scheme}.png", full_page=True)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), name
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="dark")


def test_a_tripwire_is_drawn_on_the_view(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.goto(f"{system.address}/camera/1")
    expect(page.get_by_text("None yet: nothing makes events")).to_be_visible()
    page.get_by_role("link", name="Add a rule").click()
    page.get_by_label("What to look for").select_option("line crossing")
    page.wait_for_function(_PICTURE)
    picture = page.get_by_role("group", name="Line on the view")
    expect(page.get_by_role("button", name="Add rule")).to_be_disabled()
    page.mouse.click(*place(picture, 0.5, 0.8))
    page.mouse.click(*place(picture, 0.5, 0.2))
    first = page.get_by_role("button", name="First end, 50% from the left, 80% from the top")
    expect(first).to_be_visible()
    page.mouse.move(*place(picture, 0.5, 0.2))
    page.mouse.down()
    page.mouse.move(*place(picture, 0.55, 0.3), steps=4)
    page.mouse.up()
    first.focus()
    page.keyboard.press("Shift+ArrowLeft")  # five hundredths
    page.get_by_label("Name of the rule").fill("Way in")
    page.get_by_label("Name of the line").fill("Gate")
    page.get_by_label("Forward, the yellow arrow").check()
    looked_at(page, artefacts, "1-tripwire")
    page.get_by_role("button", name="Add rule").click()
    row = page.get_by_role("listitem", name="Way in")
    expect(row).to_contain_text("Gate: people from 60%, forward.")
    (rule,) = rules(system)
    assert (rule["kind"], rule["direction"], rule["threshold"], rule["tripwire"]["name"]) == (
        "line crossing",
        "forward",
        0.6,
        "Gate",
    )
    assert near(rule["tripwire"]["first"], (0.45, 0.8))
    assert near(rule["tripwire"]["second"], (0.55, 0.3))


def test_a_zone_is_drawn_that_does_not_cross_itself(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.get_by_role("link", name="Add a rule").click()
    picture = page.get_by_role("group", name="Zone on the view")
    page.wait_for_function(_PICTURE)
    for corner in ((0.2, 0.9), (0.8, 0.9), (0.8, 0.4)):
        page.mouse.click(*place(picture, *corner))
    page.mouse.click(*place(picture, 0.4, 0.95))  # across the first side
    alert = page.get_by_role("alert").filter(has_text="crosses itself")
    expect(alert).to_contain_text("Zone 'Zone' crosses itself: draw its corners one after another around it.")
    looked_at(page, artefacts, "2-crosses")
    page.mouse.click(*place(picture, 0.2, 0.4))
    expect(alert).to_have_count(0)
    page.mouse.click(*place(picture, 0.2, 0.9))  # the first one again
    expect(page.get_by_role("button", name="Close the zone")).to_have_count(0)
    page.get_by_label("Name of the rule").fill("Yard at night")
    page.get_by_label("Name of the zone").fill("Yard")
    page.get_by_label("Least score, in per cent").fill("60000")
    expect(page.get_by_text("The score is 5 to 95 per cent")).to_be_visible()
    expect(page.get_by_role("button", name="Add rule")).to_be_disabled()
    page.get_by_label("Least score, in per cent").fill("70")
    page.get_by_role("button", name="In certain hours only").click()
    looked_at(page, artefacts, "3-zone")
    page.get_by_role("button", name="Add rule").click()
    expect(page.get_by_role("listitem", name="Yard at night")).to_contain_text("people from 70%; mon-fri 08:00-16:00.")
    rule = rules(system)[1]
    assert (rule["kind"], rule["threshold"], rule["hours"]) == ("intrusion", 0.7, "mon-fri 08:00-16:00")
    wanted = ((0.2, 0.9), (0.8, 0.9), (0.8, 0.4), (0.2, 0.4))
    assert all(near(*pair) for pair in zip(rule["zone"]["corners"], wanted, strict=True))


def test_by_keyboard_alone(system: Watchglass, page: Page) -> None:
    """Corners are added by a button, moved by arrow keys and taken away by a key."""
    page.get_by_role("link", name="Edit Yard at night").click()
    page.get_by_role("button", name="Draw anew").click()
    for _ in range(4):
        page.get_by_role("button", name="Add a corner").focus()
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Corner 4"))).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name=re.compile("^Corner 3"))).to_be_focused()
    page.keyboard.press("Shift+ArrowRight")
    page.get_by_role("button", name="Close the zone").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("listitem", name="Yard at night")).to_be_visible()
    rule = rules(system)[1]
    assert rule["zone"] == {"name": "Yard", "corners": [[0.3, 0.3], [0.7, 0.3], [0.75, 0.7]]}
    assert rule["hours"] == "mon-fri 08:00-16:00"


def test_switched_off_and_what_the_server_refuses(system: Watchglass, page: Page, artefacts: Path) -> None:
    switch = page.get_by_role("switch", name="Rule Yard at night")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert [one["enabled"] for one in rules(system)] == [True, False]
    looked_at(page, artefacts, "4-list")
    page.get_by_role("link", name="Edit Yard at night").click()
    page.get_by_label("Name of the rule").fill("way in")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="has a rule called 'Way in' already")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()


def machine(system: Watchglass) -> Machine:
    """The catalogue that the running system has."""
    return open_machine(Settings(system.data), SystemClock())


def seen(rule: int, start: int, end: int | None, **changes: Any) -> Happening:
    kind, at = RuleKind.INTRUSION, Point(0.5, 0.5)
    found: dict[str, Any] = {"score": 0.83, "tracks": 2, "place": "Yard", "detail": ""} | changes
    event = Event(uuid.uuid4(), 1, rule, kind, WallUs(start), None if end is None else WallUs(end), at=at, **found)
    return Happening(Change.BEGAN, event, WallUs(end or start))


def silence(system: Watchglass) -> None:
    """From now on rules see nothing by themselves, and what they saw is gone: of buses there are none here."""
    for rule in rules(system):
        system.call("PATCH", f"/api/rules/{rule['id']}", {"classes": ["bus"]})
    kept, quiet = machine(system), itertools.count()

    def nothing_is_seen() -> bool:
        nonlocal quiet
        if kept.events.forget(EVER) or kept.events.lasting() or kept.counts.forget(EVER):
            quiet = itertools.count()
        return next(quiet) >= 10  # looks, and none has brought anything

    system.until("rules see nothing more", nothing_is_seen)


def test_events_are_listed_by_themselves_and_lead_to_the_recording(
    system: Watchglass, page: Page, artefacts: Path
) -> None:
    silence(system)
    page.get_by_role("link", name="Events", exact=True).click()
    expect(page.get_by_role("heading", name="No events")).to_be_visible()
    looked_at(page, artefacts, "5-no-events")
    moment = system.camera(1)["kept"]["from_us"] + 3 * SECOND
    machine(system).events.take(
        [
            seen(2, moment, moment + 4 * SECOND),
            seen(2, moment + 5 * SECOND, None, tracks=1),
            seen(99, moment - 10**6 * SECOND, moment - 10**6 * SECOND, place=""),
        ]
    )
    rows = page.get_by_role("list", name="Events").get_by_role("listitem")
    expect(rows).to_have_count(3)  # nobody loads the page anew
    expect(rows.nth(0)).to_contain_text("Now")
    for words in ("Yard at night", "Somebody in a zone: Yard", "Front door", "score 83%", "2 tracks", "4 sec long"):
        expect(rows.nth(1)).to_contain_text(words)
    expect(rows.nth(2)).to_contain_text("Rule 99, which was removed")
    expect(rows.nth(2)).to_contain_text("No recording")
    looked_at(page, artefacts, "6-events")
    page.get_by_label("Kind").select_option("queue")
    expect(page.get_by_text("Nothing was seen that is of what you chose above.")).to_be_visible()
    page.get_by_label("Kind").select_option("")
    page.get_by_label("Camera", exact=True).select_option("1")
    rows.nth(1).get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/camera/1\?at={moment}$"))
    expect(page.locator("video[aria-label^='Recorded']")).to_be_visible()
    timeline = page.get_by_role("slider", name="Timeline")
    expect(timeline).to_have_attribute("aria-valuetext", re.compile("Events?: Yard at night"))


def test_more_events_than_one_page(system: Watchglass, page: Page) -> None:
    long_ago = system.camera(1)["kept"]["from_us"] - 3600 * SECOND
    machine(system).events.take(seen(2, long_ago - n * SECOND, long_ago - n * SECOND) for n in range(60))
    page.get_by_role("link", name="Events of this camera").click()
    rows = page.get_by_role("list", name="Events").get_by_role("listitem")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show older events").click()
    expect(rows).to_have_count(63)
    expect(page.get_by_role("button", name="Show older events")).to_have_count(0)


def _clock_us(day: datetime, hour: int) -> WallUs:
    return WallUs(int(day.replace(hour=hour, minute=0, second=0, microsecond=0).timestamp()) * SECOND)


def test_counts_by_the_hour_and_as_a_file(system: Watchglass, page: Page, artefacts: Path) -> None:
    # A day before the camera was: what is counted of its street today is not known beforehand.
    day = datetime.fromtimestamp(system.camera(1)["kept"]["to_us"] / SECOND, HERE) - timedelta(days=3)
    forward, backward, person = Direction.FORWARD, Direction.BACKWARD, ObjectClass.PERSON
    hours = ((8, forward, 5), (8, backward, 2), (9, forward, 11), (12, backward, 7), (17, forward, 3))
    machine(system).counts.add(
        Count(1, 1, "Gate", person, way, _clock_us(day, hour), 1, number) for hour, way, number in hours
    )
    page.goto(f"{system.address}/camera/1")
    panel = page.get_by_role("region", name="Counts")
    panel.get_by_label("Day of the counts").fill(f"{day:%Y-%m-%d}")
    expect(panel).to_contain_text("Forward 19")
    expect(panel).to_contain_text("Backward 9")
    expect(panel.get_by_role("row", name="08:00")).to_contain_text("52")
    looked_at(page, artefacts, "7-counts")
    with page.expect_download() as downloading:
        panel.get_by_role("link", name="CSV by minute of Way in").click()
    assert downloading.value.path().read_text().count("Gate,person,") == 5
    panel.get_by_label("Day of the counts").fill("2020-01-01")
    expect(panel).to_contain_text("Nothing was counted on this day.")


def test_removed_once_somebody_says_yes(system: Watchglass, page: Page, artefacts: Path) -> None:
    row = page.get_by_role("listitem", name="Yard at night")
    row.get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog", name="Remove Yard at night?")
    expect(dialog).to_contain_text("What it saw and counted before stays.")
    page.screenshot(path=artefacts / "rules-8-remove.png")
    dialog.get_by_role("button", name="Remove", exact=True).click()
    expect(row).to_have_count(0)
    assert [one["name"] for one in rules(system)] == ["Way in"]
    assert _COMPLAINTS == []
