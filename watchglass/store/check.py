"""Does the store agree with itself? Read only; what is found is said, never mended: `Views.recover` does that."""

import hashlib
from collections.abc import Iterator

import sqlalchemy as sa

from watchglass.model.record import Segment, SegmentState
from watchglass.store import fmp4, schema
from watchglass.store.database import reading
from watchglass.store.folder import DataFolder
from watchglass.store.recovery import Store, orphans, segment_of

_T = schema.segments


def check(engine: sa.Engine, folder: DataFolder, *, deep: bool = False) -> list[str]:
    """Sentences about what breaks invariants 1 to 3 of docs/design/store.md; empty if nothing does.

    Rows, presence and sizes of files; with `deep` the content of each as well: about as fast as the disk reads.
    """
    store = Store(engine, folder)
    problems = []
    for segment in _segments(engine):
        fault = _fault(store, segment, deep=deep)
        if fault:
            problems.append(f"Segment {segment.id} ({segment.path}, {segment.state.value}) {fault}.")
    problems += [f"File {path.relative_to(folder.root)} belongs to no segment." for path in orphans(store)]
    return problems


def _segments(engine: sa.Engine) -> Iterator[Segment]:
    """All rows, some at a time: a check may take hours and must not hold up a transaction for as long."""
    last = 0
    while True:
        with reading(engine) as connection:
            query = sa.select(_T).where(_T.c.id > last).order_by(_T.c.id).limit(1000)
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
        size = path.stat(follow_symlinks=False).st_size
        if segment.state is SegmentState.CLOSED and size != segment.size:
            return f"has {size} bytes instead of {segment.size}"
        if segment.state is SegmentState.OPEN and size < segment.size:
            return f"has {size} bytes, fewer than the {segment.size} that were synced"
        if segment.state is SegmentState.OPEN or deep:
            with path.open("rb") as file:
                layout = fmp4.fragments_of(file)
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest() if deep else None
            if layout.end < segment.size or not layout.init_size:
                return f"can be read up to byte {layout.end} only, of {segment.size}"
            if segment.state is SegmentState.CLOSED and digest != segment.sha256:
                return "does not have the bytes that were recorded: its hash differs"
    except FileNotFoundError:
        return "has no file"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None
