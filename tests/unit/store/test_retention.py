import errno
import sqlite3
import uuid

import pytest
import sqlalchemy as sa

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.errors import CannotWriteError, DiskFullError
from watchglass.model.camera import Camera, Source, SourceKind
from watchglass.model.count import MINUTE, Count
from watchglass.model.event import Change, Event, Happening, RuleKind
from watchglass.model.place import Direction
from watchglass.model.record import Actor, Deletion, GapCause, Segment, Through
from watchglass.model.vision import ObjectClass
from watchglass.seal.identity import Identity
from watchglass.seal.shares import Custody
from watchglass.store.cameras import Cameras
from watchglass.store.counts import Counts
from watchglass.store.database import open_originals
from watchglass.store.disks import free_space
from watchglass.store.events import Events, Wanted
from watchglass.store.folder import DataFolder
from watchglass.store.holds import Holds
from watchglass.store.originals import Originals
from watchglass.store.retention import RESERVE_BYTES, Retention, RetentionOptions, Seen
from watchglass.store.room import STOPPED, Room
from watchglass.store.views import StuckFileError, Views, check

DAY = 24 * 3600
DAY_US = DAY * MICROSECONDS
ANNA = Actor("anna", Through.CONSOLE)
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

    assert not run(GIB - 1)
    assert run(GIB)  # no more than what retention itself makes free


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


# ---- holds, the floor, and a disk on which nothing may be deleted


def test_what_is_younger_than_the_floor_goes_for_its_age_alone(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera, yard: Camera
) -> None:
    ages = (1.9, 1.5, 1.0, 0.5)
    mine = [record(views, clock, camera, age) for age in ages]
    options = RetentionOptions(max_bytes=0, min_days=1.2, min_free_bytes=GIB, free_space=lambda _: 0)
    Retention(views, cameras, folder, clock, options).run()
    assert left(views, camera) == [one.id for one in mine[2:]]
    theirs = record(views, clock, yard, 3)  # its own two days are over
    options = RetentionOptions(days=0.7, min_days=0.7, max_bytes=0, free_space=plenty)
    assert theirs in Retention(views, cameras, folder, clock, options).run()
    assert left(views, camera) == [mine[3].id]


class Full:
    """A disk of which somebody else has all but `free` bytes."""

    def __init__(self, free: int) -> None:
        self.free = free

    def __call__(self, _path: object) -> int:
        return self.free


def test_recording_stops_where_only_held_footage_is_left_and_goes_on_by_itself(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera, engine: sa.Engine
) -> None:
    room, disk, holds = Room(engine), Full(0), Holds(engine, folder, clock)
    retention = Retention(views, cameras, folder, clock, RetentionOptions(free_space=disk), room=room)
    retention.run()
    assert room.look().stopped_at is None  # nothing is kept at all: others fill the disk, and holds have no part in it
    mine = record(views, clock, camera, 1)
    hold = holds.add(
        camera.id,
        WallUs(0),
        WallUs(clock.wall_us() - DAY_US // 2),
        "Case 12",
        WallUs(clock.wall_us() + 9 * DAY_US),
        ANNA,
    )
    disk.free = 2 * GIB
    retention.run()
    assert room.look().stopped_at is None
    disk.free -= 1
    retention.run()
    stopped = room.look()
    assert stopped.stopped_at == clock.wall_us()
    assert stopped.stopped_why.startswith(f"{STOPPED}: it is held. Free some space")
    other = record_anyway(views, clock, camera, room)
    retention.run()  # something may go again: it does, and that it was not enough is said anew
    assert left(views, camera) == [mine.id]
    assert not views.path(other).exists()
    assert room.look().stopped_at is not None
    disk.free += 1
    retention.run()
    assert room.look().stopped_at is None
    disk.free -= 1
    retention.run()
    holds.release(hold.id, ANNA)
    retention.run()
    assert (left(views, camera), room.look().stopped_at) == ([], None)


def test_a_clock_that_is_behind_neither_stops_recording_nor_keeps_too_much(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera, engine: sa.Engine
) -> None:
    record(views, clock, camera, 0)
    clock.step_wall(-30 * 24 * 3600)
    room, disk = Room(engine), Full(0)
    Retention(views, cameras, folder, clock, RetentionOptions(free_space=disk), room=room).run()
    assert (left(views, camera), room.look().stopped_at) == ([], None)


def test_recording_goes_on_before_all_that_is_due_is_deleted(
    views: Views,
    cameras: Cameras,
    folder: DataFolder,
    clock: SimulatedClock,
    camera: Camera,
    engine: sa.Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hold that kept much has lapsed: deleting may take hours, and there is space from the beginning."""
    record(views, clock, camera, 40)
    room = Room(engine)
    room.stop(clock.wall_us(), "The disk is full.")
    seen: list[WallUs | None] = []
    genuine = views.delete

    def delete(segments: list[Segment], reason: Deletion) -> list[Segment]:
        seen.append(room.look().stopped_at)
        return genuine(segments, reason)

    monkeypatch.setattr(views, "delete", delete)
    Retention(views, cameras, folder, clock, RetentionOptions(free_space=plenty), room=room).run()
    assert seen == [None]


def record_anyway(views: Views, clock: SimulatedClock, camera: Camera, room: Room) -> Segment:
    """A segment that began before recording was stopped, and ends now."""
    found = room.look()
    room.go_on()
    segment = record(views, clock, camera, 0)
    room.stop(found.stopped_at or WallUs(0), found.stopped_why)
    return segment


def test_recording_stops_where_all_is_too_young_to_go(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera, engine: sa.Engine
) -> None:
    room = Room(engine)
    old, young = record(views, clock, camera, 2), record(views, clock, camera, 1)
    options = RetentionOptions(min_days=1.5, min_free_bytes=0, free_space=Full((1 << 20) - 1))  # the last of a disk
    Retention(views, cameras, folder, clock, options, room=room).run()
    assert left(views, camera) == [old.id, young.id]  # no more is asked for than nothing
    options = RetentionOptions(min_days=1.5, min_free_bytes=1 << 20, free_space=Full((1 << 20) - 1))
    Retention(views, cameras, folder, clock, options, room=room).run()
    assert left(views, camera) == [young.id]
    assert "it is held or younger than 1.5 days" in room.look().stopped_why


def test_when_space_runs_out_is_told_ahead(
    views: Views,
    cameras: Cameras,
    folder: DataFolder,
    clock: SimulatedClock,
    camera: Camera,
    engine: sa.Engine,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A camera that has recorded for ten hours, and a disk with room for ninety hours more, then for seventy."""
    room, disk, holds = Room(engine), Full(0), Holds(engine, folder, clock)
    size = sum(record(views, clock, camera, hours / 24).size for hours in range(10))
    age = 9 * 3600 + 1  # seconds since the oldest began
    options = RetentionOptions(days=30, min_free_bytes=GIB, free_space=disk)
    retention = Retention(views, cameras, folder, clock, options, room=room)
    disk.free = GIB + round(size / age * 90 * 3600)
    retention.run()
    ahead = ((room.look().forecast.short_at or 0) - clock.wall_us()) / MICROSECONDS
    assert ahead == pytest.approx(90 * 3600, abs=age / size)  # to the byte
    assert "sooner" not in caplog.text
    disk.free = GIB + round(size / age * 70 * 3600)
    retention.run()
    assert room.look().forecast.short_at == clock.wall_us() + round(
        ahead * MICROSECONDS
    )  # it is not looked at so often
    clock.advance(600)
    retention.run()
    assert "at the present rate footage is deleted sooner than its days in 7" in caplog.text
    assert room.look().forecast.stops_at is None
    begin = WallUs(clock.wall_us() - 20 * 3600 * MICROSECONDS)
    holds.add(camera.id, begin, WallUs(clock.wall_us() + 9 * DAY_US), "Case 12", WallUs(1 << 60), ANNA)
    clock.advance(600)
    disk.free = GIB + round(size / age * 60 * 3600)
    retention.run()
    assert room.look().forecast.stops_at == room.look().forecast.short_at
    assert "nothing that may be deleted is left, and recording stops in" in caplog.text


def test_where_footage_goes_sooner_than_its_days_that_is_said_and_no_more_a_forecast(
    views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera, engine: sa.Engine
) -> None:
    """A store that is as large as it may be goes on so for ever: it must not be told each day that this lies ahead."""
    room, began = Room(engine), clock.wall_us()
    size = record(views, clock, camera, 0).size
    for hours in (1, 2):
        record(views, clock, camera, hours / 24)
    options = RetentionOptions(max_bytes=2 * size, free_space=plenty)
    retention = Retention(views, cameras, folder, clock, options, room=room)
    for _ in range(3):
        retention.run()
        assert room.look().forecast.short_at == began
        clock.advance(12 * 3600 - 1)
    clock.advance(600)  # a day without: it is reckoned anew, and the store is as full as it may be
    retention.run()
    assert room.look().forecast.short_at == clock.wall_us()


class TestWhatRulesSaw:
    """Events go with their camera's view; numbers stay, by the hour."""

    def event(self, clock: SimulatedClock, camera: Camera, age_days: float, *, lasts: bool = False) -> Event:
        then = WallUs(clock.wall_us() - round(age_days * DAY_US))
        return Event(uuid.uuid4(), camera.id, 1, RuleKind.INTRUSION, then, None if lasts else then, 0.8, 1)

    def run(self, views: Views, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, engine: sa.Engine) -> None:
        options = RetentionOptions(free_space=plenty)
        Retention(views, cameras, folder, clock, options, seen=Seen(Events(engine), Counts(engine))).run()

    def test_events_live_as_long_as_their_camera_s_view(
        self,
        views: Views,
        cameras: Cameras,
        folder: DataFolder,
        clock: SimulatedClock,
        camera: Camera,
        yard: Camera,
        engine: sa.Engine,
    ) -> None:
        some = [self.event(clock, one, age) for one in (camera, yard) for age in (31, 29, 3, 1)]
        some.append(self.event(clock, yard, 90, lasts=True))
        events = Events(engine)
        events.take(Happening(Change.BEGAN, one, one.start) for one in some)
        self.run(views, cameras, folder, clock, engine)
        left = {one.id for one in events.page(Wanted()).events}
        assert left == {one.id for one in (*some[1:4], *some[7:])}

    def test_minutes_become_hours_when_the_view_that_goes_first_has_gone(
        self,
        views: Views,
        cameras: Cameras,
        folder: DataFolder,
        clock: SimulatedClock,
        camera: Camera,
        yard: Camera,
        engine: sa.Engine,
    ) -> None:
        def minute(age_days: float) -> Count:
            then = clock.wall_us() - round(age_days * DAY_US)
            return Count(
                camera.id, 1, "gate", ObjectClass.PERSON, Direction.FORWARD, WallUs(then - then % MINUTE), 1, 3
            )

        counts = Counts(engine)
        counts.add([minute(age) for age in (40, 2.1, 1.9, 0.1)])
        self.run(views, cameras, folder, clock, engine)
        found = counts.of(WallUs(0), FOREVER)
        assert [one.minutes for one in found] == [60, 60, 1, 1]
        assert sum(one.count for one in found) == 12

    def test_a_catalogue_that_refuses_does_not_keep_footage(
        self,
        views: Views,
        cameras: Cameras,
        folder: DataFolder,
        clock: SimulatedClock,
        camera: Camera,
        engine: sa.Engine,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def locked(_self: Events, _before: WallUs, _camera: int | None = None) -> int:
            raise CannotWriteError("The catalogue is locked by another program.")

        monkeypatch.setattr(Events, "forget", locked)
        record(views, clock, camera, 40)
        with pytest.raises(CannotWriteError):
            self.run(views, cameras, folder, clock, engine)
        assert left(views, camera) == []
