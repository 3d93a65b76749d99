import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.console.support import (
    GIB,
    add_camera,
    add_custodians,
    browser,
    clock_of,
    keep_original,
    make_console,
    originals_of,
    pull_out,
    run,
)
from tests.unit.evidence.material import START, at, keep
from watchglass.base.clock import WallUs
from watchglass.console.app import Console
from watchglass.model.camera import Health, HealthState, Protection, StreamRole, ViewPolicy, ViewState, ViewStatus
from watchglass.model.record import GapCause
from watchglass.record.figures import StreamFigures, tell
from watchglass.store.forecast import Forecast
from watchglass.store.room import STOPPED

RUNNING = {"name": "recorder", "state": "running", "restarts": 0, "since_us": START}


def supervisor_says(console: Console, *processes: dict[str, Any]) -> None:
    (console.folder.run / "supervisor.json").write_text(json.dumps({"processes": processes}))


def told(console: Console) -> dict[str, Any]:
    async def script() -> dict[str, Any]:
        async with browser(console) as client:
            answer = await client.get("/api/health")
            assert answer.status_code == 200
            body: dict[str, Any] = answer.json()
            return body

    return run(script())


def test_all_is_well(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    kept = keep(console.views, add_camera(console).id, range(2))
    supervisor_says(console, RUNNING)
    assert told(console) == {
        "processes": [RUNNING],
        "disk": {"free_bytes": 100 * GIB, "kept_bytes": kept.size, "floor_bytes": 2 * GIB},
        "disks": [],
        "protection": "full",
        "clock": {"synchronised": True, "error_us": 900, "steps": [], "cameras": []},
        "notes": [],
    }


def test_a_clock_that_was_set(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    supervisor_says(console)
    assert told(console)["notes"] == []
    clock_of(console).step_wall(-600)
    body = told(console)
    assert body["clock"]["steps"] == [{"at_us": console.clock.wall_us(), "by_us": -600_000_000}]
    (note,) = body["notes"]
    assert note.startswith("This machine's clock was set by 10 min at ")


def test_what_clocks_of_cameras_gain(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    camera = add_camera(console).id
    streams = [(camera, StreamRole.MAIN, 1e-5), (camera, StreamRole.SUB, None), (99, StreamRole.MAIN, 1e-5)]
    figures = [StreamFigures(one, role, 0, gain) for one, role, gain in streams]
    tell(console.folder.run, figures, console.clock.wall_us())
    assert told(console)["clock"]["cameras"] == [{"camera": camera, "gain_us": 864_000}]


def test_an_original_that_is_missing(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    supervisor_says(console)
    add_custodians(console, "Ada", "Bo")
    door, yard = (add_camera(console, name).id for name in ("Door", "Yard"))
    for camera in (door, yard):
        keep_original(console, camera, at(0), at(2))
        originals_of(console).open_gap(camera, at(2), GapCause.DISK, "The disk is full.")
    clock_of(console).advance(3)
    console.cameras.set_health(door, StreamRole.MAIN, Health(HealthState.UP, at(0)))
    console.cameras.set_health(yard, StreamRole.MAIN, Health(HealthState.DOWN, at(0), "It does not answer."))
    assert told(console)["notes"] == [
        "Camera Yard (main stream) is down: It does not answer.",
        "The original of camera Door is not being kept: The disk is full.",
    ]


def test_processes_that_do_not_run(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    supervisor_says(
        console,
        {"name": "recorder", "state": "starting", "restarts": 0, "since_us": 5},  # nothing to tell yet
        {"name": "watcher-0", "state": "waiting", "restarts": 1, "since_us": 5},
        {"name": "watcher-1", "state": "starting", "restarts": 3, "since_us": 5},
    )
    assert told(console)["notes"] == [
        "The process watcher-0 is waiting; it has been started again once.",
        "The process watcher-1 is starting; it has been started again 3 times.",
    ]


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"processes": 5}', '{"processes": [{"name": 5}]}', "\xff"])
def test_a_supervisor_that_says_nothing(tmp_path: Path, text: str | None) -> None:
    console = make_console(tmp_path)
    if text is not None:
        (console.folder.run / "supervisor.json").write_text(text, encoding="latin-1")
    body = told(console)
    assert body["processes"] == []
    assert body["notes"] == ["The supervisor does not say how its processes do; it may have stopped."]


def test_a_full_disk(tmp_path: Path) -> None:
    console = make_console(tmp_path, free_space=lambda _path: GIB // 2)
    supervisor_says(console)
    (note,) = told(console)["notes"]
    assert note.startswith("Only 0.5 GiB of the disk are free, less than the 2.0 GiB")


@pytest.mark.parametrize("floor", [0, 2 * GIB])
def test_a_full_disk_whatever_was_to_be_kept_free(tmp_path: Path, floor: int) -> None:
    console = make_console(tmp_path, free_space=lambda _path: 4096, floor_bytes=floor)
    supervisor_says(console)
    (note,) = told(console)["notes"]
    assert note.startswith("The disk of the data folder is full: views are not being kept.")


def test_cameras_that_need_somebody(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    supervisor_says(console)
    door, yard, off = (add_camera(console, name).id for name in ("Door", "Yard", "Off"))
    down = Health(HealthState.DOWN, at(1), "It does not answer.")
    console.cameras.set_health(door, StreamRole.MAIN, down)
    console.cameras.set_health(door, StreamRole.SUB, Health(HealthState.UP, at(1)))
    console.cameras.set_health(off, StreamRole.MAIN, down)
    console.cameras.set_enabled(off, False)
    for camera in (yard, off):
        covered = ViewStatus(ViewState.COVERED, at(1), "The camera moved.", 1.0, Protection.REDUCED)
        console.cameras.set_view_status(camera, covered)
    body = told(console)
    assert body["protection"] == "reduced"
    assert body["notes"] == [
        (
            "Protection is reduced for Yard: there is no person model, only the built-in detector and the learnt "
            "background cover people."
        ),
        "Camera Door (main stream) is down: It does not answer.",
        "The view of camera Yard is covered whole: The camera moved.",
    ]


def test_a_camera_that_keeps_counts_only_has_no_view_to_speak_of(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    supervisor_says(console)
    camera = add_camera(console).id
    console.cameras.set_policy(camera, ViewPolicy.COUNTS)
    reason = "No answer from the detector"
    console.cameras.set_view_status(camera, ViewStatus(ViewState.COVERED, at(1), reason, 1.0, Protection.REDUCED))
    body = told(console)
    assert body["protection"] == "reduced"
    assert body["notes"] == [
        "Only people are counted at Door: there is no person model, only the built-in detector.",
        "Camera Door cannot count at the moment: No answer from the detector",
    ]


def test_many_cameras_without_a_person_model(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    supervisor_says(console)
    for number in range(4):
        camera = add_camera(console, f"Camera {number}").id
        console.cameras.set_view_status(camera, ViewStatus(ViewState.SHOWN, at(1), protection=Protection.REDUCED))
    (note,) = told(console)["notes"]
    assert note.startswith("Protection is reduced for 4 cameras: ")


def test_recording_that_was_stopped_is_said_in_place_of_a_full_disk(tmp_path: Path) -> None:
    console = make_console(tmp_path, free_space=lambda _path: 4096)
    supervisor_says(console)
    console.room.stop(at(0), f"{STOPPED}: it is held. Release a hold.")
    (note,) = told(console)["notes"]
    assert note.startswith("Nothing is recorded since 20")
    assert note.endswith(f" UTC. {STOPPED}: it is held. Release a hold.")


SOONER = "Footage is deleted sooner than its days, for want of space."


@pytest.mark.parametrize(
    ("hours", "short", "stops"),
    [
        (72.001, None, None),
        (72, "from 2027-01-18 08:00 UTC on. Add space", "recording stops at 2027-01-18 08:00 UTC: the disk"),
        (1, "from 2027-01-15 09:00 UTC on. Add space", "recording stops at 2027-01-15 09:00 UTC: the disk"),
        (0, SOONER, None),
        (-1, SOONER, None),
    ],
)
def test_what_is_to_come_is_said_three_days_ahead(
    tmp_path: Path, hours: float, short: str | None, stops: str | None
) -> None:
    console = make_console(tmp_path)
    supervisor_says(console)
    when = WallUs(clock_of(console).wall_us() + round(hours * 3600) * 1_000_000)
    for forecast, words in ((Forecast(short_at=when), short), (Forecast(stops_at=when), stops)):
        console.room.foresee(forecast)
        notes = told(console)["notes"]
        assert len(notes) == (0 if words is None else 1)
        assert words is None or words in notes[0]


def test_further_disks(tmp_path: Path) -> None:
    places = [tmp_path / name for name in ("b", "c", "d")]
    for place in places:
        place.mkdir()
    (places[2] / "holiday.jpg").touch()
    console = make_console(tmp_path, disks=places)
    supervisor_says(console, RUNNING)
    pull_out(places[1])
    body = told(console)
    assert body["disk"]["free_bytes"] == 100 * GIB
    assert body["disks"] == [
        {"folder": str(places[0]), "state": "ok", "free_bytes": 100 * GIB},
        {"folder": str(places[1]), "state": "missing", "free_bytes": None},
        {"folder": str(places[2]), "state": "foreign", "free_bytes": None},
    ]
    missing, foreign = body["notes"]
    assert missing.startswith(f"The disk {places[1]} is missing")
    assert foreign.startswith(f"The folder {places[2]} is left alone: it holds other things (holiday.jpg)")


def test_a_full_data_folder_beside_a_disk_with_room(tmp_path: Path) -> None:
    place = tmp_path / "b"
    place.mkdir()
    console = make_console(tmp_path, disks=[place], free_space=lambda of: 100 * GIB if of == place else 0)
    supervisor_says(console, RUNNING)
    (note,) = told(console)["notes"]
    assert note.startswith("The disk of the data folder is full: its catalogue can't be written.")
