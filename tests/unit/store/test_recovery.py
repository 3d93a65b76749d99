"""Whatever stops us, and at whatever step: the invariants are restored, and what was promised is still there."""

import dataclasses
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
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.errors import WatchglassError
from watchglass.model.camera import Camera
from watchglass.model.record import Segment, SegmentState
from watchglass.store import schema
from watchglass.store.cameras import Cameras
from watchglass.store.database import writing
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views, check

FOREVER = WallUs(1 << 60)
CAMERA = 1


@dataclasses.dataclass
class Script:
    """Everything that is done to views: two segments of 7 and 2 s, the first deleted, one of 3 s left open.

    It remembers which seconds were appended, synced and to be deleted, so that a test knows what must be there.
    """

    views: Views
    clock: SimulatedClock
    appended: list[bytes] = dataclasses.field(default_factory=list)
    synced: list[bytes] = dataclasses.field(default_factory=list)
    deleting: list[bytes] = dataclasses.field(default_factory=list)

    def run(self) -> None:
        first = self.record(range(7), close=True)
        self.record(range(7, 9), close=True)
        if first:
            self.deleting += self.appended[:7]
            self.views.delete([first])
        self.record(range(9, 12), close=False)

    def record(self, seconds: range, *, close: bool) -> Segment | None:
        start = self.clock.wall_us()
        writer = self.views.begin(CAMERA, "run", start, INIT)
        for second in seconds:
            data = fake_fragment(second, size=30_000)
            self.clock.advance(1)
            end = self.clock.wall_us()
            known = len(self.appended)
            self.appended.append(data)
            try:
                writer.append(data, end)
            except (KilledError, WatchglassError):
                # Half in, as far as anybody may rely on it; earlier ones stay.
                del self.appended[known:]
                raise
            if writer.segment.size == writer.size:
                self.synced = list(self.appended)
        if not close:
            return None
        segment = writer.close()
        self.synced = list(self.appended)
        return segment


def kept(folder: DataFolder, views: Views) -> bytes:
    """All that is kept, one file after the other."""
    return b"".join(views.path(segment).read_bytes() for segment in views.segments(CAMERA, WallUs(0), FOREVER))


def steps_of_a_run(fresh: Callable[[], DataFolder], open_engine: Callable[[DataFolder], sa.Engine]) -> list[str]:
    folder, clock, files = fresh(), SimulatedClock(), FaultyFiles()
    engine = open_engine(folder)
    files.watch(engine)
    Script(Views(engine, folder, clock, files), clock).run()
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


def test_every_step_is_tried(
    fresh: Callable[[], DataFolder], open_engine: Callable[[DataFolder], sa.Engine]
) -> None:
    assert len(steps_of_a_run(fresh, open_engine)) == STEPS - 1


@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_killed_at_any_step_nothing_that_was_appended_is_lost(
    at: int, fresh: Callable[[], DataFolder], open_engine: Callable[[DataFolder], sa.Engine]
) -> None:
    folder, clock, files = fresh(), SimulatedClock(), FaultyFiles(at)
    engine = open_engine(folder)
    files.watch(engine)
    script = Script(Views(engine, folder, clock, files), clock)
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


@pytest.mark.parametrize("zeros", [False, True], ids=["tail lost", "tail zeroed"])
@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_after_a_power_cut_at_any_step_what_was_synced_is_there(
    at: int, zeros: bool, fresh: Callable[[], DataFolder], open_engine: Callable[[DataFolder], sa.Engine]
) -> None:
    folder, clock, files = fresh(), SimulatedClock(), PowerCutFiles(at)
    engine = open_engine(folder)
    files.watch(engine)
    script = Script(Views(engine, folder, clock, files), clock)
    if at < STEPS:
        with pytest.raises(KilledError):
            script.run()
    else:
        script.run()
    files.cut(zeros=zeros)

    views = _restarted(folder, open_engine, clock)
    found = kept(folder, views)
    for data in script.synced:
        if data not in script.deleting:
            assert data in found


@pytest.mark.parametrize("fault", ["full", "error"])
@pytest.mark.parametrize("at", range(1, STEPS))
def test_a_disk_that_refuses_at_any_step_costs_nothing_that_is_whole(
    at: int, fault: str, fresh: Callable[[], DataFolder], open_engine: Callable[[DataFolder], sa.Engine]
) -> None:
    folder, clock, files = fresh(), SimulatedClock(), FaultyFiles(at, fault)
    engine = open_engine(folder)
    script = Script(Views(engine, folder, clock, files), clock)
    try:
        script.run()
    except WatchglassError as error:
        assert "Front door" in str(error) or "Cannot delete" in str(error)
        assert str(folder.views) in str(error)
    assert [problem for problem in check(engine, folder, deep=True) if "belongs to no segment" not in problem] == []

    files.mend()
    assert Script(script.views, clock).record(range(20, 22), close=True) is not None  # it goes on without a restart
    files.let_go()
    views = _restarted(folder, open_engine, clock)
    for data in script.synced:
        if data not in script.deleting:
            assert data in kept(folder, views)


def _restarted(
    folder: DataFolder, open_engine: Callable[[DataFolder], sa.Engine], clock: SimulatedClock
) -> Views:
    """A new process: after its recovery all three invariants hold, nothing is open, and it can record."""
    engine = open_engine(folder)
    views = Views(engine, folder, clock)
    views.recover()
    assert check(engine, folder, deep=True) == []
    segments = views.segments(CAMERA, WallUs(0), FOREVER)
    assert {segment.state for segment in segments} <= {SegmentState.CLOSED}
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.segments)).scalar() == len(segments)
    views.recover()  # again: nothing left to do
    assert views.segments(CAMERA, WallUs(0), FOREVER) == segments
    return views
