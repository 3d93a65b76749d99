"""Originals at rest: what cameras sent, sealed as it is written. Nothing here, nor anywhere in the recorder, can open it."""

import logging
import secrets
import threading
import uuid
from typing import ClassVar

import sqlalchemy as sa

from watchglass.base import durable
from watchglass.base.clock import Clock, WallUs
from watchglass.base.errors import CannotWriteError
from watchglass.model.record import Deletion, Segment, SegmentState
from watchglass.seal import shares
from watchglass.seal.segment import ChunkKind, Sealer
from watchglass.seal.shares import Custody, SegmentName
from watchglass.store import holds, recovery, schema, shelf
from watchglass.store.database import reading
from watchglass.store.folder import DataFolder
from watchglass.store.footage import Footage
from watchglass.store.shelf import Shelf
from watchglass.store.writer import SegmentWriter

_log = logging.getLogger(__name__)

NOTE_SECONDS = 2.5
"""How seldom the rows of open segments are written: theirs are older than what was synced by as much at most."""


class OriginalWriter:
    """The open original of one camera. For one thread. Errors and what they leave behind are those of `SegmentWriter`."""

    def __init__(self, writer: SegmentWriter, sealer: Sealer) -> None:  # made by Originals.begin alone
        self._writer = writer
        self._sealer = sealer

    @property
    def start(self) -> WallUs:
        return self._writer.start

    @property
    def end(self) -> WallUs:
        """Wall time up to which the segment is whole."""
        return self._writer.end

    @property
    def closed(self) -> bool:
        return self._writer.closed

    def append(self, fragment: bytes, end: WallUs) -> None:
        """Seal a fragment and write it; with it the segment lasts until `end`."""
        self._writer.append(self._sealer.chunk(ChunkKind.FRAGMENT, fragment, end), end)

    def close(self) -> Segment:
        """Seal the end, close the file, forget the key."""
        if not self._writer.closed:
            self._writer.append(self._sealer.end(), self._writer.end)
        return self._writer.close()


class Originals(Footage):
    """Originals of all cameras. Made with the engine of their own catalogue, and that of the cameras as `catalogue`."""

    shelf: ClassVar[Shelf] = shelf.ORIGINALS

    def __init__(
        self,
        engine: sa.Engine,
        folder: DataFolder,
        clock: Clock,
        files: durable.Files = durable.DISK,
        *,
        catalogue: sa.Engine | None = None,
    ) -> None:
        super().__init__(engine, folder, clock, files, catalogue=catalogue)
        self._behind: dict[int, Segment] = {}  # what open segments have become that their rows don't say yet
        self._behind_lock = threading.Lock()
        self._noted_at = clock.monotonic()

    def sweep(self, since: WallUs | None = None) -> None:
        try:
            self._forget_removed()
        except CannotWriteError as error:  # somebody sets a hold this moment: no reason to stop, retention does it
            _log.warning("%s", error)
        super().sweep(since)

    def settle(self) -> None:
        try:
            self._forget_removed()
        finally:  # what is due of the others does not wait for it
            super().settle()

    def _save(self, segment: Segment) -> Segment:
        """Of open segments only now and then, and of all in one transaction: a commit takes the disk longer than a fragment.

        Their rows promise less than there is meanwhile, never more.
        """
        with self._behind_lock:
            if segment.state is not SegmentState.OPEN:
                self._behind.pop(segment.id, None)
            else:
                self._behind[segment.id] = segment
                if self._clock.monotonic() - self._noted_at < NOTE_SECONDS:
                    return segment
                self._noted_at = self._clock.monotonic()
                behind, self._behind = self._behind, {}
                recovery.note_open(self._store, behind.values())
                return segment
        return super()._save(segment)

    def _forget_removed(self) -> None:
        """Give up what is kept of cameras that somebody removed; no transaction spans two catalogues."""
        table, gaps = self.shelf.segments, self.shelf.gaps
        with reading(self._store.cameras) as connection:
            removed = set(connection.execute(sa.select(schema.removed_cameras.c.camera)).scalars())
        if not removed:
            return
        with reading(self._engine) as connection:  # of those alone: to ask of all takes a look at every row
            theirs = [sa.select(table.c.camera).where(table.c.camera.in_(removed), self._seen)]
            theirs.append(sa.select(gaps.c.camera).where(gaps.c.camera.in_(removed)))
            kept = {camera for query in theirs for camera in connection.execute(query.distinct()).scalars()}
        for camera in sorted(kept):  # a hold of all cameras may keep them still
            recovery.settle(self._store, camera)
            self.forget(camera, Deletion.REMOVED)
            with self._store.deleting() as (connection, held):
                connection.execute(sa.delete(gaps).where(gaps.c.camera == camera, sa.not_(holds.keeps(held, gaps))))

    def begin(self, camera: int, run: str, start: WallUs, init: bytes, custody: Custody) -> OriginalWriter:
        """Begin a segment with the recording's init segment. MissingInputError if there is no such camera.

        The data key is made here, split, sealed to the custodians and dropped: what goes on living is the key of this
        one segment's chunks, in the sealer, until the segment is closed.
        """
        name = SegmentName(uuid.UUID(self._store.folder.uuid).bytes, uuid.uuid4().bytes, camera)
        key = secrets.token_bytes(shares.KEY_SIZE)
        sealer = Sealer(key, name, start)
        head = sealer.header + sealer.chunk(ChunkKind.INIT, init, start)
        return OriginalWriter(self._begin(camera, run, start, head, shares.seal(key, name, custody).to_bytes()), sealer)
