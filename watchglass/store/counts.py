"""Counts of crossings: by minute, later by hour, for years. Numbers without a picture; under five they are not published."""

import bisect
import csv
import datetime as dt
import enum
import importlib
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from watchglass.base import tabular
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import UsageError
from watchglass.base.tabular import Kind
from watchglass.model.count import HOUR, LEAST_PUBLISHED, MINUTE, Count, Inside
from watchglass.model.place import Direction
from watchglass.model.vision import ObjectClass
from watchglass.store import schema
from watchglass.store.coverage import days
from watchglass.store.database import reading, writing

if TYPE_CHECKING:
    from watchglass.model.rule import Rule

COLUMNS = ("begin", "minutes", "camera", "rule", "place", "class", "direction", "count")
"""Of what is given away."""

_T = schema.crossing_counts
_KEY = ("rule", "minutes", "begin_us", "class", "direction", "place")
_SAME = ("camera", "rule", "place", "class", "direction")
_DAY = 24 * HOUR


class Step(enum.StrEnum):
    """How long one count is for."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


LONGEST: Mapping[Step, int] = {Step.MINUTE: 31, Step.HOUR: 400, Step.DAY: 4000}
"""Days that may be asked for at a time: more would be more than anybody reads at once."""


class Counts:
    """What was counted. Safe from several threads and processes; each call is one short transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, counts: Iterable[Count], inside: "Iterable[tuple[Rule, Inside]]" = ()) -> None:
        """Add to what was counted before, and keep how many are `inside` by that, by rule: all of it, or nothing."""
        some, now = list(counts), list(inside)
        if some or now:
            with writing(self._engine) as connection:
                _add(connection, [_row(one) for one in some])
                _occupancy().keep(connection, now)

    def inside(self) -> dict[int, Inside]:
        """How many were inside when that was last written, by rule of occupancy."""
        with reading(self._engine) as connection:
            found: dict[int, Inside] = _occupancy().known(connection)
            return found

    def of(
        self, start: WallUs, end: WallUs, camera: int | None = None, rule: int | None = None, *, hours: bool = False
    ) -> list[Count]:
        """Counts that begin from `start` to before `end`, by minute (where they have not become hours yet) or by hour."""
        # The length of an hour is written out: PostgreSQL takes two parameters of one value for two expressions.
        begin = _T.c.begin_us - _T.c.begin_us % sa.literal_column(str(HOUR)) if hours else _T.c.begin_us
        moment = begin.label("moment_us")
        kept = [_T.c.camera, _T.c.rule, _T.c.place, _T.c["class"], _T.c.direction]
        grouped = kept if hours else [*kept, _T.c.minutes]
        query = sa.select(*grouped, moment, sa.func.sum(_T.c["count"]).label("counted"))
        query = query.where(_T.c.begin_us >= start, _T.c.begin_us < end)
        if camera is not None:
            query = query.where(_T.c.camera == camera)
        if rule is not None:
            query = query.where(_T.c.rule == rule)
        with reading(self._engine) as connection:
            rows = connection.execute(query.group_by(*grouped, begin).order_by(begin, *grouped)).mappings().all()
        return [_count(row) for row in rows]

    def told(
        self,
        start: WallUs,
        end: WallUs,
        camera: int | None = None,
        rule: int | None = None,
        *,
        step: Step = Step.MINUTE,
        zone: dt.tzinfo = dt.UTC,
    ) -> list[Count]:
        """Counts for a person: by minute (by hour where minutes have become hours), by hour, or by day of a time zone.

        Days are whole ones, all that share time with the span. UsageError where that is more than may be asked for at once.
        """
        if end - start > LONGEST[step] * _DAY:
            raise UsageError(f"Counts by {step} are told of at most {LONGEST[step]} days at a time: ask for fewer.")
        if step is not Step.DAY:
            return self.of(start, end, camera, rule, hours=step is Step.HOUR)
        try:
            whole = days(start, end, zone)
        except (OverflowError, ValueError) as error:
            raise UsageError("This span goes beyond the year 9999: ask for an earlier one.") from error
        sums: Counter[tuple[Any, ...]] = Counter()
        begins = [day.start for day in whole]
        for one in self.of(whole[0].start, whole[-1].end, camera, rule):
            day = whole[bisect.bisect_right(begins, one.begin) - 1]
            sums[day, one.camera, one.rule, one.place, one.label, one.direction] += one.count
        return [
            Count(of, by, place, label, way, day.start, (day.end - day.start) // MINUTE, count)
            for (day, of, by, place, label, way), count in sums.items()
        ]

    def roll_up(self, before: WallUs) -> int:
        """Make hours of the minutes before a moment, whole hours alone, a day a transaction; how many minutes went."""
        before, went = WallUs(before - before % HOUR), 0
        minutes = _T.c.minutes == 1
        while True:
            with writing(self._engine) as connection:
                oldest = connection.execute(sa.select(sa.func.min(_T.c.begin_us)).where(minutes)).scalar()
                if oldest is None or oldest >= before:
                    return went
                until = min(before, oldest - oldest % HOUR + _DAY)
                some = sa.and_(minutes, _T.c.begin_us < until)
                sums: Counter[tuple[Any, ...]] = Counter()
                for row in connection.execute(sa.select(_T).where(some)).mappings():
                    begin = row["begin_us"] - row["begin_us"] % HOUR
                    sums[*(row[name] for name in _SAME), begin] += row["count"]
                went += connection.execute(sa.delete(_T).where(some)).rowcount
                hours = [
                    dict(zip(_SAME, same, strict=True)) | {"minutes": 60, "begin_us": begin, "count": count}
                    for (*same, begin), count in sums.items()
                ]
                _add(connection, hours)

    def forget(self, before: WallUs) -> int:
        """Delete what began before a moment; how many rows."""
        with writing(self._engine) as connection:
            return connection.execute(sa.delete(_T).where(_T.c.begin_us < before)).rowcount


def _occupancy() -> ModuleType:
    """Loaded by who counts alone: rules bring numpy, for which a recorder that was killed would be back later."""
    return importlib.import_module("watchglass.store.occupancy")


def published(counts: Iterable[Count]) -> list[Count]:
    """What may be published of counts by hour (rule R10): those of five and more; a count that is not there says under five.

    Not of minutes: beside the hours that hold them they would tell what was left out. Nor may sums be published beside it.
    """
    some = list(counts)
    if any(one.minutes != 60 for one in some):
        raise UsageError("Counts are published by the hour: ask for hours.")
    return [one for one in some if one.count >= LEAST_PUBLISHED]


def as_csv(counts: Iterable[Count]) -> str:
    """Counts as CSV (RFC 4180), times in UTC. A place that a spreadsheet would take for a formula is written after a '."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in counts:
        place = tabular.cell(one.place)
        begin = _moment(one).isoformat().replace("+00:00", "Z")
        writer.writerow(
            [begin, one.minutes, one.camera, one.rule, place, one.label.value, one.direction.value, one.count]
        )
    return out.getvalue()


def write_parquet(counts: Sequence[Count], path: Path) -> None:
    """Counts as Parquet. UsageError that says what to install where pyarrow is not there, CannotWriteError."""
    columns: dict[str, tuple[Kind, Sequence[object]]] = {
        "begin": (Kind.MOMENT, [_moment(one) for one in counts]),
        "minutes": (Kind.WHOLE, [one.minutes for one in counts]),
        "camera": (Kind.WHOLE, [one.camera for one in counts]),
        "rule": (Kind.WHOLE, [one.rule for one in counts]),
        "place": (Kind.TEXT, [one.place for one in counts]),
        "class": (Kind.TEXT, [one.label.value for one in counts]),
        "direction": (Kind.TEXT, [one.direction.value for one in counts]),
        "count": (Kind.WHOLE, [one.count for one in counts]),
    }
    tabular.write_parquet(columns, path)


def _moment(one: Count) -> dt.datetime:
    return dt.datetime.fromtimestamp(one.begin / MICROSECONDS, dt.UTC)


def _row(one: Count) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "minutes": one.minutes,
        "begin_us": one.begin,
        "class": one.label.value,
        "direction": one.direction.value,
        "place": one.place,
        "camera": one.camera,
        "count": one.count,
    }


def _add(connection: sa.Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Add to rows that are there, and make those that are not: three statements, however many they are."""
    sums: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in _KEY)
        sums[key] = row | {"count": row["count"] + (sums[key]["count"] if key in sums else 0)}
    if not sums:
        return
    near = [_T.c[name].in_({row[name] for row in sums.values()}) for name in ("rule", "minutes", "begin_us")]
    there = {tuple(row) for row in connection.execute(sa.select(*(_T.c[name] for name in _KEY)).where(*near))}
    more = [{f"of_{name}": row[name] for name in (*_KEY, "count")} for key, row in sums.items() if key in there]
    new = [row for key, row in sums.items() if key not in there]
    if more:
        same = [_T.c[name] == sa.bindparam(f"of_{name}") for name in _KEY]
        added = sa.update(_T).where(*same).values(count=_T.c["count"] + sa.bindparam("of_count"))
        connection.execute(added, more)
    if new:
        connection.execute(sa.insert(_T), new)


def _count(row: Mapping[Any, Any]) -> Count:
    return Count(
        row["camera"],
        row["rule"],
        row["place"],
        ObjectClass(row["class"]),
        Direction(row["direction"]),
        WallUs(row["moment_us"]),
        row.get("minutes", 60),
        int(row["counted"]),
    )
