"""A disk that is really full: what is held stays, the gap says why, others go on, and so does recording once there is space."""

import dataclasses
import fractions
import functools
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from tests import disks
from tests.originals import shares_of
from tests.unit.store.footage import INIT, fake_fragment
from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.model.camera import Source, SourceKind
from watchglass.model.media import TICKS_PER_SECOND, Packet, StreamInfo, Ticks
from watchglass.model.record import Actor, Gap, GapCause, Segment, Through
from watchglass.pipeline.original import Desk, DeskOptions, OriginalKeeper
from watchglass.pipeline.shelve import Piece, ShelveOptions, Shelver
from watchglass.seal.identity import Identity
from watchglass.settings import Settings
from watchglass.store.disks import free_space
from watchglass.store.footage import Footage
from watchglass.store.retention import Retention, RetentionOptions
from watchglass.store.room import STOPPED

pytestmark = pytest.mark.slow

RATE = 5
DISK, LARGE = 32 << 20, 512 << 20
FREE = 6 << 20  # bytes to be kept free
EVER = WallUs(1 << 60)
ANNA = Actor("anna", Through.COMMAND)
OPTIONS = ShelveOptions(segment=2.0, retry=3.0, hole=0.1)
RETRY = round(OPTIONS.retry) + 1  # seconds


@functools.cache
def second() -> tuple[StreamInfo, tuple[bytes, ...]]:
    """A stream, and a second of it: noise, so that a small disk is soon full. It can be repeated for ever."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = 320, 240, "yuv420p"
    codec.time_base, codec.framerate = fractions.Fraction(1, RATE), fractions.Fraction(RATE)
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "qp": "12"}
    noise = np.random.default_rng(1)
    packets = []
    for number in range(RATE):
        frame = av.VideoFrame.from_ndarray(noise.integers(0, 256, (240, 320, 3), np.uint8), "rgb24")
        frame.pts = number
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return StreamInfo("h264", bytes(codec.extradata or b""), 320, 240, float(RATE)), tuple(packets)


SECOND = sum(len(packet) for packet in second()[1])  # bytes
FRAGMENT = fake_fragment(0, size=SECOND)


def at(number: int) -> WallUs:
    """When a second begins, the first being 0."""
    return WallUs((1_800_000_000 + number) * MICROSECONDS)


class Site:
    """A data folder with two cameras that record originals, and one of which a view is kept."""

    def __init__(self, place: Path, clock: SimulatedClock) -> None:
        self.clock = clock
        self.machine: Machine = open_machine(Settings(place / "data"), clock)
        self.machine.custodians.set_needed(1)
        self.machine.custodians.add("Ada", Identity(bytes(96)).recipient)
        names = ("Gate", "Yard", "Hall")
        self.cameras = [
            self.machine.cameras.add(name, Source(SourceKind.RTSP, f"rtsp://192.0.2.1/{name}")).id for name in names
        ]
        self.desk = Desk(
            self.machine.originals, self.machine.custodians.custody, clock, DeskOptions(waiting=1 << 30, shelve=OPTIONS)
        )
        self.desk.renew_custody()
        self.desk.start()
        self.keepers = [OriginalKeeper(camera, "", self.desk) for camera in self.cameras[:2]]
        for keeper in self.keepers:
            keeper.on_run(second()[0], "run")
        hall, views = self.cameras[2], self.machine.views
        self.view = Shelver(hall, views, functools.partial(views.begin, hall), clock, OPTIONS)
        options = RetentionOptions(min_free_bytes=FREE)
        self.retention = Retention(
            views,
            self.machine.cameras,
            self.machine.folder,
            clock,
            options,
            originals=self.machine.originals,
            room=self.machine.room,
        )

    def take(self, second_of: int) -> None:
        """One second of all three cameras; waits until it is kept, or lost."""
        start = at(second_of)
        for number, data in enumerate(second()[1]):
            wall = WallUs(start + number * MICROSECONDS // RATE)
            pts = Ticks((second_of * RATE + number) * TICKS_PER_SECOND // RATE)
            for keeper in self.keepers:
                keeper.on_packet(Packet(data, pts, wall, number == 0))
        self.view.put(Piece("run", INIT, FRAGMENT, WallUs(start), WallUs(start + MICROSECONDS)))
        self.view.notes.write()
        done = threading.Event()
        self.desk.put(self.cameras[0], lambda _place: done.set())
        assert done.wait(60)

    def free(self) -> int:
        return free_space(self.machine.folder.root)

    def kept(self) -> list[Segment]:
        return [one for footage, camera in self.recorded() for one in footage.segments(camera, WallUs(0), EVER)]

    def gaps(self) -> list[list[Gap]]:
        """Of both originals and of the view."""
        return [footage.gaps(camera, WallUs(0), EVER) for footage, camera in self.recorded()]

    def recorded(self) -> list[tuple[Footage, int]]:
        """What is recorded, and of which camera."""
        originals, views = self.machine.originals, self.machine.views
        return list(zip((originals, originals, views), self.cameras, strict=True))

    def close(self) -> None:
        for keeper in self.keepers:
            keeper.end()
        assert self.desk.stop(60)
        self.view.close()

    def problems(self) -> list[str]:
        return list(self.machine.proof(deep=True).problems())


@dataclasses.dataclass
class World:
    """A site on a small disk, one on a large disk, and the time."""

    full: Site
    other: Site
    clock: SimulatedClock
    at: int = 0

    def go_on(self, seconds: int, *, keeping_house: bool = False) -> None:
        for _ in range(seconds):
            if keeping_house:
                self.full.retention.run()
            for site in (self.full, self.other):
                site.take(self.at)
            self.at += 1
            self.clock.advance(1)

    def fill(self) -> None:
        """Record, while nobody deletes anything, until nothing has fitted on the small disk for a while."""
        self.go_on(self.full.free() // (3 * SECOND) + RETRY + 2)
        assert self.full.free() < 3 * SECOND


@pytest.fixture
def world() -> Iterator[World | None]:
    """None where there are no such disks yet."""
    if not disks.here():
        yield None
        return
    clock = SimulatedClock()
    small, large = (Site(disk, clock) for disk in disks.here())
    world = World(small, large, clock)
    yield world
    world.full.close()
    world.other.close()


def must_say_that_it_stopped(site: Site) -> None:
    """A catalogue that has no byte left either notes its gap later, once there is space for it."""
    noted = [gaps[-1] for gaps in site.gaps() if gaps[-1].end is None]
    assert noted
    for gap in noted:
        assert gap.cause is GapCause.DISK
        assert gap.detail.startswith(STOPPED)
    assert site.problems() == [] or len(noted) < len(site.gaps())


def test_a_full_disk(world: World | None, tmp_path: Path) -> None:
    if world is None:  # once more, where there is a small disk and a large one
        disks.run_with(tmp_path, [DISK, LARGE], "tests/integration/test_full_disk.py::test_a_full_disk")
        return
    full, machine = world.full, world.full.machine
    began, gate = world.clock.wall_us(), full.cameras[0]
    full.retention.run()  # as at each start: it sets aside what deleting needs on a full disk
    world.go_on(6)
    hold = machine.holds.add(gate, began, WallUs(began + 4 * MICROSECONDS), "Case 12", EVER, ANNA)
    held = machine.originals.segments(gate, began, WallUs(began + 4 * MICROSECONDS))
    assert held

    # Full to the last fragment: all that record there have gaps with that cause, noted once there is space for it.
    world.fill()
    world.go_on(RETRY, keeping_house=True)
    assert full.free() >= FREE - 3 * SECOND
    for gaps in full.gaps():
        assert {(gap.cause, gap.end is not None) for gap in gaps} == {(GapCause.DISK, True)}
        assert all("No space is left" in gap.detail for gap in gaps)
    there = full.kept()
    assert set(held) <= set(there)
    assert all(shares_of(machine.folder, one).exists() for one in held)
    assert max(one.end for one in there) >= world.clock.wall_us() - MICROSECONDS  # it goes on

    # Once more is free than has to be, what deleting needs is set aside again.
    machine.views.delete(machine.views.oldest(8))
    full.retention.run()
    assert (machine.folder.root / "reserve").exists()

    # All that is left is held: nothing goes, and the gap says that this is why.
    every = machine.holds.add(None, began, EVER, "Inquiry", EVER, ANNA)
    before = {one.path for one in full.kept()}
    world.fill()
    world.go_on(RETRY, keeping_house=True)
    assert before <= {one.path for one in full.kept()}
    assert machine.room.look().stopped_at is not None
    must_say_that_it_stopped(full)

    # Somebody releases the hold: recording goes on by itself, and what the other hold keeps is still there.
    machine.holds.release(every.id, ANNA)
    world.go_on(RETRY, keeping_house=True)
    assert machine.room.look().stopped_at is None
    assert [gaps[-1].end is not None for gaps in full.gaps()] == [True] * 3
    assert machine.originals.segments(gate, hold.start, hold.end) == held
    assert full.problems() == []

    # Whoever records on another disk has noticed nothing of all this.
    assert world.other.gaps() == [[], [], []]
    for footage, camera in world.other.recorded():
        kept = footage.segments(camera, WallUs(0), EVER)
        assert (kept[0].start, kept[-1].end >= at(world.at - 1)) == (at(0), True)
    assert world.other.problems() == []
