"""Holds: listing, setting, letting last longer, releasing. Who does it is the account that is signed in."""

from typing import Annotated, Literal

import pydantic
from fastapi import APIRouter, Path, status

from watchglass.base.clock import WallUs
from watchglass.console.context import SIGNED_IN, Console, Context, Who
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import MAX_ID, MAX_US, Shape
from watchglass.model.record import Hold

router = APIRouter(prefix="/api/holds", responses=ANSWERS, dependencies=SIGNED_IN, tags=["holds"])

HoldId = Annotated[int, Path(ge=1, le=MAX_ID, description="The hold's number.")]
Moment = Annotated[int, pydantic.Field(ge=0, le=MAX_US, description="Microseconds since 1970 UTC.")]


class HoldIn(Shape):
    """What is to be held."""

    camera_id: int | None = pydantic.Field(ge=1, le=MAX_ID, description="Null: all cameras.")
    from_us: Moment
    to_us: Annotated[int, pydantic.Field(ge=0, le=MAX_US, description="May lie ahead: what is still to be recorded.")]
    until_us: Annotated[int, pydantic.Field(ge=0, le=MAX_US, description="When the hold lapses; it may be extended.")]
    reason: str = pydantic.Field(min_length=1, max_length=1000, description="Why. Shown to all who may sign in.")


class HoldChange(Shape):
    """Until when a hold lasts now."""

    until_us: Annotated[int, pydantic.Field(ge=0, le=MAX_US, description="Later than before.")]


class HoldOut(Shape):
    """A hold."""

    id: int
    camera_id: int | None = pydantic.Field(description="Null: all cameras.")
    from_us: int
    to_us: int
    until_us: int
    reason: str
    owner: str = pydantic.Field(description="Who set it.")
    set_us: int
    state: Literal["active", "lapsed", "released"]
    released_us: int | None
    released_by: str | None


class HoldsOut(Shape):
    """Every hold that ever was, the newest first."""

    holds: list[HoldOut]


@router.get("")
def list_holds(console: Context) -> HoldsOut:
    """List holds, those that are over as well."""
    return HoldsOut(holds=[_told(console, hold) for hold in console.holds.all()])


@router.post("", status_code=status.HTTP_201_CREATED)
def set_hold(body: HoldIn, console: Context, who: Who) -> HoldOut:
    """Keep footage of a span, the view and the original both, whatever retention says. What is gone already stays gone."""
    start, end, until = WallUs(body.from_us), WallUs(body.to_us), WallUs(body.until_us)
    return _told(console, console.holds.add(body.camera_id, start, end, body.reason, until, who))


@router.patch("/{hold_id}")
def extend_hold(hold_id: HoldId, body: HoldChange, console: Context, who: Who) -> HoldOut:
    """Let a hold lapse later."""
    return _told(console, console.holds.extend(hold_id, WallUs(body.until_us), who))


@router.post("/{hold_id}/release")
def release_hold(hold_id: HoldId, console: Context, who: Who) -> HoldOut:
    """Let retention have again what a hold keeps: what is older than its days is deleted within a minute."""
    return _told(console, console.holds.release(hold_id, who))


def _told(console: Console, hold: Hold) -> HoldOut:
    active = hold.is_active(console.clock.wall_us())
    return HoldOut(
        id=hold.id,
        camera_id=hold.camera,
        from_us=hold.start,
        to_us=hold.end,
        until_us=hold.until,
        reason=hold.reason,
        owner=hold.owner,
        set_us=hold.set_at,
        state="released" if hold.released_at is not None else "active" if active else "lapsed",
        released_us=hold.released_at,
        released_by=hold.released_by,
    )
