"""Channels in a real browser, with a real broker and a real mail server: a wrong password is refused before anything is kept."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.alerting import MailReceiver, mosquitto
from tests.pages import signed_in
from tests.running import Watchglass

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def page(system: Watchglass, browser: Browser) -> Iterator[Page]:
    with signed_in(system, browser, viewport={"width": 1280, "height": 900}) as page:
        page.goto(f"{system.address}/channels")
        page.get_by_role("button", name="Add a channel").first.click()
        yield page


def names(system: Watchglass) -> list[str]:
    return [one["name"] for one in system.call("GET", "/api/channels")["channels"]]


def test_a_broker_with_a_wrong_password_is_not_kept(
    system: Watchglass, page: Page, tmp_path: Path, artefacts: Path
) -> None:
    form = page.get_by_role("dialog", name="Add a channel")
    form.get_by_label("Kind").select_option("mqtt")
    with mosquitto(tmp_path, user="cams", password="right") as port:
        for label, value in (("Name", "Home"), ("Broker", "127.0.0.1"), ("Port", str(port)), ("User name", "cams")):
            form.get_by_label(re.compile(f"^{label}")).fill(value)
        form.get_by_label("Password").fill("hunter22")
        form.get_by_role("button", name="Add channel").click()
        expect(form.get_by_role("alert")).to_contain_text("enter them again")
        expect(form).to_contain_text("A test was sent and did not arrive, so nothing was kept.")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=artefacts / f"channels-refused-{width}.png")
        assert "hunter22" not in page.content()
        assert names(system) == []
        form.get_by_label("Password").fill("right")
        form.get_by_role("button", name="Add channel").click()
        expect(page.get_by_text("Home was added.")).to_be_visible()
    assert names(system) == ["Home"]


def test_mail_with_a_wrong_password_is_not_kept_and_the_right_one_arrives(system: Watchglass, page: Page) -> None:
    form = page.get_by_role("dialog", name="Add a channel")
    form.get_by_label("Kind").select_option("service")
    form.get_by_label("Name").fill("Night guard")
    with MailReceiver(password="right") as mail:
        form.get_by_label("Whole address").fill(mail.address("duty", "wrong"))
        form.get_by_role("button", name="Add channel").click()
        expect(form).to_contain_text("refused the user name or password")
        assert "Night guard" not in names(system)
        form.get_by_label("Whole address").fill(mail.address("duty", "right"))
        form.get_by_role("button", name="Add channel").click()
        expect(page.get_by_text("Night guard was added.")).to_be_visible()
        [arrived] = mail.mails
    assert arrived["Subject"] == "Test alert of watchglass"
    assert "Night guard" in names(system)


def test_who_knows_why_a_test_cannot_arrive_keeps_the_channel_untried(system: Watchglass, page: Page) -> None:
    form = page.get_by_role("dialog", name="Add a channel")
    form.get_by_label("Kind").select_option("service")
    form.get_by_label("Name").fill("Later")
    form.get_by_label("Whole address").fill("mailto://duty:secret@127.0.0.1:9/?from=a@example.org&to=b@example.org")
    expect(form.get_by_role("button", name="Add untried")).to_have_count(0)
    form.get_by_role("button", name="Add channel").click()
    expect(form).to_contain_text(re.compile("cannot be reached|did not take the message"))
    form.get_by_role("button", name="Add untried").click()
    expect(page.get_by_text("Later was added.")).to_be_visible()
    assert "Later" in names(system)
