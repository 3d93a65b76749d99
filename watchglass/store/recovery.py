"""What is done about segments whose writer died, files that no row names, and garbage.

Every step can be cut short anywhere and done again. A file whose writer lives is locked (flock(2)) and left alone.
"""

import collections
import dataclasses
import hashlib
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa

from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, Clock, SystemClock, WallUs
from watchglass.base.errors import CannotWriteError
from watchglass.model.record import Deletion, Hold, Segment, SegmentState
from watchglass.store import entries, holds, kept
from watchglass.store.database import reading, writing
from watchglass.store.disks import NAME_LENGTH, PREFIX, Disk
from watchglass.store.folder import DataFolder
from watchglass.store.shelf import VIEWS, Shelf

_log = logging.getLogger(__name__)

BATCH = 500
"""Rows a transaction changes at most, so that other processes get their turn."""

_LONGEST_US = 24 * 3600 * MICROSECONDS  # no segment lasts longer, whatever a damaged file says


@dataclasses.dataclass(frozen=True, slots=True)
class Store:
    """What these functions work on."""

    engine: sa.Engine
    folder: DataFolder
    files: durable.Files = durable.DISK
    shelf: Shelf = VIEWS
    catalogue: sa.Engine | None = None  # where cameras and holds are, if that is another one
    clock: Clock = dataclasses.field(default_factory=SystemClock)

    def active_holds(self) -> list[Hold]:
        """What may not be deleted now. For looking ahead: who deletes asks again, in `deleting`."""
        with reading(self.cameras) as connection:
            return holds.active(connection, self.clock.wall_us())

    def deleting(self) -> AbstractContextManager[tuple[sa.Connection, list[Hold]]]:
        """See `holds.deleting`."""
        return holds.deleting(self.engine, self.folder, self.clock, self.catalogue)

    @property
    def cameras(self) -> sa.Engine:
        return self.catalogue or self.engine

    @property
    def table(self) -> sa.Table:
        return self.shelf.segments

    def path(self, segment: Segment) -> Path:
        return self.folder.disks.path(segment.path)


def segment_of(row: sa.Row[Any]) -> Segment:
    """A row of `segments` as a value. Camera 0 stands for one that was removed."""
    state = SegmentState(row.state)
    start, end = WallUs(row.start_us), WallUs(row.end_us)
    return Segment(row.id, row.camera or 0, row.run, state, start, end, row.path, row.size, row.sha256)


def save(store: Store, segment: Segment, lost: Segment | None = None) -> Segment:
    """Write what an open segment has become. If it is not open any more, its camera was removed: it is garbage then.

    `lost` is what it was, if footage that it had is lost with this: an entry tells of it.
    """
    values = {
        "state": segment.state.value,
        "end_us": segment.end,
        "size": segment.size,
        "sha256": segment.sha256,
    }
    table = store.table
    is_open = sa.and_(table.c.id == segment.id, table.c.state == SegmentState.OPEN.value)
    with writing(store.engine) as connection:
        if connection.execute(sa.update(table).where(is_open).values(values)).rowcount == 0:
            return dataclasses.replace(segment, state=SegmentState.GARBAGE, sha256=None)
        if segment.state is SegmentState.CLOSED:
            kept.add(connection, store.shelf, segment.camera, segment.start, segment.end)
        if lost is not None:
            at, what = store.clock.wall_us(), store.shelf.what
            entries.deletions(connection, store.shelf.entries, at, what, [lost], Deletion.LOST)
    return segment


def note_open(store: Store, segments: Iterable[Segment]) -> None:
    """Write how far open segments are, in one transaction; those that are not open any more stay as they are."""
    table = store.table
    rows = [{"which": one.id, "until": one.end, "bytes": one.size} for one in segments]
    is_open = sa.and_(table.c.id == sa.bindparam("which"), table.c.state == SegmentState.OPEN.value)
    values: dict[str, sa.BindParameter[int]] = {"end_us": sa.bindparam("until"), "size": sa.bindparam("bytes")}
    with writing(store.engine) as connection:
        connection.execute(sa.update(table).where(is_open).values(values), rows)


def settle(store: Store, camera: int | None = None) -> None:
    """Close the open segments of one camera, or of all, whose writer is gone: cut to the last whole fragment.

    A file that cannot be read or cut stays as it is, with a warning: it must not keep others from being recorded. So does
    one on a disk that is missing, or can only be read: that comes later.
    """
    table = store.table
    query = sa.select(table).where(table.c.state == SegmentState.OPEN.value).order_by(table.c.id)
    if camera is not None:
        query = query.where(table.c.camera == camera)
    with reading(store.engine) as connection:
        rows = [segment_of(row) for row in connection.execute(query)]
    for segment in rows:
        if not store.folder.disks.may_change(segment.path, anew=True):
            continue
        try:
            settled = _settled(store, segment)
        except OSError as error:
            _log.warning("cannot close %s, which its writer left: %s", store.path(segment), error)
            continue
        if settled is None:
            continue
        lost = segment if settled.state is SegmentState.GARBAGE and segment.end > segment.start else None
        if lost and any(held.keeps(lost.camera, lost.start, lost.end) for held in store.active_holds()):
            _log.warning("%s cannot be read and is left as it is, for it is held", store.path(segment))
            continue
        save(store, settled, lost)


def _settled(store: Store, segment: Segment) -> Segment | None:
    """What an open segment is without its writer; None if the writer lives. OSError if the disk refuses."""
    path = store.path(segment)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        if not store.folder.disks.may_change(segment.path, anew=True):  # its disk went away this moment
            return None
        _log.warning("the file of an open segment is gone: %s", path)
        if store.shelf.shares:  # it may be elsewhere, and what opens it must not go
            return None
        return dataclasses.replace(segment, state=SegmentState.GARBAGE)
    with os.fdopen(descriptor, "r+b", buffering=0) as raw:
        if not durable.try_lock(descriptor):
            return None
        extent = extent_of(store, raw, segment)
        if extent is None and store.shelf.shares and not store.shelf.form.is_beginning(raw):
            _log.warning("%s cannot be made sense of and is left as it is", path)
            return None
        if extent is None:
            return dataclasses.replace(segment, state=SegmentState.GARBAGE)
        size, end = extent
        if os.fstat(descriptor).st_size != size:
            _log.warning("%s was cut to its last whole fragment, %d bytes", path, size)
            store.files.truncate(descriptor, size)
        store.files.sync(descriptor)
        raw.seek(0)
        digest = hashlib.file_digest(raw, "sha256").hexdigest()
        store.files.sync_folder(path.parent)
    return dataclasses.replace(segment, state=SegmentState.CLOSED, end=end, size=size, sha256=digest)


def extent_of(store: Store, file: BinaryIO, segment: Segment) -> tuple[int, WallUs] | None:
    """`Form.known_until`, and no segment lasts longer than a day, whatever a damaged file says."""
    known = store.shelf.form.known_until(file, segment)
    return (known[0], WallUs(min(known[1], segment.start + _LONGEST_US))) if known else None


def mark_garbage(store: Store, segments: Iterable[Segment], reason: Deletion) -> list[Segment]:
    """First step of deletion: from here on the segments are gone for everybody, whatever becomes of the files.

    Open ones stay, and so does what is held in this very moment (see `holds`); those that went are returned. The entries
    that tell of it are written in the same transaction.
    """
    marked: list[Segment] = []
    for ids in batches([segment.id for segment in segments]):
        with store.deleting() as (connection, held):
            marked += _mark(store, connection, held, ids, reason)
    for segment in marked:
        if not store.folder.disks.may_change(segment.path):  # nobody comes by its file soon
            try:
                destroy_shares(store, store.path(segment))
            except OSError as error:
                _log.warning("what opens %s could not be destroyed and is tried again: %s", segment.path, error)
    return marked


def _mark(store: Store, connection: sa.Connection, held: list[Hold], ids: list[int], reason: Deletion) -> list[Segment]:
    table, now = store.table, store.clock.wall_us()
    # By their ids alone: asked for an order or a state as well, the database would go through all that are closed.
    rows = connection.execute(sa.select(table).where(table.c.id.in_(ids)))
    found = sorted((segment_of(row) for row in rows), key=lambda segment: (segment.end, segment.id))
    closed = [one for one in found if one.state is SegmentState.CLOSED]
    going = [one for one in closed if not any(hold.keeps(one.camera, one.start, one.end) for hold in held)]
    gone = table.c.id.in_([segment.id for segment in going])
    connection.execute(sa.update(table).where(gone).values(state=SegmentState.GARBAGE.value))
    times: dict[int, list[kept.Times]] = collections.defaultdict(list)
    for one in going:
        times[one.camera].append((one.start, one.end))
    for camera, spans in times.items():
        kept.take_away(connection, store.shelf, camera, spans)
    entries.deletions(connection, store.shelf.entries, now, store.shelf.what, going, reason)
    return going


def closed_of(table: sa.Table, camera: int) -> sa.ColumnElement[bool]:
    """The condition that a segment is one of this camera, and closed.

    Said so that the index of cameras answers it: by that of states a few would be looked for among all that are closed.
    """
    return sa.and_(
        table.c.camera == camera, table.c.state.not_in([SegmentState.OPEN.value, SegmentState.GARBAGE.value])
    )


def give_up(store: Store, camera: int, reason: Deletion) -> None:
    """Mark as garbage what is closed of a camera and not held, some at a time: others get their turn between."""
    table, since = store.table, None
    while True:
        free = sa.not_(holds.keeps(store.active_holds(), table))
        query = sa.select(table).where(closed_of(table, camera), free)
        if since is not None:
            query = query.where(table.c.end_us >= since)
        with reading(store.engine) as connection:
            rows = connection.execute(query.order_by(table.c.end_us, table.c.id).limit(BATCH))
            segments = [segment_of(row) for row in rows]
        if not segments:
            return
        mark_garbage(store, segments, reason)
        since = segments[-1].end


class StuckFileError(CannotWriteError):
    """A file that is to be deleted could not be; everything else was done, and this one stays listed as garbage."""


def lying_on(table: sa.Table, disks: Iterable[Disk]) -> sa.ColumnElement[bool]:
    """The condition that a segment lies in the data folder or on one of these disks."""
    # By a function, which no index answers: that of paths would have all of a disk sorted by their time.
    further = sa.func.substr(table.c.path, 1, len(PREFIX)) == PREFIX
    names = [disk.name for disk in disks if disk.name]
    return sa.or_(sa.not_(further), sa.func.substr(table.c.path, 1, NAME_LENGTH).in_(names))


def empty_garbage(store: Store, *, away: bool = False) -> None:
    """Destroy shares, unlink files of garbage rows, sync their folders, drop the rows. StuckFileError names one that stayed.

    Where there are shares they go first, and durably: from then on the file is noise, whoever may have a copy of it. Of a
    disk that is missing, or can only be read, rows stay until the files can go: else these would be taken in again. With
    `away` it is seen that they have no shares any more; each time that would be months of rows for nothing.
    """
    stuck: tuple[Path, OSError] | None = None
    table, disks = store.table, store.folder.disks
    query = sa.select(table.c.id, table.c.path).where(table.c.state == SegmentState.GARBAGE.value).order_by(table.c.id)
    if disks.used and not away:
        disks.look()
        query = query.where(lying_on(table, disks.usable))
    with reading(store.engine) as connection:
        rows = [(row.id, row.path) for row in connection.execute(query)]
    for batch in batches(rows):
        gone: dict[Path, dict[int, str]] = collections.defaultdict(dict)
        for identity, name in batch:
            path = disks.path(name)
            try:
                destroy_shares(store, path)
                if disks.may_change(name):
                    store.files.unlink(path)
                    gone[path.parent][identity] = name
            except OSError as error:
                stuck = path, error
        for folder in sorted(gone):
            try:
                sync_emptied(store, folder)
            except OSError as error:  # the names may come back with the power: the rows must stay
                stuck = folder, error
                del gone[folder]
        disks.look()  # what is not there for want of its disk is not gone
        dropped = [one for names in gone.values() for one, name in names.items() if disks.may_change(name)]
        if dropped:
            with writing(store.engine) as connection:
                connection.execute(sa.delete(table).where(table.c.id.in_(dropped)))
    if stuck:
        path, cause = stuck
        reason = os.strerror(cause.errno or 0)
        raise StuckFileError(f"Cannot delete {path}: {reason}. Check the disk and who owns that folder.") from cause


def destroy_shares(store: Store, path: Path) -> None:
    """Overwrite and unlink the shares of the file at `path`, durable on return. None there is fine. OSError if they stay.

    Overwriting is worth what the disk makes of it: flash and file systems that copy on write keep old blocks for a while.
    """
    shares = store.shelf.shares_of(store.folder, path)
    if shares is None:
        return
    try:
        store.files.overwrite(shares)
    except FileNotFoundError:
        return
    except OSError as error:  # what cannot be written over can still be unlinked
        _log.warning("%s could not be overwritten before it was deleted: %s", shares, error)
    store.files.unlink(shares)
    sync_emptied(store, shares.parent)


def sync_emptied(store: Store, folder: Path) -> None:
    """Make removals from a folder durable; a folder that is left empty goes too."""
    if not folder.is_dir():
        return
    try:
        store.files.remove_folder(folder)
    except OSError:  # not empty, as a rule
        try:
            store.files.sync_folder(folder)
        except FileNotFoundError:  # somebody else emptied it this moment
            store.files.sync_folder(folder.parent)
    else:
        store.files.sync_folder(folder.parent)


def batches(items: list[Any]) -> Iterator[list[Any]]:
    """Some at a time."""
    for place in range(0, len(items), BATCH):
        yield items[place : place + BATCH]
