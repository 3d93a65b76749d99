"""Whose file that is: names what happened to segments whose files were swapped, replayed, renamed, or brought from elsewhere.

An original says in its header, in the clear, of which site, camera and moment it is. Of views, and of what has no header
left, the hash tells: each closed segment's is in its row.
"""

import collections
import dataclasses
import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from watchglass.base.errors import BadInputError
from watchglass.model.record import Segment, SegmentState
from watchglass.seal.segment import HEADER_SIZE, Header
from watchglass.store.database import reading
from watchglass.store.recovery import Store, segment_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a segment, in words that go on after its name.

    `digest` is of the file in its place, where that may be another's; `missing` if there is none.
    """

    segment: Segment
    words: str
    digest: str | None = None
    missing: bool = False


def when(wall: int) -> str:
    """A moment, in UTC."""
    try:
        return f"{_EPOCH + timedelta(microseconds=wall):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:  # a clock that went mad
        return f"{wall} µs"


def digest_of(path: Path) -> str:
    """SHA-256 of a file. OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _header(store: Store, path: Path) -> Header | None:
    """What an original says of itself; None of views, and of what is no sound header. OSError if it cannot be read."""
    if not store.shelf.shares:
        return None
    try:
        with path.open("rb") as file:
            return Header.parse(file.read(HEADER_SIZE))
    except BadInputError:
        return None


def stranger(store: Store, path: Path, segment: Segment) -> str | None:
    """What the file in a segment's place says it is, if it is not this segment. OSError if it cannot be read."""
    header = _header(store, path)
    if header is None:
        return None
    if elsewhere := _site(store, header):
        return elsewhere
    if (header.name.camera, header.start) == (segment.camera, segment.start):
        return None
    return (
        f"was replaced: in its place is the original of camera {header.name.camera} that began at {when(header.start)}"
    )


def foreign(store: Store, path: Path) -> str | None:
    """What to say of a file that is an original of another recorder; None of all others."""
    try:
        header = _header(store, path)
    except OSError:
        return None
    return _site(store, header) if header else None


def _site(store: Store, header: Header) -> str | None:
    site = uuid.UUID(bytes=header.name.site)
    return None if str(site) == store.folder.uuid else f"is an original of another recorder, of the data folder {site}"


def named(store: Store, faults: Sequence[Fault]) -> Iterator[Fault]:
    """These faults, with the word for what happened where the file in a segment's place is that of another one.

    All at once, for there is no index of hashes: a million rows take a second.
    """
    table = store.table
    digests = {fault.digest for fault in faults if fault.digest}
    owners: dict[str, Segment] = {}
    if digests:
        theirs = sa.and_(table.c.sha256.in_(digests), table.c.state == SegmentState.CLOSED.value)
        with reading(store.engine) as connection:
            for row in connection.execute(sa.select(table).where(theirs)):
                owners[row.sha256] = segment_of(row)
    for fault in faults:
        owner = owners.get(fault.digest or "")
        if owner is None or owner.id == fault.segment.id:
            yield fault
        else:
            yield dataclasses.replace(fault, words=_what_happened(store, fault.segment, owner))


def _what_happened(store: Store, segment: Segment, owner: Segment) -> str:
    try:
        there = digest_of(store.path(owner))
    except OSError:
        return f"was replaced: {owner.path} was renamed to take its place"
    if there == owner.sha256:
        return f"was replayed: in its place is a copy of {owner.path}, from {when(owner.start)}"
    if there == segment.sha256:
        return f"was swapped with {owner.path}"
    return f"was replaced: in its place is what belongs in {owner.path}"


class Strays:
    """Files that no row names: among them may be those that others miss."""

    def __init__(self, store: Store, paths: Iterable[Path]) -> None:
        self._store = store
        self._by_size: dict[int, list[Path]] = collections.defaultdict(list)
        self.left: list[Path] = []
        """Those that nobody has missed so far."""
        for path in paths:
            self.left.append(path)
            try:
                self._by_size[path.stat(follow_symlinks=False).st_size].append(path)
            except OSError:  # it was deleted this moment
                continue

    def found_again(self, fault: Fault) -> Fault:
        """The fault of a segment without a file, with where that is now if it has another name."""
        for path in self._by_size.get(fault.segment.size, []):
            if path in self.left and _has(path, fault.segment.sha256):
                self.left.remove(path)
                inside = self._store.folder.disks.name(path)
                return dataclasses.replace(fault, words=f"was renamed: its file is {inside}")
        return fault


def _has(path: Path, digest: str | None) -> bool:
    try:
        return digest_of(path) == digest
    except OSError:
        return False
