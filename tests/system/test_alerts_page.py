"""Alerts in a real browser: channels set up, a rule's alerts sent to a real receiver, taken, judged and snoozed, and what was below the threshold."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.alerting import SECRET, HttpReceiver
from tests.pages import signed_in
from tests.running import NAME, Watchglass
from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import SystemClock, WallUs
from watchglass.model.alert import Judgement
from watchglass.model.event import Change, Event, Happening, RuleKind
from watchglass.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

LEARNT = 120.0  # seconds that a plate may take on a busy machine
SECOND = 1_000_000
MINUTE = 60 * SECOND
_COMPLAINTS: list[str] = []


class Desk(HttpReceiver):
    """A receiver that can be told to refuse."""

    def __init__(self) -> None:
        self.status = 200
        super().__init__(lambda _id: self.status)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with Desk() as made:
        yield made


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, a_street: Path, assets_folder: Path | None
) -> Iterator[Watchglass]:
    with Watchglass(tmp_path_factory.mktemp("duty") / "data", assets=assets_folder) as running:
        running.set_up()
        running.call("POST", "/api/cameras", {"name": "Front door", "url": str(a_street)})
        running.until("some seconds are kept", lambda: running.kept_us(1) > 4 * SECOND, LEARNT)
        # Of buses there are none here: it sees nothing by itself.
        zone = {"name": "Yard", "corners": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]}
        rule = {"name": "Yard at night", "kind": "intrusion", "zone": zone, "classes": ["bus"]}
        running.call("POST", "/api/cameras/1/rules", rule)
        yield running


@pytest.fixture(scope="module")
def page(system: Watchglass, browser: Browser) -> Iterator[Page]:
    with signed_in(
        system, browser, viewport={"width": 1280, "height": 900}, timezone_id="Europe/Berlin", locale="en-GB"
    ) as page:
        page.on("pageerror", lambda error: _COMPLAINTS.append(str(error)))
        page.on("console", _note)
        yield page


# What Chromium says of any answer that is not 200, of which some here are meant to be refused; and of a live view that was left
# before it was connected.
_MEANT = (
    "the server responded with a status of",
    "WebSocket is closed before the connection is established",
    "net::ERR_FAILED",  # where a test cuts the line
)


def _note(message: ConsoleMessage) -> None:
    if message.type in {"error", "warning"} and not any(words in message.text for words in _MEANT):
        _COMPLAINTS.append(message.text)


def looked_at(page: Page, artefacts: Path, name: str) -> None:
    """Screenshots as people see it: wide and narrow, dark and light. Nothing is wider than the screen."""
    looks: tuple[tuple[int, Literal["dark", "light"]], ...] = ((1280, "dark"), (390, "light"))
    for width, scheme in looks:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=artefacts / f"alerts-{name}-{width}-{scheme}.png", full_page=True)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), name
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="dark")


def machine(system: Watchglass) -> Machine:
    """The catalogue that the running system has."""
    return open_machine(Settings(system.data), SystemClock())


def happens(system: Watchglass, ago: int = 0, **changes: Any) -> Event:
    """The rule sees something; `ago` microseconds before the newest that is kept."""
    start = WallUs(system.camera(1)["kept"]["to_us"] - SECOND - ago)
    values: dict[str, Any] = {
        "score": 0.83,
        "tracks": 2,
        "place": "Yard",
        "detail": "Two people in the yard.",
    } | changes
    event = Event(uuid.uuid4(), 1, 1, RuleKind.INTRUSION, start, None, **values)
    machine(system).outbox.take(event, "Yard at night", "Front door")
    return event


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Alerts").locator(".alert")


def field(page: Page, label: str) -> Locator:
    """An input with its label and what is wrong with it."""
    return page.locator(".field").filter(has=page.get_by_label(label))


def alerting(system: Watchglass) -> dict[str, Any]:
    found: dict[str, Any] = system.call("GET", "/api/rules/1/alerting")
    return found


def test_a_channel_is_added_and_what_is_wrong_stands_beside_its_field(
    system: Watchglass, desk: Desk, page: Page, artefacts: Path
) -> None:
    page.goto(f"{system.address}/alerts")
    expect(page.get_by_role("heading", name="No alerts")).to_be_visible()
    looked_at(page, artefacts, "1-none")
    page.get_by_role("link", name="Add a channel").click()
    expect(page.get_by_text("No channel yet: alerts are on the console alone.")).to_be_visible()
    page.get_by_role("button", name="Add a channel").click()
    form = page.get_by_role("dialog", name="Add a channel")
    form.get_by_label("Kind").select_option("mqtt")
    looked_at(page, artefacts, "2-mqtt")
    form.get_by_label("Kind").select_option("webhook")
    form.get_by_label("Name").fill("Desk")
    form.get_by_label("Address").fill("desk.example.org")
    form.get_by_role("button", name="Add channel").click()
    address = form.get_by_label("Address")
    expect(address).to_have_attribute("aria-invalid", "true")
    expect(field(page, "Address")).to_contain_text("begins with http://, or https://")
    address.fill(desk.url)
    form.get_by_label("Signing key").fill("too short")
    form.get_by_role("button", name="Add channel").click()
    key = form.get_by_label("Signing key")
    expect(field(page, "Signing key")).to_contain_text("written as whsec_ and 24 to 64 bytes")
    looked_at(page, artefacts, "3-wrong")
    key.fill(SECRET)
    form.get_by_role("button", name="Add channel").click()
    expect(page.get_by_text("Desk was added. Send a test to see that it works.")).to_be_visible()
    assert [one["name"] for one in system.call("GET", "/api/channels")["channels"]] == ["Desk"]


def test_a_test_alert_arrives_or_says_why_not(system: Watchglass, desk: Desk, page: Page, artefacts: Path) -> None:
    card = page.get_by_role("listitem", name="Desk")
    card.get_by_role("button", name="Send a test").click()
    expect(card.get_by_role("status")).to_contain_text(re.compile(r"Delivered at \d\d:\d\d:\d\d\."))
    assert len(desk.taken) == 2  # what came before it was kept, and this
    assert desk.bad_signatures == 0
    desk.status = 410
    card.get_by_role("button", name="Send a test").click()
    expect(card.get_by_role("status")).to_contain_text("ot delivered")
    expect(card.get_by_role("status")).to_contain_text("410")
    looked_at(page, artefacts, "4-channels")
    desk.status = 200


def test_a_channel_is_changed_switched_off_and_removed(system: Watchglass, page: Page) -> None:
    page.get_by_role("button", name="Add a channel").click()
    form = page.get_by_role("dialog", name="Add a channel")
    form.get_by_label("Name").fill("Spare")
    form.get_by_label("Address").fill("https://spare.example.org/")
    form.get_by_role("button", name="Add channel").click()
    key = page.locator(".new-key code")
    expect(key).to_contain_text("whsec_")  # made for us, and shown this once
    page.get_by_role("button", name="I have it").click()
    expect(key).to_have_count(0)

    page.get_by_role("button", name="Change Spare").click()
    form = page.get_by_role("dialog", name="Change Spare")
    expect(form.get_by_label("Signing key")).to_have_value("")
    form.get_by_label("Address").fill("https://other.example.org/")
    form.get_by_role("button", name="Save").click()
    expect(field(page, "Signing key")).to_contain_text("enter its password or key again")
    form.get_by_label("Address").fill("https://spare.example.org/")
    form.get_by_label("Name").fill("Second desk")
    form.get_by_role("button", name="Save").click()
    switch = page.get_by_role("switch", name="Channel Second desk")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(page.get_by_role("button", name="Send a test to Second desk")).to_be_disabled()
    told = system.call("GET", "/api/channels")["channels"][1]
    assert (told["name"], told["enabled"]) == ("Second desk", False)

    page.get_by_role("button", name="Remove Second desk").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("listitem", name="Second desk")).to_have_count(0)
    assert len(system.call("GET", "/api/channels")["channels"]) == 1


def test_a_rule_says_whom_it_tells(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.goto(f"{system.address}/camera/1")
    page.get_by_role("link", name="Alerts of Yard at night").click()
    expect(page.get_by_role("heading", name="Alerts of Yard at night")).to_be_visible()
    expect(page.get_by_text("Not known yet")).to_be_visible()
    page.get_by_role("group", name="Told at once").get_by_label("Desk").check()
    page.get_by_label("Join events within, in seconds").fill("0")
    page.get_by_role("button", name=re.compile("^Add hours +armed in")).click()
    page.get_by_label("Always, whatever the hours").check()
    page.get_by_label("Tell others when nobody takes an alert").check()
    save = page.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    expect(page.get_by_role("alert").filter(has_text="Choose who is told when nobody takes an alert.")).to_be_visible()
    page.get_by_role("group", name="Told then").get_by_label("Desk").check()
    page.get_by_label("After so many minutes").fill("30")
    looked_at(page, artefacts, "5-policy")
    save.click()
    expect(page.get_by_text("Saved. It holds from the next event on.")).to_be_visible()
    told = alerting(system)
    assert (told["channels"], told["arming"], told["hours"], told["group_seconds"]) == (
        [1],
        "on",
        "mon-fri 08:00-16:00",
        0,
    )
    assert (told["escalate_minutes"], told["escalation"]) == (30, [1])


def test_an_alert_comes_by_itself_and_is_taken_by_keyboard(
    system: Watchglass, desk: Desk, page: Page, artefacts: Path
) -> None:
    page.goto(f"{system.address}/alerts")
    expect(rows(page)).to_have_count(2)  # the tests
    expect(
        page.get_by_role("link", name="Alerts", exact=True)
    ).to_be_visible()  # without a number: tests are not to be taken
    desk.status = 410
    refused = happens(system, 2 * SECOND)
    expect(rows(page)).to_have_count(3)
    expect(rows(page).first).to_contain_text("Not delivered to Desk.")
    desk.status = 200
    event = happens(system)
    system.until("the message has come", lambda: str(event.id) in desk.taken)
    first = rows(page).first
    for words in (
        "Yard at night",
        "Somebody in a zone: Yard. Two people in the yard.",
        "Front door, score 83%",
        "2 tracks",
    ):
        expect(first).to_contain_text(words)
    expect(first).to_contain_text("Delivered to Desk.")
    expect(first).to_contain_text(re.compile(r"Others are told at \d\d:\d\d if nobody takes it\."))
    expect(page.get_by_role("link", name="Alerts 2 not taken")).to_be_visible()
    looked_at(page, artefacts, "6-alerts")
    first.get_by_role("button", name="Take").press("Enter")
    expect(first).to_contain_text(f"Taken by {NAME}")
    expect(first.locator(".alert-taken")).to_be_focused()
    expect(first).not_to_contain_text("Others are told")
    expect(page.get_by_role("link", name="Alerts 1 not taken")).to_be_visible()
    first.get_by_role("button", name="Right").click()
    expect(first.get_by_role("button", name="Right")).to_have_attribute("aria-pressed", "true")
    second = rows(page).nth(1)
    second.get_by_role("button", name="Wrong").click()  # who judges has taken it
    expect(second).to_contain_text(f"Taken by {NAME}")
    expect(page.get_by_role("link", name="Alerts", exact=True)).to_be_visible()
    said = {one["event_id"]: one["verdict"] for one in system.call("GET", "/api/alerts")["alerts"]}
    assert said[str(event.id)]["judgement"] == "right"
    assert said[str(refused.id)]["judgement"] == "wrong"
    first.get_by_role("link", name="See it").click()
    expect(page).to_have_url(re.compile(rf"/camera/1\?at={event.start}$"))
    expect(page.locator("video[aria-label^='Recorded']")).to_be_visible()


def test_a_rule_is_snoozed_and_its_alerts_are_here_alone(
    system: Watchglass, desk: Desk, page: Page, artefacts: Path
) -> None:
    page.get_by_role("link", name="Alerts", exact=True).click()
    first = rows(page).first
    first.get_by_role("button", name="Snooze the rule").click()
    expect(first.get_by_role("button", name="15 minutes")).to_be_focused()
    page.keyboard.press("Escape")
    expect(first.get_by_role("button", name="Snooze the rule")).to_be_focused()
    page.keyboard.press("Enter")
    first.get_by_role("button", name="1 hour").click()
    snoozed = page.get_by_role("list", name="Snoozed rules")
    expect(snoozed).to_contain_text("Yard at night is snoozed until")
    assert alerting(system)["channels"] == [1]  # the rest is as it was
    event = happens(system)
    expect(rows(page).first).to_contain_text("Nobody else was told: the rule was snoozed.")
    assert str(event.id) not in desk.taken
    looked_at(page, artefacts, "7-snoozed")
    page.get_by_role("button", name="End snooze of Yard at night").click()
    expect(snoozed).to_have_count(0)
    assert alerting(system)["snoozed_until_us"] is None


def test_how_often_it_was_right_and_a_threshold_that_is_suggested(
    system: Watchglass, page: Page, artefacts: Path
) -> None:
    alerts = machine(system).alerts
    page.goto(f"{system.address}/camera/1/rules/1/alerts")
    for number in range(60):
        low = number % 2 == 0
        event = happens(system, number * MINUTE, score=0.64 if low else 0.9)
        alerts.judge(event.id, Judgement.WRONG if low else Judgement.RIGHT, NAME)
    page.reload()
    panel = page.get_by_role("region", name="How often it was right")
    expect(panel).to_contain_text("31 of 62 that were judged were right: 50%.")
    expect(panel.get_by_role("row", name="80%")).to_contain_text("97%")
    expect(panel).to_contain_text("Suggested:")
    slider = panel.get_by_role("slider", name="Threshold")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^At 60% you would have had 63 alerts"))
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^At 65% you would have had 33 alerts"))
    looked_at(page, artefacts, "8-precision")
    panel.get_by_role("button", name=re.compile("^Set the threshold to 65%")).click()
    expect(page.get_by_label("Least score of an alert, in per cent")).to_have_value("65")
    assert alerting(system)["threshold"] == 0.65


def below(system: Watchglass, ago: int, score: float) -> Event:
    """The rule sees something with too low a score, written down as the watcher does it: the notifier finds it."""
    start = WallUs(system.camera(1)["kept"]["to_us"] - ago)
    end = WallUs(start + 2 * SECOND)
    event = Event(uuid.uuid4(), 1, 1, RuleKind.INTRUSION, start, end, score, 1, "Yard", None, "Somebody, perhaps.")
    machine(system).events.take([Happening(Change.BEGAN, event, end)])
    return event


def waiting(system: Watchglass) -> list[str]:
    """What is to be looked at below the threshold."""
    return [one["id"] for one in system.call("GET", "/api/rules/1/samples")["events"]]


def test_a_share_of_what_was_below_the_threshold_is_switched_on(
    system: Watchglass, page: Page, artefacts: Path
) -> None:
    page.goto(f"{system.address}/camera/1/rules/1/alerts")
    below(system, 40 * SECOND, 0.5)  # before anybody agreed to look at any
    samples = page.get_by_role("region", name="Below the threshold: look at these")
    expect(samples).to_contain_text("Nothing to look at. Nobody is told of what is below the threshold")
    looked_at(page, artefacts, "9-nothing-drawn")
    samples.get_by_role("button", name="Go to where it is switched on").press("Enter")
    switch = page.get_by_label("Also look at a share of what was below the threshold")
    expect(switch).to_be_focused()
    expect(switch).not_to_be_checked()
    page.keyboard.press("Space")
    share = page.get_by_label("Share of it, in per cent")
    expect(share).to_have_value("10")
    expect(field(page, "Share of it")).to_contain_text("that makes less than one a week to look at.")
    share.fill("101")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    share.fill("100")
    expect(field(page, "Share of it")).to_contain_text("that makes about 1 a week to look at.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It holds from the next event on.")).to_be_visible()
    assert alerting(system)["sample_share"] == 1.0
    assert alerting(system)["threshold"] == 0.65
    expect(samples).to_contain_text("100% of what is below the threshold is drawn at random and comes here")
    assert waiting(system) == []


def test_what_was_drawn_is_looked_at_one_after_the_other(
    system: Watchglass, desk: Desk, page: Page, artefacts: Path
) -> None:
    sent = len(desk.taken)
    drawn = [below(system, ago * SECOND, score) for ago, score in ((30, 0.41), (25, 0.42), (20, 0.43), (15, 0.44))]
    system.until("all were drawn", lambda: len(waiting(system)) == 4)
    page.reload()
    samples = page.get_by_role("region", name="Below the threshold: look at these")
    expect(samples).to_contain_text("4 to look at")
    for words in ("Somebody in a zone: Yard. Somebody, perhaps.", "Front door, score 41%, 1 track, 2 sec long"):
        expect(samples).to_contain_text(words)
    film = samples.get_by_label("The view when it happened")
    expect(film).to_be_visible(timeout=30_000)
    page.wait_for_function("() => document.querySelector('video.sample-film').currentTime > 0.5")
    looked_at(page, artefacts, "10-drawn")

    samples.get_by_role("button", name="Wrong").press("Enter")
    expect(samples).to_contain_text("score 42%")
    expect(samples).to_contain_text("3 to look at")
    expect(samples.locator(".samples-place")).to_be_focused()  # no second press judges the next one unseen
    page.keyboard.press("Enter")
    expect(samples.get_by_role("status")).to_contain_text(re.compile(r"The one before, .*: wrong\."))
    samples.get_by_role("button", name="Look at it again").click()
    expect(samples).to_contain_text("score 41%")
    samples.get_by_role("button", name="Right").click()
    expect(samples).to_contain_text("score 42%")
    samples.get_by_role("button", name="Unclear").hover()
    page.mouse.down()
    page.mouse.up()
    expect(samples).to_contain_text("score 43%")
    page.mouse.down(click_count=2)  # the second press of a double click, when the next one stands there
    page.mouse.up(click_count=2)
    expect(samples).to_contain_text("2 to look at")
    samples.get_by_role("link", name="See it in the recording").click()
    expect(page).to_have_url(re.compile(rf"/camera/1\?at={drawn[2].start}$"))
    assert waiting(system) == [str(drawn[2].id), str(drawn[3].id)]
    page.go_back()
    assert len(desk.taken) == sent


def test_the_curve_knows_what_was_said_of_them(system: Watchglass, page: Page, artefacts: Path) -> None:
    panel = page.get_by_role("region", name="How often it was right")
    row = panel.get_by_role("row", name=re.compile("^40%"))
    expect(row).to_contain_text("about ")
    judged = int(row.get_by_role("cell").last.inner_text())
    samples = page.get_by_role("region", name="Below the threshold: look at these")
    page.route("**/api/events/*/verdict", lambda route: route.abort())
    samples.get_by_role("button", name="Wrong").click()
    expect(samples.get_by_role("alert")).to_contain_text("The server does not answer.")
    expect(samples).to_contain_text("score 43%")
    page.unroute("**/api/events/*/verdict")
    samples.get_by_role("button", name="Wrong").click()
    expect(samples).to_contain_text("This one is the last")
    looked_at(page, artefacts, "11-last")
    samples.get_by_role("button", name="Wrong").click()
    expect(samples).to_contain_text("Nothing to look at. 100% of what is below")
    expect(row.get_by_role("cell").last).to_have_text(str(judged + 2))
    page.route("**/api/rules/1/samples", lambda route: route.abort())
    page.reload()
    expect(samples).to_contain_text("What is to be looked at could not be loaded. Trying again.")
    page.unroute("**/api/rules/1/samples")
    expect(samples).to_contain_text("Nothing to look at.", timeout=30_000)


def test_older_alerts_are_there_on_demand(page: Page, system: Watchglass, artefacts: Path) -> None:
    page.get_by_role("link", name=re.compile("^All alerts")).click()
    expect(rows(page)).to_have_count(50)
    page.get_by_role("button", name="Show older alerts").click()
    expect(rows(page)).to_have_count(65)
    expect(page.get_by_role("button", name="Show older alerts")).to_have_count(0)
    happens(system)
    expect(rows(page)).to_have_count(66)  # what was loaded stays
    assert _COMPLAINTS == []
