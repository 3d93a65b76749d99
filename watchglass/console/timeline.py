"""When something was kept of a camera, when not and why, and when the view was covered whole."""

from collections.abc import Iterable

import pydantic
from fastapi import APIRouter

from watchglass.console.context import SIGNED_IN, Context
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import Asked, CameraId, Shape
from watchglass.model.record import Segment

SEAM_US = 500_000
"""Segments that are less than this apart are drawn as one: no frame of a view is that long missing by itself."""

router = APIRouter(prefix="/api/cameras/{camera_id}", responses=ANSWERS, dependencies=SIGNED_IN, tags=["timeline"])


class KeptSpan(Shape):
    """Something is kept from here to there."""

    from_us: int
    to_us: int


class GapOut(Shape):
    """Nothing was kept, and why."""

    from_us: int
    to_us: int | None = pydantic.Field(description="Null while it lasts.")
    cause: str = pydantic.Field(description="camera, network, disk, us, or off (on purpose).")
    detail: str


class CoveredOut(Shape):
    """The view was covered whole, and why."""

    from_us: int
    to_us: int | None = pydantic.Field(description="Null while it lasts.")
    reason: str


class TimelineOut(Shape):
    """A camera's time line."""

    kept: list[KeptSpan]
    gaps: list[GapOut]
    covered: list[CoveredOut]


@router.get("/timeline")
def timeline(camera_id: CameraId, span: Asked, console: Context) -> TimelineOut:
    """Tell what there is between two moments. Spans that reach beyond them are told whole."""
    console.cameras.get(camera_id)
    start, end = span.start, span.end
    return TimelineOut(
        kept=merged(console.views.segments(camera_id, start, end)),
        gaps=[
            GapOut(from_us=gap.start, to_us=gap.end, cause=gap.cause.value, detail=gap.detail)
            for gap in console.views.gaps(camera_id, start, end)
        ],
        covered=[
            CoveredOut(from_us=cover.start, to_us=cover.end, reason=cover.reason)
            for cover in console.views.covers(camera_id, start, end)
        ],
    )


def merged(segments: Iterable[Segment]) -> list[KeptSpan]:
    """Segments, ordered by time, as spans that are as long as can be."""
    spans: list[tuple[int, int]] = []
    for segment in segments:
        if spans and segment.start - spans[-1][1] < SEAM_US:
            spans[-1] = (spans[-1][0], max(spans[-1][1], segment.end))
        else:
            spans.append((segment.start, segment.end))
    return [KeptSpan(from_us=start, to_us=end) for start, end in spans]
