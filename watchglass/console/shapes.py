"""Shapes that more than one noun uses: how JSON is read, ids, spans of time."""

import dataclasses
from typing import Annotated, Final

import pydantic
from fastapi import Depends, Path, Query

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.model.camera import COUNTS_ONLY, Camera, ViewPolicy

MAX_ID: Final = 2**63 - 1  # what SQLite can hold; beyond it a driver error would be ours
MAX_US: Final = 253_402_300_799 * MICROSECONDS  # the last second of 9999, as far as datetime goes

CameraId = Annotated[int, Path(ge=1, le=MAX_ID, description="The camera's id.")]
RuleId = Annotated[int, Path(ge=1, le=MAX_ID, description="The rule's id.")]
SegmentId = Annotated[int, Path(ge=1, le=MAX_ID, description="The segment's id.")]


class Shape(pydantic.BaseModel):
    """A JSON object of ours: nothing unknown in it, no number where a text is due."""

    model_config = pydantic.ConfigDict(strict=True, extra="forbid", frozen=True)


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """A span of wall time, its end not included."""

    start: WallUs
    end: WallUs


def span(
    from_us: Annotated[int, Query(ge=0, le=MAX_US, description="Start, microseconds since 1970 UTC.")],
    to_us: Annotated[int, Query(ge=0, le=MAX_US, description="End, microseconds since 1970 UTC.")],
) -> Span:
    """The span of a call. UsageError when it ends before it begins."""
    if to_us <= from_us:
        raise UsageError("The span ends before it begins; from_us must be less than to_us.")
    return Span(WallUs(from_us), WallUs(to_us))


def nothing_kept(camera: Camera) -> MissingInputError:
    """What to raise where nothing is kept of a span of a camera."""
    why = f" {COUNTS_ONLY}" if camera.policy is ViewPolicy.COUNTS else ""
    return MissingInputError(f"Nothing is kept of camera {camera.name!r} in this span.{why}")


Asked = Annotated[Span, Depends(span)]
