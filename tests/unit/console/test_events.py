import dataclasses
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.unit.console.support import add_camera, browser, error_of, make_console, run
from watchglass.base.clock import WallUs
from watchglass.console.app import Console
from watchglass.model.event import Change, Event, Happening, RuleKind
from watchglass.model.place import Point, Zone
from watchglass.model.rule import Rule

SECOND = 1_000_000
YARD = Zone("Yard", (Point(0.1, 0.9), Point(0.9, 0.9), Point(0.5, 0.2)))


def event(second: int, **changes: Any) -> Event:
    made = Event(
        uuid.UUID(int=second),
        1,
        1,
        RuleKind.INTRUSION,
        WallUs(second * SECOND),
        WallUs((second + 5) * SECOND),
        0.75,
        2,
        "Yard",
        Point(0.5, 0.25),
        "Somebody is in the yard.",
    )
    return dataclasses.replace(made, **changes)


def tell(console: Console, *events: Event) -> None:
    console.events.take(Happening(Change.BEGAN, one, one.end or one.start) for one in events)


def console_with(tmp_path: Path, *events: Event) -> Console:
    console = make_console(tmp_path)
    add_camera(console)
    add_camera(console, "Yard")
    console.rules.add(Rule(camera=1, name="Night", kind=RuleKind.INTRUSION, zone=YARD))
    tell(console, *events)
    return console


def test_what_an_event_is_told_as(tmp_path: Path) -> None:
    async def script() -> None:
        whole = event(10, kind=RuleKind.TAMPERING, rule=7, end=None, tracks=0, place="", at=None, detail="")
        console = console_with(tmp_path, event(20), whole)
        async with browser(console) as client:
            assert (await client.get("/api/events")).json() == {
                "events": [
                    {
                        "id": str(uuid.UUID(int=20)),
                        "camera": 1,
                        "rule": 1,
                        "rule_name": "Night",
                        "kind": "intrusion",
                        "start_us": 20 * SECOND,
                        "end_us": 25 * SECOND,
                        "lasting": False,
                        "score": 0.75,
                        "tracks": 2,
                        "place": "Yard",
                        "at": [0.5, 0.25],
                        "detail": "Somebody is in the yard.",
                    },
                    {
                        "id": str(uuid.UUID(int=10)),
                        "camera": 1,
                        "rule": 7,
                        "rule_name": None,
                        "kind": "camera covered or moved",
                        "start_us": 10 * SECOND,
                        "end_us": None,
                        "lasting": True,
                        "score": 0.75,
                        "tracks": 0,
                        "place": "",
                        "at": None,
                        "detail": "",
                    },
                ],
                "older": None,
            }

    run(script())


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("", [40, 30, 20, 10]),
        ("camera=2", [30]),
        ("rule=3", [40]),
        ("kind=crowding", [20]),
        ("kind=crowding&kind=queue", [40, 20]),
        (f"from_us={20 * SECOND}", [40, 30, 20, 10]),  # the one of 10 still lasts
        (f"from_us={26 * SECOND}", [40, 30, 10]),
        (f"to_us={20 * SECOND}", [10]),
        (f"from_us={31 * SECOND}&to_us={36 * SECOND}&camera=2", [30]),
    ],
)
def test_events_by_camera_rule_kind_and_span(tmp_path: Path, query: str, seconds: list[int]) -> None:
    async def script() -> None:
        console = console_with(
            tmp_path,
            event(10, end=None),
            event(20, kind=RuleKind.CROWDING),
            event(30, camera=2),
            event(40, rule=3, kind=RuleKind.QUEUE),
        )
        async with browser(console) as client:
            told = (await client.get(f"/api/events?{query}")).json()["events"]
            assert [one["start_us"] // SECOND for one in told] == seconds

    run(script())


def test_page_by_page_each_is_told_once(tmp_path: Path) -> None:
    async def script() -> None:
        console = console_with(tmp_path, *(event(second) for second in range(1, 8)))
        async with browser(console) as client:
            page = (await client.get("/api/events?limit=3")).json()
            tell(console, event(9))  # meanwhile
            found = [one["start_us"] // SECOND for one in page["events"]]
            while page["older"]:
                page = (await client.get(f"/api/events?limit=3&after={page['older']}")).json()
                found += [one["start_us"] // SECOND for one in page["events"]]
            assert found == [7, 6, 5, 4, 3, 2, 1]

    run(script())


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("camera=9", 404, "camera"),
        ("camera=0", 400, "camera"),
        ("kind=recognition", 400, "kind"),
        ("limit=0", 400, "limit"),
        ("limit=201", 400, "limit"),
        ("after=3", 400, "after"),
        (f"after={uuid.UUID(int=99)}", 404, "it may have come of age"),
        ("from_us=5&to_us=5", 400, "The span ends before it begins"),
        ("from_us=yesterday", 400, "from_us is not a whole number"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, query: str, status: int, words: str) -> None:
    async def script() -> None:
        async with browser(console_with(tmp_path, event(1))) as client:
            answer = await client.get(f"/api/events?{query}")
            assert (answer.status_code, words in error_of(answer)) == (status, True), answer.text

    run(script())


def test_not_without_a_session(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(console_with(tmp_path, event(1)), signed_in=False) as client:
            answer = await client.get("/api/events")
            assert (answer.status_code, error_of(answer)) == (401, "Sign in first.")

    run(script())
