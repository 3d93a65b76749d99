"""A real camera, custodians, and a recorder that is killed: what two of three custodians then see is what the camera sent."""

import itertools
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import footage
from tests.originals import numbers, slices, video_of
from tests.rtsp import RtspServer, needs_rtsp_server
from tests.running import Watchglass
from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import MICROSECONDS, SystemClock, WallUs
from watchglass.evidence.export import export_view
from watchglass.model.record import GapCause, Segment, SegmentState
from watchglass.seal.identity import Identity
from watchglass.settings import Settings
from watchglass.store.check import check
from watchglass.store.database import open_database

pytestmark = [pytest.mark.camera, pytest.mark.slow, pytest.mark.timeout(300)]

IDENTITIES = [Identity.generate() for _ in range(3)]
RATE = 10
EVER = WallUs(1 << 60)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return footage.make(tmp_path_factory.mktemp("rtsp") / "street.mp4", frames=2400, rate=RATE, gop=RATE)


@pytest.fixture
def camera(clip: Path) -> Iterator[RtspServer]:
    needs_rtsp_server()
    with RtspServer({"/main": clip}) as server:
        yield server


def _kept_to(machine: Machine, camera: int) -> int:
    return machine.originals.latest(camera) or 0


def test_originals_survive_a_kill_and_stopped_watchers(
    camera: RtspServer, clip: Path, tmp_path: Path, assets_folder: Path | None
) -> None:
    machine = open_machine(Settings(tmp_path / "data"), SystemClock())
    for number, name in enumerate(("Ada", "Bo", "Cy")):
        machine.custodians.add(name, IDENTITIES[number].recipient)
    with Watchglass(tmp_path / "data", assets=assets_folder) as system:
        system.set_up()
        added = system.call("POST", "/api/cameras", {"name": "Gate", "url": camera.url("/main")})["id"]
        system.until("an original is kept", lambda: _kept_to(machine, added) > 0, 60)

        watchers = system.pids("watcher")
        for pid in watchers:
            os.kill(pid, signal.SIGSTOP)
        try:
            since = _kept_to(machine, added)
            system.until("eight seconds more", lambda: _kept_to(machine, added) > since + 8 * MICROSECONDS, 60)
        finally:
            for pid in watchers:
                os.kill(pid, signal.SIGCONT)

        system.until("there is a view", lambda: machine.views.latest(added) is not None, 60)
        killed_at = machine.clock.wall_us()
        for pid in system.pids("recorder"):
            os.kill(pid, signal.SIGKILL)
        system.until("it records again", lambda: _kept_to(machine, added) > killed_at + 6 * MICROSECONDS, 60)
        since = machine.clock.wall_us()
        for pid in watchers:
            os.kill(pid, signal.SIGKILL)
        system.until("the view goes on", lambda: (machine.views.latest(added) or 0) > since, 60)

    segments = machine.originals.segments(added, WallUs(0), EVER)
    assert {segment.state for segment in segments} == {SegmentState.CLOSED}
    assert check(open_database(machine.folder), machine.folder, deep=True) == []
    _holds_what_was_sent(machine, segments, clip)
    _plays_through(machine, added, tmp_path / "clip.mp4")
    (gap,) = machine.originals.gaps(added, WallUs(0), EVER)
    assert (gap.cause, gap.end is not None) == (GapCause.US, True)
    assert killed_at - gap.start <= 2 * MICROSECONDS  # a second that was not whole yet, and the frame after it
    assert (gap.end or 0) - killed_at <= (3 + 1) * MICROSECONDS  # 3 s and a GOP


def _plays_through(machine: Machine, camera: int, out: Path) -> None:
    """All of the view as one clip, over the death of recorder and watchers."""
    segments = machine.views.segments(camera, WallUs(0), EVER)
    assert len({segment.run for segment in segments}) > 1
    exported = export_view(machine.folder, segments, segments[0].start, segments[-1].end, out)
    command = ["ffprobe", "-v", "warning", "-show_entries", "frame=pts_time", "-of", "csv=p=0", str(out)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stderr == ""
    times = [float(line.strip(",")) for line in told.stdout.split()]
    assert all(before < after for before, after in itertools.pairwise(times))
    assert exported.seconds - times[-1] <= 2 / RATE


def _holds_what_was_sent(machine: Machine, segments: list[Segment], clip: Path) -> None:
    sent = slices(clip)
    runs: dict[str, list[int]] = {}
    for segment in segments:
        video = video_of(machine.folder, segment, (IDENTITIES[0], IDENTITIES[2]))
        kept, shown = slices(video), numbers(video)
        assert kept == sent[shown[0] : shown[0] + len(kept)]  # bit by bit
        runs.setdefault(segment.run, []).extend(shown)
    assert len(runs) == 2
    for shown in runs.values():
        assert shown == list(range(shown[0], shown[0] + len(shown)))  # no frame is missing while it ran
