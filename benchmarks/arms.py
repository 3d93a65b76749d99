"""Freeze every watcher and connect dead cameras, and see that the live ones' originals lack nothing.

    python -m benchmarks.arms [--seconds S] [--cameras C] [--dead D] [--alone S] [--out FILE]

Live cameras are real RTSP streams whose frames bear numbers, each on a connection of its own. Dead ones (tests/dead_cameras.py)
refuse connections, accept them and say nothing, answer DESCRIBE and then nothing more, have a name that there is not, or
send garbage. When all live cameras are recorded every watcher is stopped (SIGSTOP) for the time given. Then everything is
opened: each live camera must have every frame from the first that the server sent to the last that the recorder received,
as it was sent, in one run, and no gap. The same with no dead cameras, for a shorter time, tells what those cost.

A frame's lag is how much later it came out of the recorder than the promptest one of its camera, by the pace at which the
server sends: waiting in the server, in the recorder and in this program alike. The disk is behind by as much as the end of the
newest fragment in a file is old: fragments last a second, and are written when they are over.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.processes import cpu_seconds
from benchmarks.recorded import watching
from benchmarks.soak import RATE, Ear, wait_until_recording
from benchmarks.table import Row
from tests import footage
from tests.dead_cameras import dead_cameras
from tests.originals import numbers, slices, video_of
from tests.running import Watchglass
from watchglass.app.machine import Machine
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.cli.progress import Report, reporting
from watchglass.model.camera import Source, SourceKind
from watchglass.model.record import Gap
from watchglass.seal.identity import Identity
from watchglass.store.check import check
from watchglass.store.database import open_database

CAMERAS, DEAD, SECONDS, ALONE = 8, 50, 300.0, 60.0
MORE_LAG = 0.5  # seconds that dead cameras may add to the 99th percentile

_STARTING = 120.0  # seconds of footage beyond the time given, for a machine that is slow to start
_EVER = WallUs(1 << 60)
_PAUSE = 0.7  # seconds between looks at how far the disk is behind; not in step with fragments


@dataclasses.dataclass(frozen=True, slots=True)
class Use:
    """What the recorder takes: processor in cores, threads, open files, of which so many are sockets."""

    cores: float
    threads: int
    files: int
    sockets: int

    def __str__(self) -> str:
        return (
            f"{100 * self.cores:.1f} % of a core, {self.threads} threads, {self.files} files ({self.sockets} sockets)"
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """One run. `frozen` is how long all watchers stood still; lags and `behind` are in seconds; `problems` are sentences.

    `told` says how many dead cameras of each way have a gap with its cause.
    """

    live: int
    dead: int
    frozen: float
    frames: int
    segments: int
    use: Use
    lags: Sequence[float]
    behind: float
    told: Mapping[str, int]
    problems: Sequence[str]

    @property
    def lag(self) -> float:
        """The 99th percentile."""
        return statistics.quantiles(self.lags, n=100, method="inclusive")[98] if len(self.lags) > 1 else 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """With dead cameras, and without, unless that was left out."""

    together: Part
    alone: Part | None = None

    @property
    def held(self) -> bool:
        return all(row.met for row in self.rows())

    @property
    def problems(self) -> list[str]:
        return [*self.together.problems, *(self.alone.problems if self.alone else ())]

    def rows(self) -> list[Row]:
        """As a table."""
        both, alone = self.together, self.alone
        what = f"{both.live} live cameras, {both.dead} dead ones, all watchers stopped for {both.frozen:.0f} s"
        rows = [
            Row(f"{what}: frames or seconds lost", str(len(self.problems)), "0", not self.problems),
            Row("segments opened, frames as sent", f"{both.segments}, {both.frames}", "", both.frames > 0),
            Row("the disk was behind by at most", f"{both.behind:.1f} s", "", met=True),
            Row("dead cameras with a gap and its cause", f"{sum(both.told.values())} of {both.dead}", "", met=True),
            Row("recorder with them", str(both.use), "", met=True),
        ]
        lag = f"{both.lag:.2f} s (p99), {max(both.lags, default=0):.2f} s at most"
        if alone is None:
            return [*rows, Row("lag", lag, "", met=True)]
        before = f"{alone.lag:.2f} s (p99), {max(alone.lags, default=0):.2f} s at most"
        target = f"p99 at most {MORE_LAG:g} s more"
        return [
            *rows,
            Row(f"recorder without them, {alone.frozen:.0f} s", str(alone.use), "", met=True),
            Row("lag with them; without", f"{lag}; {before}", target, both.lag <= alone.lag + MORE_LAG),
        ]


class _TimedEar(Ear):
    """Notes when each frame came."""

    def __init__(self, machine: Machine, camera: int, known: dict[bytes, int]) -> None:
        self.came: list[tuple[float, int]] = []
        super().__init__(machine, camera, known)

    def heard(self, run: str, picture: bytes) -> None:
        if picture in self.known:
            super().heard(run, picture)
            self.came.append((time.monotonic(), self.known[picture]))

    def lags(self, begin: float, end: float) -> list[float]:
        """Lags of what came between two moments of the monotonic clock, in seconds."""
        offsets = [when - number / RATE for when, number in self.came if begin <= when <= end]
        return [offset - min(offsets) for offset in offsets]


def run(seconds: float, cameras: int, dead: int, alone: float, tell: Report, starting: float = _STARTING) -> Outcome:
    """`cameras` beside `dead` ones for so many seconds; before that without dead ones, `alone` seconds if that is over 0.

    There is footage for the seconds given and `starting` more, in which all must be recording.
    """
    with tempfile.TemporaryDirectory() as folder:
        frames = round(RATE * (max(seconds, alone) + starting))
        clip = footage.make(Path(folder) / "street.mp4", frames=frames, rate=RATE, gop=RATE)
        without = _part(clip, alone, cameras, 0, tell) if alone > 0 else None
        return Outcome(_part(clip, seconds, cameras, dead, tell), without)


def _part(clip: Path, seconds: float, cameras: int, dead: int, tell: Report) -> Part:
    mounts = {f"/{number}": clip for number in range(cameras)}
    with dead_cameras(dead) as dead_ones, watching(mounts) as (system, machine, server):
        identities = [Identity.generate() for _ in range(2)]
        for number, identity in enumerate(identities):
            machine.custodians.add(f"Custodian {number}", identity.recipient)
        ways = {_added(machine, f"Dead {at}", url): way for at, (way, url) in enumerate(dead_ones)}
        live = [_added(machine, f"Live {number}", server.url(f"/{number}")) for number in range(cameras)]
        known = told_apart(slices(clip))
        ears = {camera: _TimedEar(machine, camera, known) for camera in live}
        try:
            wait_until_recording(machine, ears, WallUs(0))
            with _frozen(system) as problems:
                began, since = time.monotonic(), machine.clock.wall_us()
                use, behind = _watched(system, machine, live, seconds, tell)
                ended, until = time.monotonic(), machine.clock.wall_us()
            _wait_until_kept(machine, live, until)
        finally:
            for ear in ears.values():
                ear.close()
        os.kill(system.process.pid, signal.SIGTERM)
        system.process.wait(60)
        tell("opening all that was kept", 0, 0)
        problems += check(open_database(machine.folder), machine.folder, deep=True)
        sent, frames, segments = slices(clip), 0, 0
        for camera, ear in ears.items():
            shown, count, wrong = _opened(machine, camera, identities, sent)
            problems += wrong + _lacking(machine, camera, shown, ear.received, (since, until))
            frames, segments = frames + sum(map(len, shown.values())), segments + count
        told = Counter(way for camera, way in ways.items() if any(gap.detail for gap in _gaps(machine, camera)))
        lags = [lag for ear in ears.values() for lag in ear.lags(began, ended)]
        return Part(cameras, dead, ended - began, frames, segments, use, lags, behind, dict(told), problems)


def told_apart(sent: Sequence[bytes]) -> dict[bytes, int]:
    """The numbers of frames by their coded pictures, but for those that look like another: of ten minutes there are some."""
    often = Counter(sent)
    return {picture: number for number, picture in enumerate(sent) if often[picture] == 1}


def _added(machine: Machine, name: str, url: str) -> int:
    return machine.cameras.add(name, Source(SourceKind.RTSP, url)).id


@contextlib.contextmanager
def _frozen(system: Watchglass) -> Iterator[list[str]]:
    """All watchers stand still; what is given is a list for what went wrong with that."""
    pids, problems = system.pids("watcher"), list[str]()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield problems
        if not pids or system.pids("watcher") != pids or not all(_is_stopped(pid) for pid in pids):
            problems.append("The watchers did not stand still all the time.")
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T"


def _watched(
    system: Watchglass, machine: Machine, live: Sequence[int], seconds: float, tell: Report
) -> tuple[Use, float]:
    """Wait; what the recorder used meanwhile, and how far the slowest camera was behind on the disk, in seconds."""
    (recorder,) = system.pids("recorder")
    cost, began = cpu_seconds(system.process.pid)["recorder"], time.monotonic()
    behind, threads, files, sockets = 0.0, 0, 0, 0
    while (passed := time.monotonic() - began) < seconds:
        tell("all watchers stand still", passed, seconds)
        time.sleep(_PAUSE)
        behind = max(
            behind, *((machine.clock.wall_us() - kept_until(machine, camera)) / MICROSECONDS for camera in live)
        )
        threads = max(threads, len(list(Path(f"/proc/{recorder}/task").iterdir())))
        opened = _files(recorder)
        files, sockets = max(files, len(opened)), max(sockets, sum(one.startswith("socket:") for one in opened))
    passed = time.monotonic() - began
    return Use((cpu_seconds(system.process.pid)["recorder"] - cost) / passed, threads, files, sockets), behind


def _files(process: int) -> list[str]:
    """What a process has open."""
    found = []
    for entry in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed since
            found.append(str(entry.readlink()))
    return found


def kept_until(machine: Machine, camera: int) -> int:
    """When the last fragment ends that is on the disk, in microseconds UTC; 0 if there is none."""
    return max((one.end for one in machine.originals.segments(camera, WallUs(0), _EVER)), default=0)


def _wait_until_kept(machine: Machine, cameras: Sequence[int], until: WallUs) -> None:
    patience = time.monotonic() + 60
    while waiting := [camera for camera in cameras if kept_until(machine, camera) < until]:
        if time.monotonic() > patience:
            raise TimeoutError(f"cameras {waiting} are not recorded any more")
        time.sleep(0.2)


def _opened(
    machine: Machine, camera: int, identities: Sequence[Identity], sent: Sequence[bytes]
) -> tuple[dict[str, list[int]], int, list[str]]:
    """Numbers of the frames that are kept of a camera, by run; how many segments; which of them are not what was sent."""
    runs: dict[str, list[int]] = {}
    segments = machine.originals.segments(camera, WallUs(0), _EVER)
    wrong = []
    for segment in segments:
        video = video_of(machine.folder, segment, identities)
        shown = numbers(video)
        if slices(video) != list(sent[shown[0] : shown[0] + len(shown)]):
            wrong.append(f"Segment {segment.id} of camera {camera} is not what was sent.")
        runs.setdefault(segment.run, []).extend(shown)
    return runs, len(segments), wrong


def _lacking(
    machine: Machine,
    camera: int,
    runs: Mapping[str, Sequence[int]],
    received: Mapping[str, int],
    frozen: tuple[WallUs, WallUs],
) -> list[str]:
    """What a live camera's original lacks, in sentences."""
    found = lacking(camera, runs, received)
    found += [f"Camera {camera} has a gap ({gap.cause}): {gap.detail}" for gap in _gaps(machine, camera)]
    begin, end = frozen
    if not any(start <= begin and end <= stop for start, stop in machine.originals.kept(camera, WallUs(0), _EVER)):
        found.append(f"Camera {camera} was not recorded all the time.")
    return found


def lacking(camera: int, runs: Mapping[str, Sequence[int]], received: Mapping[str, int]) -> list[str]:
    """Whether there is one run, of every frame from the first that was sent to the last that was `received` in it."""
    if len(runs) != 1:
        return [f"Camera {camera} has {len(runs)} runs instead of one."]
    ((run, shown),) = runs.items()
    wanted = range(max(received.get(run, 0), *shown, 0) + 1)
    missing = len(wanted) - len(set(shown))
    if list(shown) != list(wanted):
        return [f"Camera {camera} lacks {missing} of {len(wanted)} frames, or has some twice."]
    return []


def _gaps(machine: Machine, camera: int) -> list[Gap]:
    return machine.originals.gaps(camera, WallUs(0), _EVER)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--dead", type=int, default=DEAD)
    parser.add_argument("--alone", type=float, default=ALONE, help="seconds of the run without dead cameras; 0: none")
    parser.add_argument("--out", type=Path, help="a JSON file for the results")
    options = parser.parse_args()
    with reporting() as tell:
        outcome = run(options.seconds, options.cameras, options.dead, options.alone, tell)
    for row in outcome.rows():
        print(f"{row.what}: {row.figure}  ({row.target or 'no target'})")
    for way, count in outcome.together.told.items():
        print(f"a camera that {way}: {count} with a gap and its cause")
    for problem in outcome.problems:
        print(problem)
    if options.out:
        options.out.write_text(json.dumps(dataclasses.asdict(outcome), indent=1) + "\n")
    sys.exit(not outcome.held)


if __name__ == "__main__":
    main()
