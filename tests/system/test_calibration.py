"""Calibrations in a real browser: four points of the ground set on the view, by pointer and by keyboard, with their metres."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.pages import signed_in
from tests.running import Watchglass
from watchglass.app.machine import open_machine
from watchglass.base.clock import SystemClock
from watchglass.model.rule import Rule
from watchglass.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

# The view, or the plate while that is covered.
_PICTURE = "() => document.querySelector('.draw video')?.videoWidth > 0 || document.querySelector('.draw img')"
_MEANT = ("the server responded with a status of", "WebSocket is closed before the connection is established")
_COMPLAINTS: list[str] = []
ROAD = ((0.2, 0.9), (0.8, 0.9), (0.6, 0.4), (0.4, 0.4))
LANE: dict[str, Any] = {
    "name": "By command",
    "kind": "speed",
    "kmh": 33.3,
    "zone": {"name": "Lane", "corners": [[0.3, 0.9], [0.5, 0.9], [0.5, 0.4]]},
    "calibration": {
        "image": [[0.2000001, 0.91], [0.83333333, 0.9], [0.6, 0.3], [0.4, 0.3]],
        "ground": [[-1.23456789, 0.0], [10.0, 0.5], [10.1, 40.0], [0.0, 39.999]],
    },
}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, a_street: Path, assets_folder: Path | None) -> Any:
    with Watchglass(tmp_path_factory.mktemp("calibration") / "data", assets=assets_folder) as running:
        running.set_up()
        running.call("POST", "/api/cameras", {"name": "High street", "url": str(a_street)})
        running.until("something is kept", lambda: running.kept_us(1) > 0, 120.0)
        yield running


@pytest.fixture(scope="module")
def page(system: Watchglass, browser: Browser) -> Iterator[Page]:
    with signed_in(system, browser, viewport={"width": 1280, "height": 900}, locale="en-GB") as page:
        page.on("pageerror", lambda error: _COMPLAINTS.append(str(error)))
        page.on(
            "console",
            lambda said: (
                _COMPLAINTS.append(said.text)
                if said.type in {"error", "warning"} and not any(words in said.text for words in _MEANT)
                else None
            ),
        )
        yield page


def kept(system: Watchglass) -> list[Rule]:
    """As the catalogue has them."""
    return open_machine(Settings(system.data), SystemClock()).rules.of(1)


def ground(rule: Rule) -> list[tuple[float, float]]:
    assert rule.calibration
    return [(place.x, place.y) for place in rule.calibration.ground]


def image(rule: Rule) -> list[tuple[float, float]]:
    assert rule.calibration
    return [(point.x, point.y) for point in rule.calibration.image]


def on_screen(picture: Locator, x: float, y: float) -> tuple[float, float]:
    """A point of the picture, 0..1."""
    box = picture.bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def looked_at(page: Page, artefacts: Path, name: str) -> None:
    """Screenshots as people see it: wide and narrow, dark and light. Nothing is wider than the screen."""
    for width, scheme in ((1280, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.screenshot(path=artefacts / f"calibration-{name}-{width}-{scheme}.png", full_page=True)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), name
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="dark")


def test_a_rectangle_is_set_by_pointer(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.goto(f"{system.address}/camera/1/rules/new")
    page.get_by_label("What to look for").select_option("speed")
    page.wait_for_function(_PICTURE)
    picture = page.get_by_role("group", name="Ground on the view")
    expect(page.get_by_text("Set four points on the ground in the picture.")).to_be_visible()
    looked_at(page, artefacts, "1-empty")
    for point in (ROAD[0], ROAD[2], ROAD[1]):
        page.mouse.click(*on_screen(picture, *point))
    page.mouse.click(*on_screen(picture, *ROAD[3]))  # not round the ground, but across it
    alert = page.get_by_role("alert").filter(has_text="must go round a piece of ground")
    expect(alert).to_contain_text("set them one after another around it")
    looked_at(page, artefacts, "2-crosses")
    page.get_by_role("button", name="Draw anew").click()
    for point in ROAD[:3]:
        page.mouse.click(*on_screen(picture, *point))
    page.mouse.click(*on_screen(picture, 0.7, 0.65))
    expect(
        page.get_by_role("alert").filter(has_text="Points 2, 3 and 4 of the calibration are in line")
    ).to_be_visible()
    page.mouse.click(*on_screen(picture, 0.35, 0.5))
    page.mouse.move(*on_screen(picture, 0.35, 0.5))
    page.mouse.down()
    page.mouse.move(*on_screen(picture, *ROAD[3]), steps=4)
    page.mouse.up()
    expect(page.get_by_role("alert").filter(has_text="calibration")).to_have_count(0)
    expect(page.get_by_text("Give the metres from point 1 to point 2")).to_be_visible()
    page.get_by_label("From 1 to 2, in metres").fill("0")
    page.get_by_label("From 2 to 3, in metres").fill("30")
    expect(page.get_by_text("take points that are 1 to 1000 m apart")).to_be_visible()
    page.get_by_label("From 1 to 2, in metres").fill("7.5")
    page.get_by_label("Faster than, in km/h").fill("50")
    expect(page.get_by_text("The picture shows squares of 2 m")).to_be_visible()
    expect(page.get_by_text(re.compile(r"A vehicle at 50 km/h is told as 50, give or take \d"))).to_be_visible()
    assert page.locator(".draw-grid line").count() == 3 + 14
    assert page.locator(".draw-length").all_inner_texts() == ["7.5 m", "30 m", "7.5 m", "30 m"]
    page.get_by_label("Name of the rule").fill("Too fast")
    looked_at(page, artefacts, "3-set")
    page.get_by_role("button", name="Add rule").click()
    expect(page.get_by_role("listitem", name="Too fast")).to_contain_text(
        "Measured ground: vehicles from 60%, faster than 50 km/h."
    )
    (rule,) = kept(system)
    assert (rule.kmh, rule.zone, ground(rule)) == (50.0, None, [(0, 0), (7.5, 0), (7.5, 30), (0, 30)])
    for set_one, wanted in zip(image(rule), ROAD, strict=True):
        assert set_one == pytest.approx(wanted, abs=0.004)


def test_by_keyboard_alone_each_with_its_place(system: Watchglass, page: Page) -> None:
    page.get_by_role("link", name="Edit Too fast").click()
    page.get_by_role("button", name="Draw anew").press("Enter")
    for number in range(1, 5):
        page.get_by_role("button", name=f"Add point {number}").press("Enter")
        expect(page.get_by_role("button", name=re.compile(f"^Point {number},"))).to_be_focused()
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Add point 4").press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Point 4,"))).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowLeft")
    page.get_by_role("button", name=re.compile("^Point 1,")).focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("alert").filter(has_text="Take point 4 away first")).to_be_visible()
    page.get_by_label("Each point has a place of its own").press("Space")
    page.get_by_label("Point 1, metres across").fill("-0.5")
    page.get_by_label("Point 4, metres ahead").fill("")
    expect(page.get_by_text("Give both metres of point 4.")).to_be_visible()
    page.get_by_label("Point 4, metres ahead").fill("28")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("listitem", name="Too fast")).to_be_visible()
    (rule,) = kept(system)
    assert ground(rule) == [(-0.5, 0), (7.5, 0), (7.5, 30), (0, 28)]
    assert image(rule) == [(0.3, 0.8), (0.7, 0.8), (0.6, 0.4), (0.39, 0.398)]


def test_one_that_was_made_elsewhere_is_shown_and_stays_as_it_is(
    system: Watchglass, page: Page, artefacts: Path
) -> None:
    system.call("POST", "/api/cameras/1/rules", LANE)
    page.goto(f"{system.address}/camera/1")
    page.get_by_role("link", name="Edit By command").click()
    page.wait_for_function(_PICTURE)
    expect(page.get_by_label("Point 1, metres across")).to_have_value("-1.23456789")
    expect(page.get_by_label("Faster than, in km/h")).to_have_value("33.3")
    looked_at(page, artefacts, "4-elsewhere")
    page.get_by_label("Draw the zone").check()
    expect(page.get_by_role("group", name="Zone on the view")).to_be_visible()
    looked_at(page, artefacts, "5-zone")
    before = kept(system)[1]
    page.get_by_label("Name of the rule").fill("By hand")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("listitem", name="By hand")).to_contain_text(
        "Lane: vehicles from 60%, faster than 33.3 km/h."
    )
    after = kept(system)[1]
    assert (after.calibration, after.zone, after.kmh) == (before.calibration, before.zone, before.kmh)
    assert image(after)[0] == (0.2000001, 0.91)
    assert _COMPLAINTS == []
