"""What is done about segments whose writer died, files that no row names, and garbage.

Every step can be cut short anywhere and done again. A file whose writer lives is locked (flock(2)) and left alone.
"""

import collections
import contextlib
import dataclasses
import hashlib
import logging
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa

from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, Clock, SystemClock, WallUs
from watchglass.base.errors import CannotWriteError
from watchglass.model.record import Deletion, Hold, Segment, SegmentState
from watchglass.store import entries, holds, kept, schema
from watchglass.store.database import reading, writing
from watchglass.store.folder import DataFolder
from watchglass.store.shelf import VIEWS, Shelf

_log = logging.getLogger(__name__)

BATCH = 500
"""Rows a transaction changes at most, so that other processes get their turn."""

_FEW = 10  # files that go while a transaction keeps others from writing
_OURS = re.compile(r"(\d{6})-[0-9a-f]{8}")
_LOOK = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
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

    @property
    def place(self) -> Path:
        """The folder that all its files are in."""
        return self.shelf.folder(self.folder)

    def path(self, segment: Segment) -> Path:
        return self.folder.root / segment.path


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

    A file that cannot be read or cut stays as it is, with a warning: it must not keep others from being recorded.
    """
    table = store.table
    query = sa.select(table).where(table.c.state == SegmentState.OPEN.value).order_by(table.c.id)
    if camera is not None:
        query = query.where(table.c.camera == camera)
    with reading(store.engine) as connection:
        rows = [segment_of(row) for row in connection.execute(query)]
    for segment in rows:
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
    for ids in _batches([segment.id for segment in segments]):
        with store.deleting() as (connection, held):
            marked += _mark(store, connection, held, ids, reason)
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


def empty_garbage(store: Store) -> None:
    """Destroy shares, unlink files of garbage rows, sync their folders, drop the rows. StuckFileError names one that stayed.

    Where there are shares they go first, and durably: from then on the file is noise, whoever may have a copy of it.
    """
    stuck: tuple[Path, OSError] | None = None
    table = store.table
    query = sa.select(table.c.id, table.c.path).where(table.c.state == SegmentState.GARBAGE.value).order_by(table.c.id)
    with reading(store.engine) as connection:
        rows = [(row.id, store.folder.root / row.path) for row in connection.execute(query)]
    for batch in _batches(rows):
        gone: dict[Path, list[int]] = collections.defaultdict(list)
        for identity, path in batch:
            try:
                destroy_shares(store, path)
                store.files.unlink(path)
            except OSError as error:
                stuck = path, error
            else:
                gone[path.parent].append(identity)
        for folder in sorted(gone):
            try:
                sync_emptied(store, folder)
            except OSError as error:  # the names may come back with the power: the rows must stay
                stuck = folder, error
                del gone[folder]
        dropped = [identity for identities in gone.values() for identity in identities]
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


def sweep(store: Store, since: WallUs | None = None) -> None:
    """Deal with files that no row names. With `since`, a moment before anything records, it may run beside all that does.

    A segment's row is there before its first fragment is. So a file without a row and without a fragment is one that
    was just being made: it goes. One with fragments means that the catalogue is older than the files, as after a
    backup was put back: if its camera is known it gets a row, so that nothing recorded is lost and retention finds it.

    What is newer than `since` is left alone. As clocks may be set, nothing hangs on that: a file goes only while we hold
    its lock and no row names it, and shares while nobody can add a row; whoever begins a segment looks for both after.
    """
    for path in orphans(store):
        if since is not None and _is_newer(path, since):
            continue
        start = _adoptable(store, path)
        if start is None and store.shelf.shares and not _was_being_made(store, path):
            # A disk that cannot be read, a newer format, an older catalogue: whatever it is, it will not come again.
            _log.warning("%s belongs to no segment and is left as it is: it may be worth something", path)
        elif start is None:
            _remove_orphan(store, path)
        else:
            _adopt(store, path, start)
    _sweep_shares(store, since)


def _is_newer(path: Path, since: WallUs) -> bool:
    try:
        return path.lstat().st_ctime_ns >= since * 1000
    except OSError:  # it is gone, or nobody can look at it
        return True


def _remove_orphan(store: Store, path: Path) -> None:
    descriptor = None
    with contextlib.suppress(OSError):  # a link, or one that cannot be read: nobody is making that
        descriptor = os.open(path, _LOOK)
    try:
        if (descriptor is not None and not durable.try_lock(descriptor)) or _known(store, [path]):
            return  # somebody is about to make it
        destroy_shares(store, path)
        store.files.unlink(path)
        sync_emptied(store, path.parent)
        _log.warning("%s belonged to no segment and was removed", path)
    except OSError as error:
        _log.warning("%s belongs to no segment and cannot be removed: %s", path, error)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _sweep_shares(store: Store, since: WallUs | None) -> None:
    lost = lost_shares(store)
    old = sorted(path for path in lost if since is None or not _is_newer(path, since))
    for first in range(0, len(old), _FEW):
        batch = old[first : first + _FEW]
        with writing(store.engine):  # nobody's row comes between the look and the removal; nobody waits long, either
            unclaimed = lost_shares(store, batch)
            for path in sorted(unclaimed):
                try:
                    store.files.unlink(path)
                    sync_emptied(store, path.parent)
                    _log.warning("%s opened no segment and was removed", path)
                except OSError as error:
                    _log.warning("%s opens no segment and cannot be removed: %s", path, error)


def lost_shares(store: Store, among: Iterable[Path] | None = None) -> set[Path]:
    """Shares that were made for a segment which never came to be: they are durable before its file is there.

    Where there is a row the file is elsewhere, on a disk that is not mounted perhaps, and the shares are all that opens it.
    """
    if not store.shelf.shares:
        return set()
    found: set[Path] = set()
    for shares in [sorted(among)] if among is not None else _by_folder(store.folder.shares):
        sealed = {_sealed_by(store, path): path for path in shares}
        known = _known(store, sealed)
        found |= {shares for path, shares in sealed.items() if path not in known and _is_missing(path)}
    return found


def _by_folder(place: Path) -> Iterator[list[Path]]:
    """All files under `place`, a folder's at a time: there may be millions."""
    for top, _folders, names in os.walk(place):
        if names:
            yield [Path(top) / name for name in sorted(names)]


def _known(store: Store, paths: Iterable[Path]) -> set[Path]:
    """Those of these paths that a row names."""
    table, found = store.table, set()
    for batch in _batches(list(paths)):
        inside = {path.relative_to(store.folder.root).as_posix(): path for path in batch}
        with reading(store.engine) as connection:
            names = connection.execute(sa.select(table.c.path).where(table.c.path.in_(inside))).scalars()
            found |= {inside[name] for name in names}
    return found


def _sealed_by(store: Store, shares: Path) -> Path:
    return (store.place / shares.relative_to(store.folder.shares)).with_suffix(store.shelf.form.suffix)


def _is_missing(path: Path) -> bool:
    """Whether there is no such file; of one that cannot be looked at nobody knows."""
    try:
        path.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def _was_being_made(store: Store, path: Path) -> bool:
    """Whether a file without a row is what is left of one that was just being made: a beginning, and no fragment."""
    try:
        with path.open("rb") as file:
            return store.shelf.form.is_beginning(file)
    except OSError:
        return False


def orphans(store: Store) -> Iterator[Path]:
    """Files of this kind that no row names and no living writer is making."""
    for paths in _by_folder(store.place):
        yield from unclaimed(store, paths)


def unclaimed(store: Store, paths: Iterable[Path]) -> list[Path]:
    """Those of these files that are orphans at this moment."""
    some = list(paths)
    known = _known(store, some)
    return [path for path in some if path not in known and not _alive(path) and not _is_missing(path)]


def _alive(path: Path) -> bool:
    try:
        descriptor = os.open(path, _LOOK)
    except OSError:
        return False
    try:
        return not durable.try_lock(descriptor)
    finally:
        os.close(descriptor)


def _adoptable(store: Store, path: Path) -> WallUs | None:
    """When a file of ours that lost its row began, to the second if only its name says so; None if it is not worth a row."""
    match = _OURS.fullmatch(path.stem)
    parts = path.relative_to(store.place).parts
    ours = match is not None and path.suffix == store.shelf.form.suffix and len(parts) == 3 and parts[0].isdecimal()
    if match is None or not ours or path.is_symlink():
        return None
    try:
        named = datetime.strptime(parts[1] + match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        with path.open("rb") as file:
            extent = store.shelf.form.extent(file)
    except (OSError, ValueError):
        return None
    if not extent.footage:
        return None
    with reading(store.cameras) as connection:
        table = schema.cameras
        known = connection.execute(sa.select(table.c.id).where(table.c.id == int(parts[0]))).first()
    start = extent.start if extent.start is not None else WallUs(int(named.timestamp()) * MICROSECONDS)
    return start if known else None


def _adopt(store: Store, path: Path, start: WallUs) -> None:
    camera = int(path.relative_to(store.place).parts[0])
    row = {
        "camera": camera,
        "run": f"found-{secrets.token_hex(4)}",  # a run of its own: nothing says what it followed
        "state": SegmentState.OPEN.value,
        "start_us": start,
        "end_us": start,
        "path": path.relative_to(store.folder.root).as_posix(),
        "size": 0,
    }
    with writing(store.engine) as connection:
        connection.execute(sa.insert(store.table).values(row))
    _log.warning("%s had lost its row in the catalogue and was taken in again", path)
    settle(store, camera)


def _batches(items: list[Any]) -> Iterator[list[Any]]:
    for place in range(0, len(items), BATCH):
        yield items[place : place + BATCH]
