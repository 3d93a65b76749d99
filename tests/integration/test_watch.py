"""A watcher is killed while it works: the view pauses and comes back, and nothing that it kept shows anybody."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from tests import footage
from tests.footage import Picture
from tests.running import Watchglass
from watchglass.app.machine import Machine, open_machine
from watchglass.base import wire
from watchglass.base.clock import MICROSECONDS, SystemClock, WallUs
from watchglass.model.camera import Source, SourceKind, ViewState
from watchglass.model.record import Gap, GapCause, Segment, SegmentState
from watchglass.settings import Settings
from watchglass.store.check import check
from watchglass.store.database import open_database

WIDTH, HEIGHT, RATE, SECONDS = 320, 240, 10, 20
EVER = WallUs(1 << 60)


def picture(number: int) -> Picture:
    """A grey street, and somebody in loud red and blue who walks through it: colours that no cover has."""
    frame = footage.picture(number, WIDTH, HEIGHT, figures=0)
    frame[: footage.STRIP_HEIGHT] = 90
    left = 10 + number * 4 % (WIDTH - 50)
    checks = np.indices((96, 32)).sum(axis=0) // 8 % 2
    frame[100:196, left : left + 32] = np.where(checks[:, :, None] == 0, (230, 10, 10), (10, 10, 230))
    return frame


def loud(path: Path) -> list[int]:
    """For each frame of a file, how many pixels have a colour that only the figure has."""
    found = []
    with av.open(str(path), "r") as container:
        for frame in container.decode(video=0):
            planes = frame.reformat(format="yuv420p").to_ndarray()[HEIGHT:].reshape(2, -1)
            found.append(int((planes > 195).sum()))
    return found


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "street.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "g": str(RATE)})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(SECONDS * RATE):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), "rgb24")))
        output.mux(stream.encode())
    return path


@pytest.fixture
def machine(tmp_path: Path, film: Path) -> Machine:
    """A data folder with one camera, which plays the film."""
    made = open_machine(Settings(tmp_path / "data"), SystemClock())
    made.cameras.add("Street", Source(SourceKind.FILE, str(film)))
    return made


@pytest.fixture
def running(machine: Machine, person_model: Path) -> Iterator[Watchglass]:
    with Watchglass(machine.folder.root, "--watchers", "1", assets=person_model.parent) as started:
        yield started


def watcher_of(running: Watchglass) -> int:
    """The process id of the only watcher."""
    own = Path("/proc") / str(running.process.pid)
    children = [int(number) for task in own.glob("task/*/children") for number in task.read_text().split()]
    (watcher,) = [number for number in children if b"\0watcher\0" in Path(f"/proc/{number}/cmdline").read_bytes()]
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
