"""Which fragments of which segments a span of time is made of, what is missing between them, and their bytes."""

import collections
import dataclasses
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.record import Segment, SegmentState
from watchglass.store.fmp4 import FileLayout, FragmentAt, fragments_of
from watchglass.store.folder import DataFolder

SEAM_US: Final = 500_000
"""Less than this between two fragments is no hole: clocks are set, and frames come when they come."""

NEAR_US: Final = MICROSECONDS
"""How far from a moment a picture may be and still be called one of it: as long as a fragment is."""

LayoutOf = Callable[[Segment], FileLayout | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """Whole fragments of one segment that lie, at least in part, in a span.

    `origin_ticks` is the media time at which the file begins, which is `segment.start` on the wall.
    """

    segment: Segment
    init_size: int
    origin_ticks: int
    fragments: tuple[FragmentAt, ...]

    def wall(self, ticks: int) -> WallUs:
        """Wall time of a media time of this segment's run."""
        return WallUs(self.segment.start + (ticks - self.origin_ticks) * 100 // 9)

    @property
    def start(self) -> WallUs:
        return self.wall(self.fragments[0].start_ticks)

    @property
    def end(self) -> WallUs:
        return self.wall(self.fragments[-1].end_ticks)

    @property
    def size(self) -> int:
        return sum(fragment.size for fragment in self.fragments)


class DeletedError(Exception):
    """Retention was faster than whoever reads."""


def head_of(folder: DataFolder, piece: Piece) -> bytes:
    """The init segment, in which the encoding is told. DeletedError."""
    return _read(folder, piece, ((0, piece.init_size),))


def film_of(folder: DataFolder, piece: Piece) -> bytes:
    """A piece as an MP4 of its own: the init segment and the fragments. DeletedError."""
    spans = ((fragment.offset, fragment.size) for fragment in piece.fragments)
    return _read(folder, piece, ((0, piece.init_size), *spans))


def _read(folder: DataFolder, piece: Piece, spans: Iterable[tuple[int, int]]) -> bytes:
    try:
        with folder.disks.open(piece.segment.path) as file:
            parts = []
            for offset, size in spans:
                file.seek(offset)
                parts.append(file.read(size))
            return b"".join(parts)
    except FileNotFoundError as error:
        raise DeletedError from error


@dataclasses.dataclass(frozen=True, slots=True)
class Hole:
    """A part of a span of which nothing is kept."""

    start: WallUs
    end: WallUs


class Layouts:
    """Layouts of segments' files; those of closed ones are remembered, for they change no more. Safe from threads."""

    def __init__(self, folder: DataFolder, remembered: int = 512) -> None:
        self._folder = folder
        self._remembered = remembered
        self._known: collections.OrderedDict[int, FileLayout] = collections.OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, segment: Segment) -> FileLayout | None:
        """The layout of a segment's file up to its last whole fragment; None when it was deleted meanwhile.

        DiskAwayError when its disk is missing.
        """
        with self._lock:
            known = self._known.get(segment.id)
            if known is not None:
                self._known.move_to_end(segment.id)
                return known
        try:
            with self._folder.disks.open(segment.path) as file:
                layout = fragments_of(file)
        except FileNotFoundError:
            return None
        if segment.state is SegmentState.CLOSED:
            with self._lock:
                self._known[segment.id] = layout
                while len(self._known) > self._remembered:
                    self._known.popitem(last=False)
        return layout


def pieces(layout_of: LayoutOf, segments: Iterable[Segment], start: WallUs, end: WallUs) -> Iterator[Piece]:
    """What is kept between `start` and `end`, cut at whole fragments, in the order of `segments`.

    A segment gives one piece, or more where it has holes in itself.
    """
    for segment in segments:
        layout = layout_of(segment)
        if layout is None or not layout.fragments:
            continue
        whole = Piece(segment, layout.init_size, layout.fragments[0].start_ticks, tuple(layout.fragments))
        inside = [
            fragment
            for fragment in whole.fragments
            if whole.wall(fragment.end_ticks) > start and whole.wall(fragment.start_ticks) < end
        ]
        for unbroken in _unbroken(inside):
            yield dataclasses.replace(whole, fragments=unbroken)


def _unbroken(fragments: Sequence[FragmentAt]) -> Iterator[tuple[FragmentAt, ...]]:
    """Fragments that play on without a hole, together."""
    together: list[FragmentAt] = []
    for fragment in fragments:
        if together and (fragment.start_ticks - together[-1].end_ticks) * 100 // 9 >= SEAM_US:
            yield tuple(together)
            together = []
        together.append(fragment)
    if together:
        yield tuple(together)


def holes(footage: Sequence[Piece], start: WallUs, end: WallUs) -> list[Hole]:
    """What is missing of a span: before, between and after its pieces."""
    found: list[Hole] = []
    reached = start
    for piece in footage:
        if piece.start - reached >= SEAM_US:
            found.append(Hole(reached, piece.start))
        reached = max(reached, piece.end)
    if end - reached >= SEAM_US:
        found.append(Hole(reached, end))
    return found


def iso(wall: WallUs) -> str:
    """A moment as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(wall // MICROSECONDS, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{wall % MICROSECONDS // 1000:03d}Z"
