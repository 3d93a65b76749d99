"""Is what holds keep still there? Invariant 4 of docs/design/store.md, as far as rows and files can tell."""

from collections.abc import Iterator

import sqlalchemy as sa

from watchglass.model.record import SegmentState
from watchglass.store import holds
from watchglass.store.database import reading
from watchglass.store.recovery import Store, segment_of


def broken_holds(store: Store) -> Iterator[str]:
    """Sentences about footage that an active hold keeps and that is given up, or whose file is gone.

    Garbage that was given up before the hold was set is there for the moment that unlinking takes.
    """
    table = store.table
    store.folder.disks.look()
    for hold in store.active_holds():
        kept = sa.select(table).where(holds.keeps([hold], table)).order_by(table.c.id)
        with reading(store.engine) as connection:
            rows = [segment_of(row) for row in connection.execute(kept)]
        for segment in rows:
            if segment.end == segment.start:  # nothing was ever in it
                continue
            if segment.state is SegmentState.GARBAGE:
                if not store.folder.disks.may_change(segment.path):  # given up before, and its file cannot go yet
                    continue
                yield f"Hold {hold.id} keeps segment {segment.id} ({segment.path}), and it is given up."
            elif not store.path(segment).exists() and not store.folder.disks.is_away(segment.path, anew=True):
                yield f"Hold {hold.id} keeps segment {segment.id} ({segment.path}), and its file is gone."
