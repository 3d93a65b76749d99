"""Does the store agree with itself? Read only; what is found is said, never mended: `Views.recover` does that."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from watchglass.base.errors import BadInputError
from watchglass.model.record import Segment, SegmentState
from watchglass.seal.segment import HEADER_SIZE, Header
from watchglass.seal.shares import Shares
from watchglass.store.database import open_originals, reading
from watchglass.store.folder import DataFolder
from watchglass.store.recovery import Store, lost_shares, orphans, segment_of
from watchglass.store.shelf import ORIGINALS, VIEWS


def check(engine: sa.Engine, folder: DataFolder, *, deep: bool = False) -> list[str]:
    """Sentences about what breaks invariants 1 to 3 of docs/design/store.md; empty if nothing does.

    Rows, presence and sizes of files; with `deep` the content of each as well: about as fast as the disk reads.
    """
    originals = open_originals(folder)
    stores = [Store(engine, folder, shelf=VIEWS), Store(originals, folder, shelf=ORIGINALS, catalogue=engine)]
    try:
        return [problem for store in stores for problem in _problems(store, deep=deep)]
    finally:
        originals.dispose()


def _problems(store: Store, *, deep: bool) -> Iterator[str]:
    unclaimed = lost_shares(store)  # of a segment that just begins, the file is there at the end
    for segment in _segments(store):
        fault = _fault(store, segment, deep=deep)
        if fault:
            yield f"Segment {segment.id} ({segment.path}, {segment.state.value}) {fault}."
    for path in orphans(store):
        yield f"File {path.relative_to(store.folder.root)} belongs to no segment."
    for path in sorted(unclaimed & lost_shares(store)):
        yield f"File {path.relative_to(store.folder.root)} opens no segment."


def _segments(store: Store) -> Iterator[Segment]:
    """All rows, some at a time: a check may take hours and must not hold up a transaction for as long."""
    table, last = store.table, 0
    while True:
        with reading(store.engine) as connection:
            query = sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(1000)
            rows = [segment_of(row) for row in connection.execute(query)]
        if not rows:
            return
        yield from rows
        last = rows[-1].id


def _fault(store: Store, segment: Segment, *, deep: bool) -> str | None:
    if segment.state is SegmentState.GARBAGE:
        return None  # listed, and that is all there is to it
    path = store.path(segment)
    try:
        return _size_fault(path, segment) or _file_fault(store, path, segment, deep=deep) or _shares_fault(store, path)
    except FileNotFoundError:
        return "has no file"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _size_fault(path: Path, segment: Segment) -> str | None:
    size = path.stat(follow_symlinks=False).st_size
    if segment.state is SegmentState.CLOSED and size != segment.size:
        return f"has {size} bytes instead of {segment.size}"
    if segment.state is SegmentState.OPEN and size < segment.size:
        return f"has {size} bytes, fewer than the {segment.size} that were synced"
    return None


def _file_fault(store: Store, path: Path, segment: Segment, *, deep: bool) -> str | None:
    if not deep and segment.state is not SegmentState.OPEN:
        return None
    with path.open("rb") as file:
        extent = store.shelf.form.extent(file)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest() if deep else None
    if extent.size < max(segment.size, 1):
        return f"can be read up to byte {extent.size} only, of {segment.size}"
    if segment.state is SegmentState.CLOSED and digest != segment.sha256:
        return "does not have the bytes that were recorded: its hash differs"
    return None


def _shares_fault(store: Store, path: Path) -> str | None:
    """Whether an original can be opened at all: its shares are there, whole, and its own."""
    place = store.shelf.shares_of(store.folder, path)
    if place is None:
        return None
    try:
        shares = Shares.parse(place.read_bytes())
    except FileNotFoundError:
        return "has no shares: nobody can open it"
    except BadInputError as error:
        return f"has shares that are of no use: {error.sentence.rstrip('.')}"
    try:
        with path.open("rb") as file:
            header = Header.parse(file.read(HEADER_SIZE))
    except BadInputError as error:
        return f"cannot be opened by anybody: {error.sentence.rstrip('.')}"
    if header.name != shares.name:
        return "has the shares of another segment: nobody can open it"
    return None
