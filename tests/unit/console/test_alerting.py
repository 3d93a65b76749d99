from pathlib import Path
from typing import Any

import pytest

from tests.unit.console.support import browser, error_of, make_console, run
from watchglass.model.channel import Webhook

NEW: dict[str, Any] = {
    "channels": [],
    "arming": "hours",
    "hours": "",
    "quiet": "",
    "snoozed_until_us": None,
    "group_seconds": 60,
    "escalate_minutes": None,
    "escalation": [],
    "threshold": 0.6,
    "sample_share": 0.0,
}


def test_what_becomes_of_a_rules_events_is_told_and_set(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        desk, chief = (console.channels.add(name, Webhook("https://desk.example.org")).id for name in ("Desk", "Chief"))
        wanted = NEW | {
            "channels": [desk],
            "arming": "on",
            "hours": "mon-fri 22:00-06:00",
            "quiet": "sun 00:00-24:00",
            "snoozed_until_us": 5_000_000,
            "group_seconds": 0,
            "escalate_minutes": 5,
            "escalation": [chief],
            "threshold": 0.75,
            "sample_share": 0.1,
        }
        async with browser(console) as client:
            assert (await client.get("/api/rules/3/alerting")).json() == NEW
            assert (await client.put("/api/rules/3/alerting", json=wanted)).json() == wanted
            assert (await client.get("/api/rules/3/alerting")).json() == wanted
            assert (await client.get("/api/rules/4/alerting")).json() == NEW
            assert (await client.put("/api/rules/3/alerting", json={})).json() == NEW

    run(script())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"channels": [9]}, "There is no channel with the id 9"),
        ({"escalate_minutes": 5}, "Escalation needs both"),
        ({"threshold": 60.0}, "write 0.6 for 60 of a hundred"),
        ({"hours": "sometimes"}, "have no times"),
        ({"hours": "25:00-26:00"}, "The hours in which a rule is armed"),
        ({"quiet": "25:00-26:00"}, "Quiet hours"),
        ({"group_seconds": -1}, "grouped over 0 to"),
        ({"arming": "perhaps"}, ""),
        ({"who": "me"}, ""),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, change: dict[str, Any], what: str) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            refused = await client.put("/api/rules/3/alerting", json=NEW | change)
            assert refused.status_code == 400
            assert what in error_of(refused)
            assert (await client.get("/api/rules/3/alerting")).json() == NEW
        async with browser(console, signed_in=False) as client:
            assert (await client.put("/api/rules/3/alerting", json=NEW)).status_code == 401

    run(script())
