"""Alerts that reach a browser while the console is closed: what its worker shows, and how somebody lets it.

The push services of browsers' makers are on the internet. What such a service does is left out: a message is handed to the worker
as the browser itself would, and a subscription is one that the browser might have been given.
"""

import base64
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages import signed_in
from tests.running import Watchglass

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

ENDPOINT = "https://push.example.org/send/abc"
# A point of P-256 and 16 bytes, as a browser gives them: those of RFC 8291, appendix A.
KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
SUBSCRIPTION = f"""
    let given = null;
    PushManager.prototype.getSubscription = async () => given;
    PushManager.prototype.subscribe = async (options) => {{
        window.askedFor = options.applicationServerKey;
        given = {{
            endpoint: {json.dumps(ENDPOINT)},
            toJSON: () => ({{ keys: {json.dumps(KEYS)} }}),
            unsubscribe: async () => {{ given = null; return true; }},
        }};
        return given;
    }};
"""


@pytest.fixture
def page(system: Watchglass, browser: Browser) -> Iterator[Page]:
    with signed_in(system, browser, viewport={"width": 1280, "height": 900}) as page:
        page.context.grant_permissions(["notifications"], origin=system.address)
        yield page


def channels(system: Watchglass) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = system.call("GET", "/api/channels")["channels"]
    return found


SHOWN = """async () => {
    const shown = await (await navigator.serviceWorker.ready).getNotifications();
    return shown.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
}"""


def test_an_alert_is_shown_once_and_leads_to_its_page(system: Watchglass, page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    registered: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registered.extend(one["registrationId"] for one in event["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    page.goto(f"{system.address}/")
    page.evaluate(
        "async () => { await navigator.serviceWorker.register('/push.js'); await navigator.serviceWorker.ready; }"
    )
    id_, link = str(uuid.uuid4()), f"{system.address}/alert#token"
    message = {
        "id": id_,
        "title": "Lawn at night (Gate)",
        "text": f"2026-11-23 22:14:03 CET\nIntrusion at Gate\n{link}",
        "link": link,
    }
    for _ in range(2):
        devtools.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": system.address, "registrationId": registered[0], "data": json.dumps(message)},
        )
    # A function that waits is polled from here: to the browser its promise is true at once.
    system.until("it is shown", lambda: bool(page.evaluate(SHOWN)))
    shown = page.evaluate(SHOWN)
    assert shown == [
        {
            "title": "Lawn at night (Gate)",
            "body": "2026-11-23 22:14:03 CET\nIntrusion at Gate",
            "tag": id_,
            "data": {"link": link},
        }
    ]


def test_a_browser_is_let_receive_alerts_and_stopped(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.add_init_script(SUBSCRIPTION)
    page.goto(f"{system.address}/channels")
    here = page.get_by_role("region", name="This browser")
    here.get_by_label("Call it").fill("Screen at the desk")
    page.screenshot(path=artefacts / "push-1-off.png", full_page=True)
    here.get_by_role("button", name="Receive alerts here").click()
    expect(here).to_contain_text("Alerts reach this browser, also while the console is closed.")
    page.screenshot(path=artefacts / "push-2-on.png", full_page=True)
    (channel,) = channels(system)
    assert (channel["name"], channel["kind"], channel["settings"]) == (
        "Screen at the desk",
        "push",
        {"endpoint": ENDPOINT},
    )
    asked = page.evaluate("window.askedFor")
    assert asked == system.call("GET", "/api/channels/push-key")["key"]
    assert len(base64.urlsafe_b64decode(asked + "=")) == 65
    here.get_by_role("button", name="Stop them here").click()
    expect(here.get_by_role("button", name="Receive alerts here")).to_be_visible()
    assert channels(system) == []


def test_a_browser_that_may_show_nothing_says_so(system: Watchglass, browser: Browser) -> None:
    with signed_in(system, browser, viewport={"width": 1280, "height": 900}) as page:
        page.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
        page.goto(f"{system.address}/channels")
        expect(page.get_by_role("region", name="This browser")).to_contain_text("was told not to show notifications")
