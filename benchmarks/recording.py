"""What recording costs beside `ffmpeg -c copy -f segment`: many cameras, 1280x960, 25 frames/s, 3 Mbit/s, RTSP over TCP.

    python -m benchmarks.recording [--cameras N] [--seconds S] [--alone] [--out FILE]

The cameras are GStreamer's. First the recorder's process keeps all of them, sealed to three custodians; then one ffmpeg a
camera does, from the same server. Start-up is left out. CPU time and memory (its proportional share) are Linux's own figures.

The delay of a fragment is from when its first frame came until its last byte was given to the system; a fragment lasts a
second, and is known to be over when the next frame comes.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import sqlalchemy as sa
from av.video.frame import PictureType
from av.video.stream import VideoStream

from benchmarks import footage
from benchmarks.table import Row
from tests.rtsp import RtspServer, why_not
from watchglass.app import recorder
from watchglass.app.machine import open_machine
from watchglass.base.clock import MICROSECONDS, Clock, SystemClock, WallUs
from watchglass.base.errors import MissingInputError
from watchglass.base.process import stop_on_signals
from watchglass.cli.progress import Report, reporting
from watchglass.model.camera import Source, SourceKind
from watchglass.seal.identity import Identity
from watchglass.seal.shares import Custody
from watchglass.settings import Settings
from watchglass.store.database import open_database, open_originals
from watchglass.store.folder import DataFolder
from watchglass.store.originals import Originals, OriginalWriter

CAMERAS, SECONDS = 20, 90
SIZE, RATE, BITS, GOP = (1280, 960), 25, 3_000_000, 50
MOST_CPU, MOST_MEMORY = 0.5, 5.0  # of ffmpeg's; MB a camera

_WARM_UP = 30.0  # seconds: all connected, all with an open segment
_KEPT = 4 << 30  # bytes of originals
_TICKS = os.sysconf("SC_CLK_TCK")
_EVER = WallUs(1 << 60)


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """Of some processes together: when, in seconds; their CPU time in seconds; their memory in MB."""

    at: float
    cpu: float
    memory: float


@dataclasses.dataclass(frozen=True, slots=True)
class Recording:
    """How a recorder did. `cpu` is in parts of a core; `delays` are in seconds, sorted; `gaps` are sentences."""

    cameras: int
    seconds: float
    cpu: float
    samples: tuple[Sample, ...]
    delays: tuple[float, ...] = ()
    gaps: tuple[str, ...] = ()

    @property
    def memory(self) -> float:
        """MB at the end."""
        return self.samples[-1].memory

    def delay(self, share: float) -> float:
        """The delay that so large a share of fragments does not exceed."""
        return self.delays[min(len(self.delays) - 1, int(share * len(self.delays)))]


def rows(tell: Report) -> list[Row]:
    """What `make bench` shows."""
    with _server(CAMERAS, _WARM_UP * 2 + SECONDS, tell) as server:
        one = record(server, 1, 20.0, tell)
        ours = record(server, CAMERAS, SECONDS, tell)
        theirs = copied(server, CAMERAS, SECONDS, tell)
    return table(ours, one, theirs)


def table(ours: Recording, one: Recording | None = None, theirs: Recording | None = None) -> list[Row]:
    """What was measured, with what is beside it as far as it was measured."""
    count = ours.cameras
    found = []
    if theirs is not None:
        found.append(
            Row(
                f"ffmpeg -c copy, {count} cameras",
                f"{theirs.cpu / count:.2%} of a core and {theirs.memory / count:.1f} MB each",
                "",
                met=True,
            )
        )
    ratio = ours.cpu / theirs.cpu if theirs is not None else 0.0
    beside = f": {ratio:.2f} of ffmpeg's" if theirs is not None else ""
    found.append(
        Row(
            f"sealed originals, {count} cameras",
            f"{ours.cpu / count:.2%} of a core each{beside}",
            f"<= {MOST_CPU} of ffmpeg's" if theirs is not None else "",
            ratio <= MOST_CPU,
        )
    )
    if one is not None:
        each = (ours.memory - one.memory) / (count - 1)
        found.append(
            Row(
                "its memory",
                f"{each:.1f} MB each, and {one.memory - each:.0f} MB",
                f"<= {MOST_MEMORY:g} MB each",
                each <= MOST_MEMORY,
            )
        )
    early = ours.samples[0]
    found.append(
        Row(
            "its memory over time",
            f"{early.memory:.0f} MB at the beginning, {ours.memory:.0f} MB after {ours.samples[-1].at - early.at:.0f} s",
            "",
            met=True,
        )
    )
    if ours.delays:
        found.append(
            Row(
                "first byte of a fragment read until it is in its file",
                f"{ours.delay(0.5):.2f} s in the middle, {ours.delay(0.99):.2f} s p99, {ours.delays[-1]:.2f} s at most",
                "",
                met=True,
            )
        )
    found.append(Row("gaps", "; ".join(ours.gaps) or "none", "none", not ours.gaps))
    return found


def record(server: RtspServer, cameras: int, seconds: float, tell: Report) -> Recording:
    """Let the recorder's process keep so many of a server's cameras."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "data", max_original_bytes=_KEPT)
        machine = open_machine(settings, SystemClock())
        for number in range(3):
            machine.custodians.add(f"Custodian {number}", Identity.generate().recipient)
        machine.custodians.set_needed(2)
        for number in range(cameras):
            machine.cameras.add(f"Camera {number}", Source(SourceKind.RTSP, server.url(f"/{number}")))
        told = Path(folder) / "delays.json"
        command = [sys.executable, "-m", "benchmarks.recording", "--process", settings.to_json(), str(told)]
        with subprocess.Popen(command) as process:
            try:
                samples = _watched([process.pid], f"Recording {cameras} cameras", seconds, tell)
            finally:
                process.send_signal(signal.SIGTERM)
        gaps = [
            f"camera {camera.id}: {gap.cause.value}, {((gap.end or gap.start) - gap.start) / MICROSECONDS:.1f} s"
            for camera in machine.cameras.all()
            for gap in machine.originals.gaps(camera.id, WallUs(0), _EVER)
        ]
        return _result(cameras, samples, sorted(json.loads(told.read_text())), gaps)


def copied(server: RtspServer, cameras: int, seconds: float, tell: Report) -> Recording:
    """Let ffmpeg copy so many of a server's cameras into segments of a minute, one process each."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as processes:
        started = []
        for number in range(cameras):
            command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp"]
            command += ["-i", server.url(f"/{number}"), "-an", "-c", "copy", "-f", "segment", "-segment_time", "60"]
            command += ["-reset_timestamps", "1", f"{folder}/{number}-%03d.mp4"]
            started.append(processes.enter_context(subprocess.Popen(command)))
        try:
            samples = _watched([one.pid for one in started], f"ffmpeg copying {cameras} cameras", seconds, tell)
        finally:
            for one in started:
                one.terminate()
    return _result(cameras, samples, [], [])


def _result(cameras: int, samples: Sequence[Sample], delays: Sequence[float], gaps: Sequence[str]) -> Recording:
    seconds = samples[-1].at - samples[0].at
    cpu = (samples[-1].cpu - samples[0].cpu) / seconds
    return Recording(cameras, seconds, cpu, tuple(samples), tuple(delays), tuple(gaps))


def _watched(processes: list[int], what: str, seconds: float, tell: Report) -> list[Sample]:
    """Look at processes every so often, after they have warmed up. RuntimeError if one ends."""
    time.sleep(_WARM_UP)
    begun = time.monotonic()
    samples = [_sample(processes)]
    while (passed := time.monotonic() - begun) < seconds:
        tell(what, round(passed), round(seconds))
        time.sleep(min(10.0, seconds - passed))
        samples.append(_sample(processes))
    return samples


def _sample(processes: list[int]) -> Sample:
    cpu = memory = 0.0
    for number in processes:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        cpu += (int(fields[11]) + int(fields[12])) / _TICKS
        rollup = Path(f"/proc/{number}/smaps_rollup").read_text(encoding="utf-8")
        memory += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1000
    return Sample(time.monotonic(), cpu, memory)


@contextlib.contextmanager
def _server(cameras: int, seconds: float, tell: Report) -> Iterator[RtspServer]:
    """As many cameras as are asked for, which play for so many seconds. MissingInputError where there can be none."""
    if reason := why_not():
        raise MissingInputError(f"There can be no RTSP cameras on this machine: {reason}.")
    clip = _clip(round(seconds) + 60, tell)
    with RtspServer({f"/{number}": clip for number in range(cameras)}) as server:
        yield server


def _clip(seconds: int, tell: Report) -> Path:
    """The street, scaled, at a rate of bits and frames that many cameras are set to."""
    source = footage.scaled(*SIZE, tell)
    name = footage.FOLDER / f"street-{SIZE[0]}x{SIZE[1]}-{RATE}-{BITS // 1000}k.mp4"
    if not name.exists():
        tell("Encoding as a camera does", 0, 1)
        partial = name.with_suffix(f".{os.getpid()}.mp4")
        _encode(source, partial)
        partial.rename(name)
    whole = footage.FOLDER / f"{name.stem}-{seconds}s.mp4"
    if not whole.exists():
        partial = whole.with_suffix(f".{os.getpid()}.mp4")
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-stream_loop", "-1", "-i", str(name)]
        subprocess.run([*command, "-c", "copy", "-t", str(seconds), str(partial)], check=True)
        partial.rename(whole)
    return whole


def _encode(source: Path, target: Path) -> None:
    rate = {"b": str(BITS), "maxrate": str(BITS), "bufsize": str(BITS), "x264-params": "nal-hrd=cbr"}
    options = {"preset": "veryfast", "bf": "0", "g": str(GOP), "sc_threshold": "0", **rate}
    with av.open(str(source)) as container, av.open(str(target), "w", format="mp4") as out:
        stream: VideoStream = out.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number, frame in enumerate(container.decode(video=0)):
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, RATE), PictureType.NONE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


class _TimedWriter(OriginalWriter):
    """Notes how long each fragment took from its first frame."""

    delays: list[float]
    clock: Clock

    def append(self, fragment: bytes, end: WallUs) -> None:
        begun = self.end
        super().append(fragment, end)
        self.delays.append((self.clock.wall_us() - begun) / MICROSECONDS)


class _TimedOriginals(Originals):
    """Originals as they are, looked at."""

    def __init__(self, engine: sa.Engine, folder: DataFolder, clock: Clock, *, catalogue: sa.Engine) -> None:
        super().__init__(engine, folder, clock, catalogue=catalogue)
        self.delays: list[float] = []

    def begin(self, camera: int, run: str, start: WallUs, init: bytes, custody: Custody) -> OriginalWriter:
        writer = super().begin(camera, run, start, init, custody)
        timed = _TimedWriter(writer._writer, writer._sealer)  # noqa: SLF001 - the same one, with a clock at its side
        timed.delays, timed.clock = self.delays, self._clock
        return timed


def _process(settings: str, told: Path) -> None:
    """The recorder's process, but for the notes it takes."""
    stop: threading.Event = stop_on_signals()
    machine = open_machine(Settings.from_json(settings), SystemClock())
    cameras, own = open_database(machine.folder), open_originals(machine.folder)
    originals = _TimedOriginals(own, machine.folder, machine.clock, catalogue=cameras)
    recorder.run(dataclasses.replace(machine, originals=originals), stop, lambda _: None)
    told.write_text(json.dumps(originals.delays))


def main() -> int:
    """0 if every target is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--alone", action="store_true", help="without ffmpeg beside it")
    parser.add_argument("--out", type=Path, help="a JSON file for everything that was measured")
    parser.add_argument("--process", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.process:
        _process(options.process[0], Path(options.process[1]))
        return 0
    with reporting() as tell, _server(options.cameras, _WARM_UP * 2 + options.seconds, tell) as server:
        ours = record(server, options.cameras, options.seconds, tell)
        theirs = None if options.alone else copied(server, options.cameras, options.seconds, tell)
    found = table(ours, theirs=theirs)
    for row in found:
        print(f"{row.what:55} {row.figure}  {row.target}")
    if options.out:
        options.out.write_text(json.dumps([dataclasses.asdict(one) for one in (ours, theirs) if one], indent=1) + "\n")
    return 0 if all(row.met for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
