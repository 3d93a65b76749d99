"""What is deleted, and when: by age, by size, and before the disk is full. The oldest goes first, and never what is held.

Events and counts of rules go by age alone: a hold keeps footage.
"""

import contextlib
import dataclasses
import functools
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.base.errors import DiskFullError, WatchglassError
from watchglass.model.camera import Camera
from watchglass.model.record import Deletion, Segment
from watchglass.store.cameras import Cameras
from watchglass.store.counts import Counts
from watchglass.store.disks import Disk, free_space
from watchglass.store.events import Events
from watchglass.store.folder import DataFolder
from watchglass.store.footage import Footage
from watchglass.store.forecast import AHEAD_US, WINDOW_US, Course, Kind, course, forecast
from watchglass.store.originals import Originals
from watchglass.store.recovery import StuckFileError
from watchglass.store.room import STOPPED, Room
from watchglass.store.views import Views

_log = logging.getLogger(__name__)

_DAY_US = 24 * 3600 * MICROSECONDS
_BATCH = 200  # segments marked, unlinked and dropped together
RESERVE_BYTES = 4 << 20
_LAST_BYTES = 1 << 20  # that are free are of no use to anybody
_FORESEE_SECONDS = 600.0  # it reads every row
_SOONER_SECONDS = 24 * 3600.0  # after it last did, footage is still said to go sooner than its days


@dataclasses.dataclass(frozen=True, slots=True)
class RetentionOptions:
    """How long views and originals live. A camera's own `retention_days` wins over those of views; size and free space are
    the machine's. What is younger than `min_days` is not deleted for either of these.
    """

    days: float = 30.0
    max_bytes: int | None = None
    min_free_bytes: int = 2 << 30
    original_days: float = 30.0
    max_original_bytes: int | None = None
    min_days: float = 0.0
    free_space: Callable[[Path], int] = free_space


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """What rules have seen of cameras."""

    events: Events
    counts: Counts


class Retention:
    """Deletes what is too old or too much; never a segment that is open, and never one of another's disk.

    Run it every minute or so, in one process.
    """

    def __init__(
        self,
        views: Views,
        cameras: Cameras,
        folder: DataFolder,
        clock: Clock,
        options: RetentionOptions | None = None,
        *,
        originals: Originals | None = None,
        room: Room | None = None,
        seen: Seen | None = None,
    ) -> None:
        """Without a `room` nobody is told that the disk is full, or will be."""
        self._seen = seen
        self._views = views
        self._kept: tuple[Footage, ...] = (views, originals) if originals else (views,)
        self._cameras = cameras
        self._disks = folder.disks
        self._folder = folder
        self._clock = clock
        self._options = options or RetentionOptions()
        self._reserve = folder.root / "reserve"
        self._stuck: StuckFileError | None = None
        self._room = room
        self._foreseen_at = float("-inf")
        self._sooner_at = float("-inf")  # when something last went sooner than its days

    def run(self) -> list[Segment]:
        """Delete by age, then by size, then by free space; what was deleted.

        A file that cannot be unlinked does not hold up the others; StuckFileError names it at the end.
        """
        self._stuck = None
        self._disks.renew()  # one that was put back is used again
        self._disks.tell()
        try:
            deleted = self._run()
        except DiskFullError:
            # Deleting writes to the catalogue first, which a full disk refuses: that is what the reserve is for.
            if not self._reserve.exists():
                raise
            _log.warning("the disk is full to the last byte: giving up the reserve to be able to delete")
            durable.remove(self._reserve)
            deleted = self._run()
        self._fill_reserve()
        if self._stuck:
            raise self._stuck
        return deleted

    def _run(self) -> list[Segment]:
        """One kind of footage must not outlive its time because the other's catalogue is locked."""
        deleted: list[Segment] = []
        failed: WatchglassError | None = None
        steps: list[Callable[[], Iterator[Segment]]] = [functools.partial(self._of, one) for one in self._kept]
        self._let_go_on()
        for step in [*steps, self._by_free_space, self._what_rules_saw, self._tell]:
            try:
                deleted += step()
            except WatchglassError as error:
                failed = error if failed is None or isinstance(error, DiskFullError) else failed
        if failed is not None:
            raise failed
        return deleted

    def _of(self, footage: Footage) -> Iterator[Segment]:
        try:
            footage.settle()
        except StuckFileError as error:
            self._stuck = error
        yield from self._by_age(footage)
        yield from self._by_size(footage)

    def _by_age(self, footage: Footage) -> Iterator[Segment]:
        for camera in self._cameras.all():
            before = self._before(footage, camera)
            if footage is self._views:
                yield from self._older(footage, before, camera.id)
            footage.forget_spans(camera.id, before)
        if footage is not self._views:  # whatever the camera: of those that are not listed as well
            yield from self._older(footage, self._before(footage))

    def _older(self, footage: Footage, before: WallUs, camera: int | None = None) -> Iterator[Segment]:
        # Also of disks that are missing: nobody is to open an original after its days, wherever its file may be.
        while old := footage.oldest(_BATCH, camera, before, away=True):
            yield from self._delete(footage, old, Deletion.AGE)

    def _what_rules_saw(self) -> Iterator[Segment]:
        """Events live as long as their camera's view, counts by the minute as long as the view that goes first. No footage."""
        if self._seen is not None:
            shortest = self._before(self._views)
            for camera in self._cameras.all():
                before = self._before(self._views, camera)
                shortest = max(shortest, before)
                self._seen.events.forget(before, camera.id)
            self._seen.counts.roll_up(shortest)
        yield from ()

    def _before(self, footage: Footage, camera: Camera | None = None) -> WallUs:
        """What ended before this is older than it is kept; of views a camera's own days go first."""
        options = self._options
        days = options.days if footage is self._views else options.original_days
        if footage is self._views and camera is not None and camera.retention_days is not None:
            days = camera.retention_days
        return WallUs(self._clock.wall_us() - round(days * _DAY_US))

    def _by_size(self, footage: Footage) -> Iterator[Segment]:
        most = self._most(footage)
        while most is not None and (excess := footage.kept_bytes(there=True) - most) > 0:
            old = _covering(footage.oldest(_BATCH, before=self._floor()), excess)
            if not old:
                return
            yield from self._delete(footage, old, Deletion.SIZE)

    def _by_free_space(self) -> Iterator[Segment]:
        """On each disk by itself the oldest first, be it a view or an original."""
        for disk in self._disks.usable:
            yield from self._until_free(disk)

    def _until_free(self, disk: Disk) -> Iterator[Segment]:
        options = self._options
        free = self._free(disk)
        while free < options.min_free_bytes:
            oldest = [
                (segment, footage)
                for footage in self._kept
                for segment in footage.oldest(_BATCH, before=self._floor(), on=disk)
            ]
            if not oldest:
                return
            _, footage = min(oldest, key=lambda pair: (pair[0].end, pair[0].id))
            others = [segment.end for segment, other in oldest if other is not footage]
            until = min(others, default=None)
            turn = [one for one, other in oldest if other is footage and (until is None or one.end <= until)]
            old = _covering(turn, options.min_free_bytes - free)
            yield from self._delete(footage, old, Deletion.SPACE)
            before, free = free, self._free(disk)
            if free <= before:
                # Deleting more would cost footage and win nothing: somebody else fills the disk, or snapshots hold it.
                _log.warning("deleting %d segments freed no space on the disk of %s", len(old), disk.root)
                return

    def _free(self, disk: Disk) -> int:
        """Bytes that are free on a disk. One that goes away this moment has nothing to be made room on."""
        try:
            return self._options.free_space(disk.root)
        except OSError:
            if not disk.name:
                raise
            return self._options.min_free_bytes

    def _is_full(self) -> bool:
        """Whether no disk has room."""
        floor = max(self._options.min_free_bytes, _LAST_BYTES)
        return all(self._free(disk) < floor for disk in self._disks.usable)

    def _floor(self) -> WallUs | None:
        """What ended after this may go for its age alone; None where there is no such floor, whatever the clock says."""
        if not self._options.min_days:
            return None
        return WallUs(self._clock.wall_us() - round(self._options.min_days * _DAY_US))

    def _delete(self, footage: Footage, segments: list[Segment], reason: Deletion) -> list[Segment]:
        try:
            segments = footage.delete(segments, reason)
        except StuckFileError as error:
            self._stuck = error
        if segments:
            if reason is not Deletion.AGE:
                self._sooner_at = self._clock.monotonic()
            _log.info("deleted %d segments, up to %s: %s", len(segments), segments[-1].path, reason.value)
        self._let_go_on()
        return segments

    def _let_go_on(self) -> None:
        """Nobody waits with recording for the rest of what is to be deleted: there may be hours of it."""
        if self._room is not None and not self._is_full():
            self._room.go_on()

    def _tell(self) -> Iterator[Segment]:
        """Say whether there is room to record, and until when. Deletes nothing."""
        if self._room is not None:
            self._stop_or_go_on(self._room)
            if self._clock.monotonic() - self._foreseen_at >= _FORESEE_SECONDS:
                self._foresee(self._room)
        yield from ()

    def _stop_or_go_on(self, room: Room) -> None:
        """Nothing is recorded while the disk is full and nothing is left that may be deleted."""
        may_go = any(
            footage.oldest(1, before=self._floor(), on=disk) for footage in self._kept for disk in self._disks.usable
        )
        if not self._is_full() or may_go or not any(footage.any_closed() for footage in self._kept):
            room.go_on()
            return
        younger = f" or younger than {self._options.min_days:g} days" if self._options.min_days else ""
        room.stop(
            self._clock.wall_us(),
            f"{STOPPED}: it is held{younger}. Free some space on that disk or release a hold; recording then goes on.",
        )

    def _foresee(self, room: Room) -> None:
        now = self._clock.wall_us()
        space = sum(self._free(disk) - self._options.min_free_bytes for disk in self._disks.usable)
        kinds = [Kind(self._courses(footage, now), self._most(footage)) for footage in self._kept]
        found = forecast(now, kinds, space)
        before = room.look().forecast
        if self._clock.monotonic() - self._sooner_at < _SOONER_SECONDS:  # no forecast any more
            since = before.short_at if before.short_at is not None and before.short_at <= now else now
            found = dataclasses.replace(found, short_at=since)
        for at, known, what in (
            (found.short_at, before.short_at, "footage is deleted sooner than its days"),
            (found.stops_at, before.stops_at, "nothing that may be deleted is left, and recording stops"),
        ):
            if at is not None and at - now <= AHEAD_US and (known is None or known - now > AHEAD_US):
                _log.warning("at the present rate %s in %d hours", what, (at - now) // (3600 * MICROSECONDS))
        room.foresee(found)
        self._foreseen_at = self._clock.monotonic()

    def _courses(self, footage: Footage, now: WallUs) -> list[Course]:
        cameras = {camera.id: camera for camera in self._cameras.all()}
        held = [hold for hold in footage.holds() if hold.start <= now < hold.end]
        floor = self._options.min_days * _DAY_US / MICROSECONDS
        return [
            course(
                stock,
                now,
                days=(now - self._before(footage, cameras.get(stock.camera))) / MICROSECONDS,
                floor=floor,
                growing_hold=any(hold.camera in {None, stock.camera} for hold in held),
            )
            for stock in footage.stocks(WallUs(now - WINDOW_US))
        ]

    def _most(self, footage: Footage) -> int | None:
        return self._options.max_bytes if footage is self._views else self._options.max_original_bytes

    def _fill_reserve(self) -> None:
        """Have a file of some megabytes lie by for the day when the disk is full."""
        free = self._options.free_space(self._folder.root)
        # Retention frees no more than the floor: who asked for more than that would never get a reserve back.
        if self._reserve.exists() or free < max(self._options.min_free_bytes, 2 * RESERVE_BYTES):
            return
        partial = self._reserve.with_name(f".reserve{durable.PARTIAL}")
        with contextlib.suppress(OSError):  # a reserve is a help, not a condition
            partial.unlink(missing_ok=True)
            descriptor = durable.DISK.create(partial)
            try:
                os.posix_fallocate(descriptor, 0, RESERVE_BYTES)
            finally:
                os.close(descriptor)
            durable.DISK.rename(partial, self._reserve)


def _covering(segments: list[Segment], size: int) -> list[Segment]:
    """The first segments that together have `size` bytes, or all."""
    chosen = []
    for segment in segments:
        chosen.append(segment)
        size -= segment.size
        if size <= 0:
            break
    return chosen
