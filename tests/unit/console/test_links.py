from pathlib import Path

import pytest

from tests.unit.console.support import browser, clock_of, error_of, make_console, run
from tests.unit.console.test_alerts import seen
from watchglass.model.alert import Judgement
from watchglass.model.link import LASTS_ON_PAGE_US, LASTS_US, new_link


def test_whoever_has_a_link_sees_what_the_message_said_and_says_what_it_was(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        event = seen(console)
        token = new_link(event.id, clock_of(console).wall_us()).sign(console.channels.link_key())
        async with browser(console, signed_in=False) as client:
            opened = await client.post("/api/links/open", json={"token": token})
            told = opened.json()
            page = told.pop("token")
            assert told.pop("look_token").startswith("look.")
            assert told == {
                "rule": "Nobody in the yard",
                "kind": "intrusion",
                "camera": "Gate",
                "place": "yard",
                "score": 0.8,
                "start_us": event.start,
                "end_us": event.end,
                "detail": "Person in yard.",
                "test": False,
                "judgement": None,
                "settled": False,
            }
            assert console.alerts.verdict(event.id) is None  # a scanner that opens it says nothing
            assert console.alerts.find(event.id).taken is None

            judged = await client.post("/api/links/judge", json={"token": page, "judgement": "wrong"})
            assert (judged.status_code, judged.json()) == (201, {"judgement": "wrong", "settled": False})
            verdict = console.alerts.verdict(event.id)
            assert verdict is not None
            assert (verdict.judgement, verdict.by) == (Judgement.WRONG, "whoever had the link")
            again = (await client.post("/api/links/open", json={"token": token})).json()
            assert again["judgement"] == "wrong"

    run(script())


def test_a_link_changes_nothing_that_somebody_on_duty_has_said(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        event = seen(console)
        token = new_link(event.id, clock_of(console).wall_us()).sign(console.channels.link_key())
        async with browser(console, signed_in=False) as client:
            page = (await client.post("/api/links/open", json={"token": token})).json()["token"]
            for said in ("wrong", "unclear"):  # whoever has the link may think again
                judged = await client.post("/api/links/judge", json={"token": page, "judgement": said})
                assert judged.json() == {"judgement": said, "settled": False}
            console.alerts.judge(event.id, Judgement.RIGHT, "anna")
            judged = await client.post("/api/links/judge", json={"token": page, "judgement": "wrong"})
            assert (judged.status_code, judged.json()) == (201, {"judgement": "right", "settled": True})
            again = (await client.post("/api/links/open", json={"token": token})).json()
            assert (again["judgement"], again["settled"]) == ("right", True)
            console.alerts.judge(event.id, Judgement.UNCLEAR, "ben")  # on duty the last word holds
        verdict = console.alerts.verdict(event.id)
        assert verdict is not None
        assert (verdict.judgement, verdict.by) == (Judgement.UNCLEAR, "ben")

    run(script())


@pytest.mark.parametrize("path", ["/api/links/open", "/api/links/judge"])
def test_a_token_is_good_for_one_thing_and_a_time(tmp_path: Path, path: str) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        event, other = seen(console), seen(console)
        key, now = console.channels.link_key(), clock_of(console).wall_us()
        link = new_link(event.id, now).sign(key)
        async with browser(console, signed_in=False) as client:
            page = (await client.post("/api/links/open", json={"token": link})).json()["token"]
            wrong = page if path.endswith("open") else link
            forged = link.replace(event.id.hex, other.id.hex)
            for token in (wrong, forged, link[:-1], "x", link + "x"):
                refused = await client.post(path, json={"token": token} | judgement(path))
                assert refused.status_code == 403, token
                assert "link" in error_of(refused)
            clock_of(console).advance((LASTS_US if path.endswith("open") else LASTS_ON_PAGE_US) / 1_000_000)
            late = await client.post(path, json={"token": link if path.endswith("open") else page} | judgement(path))
            assert (late.status_code, "has expired" in error_of(late)) == (403, True)
            clock_of(console).advance(1)
        assert console.alerts.verdict(event.id) is None

    run(script())


def judgement(path: str) -> dict[str, str]:
    return {"judgement": "right"} if path.endswith("judge") else {}


def test_a_link_to_an_alert_that_is_gone_says_so(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        event = seen(console)
        token = new_link(event.id, clock_of(console).wall_us()).sign(console.channels.link_key())
        clock_of(console).advance(10)
        console.alerts.forget(clock_of(console).wall_us())
        async with browser(console, signed_in=False) as client:
            gone = await client.post("/api/links/open", json={"token": token})
            assert (gone.status_code, "There is no such alert any more" in error_of(gone)) == (404, True)

    run(script())
