"""When something was kept of a camera, when not and why, and when the view was covered whole."""

from collections.abc import Iterable

import pydantic
from fastapi import APIRouter

from watchglass.console.context import SIGNED_IN, Context
from watchglass.console.fault import ANSWERS
from watchglass.console.figures import Kind
from watchglass.console.shapes import Asked, CameraId, Shape, Span
from watchglass.model.record import Gap

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


class OriginalsOut(Shape):
    """The same of sealed originals; both empty where none was ever kept."""

    kept: list[KeptSpan]
    gaps: list[GapOut]


class TimelineOut(Shape):
    """A camera's time line."""

    kept: list[KeptSpan]
    gaps: list[GapOut]
    covered: list[CoveredOut]
    originals: OriginalsOut


@router.get("/timeline")
def timeline(camera_id: CameraId, span: Asked, console: Context) -> TimelineOut:
    """Tell what there is between two moments. Gaps and covers that reach beyond them are told whole.

    What is being kept this very moment is told some seconds later.
    """
    console.cameras.get(camera_id)
    view, original = console.kinds
    return TimelineOut(
        kept=_kept_out(view, camera_id, span),
        gaps=gaps_out(view.rows.gaps(camera_id, span.start, span.end)),
        covered=[
            CoveredOut(from_us=cover.start, to_us=cover.end, reason=cover.reason)
            for cover in console.views.covers(camera_id, span.start, span.end)
        ],
        originals=OriginalsOut(
            kept=_kept_out(original, camera_id, span),
            gaps=gaps_out(original.rows.gaps(camera_id, span.start, span.end)),
        ),
    )


def gaps_out(gaps: Iterable[Gap]) -> list[GapOut]:
    """Gaps for the browser."""
    return [GapOut(from_us=gap.start, to_us=gap.end, cause=gap.cause.value, detail=gap.detail) for gap in gaps]


def _kept_out(kind: Kind, camera: int, span: Span) -> list[KeptSpan]:
    kept = kind.rows.kept(camera, span.start, span.end, kind.join_us)
    return [KeptSpan(from_us=begin, to_us=until) for begin, until in kept]
