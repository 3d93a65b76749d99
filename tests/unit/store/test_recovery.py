"""Whatever stops us, and at whatever step: the invariants are restored, and what was promised is still there."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.store.faults import FaultyFiles, KilledError, PowerCutFiles
from tests.unit.store.footage import INIT, fake_fragment
from tests.unit.store.script import CAMERA, GENUINE, Script
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.durable import Files
from watchglass.base.errors import WatchglassError
from watchglass.model.camera import Camera, ViewPolicy
from watchglass.model.record import SegmentState
from watchglass.store import kept as kept_spans
from watchglass.store import schema
from watchglass.store.cameras import Cameras
from watchglass.store.database import writing
from watchglass.store.fmp4 import fragments_of
from watchglass.store.folder import DataFolder
from watchglass.store.shelf import VIEWS
from watchglass.store.views import Views, check

FOREVER = WallUs(1 << 60)


def script_of(views: Views, clock: SimulatedClock) -> Script:
    return Script(views, lambda start: views.begin(CAMERA, "run", start, INIT), clock)


def kept(folder: DataFolder, views: Views) -> bytes:
    """All that is kept, one file after the other."""
    return b"".join(views.path(segment).read_bytes() for segment in views.segments(CAMERA, WallUs(0), FOREVER))


def steps_of_a_run(fresh: Callable[[], DataFolder], open_engine: Callable[[DataFolder], sa.Engine]) -> list[str]:
    folder, clock, files = fresh(), SimulatedClock(), FaultyFiles()
    engine = open_engine(folder)
    files.watch(engine)
    script_of(Views(engine, folder, clock, files), clock).run()
    files.let_go()
    return files.steps


def test_the_order_of_steps_is_the_one_that_the_design_asks_for(
    fresh: Callable[[], DataFolder], open_engine: Callable[[DataFolder], sa.Engine]
) -> None:
    steps = steps_of_a_run(fresh, open_engine)
    begin = ["create", "write", "sync", "sync_folder", "commit"]
    close = ["sync", "sync_folder", "commit"]
    folders = ["make_folder", "sync_folder"] * 2
    assert steps == [
        *folders,
        *begin,
        *["write"] * 5,
        "sync",  # five seconds have gone by
        "commit",
        *["write"] * 2,
        *close,
        *begin,
        *["write"] * 2,
        *close,
        *["commit", "unlink", "sync_folder", "commit"],  # garbage, unlinked, synced, dropped
        *begin,
        *["write"] * 3,
    ]


STEPS = 44


def test_every_step_is_tried(fresh: Callable[[], DataFolder], open_engine: Callable[[DataFolder], sa.Engine]) -> None:
    assert len(steps_of_a_run(fresh, open_engine)) == STEPS - 1


@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_killed_at_any_step_nothing_that_was_appended_is_lost(
    at: int, fresh: Callable[[], DataFolder], open_engine: Callable[[DataFolder], sa.Engine]
) -> None:
    folder, clock, files = fresh(), SimulatedClock(), FaultyFiles(at)
    engine = open_engine(folder)
    files.watch(engine)
    script = script_of(Views(engine, folder, clock, files), clock)
    if at < STEPS:
        with pytest.raises(KilledError):
            script.run()
    else:
        script.run()  # killed in the middle of nothing
    files.let_go()

    views = _restarted(folder, open_engine, clock)
    for data in script.appended:
        if data not in script.deleting:
            assert data in kept(folder, views)


@pytest.mark.parametrize("tail", ["lost", "holes"])
@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_after_a_power_cut_at_any_step_what_was_synced_is_there(
    at: int, tail: str, fresh: Callable[[], DataFolder], open_engine: Callable[[DataFolder], sa.Engine]
) -> None:
    folder, clock, files = fresh(), SimulatedClock(), PowerCutFiles(at)
    engine = open_engine(folder)
    files.watch(engine)
    script = script_of(Views(engine, folder, clock, files), clock)
    if at < STEPS:
        with pytest.raises(KilledError):
            script.run()
    else:
        script.run()
    files.cut(tail)

    views = _restarted(folder, open_engine, clock)
    found = kept(folder, views)
    for data in script.synced:
        if data not in script.deleting:
            assert data in found


@pytest.mark.parametrize("tail", ["lost", "holes"])
@pytest.mark.parametrize("at", [0, *range(1, 9)])
@pytest.mark.parametrize("killed_at", [12, 33, 43])
def test_after_a_power_cut_in_the_middle_of_recovery_it_is_simply_done_again(
    killed_at: int,
    at: int,
    tail: str,
    fresh: Callable[[], DataFolder],
    open_engine: Callable[[DataFolder], sa.Engine],
) -> None:
    folder, clock, files = fresh(), SimulatedClock(), PowerCutFiles(killed_at)
    engine = open_engine(folder)
    files.watch(engine)
    script = script_of(Views(engine, folder, clock, files), clock)
    with pytest.raises(KilledError):
        script.run()
    files.revive(at)
    again = open_engine(folder)
    files.watch(again)
    recovered = False
    with contextlib.suppress(KilledError):
        Views(again, folder, clock, files).recover()
        recovered = True
    files.cut(tail)

    views = _restarted(folder, open_engine, clock)
    found = kept(folder, views)
    for data in script.appended if recovered else script.synced:  # once recovered, all of it is durable
        if data not in script.deleting:
            assert data in found


@pytest.mark.parametrize("fault", ["full", "error"])
@pytest.mark.parametrize("at", range(1, STEPS))
def test_a_disk_that_refuses_at_any_step_costs_nothing_that_is_whole(
    at: int, fault: str, fresh: Callable[[], DataFolder], open_engine: Callable[[DataFolder], sa.Engine]
) -> None:
    folder, clock, files = fresh(), SimulatedClock(), FaultyFiles(at, fault)
    engine = open_engine(folder)
    views_now = Views(engine, folder, clock, files)
    script = script_of(views_now, clock)
    with contextlib.suppress(WatchglassError):  # what it says: test_writer.py
        script.run()
    assert [problem for problem in check(engine, folder, deep=True) if "belongs to no segment" not in problem] == []

    files.mend()
    assert script_of(views_now, clock).record(range(20, 22), close=True) is not None  # it goes on without a restart
    files.let_go()
    views = _restarted(folder, open_engine, clock)
    for data in script.synced:
        if data not in script.deleting:
            assert data in kept(folder, views)


def _restarted(folder: DataFolder, open_engine: Callable[[DataFolder], sa.Engine], clock: SimulatedClock) -> Views:
    """A new process: after its recovery all three invariants hold, nothing is open, and it can record."""
    engine = open_engine(folder)
    views = Views(engine, folder, clock)
    assert kept_spans.renew(engine, VIEWS) == []  # they fit at every moment, not only after recovery
    views.recover()
    assert kept_spans.renew(engine, VIEWS) == []
    assert check(engine, folder, deep=True) == []
    segments = views.segments(CAMERA, WallUs(0), FOREVER)
    assert {segment.state for segment in segments} <= {SegmentState.CLOSED}
    for segment in segments:  # no fragment that nobody appended, as one with blocks of zeros would be
        data = views.path(segment).read_bytes()
        layout = fragments_of(io.BytesIO(data))
        assert all(data[at.offset : at.end] in GENUINE for at in layout.fragments)
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.segments)).scalar() == len(segments)
    views.recover()  # again: nothing left to do
    assert views.segments(CAMERA, WallUs(0), FOREVER) == segments
    return views


def test_a_living_writer_is_left_alone(folder: DataFolder, engine: sa.Engine, views: Views, camera: Camera) -> None:
    writer = views.begin(camera.id, "run", WallUs(0), INIT)
    writer.append(fake_fragment(0), WallUs(1_000_000))
    Views(engine, folder, SimulatedClock()).recover()  # as a second process would, by mistake
    writer.append(fake_fragment(1), WallUs(2_000_000))
    segment = writer.close()
    assert (segment.state, segment.end) == (SegmentState.CLOSED, 2_000_000)
    assert check(engine, folder, deep=True) == []


def test_a_segment_that_is_just_being_begun_is_left_alone(
    folder: DataFolder, engine: sa.Engine, clock: SimulatedClock, camera: Camera
) -> None:
    """Its file is there and its row is not yet, when somebody checks or even recovers."""
    problems: list[str] = []

    class Watched(Files):
        def sync_folder(self, path: Path) -> None:
            super().sync_folder(path)
            if list(path.glob("*.mp4")):
                problems.extend(check(engine, folder))
                Views(engine, folder, clock).recover()

    writer = Views(engine, folder, clock, Watched()).begin(camera.id, "run", WallUs(0), INIT)
    writer.append(fake_fragment(0), WallUs(1_000_000))
    assert writer.close().state is SegmentState.CLOSED
    assert problems == []
    assert check(engine, folder, deep=True) == []


def test_a_writer_that_died_is_closed_when_its_camera_records_again(
    folder: DataFolder, engine: sa.Engine, clock: SimulatedClock, camera: Camera
) -> None:
    files = FaultyFiles()
    died = Views(engine, folder, clock, files).begin(camera.id, "run", WallUs(0), INIT)
    died.append(fake_fragment(0), WallUs(1_000_000))
    files.let_go()
    views = Views(engine, folder, clock)
    views.begin(camera.id, "next", WallUs(5_000_000), INIT)
    states = [(segment.state, segment.end) for segment in views.segments(camera.id, WallUs(0), FOREVER)]
    assert states == [(SegmentState.CLOSED, 1_000_000)]


def test_the_end_of_a_segment_is_counted_on_from_the_last_sync(
    folder: DataFolder, engine: sa.Engine, clock: SimulatedClock, camera: Camera
) -> None:
    """Wall time in the row wins over media time up to there: the two may drift apart."""
    files = FaultyFiles()
    writer = Views(engine, folder, clock, files).begin(camera.id, "run", WallUs(0), INIT)
    for second in range(8):
        clock.advance(1)
        writer.append(fake_fragment(second), WallUs((second + 1) * 1_001_000))
    files.let_go()
    views = Views(engine, folder, clock)
    views.recover()
    (segment,) = views.segments(camera.id, WallUs(0), FOREVER)
    assert segment.end == 5 * 1_001_000 + 3 * 1_000_000


def test_an_open_segment_without_a_file_goes(
    folder: DataFolder, engine: sa.Engine, clock: SimulatedClock, views: Views, camera: Camera
) -> None:
    files = FaultyFiles()
    writer = Views(engine, folder, clock, files).begin(camera.id, "run", WallUs(0), INIT)
    views.path(writer.segment).unlink()
    files.let_go()
    assert [problem.split(") ")[1] for problem in check(engine, folder)] == ["has no file."]
    views.recover()
    assert check(engine, folder) == []
    assert views.bounds(camera.id) is None


def test_one_file_that_cannot_be_read_does_not_keep_the_others_from_being_closed(
    folder: DataFolder, engine: sa.Engine, clock: SimulatedClock, views: Views, cameras: Cameras, camera: Camera
) -> None:
    files = FaultyFiles()
    dying = Views(engine, folder, clock, files)
    broken = dying.begin(camera.id, "run", WallUs(0), INIT)
    other = cameras.add("Yard", camera.main)
    whole = dying.begin(other.id, "run", WallUs(0), INIT)
    whole.append(fake_fragment(0), WallUs(1_000_000))
    files.let_go()
    path = views.path(broken.segment)
    path.unlink()
    path.mkdir()  # cannot be opened for writing
    views.recover()
    assert views.segment(whole.segment.id).state is SegmentState.CLOSED
    assert views.segment(broken.segment.id).state is SegmentState.OPEN


def test_strange_files_are_removed(folder: DataFolder, engine: sa.Engine, views: Views, tmp_path: Path) -> None:
    day = folder.views / "1" / "20270115"
    day.mkdir(parents=True)
    (day / "080000-0123abcd.mp4").write_bytes(INIT)  # created, but killed before its row was there
    (day / "080000-0123abce.mp4").write_bytes(b"junk")
    (day / "notes.txt").write_bytes(INIT + fake_fragment(0))
    (folder.views / "9" / "20270115").mkdir(parents=True)
    (folder.views / "9" / "20270115" / "080000-0123abcd.mp4").write_bytes(INIT + fake_fragment(0))  # no such camera
    (folder.views / "1" / "20279915").mkdir()
    (folder.views / "1" / "20279915" / "080000-0123abcd.mp4").write_bytes(INIT + fake_fragment(0))  # no such day
    outside = tmp_path / "outside.mp4"
    outside.write_bytes(INIT + fake_fragment(0))
    (day / "080000-0123abcf.mp4").symlink_to(outside)
    assert len(check(engine, folder)) == 6
    views.recover()
    assert check(engine, folder) == []
    assert [path for path in folder.views.rglob("*") if not path.is_dir()] == []
    assert outside.exists()


def test_footage_that_a_restored_catalogue_does_not_know_is_taken_in_again(
    folder: DataFolder, engine: sa.Engine, views: Views, camera: Camera
) -> None:
    start = WallUs(1_800_000_000 * MICROSECONDS + 250_000)
    writer = views.begin(camera.id, "run", start, INIT)
    for second in range(3):
        writer.append(fake_fragment(second), WallUs(start + (second + 1) * MICROSECONDS))
    segment = writer.close()
    with writing(engine) as connection:  # as if a backup from before were put back
        connection.execute(sa.delete(schema.segments))
    views.recover()
    (again,) = views.segments(camera.id, WallUs(0), FOREVER)
    assert (again.path, again.size, again.sha256) == (segment.path, segment.size, segment.sha256)
    assert (again.start, again.end) == (start - 250_000, start - 250_000 + 3 * MICROSECONDS)  # to the second
    assert again.run.startswith("found-")
    assert check(engine, folder, deep=True) == []


RECORDER = """
import sys, pathlib
from watchglass.base.clock import SystemClock
from watchglass.store.database import open_database
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views
from tests.unit.store.footage import INIT, fake_fragment
from tests.unit.store.script import CAMERA, GENUINE, Script
folder = DataFolder.open(pathlib.Path(sys.argv[1]))
clock = SystemClock()
views = Views(open_database(folder), folder, clock)
second = 0
while True:
    writer = views.begin(1, "run", clock.wall_us(), INIT)
    for _ in range(5):
        writer.append(fake_fragment(second, size=200_000), clock.wall_us())
        second += 1
        print(second, flush=True)
    views.delete([writer.close()] if second % 3 == 0 else [])
"""


@pytest.mark.parametrize("fragments", [1, 7, 23])
def test_a_process_that_is_really_killed(
    fragments: int, folder: DataFolder, engine: sa.Engine, views: Views, camera: Camera
) -> None:
    root = Path(__file__).parents[3]
    environment = os.environ | {"PYTHONPATH": str(root)}
    command = [sys.executable, "-c", RECORDER, str(folder.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=root, text=True) as process:
        assert process.stdout is not None
        for _ in range(fragments):
            assert process.stdout.readline(), "the recorder ended by itself"
        process.send_signal(signal.SIGKILL)
        appended = fragments + len(process.stdout.read().splitlines())
        process.wait()
    views.recover()
    assert check(engine, folder, deep=True) == []
    last = fake_fragment(appended - 1, size=200_000)
    deleted = appended % 3 == 0 and appended % 5 == 0  # the script may just have deleted it
    assert deleted or last in kept(folder, views)


def test_plates_go_with_their_camera_and_with_its_view(
    cameras: Cameras, camera: Camera, views: Views, folder: DataFolder
) -> None:
    counting = cameras.add("Gate", camera.main, policy=ViewPolicy.COUNTS)
    plates = {owner: folder.plates / f"camera-{owner}.npz" for owner in (camera.id, counting.id, 77)}
    other = folder.plates / "notes.txt"
    for path in (*plates.values(), other):
        path.write_bytes(b"a street")
    views.recover()
    assert sorted(folder.plates.iterdir()) == [plates[camera.id], other]


def test_a_plate_that_cannot_be_removed_keeps_nothing_from_starting(views: Views, folder: DataFolder) -> None:
    (folder.plates / "camera-77.npz").mkdir()  # unlink(2) refuses folders
    views.recover()
    assert (folder.plates / "camera-77.npz").exists()
