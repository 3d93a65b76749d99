"""Holds: footage that is kept whatever retention says, by whose order, why, and until when.

Whoever deletes looks at the holds in the moment of deleting, so that none can be overtaken:

- Views lie in the catalogue that has the holds. One transaction reads the holds and gives segments up; whoever sets a hold
  waits for it, and the other way round.
- Originals have another catalogue, and no transaction spans both. Whoever deletes takes a lock (flock(2) on a file of its own),
  reads the holds, gives originals up, and lets go. Whoever sets a hold writes it first, and then waits for that lock
  once: what was reading before the hold was there has ended by then, and what reads later sees it. A hold counts as set
  after that. Who deletes never waits for the lock: it is tried again a minute later.
"""

import contextlib
import hashlib
import itertools
import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.base.errors import CannotWriteError, MissingInputError, UsageError
from watchglass.model.record import Actor, Hold
from watchglass.store import entries, schema
from watchglass.store.database import reading, writing
from watchglass.store.folder import DataFolder

MOST = 500
"""Holds that are active at a time: what they keep is one condition of a query, and SQLite's are at most 1,000 deep."""

_T = schema.holds
_OWNER_LENGTH = 64
_REASON_LENGTH = 1000


class Holds:
    """Holds of one data folder. Safe from several threads and processes."""

    def __init__(self, engine: sa.Engine, folder: DataFolder, clock: Clock) -> None:
        self._engine = engine
        self._folder = folder
        self._clock = clock

    def all(self) -> list[Hold]:
        """Every hold that ever was, the newest first."""
        with reading(self._engine) as connection:
            return [_hold(row) for row in connection.execute(sa.select(_T).order_by(_T.c.id.desc()))]

    def active(self) -> list[Hold]:
        """Holds that stop deletion now, in the order in which they were set."""
        with reading(self._engine) as connection:
            return active(connection, self._clock.wall_us())

    def get(self, id: int) -> Hold:  # noqa: A002  (the word of the contract)
        """One hold. MissingInputError if there is none with this number."""
        with reading(self._engine) as connection:
            return _hold(_row(connection, id))

    def add(self, camera: int | None, start: WallUs, end: WallUs, reason: str, until: WallUs, by: Actor) -> Hold:
        """Hold footage of a camera, or of all, from `start` to `end`, which may lie ahead, until `until`.

        When this returns, nothing that it holds will be deleted; what had been deleted before is gone. UsageError for a span
        or an end that makes no sense, MissingInputError if there is no such camera.
        """
        reason, owner = _text(reason, "reason", _REASON_LENGTH), _text(by.name, "owner", _OWNER_LENGTH)
        if end <= start:
            raise UsageError("The span of a hold must end after it begins.")
        row: dict[str, Any] = {
            "camera": camera,
            "start_us": start,
            "end_us": end,
            "reason": reason,
            "salt": secrets.token_hex(16),
            "owner": owner,
            "until_us": until,
        }
        with writing(self._engine) as connection:
            now = row["set_us"] = self._clock.wall_us()  # in here: to get here may have taken seconds
            _must_be_ahead(until, now)
            if camera is not None:
                _must_exist(connection, camera)
            if len(active(connection, now)) >= MOST:
                raise UsageError(f"There are {MOST} holds at the moment, which is the most: release one that is over.")
            identity = connection.execute(sa.insert(_T).values(row).returning(_T.c.id)).scalar_one()
            held = self._tell(connection, "set", int(identity), by)
        self._wait_for_deletions()
        return held

    def extend(self, id: int, until: WallUs, by: Actor) -> Hold:  # noqa: A002
        """Let a hold lapse later. UsageError if it is not active any more, or would lapse sooner."""
        with writing(self._engine) as connection:
            held = _active(connection, id, self._clock.wall_us())
            if until <= held.until:
                raise UsageError(f"Hold {id} lasts until {show(held.until)}: give a later time, or release it.")
            connection.execute(sa.update(_T).where(_T.c.id == id).values(until_us=until))
            held = self._tell(connection, "extended", id, by)
        self._wait_for_deletions()
        return held

    def release(self, id: int, by: Actor) -> Hold:  # noqa: A002
        """Let retention have again what a hold keeps. UsageError if it is not active any more."""
        who = _text(by.name, "name", _OWNER_LENGTH)
        with writing(self._engine) as connection:
            now = self._clock.wall_us()
            _active(connection, id, now)
            connection.execute(sa.update(_T).where(_T.c.id == id).values(released_us=now, released_by=who))
            return self._tell(connection, "released", id, by)

    def _tell(self, connection: sa.Connection, action: str, id: int, by: Actor) -> Hold:  # noqa: A002
        row = _row(connection, id)
        held = _hold(row)
        digest = reason_hash(row.salt, held.reason)
        entries.hold(connection, schema.entries, self._clock.wall_us(), action, held, digest, by)
        return held

    def _wait_for_deletions(self) -> None:
        """Let end what may have looked at the holds before the newest was there. Taken and let go: it keeps nobody out."""
        try:
            descriptor = _open_lock(self._folder)
        except OSError as error:
            raise durable.write_error(error, f"the lock of {self._folder.run}") from error
        try:
            durable.lock(descriptor)
        finally:
            os.close(descriptor)


def reason_hash(salt: str, reason: str) -> str:
    """What an entry tells of a reason: SHA-256 of the salt's bytes and the reason's UTF-8. Who has both can show it."""
    return hashlib.sha256(bytes.fromhex(salt) + reason.encode()).hexdigest()


@contextlib.contextmanager
def deleting(
    engine: sa.Engine, folder: DataFolder, clock: Clock, catalogue: sa.Engine | None = None
) -> Iterator[tuple[sa.Connection, list[Hold]]]:
    """A transaction that gives something up, and what it must keep: no hold can be set between the one and the other.

    `catalogue` has the holds where they are not in the database of `engine`. No transaction spans two of them, so the folder is
    locked then, and CannotWriteError says that somebody sets a hold this moment.
    """
    with contextlib.ExitStack() as together:
        if catalogue is not None:
            together.enter_context(_keeping_out(folder))
        connection = together.enter_context(writing(engine))
        if catalogue is None:
            held = active(connection, clock.wall_us())
        else:
            with reading(catalogue) as other:
                held = active(other, clock.wall_us())
        yield connection, held


@contextlib.contextmanager
def _keeping_out(folder: DataFolder) -> Iterator[None]:
    try:
        descriptor = _open_lock(folder)
    except OSError as error:
        raise durable.write_error(error, f"the lock of {folder.run}") from error
    try:
        if not durable.try_lock(descriptor):
            raise CannotWriteError(
                f"Nothing is deleted from {folder.originals} at this moment, for a hold is being set: it is tried again."
            )
        yield
    finally:
        os.close(descriptor)


def active(connection: sa.Connection, now: WallUs) -> list[Hold]:
    """Holds that stop deletion at `now`."""
    query = sa.select(_T).where(_T.c.released_us.is_(None), _T.c.until_us > now).order_by(_T.c.id)
    return [_hold(row) for row in connection.execute(query)]


def keeps(held: Iterable[Hold], table: sa.Table) -> sa.ColumnElement[bool]:
    """The condition that a row of segments, gaps or the like is held. An end that is null is not there yet."""
    column = table.c
    conditions = []
    for camera, spans in _merged(held).items():
        for start, end in spans:
            shared = sa.and_(column.start_us < end, sa.or_(column.end_us.is_(None), column.end_us > start))
            conditions.append(shared if camera is None else sa.and_(column.camera == camera, shared))
    return sa.or_(sa.false(), *conditions)


def refuse_removal(connection: sa.Connection, camera: int, name: str, now: WallUs) -> None:
    """UsageError if a hold keeps footage of a camera, which would go with it."""
    holding = next((one for one in active(connection, now) if one.camera in {None, camera}), None)
    if holding is not None:
        raise UsageError(
            f"Camera {name!r} cannot be removed: hold {holding.id} of {holding.owner} ({holding.reason}) keeps its "
            f"footage until {show(holding.until)}. Release the hold first, or only switch the camera off."
        )


def show(wall: WallUs) -> str:
    """A point in time, for a sentence."""
    return f"{datetime.fromtimestamp(wall // MICROSECONDS, UTC):%Y-%m-%d %H:%M} UTC"


def _merged(held: Iterable[Hold]) -> dict[int | None, list[tuple[WallUs, WallUs]]]:
    """Spans of each camera, those that touch made one."""
    merged: dict[int | None, list[tuple[WallUs, WallUs]]] = {}
    ordered = sorted(held, key=lambda one: (one.camera is not None, one.camera or 0, one.start))
    for camera, group in itertools.groupby(ordered, key=lambda one: one.camera):
        spans: list[tuple[WallUs, WallUs]] = []
        for one in group:
            if spans and one.start <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(spans[-1][1], one.end)
            else:
                spans.append((one.start, one.end))
        merged[camera] = spans
    return merged


def _open_lock(folder: DataFolder) -> int:
    """The folder itself is the lock: a file would belong to whoever made it first, be it an administrator who sets a hold."""
    return os.open(folder.run, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _must_exist(connection: sa.Connection, camera: int) -> None:
    table = schema.cameras
    if connection.execute(sa.select(table.c.id).where(table.c.id == camera)).first() is None:
        raise MissingInputError(f"There is no camera with the id {camera}; it may have been removed.")


def _must_be_ahead(until: WallUs, now: WallUs) -> None:
    if until <= now:
        raise UsageError(f"A hold must lapse at a time that lies ahead, and it is {show(now)} now.")


def _text(text: str, what: str, most: int) -> str:
    cleaned = " ".join(text.split())
    if not cleaned or len(cleaned) > most or not cleaned.isprintable():
        raise UsageError(f"The {what} of a hold has 1 to {most} printable characters: write another one.")
    return cleaned


def _row(connection: sa.Connection, id: int) -> sa.Row[Any]:  # noqa: A002
    row = connection.execute(sa.select(_T).where(_T.c.id == id)).first()
    if row is None:
        raise MissingInputError(f"There is no hold {id}: 'watchglass hold list' shows those that there are.")
    return row


def _active(connection: sa.Connection, id: int, now: WallUs) -> Hold:  # noqa: A002
    held = _hold(_row(connection, id))
    if held.released_at is not None:
        raise UsageError(f"Hold {id} was released by {held.released_by} at {show(held.released_at)}: set another one.")
    if not held.is_active(now):
        raise UsageError(f"Hold {id} lapsed at {show(held.until)}: set another one.")
    return held


def _hold(row: sa.Row[Any]) -> Hold:
    released = None if row.released_us is None else WallUs(row.released_us)
    return Hold(
        row.id,
        row.camera,
        WallUs(row.start_us),
        WallUs(row.end_us),
        row.reason,
        row.owner,
        WallUs(row.set_us),
        WallUs(row.until_us),
        released,
        row.released_by,
    )
