"""Footage at rest: segments on disk, and in the catalogue what there is, what there is not, and why.

The invariants that hold whatever fails, and the order of operations that keeps them, are in docs/design/store.md.
"""

import contextlib
import dataclasses
import logging
import os
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa

from watchglass.base import durable
from watchglass.base.clock import Clock, WallUs
from watchglass.base.errors import CannotWriteError, DiskFullError, MissingInputError, WatchglassError
from watchglass.model.record import Deletion, Gap, GapCause, Hold, Segment, SegmentState
from watchglass.store import entries, holds, recovery, room, schema, spans, sweep
from watchglass.store import kept as spans_kept
from watchglass.store.database import reading, writing
from watchglass.store.disks import NAME_LENGTH, Disk
from watchglass.store.folder import DataFolder
from watchglass.store.forecast import Stock
from watchglass.store.kept import JOIN_US
from watchglass.store.recovery import StuckFileError, segment_of
from watchglass.store.shelf import Shelf
from watchglass.store.writer import SegmentWriter

_log = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TRIES = 3
_OLDEST_SECONDS = 600.0
_EVER = WallUs(1 << 62)


class Footage:
    """Segments and gaps of all cameras, of one kind. Safe from several threads and processes.

    One writer a camera at a time; to begin a segment closes what a writer that died has left. DiskFullError and
    CannotWriteError from all that write.
    """

    shelf: ClassVar[Shelf]

    def __init__(
        self,
        engine: sa.Engine,
        folder: DataFolder,
        clock: Clock,
        files: durable.Files = durable.DISK,
        *,
        catalogue: sa.Engine | None = None,
    ) -> None:
        """`catalogue` is where cameras and holds are, if not where the segments are."""
        self._store = recovery.Store(engine, folder, files, self.shelf, catalogue, clock)
        self._engine = engine
        self._clock = clock
        self._table = self.shelf.segments
        self._seen = self._table.c.state != SegmentState.GARBAGE.value
        self._closed = self._table.c.state == SegmentState.CLOSED.value
        self._settled = False
        self._last_disk: dict[int, str] = {}  # of each camera: where its last segment lies
        self._oldest_on: dict[str, tuple[float, WallUs]] = {}  # of each disk: when that was asked, and the answer

    def recover(self) -> None:
        """Restore the invariants after whatever happened, all at once: while nothing records.

        Files that the disk will not let go of are logged, and do not keep the others from being recorded.
        """
        self.close_left()
        self.sweep()
        try:
            recovery.empty_garbage(self._store, away=True)
        except StuckFileError as error:
            _log.warning("%s", error)

    def close_left(self) -> None:
        """The part of recovery that comes before anything records: close what was open, however it ended."""
        recovery.settle(self._store)

    def sweep(self, since: WallUs | None = None) -> None:
        """The part of recovery that looks at every file and every row: files without a row, spans that do not fit.

        It may take minutes. With `since`, a moment before anything recorded, it runs beside all that does.
        """
        sweep.sweep(self._store, since)
        for camera in spans_kept.renew(self._engine, self.shelf):
            _log.warning("what is kept of camera %d was not what its segments say, and was noted anew", camera)

    def settle(self) -> None:
        """Close open segments whose writer died and unlink garbage, while others record. StuckFileError as `delete`."""
        recovery.settle(self._store)
        first, self._settled = not self._settled, True
        recovery.empty_garbage(self._store, away=first)

    def segments(self, camera: int, start: WallUs, end: WallUs) -> list[Segment]:
        """Segments that share time with start..end, oldest first; of an open one, what its file holds by now."""
        query = sa.select(self._table).where(
            self._table.c.camera == camera, self._table.c.end_us >= start, self._table.c.start_us < end, self._seen
        )
        # An open segment's row is a few seconds behind, and its camera has but one: it is looked at in any case.
        late = sa.select(self._table).where(
            self._table.c.camera == camera, self._table.c.state == SegmentState.OPEN.value, self._table.c.start_us < end
        )
        with reading(self._engine) as connection:
            found = {row.id: segment_of(row) for row in connection.execute(query)}
            found |= {row.id: self._fresh(segment_of(row)) for row in connection.execute(late)}
        shared = [segment for segment in found.values() if segment.end > max(start, segment.start)]
        return sorted(shared, key=lambda segment: (segment.start, segment.id))

    def segment(self, id: int) -> Segment:  # noqa: A002  (the word of the contract)
        """One segment. MissingInputError if it is not kept any more."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(self._table).where(self._table.c.id == id, self._seen)).first()
        if row is None:
            raise MissingInputError(f"There is no segment {id}: what it showed is older than what is kept.")
        segment = segment_of(row)
        return self._fresh(segment) if segment.state is SegmentState.OPEN else segment

    def path(self, segment: Segment) -> Path:
        """Where a segment's file lies."""
        return self._store.path(segment)

    def latest(self, camera: int) -> WallUs | None:
        """Wall time up to which a camera's view is kept, None if nothing is; a few seconds behind while it is open."""
        bounds = self.bounds(camera)
        return bounds[1] if bounds else None

    def bounds(self, camera: int) -> tuple[WallUs, WallUs] | None:
        """From when to when a camera's view is kept, None if nothing is."""
        query = sa.select(self._table.c.start_us, self._table.c.end_us).where(
            self._table.c.camera == camera, self._seen, self._table.c.end_us > self._table.c.start_us
        )
        with reading(self._engine) as connection:
            first = connection.execute(query.order_by(self._table.c.end_us).limit(1)).first()
            last = connection.execute(query.order_by(self._table.c.end_us.desc()).limit(1)).first()
        return (WallUs(first.start_us), WallUs(last.end_us)) if first and last else None

    def delete(self, segments: Iterable[Segment], reason: Deletion = Deletion.ASKED) -> list[Segment]:
        """Delete closed segments; open ones stay, and what is held. Those that went.

        StuckFileError names a file that could not be unlinked; all others are gone then, and it is tried again later.
        """
        marked = recovery.mark_garbage(self._store, segments, reason)
        recovery.empty_garbage(self._store)
        return marked

    def forget(self, camera: int, reason: Deletion = Deletion.ASKED) -> None:
        """Give up what is kept of a camera, but for an open segment and what is held; files go with the next retention."""
        recovery.give_up(self._store, camera, reason)

    def oldest(
        self,
        limit: int,
        camera: int | None = None,
        before: WallUs | None = None,
        on: Disk | None = None,
        *,
        away: bool = False,
    ) -> list[Segment]:
        """Closed segments that ended first and are not held, over all cameras or of one, at most `limit`.

        Of one disk, or of all but those that are missing, unless `away`: their files cannot go yet, and make no room.
        """
        places = [] if away else self._lying(on)
        free = sa.and_(sa.not_(holds.keeps(self._store.active_holds(), self._table)), *places)
        closed = self._closed if camera is None else recovery.closed_of(self._table, camera)
        query = sa.select(self._table).where(closed, free)
        query = query.order_by(self._table.c.end_us, self._table.c.id).limit(limit)
        if before is not None:
            query = query.where(self._table.c.end_us <= before)
        with reading(self._engine) as connection:
            return [segment_of(row) for row in connection.execute(query)]

    def any_closed(self) -> bool:
        """Whether any footage is kept, on a disk that is there, but what is being written."""
        closed = sa.select(self._table.c.id).where(self._closed, *self._lying())
        with reading(self._engine) as connection:
            return connection.execute(closed.limit(1)).first() is not None

    def _lying(self, on: Disk | None = None) -> list[sa.ColumnElement[bool]]:
        """The condition that a segment lies on this disk, or on one that is there; none where there is but one."""
        disks = self._store.folder.disks
        if not disks.used:
            return []
        if on is None:
            return [recovery.lying_on(self._table, disks.readable)]
        if not on.name:
            return [recovery.lying_on(self._table, [])]
        return [sa.func.substr(self._table.c.path, 1, NAME_LENGTH) == on.name]

    def stocks(self, since: WallUs) -> list[Stock]:
        """What is kept of each camera; `recent` is what ended after `since`. Reads every row."""
        table = self._table
        held = holds.keeps(self.holds(), table)
        free, late = sa.not_(held), table.c.end_us > since

        def bytes_of(which: sa.ColumnElement[bool], name: str) -> sa.Label[int]:
            return sa.func.sum(sa.case((which, table.c.size), else_=0)).label(name)

        query = (
            sa.select(
                table.c.camera,
                sa.func.sum(table.c.size).label("size"),
                bytes_of(held, "held"),
                bytes_of(sa.and_(free, late), "recent"),
                sa.func.min(sa.case((free, table.c.start_us))).label("oldest"),
                bytes_of(sa.and_(held, late), "recent_held"),
                sa.func.min(sa.case((sa.and_(held, late), table.c.start_us))).label("oldest_held"),
            )
            .where(self._seen)
            .group_by(table.c.camera)
            .order_by(table.c.camera)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            Stock(
                row.camera,
                int(row.size),
                int(row.held),
                int(row.recent),
                _wall(row.oldest),
                int(row.recent_held),
                _wall(row.oldest_held),
            )
            for row in rows
        ]

    def holds(self) -> list[Hold]:
        """What may not be deleted now."""
        return self._store.active_holds()

    def kept_bytes(self, *, there: bool = False) -> int:
        """Bytes of all segments, or of those on disks that are there."""
        lying = self._lying() if there else []
        with reading(self._engine) as connection:
            return int(
                connection.execute(
                    sa.select(sa.func.coalesce(sa.func.sum(self._table.c.size), 0)).where(self._seen, *lying)
                ).scalar_one()
            )

    def tally(self) -> dict[int, tuple[int, int]]:
        """How many segments there are of each camera, and their bytes. Counted over all rows: ask once in a while."""
        count, size = sa.func.count(), sa.func.sum(self._table.c.size)
        query = sa.select(self._table.c.camera, count, size).where(self._seen).group_by(self._table.c.camera)
        with reading(self._engine) as connection:
            return {camera: (segments, int(total)) for camera, segments, total in connection.execute(query)}

    def latest_of(self, cameras: Iterable[int]) -> dict[int, WallUs]:
        """`latest` of many cameras at once; those of which nothing is kept are left out."""
        camera, ended = self._table.c.camera, self._table.c.end_us
        whole = sa.and_(camera == sa.bindparam("of"), self._seen, ended > self._table.c.start_us)
        query = sa.select(ended).where(whole).order_by(ended.desc()).limit(1)
        with reading(self._engine) as connection:
            found = {one: connection.execute(query, {"of": one}).scalar() for one in cameras}
        return {one: WallUs(end) for one, end in found.items() if end is not None}

    def kept(self, camera: int, start: WallUs, end: WallUs, join_us: int = JOIN_US) -> list[tuple[WallUs, WallUs]]:
        """Spans of start..end that are kept: segments that touch are one, holes of no more than `join_us` are none.

        For timelines: months of a camera in a millisecond or two, at the price that an open segment is as its row says.
        """
        with reading(self._engine) as connection:
            return spans_kept.within(connection, self.shelf, camera, start, end, join_us)

    def open_gap(self, camera: int, start: WallUs, cause: GapCause, detail: str = "") -> None:
        """Say that nothing is kept from `start` on, and why. A gap of the same cause that lasts goes on."""
        with writing(self._engine) as connection:
            what = {"cause": cause.value, "detail": detail}
            turn = spans.begin(connection, self.shelf.gaps, camera, start, what, "cause")
            if detail.startswith(room.STOPPED):  # a disk that was merely full before
                gaps = self.shelf.gaps.c
                lasting = sa.and_(gaps.camera == camera, gaps.end_us.is_(None), gaps.detail != detail)
                connection.execute(sa.update(self.shelf.gaps).where(lasting).values(detail=detail))
            self._tell(connection, camera, turn, cause)

    def close_gap(self, camera: int, end: WallUs) -> None:
        """Say that from `end` on the view is kept again. No gap there is fine."""
        with writing(self._engine) as connection:
            self._tell(connection, camera, spans.end(connection, self.shelf.gaps, camera, end))

    def _tell(self, connection: sa.Connection, camera: int, turn: spans.Turn, cause: GapCause | None = None) -> None:
        """Enter what became of a camera's gaps."""
        now, what = self._clock.wall_us(), {"footage": self.shelf.what, "camera": camera}
        said: list[dict[str, Any]] = []
        if turn.ended is not None:
            row, at = turn.ended
            said.append({"action": "closed", "from_us": row.start_us, "to_us": at, "cause": row.cause})
        if turn.begun is not None and cause is not None:
            said.append({"action": "opened", "from_us": turn.begun, "cause": cause.value})
        for fields in said:
            entries.append(connection, self.shelf.entries, now, "gap", **what, **fields)

    def gaps(self, camera: int, start: WallUs, end: WallUs) -> list[Gap]:
        """Gaps that share time with start..end, oldest first."""
        with reading(self._engine) as connection:
            rows = spans.within(connection, self.shelf.gaps, camera, start, end)
        return [
            Gap(row.id, row.camera, WallUs(row.start_us), _wall(row.end_us), GapCause(row.cause), row.detail)
            for row in rows
        ]

    def forget_spans(self, camera: int, before: WallUs) -> None:
        """Forget gaps and the like that ended before there is anything kept that they could explain; those of holds stay."""
        foreseen = self._store.active_holds()
        for table in self._span_tables():
            old = sa.and_(table.c.camera == camera, table.c.end_us <= before)
            due = sa.and_(old, sa.not_(holds.keeps(foreseen, table)))
            with reading(self._engine) as connection:
                if connection.execute(sa.select(table.c.id).where(due).limit(1)).first() is None:
                    continue
            with self._store.deleting() as (connection, held):
                connection.execute(sa.delete(table).where(old, sa.not_(holds.keeps(held, table))))

    def _begin(self, camera: int, run: str, start: WallUs, head: bytes, shares: bytes = b"") -> SegmentWriter:
        """Begin a segment: shares are durable, then its file is, then its row. MissingInputError if there is no such camera."""
        label = f"the {self.shelf.what} of camera {self._recorded_name(camera)!r}"
        recovery.settle(self._store, camera)
        path, descriptor = self._new_file(camera, start, head, shares, label)
        label += f" ({path})"
        try:
            segment = self._add_row(camera, run, start, path, len(head))
        except BaseException:
            self._store.files.close(descriptor)
            with contextlib.suppress(OSError):  # a file without a row: recovery removes it if we cannot
                recovery.destroy_shares(self._store, path)
                durable.remove(path, self._store.files)
            raise
        try:
            self._keep_shares(path, shares)
        except OSError as error:  # a file that nobody could open: without footage it is garbage at the next look
            self._store.files.close(descriptor)
            raise durable.write_error(error, label) from error
        return SegmentWriter(segment, descriptor, path, label, head, self._clock, self._store, self._save)

    def _new_file(self, camera: int, start: WallUs, head: bytes, shares: bytes, label: str) -> tuple[Path, int]:
        """A new file with its beginning in it, and its descriptor, on the first disk that takes it."""
        day = _EPOCH + timedelta(microseconds=start)
        name = f"{day:%H%M%S}-{secrets.token_hex(4)}{self.shelf.form.suffix}"
        refused: WatchglassError | None = None
        for disk in self._store.folder.disks.for_new(self._last_disk.get(camera), self._oldest_end):
            if refused is not None:
                _log.warning("%s The next disk is tried.", refused)
            path = disk.root / self.shelf.part / str(camera) / f"{day:%Y%m%d}" / name
            try:
                self._write_shares(path, shares)
                descriptor = self._create(path, head)
            except OSError as error:
                with contextlib.suppress(OSError):  # shares of nothing: recovery removes them if we cannot
                    recovery.destroy_shares(self._store, path)
                refused = refused or durable.write_error(error, f"{label} ({path})")
                refused.__cause__ = error
            else:
                self._last_disk[camera] = disk.name or ""
                return path, descriptor
        raise refused or CannotWriteError(f"Cannot write {label}: there is no disk.")

    def _oldest_end(self, disk: str) -> WallUs:
        """When what may go first from a disk ended, as it was some minutes ago at most; far ahead if there is nothing."""
        now, (asked, known) = self._clock.monotonic(), self._oldest_on.get(disk, (float("-inf"), WallUs(0)))
        if now - asked >= _OLDEST_SECONDS:
            on = next((one for one in self._store.folder.disks.usable if one.name == disk), None)
            found = self.oldest(1, on=on)
            known = found[0].end if found else _EVER
            self._oldest_on[disk] = now, known
        return known

    def _write_shares(self, path: Path, shares: bytes) -> None:
        place = self.shelf.shares_of(self._store.folder, path)
        if place is None:
            return
        for _ in range(_TRIES):
            durable.make_folders(place.parent, files=self._store.files)
            with contextlib.suppress(FileNotFoundError):  # retention took the day's folder, empty until now
                durable.write_new(place, shares, files=self._store.files)
                return
        raise FileNotFoundError(place)

    def _keep_shares(self, path: Path, shares: bytes) -> None:
        """Shares that a sweep took for those of nothing, before there was a row: from now on it knows better."""
        place = self.shelf.shares_of(self._store.folder, path)
        if place is not None and not place.exists():
            _log.warning("%s was swept away and is written again", place)
            self._write_shares(path, shares)

    def _span_tables(self) -> tuple[sa.Table, ...]:
        return (self.shelf.gaps,)

    def _save(self, segment: Segment) -> Segment:
        return recovery.save(self._store, segment)

    def _recorded_name(self, camera: int) -> str:
        """The name of a camera that may be recorded. DiskFullError while retention finds nothing that may be deleted."""
        table = schema.cameras
        with reading(self._store.cameras) as connection:
            name = connection.execute(sa.select(table.c.name).where(table.c.id == camera)).scalar()
            found = room.look(connection)
        if name is None:
            raise MissingInputError(f"There is no camera with the id {camera}; it may have been removed.")
        if found.stopped_at is not None:
            raise DiskFullError(found.stopped_why)
        return str(name)

    def _create(self, path: Path, init: bytes) -> int:
        """A new file with the init segment in it, locked by us, durable."""
        files = self._store.files
        for _ in range(_TRIES):
            durable.make_folders(path.parent, files=files)
            with contextlib.suppress(FileNotFoundError):  # retention took the day's folder, empty until now
                descriptor = self._create_locked(path)
                break
        else:
            raise FileNotFoundError(path)
        try:
            files.write(descriptor, init)
            files.sync(descriptor)
            files.sync_folder(path.parent)
        except OSError:
            files.close(descriptor)
            with contextlib.suppress(OSError):
                files.unlink(path)
            raise
        return descriptor

    def _create_locked(self, path: Path) -> int:
        """A new file with our lock on it. FileNotFoundError if its folder is gone, or a sweep was faster than the lock."""
        descriptor = self._store.files.create(path)
        try:
            durable.lock(descriptor)
            if os.fstat(descriptor).st_nlink == 0:
                raise FileNotFoundError(path)
        except OSError:
            self._store.files.close(descriptor)
            raise
        return descriptor

    def _add_row(self, camera: int, run: str, start: WallUs, path: Path, size: int) -> Segment:
        row = {
            "camera": camera,
            "run": run,
            "state": SegmentState.OPEN.value,
            "start_us": start,
            "end_us": start,
            "path": self._store.folder.disks.name(path),
            "size": size,
        }
        try:
            with writing(self._engine) as connection:
                identity = connection.execute(
                    sa.insert(self._table).values(row).returning(self._table.c.id)
                ).scalar_one()
        except sa.exc.IntegrityError as error:
            raise MissingInputError(f"There is no camera with the id {camera}; it was removed just now.") from error
        return Segment(int(identity), camera, run, SegmentState.OPEN, start, start, str(row["path"]), size)

    def _fresh(self, segment: Segment) -> Segment:
        try:
            with self.path(segment).open("rb") as file:
                extent = recovery.extent_of(self._store, file, segment)
        except OSError:
            return segment
        return dataclasses.replace(segment, size=extent[0], end=extent[1]) if extent else segment


def _wall(value: int | None) -> WallUs | None:
    return None if value is None else WallUs(value)
