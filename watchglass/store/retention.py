"""What is deleted, and when: by age, by size, and before the disk is full. The oldest goes first."""

import contextlib
import dataclasses
import functools
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.base.errors import DiskFullError, WatchglassError
from watchglass.model.camera import Camera
from watchglass.model.record import Segment
from watchglass.store.cameras import Cameras
from watchglass.store.folder import DataFolder
from watchglass.store.footage import Footage
from watchglass.store.originals import Originals
from watchglass.store.recovery import StuckFileError
from watchglass.store.views import Views

_log = logging.getLogger(__name__)

_DAY_US = 24 * 3600 * MICROSECONDS
_BATCH = 200  # segments marked, unlinked and dropped together
RESERVE_BYTES = 4 << 20


def free_space(path: Path) -> int:
    """Bytes that are free, to us, on the disk of `path`."""
    return shutil.disk_usage(path).free


@dataclasses.dataclass(frozen=True, slots=True)
class RetentionOptions:
    """How long views and originals live. A camera's own `retention_days` wins over those of views; size and free space are
    the machine's.
    """

    days: float = 30.0
    max_bytes: int | None = None
    min_free_bytes: int = 2 << 30
    original_days: float = 30.0
    max_original_bytes: int | None = None
    free_space: Callable[[Path], int] = free_space


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
    ) -> None:
        self._views = views
        self._kept: tuple[Footage, ...] = (views, originals) if originals else (views,)
        self._cameras = cameras
        self._folder = folder
        self._clock = clock
        self._options = options or RetentionOptions()
        self._reserve = folder.root / "reserve"
        self._stuck: StuckFileError | None = None

    def run(self) -> list[Segment]:
        """Delete by age, then by size, then by free space; what was deleted.

        A file that cannot be unlinked does not hold up the others; StuckFileError names it at the end.
        """
        self._stuck = None
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
        for step in [*steps, self._by_free_space]:
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
        while old := footage.oldest(_BATCH, camera, before):
            yield from self._delete(footage, old, "older than it is kept")

    def _before(self, footage: Footage, camera: Camera | None = None) -> WallUs:
        """What ended before this is older than it is kept; of views a camera's own days go first."""
        options = self._options
        days = options.days if footage is self._views else options.original_days
        if footage is self._views and camera is not None and camera.retention_days is not None:
            days = camera.retention_days
        return WallUs(self._clock.wall_us() - round(days * _DAY_US))

    def _by_size(self, footage: Footage) -> Iterator[Segment]:
        most = self._options.max_bytes if footage is self._views else self._options.max_original_bytes
        while most is not None and (excess := footage.kept_bytes() - most) > 0:
            old = _covering(footage.oldest(_BATCH), excess)
            if not old:
                return
            yield from self._delete(footage, old, "more than may be kept")

    def _by_free_space(self) -> Iterator[Segment]:
        """The oldest first, be it a view or an original."""
        options = self._options
        free = options.free_space(self._folder.root)
        while free < options.min_free_bytes:
            oldest = [(segment, footage) for footage in self._kept for segment in footage.oldest(_BATCH)]
            if not oldest:
                return
            _, footage = min(oldest, key=lambda pair: (pair[0].end, pair[0].id))
            others = [segment.end for segment, other in oldest if other is not footage]
            until = min(others, default=None)
            turn = [one for one, other in oldest if other is footage and (until is None or one.end <= until)]
            old = _covering(turn, options.min_free_bytes - free)
            yield from self._delete(footage, old, "the disk is nearly full")
            before, free = free, options.free_space(self._folder.root)
            if free <= before:
                # Deleting more would cost footage and win nothing: somebody else fills the disk, or snapshots hold it.
                _log.warning("deleting %d segments freed no space on the disk of %s", len(old), self._folder.root)
                return

    def _delete(self, footage: Footage, segments: list[Segment], reason: str) -> list[Segment]:
        try:
            footage.delete(segments)
        except StuckFileError as error:
            self._stuck = error
        _log.info("deleted %d segments, up to %s: %s", len(segments), segments[-1].path, reason)
        return segments

    def _fill_reserve(self) -> None:
        """Have a file of some megabytes lie by for the day when the disk is full."""
        free = self._options.free_space(self._folder.root)
        if self._reserve.exists() or free < self._options.min_free_bytes + RESERVE_BYTES:
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
