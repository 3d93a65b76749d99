"""Footage that somebody must keep, in a real browser: held from the camera's page, extended, released, of all cameras."""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.pages import signed_in
from tests.running import NAME, Watchglass

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

LEARNT = 120.0  # seconds that a plate may take on a busy machine
DAY_US = 86_400_000_000
HERE = ZoneInfo("Europe/Berlin")  # where the browser is; the recorder may be anywhere


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, a_street: Path, assets_folder: Path | None) -> Any:
    with Watchglass(tmp_path_factory.mktemp("holds") / "data", assets=assets_folder) as running:
        running.set_up()
        running.call("POST", "/api/cameras", {"name": "Front door", "url": str(a_street)})
        running.call("POST", "/api/cameras", {"name": "Yard", "url": str(a_street)})
        running.call("PATCH", "/api/cameras/2", {"enabled": False})  # two names, the work of one
        running.until("a quarter of a minute is kept", lambda: running.kept_us(1) > 15_000_000, LEARNT)
        yield running


@pytest.fixture(scope="module")
def page(system: Watchglass, browser: Browser) -> Iterator[Page]:
    with signed_in(
        system, browser, viewport={"width": 1440, "height": 900}, timezone_id=HERE.key, locale="en-GB"
    ) as page:
        page.on("pageerror", lambda error: _COMPLAINTS.append(str(error)))
        page.on("console", _note)
        yield page


_COMPLAINTS: list[str] = []


def _note(message: ConsoleMessage) -> None:
    # Chromium says the first of any answer that is not 200, of which one here is meant to be refused.
    if message.type in {"error", "warning"} and "the server responded with a status of" not in message.text:
        _COMPLAINTS.append(message.text)


def hold(system: Watchglass, number: int) -> dict[str, Any]:
    """A hold as the server has it."""
    found: dict[str, Any] = next(one for one in system.call("GET", "/api/holds")["holds"] if one["id"] == number)
    return found


def local(us: int) -> datetime:
    return datetime.fromtimestamp(us // 1_000_000, HERE)


def card(page: Page, number: int) -> Locator:
    return page.get_by_role("listitem", name=f"Hold {number}", exact=True)


def test_held_from_the_page_of_a_camera(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.goto(f"{system.address}/camera/1")
    timeline = page.get_by_role("slider", name="Timeline")
    timeline.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")  # five seconds each
    expect(page.locator("video[aria-label^='Recorded']")).to_be_visible()
    page.get_by_label("Pause (space)").click()
    timeline.focus()
    for key in ("i", "ArrowRight", "o"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Keep this footage").click()
    dialog = page.get_by_role("dialog", name="Keep this footage")
    expect(dialog).to_contain_text("Front door")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    expect(dialog.get_by_role("button", name="Set hold")).to_be_disabled()
    page.keyboard.type("Case 12: bicycle")
    dialog.get_by_label("90 days").check()
    page.screenshot(path=artefacts / "holds-1-set.png")
    dialog.get_by_role("button", name="Set hold").click()
    expect(page.get_by_role("status").filter(has_text="Held until")).to_be_visible()
    set_ = hold(system, 1)
    assert (set_["camera_id"], set_["reason"], set_["owner"]) == (1, "Case 12: bicycle", NAME)
    assert 4_000_000 <= set_["to_us"] - set_["from_us"] <= 7_000_000
    # An hour more or less where clocks are set in between.
    assert abs(set_["until_us"] - set_["set_us"] - 90 * DAY_US) < 7_200_000_000
    timeline.focus()
    page.keyboard.press("ArrowLeft")
    expect(timeline).to_have_attribute("aria-valuetext", re.compile("Held until .*: Case 12: bicycle$"))
    page.screenshot(path=artefacts / "holds-2-camera.png")


def test_listed_and_extended(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.get_by_role("link", name="See all holds").click()
    for words in ("Front door", "Case 12: bicycle", "Active. Lapses in 90 days", f"by {NAME}"):
        expect(card(page, 1)).to_contain_text(words)
    page.screenshot(path=artefacts / "holds-3-list.png")
    lapses = local(hold(system, 1)["until_us"]).date()
    page.get_by_role("button", name="Extend hold 1").click()
    dialog = page.get_by_role("dialog", name="Extend hold 1")
    dialog.get_by_label("A date").check()
    dialog.get_by_label("Last day").fill(str(lapses - timedelta(days=1)))
    expect(dialog.get_by_text("already: choose a later day")).to_be_visible()
    expect(dialog.get_by_role("button", name="Extend")).to_be_disabled()
    later = lapses + timedelta(days=10)
    dialog.get_by_label("Last day").fill(str(later))
    dialog.get_by_role("button", name="Extend").click()
    expect(page.get_by_role("status").filter(has_text="Hold 1 now lasts until")).to_be_visible()
    expect(card(page, 1)).to_contain_text(re.compile("Lapses in 10[01] days"))
    end_of_day = datetime.combine(later, time(23, 59, 59), HERE)
    assert hold(system, 1)["until_us"] == int(end_of_day.timestamp()) * 1_000_000


def test_released_once_somebody_says_yes(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.get_by_role("button", name="Release hold 1").click()
    dialog = page.get_by_role("dialog", name="Release hold 1?")
    expect(dialog).to_contain_text("deleted within a minute")
    page.screenshot(path=artefacts / "holds-4-release.png")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Release hold 1")).to_be_focused()
    assert hold(system, 1)["state"] == "active"
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Hold 1 is released.")).to_be_focused()
    released = hold(system, 1)
    assert (released["state"], released["released_by"]) == ("released", NAME)
    expect(page.get_by_role("heading", name="Nothing is held")).to_be_visible()
    expect(card(page, 1)).to_be_hidden()  # folded away
    page.get_by_text("Over (1)").click()
    expect(card(page, 1)).to_contain_text(f"by {NAME}")
    expect(card(page, 1).get_by_role("button")).to_have_count(0)


def test_of_all_cameras_and_back_to_what_is_held(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.get_by_role("button", name="Keep footage").click()
    dialog = page.get_by_role("dialog", name="Keep footage")
    expect(dialog.get_by_label("Camera")).to_have_value("")
    dialog.get_by_label("From").fill("2020-01-01T00:00")
    dialog.get_by_label("To").fill("2020-01-02T00:00")
    expect(dialog.get_by_text("Nothing is kept of this footage")).to_be_visible()
    dialog.get_by_label("To").fill("2019-12-31T00:00")
    expect(dialog.get_by_text("The end must be at least a second after the start.")).to_be_visible()
    ahead = local(hold(system, 1)["set_us"] + DAY_US)
    dialog.get_by_label("To").fill(f"{ahead:%Y-%m-%dT%H:%M}")
    dialog.get_by_label("Reason").fill("Inquiry into the storm")
    page.screenshot(path=artefacts / "holds-5-all-cameras.png")
    dialog.get_by_role("button", name="Set hold").click()
    expect(page.get_by_role("status").filter(has_text="Hold 2 of all cameras is set")).to_be_visible()
    began = datetime(2020, 1, 1, tzinfo=HERE)
    assert (hold(system, 2)["camera_id"], hold(system, 2)["from_us"]) == (None, int(began.timestamp()) * 1_000_000)
    expect(card(page, 2).get_by_role("link", name="Yard")).to_have_count(0)  # of it there is no view
    card(page, 2).get_by_role("link", name="Front door").click()
    expect(page).to_have_url(re.compile(rf"/camera/1\?at={system.camera(1)['kept']['from_us']}$"))
    expect(page.locator("video[aria-label^='Recorded']")).to_be_visible()
    expect(page.get_by_text("By one hold, until")).to_be_visible()


def test_what_the_server_refuses_is_said_in_place(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.get_by_role("link", name="Holds", exact=True).first.click()
    page.get_by_role("button", name="Extend hold 2").click()
    system.call("POST", "/api/holds/2/release")  # meanwhile, by somebody else
    dialog = page.get_by_role("dialog", name="Extend hold 2")
    dialog.get_by_role("button", name="Extend").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Hold 2 was released by")
    page.screenshot(path=artefacts / "holds-6-refused.png")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert _COMPLAINTS == []
