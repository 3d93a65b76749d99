import asyncio
import json
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.console.support import (
    GIB,
    SECRET,
    add_camera,
    add_custodians,
    browser,
    clock_of,
    error_of,
    keep_original,
    make_console,
    run,
)
from tests.unit.evidence.material import START, at, keep
from watchglass import __version__
from watchglass.base import vitals
from watchglass.console.app import Console
from watchglass.model.camera import Health, HealthState, StreamRole
from watchglass.model.record import GapCause
from watchglass.record.figures import StreamFigures, tell
from watchglass.store.disks import DiskState

TOKEN = "a token of twenty-three"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def asked(console: Console, *, signed_in: bool = True, **headers: str) -> httpx.Response:
    async def script() -> httpx.Response:
        async with browser(console, signed_in=signed_in) as client:
            return await client.get("/metrics", headers=headers)

    return run(script())


def samples(console: Console) -> Samples:
    """What Prometheus' own parser finds, by name and labels."""
    answer = asked(console)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    return {
        (sample.name.removeprefix("watchglass_"), frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(told: Samples, name: str, /, **labels: object) -> float | None:
    return told.get((name, frozenset((key, str(value)) for key, value in labels.items())))


def test_of_cameras_and_what_is_kept(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    add_custodians(console, "Ada", "Bo")
    door, yard = add_camera(console, 'The "door"\\').id, add_camera(console, "Yard").id
    console.cameras.set_health(door, StreamRole.MAIN, Health(HealthState.DEGRADED, at(0), "It stutters."))
    console.cameras.set_enabled(yard, False)
    segment = keep(console.views, door, range(3))
    sealed = keep_original(console, door, at(0), at(2))
    console.views.open_gap(door, at(3), GapCause.DISK)
    clock_of(console).advance(5)
    told = samples(console)
    assert of(told, "info", version=__version__) == 1
    assert of(told, "camera_info", camera=door, name='The "door"\\', policy="people-and-things") == 1
    for state in HealthState:
        assert of(told, "stream_state", camera=door, stream="main", state=state) == (state is HealthState.DEGRADED)
        assert of(told, "stream_state", camera=door, stream="sub", state=state) == (state is HealthState.STARTING)
        assert of(told, "stream_state", camera=yard, stream="main", state=state) == (state is HealthState.OFF)
    view, original = {"camera": door, "kind": "view"}, {"camera": door, "kind": "original"}
    assert (of(told, "segments", **view), of(told, "kept_bytes", **view)) == (1, segment.size)
    assert (of(told, "segments", **original), of(told, "kept_bytes", **original)) == (1, sealed.size)
    assert of(told, "segments", camera=yard, kind="view") == 0
    assert of(told, "coverage_today_ratio", **view) == 0.6
    assert of(told, "coverage_today_ratio", **original) == 1
    assert of(told, "coverage_today_ratio", camera=yard, kind="view") is None
    assert of(told, "gap_today_seconds", **view, cause="disk") == 2
    assert of(told, "gap_today_seconds", **original, cause="disk") == 0
    assert of(told, "last_fragment_age_seconds", **view) == 2
    assert of(told, "last_fragment_age_seconds", **original) == 3
    assert of(told, "last_fragment_age_seconds", camera=yard, kind="view") is None


def test_of_further_disks(tmp_path: Path) -> None:
    there, away = tmp_path / "b", tmp_path / "c"
    there.mkdir()
    told = samples(make_console(tmp_path, disks=[there, away]))
    assert of(told, "further_disk_free_bytes", folder=str(there)) == 100 * GIB
    assert of(told, "further_disk_free_bytes", folder=str(away)) is None
    for place, name in ((there, "ok"), (away, "missing")):
        states = {state: of(told, "further_disk_state", folder=str(place), state=state) for state in DiskState}
        assert states == {state: float(state == name) for state in DiskState}


def test_of_the_machine_and_its_processes(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    processes = [
        {"name": "recorder", "state": "running", "restarts": 0, "since_us": START},
        {"name": "watcher-0", "state": "waiting", "restarts": 3, "since_us": START},
    ]
    (console.folder.run / "supervisor.json").write_text(json.dumps({"processes": processes}))
    vitals.tell(console.folder.run, "recorder", console.clock)
    own = vitals.heard(console.folder.run, "recorder", console.clock.wall_us())
    assert own is not None
    samples(console)
    clock_of(console).step_wall(5)
    told = samples(console)
    assert of(told, "disk_free_bytes") == 100 * GIB
    assert of(told, "disk_floor_bytes") == 2 * GIB
    assert (of(told, "clock_synchronised"), of(told, "clock_steps")) == (1, 1)
    assert of(told, "clock_max_error_seconds") == 0.0009
    assert (of(told, "custodians"), of(told, "custodians_needed")) == (0, 2)
    assert [of(told, "process_up", process=name) for name in ("recorder", "watcher-0")] == [1, 0]
    assert of(told, "process_restarts_total", process="watcher-0") == 3
    assert of(told, "process_sockets", process="recorder") == own.sockets
    assert of(told, "process_files", process="recorder") == own.files
    assert of(told, "process_threads", process="recorder") == own.threads
    assert of(told, "process_resident_bytes", process="recorder") == own.resident_bytes
    assert of(told, "process_cpu_seconds_total", process="recorder") == own.cpu_seconds
    assert of(told, "process_threads", process="watcher-0") is None  # it has not told anything


def test_of_streams(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    camera = add_camera(console).id
    told = [StreamFigures(camera, StreamRole.MAIN, 7, -2e-5), StreamFigures(camera, StreamRole.SUB, 0, None)]
    tell(console.folder.run, [*told, StreamFigures(99, StreamRole.MAIN, 5, None)], console.clock.wall_us())
    found = samples(console)
    assert of(found, "packets_lost_total", camera=camera, stream="main") == 7
    assert of(found, "packets_lost_total", camera=camera, stream="sub") == 0
    assert of(found, "packets_lost_total", camera=99, stream="main") is None  # removed just now
    assert of(found, "camera_clock_gain_ratio", camera=camera, stream="main") == -2e-5
    assert of(found, "camera_clock_gain_ratio", camera=camera, stream="sub") is None


def test_neither_address_nor_password_is_in_it(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    add_camera(console)
    text = asked(console).text
    for secret in ("10.0.0.9", "rtsp", "operator-of-the-door", SECRET):
        assert secret not in text


@pytest.mark.parametrize(
    ("token", "shown", "let_in"),
    [
        (TOKEN, f"Bearer {TOKEN}", True),
        (TOKEN, f"bearer  {TOKEN}", True),
        (TOKEN, f"Bearer {TOKEN}x", False),
        (TOKEN, TOKEN, False),
        (TOKEN, "Bearer ", False),
        (TOKEN, "", False),
        ("", "Bearer ", False),
        ("", "", False),
    ],
)
def test_who_may_read(tmp_path: Path, token: str, shown: str, let_in: bool) -> None:
    console = make_console(tmp_path, metrics_token=token)
    answer = asked(console, signed_in=False, authorization=shown)
    assert answer.status_code == (200 if let_in else 401)
    if not let_in:
        assert error_of(answer) == "Sign in first."


def test_the_token_opens_nothing_else(tmp_path: Path) -> None:
    console = make_console(tmp_path, metrics_token=TOKEN)

    async def script() -> int:
        async with browser(console, signed_in=False) as client:
            return (await client.get("/api/cameras", headers={"authorization": f"Bearer {TOKEN}"})).status_code

    assert asyncio.run(script()) == 401
