"""How much of what should have been kept was kept: in per cent by camera and local day, with the gaps and their causes."""

import datetime as dt
import zoneinfo
from typing import Annotated, Final

import pydantic
from fastapi import APIRouter, Depends, Query

from watchglass.base.clock import MICROSECONDS
from watchglass.base.errors import UsageError
from watchglass.base.timekeeping import zone_name
from watchglass.console.context import SIGNED_IN, Console, Context
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import Asked, CameraId, Shape, Span
from watchglass.console.timeline import GapOut, gaps_out
from watchglass.store import coverage as store
from watchglass.store.coverage import Coverage, Day, Share

router = APIRouter(prefix="/api", responses=ANSWERS, dependencies=SIGNED_IN, tags=["coverage"])

LONGEST_US: Final = 400 * 24 * 3600 * MICROSECONDS


class DayOut(Shape):
    """A local day: 23 to 25 hours as a rule."""

    date: str = pydantic.Field(description="As 2026-11-22.")
    from_us: int
    to_us: int


class ShareOut(Shape):
    """How much of a day was kept."""

    due_us: int = pydantic.Field(
        description="What should have been kept: the day as far as it is past and the camera was there, without off_us."
    )
    kept_us: int
    off_us: int = pydantic.Field(description="Off on purpose: counts neither way.")
    ratio: float | None = pydantic.Field(description="kept_us / due_us, 0 to 1; null where nothing was due.")


class CoverageOut(Shape):
    """One camera's coverage; a share for each day."""

    zone: str = pydantic.Field(description="Whose days these are: an IANA name.")
    days: list[DayOut]
    view: list[ShareOut]
    original: list[ShareOut]
    view_gaps: list[GapOut]
    original_gaps: list[GapOut]


class CameraCoverage(Shape):
    """A share for each day."""

    id: int
    view: list[ShareOut]
    original: list[ShareOut]


class AllCoverageOut(Shape):
    """Coverage of all cameras, without the gaps."""

    zone: str
    days: list[DayOut]
    cameras: list[CameraCoverage]


def zone_asked(
    console: Context,
    zone: Annotated[
        str | None, Query(max_length=64, description="IANA name, as Europe/Berlin. Left out: the machine's own.")
    ] = None,
) -> dt.tzinfo:
    """The zone whose days are meant. UsageError if there is none of this name."""
    if zone is None:
        return console.zone
    try:
        return zoneinfo.ZoneInfo(zone)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise UsageError(f"There is no time zone {zone!r}; write it as Europe/Berlin.") from error


Zone = Annotated[dt.tzinfo, Depends(zone_asked)]


@router.get("/cameras/{camera_id}/coverage")
def camera_coverage(camera_id: CameraId, span: Asked, zone: Zone, console: Context) -> CoverageOut:
    """Tell how much was kept on each local day that shares time with the span, at most 400 days, and why not all."""
    console.cameras.get(camera_id)
    days = _days(span, zone)
    view, original = _coverages(console, camera_id, days)
    return CoverageOut(
        zone=zone_name(zone),
        days=_days_out(days),
        view=_shares_out(view.shares),
        original=_shares_out(original.shares),
        view_gaps=gaps_out(view.gaps),
        original_gaps=gaps_out(original.gaps),
    )


@router.get("/coverage")
def all_coverage(span: Asked, zone: Zone, console: Context) -> AllCoverageOut:
    """Tell the same of all cameras, without the gaps."""
    days = _days(span, zone)
    cameras = []
    for camera in console.cameras.all():
        view, original = _coverages(console, camera.id, days)
        cameras.append(
            CameraCoverage(id=camera.id, view=_shares_out(view.shares), original=_shares_out(original.shares))
        )
    return AllCoverageOut(zone=zone_name(zone), days=_days_out(days), cameras=cameras)


def _days(span: Span, zone: dt.tzinfo) -> list[Day]:
    if span.end - span.start > LONGEST_US:
        raise UsageError("Coverage is told of at most 400 days at a time; ask for fewer.")
    try:
        return store.days(span.start, span.end, zone)
    except (OverflowError, ValueError) as error:
        raise UsageError("This span goes beyond the year 9999; ask for an earlier one.") from error


def _coverages(console: Console, camera: int, days: list[Day]) -> tuple[Coverage, Coverage]:
    now = console.clock.wall_us()
    view, original = (store.coverage(kind.rows, camera, days, now, kind.join_us) for kind in console.kinds)
    return view, original


def _days_out(days: list[Day]) -> list[DayOut]:
    return [DayOut(date=day.date.isoformat(), from_us=day.start, to_us=day.end) for day in days]


def _shares_out(shares: tuple[Share, ...]) -> list[ShareOut]:
    return [ShareOut(due_us=share.due, kept_us=share.kept, off_us=share.off, ratio=share.ratio) for share in shares]
