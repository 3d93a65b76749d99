"""Putting one camera's fragments on the disk: into segments, with gaps where something is missing, and their causes.

Views and originals are both kept so; what a fragment is, and how a segment begins, is theirs.
"""

import collections
import dataclasses
from collections.abc import Callable
from typing import Protocol

import structlog

from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.base.errors import WatchglassError
from watchglass.model.record import GapCause
from watchglass.store.footage import Footage
from watchglass.store.shelf import VIEWS

_log = structlog.get_logger(__name__)

INTERRUPTED = "The stream was interrupted."
NOT_RUNNING = "watchglass was not watching this camera."

_FOREVER = WallUs(1 << 62)
_NOTES = 1000  # that wait for a catalogue which cannot be written; the oldest go first


@dataclasses.dataclass(frozen=True, slots=True)
class ShelveOptions:
    """Lengths in seconds. `retry` is how long after a disk error the next segment, or note, is tried.

    `hole` is how long nothing may come before that is a gap.
    """

    segment: float = 60.0
    retry: float = 10.0
    hole: float = VIEWS.hole_us / MICROSECONDS


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """A fragment to be kept. A segment begins only where `begins` says that it can be played from there."""

    run: str
    init: bytes = dataclasses.field(repr=False)
    data: bytes = dataclasses.field(repr=False)
    start: WallUs
    end: WallUs
    begins: bool = True


class Writer(Protocol):
    """An open segment: `store.writer.SegmentWriter`, or one that seals."""

    @property
    def start(self) -> WallUs:
        """When it began."""

    @property
    def end(self) -> WallUs:
        """Until when it is whole."""

    @property
    def closed(self) -> bool:
        """Whether it was closed, by us or by an error."""

    def append(self, fragment: bytes, end: WallUs, /) -> None:
        """Write a fragment."""

    def close(self) -> object:
        """Close the segment."""


Begin = Callable[[str, WallUs, bytes], Writer]
"""Begins a segment of a run at a wall time with an init segment. WatchglassError where the disk refuses."""


class Shelver:
    """One camera's footage on its way to disk. Used from one thread; errors of the disk stay inside.

    What an earlier one left is taken up as it is found; WatchglassError if the catalogue cannot be read.
    """

    def __init__(
        self, camera: int, footage: Footage, begin: Begin, clock: Clock, options: ShelveOptions | None = None
    ) -> None:
        self._camera = camera
        self._footage = footage
        self._begin = begin
        self._clock = clock
        self._options = options or ShelveOptions()
        self.notes = Notes(camera, clock, self._options.retry)
        self._writer: Writer | None = None
        self._run = ""
        self._init = b""
        self.kept_until = _kept_until(footage, camera)
        self._retry_at = float("-inf")
        self._gap_lasts = _gap_lasts(footage, camera, self.kept_until)
        self._absence: tuple[GapCause, str] = (GapCause.US, NOT_RUNNING)

    def put(self, piece: Piece, segment: float | None = None) -> None:
        """Keep a fragment: in the open segment, or in a new one after `segment` seconds (else as the options say)."""
        if self._clock.monotonic() < self._retry_at:
            return
        try:
            if self._writer is not None and self._is_over(self._writer, piece, segment or self._options.segment):
                self.close()
            anew = self._writer is None
            if self._writer is None:
                if not piece.begins:
                    return  # the next keyframe will do; until then there is the gap that lasts, or a hole to explain
                self._writer = self._begin(piece.run, piece.start, piece.init)
                self._run, self._init = piece.run, piece.init
            if anew or self._is_hole(piece.start):
                self._explain_hole(piece.start)
                self._close_gap(piece.start)
            self._writer.append(piece.data, piece.end)
        except WatchglassError as error:  # the disk, the catalogue; or the camera was removed this moment
            self._give_up(error, piece.start)
            return
        self.kept_until = piece.end

    def absent(self, since: WallUs | None, cause: GapCause, detail: str) -> None:
        """Nothing comes: from `since` on there is a gap, or from now on if nothing came before. It lasts until a fragment comes."""
        if since is None:
            since = WallUs(max(self._clock.wall_us(), self.kept_until or 0))
        self._explain_hole(since)
        self._absence = (cause, detail)
        self._open_gap(since)

    def lost(self, start: WallUs, cause: GapCause, detail: str) -> None:
        """What was to be kept from `start` on is not: the segment ends, a gap begins, and the next fragment ends it."""
        self.close()
        self._explain_hole(start)
        self._absence = (cause, detail)
        self._open_gap(max(start, self.kept_until or start))

    def close(self) -> None:
        """Close the open segment, if there is one."""
        writer, self._writer = self._writer, None
        if writer is None or writer.closed:
            return
        try:
            writer.close()
        except WatchglassError as error:
            _log.error("a segment could not be closed", camera=self._camera, cause=error.sentence)
            if self.kept_until is not None and writer.end < self.kept_until:
                self.kept_until = writer.end
                self._absence = (GapCause.DISK, error.sentence)
                self._open_gap(writer.end)

    def _is_over(self, writer: Writer, piece: Piece, seconds: float) -> bool:
        if piece.run != self._run or piece.init is not self._init:
            return True
        long = piece.start - writer.start >= seconds * MICROSECONDS
        return piece.begins and (long or self._is_hole(piece.start))

    def _is_hole(self, until: WallUs) -> bool:
        """Whether something is missing between what is kept and `until`."""
        return self.kept_until is not None and until - self.kept_until > self._options.hole * MICROSECONDS

    def _explain_hole(self, start: WallUs) -> None:
        """Time before `start` that nobody has accounted for becomes a gap with its cause."""
        if not self._gap_lasts and self.kept_until is not None and self._is_hole(start):
            self._open_gap(self.kept_until)

    def _open_gap(self, start: WallUs) -> None:
        self.notes.add(self._footage.open_gap, start, *self._absence)
        self._gap_lasts = True

    def _close_gap(self, start: WallUs) -> None:
        self.notes.add(self._footage.close_gap, start)
        self._gap_lasts = False
        self._absence = (GapCause.NETWORK, INTERRUPTED)

    def _give_up(self, error: WatchglassError, start: WallUs) -> None:
        """The disk refuses: say so, leave a gap with the cause, go on, and try again after a while."""
        _log.error(f"the {self._footage.shelf.what} is not being kept", camera=self._camera, cause=error.sentence)
        self._retry_at = self._clock.monotonic() + self._options.retry
        if self._writer is None:
            self._explain_hole(start)
        else:
            start = self._writer.end  # less than was appended if the disk could not be made to sync it
            self.close()
        self._absence = (GapCause.DISK, error.sentence)
        self._open_gap(start)


class Notes:
    """Gaps and covers for the catalogue, in order. What it cannot take now is offered again after a while."""

    def __init__(self, camera: int, clock: Clock, retry: float) -> None:
        self._camera, self._clock, self._retry = camera, clock, retry
        self._waiting: collections.deque[Callable[[], None]] = collections.deque(maxlen=_NOTES)
        self._retry_at = float("-inf")

    def add(self, note: Callable[..., None], *what: object) -> None:
        """Write `note(camera, *what)` as soon as that is possible."""
        self._waiting.append(lambda: note(self._camera, *what))
        self.write()

    def write(self) -> None:
        """Write what waits, if it is time to try."""
        while self._waiting and self._clock.monotonic() >= self._retry_at:
            try:
                self._waiting[0]()
            except WatchglassError as error:
                _log.error("gaps cannot be noted yet", camera=self._camera, cause=error.sentence)
                self._retry_at = self._clock.monotonic() + self._retry
                return
            self._waiting.popleft()


def _kept_until(footage: Footage, camera: int) -> WallUs | None:
    """Up to when there is footage in the files; the catalogue's rows are some seconds behind a keeper that was killed."""
    latest = footage.latest(camera)
    after = footage.segments(camera, latest or WallUs(0), _FOREVER)
    return max((segment.end for segment in after), default=latest)


def _gap_lasts(footage: Footage, camera: int, since: WallUs | None) -> bool:
    return any(gap.end is None for gap in footage.gaps(camera, since or WallUs(0), _FOREVER))
