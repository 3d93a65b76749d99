"""Originals as far as they can be told of: whether a camera's is kept and why not, and who could open it.

Nothing here, nor anywhere in the console, hands one out: it is sealed, and the console asks for rows of its catalogue alone.
"""

import dataclasses
from typing import Final, Literal

import pydantic
from fastapi import APIRouter

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.timekeeping import local_time
from watchglass.console.context import SIGNED_IN, Console, Context
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import Shape
from watchglass.console.timeline import KeptSpan
from watchglass.model.camera import COUNTS_ONLY, Camera, ViewPolicy
from watchglass.model.record import Gap, GapCause
from watchglass.store.custodians import Custodian

router = APIRouter(prefix="/api/custodians", responses=ANSWERS, dependencies=SIGNED_IN, tags=["originals"])

NOT_YET: Final = "Nothing has been kept yet."
SILENT: Final = "Nothing has been written for a while, and nobody says why: the recorder may have stopped."
SILENT_US: Final = 30 * MICROSECONDS  # rows of an open segment are up to 6 s old, and a disk may be slow
WORDS: Final = {
    GapCause.CAMERA: "The camera sends nothing.",
    GapCause.NETWORK: "The stream was interrupted.",
    GapCause.DISK: "The disk does not take it.",
    GapCause.US: "watchglass was not recording.",
    GapCause.OFF: "It is off on purpose.",
}


class OriginalOut(Shape):
    """Whether a camera's original is being kept, sealed."""

    state: Literal["kept", "waiting", "missing", "off"] = pydantic.Field(
        description="kept. waiting: none has come yet. missing: it should be kept and is not. off: it is not to be kept."
    )
    reason: str = pydantic.Field(description="Why not, in a sentence; empty while it is kept.")
    kept: KeptSpan | None = pydantic.Field(description="From the first to the last moment of which there is one.")


class CustodianOut(Shape):
    """Somebody who has a part of the keys."""

    name: str
    fingerprint: str = pydantic.Field(description="Of the public half: compare it with the custodian's own.")
    added_us: int
    left_us: int | None = pydantic.Field(description="Since when nothing is sealed to them any more.")


class CustodiansOut(Shape):
    """Who can open originals. They are added, and leave, by commands on the recorder: no browser can do either."""

    needed: int = pydantic.Field(description="How many of them it takes, from now on.")
    keeps: bool = pydantic.Field(description="Whether there are as many: else no original is kept.")
    summary: str
    custodians: list[CustodianOut]


@dataclasses.dataclass(frozen=True, slots=True)
class Sealing:
    """Whether there is anybody to seal originals to, and in a sentence."""

    keeps: bool
    summary: str


@router.get("")
def custodians(console: Context) -> CustodiansOut:
    """Tell who can open originals, those included who have left, and how many of them it takes."""
    needed = console.custodians.needed()
    everybody = console.custodians.all(left=True)
    sealing = sealing_of(everybody, needed)
    return CustodiansOut(
        needed=needed,
        keeps=sealing.keeps,
        summary=sealing.summary,
        custodians=[
            CustodianOut(name=one.name, fingerprint=one.recipient.fingerprint, added_us=one.added, left_us=one.left)
            for one in everybody
        ],
    )


def sealing(console: Console) -> Sealing:
    """Whether originals can be kept at all (rule S1)."""
    return sealing_of(console.custodians.all(), console.custodians.needed())


def sealing_of(everybody: list[Custodian], needed: int) -> Sealing:
    """The same, of those who are or were custodians."""
    there = sum(one.left is None for one in everybody)
    if there >= needed:
        return Sealing(True, f"Any {needed} of {there} custodians can open what is recorded from now on.")
    are = "is 1" if there == 1 else f"are {there or 'none'}"
    return Sealing(False, f"No original is kept: it takes {needed} custodians to open one, and there {are}.")


def original_of(console: Console, camera: Camera, sealing: Sealing) -> OriginalOut:
    """Whether the original of a camera is being kept."""
    bounds = console.originals.bounds(camera.id)
    kept = KeptSpan(from_us=bounds[0], to_us=bounds[1]) if bounds else None
    if not sealing.keeps:
        return OriginalOut(state="off", reason=sealing.summary, kept=kept)
    if camera.policy is ViewPolicy.COUNTS:
        return OriginalOut(state="off", reason=COUNTS_ONLY, kept=kept)
    if off := camera.as_of(local_time(console.clock, console.zone)).off:
        return OriginalOut(state="off", reason=off, kept=kept)
    now = console.clock.wall_us()
    gap = _lasting(console.originals.gaps(camera.id, WallUs(now - 1), WallUs(now + 1)))
    if gap is not None and gap.cause is not GapCause.OFF:
        reason = gap.detail.removeprefix(f"Camera {camera.name}: ") or WORDS[gap.cause]
        return OriginalOut(state="missing", reason=reason, kept=kept)
    if gap is not None or kept is None:  # it was off until now
        return OriginalOut(state="waiting", reason=NOT_YET, kept=kept)
    if now - kept.to_us > SILENT_US:
        return OriginalOut(state="missing", reason=SILENT, kept=kept)
    return OriginalOut(state="kept", reason="", kept=kept)


def _lasting(gaps: list[Gap]) -> Gap | None:
    return next((gap for gap in gaps if gap.end is None), None)
