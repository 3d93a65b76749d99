"""Events: what rules have seen, the newest first. What happened, where and when; never who, and no number of a track."""

import uuid
from typing import Annotated, Final

import pydantic
from fastapi import APIRouter, Query

from watchglass.base.clock import WallUs
from watchglass.base.errors import UsageError
from watchglass.console.context import SIGNED_IN, Context
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import MAX_ID, MAX_US, Shape
from watchglass.model.event import Event, RuleKind
from watchglass.store.events import Wanted

router = APIRouter(prefix="/api/events", responses=ANSWERS, dependencies=SIGNED_IN, tags=["events"])

MOST: Final = 200

Camera = Annotated[int | None, Query(ge=1, le=MAX_ID, description="Of this camera alone.")]
RuleAsked = Annotated[int | None, Query(ge=1, le=MAX_ID, description="Of this rule alone, which may be gone.")]
From = Annotated[int | None, Query(ge=0, le=MAX_US, description="Those that lasted at this moment or later.")]
To = Annotated[int | None, Query(ge=0, le=MAX_US, description="Those that began before.")]


class EventOut(Shape):
    """One instance of a rule met."""

    id: uuid.UUID
    camera: int
    rule: int
    rule_name: str | None = pydantic.Field(description="As it is called now; null where it is gone.")
    kind: RuleKind
    start_us: int
    end_us: int | None = pydantic.Field(description="Null while it lasts.")
    lasting: bool
    score: float = pydantic.Field(description="The highest of its tracks, 0 to 1.")
    tracks: int = pydantic.Field(description="How many met the rule; none where the event is about the picture itself.")
    place: str = pydantic.Field(description="The zone's or tripwire's name; empty: the whole picture.")
    at: tuple[float, float] | None = pydantic.Field(description="Where it was seen best, in 0..1 of the picture.")
    detail: str


class EventsOut(Shape):
    """Some events, the newest first."""

    events: list[EventOut]
    older: uuid.UUID | None = pydantic.Field(
        description="What to give as `after` for the next page; null: that is all."
    )


@router.get("")
def list_events(  # each one a filter of its own
    console: Context,
    camera: Camera = None,
    rule: RuleAsked = None,
    kind: Annotated[list[RuleKind], Query(max_length=len(RuleKind), description="Of these kinds; none: all.")] = [],  # noqa: B006 - FastAPI copies it
    from_us: From = None,
    to_us: To = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    after: Annotated[uuid.UUID | None, Query(description="The last event of the page before.")] = None,
) -> EventsOut:
    """List events, the newest first. Those that last now have no end yet."""
    if camera is not None:
        console.cameras.get(camera)
    if from_us is not None and to_us is not None and to_us <= from_us:
        raise UsageError("The span ends before it begins; from_us must be less than to_us.")
    start, end = (None if us is None else WallUs(us) for us in (from_us, to_us))
    page = console.events.page(Wanted(camera, rule, tuple(kind), start, end), limit, after)
    names = {one.id: one.name for one in console.rules.all()} if page.events else {}
    return EventsOut(events=[event_out(one, names.get(one.rule)) for one in page.events], older=page.older)


def event_out(event: Event, name: str | None) -> EventOut:
    """As it is told; `name` is what its rule is called now, None where it is gone."""
    return EventOut(
        id=event.id,
        camera=event.camera,
        rule=event.rule,
        rule_name=name,
        kind=event.kind,
        start_us=event.start,
        end_us=event.end,
        lasting=event.end is None,
        score=float(event.score),
        tracks=event.tracks,
        place=event.place,
        at=(event.at.x, event.at.y) if event.at else None,
        detail=event.detail,
    )
