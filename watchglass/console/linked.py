"""What whoever has a link sees of the view: a picture of the moment at which its alert began, and a film from ten seconds before.

Camera and span come from the alert that was signed for, never from the call. Tokens travel in bodies of POST, as the link itself stands
behind a `#`: no address, log or history on the way holds one. The page plays what it got from its own memory.
"""

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from typing import Final

import pydantic
from anyio import to_thread
from fastapi import APIRouter, Request, Response

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import MissingInputError
from watchglass.console.context import Console, Context
from watchglass.console.export import refuse_if_full, send_film
from watchglass.console.fault import ANSWERS
from watchglass.console.links import Token
from watchglass.console.shapes import Shape, Span
from watchglass.evidence.footage import SEAM_US, Piece, pieces
from watchglass.evidence.still import nearest, still_of
from watchglass.model.alert import Alert, film_span
from watchglass.model.camera import COUNTS_ONLY, Camera, ViewPolicy
from watchglass.model.link import Purpose, read
from watchglass.model.record import GapCause

LATE_US: Final = 30 * MICROSECONDS
"""After this long nothing more comes that is not kept by then: the view is some seconds behind."""

MOST_BYTES: Final = 64 * 1024 * 1024
WIDEST: Final = 1280

_WHY: Final[Mapping[GapCause, str]] = {
    GapCause.CAMERA: "The camera sent nothing.",
    GapCause.NETWORK: "The camera could not be reached.",
    GapCause.DISK: "The disk did not take it.",
    GapCause.US: "watchglass was not recording.",
    GapCause.OFF: "It was off on purpose.",
}

router = APIRouter(prefix="/api/links", responses=ANSWERS, tags=["alerts"])


class LookIn(Shape):
    """What the open page was given to look with."""

    token: Token


class LinkedOut(Shape):
    """What there is to be seen. `whole` says that nothing more will come."""

    at_us: int = pydantic.Field(description="When the event began.")
    still: bool = pydantic.Field(description="Whether there is a picture of that moment.")
    from_us: int | None = pydantic.Field(description="From when on the view is kept, within the span of the film.")
    to_us: int | None
    whole: bool
    covered: str | None = pydantic.Field(description="Why the view was covered when the event began.")


@dataclasses.dataclass(frozen=True, slots=True)
class _Linked:
    """What a token lets see."""

    alert: Alert
    camera: Camera
    span: Span


@router.post("/view")
def linked(body: LookIn, console: Context) -> LinkedOut:
    """Tell what there is to be seen of the view around an alert. To be asked again until it is whole."""
    seen = _allowed(body.token, console)
    at = seen.alert.start
    footage = _footage(console, seen)
    now = console.clock.wall_us()
    whole = now > seen.span.end + LATE_US or (bool(footage) and footage[-1].end > seen.span.end - SEAM_US)
    if not footage and whole:
        raise MissingInputError(_why_nothing(console, seen))
    near = nearest(console.layouts, (piece.segment for piece in footage), at)
    covers = console.views.covers(seen.camera.id, at, WallUs(at + 1))
    return LinkedOut(
        at_us=at,
        still=near is not None and (whole or footage[-1].end > at),
        from_us=footage[0].start if footage else None,
        to_us=footage[-1].end if footage else None,
        whole=whole,
        covered=covers[0].reason if covers else None,
    )


@router.post(
    "/still",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "The view when the event began."}},
)
async def linked_still(body: LookIn, console: Context) -> Response:
    """Make a picture of the view at the moment at which the event began."""
    seen = await to_thread.run_sync(_allowed, body.token, console)
    refuse_if_full(console.rooms.linked)
    make = functools.partial(_still, console, seen)
    return Response(await to_thread.run_sync(make, limiter=console.rooms.linked), media_type="image/png")


@router.post(
    "/clip",
    response_class=Response,
    responses={200: {"content": {"video/mp4": {}}, "description": "The view; gaps are skipped and named in it."}},
)
async def linked_clip(body: LookIn, request: Request, console: Context) -> Response:
    """Make one MP4 of what is kept of the view from ten seconds before the event to ten after it, a minute at most."""
    seen = await to_thread.run_sync(_allowed, body.token, console)
    footage = await to_thread.run_sync(_footage, console, seen)
    if not footage:
        raise MissingInputError(_why_nothing(console, seen))
    span = Span(seen.span.start, _bounded(footage, seen.span.end))
    return await send_film(console, request, seen.camera, span, console.rooms.linked, {})


def _allowed(token: str, console: Console) -> _Linked:
    """What a token lets see. RefusedError for one that is none, MissingInputError where there are no pictures."""
    link = read(token, Purpose.LOOK, console.channels.link_key(), console.clock.wall_us())
    alert = console.alerts.find(link.alert)
    if alert.test:
        raise MissingInputError("This is a test: there is nothing to be seen.")
    camera = console.cameras.get(alert.camera)
    if camera.policy is ViewPolicy.COUNTS:  # whatever was kept before it did
        raise MissingInputError(COUNTS_ONLY)
    return _Linked(alert, camera, Span(*film_span(alert.start, _end(console, alert))))


def _end(console: Console, alert: Alert) -> WallUs | None:
    """An alert has the end that was known when it was made."""
    try:
        return console.events.get(alert.event).end
    except MissingInputError:  # it has come of age
        return alert.end


def _footage(console: Console, seen: _Linked) -> list[Piece]:
    start, end = seen.span.start, seen.span.end
    return list(pieces(console.layouts, console.views.segments(seen.camera.id, start, end), start, end))


def _bounded(footage: Iterable[Piece], end: WallUs) -> WallUs:
    """Where a film ends, so that it is no larger than a phone takes."""
    size = 0
    for piece in footage:
        for fragment in piece.fragments:
            size += fragment.size
            if size > MOST_BYTES:
                return piece.wall(fragment.start_ticks)
    return end


def _still(console: Console, seen: _Linked) -> bytes:
    at = seen.alert.start
    segments = console.views.segments(seen.camera.id, seen.span.start, seen.span.end)
    found = still_of(console.folder, console.layouts, segments, at, WIDEST)
    if found is None:
        raise MissingInputError("There is no picture of this moment." if segments else _why_nothing(console, seen))
    return found.png


def _why_nothing(console: Console, seen: _Linked) -> str:
    """A sentence. What a gap says of its cause in detail may name addresses, so it is not told here."""
    gaps = console.views.gaps(seen.camera.id, seen.alert.start, WallUs(seen.alert.start + 1))
    if gaps:
        return f"Nothing of the view was kept at this moment. {_WHY[gaps[0].cause]}"
    return "Nothing of the view is kept of this moment any more, or nothing was."
