"""Two disks that can really be full, unmounted and mounted again: recording goes on on the other, and nothing is forgotten."""

import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import disks
from tests.unit.store.footage import INIT, fake_fragment
from watchglass.app.machine import open_machine
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.model.camera import Source, SourceKind
from watchglass.model.record import Actor, GapCause, Segment, Through
from watchglass.pipeline.shelve import Begin, Piece, ShelveOptions, Shelver
from watchglass.seal.identity import Identity
from watchglass.settings import Settings
from watchglass.store.disks import DiskAwayError, DiskState, free_space
from watchglass.store.footage import Footage
from watchglass.store.retention import Retention, RetentionOptions

pytestmark = pytest.mark.slow

FREE = 4 << 20  # bytes to be kept free on each
FRAGMENT = fake_fragment(0, size=128 << 10)
EVER = WallUs(1 << 60)
ANNA = Actor("anna", Through.COMMAND)
OPTIONS = ShelveOptions(segment=4.0, retry=3.0, hole=0.1)


def mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


class Site:
    """A data folder on a disk of its own, a further disk, and a camera of which view and original are recorded."""

    def __init__(self, home: Path, disk: Path) -> None:
        self.disk = disk
        self.place = home / "further"  # where the further disk is mounted
        self.place.mkdir()
        self.put_in()
        self.clock = SimulatedClock()
        self.machine = open_machine(Settings(home / "data", min_free_bytes=FREE, disks=(self.place,)), self.clock)
        machine = self.machine
        machine.custodians.set_needed(1)
        machine.custodians.add("Ada", Identity(bytes(96)).recipient)
        custody = machine.custodians.custody()
        assert custody is not None
        self.camera = machine.cameras.add("Gate", Source(SourceKind.RTSP, "rtsp://192.0.2.1/gate")).id
        self.kinds: tuple[Footage, ...] = (machine.views, machine.originals)
        begins: list[Begin] = [
            functools.partial(machine.views.begin, self.camera),
            lambda run, start, init: machine.originals.begin(self.camera, run, start, init, custody),
        ]
        self.shelvers = [
            Shelver(self.camera, kind, begin, self.clock, OPTIONS)
            for kind, begin in zip(self.kinds, begins, strict=True)
        ]
        self.retention = Retention(
            machine.views,
            machine.cameras,
            machine.folder,
            self.clock,
            RetentionOptions(min_free_bytes=FREE),
            originals=machine.originals,
            room=machine.room,
        )

    def put_in(self) -> None:
        mount("--bind", self.disk, self.place)

    def pull_out(self) -> None:
        """Though files are open on it: their writers go on until they are closed."""
        subprocess.run(["umount", "--lazy", self.place], check=True, capture_output=True)

    def go_on(self, seconds: int, *, keeping_house: bool = False) -> None:
        for _ in range(seconds):
            if keeping_house:
                self.retention.run()
            now = self.clock.wall_us()
            for shelver in self.shelvers:
                shelver.put(Piece("run", INIT, FRAGMENT, now, WallUs(now + MICROSECONDS)))
            self.clock.advance(1)

    def end(self) -> None:
        for shelver in self.shelvers:
            shelver.close()

    def kept(self) -> list[Segment]:
        return [one for kind in self.kinds for one in kind.segments(self.camera, WallUs(0), EVER)]

    def on_it(self) -> list[Segment]:
        return [one for one in self.kept() if one.path.startswith("disk-")]

    def problems(self) -> list[str]:
        return list(self.machine.proof(deep=True).problems())


@pytest.fixture
def site() -> Iterator[Site | None]:
    """None where there are no such disks yet."""
    if not disks.here():
        yield None
        return
    home, disk = disks.here()
    site = Site(home, disk)
    yield site
    site.end()


def on_small_disks(tmp_path: Path, test: str) -> None:
    disks.run_with(tmp_path, [24 << 20, 32 << 20], f"tests/integration/test_several_disks.py::{test}")


def test_a_full_disk_and_what_is_held(site: Site | None, tmp_path: Path) -> None:
    if site is None:
        on_small_disks(tmp_path, "test_a_full_disk_and_what_is_held")
        return
    machine, place = site.machine, site.place
    began = site.clock.wall_us()

    # It is recorded where there is more room. Once that disk is full it goes on on the other one.
    site.go_on(12)
    assert len(site.on_it()) == len(site.kept())
    (place / "filler").write_bytes(bytes(free_space(place) - (1 << 20)))
    site.go_on(12)
    site.end()
    assert any(not one.path.startswith("disk-") for one in site.kept())
    gaps = [gap for kind in site.kinds for gap in kind.gaps(site.camera, WallUs(0), EVER)]
    assert {(gap.cause, gap.end is not None) for gap in gaps} <= {(GapCause.DISK, True)}  # of what was open meanwhile
    (place / "filler").unlink()

    # Each disk deletes its own oldest, and what is held stays wherever it is.
    hold = machine.holds.add(site.camera, began, WallUs(began + 8 * MICROSECONDS), "Case 12", EVER, ANNA)
    held = [one for one in site.on_it() if one.start < hold.end]
    assert held
    site.go_on(150, keeping_house=True)
    site.end()
    for disk in (machine.folder.root, place):
        assert free_space(disk) >= FREE - 4 * len(FRAGMENT)
    assert set(held) <= set(site.kept())
    assert {one.path.startswith("disk-") for one in site.kept()} == {True, False}
    assert max(one.end for one in site.kept()) == site.clock.wall_us()
    assert site.problems() == []


def test_pulled_out_and_put_back(site: Site | None, tmp_path: Path) -> None:
    if site is None:
        on_small_disks(tmp_path, "test_pulled_out_and_put_back")
        return
    machine, place = site.machine, site.place
    site.go_on(12)
    site.end()
    before = site.on_it()
    assert before == site.kept()

    # Pulled out: recording goes on on the other, what it holds stays listed, and one sentence says what is missing.
    site.go_on(2)
    site.pull_out()
    site.go_on(30, keeping_house=True)
    site.end()
    assert list(place.iterdir()) == []
    assert set(before) <= set(site.kept())
    assert max(one.end for one in site.kept()) == site.clock.wall_us()
    assert machine.room.look().stopped_at is None
    with pytest.raises(DiskAwayError, match=f"The disk {place} is missing"):
        machine.folder.disks.open(before[0].path)
    (problem,) = site.problems()
    assert problem.startswith(f"The disk {place} is missing (its folder is empty, as where nothing is mounted).")

    # Put back: its footage is there again, whole, and it is recorded on again.
    site.put_in()
    site.retention.run()
    assert site.problems() == []
    for one in before:
        with machine.folder.disks.open(one.path) as file:
            assert len(file.read()) == one.size
    there = len(site.on_it())
    site.go_on(6)
    site.end()
    assert len(site.on_it()) > there

    # It can only be read, as after an error: nothing begins there.
    mount("-o", "remount,bind,ro", place)
    reading = site.on_it()
    site.go_on(12, keeping_house=True)
    assert [disk.state for disk in machine.folder.disks.further] == [DiskState.READ_ONLY]
    assert site.on_it() == reading
    (problem,) = site.problems()
    assert problem.startswith(f"The disk {place} can only be read")
