"""When something was kept of a camera, when not and why, and when the view was covered whole."""

import pydantic
from fastapi import APIRouter

from watchglass.console.context import SIGNED_IN, Context
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import Asked, CameraId, Shape

SEAM_US = 500_000
"""Segments that are no further apart are drawn as one: no frame of a view is that long missing by itself."""

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
    """Tell what there is between two moments. Gaps and covers that reach beyond them are told whole.

    What is being kept this very moment is told some seconds later.
    """
    console.cameras.get(camera_id)
    start, end = span.start, span.end
    return TimelineOut(
        kept=[
            KeptSpan(from_us=begin, to_us=until)
            for begin, until in console.views.kept(camera_id, start, end, join_us=SEAM_US)
        ],
        gaps=[
            GapOut(from_us=gap.start, to_us=gap.end, cause=gap.cause.value, detail=gap.detail)
            for gap in console.views.gaps(camera_id, start, end)
        ],
        covered=[
            CoveredOut(from_us=cover.start, to_us=cover.end, reason=cover.reason)
            for cover in console.views.covers(camera_id, start, end)
        ],
    )
