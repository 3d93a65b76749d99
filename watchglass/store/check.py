"""Does the store agree with itself? Read only; what is found is said, never mended: the next start does that.

It may run beside all that records: what changes while it is looked at is looked at again before anything is said.
"""

import collections
import contextlib
import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import sqlalchemy as sa

from watchglass.base.errors import BadInputError
from watchglass.model.record import Segment, SegmentState
from watchglass.seal.segment import HEADER_SIZE, Header
from watchglass.seal.shares import Shares
from watchglass.store import misplaced, schema, seconds
from watchglass.store.database import open_originals, reading
from watchglass.store.folder import DataFolder
from watchglass.store.held import broken_holds
from watchglass.store.misplaced import Fault
from watchglass.store.recovery import BATCH, Store, segment_of
from watchglass.store.shelf import ORIGINALS, VIEWS
from watchglass.store.sweep import lost_shares, orphans, unclaimed

Away = collections.Counter[str]
"""Segments on each disk that is missing, by its name."""

Tell = Callable[[str, float, float], None]
"""Told what is being done, how much of it is done, and how much there is."""


def check(engine: sa.Engine, folder: DataFolder, *, deep: bool = False) -> list[str]:
    """Sentences about what breaks invariants 1 to 3 of docs/design/store.md; empty if nothing does.

    Rows, presence and sizes of files, and headers of originals; with `deep` the content of each as well: about as fast as
    the disk reads.
    """
    away: Away = collections.Counter()
    with _stores(engine, folder) as stores:
        problems = [problem for store in stores for problem in _Files(store, away, deep=deep).problems()]
    return [*problems, *_of_disks(folder, away)]


class Proof:
    """All invariants of docs/design/store.md. `segments` says how many were looked at."""

    def __init__(
        self, engine: sa.Engine, folder: DataFolder, *, deep: bool = False, tell: Tell = lambda *_: None
    ) -> None:
        self._engine, self._folder = engine, folder
        self._deep, self._tell = deep, tell
        self.segments = 0

    def problems(self) -> Iterator[str]:
        """A sentence for each thing that is wrong, as it is found."""
        away: Away = collections.Counter()
        with _stores(self._engine, self._folder) as stores:
            for store in stores:
                files = _Files(store, away, deep=self._deep, tell=self._tell)
                yield from files.problems()  # 1 to 3
                self.segments += files.segments
                yield from broken_holds(store)  # 4
                yield from seconds.problems(store, camera_names(store))  # 5, and spans of timelines
        yield from _of_disks(self._folder, away)


@contextlib.contextmanager
def _stores(engine: sa.Engine, folder: DataFolder) -> Iterator[list[Store]]:
    originals = open_originals(folder)
    try:
        yield [Store(engine, folder, shelf=VIEWS), Store(originals, folder, shelf=ORIGINALS, catalogue=engine)]
    finally:
        originals.dispose()


def _of_disks(folder: DataFolder, away: Away) -> Iterator[str]:
    """One sentence for each disk with which something is wrong, however many segments are on it."""
    told = set()
    for disk in folder.disks.look()[1:]:
        if disk.why:
            told.add(disk.name)
            yield disk.why + _not_looked_at(away.get(disk.name or "", 0))
    for name, count in sorted(away.items()):
        if name not in told and count:
            yield folder.disks.words(name) + _not_looked_at(count)


def _not_looked_at(count: int) -> str:
    return f" {count:,} {'segment' if count == 1 else 'segments'} on it could not be looked at." if count else ""


def camera_names(store: Store) -> Mapping[int, str]:
    """What people call the cameras."""
    table = schema.cameras
    with reading(store.cameras) as connection:
        return {row.id: repr(row.name) for row in connection.execute(sa.select(table.c.id, table.c.name))}


class _Files:
    """Rows of one shelf and their files: invariants 1 to 3. Those on disks that are missing are counted in `away`."""

    def __init__(self, store: Store, away: Away, *, deep: bool, tell: Tell = lambda *_: None) -> None:
        self._store, self._away, self._deep, self._tell = store, away, deep, tell
        self._names = camera_names(store)
        self.segments = 0

    def problems(self) -> Iterator[str]:
        store = self._store
        store.folder.disks.look()
        unopened = lost_shares(store)  # of a segment that just begins, the file is there at the end
        strays = misplaced.Strays(store, orphans(store))
        held: list[Fault] = []
        for segment in self._told():
            fault = self._fault(segment)
            if fault is None:
                continue
            if fault.missing:
                fault = strays.found_again(fault)
            if fault.digest is None:
                yield self._sentence(fault)
                continue
            held.append(fault)  # it may be another's file: who that is, is asked for many at once
            if len(held) == BATCH:
                yield from map(self._sentence, misplaced.named(store, held))
                held.clear()
        yield from map(self._sentence, misplaced.named(store, held))
        for path in unclaimed(store, strays.left):
            origin = misplaced.foreign(store, path)
            yield f"File {self._inside(path)} belongs to no segment{f': it {origin}' if origin else ''}."
        for path in sorted(unopened & lost_shares(store)):
            yield f"File {self._inside(path)} opens no segment."

    def _inside(self, path: Path) -> str:
        return self._store.folder.disks.name(path)

    def _sentence(self, fault: Fault) -> str:
        segment = fault.segment
        camera = self._names.get(segment.camera, str(segment.camera))
        return f"Segment {segment.id} of camera {camera} ({segment.path}, {segment.state.value}) {fault.words}."

    def _told(self) -> Iterator[Segment]:
        """All rows; progress is told in bytes where these are read, else in rows."""
        what = f"checking {self._store.shelf.what}s"
        size = self._store.table.c.size
        with reading(self._store.engine) as connection:
            amount = sa.func.coalesce(sa.func.sum(size), 0) if self._deep else sa.func.count()
            total = float(connection.execute(sa.select(amount).select_from(self._store.table)).scalar_one())
        done = 0
        for segment in _segments(self._store):
            if self.segments % 100 == 0:
                self._tell(what, min(done, total), total)
            yield segment
            self.segments += segment.state is not SegmentState.GARBAGE
            done += segment.size if self._deep else 1
        self._tell(what, total, total)

    def _fault(self, segment: Segment) -> Fault | None:
        """What is wrong with a segment that is still as its row says. Where its disk is missing nobody can tell."""
        if segment.state is not SegmentState.GARBAGE and self._is_away(segment, anew=False):
            return None
        while (fault := _fault(self._store, segment, deep=self._deep)) is not None:
            now = _row(self._store, segment.id)
            if now == segment:
                return None if self._is_away(segment, anew=True) else fault
            if now is None:
                return None
            segment = now
        return None

    def _is_away(self, segment: Segment, *, anew: bool) -> bool:
        is_away = self._store.folder.disks.is_away(segment.path, anew=anew)
        self._away[segment.path.partition("/")[0]] += is_away
        return is_away


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


def _row(store: Store, identity: int) -> Segment | None:
    with reading(store.engine) as connection:
        row = connection.execute(sa.select(store.table).where(store.table.c.id == identity)).first()
    return None if row is None else segment_of(row)


def _fault(store: Store, segment: Segment, *, deep: bool) -> Fault | None:
    if segment.state is SegmentState.GARBAGE:
        return None  # listed, and that is all there is to it
    path = store.path(segment)
    try:
        fault = _stranger(store, path, segment) or _size_fault(path, segment)
        fault = fault or _content_fault(store, path, segment, deep=deep)
        if fault is None and (words := _shares_fault(store, path)):
            fault = Fault(segment, words)
    except FileNotFoundError:
        return Fault(segment, "has no file", missing=True)
    except OSError as error:
        return Fault(segment, f"cannot be read: {error.strerror}")
    return fault


def _stranger(store: Store, path: Path, segment: Segment) -> Fault | None:
    """An original says in the clear which one it is: one that is in another's place is known at a glance."""
    words = misplaced.stranger(store, path, segment)
    return Fault(segment, words, misplaced.digest_of(path)) if words else None


def _size_fault(path: Path, segment: Segment) -> Fault | None:
    size = path.stat(follow_symlinks=False).st_size
    if segment.state is SegmentState.OPEN and size < segment.size:
        return Fault(segment, f"was cut short: it has {size} bytes, fewer than the {segment.size} that were synced")
    if segment.state is SegmentState.CLOSED and size != segment.size:
        what = "was cut short" if size < segment.size else "was added to"
        words = f"{what}: it has {size} bytes instead of {segment.size}"
        return Fault(segment, words, misplaced.digest_of(path) if size else None)
    return None


def _content_fault(store: Store, path: Path, segment: Segment, *, deep: bool) -> Fault | None:
    if not deep and segment.state is not SegmentState.OPEN:
        return None
    with path.open("rb") as file:
        extent = store.shelf.form.extent(file)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest() if deep else None
    fault = None
    if extent.size < max(segment.size, 1):
        fault = Fault(segment, f"was damaged: it can be read up to byte {extent.size} only, of {segment.size}")
    elif segment.state is SegmentState.CLOSED and digest != segment.sha256:
        fault = Fault(segment, "was damaged: its hash differs from that of what was recorded")
    return dataclasses.replace(fault, digest=digest) if fault and segment.state is SegmentState.CLOSED else fault


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
