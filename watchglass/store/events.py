"""Events that rules have made: what happened, where and when; never who, and no number of a track (rule R10)."""

import dataclasses
import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from watchglass.base.clock import WallUs
from watchglass.base.errors import MissingInputError
from watchglass.model.event import Event, Happening, RuleKind
from watchglass.model.place import Point
from watchglass.store import schema
from watchglass.store.database import reading, writing

MOST = 1000
"""Events of one page."""

_T = schema.events


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: of a camera, a rule, of kinds; that lasted at any time from `start` to before `end`; from a score on."""

    camera: int | None = None
    rule: int | None = None
    kinds: tuple[RuleKind, ...] = ()
    start: WallUs | None = None
    end: WallUs | None = None
    score: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """Some events, the latest first; `older` is the id after which the next page begins, None where there is none."""

    events: list[Event]
    older: uuid.UUID | None


class Events:
    """What happened. Safe from several threads and processes; each call is one short transaction.

    Each camera's events are written by one process. DiskFullError and CannotWriteError from all that write.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def take(self, happenings: Iterable[Happening]) -> None:
        """Write down what began, changed or ended: all of it, or nothing. Those of cameras that are gone are left out."""
        told = list(happenings)
        if not told:
            return
        with writing(self._engine) as connection:
            cameras = set(connection.execute(sa.select(schema.cameras.c.id)).scalars())
            for one in told:
                if one.event.camera in cameras:
                    _put(connection, one.event, one.seen)

    def get(self, id: uuid.UUID) -> Event:  # noqa: A002 - the word of the contract
        """The event with this id. MissingInputError if there is none."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(_T).where(_T.c.id == str(id))).first()
        if row is None:
            raise MissingInputError(f"There is no event {id}; it may have come of age.")
        return to_event(row)

    def page(self, wanted: Wanted, limit: int = 100, after: uuid.UUID | None = None) -> Page:
        """Events that are wanted, the latest first. MissingInputError if the one `after` which to go on has gone."""
        limit = max(1, min(limit, MOST))
        query = sa.select(_T).where(*_conditions(wanted)).order_by(_T.c.start_us.desc(), _T.c.id.desc())
        if after is not None:
            last = self.get(after)
            same = sa.and_(_T.c.start_us == last.start, _T.c.id < str(after))
            query = query.where(sa.or_(_T.c.start_us < last.start, same))
        with reading(self._engine) as connection:
            rows = connection.execute(query.limit(limit + 1)).all()
        events = [to_event(row) for row in rows[:limit]]
        return Page(events, events[-1].id if len(rows) > limit else None)

    def lasting(self, camera: int | None = None) -> list[Event]:
        """Those that last now, the earliest first."""
        query = sa.select(_T).where(_T.c.end_us.is_(None)).order_by(_T.c.start_us, _T.c.id)
        if camera is not None:
            query = query.where(_T.c.camera == camera)
        with reading(self._engine) as connection:
            return [to_event(row) for row in connection.execute(query)]

    def end_lasting(self, camera: int | None = None) -> int:
        """End those that nobody minds any more, when they were last told to last; how many. For whoever begins to mind."""
        update = sa.update(_T).where(_T.c.end_us.is_(None)).values(end_us=_T.c.seen_us)
        if camera is not None:
            update = update.where(_T.c.camera == camera)
        with writing(self._engine) as connection:
            return connection.execute(update).rowcount

    def forget(self, before: WallUs, camera: int | None = None) -> int:
        """Delete those that ended before a moment, for where something was seen lives no longer than the view; how many."""
        delete = sa.delete(_T).where(_T.c.end_us < before)
        if camera is not None:
            delete = delete.where(_T.c.camera == camera)
        with writing(self._engine) as connection:
            return connection.execute(delete).rowcount


def _put(connection: sa.Connection, event: Event, seen: WallUs) -> None:
    values = {
        "camera": event.camera,
        "rule": event.rule,
        "kind": event.kind.value,
        "start_us": event.start,
        "end_us": event.end,
        "seen_us": max(event.start, seen),
        "score": event.score,
        "tracks": event.tracks,
        "place": event.place,
        "at_x": event.at.x if event.at else None,
        "at_y": event.at.y if event.at else None,
        "detail": event.detail,
    }
    if connection.execute(sa.update(_T).where(_T.c.id == str(event.id)).values(values)).rowcount == 0:
        connection.execute(sa.insert(_T).values(values | {"id": str(event.id)}))


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.camera is not None:
        found.append(_T.c.camera == wanted.camera)
    if wanted.rule is not None:
        found.append(_T.c.rule == wanted.rule)
    if wanted.kinds:
        found.append(_T.c.kind.in_([kind.value for kind in wanted.kinds]))
    if wanted.start is not None:
        found.append(sa.or_(_T.c.end_us.is_(None), _T.c.end_us >= wanted.start))
    if wanted.end is not None:
        found.append(_T.c.start_us < wanted.end)
    if wanted.score > 0:
        found.append(_T.c.score >= wanted.score)
    return found


def to_event(row: sa.Row[Any]) -> Event:
    """From a row of the table."""
    return Event(
        uuid.UUID(row.id),
        row.camera,
        row.rule,
        RuleKind(row.kind),
        WallUs(row.start_us),
        None if row.end_us is None else WallUs(row.end_us),
        row.score,
        row.tracks,
        row.place,
        None if row.at_x is None else Point(row.at_x, row.at_y),
        row.detail,
    )
