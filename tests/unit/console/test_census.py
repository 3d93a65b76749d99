import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.console.support import browser, error_of, make_console, run
from watchglass.console.app import Console
from watchglass.console.census import MOST_REMARKS
from watchglass.store.censuses import Censuses

CENSUS: dict[str, Any] = {
    "format": "watchglass-census",
    "version": 1,
    "made": "2026-11-23T12:00:00Z",
    "inputs": ["riverside.osm.pbf"],
    "areas": [
        {
            "area": "Riverside",
            "population": 12_000,
            "km2": 3.5,
            "figures": {
                "cameras": {"value": 60, "low": None, "high": None, "how": ""},
                "per-1000": {"value": 5.0, "low": 4.1, "high": 6.2, "how": "95 %, bootstrap over 20 cells"},
            },
            "indices": {"crime": 41.5},
        }
    ],
    "assumptions": ["Height: 4 m for 58 of 60."],
    "remarks": [{"source": "a.csv", "where": f"line {n}", "what": "no place", "dropped": True} for n in range(300)],
    "notes": ["This shows no cause."],
}


def console_with(tmp_path: Path, **censuses: bytes) -> Console:
    console = make_console(tmp_path)
    for name, document in censuses.items():
        Censuses(console.folder).keep(name, document)
    return console


def asked(console: Console, path: str) -> Any:
    async def script() -> Any:
        async with browser(console) as client:
            return await client.get(path)

    return run(script())


def test_none_is_an_empty_list(tmp_path: Path) -> None:
    assert asked(make_console(tmp_path), "/api/censuses").json() == {"censuses": []}


def test_the_list_says_when_and_of_how_many_areas(tmp_path: Path) -> None:
    console = console_with(tmp_path, riverside=json.dumps(CENSUS).encode())
    assert asked(console, "/api/censuses").json() == {
        "censuses": [{"name": "riverside", "made": "2026-11-23T12:00:00Z", "areas": 1}]
    }


def test_the_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    told = asked(console_with(tmp_path, riverside=json.dumps(CENSUS).encode()), "/api/censuses/riverside").json()
    assert told["areas"] == CENSUS["areas"]
    assert told["notes"] == CENSUS["notes"]
    assert len(told["remarks"]) == MOST_REMARKS
    assert told["remarks_in_all"] == 300


def test_what_a_newer_one_writes_beside_is_no_error(tmp_path: Path) -> None:
    console = console_with(tmp_path, riverside=json.dumps(CENSUS | {"more": 1}).encode())
    assert asked(console, "/api/censuses/riverside").status_code == 200


def test_a_file_whose_name_is_no_text_does_not_make_it_unreadable(tmp_path: Path) -> None:
    console = console_with(tmp_path, riverside=json.dumps(CENSUS | {"inputs": ["caf\udce9 \U0001f4f7.csv"]}).encode())
    assert asked(console, "/api/censuses/riverside").json()["inputs"] == ["caf? \U0001f4f7.csv"]


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"[]", b"[" * 100_000, b"\xff", json.dumps(CENSUS | {"version": 2}).encode(), b'{"format": "other"}'],
)
def test_one_that_cannot_be_read_is_said(document: bytes, tmp_path: Path) -> None:
    console = console_with(tmp_path, riverside=document, whole=json.dumps(CENSUS).encode())
    listed = asked(console, "/api/censuses").json()["censuses"]
    assert [(one["name"], one["made"], one["areas"]) for one in listed] == [
        ("riverside", None, 0),
        ("whole", "2026-11-23T12:00:00Z", 1),
    ]
    answer = asked(console, "/api/censuses/riverside")
    assert answer.status_code == 422
    assert error_of(answer) == "The census riverside cannot be read: publish it again."


@pytest.mark.parametrize("name", ["nowhere", "..%2Ffolder", "%00"])
def test_none_of_that_name(name: str, tmp_path: Path) -> None:
    answer = asked(console_with(tmp_path, riverside=b"{}"), f"/api/censuses/{name}")
    assert answer.status_code == 404
