"""One open segment: fragments appended, synced every few seconds, closed with its hash, whatever fails meanwhile."""

import contextlib
import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path

from watchglass.base import durable
from watchglass.base.clock import Clock, WallUs
from watchglass.base.errors import UsageError, WatchglassError
from watchglass.model.record import Segment, SegmentState
from watchglass.store.recovery import Store

SYNC_SECONDS = 5.0
"""How much a power cut may cost. Not every fragment: a disk syncs about fifty times a second, for all cameras."""

Saver = Callable[[Segment], Segment]
"""Writes what a segment has become into the catalogue; the segment as it then is there."""


@dataclasses.dataclass(slots=True)
class _Kept:
    """A point in the file up to which it is whole."""

    size: int
    end: WallUs
    hash: "hashlib._Hash"

    def copy(self) -> "_Kept":
        return _Kept(self.size, self.end, self.hash.copy())


class SegmentWriter:
    """The open segment of one camera. For one thread.

    Each append is whole in the file before it returns; a killed process loses nothing that was appended, a power cut
    at most `SYNC_SECONDS`. When the disk refuses, the file is cut back to its last whole fragment and closed as it
    is, and the error says so once; the writer is then closed.
    """

    def __init__(  # made by Views.begin alone
        self,
        segment: Segment,
        descriptor: int,
        path: Path,
        label: str,
        init: bytes,
        clock: Clock,
        store: Store,
        save: Saver,
    ) -> None:
        self._segment = segment
        self._descriptor = descriptor
        self._path = path
        self._label = label
        self._clock = clock
        self._files = store.files
        self._form = store.shelf.form
        self._save = save
        self._init_size = len(init)
        self._whole = _Kept(len(init), segment.start, hashlib.sha256(init))
        self._synced = self._whole.copy()
        self._synced_at = clock.monotonic()
        self._closed = False

    @property
    def segment(self) -> Segment:
        """The segment as the catalogue last heard of it."""
        return self._segment

    @property
    def start(self) -> WallUs:
        return self._segment.start

    @property
    def end(self) -> WallUs:
        """Wall time up to which the segment is whole."""
        return self._whole.end

    @property
    def size(self) -> int:
        """Bytes up to which the segment is whole."""
        return self._whole.size

    @property
    def closed(self) -> bool:
        return self._closed

    def append(self, fragment: bytes, end: WallUs) -> None:
        """Write whole fragments that last until `end`.

        DiskFullError or CannotWriteError when the disk refuses: the segment is then closed up to the fragment before.
        ValueError if the writer is closed, UsageError if `fragment` is not whole fragments; neither changes anything.
        """
        if self._closed:
            raise ValueError(f"the segment {self._path.name} is closed")
        if not self._form.is_whole(fragment):
            raise UsageError(f"What was to be appended to {self._path.name} is not whole fragments.")
        try:
            self._files.write(self._descriptor, fragment)
        except OSError as error:
            raise self._give_up(error) from error
        self._whole.hash.update(fragment)
        self._whole.size += len(fragment)
        self._whole.end = max(end, self._whole.end)
        if self._clock.monotonic() - self._synced_at >= SYNC_SECONDS:
            self._sync()

    def close(self) -> Segment:
        """Close the segment and say what it is: `closed`, or `garbage` if nothing was appended or its camera is gone.

        The first call may raise DiskFullError or CannotWriteError; the file is safe then, and the catalogue learns of
        it when the next segment begins, or at the next start. Later calls return the segment as it is.
        """
        if self._closed:
            return self._segment
        try:
            self._files.sync(self._descriptor)
        except OSError as error:
            raise self._give_up(error, unsynced=True) from error
        try:
            self._files.sync_folder(self._path.parent)
        except OSError as error:
            raise self._give_up(error) from error
        self._finish()
        return self._segment

    def _sync(self) -> None:
        try:
            self._files.sync(self._descriptor)
        except OSError as error:
            raise self._give_up(error, unsynced=True) from error
        self._synced = self._whole.copy()
        self._synced_at = self._clock.monotonic()
        self._segment = dataclasses.replace(self._segment, end=self._synced.end, size=self._synced.size)
        try:
            self._segment = self._save(self._segment)
        except WatchglassError:
            # The catalogue is behind, not wrong: an open row promises what it names and no less. Recording goes on,
            # and closing, which needs the catalogue, will say what is the matter.
            return

    def _give_up(self, error: OSError, *, unsynced: bool = False) -> WatchglassError:
        """Keep what is whole, or, after a failed fsync, what an earlier one has made sure of; the error to raise."""
        if unsynced:
            self._whole = self._synced.copy()
        with contextlib.suppress(OSError):  # the disk may refuse this too: recovery will cut the file then
            self._files.truncate(self._descriptor, self._whole.size)
            self._files.sync(self._descriptor)
            with contextlib.suppress(WatchglassError):  # kept for later by Views
                self._finish()
        self._release()
        return durable.write_error(error, self._label)

    def _finish(self) -> None:
        """Tell the catalogue what the file has become, then let go of it, whether or not the catalogue could hear."""
        state = SegmentState.CLOSED if self._whole.size > self._init_size else SegmentState.GARBAGE
        digest = self._whole.hash.hexdigest() if state is SegmentState.CLOSED else None
        self._segment = dataclasses.replace(
            self._segment, state=state, end=self._whole.end, size=self._whole.size, sha256=digest
        )
        try:
            self._segment = self._save(self._segment)
        finally:
            self._release()

    def _release(self) -> None:
        if not self._closed:
            self._closed = True
            self._files.close(self._descriptor)
