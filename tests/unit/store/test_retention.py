import errno
import sqlite3

import pytest
import sqlalchemy as sa

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.errors import CannotWriteError, DiskFullError
from watchglass.model.camera import Camera, Source, SourceKind
from watchglass.model.record import GapCause, Segment
from watchglass.seal.identity import Identity
from watchglass.seal.shares import Custody
from watchglass.store.cameras import Cameras
from watchglass.store.database import open_originals
from watchglass.store.folder import DataFolder
from watchglass.store.originals import Originals
from watchglass.store.retention import RESERVE_BYTES, Retention, RetentionOptions, free_space
from watchglass.store.views import StuckFileError, Views, check

DAY = 24 * 3600
FOREVER = WallUs(1 << 60)
GIB = 1 << 30


class Disk:
    """Free space as a test wants it: `total` less what the views have."""

    def __init__(self, views: Views, total: int) -> None:
        self.views, self.total = views, total

    def __call__(self, _path: object) -> int:
        return self.total - self.views.kept_bytes()


def plenty(_path: object) -> int:
    return 100 * GIB


@pytest.fixture
def yard(cameras: Cameras) -> Camera:
    return cameras.add("Yard", Source(SourceKind.RTSP, "rtsp://192.0.2.2/stream"), retention_days=2.0)


def record(views: Views, clock: SimulatedClock, camera: Camera, age_days: float) -> Segment:
    start = WallUs(clock.wall_us() - round(age_days * DAY * MICROSECONDS) - MICROSECONDS)
    writer = views.begin(camera.id, "run", start, INIT)
    writer.append(fake_fragment(0, size=1000), WallUs(start + MICROSECONDS))
    return writer.close()


def left(views: Views, *cameras: Camera) -> list[int]:
    return sorted(segment.id for camera in cameras for segment in views.segments(camera.id, WallUs(0), FOREVER))


def test_each_camera_keeps_its_days(
    views: Views,
    cameras: Cameras,
    folder: DataFolder,
    clock: SimulatedClock,
    camera: Camera,
    yard: Camera,
    engine: sa.Engine,
) -> None:
    ages = (40, 30, 29.9, 2, 1.9, 0)
    mine = [record(views, clock, camera, age) for age in ages]
    theirs = [record(views, clock, yard, age) for age in ages]
    deleted = Retention(views, cameras, folder, clock, RetentionOptions(free_space=plenty)).run()
    assert sorted(s.id for s in deleted) == sorted(s.id for s in [*mine[:2], *theirs[:4]])
    assert left(views, camera, yard) == sorted(s.id for s in [*mine[2:], *theirs[4:]])
    assert not any(views.path(segment).exists() for segment in deleted)
    assert check(engine, folder, deep=True) == []


def test_zero_days_keep_nothing_but_what_is_open(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera
) -> None:
    record(views, clock, camera, 0)
    writer = views.begin(camera.id, "run", WallUs(5), INIT)
    writer.append(fake_fragment(0), WallUs(6))
    Retention(views, cameras, folder, clock, RetentionOptions(days=0, free_space=plenty)).run()
    assert left(views, camera) == [writer.segment.id]


def test_a_camera_may_be_the_one_that_keeps_nothing(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera
) -> None:
    none = cameras.add("Lobby", camera.main, retention_days=0.0)
    record(views, clock, none, 0)
    mine = record(views, clock, camera, 0)
    Retention(views, cameras, folder, clock, RetentionOptions(free_space=plenty)).run()
    assert left(views, camera, none) == [mine.id]


def test_more_than_may_be_kept_goes_oldest_first_whatever_the_camera(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera, yard: Camera
) -> None:
    segments = [record(views, clock, (camera, yard)[n % 2], 1.5 - n / 10) for n in range(6)]
    size = segments[0].size

    def run(most: int) -> list[int]:
        options = RetentionOptions(max_bytes=most, free_space=plenty)
        return [segment.id for segment in Retention(views, cameras, folder, clock, options).run()]

    assert run(6 * size) == []
    assert run(6 * size - 1) == [segments[0].id]
    assert run(3 * size) == [segments[1].id, segments[2].id]
    assert run(0) == [segment.id for segment in segments[3:]]


def test_free_space_is_kept_oldest_first(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera
) -> None:
    segments = [record(views, clock, camera, 3 - n) for n in range(4)]
    size = segments[0].size
    options = RetentionOptions(min_free_bytes=10 * size, free_space=Disk(views, 11 * size + size // 2))
    deleted = Retention(views, cameras, folder, clock, options).run()
    assert [segment.id for segment in deleted] == [segment.id for segment in segments[:3]]


def test_when_deleting_frees_nothing_it_stops(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera
) -> None:
    """Snapshots may hold what we delete, or somebody else fills the disk: no footage may be wasted on that."""
    segments = [record(views, clock, camera, 3 - n) for n in range(4)]
    options = RetentionOptions(min_free_bytes=10 * GIB, free_space=lambda _: 10 * GIB - segments[0].size - 1)
    Retention(views, cameras, folder, clock, options).run()
    assert left(views, camera) == [segment.id for segment in segments[2:]]


def test_a_disk_full_of_other_things_leaves_open_segments_alone(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera
) -> None:
    writer = views.begin(camera.id, "run", WallUs(0), INIT)
    writer.append(fake_fragment(0), WallUs(1))
    options = RetentionOptions(max_bytes=0, free_space=lambda _: 0)
    assert Retention(views, cameras, folder, clock, options).run() == []
    assert left(views, camera) == [writer.segment.id]


def test_more_than_one_batch_is_deleted(
    views: Views,
    cameras: Cameras,
    folder: DataFolder,
    clock: SimulatedClock,
    camera: Camera,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("watchglass.store.retention._BATCH", 2)
    for age in range(31, 36):
        record(views, clock, camera, age)
    assert len(Retention(views, cameras, folder, clock, RetentionOptions(free_space=plenty)).run()) == 5
    for age in range(5):
        record(views, clock, camera, age)
    options = RetentionOptions(max_bytes=0, free_space=plenty)
    assert len(Retention(views, cameras, folder, clock, options).run()) == 5


def test_what_a_removed_camera_left_is_unlinked(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera
) -> None:
    segment = record(views, clock, camera, 0)
    cameras.remove(camera.id)
    assert views.path(segment).exists()
    Retention(views, cameras, folder, clock, RetentionOptions(free_space=plenty)).run()
    assert not views.path(segment).exists()


def test_gaps_live_as_long_as_the_view_around_them(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera
) -> None:
    now = clock.wall_us()
    for days in (31, 29):
        views.open_gap(camera.id, WallUs(now - days * DAY * MICROSECONDS), GapCause.CAMERA)
        views.close_gap(camera.id, WallUs(now - days * DAY * MICROSECONDS + 5))
    Retention(views, cameras, folder, clock, RetentionOptions(free_space=plenty)).run()
    assert len(views.gaps(camera.id, WallUs(0), FOREVER)) == 1


def test_a_file_that_stays_does_not_hold_up_the_others(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera, yard: Camera
) -> None:
    stuck, other = record(views, clock, camera, 31), record(views, clock, yard, 31)
    views.path(stuck).unlink()
    views.path(stuck).mkdir()
    retention = Retention(views, cameras, folder, clock, RetentionOptions(free_space=plenty))
    for _ in range(2):
        with pytest.raises(StuckFileError, match=stuck.path):
            retention.run()
        assert not views.path(other).exists()
        other = record(views, clock, yard, 31)
    views.path(stuck).rmdir()
    retention.run()


def test_a_reserve_lies_by_for_the_day_when_the_disk_is_full(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera, engine: sa.Engine
) -> None:
    """Even deleting writes to the catalogue. A full disk refuses that until something else goes."""
    reserve = folder.root / "reserve"
    retention = Retention(views, cameras, folder, clock, RetentionOptions(free_space=plenty))
    retention.run()
    assert reserve.stat().st_size == RESERVE_BYTES
    old = views.path(record(views, clock, camera, 31))

    def refuse(_connection: sa.Connection) -> None:
        if reserve.exists():
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorname = "SQLITE_FULL"
            raise error

    sa.event.listen(engine, "commit", refuse)
    retention.run()
    assert not old.exists()
    assert reserve.exists()  # filled again, for there is room now


def test_a_full_disk_without_a_reserve_is_said(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera, engine: sa.Engine
) -> None:
    record(views, clock, camera, 31)

    def refuse(_connection: sa.Connection) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    sa.event.listen(engine, "commit", refuse)
    with pytest.raises(DiskFullError, match="catalogue"):
        Retention(views, cameras, folder, clock, RetentionOptions(free_space=plenty)).run()


def test_no_reserve_is_made_when_space_is_short(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock
) -> None:
    reserve = folder.root / "reserve"

    def run(free: int) -> bool:
        Retention(views, cameras, folder, clock, RetentionOptions(min_free_bytes=GIB, free_space=lambda _: free)).run()
        return reserve.exists()

    assert not run(GIB + RESERVE_BYTES - 1)
    assert run(GIB + RESERVE_BYTES)


def test_free_space_is_that_of_the_disk(folder: DataFolder) -> None:
    assert free_space(folder.views) > 0


def test_originals_go_in_time_whatever_becomes_of_views(
    views: Views,
    cameras: Cameras,
    folder: DataFolder,
    engine: sa.Engine,
    clock: SimulatedClock,
    camera: Camera,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The catalogue of views is locked by a process that stands still; that of originals is another one."""
    own = open_originals(folder)
    originals = Originals(own, folder, clock, catalogue=engine)
    custody = Custody((Identity(bytes(96)).recipient,), 1)
    for age in (4, 1):
        start = WallUs(clock.wall_us() - age * DAY * MICROSECONDS)
        writer = originals.begin(camera.id, "run", start, INIT, custody)
        writer.append(fake_fragment(0), WallUs(start + MICROSECONDS))
        writer.close()

    def locked() -> None:
        raise CannotWriteError("The catalogue is locked.")

    monkeypatch.setattr(views, "settle", locked)
    options = RetentionOptions(original_days=2, free_space=plenty)
    with pytest.raises(CannotWriteError, match="locked"):
        Retention(views, cameras, folder, clock, options, originals=originals).run()
    assert len(originals.segments(camera.id, WallUs(0), FOREVER)) == 1
    assert len(list(folder.shares.rglob("*.shares"))) == 1
    own.dispose()
