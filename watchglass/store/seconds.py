"""Is every second accounted for? Each that should have been kept is in a segment or in a gap with a cause."""

import collections
import contextlib
import functools
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import BadInputError
from watchglass.model.record import Deletion, Segment, SegmentState
from watchglass.store import entries, kept
from watchglass.store.database import reading
from watchglass.store.misplaced import when
from watchglass.store.recovery import Store, extent_of, segment_of

_FOREVER = WallUs(1 << 62)


def problems(store: Store, names: Mapping[int, str]) -> Iterator[str]:
    """Sentences about seconds that nothing explains, and about spans of timelines that are not what segments say.

    A camera's seconds begin with the oldest footage that is kept: retention takes the oldest first, and gaps before it may
    outlive it for a while. Where a hold keeps what is older than that, entries tell of what went between.
    """
    given_up = functools.cache(functools.partial(_given_up, store))  # read where there is a hole alone: they are many
    with reading(store.engine) as connection:
        cameras = sorted(set(kept.cameras(connection, store.shelf)))
    for camera in cameras:
        name, what = names.get(camera, str(camera)), store.shelf.what
        with reading(store.engine) as connection:  # one state of the catalogue: segments and gaps go together
            closed = [(span.start, span.end) for span in kept.derived(connection, store.shelf, camera)]
            listed = kept.stored(connection, store.shelf, camera)
            being_kept = _open(connection, store, camera)
            gaps = _gaps(connection, store, camera)
        if listed != closed:
            yield (
                f"Camera {name}: timelines do not show what is kept of its {what}, {len(listed)} spans instead of "
                f"{len(closed)}."
            )
        footage = [*closed, *((segment.start, _until(store, segment)) for segment in being_kept)]
        holes = list(_holes(footage, gaps, store.shelf.hole_us))
        if holes:
            holes = list(_holes(footage, [*gaps, *given_up().get(camera, [])], store.shelf.hole_us))
        for start, end in holes:
            lasted = (end - start) / MICROSECONDS
            yield (
                f"Camera {name}: nothing says why there is no {what} from {when(start)} to {when(end)}, {lasted:.1f} s."
            )


def _holes(footage: list[kept.Times], gaps: list[kept.Times], hole_us: int) -> Iterator[kept.Times]:
    first = min((start for start, end in footage if end > start), default=_FOREVER)
    told = kept.merged([*footage, *gaps], hole_us)
    for before, after in itertools.pairwise(told):
        if before.end > first:
            yield before.end, after.start


def _open(connection: sa.Connection, store: Store, camera: int) -> list[Segment]:
    table = store.table
    query = sa.select(table).where(table.c.camera == camera, table.c.state == SegmentState.OPEN.value)
    return [segment_of(row) for row in connection.execute(query)]


def _gaps(connection: sa.Connection, store: Store, camera: int) -> list[kept.Times]:
    table = store.shelf.gaps
    query = sa.select(table.c.start_us, table.c.end_us).where(table.c.camera == camera)
    rows = connection.execute(query)
    return [(WallUs(row.start_us), _FOREVER if row.end_us is None else WallUs(row.end_us)) for row in rows]


def _given_up(store: Store) -> dict[int, list[kept.Times]]:
    """What entries tell of each camera's footage that was deleted on purpose, and of gaps, which go with what is around them.

    An entry of many segments is one span, be something between them held or not. What was lost explains nothing.
    """
    told: dict[int, list[kept.Times]] = {}
    after = 0
    while some := entries.read(store.engine, store.shelf.entries, after):
        after += len(some)  # they are numbered without holes
        new: dict[int, list[kept.Times]] = collections.defaultdict(list)
        for entry in _about_spans(some):
            if entry["footage"] == store.shelf.what and entry.get("reason") != Deletion.LOST.value:
                new[entry["camera"]].append((WallUs(entry["from_us"]), WallUs(entry["to_us"])))
        for camera, times in new.items():
            together = kept.merged([*told.get(camera, []), *times], store.shelf.hole_us)
            told[camera] = [(span.start, span.end) for span in together]
    return told


def _about_spans(some: list[bytes]) -> Iterator[dict[str, Any]]:
    """Those of these entries that tell of a deletion or of a gap that is over. One that nobody can read explains nothing."""
    for data in some:
        if b'"kind":"deletion"' in data or b'"action":"closed"' in data:
            with contextlib.suppress(BadInputError):
                yield entries.parse(data)


def _until(store: Store, segment: Segment) -> WallUs:
    """Until when there is footage in an open segment's file, of which the row is some seconds behind."""
    try:
        with store.path(segment).open("rb") as file:
            extent = extent_of(store, file, segment)
    except OSError:  # that it cannot be read is said elsewhere
        return segment.end
    return max(extent[1], segment.end) if extent else segment.end
