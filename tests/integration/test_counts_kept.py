"""The process that watches is killed again and again while people go in and out: what it counted is the truth, and so is
who is inside.

The watcher is the real process, with its catalogue, its packets and its detector's socket; people are generated, and the
detector finds each where they are.
"""

import dataclasses
import functools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.conftest import ROOT
from tests.stage import Actor, Look, Stage, walks
from tests.unit.pipeline.watching import PATIENCE, RATE, Recorder, staged
from watchglass.app.machine import DETECTOR_SOCKET, PACKETS_SOCKET, Machine, open_machine
from watchglass.base.clock import MICROSECONDS, SystemClock, WallUs
from watchglass.detect.picture import Picture, Sides, size
from watchglass.detect.serve import DetectorServer
from watchglass.model.camera import Protection, Source, SourceKind, ViewPolicy
from watchglass.model.count import Inside
from watchglass.model.event import RuleKind
from watchglass.model.frame import RawFrame
from watchglass.model.media import StreamInfo
from watchglass.model.place import Direction, Point, Tripwire
from watchglass.model.rule import Rule
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

EVER = WallUs(1 << 60)
WIDTH, HEIGHT, FRAMES = 320, 240, 400
DOOR = Tripwire("door", Point(0.5, 1.0), Point(0.5, 0.0))
INSIDE = Rule(camera=1, name="inside", kind=RuleKind.OCCUPANCY, tripwire=DOOR, direction=Direction.FORWARD)
LANES = (45, 90, 135, 180, 225)  # of feet
HALF = 20  # frames from where somebody comes from to the line
QUIET, *BUSY = KILLS = (
    130,
    230,
    310,
)  # frames before which the watcher is killed; long after the last crossing, or amid them
AWAY = 32  # frames from a kill on in which nobody crosses: the next watcher must see them come
SURE = 20  # frames: half a second until it is looked at, and the second for which a count may wait
LAST = FRAMES - 10


@dataclasses.dataclass(frozen=True)
class Way:
    """Somebody goes through the door: over the line at a frame."""

    at: int
    lane: int
    inwards: bool

    @property
    def actor(self) -> Actor:
        ends = (WIDTH / 2 - 130, self.lane), (WIDTH / 2 + 130, self.lane)
        first, last = ends if self.inwards else ends[::-1]
        way = walks((self.at - HALF, first), (self.at + HALF, last), last=self.at + HALF)
        return Actor(self.at, person(), way)


@functools.cache
def person() -> Look:
    planes = [np.full((40, 14), level, np.uint8) for level in (235, 128, 128)]
    return Look(np.stack(planes), np.ones((40, 14), np.float32))


@functools.cache
def truth() -> tuple[Way, ...]:
    """One about every second, three in for one out; nobody while nobody watches."""
    times = [at for at in range(40, LAST + 1, 9) if not any(kill <= at < kill + AWAY for kill in KILLS)]
    times = [at for at in times if not QUIET - SURE < at < QUIET]
    return tuple(Way(at, LANES[number % 5], number % 4 != 3) for number, at in enumerate(times))


def crossed(first: int, last: int) -> Inside:
    """In truth, of all who crossed from one frame to before another."""
    ways = [one.inwards for one in truth() if first <= one.at < last]
    return Inside(sum(ways), len(ways) - sum(ways), 2 * sum(ways) - len(ways))


@functools.cache
def packets() -> tuple[StreamInfo, list[bytes]]:
    backdrop = np.stack([np.full((HEIGHT, WIDTH), level, np.uint8) for level in (80, 128, 128)])
    return staged(Stage(backdrop, [one.actor for one in truth()], rate=RATE, noise=1.0), FRAMES)


class Finder:
    """Finds whoever is in white."""

    name = "generated"
    protection = Protection.FULL
    model_hash = "ab" * 32
    sides = Sides(WIDTH, WIDTH, enlarge=False)

    def find(self, made: Picture) -> list[Detection]:
        _, height = size(made)
        white = (made[:height] > 170).astype(np.uint8)
        _, _, places, _ = cv2.connectedComponentsWithStats(white)
        return [
            Detection(Box(left, top, left + across, top + down), ObjectClass.PERSON, 0.9)
            for left, top, across, down, area in places[1:]
            if area > 400
        ]

    def detect(self, frame: RawFrame, *, close: bool = False) -> list[Detection]:
        raise NotImplementedError


class Shop:
    """A camera over the door of a shop, its detector, and the process that watches, started and killed."""

    def __init__(self, data: Path) -> None:
        self.clock = SystemClock()
        self.settings = Settings(data)
        self.machine: Machine = open_machine(self.settings, self.clock)
        self.machine.cameras.add("Door", Source(SourceKind.RTSP, "rtsp://192.0.2.1/"), policy=ViewPolicy.COUNTS)
        self.rule = self.machine.rules.add(INSIDE)
        self.recorder = Recorder(self.machine.folder.run / PACKETS_SOCKET, self.clock)
        self.recorder.begin(info=packets()[0])
        self.detector = DetectorServer(self.machine.folder.run / DETECTOR_SOCKET, Finder(), self.clock)
        self.detector.start()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Have it watched, and the camera go on once somebody does."""
        attended = self.recorder.rings[1].attended
        attended.clear()
        command = [sys.executable, "-m", "watchglass", "process", "watcher", "--parent", str(os.getpid())]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen([*command, "--settings", self.settings.to_json()], env=environment)
        assert attended.wait(PATIENCE)
        self.recorder.be_now()

    def play(self, until: int) -> None:
        """As a camera does, in its own time."""
        never = threading.Event()
        while self.recorder.place < until:
            ahead = self.recorder.wall(self.recorder.place) - self.clock.wall_us()
            never.wait(max(0.0, ahead / MICROSECONDS))
            self.recorder.feed(1, data=packets()[1])

    def end(self, how: signal.Signals) -> int:
        """End whoever watches."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.detector.close()
        self.recorder.stop()

    def counted(self) -> Inside:
        """What is in the catalogue; counts and who is inside always agree."""
        ways = {Direction.FORWARD: 0, Direction.BACKWARD: 0}
        for one in self.machine.counts.of(WallUs(0), EVER):
            ways[one.direction] += one.count
        came, went = ways.values()
        inside = self.machine.counts.inside()
        assert inside == {self.rule.id: Inside(came, went, came - went)}
        return inside[self.rule.id]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path / "data")
    yield made
    made.close()


def plus(one: Inside, other: Inside) -> Inside:
    return Inside(one.entered + other.entered, one.left + other.left, one.now + other.now)


def test_counts_and_who_is_inside_survive_whoever_counts(shop: Shop) -> None:
    shop.start()
    shop.play(QUIET)
    shop.end(signal.SIGKILL)
    counted = shop.counted()
    assert counted == crossed(0, QUIET)  # it is more than a second ago
    begin = QUIET
    for kill in BUSY:
        shop.start()
        shop.play(kill)
        shop.end(signal.SIGKILL)
        before, counted = counted, shop.counted()
        sure, all_ = (plus(before, crossed(begin, until)) for until in (kill - SURE, kill))
        assert sure.entered <= counted.entered <= all_.entered
        assert sure.left <= counted.left <= all_.left
        begin = kill
    shop.start()
    shop.play(FRAMES)
    assert shop.end(signal.SIGTERM) == 0
    assert shop.counted() == plus(counted, crossed(begin, FRAMES))  # asked to end, it loses nothing
    assert counted.now > 0
