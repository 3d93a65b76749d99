"""How many cameras at 10 frames a second this machine watches with none of them late, the cameras' own work included.

    python -m benchmarks.cameras [--people N ...] [--idle N ...] [--seconds S]

Cameras are real RTSP streams of 640 x 480 from GStreamer's server (tests/rtsp_server.py), which only remuxes, each on a
connection of its own: the sample street with its people, or the same street empty and still. The whole of watchglass runs as
processes, in a folder of its own. This program listens, as the console does, to all that the watchers send.

A camera is late if in the measured time it showed fewer than 9.5 frames a second, if the newest frame of what arrived was more
than 2 s old in over 5 % of what arrived, or if it was covered whole for more than a tenth of the time: a view that shows only
why it shows nothing is no view. Time is taken from when all views are ready.
"""

import argparse
import contextlib
import dataclasses
import math
import statistics
import struct
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import footage
from benchmarks.processes import cpu_seconds
from benchmarks.recorded import watching
from benchmarks.redaction import REFERENCE, decode_and_encode
from benchmarks.table import Row
from tests.rtsp import RtspServer
from tests.running import Watchglass
from watchglass.app.machine import Machine
from watchglass.base import wire
from watchglass.base.clock import MICROSECONDS, SystemClock
from watchglass.cli.progress import Report, reporting
from watchglass.model.camera import Source, SourceKind, ViewState
from watchglass.store import fmp4

SIZE = (640, 480)
PEOPLE, IDLE = 18, 60
LEAST_RATE, MOST_DELAY, MOST_COVERED = 9.5, 2.0, 0.1

_MEASURED = 30.0  # seconds
_READY = 180.0  # seconds in which all views must be shown
_SETTLE = 3.0  # seconds for the burst that a new listener gets, and for the last plate to be written
_UP = (1.2, 1.2, 1.2, 1.25)  # what is tried next while all hold: at most so many steps
_DOWN = (0.8, 0.7, 0.7, 0.7, 0.6, 0.5)  # and while one is late
_LENGTH = 1500  # seconds of a stream; all steps fit into it
_STARTS = (0, 10, 20, 30)  # keyframes at which cameras begin, so that they are not in step


@dataclasses.dataclass(frozen=True, slots=True)
class Camera:
    """What came of one camera. Times in seconds; `covered` is the share of time for which its view was covered whole."""

    rate: float
    delay: float
    covered: float

    @property
    def late(self) -> bool:
        return self.rate < LEAST_RATE or self.delay > MOST_DELAY or self.covered > MOST_COVERED


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What came of all cameras together; `cores` says who used how much of a core. `unready` never had a view."""

    count: int
    cameras: Sequence[Camera]
    cores: Counter[str]
    unready: int = 0

    @property
    def held(self) -> bool:
        return not self.unready and len(self.cameras) == self.count and not any(one.late for one in self.cameras)

    def __str__(self) -> str:
        if self.unready:
            return f"{self.unready} of {self.count} had no view after {_READY:.0f} s"
        late = sum(one.late for one in self.cameras) + self.count - len(self.cameras)
        if not self.cameras:
            return f"nothing came from {self.count} cameras"
        slowest = min(one.rate for one in self.cameras)
        delay = max(one.delay for one in self.cameras)
        covered = statistics.fmean(one.covered for one in self.cameras)
        cores = ", ".join(f"{name} {value:.2f}" for name, value in self.cores.most_common() if value >= 0.005)
        return f"{late} late; slowest {slowest:.1f} frames/s, latest {delay:.2f} s, covered {covered:.0%}; of a core: {cores}"


def rows(tell: Report) -> list[Row]:
    """The two targets, as they are and in proportion to this machine, and how many are held at most."""
    tell("decoding and encoding alone", 0, 0)
    alone = decode_and_encode(footage.scaled(*SIZE, tell))
    return [
        *_rows("with people", PEOPLE, alone, people_files(tell), tell),
        *_rows("idle", IDLE, alone, idle_files(tell), tell),
    ]


def people_files(tell: Report) -> list[Path]:
    """Footage of cameras that see people."""
    source = footage.scaled(*SIZE, tell)
    return [footage.long(source, _LENGTH, start, tell) for start in _STARTS]


def idle_files(tell: Report) -> list[Path]:
    """Footage of a camera that sees nobody."""
    return [footage.long(footage.still(*SIZE, tell), _LENGTH, 0, tell)]


def _rows(kind: str, goal: int, alone: float, files: Sequence[Path], tell: Report) -> list[Row]:
    """`alone` is how many frames/s of a core this machine decodes and encodes, which says what the target means on it."""
    fair = math.ceil(goal * alone / REFERENCE)
    results = search(files, goal, fair, tell)
    first, most, least = results[0], _most_held(results), _least_late(results)
    limit = "more were not tried" if least is None else f"{least} did not hold"
    return [
        Row(f"{goal} cameras {kind}, none late", str(first), str(goal), first.held),
        Row(
            f"most cameras {kind}, none late, where decode and encode alone do {alone:.0f} frames/s of a core",
            f"{most} ({limit})",
            f">= {fair} ({goal} at {REFERENCE:.0f})",
            most >= fair,
        ),
        *(Row(f"  {result.count} cameras {kind}", str(result), "", True) for result in results[1:]),
    ]


def _most_held(results: Sequence[Result]) -> int:
    return max((result.count for result in results if result.held), default=0)


def _least_late(results: Sequence[Result]) -> int | None:
    return min((result.count for result in results if not result.held), default=None)


def search(files: Sequence[Path], goal: int, fair: int, tell: Report) -> list[Result]:
    """Results for `goal` cameras, then for more as long as all hold, or for fewer until they do; and for `fair` of them
    where the others don't tell.
    """
    with running(files, _most(goal)) as watched:
        results = [watched.measure(goal, _MEASURED, tell)]
        rising = results[0].held
        for factor in _UP if rising else _DOWN:
            count = max(1, round(results[-1].count * factor))
            if count == results[-1].count:
                break
            results.append(watched.measure(count, _MEASURED, tell))
            if results[-1].held != rising:
                break
        least = _least_late(results)
        if least is not None and _most_held(results) < fair < least:
            results.append(watched.measure(fair, _MEASURED, tell))
    return results


def _most(goal: int) -> int:
    for factor in _UP:
        goal = max(1, round(goal * factor))
    return goal


class Watched:
    """A running watchglass and its cameras, of which the first so many can be switched on."""

    def __init__(self, system: Watchglass, machine: Machine, server: RtspServer, paths: Sequence[str]) -> None:
        self._system, self._machine, self._server, self._paths = system, machine, server, paths
        self._cameras: list[int] = []

    def measure(self, count: int, seconds: float, tell: Report) -> Result:
        """Watch the first `count` cameras and see how late they are."""
        self._switch(count)
        if unready := self._wait(count, tell):
            return Result(count, (), Counter(), unready)
        time.sleep(_SETTLE)
        with listening(self._machine.folder.run) as listener:
            time.sleep(_SETTLE)
            before, began = self._cost(), time.monotonic()
            listener.begin()
            covered = self._follow(count, seconds, tell)
            listener.end()
            took = time.monotonic() - began
            after = self._cost()
        cores = Counter({name: (after[name] - before[name]) / took for name in after})
        found = [
            Camera(
                rate=listener.frames[camera] / took,
                delay=_p95(listener.delays[camera]),
                covered=covered[camera] / max(1, covered[0]),
            )
            for camera in self._cameras[:count]
            if listener.delays[camera]
        ]
        return Result(count, found, cores)

    def _switch(self, count: int) -> None:
        cameras = self._machine.cameras
        for number in range(len(self._cameras), count):
            source = Source(SourceKind.RTSP, self._server.url(self._paths[number]))
            self._cameras.append(cameras.add(f"Camera {number + 1}", source).id)
        for number, camera in enumerate(self._cameras):
            if cameras.get(camera).enabled != (number < count):
                cameras.set_enabled(camera, number < count)

    def _wait(self, count: int, tell: Report) -> int:
        """Until all views are shown; how many are not when patience is at its end."""
        until = time.monotonic() + _READY
        ready = 0
        while time.monotonic() < until:
            ready = sum(self._state(camera) is ViewState.SHOWN for camera in self._cameras[:count])
            tell(f"{count} cameras: learning their scenes", ready, count)
            if ready >= 0.95 * count:  # one or the other is covered for a moment now and then
                return 0
            time.sleep(1)
        return count - ready

    def _follow(self, count: int, seconds: float, tell: Report) -> Counter[int]:
        """Let `seconds` pass; how often, of how many looks (under 0), each camera was not shown."""
        looks: Counter[int] = Counter()
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            tell(f"{count} cameras: measuring", passed, seconds)
            looks[0] += 1
            looks.update(camera for camera in self._cameras[:count] if self._state(camera) is not ViewState.SHOWN)
            time.sleep(min(1.0, seconds - passed))
        return looks

    def _state(self, camera: int) -> ViewState | None:
        status = self._machine.cameras.view_status(camera)
        return status.state if status else None

    def _cost(self) -> Counter[str]:
        cost = cpu_seconds(self._system.process.pid)
        cost["sources"] = cpu_seconds(self._server.pid)["others"]
        return cost


@contextlib.contextmanager
def running(files: Sequence[Path], most: int) -> Iterator[Watched]:
    """RTSP cameras that play `files` in turn, and a watchglass that knows none of them yet."""
    paths = [f"/camera-{number}" for number in range(most)]
    mounts = {path: files[number % len(files)] for number, path in enumerate(paths)}
    with watching(mounts) as (system, machine, server):
        yield Watched(system, machine, server, paths)


class Listener:
    """Counts frames of each camera while they are counted, and how old the newest was in all that arrived."""

    def __init__(self) -> None:
        self.frames: Counter[int] = Counter()
        self.delays: dict[int, list[float]] = defaultdict(list)
        self._lock = threading.Lock()
        self._counting = False

    def begin(self) -> None:
        with self._lock:
            self._counting = True

    def end(self) -> None:
        with self._lock:
            self._counting = False

    def take(self, head: wire.Head, payload: bytes, now_us: int) -> None:
        """A message of a watcher, as console/hub.py lists them, that arrived at `now_us`."""
        if head.get("type") != "chunk":
            return
        count = frames_in(payload)
        newest = head["wall_us"] + head["duration_us"] * (count - 1) // max(1, count)
        with self._lock:
            if self._counting:
                self.frames[head["camera"]] += count
                self.delays[head["camera"]].append((now_us - newest) / MICROSECONDS)


@contextlib.contextmanager
def listening(run_folder: Path) -> Iterator[Listener]:
    """A listener at every watcher's socket."""
    listener, clock = Listener(), SystemClock()
    connections = [wire.connect(path) for path in sorted(run_folder.glob("watcher-*.sock"))]

    def follow(index: int) -> None:
        for head, payload in wire.messages(connections[index]):
            listener.take(head, payload, clock.wall_us())

    threads = [threading.Thread(target=follow, args=(index,), daemon=True) for index in range(len(connections))]
    for thread in threads:
        thread.start()
    try:
        yield listener
    finally:
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(2)
        for thread in threads:
            thread.join(5)
        for connection in connections:
            connection.close()


def frames_in(chunk: bytes) -> int:
    """How many frames a chunk holds: `sample_count` of its `trun` (ISO/IEC 14496-12, 8.8.8)."""
    for moof in fmp4.boxes(chunk):
        for traf in fmp4.boxes(chunk, moof.offset + moof.head, moof.end) if moof.kind == "moof" else ():
            for box in fmp4.boxes(chunk, traf.offset + traf.head, traf.end) if traf.kind == "traf" else ():
                if box.kind == "trun":
                    return int(struct.unpack_from(">I", chunk, box.offset + box.head + 4)[0])
    return 0


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="*", default=[], help="so many cameras that see people")
    parser.add_argument("--idle", type=int, nargs="*", default=[], help="so many that see nobody")
    parser.add_argument("--seconds", type=float, default=_MEASURED)
    options = parser.parse_args()
    with reporting() as tell:
        for counts, files in ((options.people, people_files), (options.idle, idle_files)):
            if counts:
                with running(files(tell), max(counts)) as watched:
                    for count in counts:
                        print(f"{count} cameras: {watched.measure(count, options.seconds, tell)}", flush=True)


if __name__ == "__main__":
    main()
