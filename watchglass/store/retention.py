"""What is deleted, and when: by age, by size, and before the disk is full. The oldest goes first."""

import contextlib
import dataclasses
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.base.errors import DiskFullError
from watchglass.model.record import Segment
from watchglass.store.cameras import Cameras
from watchglass.store.folder import DataFolder
from watchglass.store.views import StuckFileError, Views

_log = logging.getLogger(__name__)

_DAY_US = 24 * 3600 * MICROSECONDS
_BATCH = 200  # segments marked, unlinked and dropped together
RESERVE_BYTES = 4 << 20


def free_space(path: Path) -> int:
    """Bytes that are free, to us, on the disk of `path`."""
    return shutil.disk_usage(path).free


@dataclasses.dataclass(frozen=True, slots=True)
class RetentionOptions:
    """How long views live. A camera's own `retention_days` wins over `days`; size and free space are the machine's."""

    days: float = 30.0
    max_bytes: int | None = None
    min_free_bytes: int = 2 << 30
    free_space: Callable[[Path], int] = free_space


class Retention:
    """Deletes what is too old or too much; never a segment that is open, and never one of another's disk.

    Run it every minute or so, in one process.
    """

    def __init__(
        self, views: Views, cameras: Cameras, folder: DataFolder, clock: Clock, options: RetentionOptions | None = None
    ) -> None:
        self._views = views
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
        try:
            self._views.settle()
        except StuckFileError as error:
            self._stuck = error
        return [*self._by_age(), *self._by_size(), *self._by_free_space()]

    def _by_age(self) -> Iterator[Segment]:
        now = self._clock.wall_us()
        for camera in self._cameras.all():
            days = self._options.days if camera.retention_days is None else camera.retention_days
            before = WallUs(now - round(days * _DAY_US))
            while old := self._views.oldest(_BATCH, camera.id, before):
                yield from self._delete(old, "older than it is kept")
            self._views.forget_spans(camera.id, before)

    def _by_size(self) -> Iterator[Segment]:
        most = self._options.max_bytes
        while most is not None and (excess := self._views.kept_bytes() - most) > 0:
            old = self._oldest(excess)
            if not old:
                return
            yield from self._delete(old, "more than may be kept")

    def _by_free_space(self) -> Iterator[Segment]:
        options = self._options
        free = options.free_space(self._folder.views)
        while free < options.min_free_bytes:
            old = self._oldest(options.min_free_bytes - free)
            if not old:
                return
            yield from self._delete(old, "the disk is nearly full")
            before, free = free, options.free_space(self._folder.views)
            if free <= before:
                # Deleting more would cost footage and win nothing: somebody else fills the disk, or snapshots hold it.
                _log.warning("deleting %d segments freed no space on the disk of %s", len(old), self._folder.views)
                return

    def _oldest(self, size: int) -> list[Segment]:
        """The oldest segments that together have `size` bytes, or as many as one batch holds."""
        chosen = []
        for segment in self._views.oldest(_BATCH):
            chosen.append(segment)
            size -= segment.size
            if size <= 0:
                break
        return chosen

    def _delete(self, segments: list[Segment], reason: str) -> list[Segment]:
        try:
            self._views.delete(segments)
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
