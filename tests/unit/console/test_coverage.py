from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.console.support import add_camera, browser, clock_of, error_of, make_console, run
from tests.unit.evidence.material import START, at, keep
from watchglass.base.clock import MICROSECONDS
from watchglass.console.app import Console
from watchglass.console.shapes import MAX_US
from watchglass.model.record import GapCause

DAY = 24 * 3600 * MICROSECONDS
MIDNIGHT = START - 8 * 3600 * MICROSECONDS  # START is 2027-01-15T08:00:00Z


def told(console: Console, path: str, **query: Any) -> Any:
    async def script() -> Any:
        async with browser(console) as client:
            answer = await client.get(f"/api/{path}", params=query)
            return answer.json() if answer.status_code == 200 else error_of(answer)

    return run(script())


def kept_of(console: Console) -> int:
    """A camera that was there for 20 s: 12 s of a view, 3 s without, 5 s off on purpose; no original."""
    camera = add_camera(console).id
    keep(console.views, camera, range(12))
    console.views.open_gap(camera, at(12), GapCause.NETWORK, "The switch was off.")
    console.views.open_gap(camera, at(15), GapCause.OFF)
    clock_of(console).advance(20)
    return camera


def test_a_camera_by_local_day(tmp_path: Path) -> None:
    console = make_console(tmp_path, zone=ZoneInfo("Europe/Berlin"))
    camera = kept_of(console)
    body = told(console, f"cameras/{camera}/coverage", from_us=START, to_us=at(20))
    nothing = {"due_us": 0, "kept_us": 0, "off_us": 0, "ratio": None}
    assert body == {
        "zone": "Europe/Berlin",
        "days": [{"date": "2027-01-15", "from_us": MIDNIGHT - DAY // 24, "to_us": MIDNIGHT - DAY // 24 + DAY}],
        "view": [{"due_us": 15_000_000, "kept_us": 12_000_000, "off_us": 5_000_000, "ratio": 0.8}],
        "original": [nothing],
        "view_gaps": [
            {"from_us": at(12), "to_us": at(15), "cause": "network", "detail": "The switch was off."},
            {"from_us": at(15), "to_us": None, "cause": "off", "detail": ""},
        ],
        "original_gaps": [],
    }


def test_all_cameras_in_the_zone_that_is_asked_for(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    first = kept_of(console)
    second = add_camera(console, "Yard").id
    query = {"from_us": START - 2 * DAY, "to_us": START, "zone": "Asia/Tokyo"}
    body = told(console, "coverage", **query)
    assert body["zone"] == "Asia/Tokyo"
    assert [day["date"] for day in body["days"]] == ["2027-01-13", "2027-01-14", "2027-01-15"]
    assert [camera["id"] for camera in body["cameras"]] == [first, second]
    assert [[day["ratio"] for day in camera["view"]] for camera in body["cameras"]] == [[None, None, 0.8], [None] * 3]
    assert told(console, "coverage", **query | {"zone": "UTC"})["zone"] == "UTC"


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "Europe", "", "x" * 65])
def test_zones_that_are_none(tmp_path: Path, zone: str) -> None:
    sentence = told(make_console(tmp_path), "coverage", from_us=1, to_us=5, zone=zone)
    assert "zone" in sentence


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Adak"])
def test_spans_at_the_ends_of_the_calendar(tmp_path: Path, zone: str) -> None:
    console = make_console(tmp_path)
    assert "year 9999" in told(console, "coverage", from_us=MAX_US - 1, to_us=MAX_US, zone=zone)
    assert told(console, "coverage", from_us=0, to_us=1, zone=zone)["days"][0]["date"] in {"1969-12-31", "1970-01-01"}
    assert "at most 400 days" in told(console, "coverage", from_us=0, to_us=401 * DAY, zone=zone)
