"""An alert as its receiver has it: a real message with a link, opened in a real browser by somebody who is not signed in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.alerting import SECRET, HttpReceiver
from tests.running import NAME, Watchglass

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


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
