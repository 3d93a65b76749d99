"""Kill the recorder again and again while cameras record, and see what was lost.

    python -m benchmarks.soak [--kills N] [--seed S] [--cameras C] [--out FILE]

Cameras are real RTSP streams, each on a connection of its own; their frames bear numbers. The recorder is killed with SIGKILL
at moments drawn from the seed, half a second to five seconds after all cameras record again. Watchers are stopped
meanwhile (SIGSTOP): what is looked at here is the other arm. In the end every segment is opened, compared with what was sent
bit by bit, and decoded; `Proof` proves the store's invariants, after each kill the quick way and at the end to the last byte.

Lost are frames that the recorder had received and that are not kept. Which it had received is heard on its own socket, where
it hands packets to watchers: a frame's number is told by its coded bytes, so no clock has to be believed.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.recorded import watching
from benchmarks.table import Row
from tests import footage
from tests.originals import numbers, picture_of, slices, video_of
from tests.running import Watchglass
from watchglass.app.machine import PACKETS_SOCKET, Machine
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import UnreachableError
from watchglass.cli.progress import Report, reporting
from watchglass.model.camera import Source, SourceKind, StreamRole
from watchglass.model.media import Packet
from watchglass.model.record import Gap, GapCause
from watchglass.record import message
from watchglass.record.client import PacketSubscription, subscribe
from watchglass.seal.identity import Identity
from watchglass.store import nal
from watchglass.store.check import Proof
from watchglass.store.database import open_database

CAMERAS, KILLS = 8, 200
RATE, GOP = 10, 1.0  # frames a second; seconds
MOST_LOST, MOST_OUTAGE = 1.0, 3.0 + GOP  # seconds
SLACK = 1 / RATE  # seconds: the frame whose coming tells that a fragment is over is of the next one

_FRAMES = 2400
_READY = 60.0  # seconds
_EVER = WallUs(1 << 60)


@dataclasses.dataclass(frozen=True, slots=True)
class Kill:
    """What one kill cost one camera: seconds of received footage, seconds until the first frame that is kept again."""

    number: int
    camera: int
    lost: float
    outage: float
    cause: GapCause


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `frames` were opened and found to be what was sent; `problems` are sentences."""

    kills: Sequence[Kill]
    frames: int
    segments: int
    problems: Sequence[str]

    @property
    def held(self) -> bool:
        fine = all(
            kill.lost <= MOST_LOST + SLACK and kill.outage <= MOST_OUTAGE and kill.cause is GapCause.US
            for kill in self.kills
        )
        return fine and not self.problems

    def rows(self) -> list[Row]:
        """As a table."""
        count = len({kill.number for kill in self.kills})
        lost = sorted(kill.lost for kill in self.kills)
        outage = sorted(kill.outage for kill in self.kills)
        causes = {str(kill.cause) for kill in self.kills}
        return [
            Row(
                f"{count} kills, {len(self.kills)} cameras cut off: lost",
                _spread(lost),
                f"<= {MOST_LOST:g} s",
                lost[-1] <= MOST_LOST + SLACK,
            ),
            Row("recording again after", _spread(outage), f"<= {MOST_OUTAGE:g} s", outage[-1] <= MOST_OUTAGE),
            Row("cause of the gaps", ", ".join(sorted(causes)), "us", causes == {"us"}),
            Row("unreadable segments, broken invariants", str(len(self.problems)), "0", not self.problems),
            Row("segments opened, frames as sent", f"{self.segments}, {self.frames}", "", True),
        ]


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} s in the middle, {values[-1]:.2f} s at most"


def run(kills: int, seed: int, cameras: int, tell: Report) -> Outcome:
    """Kill a recorder of `cameras` cameras so many times."""
    with tempfile.TemporaryDirectory() as folder:
        clip = footage.make(Path(folder) / "street.mp4", frames=_FRAMES, rate=RATE, gop=round(RATE * GOP))
        with watching({f"/{number}": clip for number in range(cameras)}) as (system, machine, server):
            identities = [Identity.generate() for _ in range(2)]
            for number, identity in enumerate(identities):
                machine.custodians.add(f"Custodian {number}", identity.recipient)
            known = [
                machine.cameras.add(f"Camera {number}", Source(SourceKind.RTSP, server.url(f"/{number}"))).id
                for number in range(cameras)
            ]
            dice = random.Random(seed)  # noqa: S311 - moments, no secrets
            ears = {camera: Ear(machine, camera, numbered(clip)) for camera in known}
            at, problems = _kill_all(system, machine, ears, kills, dice, tell)
            os.kill(system.process.pid, signal.SIGTERM)
            system.process.wait(30)
            tell("opening all that was kept", 0, 0)
            return _outcome(machine, ears, identities, clip, at, problems)


def numbered(clip: Path) -> dict[bytes, int]:
    """The number of each frame of a file by its coded picture."""
    coded = slices(clip)
    found = {data: number for number, data in enumerate(coded)}
    if len(found) < len(coded):
        raise ValueError("two frames have the same bytes, so they cannot be told apart")
    return found


class Ear:
    """Hears what the recorder receives of one camera, over all its lives: the number of the last frame, by run."""

    def __init__(self, machine: Machine, camera: int, known: dict[bytes, int]) -> None:
        self.known = known
        self._machine, self._camera = machine, camera
        self.received: dict[str, int] = {}
        self._stop = threading.Event()
        self._subscription: PacketSubscription | None = None
        self._thread = threading.Thread(target=self._listen, name=f"ear-{camera}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._subscription:
            self._subscription.close()
        self._thread.join(10)

    def heard(self, run: str, picture: bytes) -> None:
        """The recorder has received this coded picture, in this run. On the ear's own thread."""
        self.received[run] = self.known[picture]

    def _listen(self) -> None:
        while not self._stop.wait(0.05):
            with contextlib.suppress(UnreachableError), self._subscribed() as notices:
                name = ""
                for notice in notices:
                    if isinstance(notice, message.Run):
                        name = notice.run
                    elif isinstance(notice, Packet):
                        self.heard(name, picture_of(nal.split_length_prefixed(notice.data)))

    def _subscribed(self) -> PacketSubscription:
        self._subscription = subscribe(self._machine.folder.run / PACKETS_SOCKET, self._camera, StreamRole.MAIN)
        return self._subscription


def _kill_all(
    system: Watchglass, machine: Machine, ears: Mapping[int, Ear], kills: int, dice: random.Random, tell: Report
) -> tuple[list[WallUs], list[str]]:
    """Kill, wait until all record again, and once more; when that was, and what broke."""
    engine = open_database(machine.folder)
    at: list[WallUs] = []
    problems: list[str] = []
    wait_until_recording(machine, ears, WallUs(0))
    for pid in system.pids("watcher"):
        os.kill(pid, signal.SIGSTOP)
    for number in range(kills):
        tell("killing the recorder", number, kills)
        time.sleep(dice.uniform(0.5, 5.0))
        (recorder,) = system.pids("recorder")
        os.kill(recorder, signal.SIGKILL)
        at.append(machine.clock.wall_us())
        wait_until_recording(machine, ears, at[-1])
        problems += [f"After kill {number + 1}: {problem}" for problem in Proof(engine, machine.folder).problems()]
    for pid in system.pids("watcher"):
        os.kill(pid, signal.SIGCONT)
    for ear in ears.values():
        ear.close()
    return at, problems


def wait_until_recording(machine: Machine, cameras: Iterable[int], since: WallUs) -> None:
    """Until each camera has a segment that began after `since`. TimeoutError after a minute."""
    until = time.monotonic() + _READY
    waiting = list(cameras)
    while waiting := [camera for camera in waiting if not _records(machine, camera, since)]:
        if time.monotonic() > until:
            raise TimeoutError(f"cameras {waiting} do not record again")
        time.sleep(0.1)


def _records(machine: Machine, camera: int, since: WallUs) -> bool:
    """Whether there is a segment that began after `since`, and a fragment in it."""
    return any(one.end > one.start > since for one in machine.originals.segments(camera, since, _EVER))


def _outcome(
    machine: Machine,
    ears: Mapping[int, Ear],
    identities: Sequence[Identity],
    clip: Path,
    at: Sequence[WallUs],
    problems: list[str],
) -> Outcome:
    """Open everything; set what is kept beside what was received."""
    problems = [*problems, *Proof(open_database(machine.folder), machine.folder, deep=True).problems()]
    sent = slices(clip)
    kills: list[Kill] = []
    frames = segments = 0
    for camera, ear in ears.items():
        runs: dict[str, list[int]] = defaultdict(list)
        for segment in machine.originals.segments(camera, WallUs(0), _EVER):
            video = video_of(machine.folder, segment, identities)
            shown = numbers(video)
            if slices(video) != sent[shown[0] : shown[0] + len(shown)]:
                problems.append(f"Segment {segment.id} is not what was sent.")
            runs[segment.run] += shown
            frames, segments = frames + len(shown), segments + 1
        problems += _holes(camera, runs.values())
        gaps = machine.originals.gaps(camera, WallUs(0), _EVER)
        # One run a life: what was received in it, and what of that was kept.
        lost = [max(0, ear.received[name] - shown[-1]) / RATE for name, shown in runs.items()]
        kills += [_cost(number, camera, moment, lost[number], gaps) for number, moment in enumerate(at)]
    return Outcome(kills, frames, segments, problems)


def _cost(number: int, camera: int, at: WallUs, lost: float, gaps: Sequence[Gap]) -> Kill:
    for gap in gaps:
        if gap.end is not None and gap.start - 2 * MICROSECONDS <= at <= gap.end:
            return Kill(number, camera, lost, (gap.end - at) / MICROSECONDS, gap.cause)
    raise LookupError(f"kill {number + 1} is no gap of camera {camera}")


def _holes(camera: int, runs: Iterable[list[int]]) -> Iterator[str]:
    for shown in runs:
        if shown != list(range(shown[0], shown[0] + len(shown))):
            yield f"A run of camera {camera} lacks frames between {shown[0]} and {shown[-1]}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--out", type=Path, help="a JSON file for every single kill")
    options = parser.parse_args()
    with reporting() as tell:
        outcome = run(options.kills, options.seed, options.cameras, tell)
    for row in outcome.rows():
        print(f"{row.what}: {row.figure}  ({row.target or 'no target'})")
    for problem in outcome.problems:
        print(problem)
    if options.out:
        options.out.write_text(json.dumps([dataclasses.asdict(kill) for kill in outcome.kills], indent=1) + "\n")
    sys.exit(not outcome.held)


if __name__ == "__main__":
    main()
