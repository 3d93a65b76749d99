"""Spans of time of a camera that may still last: gaps, and spans in which its view was covered whole."""

import dataclasses
from typing import Any

import sqlalchemy as sa

from watchglass.base.clock import WallUs
from watchglass.base.errors import MissingInputError


@dataclasses.dataclass(frozen=True, slots=True)
class Turn:
    """What became of a camera's spans: the row of the one that ended, and when; when another began."""

    ended: tuple[sa.Row[Any], WallUs] | None = None
    begun: WallUs | None = None


def begin(
    connection: sa.Connection, table: sa.Table, camera: int, start: WallUs, what: dict[str, Any], key: str
) -> Turn:
    """Begin a span. One that lasts and is the same in `key` goes on; one that differs ends where this one begins."""
    lasting = _lasting(connection, table, camera)
    if lasting is not None:
        if getattr(lasting, key) == what[key]:
            return Turn()
        start = WallUs(max(start, lasting.start_us))  # the clock may have been set back
        _finish(connection, table, lasting, start)
    try:
        connection.execute(sa.insert(table).values(camera=camera, start_us=start, **what))
    except sa.exc.IntegrityError as error:
        raise MissingInputError(f"There is no camera with the id {camera}; it may have been removed.") from error
    return Turn((lasting, start) if lasting is not None else None, start)


def end(connection: sa.Connection, table: sa.Table, camera: int, at: WallUs) -> Turn:
    """End the span that lasts, if one does. One that took no time is no more."""
    lasting = _lasting(connection, table, camera)
    if lasting is None:
        return Turn()
    _finish(connection, table, lasting, at)
    return Turn((lasting, WallUs(max(at, lasting.start_us))))


def within(connection: sa.Connection, table: sa.Table, camera: int, start: WallUs, end: WallUs) -> list[sa.Row[Any]]:
    """Spans that share time with start..end, oldest first."""
    column = table.c
    query = sa.select(table).where(
        column.camera == camera, column.start_us < end, sa.or_(column.end_us.is_(None), column.end_us > start)
    )
    return list(connection.execute(query.order_by(column.start_us, column.id)))


def _lasting(connection: sa.Connection, table: sa.Table, camera: int) -> sa.Row[Any] | None:
    return connection.execute(sa.select(table).where(table.c.camera == camera, table.c.end_us.is_(None))).first()


def _finish(connection: sa.Connection, table: sa.Table, lasting: sa.Row[Any], at: WallUs) -> None:
    if at > lasting.start_us:
        connection.execute(sa.update(table).where(table.c.id == lasting.id).values(end_us=at))
    else:  # it took no time
        connection.execute(sa.delete(table).where(table.c.id == lasting.id))
