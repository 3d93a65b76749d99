"""The sweep beside all that records: at whatever moment it comes, what is being made stays, shares above all."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.originals import opened, shares_of
from tests.unit.store.footage import INIT, fake_fragment
from tests.unit.store.test_originals import CUSTODY, IDENTITIES, made
from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.durable import Files
from watchglass.model.camera import Camera
from watchglass.model.record import SegmentState
from watchglass.store import schema, sweep
from watchglass.store.check import check
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views

LATER = WallUs(1 << 60)
"""As if the clock had been set back far since the start: every file is older than that, and time says nothing."""


class Interrupted(Files):
    """Has something done once, right after the `at`-th call that makes, locks or syncs something."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.then: Callable[[], object] = lambda: None

    def _turn(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.then()

    def make_folder(self, path: Path, mode: int = 0o700) -> None:
        super().make_folder(path, mode)
        self._turn()

    def create(self, path: Path, mode: int = 0o600) -> int:
        descriptor = super().create(path, mode)
        self._turn()  # the file is there, and its lock is not
        return descriptor

    def write(self, descriptor: int, data: bytes) -> None:
        super().write(descriptor, data)
        self._turn()

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        self._turn()

    def sync_folder(self, path: Path) -> None:
        super().sync_folder(path)
        self._turn()


CALLS = 16


@pytest.mark.parametrize("at", range(1, CALLS + 2))
def test_an_original_that_is_just_being_begun_can_be_opened_in_the_end(
    at: int, folder: DataFolder, engine: sa.Engine, clock: SimulatedClock
) -> None:
    files = Interrupted(at)
    sweeper = made(folder, engine, clock)
    files.then = lambda: sweeper.sweep(LATER)
    writer = made(folder, engine, clock, files).begin(1, "run", clock.wall_us(), INIT, CUSTODY)
    assert (files.left <= 0) == (at <= CALLS)  # the last one comes too late: all calls were tried
    writer.append(fake_fragment(0), WallUs(clock.wall_us() + MICROSECONDS))
    segment = writer.close()
    assert list(opened(folder, segment, IDENTITIES).content()) == [INIT, fake_fragment(0)]
    assert check(engine, folder, deep=True) == []


def test_a_view_that_is_just_being_begun_is_begun_again(
    folder: DataFolder, engine: sa.Engine, clock: SimulatedClock, camera: Camera
) -> None:
    files = Interrupted(5)  # two folders, each made and synced, then the file
    files.then = lambda: Views(engine, folder, clock).sweep(LATER)
    writer = Views(engine, folder, clock, files).begin(camera.id, "run", WallUs(0), INIT)
    writer.append(fake_fragment(0), WallUs(MICROSECONDS))
    assert writer.close().state is SegmentState.CLOSED
    assert check(engine, folder, deep=True) == []


def test_what_is_newer_than_the_start_is_left_alone(
    folder: DataFolder, engine: sa.Engine, clock: SimulatedClock, views: Views
) -> None:
    file = folder.views / "1" / "20270115" / "080000-0123abcd.mp4"
    shares = folder.shares / "1" / "20270115" / "080000-0123abcd.shares"
    for path in (file, shares):
        path.parent.mkdir(parents=True)
        path.write_bytes(INIT)
    made_at = min(path.stat().st_ctime_ns for path in (file, shares)) // 1000
    originals = made(folder, engine, clock)
    for footage in (views, originals):
        footage.sweep(WallUs(made_at))
    assert (file.exists(), shares.exists()) == (True, True)
    for footage in (views, originals):
        footage.sweep(LATER)
    assert (file.exists(), shares.exists()) == (False, False)


def test_shares_that_get_their_row_meanwhile_stay(
    folder: DataFolder, engine: sa.Engine, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the sweep's look and its removal the segment is begun, and its file is on a disk that is not there."""
    originals = made(folder, engine, clock)
    writer = originals.begin(1, "run", clock.wall_us(), INIT, CUSTODY)
    writer.append(fake_fragment(0), WallUs(clock.wall_us() + MICROSECONDS))
    segment = writer.close()
    elsewhere = folder.root / "elsewhere"
    (folder.root / segment.path).rename(elsewhere)
    own = originals._engine
    with own.begin() as connection:
        row = connection.execute(sa.text("SELECT * FROM originals")).mappings().one()
        connection.execute(sa.text("DELETE FROM originals"))
    walk = os.walk

    def late(top: Path) -> object:
        yield from walk(top)
        if top == folder.shares:  # the look is over
            with own.begin() as connection:
                connection.execute(sa.insert(schema.originals), [dict(row)])

    monkeypatch.setattr(os, "walk", late)
    originals.sweep(LATER)
    assert shares_of(folder, segment).exists()


@pytest.mark.parametrize("claim", ["lock", "row"])
def test_a_file_that_gets_its_lock_or_its_row_meanwhile_stays(
    claim: str, folder: DataFolder, engine: sa.Engine, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the sweep's look and its removal."""
    path = folder.views / "1" / "20270115" / "080000-0123abcd.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(INIT)
    held = path.open("rb")
    times = {"start_us": 0, "end_us": 0, "size": len(INIT)}
    row = {"camera": 1, "run": "r", "state": "open", "path": path.relative_to(folder.root).as_posix(), **times}

    def late(_store: object, _path: Path) -> None:
        if claim == "lock":
            assert durable.try_lock(held.fileno())
        else:
            with engine.begin() as connection:
                connection.execute(sa.insert(schema.segments).values(row))

    monkeypatch.setattr(sweep, "_adoptable", late)
    views.sweep(LATER)
    assert path.exists()
    held.close()


def test_a_day_that_two_empty_at_once(folder: DataFolder, views: Views, camera: Camera) -> None:
    """Retention and a sweep: the folder goes away between the one's look at it and its sync."""
    writer = views.begin(camera.id, "run", WallUs(0), INIT)
    writer.append(fake_fragment(0), WallUs(MICROSECONDS))
    segment = writer.close()
    synced: list[Path] = []

    class Slow(Files):
        def remove_folder(self, path: Path) -> None:
            super().remove_folder(path)  # as the other does
            raise FileNotFoundError(path)

        def sync_folder(self, path: Path) -> None:
            super().sync_folder(path)
            synced.append(path)

    Views(views._engine, folder, SimulatedClock(), Slow()).delete([segment])
    assert synced == [views.path(segment).parent.parent]
