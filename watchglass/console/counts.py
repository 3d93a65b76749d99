"""Counts of crossings by tripwire, class and direction: by minute, hour or local day; as JSON and as CSV.

Whoever is signed in may see minutes and numbers under five. They are not for publishing: rule R10.
"""

from typing import Annotated

import pydantic
from fastapi import APIRouter, Depends, Query, Response

from watchglass.console.context import SIGNED_IN, Context
from watchglass.console.coverage import Zone
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import MAX_ID, Asked, Shape
from watchglass.model.count import MINUTE, Count
from watchglass.model.place import Direction
from watchglass.model.vision import ObjectClass
from watchglass.store.counts import Step, as_csv

router = APIRouter(prefix="/api", responses=ANSWERS, dependencies=SIGNED_IN, tags=["counts"])


class CountOut(Shape):
    """How many of a class went over a tripwire in one direction, in a span of time. Where nothing went there is none."""

    camera: int
    rule: int
    place: str
    label: ObjectClass = pydantic.Field(serialization_alias="class")
    direction: Direction
    from_us: int
    to_us: int
    count: int


class CrossingsOut(Shape):
    """Counts, the earliest first."""

    counts: list[CountOut]


def _counted(
    span: Asked,
    zone: Zone,
    console: Context,
    camera: Annotated[int | None, Query(ge=1, le=MAX_ID, description="Of this camera alone; it may be gone.")] = None,
    rule: Annotated[int | None, Query(ge=1, le=MAX_ID, description="Of this rule alone; it may be gone.")] = None,
    by: Annotated[
        Step,
        Query(
            description="minute: at most 31 days; what is old is known by the hour alone. hour: at most 400 days. "
            "day: whole days of `zone` that share time with the span, at most 4000."
        ),
    ] = Step.HOUR,
) -> list[Count]:
    return console.counts.told(span.start, span.end, camera, rule, step=by, zone=zone)


Counted = Annotated[list[Count], Depends(_counted)]


@router.get("/counts")
def list_counts(counted: Counted) -> CrossingsOut:
    """Tell what went over tripwires."""
    return CrossingsOut(counts=[_told(one) for one in counted])


@router.get(
    "/counts.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "The same as a table (RFC 4180), times in UTC."}},
)
def counts_as_csv(counted: Counted) -> Response:
    """Hand out the same as a file for spreadsheets."""
    headers = {"content-disposition": 'attachment; filename="watchglass-counts.csv"'}
    return Response(as_csv(counted), media_type="text/csv", headers=headers)


def _told(one: Count) -> CountOut:
    return CountOut(
        camera=one.camera,
        rule=one.rule,
        place=one.place,
        label=one.label,
        direction=one.direction,
        from_us=one.begin,
        to_us=one.begin + one.minutes * MINUTE,
        count=one.count,
    )
