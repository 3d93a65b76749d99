"""Spans of time that are kept of each camera, so that a timeline of months need not read every segment.

A span is what closed segments of a camera cover that are no further apart than `JOIN_US`. Spans are derived: whatever
changes closed segments says so here in the same transaction, so a process that is killed leaves both as they were. An open
segment is in none: its row says what there is of it.
"""

import dataclasses
from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from watchglass.base.clock import WallUs
from watchglass.model.record import SegmentState
from watchglass.store.database import reading, writing
from watchglass.store.shelf import Shelf

JOIN_US = 100_000
"""Two segments that are no further apart than this play on: a frame at 10 frames a second."""

Times = tuple[WallUs, WallUs]


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end` something is kept, in segments of which none lasts longer than `longest` microseconds."""

    start: WallUs
    end: WallUs
    longest: int


def merged(times: Iterable[Times], join_us: int = JOIN_US) -> list[Span]:
    """What these cover together; holes of no more than `join_us` are none, and what takes no time is nothing."""
    spans: list[Span] = []
    for start, end in sorted(one for one in times if one[1] > one[0]):
        span = Span(start, end, end - start)
        if spans and start - spans[-1].end <= join_us:
            before = spans.pop()
            span = Span(before.start, max(before.end, end), max(before.longest, span.longest))
        spans.append(span)
    return spans


def within(
    connection: sa.Connection, shelf: Shelf, camera: int, start: WallUs, end: WallUs, join_us: int
) -> list[Times]:
    """Spans of start..end that are kept, joined as `merged`, with what the row of an open segment says."""
    spans, table = shelf.kept.c, shelf.segments.c
    closed = sa.select(spans.start_us, spans.end_us).where(
        spans.camera == camera, spans.end_us > start, spans.start_us < end
    )
    # No bound but the state's: there are few open ones, and they have an index.
    opened = sa.select(table.start_us, table.end_us).where(
        table.camera == camera, table.state == SegmentState.OPEN.value, table.start_us < end
    )
    rows = [*connection.execute(closed), *connection.execute(opened)]
    inside = ((WallUs(max(row.start_us, start)), WallUs(min(row.end_us, end))) for row in rows)
    return [(span.start, span.end) for span in merged(inside, join_us)]


def add(connection: sa.Connection, shelf: Shelf, camera: int, start: WallUs, end: WallUs) -> None:
    """A segment was closed."""
    if end <= start:
        return
    table = shelf.kept.c
    touching = connection.execute(
        sa.select(table.id, table.start_us, table.end_us, table.longest_us).where(
            table.camera == camera, table.end_us >= start - JOIN_US, table.start_us <= end + JOIN_US
        )
    ).all()
    whole = Span(
        WallUs(min([start, *(row.start_us for row in touching)])),
        WallUs(max([end, *(row.end_us for row in touching)])),
        max([end - start, *(row.longest_us for row in touching)]),
    )
    if len(touching) == 1:
        same = sa.update(shelf.kept).where(table.id == touching[0].id)
        connection.execute(same.values(start_us=whole.start, end_us=whole.end, longest_us=whole.longest))
        return
    _replace(connection, shelf, camera, [row.id for row in touching], [whole])


def take_away(connection: sa.Connection, shelf: Shelf, camera: int, gone: Iterable[Times]) -> None:
    """These segments are closed ones no more. Read are those around them alone, for retention does this every minute."""
    table = shelf.kept.c
    left = sorted(one for one in gone if one[1] > one[0])
    while left:
        owner = connection.execute(
            sa.select(shelf.kept).where(table.camera == camera, table.end_us >= left[0][1]).order_by(table.end_us)
        ).first()
        if owner is None:  # spans that do not fit: `renew` mends them
            return
        inside = [one for one in left if one[1] <= owner.end_us]
        left = [one for one in left if one not in inside]
        start, end = inside[0][0], max(until for _, until in inside)
        rest = merged(
            (owner.start_us if begin < start else begin, owner.end_us if until > end else until)
            for begin, until in _around(connection, shelf, camera, start, end, owner.longest_us)
        )
        # What reaches beyond the place where something is missing now is all the rest of the span on that side.
        _replace(
            connection,
            shelf,
            camera,
            [owner.id],
            [Span(span.start, span.end, owner.longest_us) for span in rest],
        )


def _around(
    connection: sa.Connection, shelf: Shelf, camera: int, start: WallUs, end: WallUs, longest: int
) -> list[Times]:
    """Closed segments that touch start..end. None of them lasts longer than `longest`, so the index finds them."""
    table = shelf.segments.c
    query = sa.select(table.start_us, table.end_us).where(
        table.camera == camera,
        table.state == SegmentState.CLOSED.value,
        table.end_us >= start - JOIN_US,
        table.end_us <= end + JOIN_US + longest,
        table.start_us <= end + JOIN_US,
    )
    return [(WallUs(row.start_us), WallUs(row.end_us)) for row in connection.execute(query)]


def forget(connection: sa.Connection, shelf: Shelf, camera: int) -> None:
    """No closed segment of this camera is left."""
    connection.execute(sa.delete(shelf.kept).where(shelf.kept.c.camera == camera))


def stored(connection: sa.Connection, shelf: Shelf, camera: int) -> list[Times]:
    """Spans as they are in the catalogue."""
    table = shelf.kept.c
    query = sa.select(table.start_us, table.end_us).where(table.camera == camera).order_by(table.end_us)
    return [(WallUs(row.start_us), WallUs(row.end_us)) for row in connection.execute(query)]


def derived(connection: sa.Connection, shelf: Shelf, camera: int) -> list[Span]:
    """Spans as all closed segments of a camera make them."""
    table = shelf.segments.c
    query = sa.select(table.start_us, table.end_us).where(
        table.camera == camera, table.state == SegmentState.CLOSED.value, table.end_us > table.start_us
    )
    return merged((WallUs(row.start_us), WallUs(row.end_us)) for row in connection.execute(query))


def cameras(connection: sa.Connection, shelf: Shelf) -> Iterator[int]:
    """Every camera of which there is a segment or a span, some garbage apart; one look into an index for each."""
    for table in (shelf.segments, shelf.kept):
        last = 0
        while True:
            query = sa.select(sa.func.min(table.c.camera)).where(table.c.camera > last)
            found = connection.execute(query).scalar()
            if found is None:
                break
            last = int(found)
            yield last


def renew(engine: sa.Engine, shelf: Shelf) -> list[int]:
    """Make spans anew where they are not what the segments say; the cameras where that was so.

    That is nowhere, unless something else than this store has written to the catalogue.
    """
    wrong = []
    with reading(engine) as connection:
        known = sorted(set(cameras(connection, shelf)))
    for camera in known:
        with reading(engine) as connection:
            if agree(connection, shelf, camera):
                continue
        with writing(engine) as connection:
            forget(connection, shelf, camera)
            _replace(connection, shelf, camera, [], derived(connection, shelf, camera))
        wrong.append(camera)
    return wrong


def agree(connection: sa.Connection, shelf: Shelf, camera: int) -> bool:
    """Whether the spans of a camera are what its segments say."""
    return stored(connection, shelf, camera) == [(span.start, span.end) for span in derived(connection, shelf, camera)]


def _replace(connection: sa.Connection, shelf: Shelf, camera: int, old: list[int], new: Iterable[Span]) -> None:
    if old:
        connection.execute(sa.delete(shelf.kept).where(shelf.kept.c.id.in_(old)))
    rows = [{"camera": camera, "start_us": span.start, "end_us": span.end, "longest_us": span.longest} for span in new]
    if rows:
        connection.execute(sa.insert(shelf.kept), rows)
