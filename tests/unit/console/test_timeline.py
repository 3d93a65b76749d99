from pathlib import Path

import pytest

from tests.unit.console.support import (
    add_camera,
    add_custodians,
    browser,
    error_of,
    keep_original,
    make_console,
    originals_of,
    run,
)
from tests.unit.evidence.material import START, at, keep
from watchglass.console.shapes import MAX_US
from watchglass.model.record import GapCause


def test_kept_gaps_and_covers(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        views = console.views
        keep(views, camera, range(2))
        keep(views, camera, range(2, 4))
        keep(views, camera, range(2), run_start=4.4, run="run-2")  # a seam, drawn as one, although it does not play on
        views.open_gap(camera, at(6.4), GapCause.NETWORK, "The switch was off.")
        views.close_gap(camera, at(10))
        keep(views, camera, range(1), run_start=10, run="run-3")
        views.begin_cover(camera, at(1), "The camera moved.")
        views.end_cover(camera, at(3))
        views.begin_cover(camera, at(10), "The plate is not ready.")
        views.open_gap(camera, at(11), GapCause.OFF)
        async with browser(console) as client:
            url = f"/api/cameras/{camera}/timeline"
            told = (await client.get(url, params={"from_us": START, "to_us": at(60)})).json()
            assert told == {
                "kept": [{"from_us": START, "to_us": at(6.4)}, {"from_us": at(10), "to_us": at(11)}],
                "gaps": [
                    {"from_us": at(6.4), "to_us": at(10), "cause": "network", "detail": "The switch was off."},
                    {"from_us": at(11), "to_us": None, "cause": "off", "detail": ""},
                ],
                "covered": [
                    {"from_us": at(1), "to_us": at(3), "reason": "The camera moved."},
                    {"from_us": at(10), "to_us": None, "reason": "The plate is not ready."},
                ],
                "originals": {"kept": [], "gaps": []},
            }
            told = (await client.get(url, params={"from_us": 0, "to_us": MAX_US})).json()
            assert len(told["kept"]) == 2
            told = (await client.get(url, params={"from_us": at(5), "to_us": at(10.5)})).json()
            assert told["kept"] == [{"from_us": at(5), "to_us": at(6.4)}, {"from_us": at(10), "to_us": at(10.5)}]
            told = (await client.get(url, params={"from_us": 0, "to_us": START})).json()
            assert told == {"kept": [], "gaps": [], "covered": [], "originals": {"kept": [], "gaps": []}}

    run(script())


def test_originals_are_told_apart(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        add_custodians(console, "Ada", "Bo")
        keep(console.views, camera, range(2))
        keep_original(console, camera, at(1), at(3))
        keep_original(console, camera, at(3.4), at(5))  # of originals this is a hole
        originals_of(console).open_gap(camera, at(5), GapCause.DISK, "The disk is full.")
        async with browser(console) as client:
            url = f"/api/cameras/{camera}/timeline"
            told = (await client.get(url, params={"from_us": START, "to_us": at(60)})).json()
            assert told["kept"] == [{"from_us": START, "to_us": at(2)}]
            assert told["gaps"] == []
            assert told["originals"] == {
                "kept": [{"from_us": at(1), "to_us": at(3)}, {"from_us": at(3.4), "to_us": at(5)}],
                "gaps": [{"from_us": at(5), "to_us": None, "cause": "disk", "detail": "The disk is full."}],
            }

    run(script())


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from_us=5&to_us=5", "ends before it begins"),
        ("from_us=6&to_us=5", "ends before it begins"),
        ("from_us=5", "to_us is missing."),
        ("", "from_us is missing."),
        ("from_us=x&to_us=5", "from_us is not a whole number."),
        ("from_us=-1&to_us=5", "from_us"),
        (f"from_us=1&to_us={MAX_US + 1}", "to_us"),
        (f"from_us=1&to_us={10**40}", "to_us"),
    ],
)
@pytest.mark.parametrize("noun", ["timeline", "coverage", "playlist.m3u8", "export"])
def test_spans_that_are_none(tmp_path: Path, noun: str, query: str, sentence: str) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with browser(console) as client:
            answer = await client.get(f"/api/cameras/1/{noun}?{query}")
            assert answer.status_code == 400
            assert sentence in error_of(answer)

    run(script())


@pytest.mark.parametrize("noun", ["timeline", "coverage", "playlist.m3u8", "export"])
def test_a_camera_that_is_not_there(tmp_path: Path, noun: str) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path)) as client:
            answer = await client.get(f"/api/cameras/7/{noun}?from_us=1&to_us=5")
            assert answer.status_code == 404
            assert "7" in error_of(answer)

    run(script())
