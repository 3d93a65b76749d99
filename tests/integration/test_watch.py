"""A watcher is killed while it works: the view pauses and comes back, and nothing that it kept shows anybody."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loud import RATE, loud
from tests.running import Watchglass
from watchglass.app.machine import Machine
from watchglass.base import wire
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.camera import ViewState
from watchglass.model.record import Gap, GapCause, Segment, SegmentState
from watchglass.store.check import check
from watchglass.store.database import open_database

EVER = WallUs(1 << 60)


@pytest.fixture
def running(machine: Machine, person_model: Path) -> Iterator[Watchglass]:
    with Watchglass(machine.folder.root, "--watchers", "1", assets=person_model.parent) as started:
        yield started


def watcher_of(running: Watchglass) -> int:
    """The process id of the only watcher."""
    (watcher,) = running.pids("watcher")
    return watcher


def shown_since(machine: Machine, wall: int) -> bool:
    status = machine.cameras.view_status(1)
    return status is not None and status.state is ViewState.SHOWN and status.since > wall


def restarts(machine: Machine) -> int:
    told = json.loads((machine.folder.run / "supervisor.json").read_text())["processes"]
    return int(next(one["restarts"] for one in told if one["name"] == "watcher-0"))


def accounted_for(segments: list[Segment], gaps: list[Gap]) -> list[tuple[int, int]]:
    """Time that is in a segment or in a gap; holes too short to be gaps are joined."""
    spans = [(one.start, one.end) for one in segments] + [(gap.start, gap.end or 0) for gap in gaps]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1] + 1.5 * MICROSECONDS:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def test_the_camera_s_own_film_is_loud(film: Path) -> None:
    """So that the test below can fail."""
    assert min(loud(film)) > 200


def test_a_watcher_that_is_killed(running: Watchglass, machine: Machine) -> None:
    running.until("the view is shown", lambda: shown_since(machine, 0))
    killed_at = machine.clock.wall_us()
    with wire.connect(machine.folder.run / "watcher-0.sock") as live:
        live.settimeout(20)
        head, _ = wire.receive(live)
        assert head["type"] == "format"
        victim = watcher_of(running)
        os.kill(victim, signal.SIGKILL)
        assert [head for head, _ in wire.messages(live)][-1]["type"] in {"format", "chunk", "aim"}  # then it ends
    running.until("the view is shown again", lambda: shown_since(machine, killed_at))
    assert watcher_of(running) != victim
    assert restarts(machine) == 1
    back_at = machine.clock.wall_us()
    running.until("some of it is kept", lambda: (machine.views.latest(1) or 0) > back_at)
    running.process.terminate()
    assert running.process.wait(20) == 0

    segments, gaps = machine.views.segments(1, WallUs(0), EVER), machine.views.gaps(1, WallUs(0), EVER)
    assert {segment.state for segment in segments} == {SegmentState.CLOSED}
    assert len({segment.run for segment in segments}) >= 2
    assert [gap.cause for gap in gaps] == [GapCause.US]
    assert gaps[0].end is not None
    assert abs(gaps[0].start - killed_at) < 4 * MICROSECONDS  # the look-ahead, and a fragment that was not whole
    ((first, last),) = accounted_for(segments, gaps)
    assert first < killed_at < back_at < last
    assert not any(cover.end is None for cover in machine.views.covers(1, WallUs(0), EVER))
    assert check(open_database(machine.folder), machine.folder, deep=True) == []

    seen = {segment.id: loud(machine.views.path(segment)) for segment in segments}
    frames = sum(len(found) for found in seen.values())
    assert frames >= sum(segment.end - segment.start for segment in segments) / MICROSECONDS * RATE * 0.8
    assert [count for found in seen.values() for count in found if count > 0] == []
