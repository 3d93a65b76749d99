"""An alert as its receiver has it: a real message with a link, opened in a real browser by somebody who is not signed in."""

import http.server
import json
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.running import NAME, Watchglass

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

PATIENCE = 60.0


class Desk:
    """A web server that takes whatever is posted to it."""

    def __init__(self) -> None:
        self.came: queue.Queue[dict[str, Any]] = queue.Queue()
        desk = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                desk.came.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
                """Nothing is said."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/alerts"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.server.shutdown()
    made.server.server_close()


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


def sent(system: Watchglass, desk: Desk) -> tuple[int, str]:
    """An alert, and what stands after # in the link of its message."""
    if not system.call("GET", "/api/channels")["channels"]:
        system.call("POST", "/api/channels", {"name": "Desk", "kind": "webhook", "settings": {"url": desk.url}})
    alert = system.call("POST", "/api/channels/1/test")["alert_id"]
    message = desk.came.get(timeout=PATIENCE)
    return alert, message["data"]["link"].partition("#")[2]


def test_a_link_shows_the_alert_and_a_button_says_what_it_was(
    system: Watchglass, desk: Desk, page: Page, artefacts: Path
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


def test_a_link_of_which_a_part_is_missing_says_so(system: Watchglass, desk: Desk, page: Page) -> None:
    _, token = sent(system, desk)
    page.goto(f"{system.address}/alert#{token[:-3]}")
    expect(page.get_by_text("This link is not one of ours, or a part of it is missing")).to_be_visible()
    expect(page.get_by_role("button", name="Right")).to_have_count(0)
