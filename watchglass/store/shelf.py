"""What is kept, and how: views in the clear and originals sealed, each with tables, a folder and a kind of file of its own.

All else of the store, from the order of system calls to recovery, is the same for both.
"""

import abc
import dataclasses
from pathlib import Path, PurePath
from typing import BinaryIO, ClassVar

import sqlalchemy as sa

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import BadInputError
from watchglass.model.media import TICKS_PER_SECOND
from watchglass.model.record import Segment
from watchglass.seal import segment as sealed
from watchglass.seal.segment import ChunkKind
from watchglass.store import fmp4, schema
from watchglass.store.disks import PREFIX
from watchglass.store.folder import DataFolder


@dataclasses.dataclass(frozen=True, slots=True)
class Extent:
    """How far a file can be read: bytes up to the end of its last whole piece, and whether there is any footage in it.

    `start` is when it says that it begins, None if it does not say.
    """

    size: int
    footage: bool
    start: WallUs | None = None


class Form(abc.ABC):
    """One kind of file: a beginning, then pieces of about a second."""

    suffix: ClassVar[str]

    @abc.abstractmethod
    def extent(self, file: BinaryIO) -> Extent:
        """How far a file can be read, by its framing alone. OSError passes through."""

    @abc.abstractmethod
    def known_until(self, file: BinaryIO, segment: Segment) -> tuple[int, WallUs] | None:
        """Bytes and wall time up to which an open segment's file is whole; None if there is no footage in it.

        Up to the size in the row it was synced, with the end in the row. What follows was written since: it is taken as
        long as it is sound.
        """

    @abc.abstractmethod
    def is_beginning(self, file: BinaryIO) -> bool:
        """Whether a file is what a creation leaves that was cut short: its beginning or a part of it, and no footage."""

    @abc.abstractmethod
    def is_whole(self, piece: bytes) -> bool:
        """Whether these bytes are whole pieces: a file stays readable only if nothing else ever gets in."""


class ViewForm(Form):
    """Fragmented MP4 in the clear (`fmp4.py`)."""

    suffix = ".mp4"

    def extent(self, file: BinaryIO) -> Extent:
        layout = fmp4.fragments_of(file)
        return Extent(layout.end, bool(layout.fragments))

    def known_until(self, file: BinaryIO, segment: Segment) -> tuple[int, WallUs] | None:
        layout = fmp4.fragments_of(file)
        size, end, known = 0, segment.start, 0
        for fragment in layout.fragments:
            if fragment.end > segment.size:
                file.seek(fragment.offset)
                if not fmp4.sound(file.read(fragment.size)):
                    break
            size = fragment.end
            known += fragment.duration_ticks
            end = WallUs(segment.start + known * MICROSECONDS // TICKS_PER_SECOND)
            if size == segment.size:
                end = segment.end
                known = (end - segment.start) * TICKS_PER_SECOND // MICROSECONDS
        return (size, end) if size else None

    def is_beginning(self, file: BinaryIO) -> bool:
        return not self.extent(file).footage

    def is_whole(self, piece: bytes) -> bool:
        end, kinds = 0, []
        for box in fmp4.boxes(piece):
            end = box.end
            kinds.append(box.kind)
        return bool(kinds) and end == len(piece) and kinds == ["moof", "mdat"] * (len(kinds) // 2)


_LARGEST_BEGINNING = 64 * 1024  # bytes: a header and a sealed init segment have two thousand


class SealedForm(Form):
    """Sealed segments (docs/formats/sealed-segment.md): their framing takes no key, and says until when they last."""

    suffix = ".sealed"

    def extent(self, file: BinaryIO) -> Extent:
        header = _header(file)
        if header is None:
            return Extent(0, footage=False)
        chunks = list(sealed.chunks_of(file))
        footage = any(chunk.kind is ChunkKind.FRAGMENT for chunk in chunks)
        return Extent(chunks[-1].end if chunks else sealed.HEADER_SIZE, footage, header.start)

    def known_until(self, file: BinaryIO, segment: Segment) -> tuple[int, WallUs] | None:
        if _header(file) is None:
            return None
        size, end, footage = 0, segment.start, False
        for chunk in sealed.chunks_of(file):
            size, end = chunk.end, chunk.end_wall
            footage = footage or chunk.kind is ChunkKind.FRAGMENT
        return (size, max(end, segment.start)) if footage else None

    def is_beginning(self, file: BinaryIO) -> bool:
        size = file.seek(0, 2)
        file.seek(0)
        start = file.read(sealed.HEADER_SIZE)
        if size < sealed.HEADER_SIZE or not any(start):  # torn, or never written by a disk that lost its power
            return True
        extent = self.extent(file)
        return extent.start is not None and not extent.footage and size < _LARGEST_BEGINNING

    def is_whole(self, piece: bytes) -> bool:
        return sealed.are_chunks(piece)


def _header(file: BinaryIO) -> sealed.Header | None:
    file.seek(0)
    try:
        return sealed.Header.parse(file.read(sealed.HEADER_SIZE))
    except BadInputError:
        return None


@dataclasses.dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of footage: what people call it, where its rows and files are. `shares` if its files have any.

    `hole_us` is how long nothing may come, in microseconds, before that is a gap.
    """

    what: str
    segments: sa.Table
    gaps: sa.Table
    kept: sa.Table
    entries: sa.Table
    form: Form
    hole_us: int
    shares: bool = False

    def folder(self, data: DataFolder) -> Path:
        """Where its files lie: `<camera>/<YYYYMMDD>/<HHMMSS>-<8 hex digits>` and the form's suffix."""
        return data.root / self.part

    @property
    def part(self) -> str:
        """The name of that folder, on each disk."""
        return "originals" if self.shares else "views"

    def shares_of(self, data: DataFolder, path: Path) -> Path | None:
        """The file of shares that opens the one at `path`; None where there are none. Whatever the disk, it is in the data folder."""
        if not self.shares:
            return None
        disk, inside = self.inside(data.disks.name(path))
        return (data.shares / disk / inside).with_suffix(SHARES_SUFFIX)

    def sealed_by(self, data: DataFolder, shares: Path) -> str:
        """How a row names the file that these shares open: the other way round."""
        inside = shares.relative_to(data.shares).with_suffix(self.form.suffix)
        disk = inside.parts[0] if inside.parts[0].startswith(PREFIX) else ""
        return (Path(disk) / self.part / inside.relative_to(disk)).as_posix()

    def inside(self, name: str) -> tuple[str, PurePath]:
        """The disk of a file that a row names (empty: that of the data folder), and where it lies in its folder there."""
        first = name.partition("/")[0]
        disk = first if first.startswith(PREFIX) else ""
        return disk, PurePath(name).relative_to(PurePath(disk) / self.part)


SHARES_SUFFIX = ".shares"
VIEWS = Shelf("view", schema.segments, schema.gaps, schema.kept_spans, schema.entries, ViewForm(), 1_500_000)
# Fragments of an original follow one another without a hole, so the shortest one is a gap.
ORIGINALS = Shelf(
    "original",
    schema.originals,
    schema.original_gaps,
    schema.original_kept_spans,
    schema.original_entries,
    SealedForm(),
    100_000,
    shares=True,
)
