import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.unit.console.support import add_camera, browser, error_of, make_console, run
from watchglass.base.clock import WallUs
from watchglass.console.app import Console
from watchglass.model.count import HOUR, MINUTE, Count
from watchglass.model.place import Direction
from watchglass.model.vision import ObjectClass

DAY = 24 * HOUR
MIDNIGHT = 1_793_923_200_000_000  # 2026-11-06T00:00Z, 01:00 in Berlin
SPAN = {"from_us": MIDNIGHT, "to_us": MIDNIGHT + DAY}


def count(minute: int, number: int = 1, **changes: Any) -> Count:
    fields: dict[str, Any] = {
        "camera": 1,
        "rule": 1,
        "place": "Gate",
        "label": ObjectClass.PERSON,
        "direction": Direction.FORWARD,
        "begin": WallUs(MIDNIGHT + minute * MINUTE),
        "minutes": 1,
        "count": number,
    }
    return Count(**fields | changes)


def console_with(tmp_path: Path, *counts: Count) -> Console:
    console = make_console(tmp_path)
    add_camera(console)
    console.counts.add(counts)
    return console


async def told(console: Console, **query: Any) -> list[tuple[Any, ...]]:
    """Of each count: minutes from midnight, how many it is for, class, direction, how many."""
    async with browser(console) as client:
        found = (await client.get("/api/counts", params=SPAN | query)).json()["counts"]
    return [
        (
            (one["from_us"] - MIDNIGHT) // MINUTE,
            (one["to_us"] - one["from_us"]) // MINUTE,
            one["class"],
            one["direction"],
            one["count"],
        )
        for one in found
    ]


SOME = (
    count(0),
    count(1, 2),
    count(59, 4, direction=Direction.BACKWARD),
    count(60, 3),
    count(61, 5, label=ObjectClass.CAR),
    count(23 * 60 + 30, 6),
)


def test_by_minute_hour_and_local_day(tmp_path: Path) -> None:
    async def script() -> None:
        console = console_with(tmp_path, *SOME)
        assert await told(console, by="minute") == [
            (0, 1, "person", "forward", 1),
            (1, 1, "person", "forward", 2),
            (59, 1, "person", "backward", 4),
            (60, 1, "person", "forward", 3),
            (61, 1, "car", "forward", 5),
            (1410, 1, "person", "forward", 6),
        ]
        hours = [
            (0, 60, "person", "backward", 4),
            (0, 60, "person", "forward", 3),
            (60, 60, "car", "forward", 5),
            (60, 60, "person", "forward", 3),
            (1380, 60, "person", "forward", 6),
        ]
        assert await told(console) == hours
        console.counts.roll_up(WallUs(MIDNIGHT + 2 * HOUR))
        assert await told(console) == hours
        days = await told(console, by="day", zone="Europe/Berlin")
        assert sorted(days) == [
            (-60, 1440, "car", "forward", 5),
            (-60, 1440, "person", "backward", 4),
            (-60, 1440, "person", "forward", 6),
            (1380, 1440, "person", "forward", 6),
        ]

    run(script())


def test_of_one_camera_and_of_one_rule(tmp_path: Path) -> None:
    async def script() -> None:
        console = console_with(tmp_path, count(0), count(0, 2, rule=2), count(0, 3, camera=2, rule=3))
        assert [one[-1] for one in await told(console, camera=1)] == [1, 2]
        assert [one[-1] for one in await told(console, rule=2)] == [2]
        assert [one[-1] for one in await told(console, camera=9)] == []  # counts outlive their camera

    run(script())


def test_as_a_file_for_spreadsheets(tmp_path: Path) -> None:
    async def script() -> None:
        console = console_with(tmp_path, count(0, place="=Gate"), count(1, 2))
        async with browser(console) as client:
            answer = await client.get("/api/counts.csv", params=SPAN | {"by": "minute"})
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == 'attachment; filename="watchglass-counts.csv"'
        assert answer.headers["cache-control"] == "no-store"
        assert list(csv.reader(io.StringIO(answer.text))) == [
            ["begin", "minutes", "camera", "rule", "place", "class", "direction", "count"],
            ["2026-11-06T00:00:00Z", "1", "1", "1", "'=Gate", "person", "forward", "1"],
            ["2026-11-06T00:01:00Z", "1", "1", "1", "Gate", "person", "forward", "2"],
        ]

    run(script())


@pytest.mark.parametrize("path", ["/api/counts", "/api/counts.csv"])
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"by": "second"}, "by: "),
        ({"to_us": MIDNIGHT}, "The span ends before it begins"),
        ({"by": "minute", "to_us": MIDNIGHT + 32 * DAY}, "Counts by minute are told of at most 31 days at a time"),
        ({"by": "hour", "to_us": MIDNIGHT + 401 * DAY}, "at most 400 days"),
        ({"by": "day", "to_us": MIDNIGHT + 4001 * DAY}, "at most 4000 days"),
        ({"by": "day", "zone": "Europe/Atlantis"}, "no time zone 'Europe/Atlantis'"),
        ({"by": "day", "from_us": 253_402_300_700_000_000, "to_us": 253_402_300_799_000_000}, "beyond the year 9999"),
        ({"camera": 0}, "camera"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, path: str, query: dict[str, Any], words: str) -> None:
    async def script() -> None:
        async with browser(console_with(tmp_path, count(0))) as client:
            answer = await client.get(path, params=SPAN | query)
            assert (answer.status_code, words in error_of(answer)) == (400, True), answer.text

    run(script())


def test_not_without_a_session(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(console_with(tmp_path, count(0)), signed_in=False) as client:
            for path in ("/api/counts", "/api/counts.csv"):
                answer = await client.get(path, params=SPAN)
                assert (answer.status_code, error_of(answer)) == (401, "Sign in first.")

    run(script())
