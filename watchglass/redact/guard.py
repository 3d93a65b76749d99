"""When the whole frame is covered (rule R5): fail closed, in one place.

The guard starts covered. It shows a frame only while every condition holds, and for `settle` seconds after the last
trouble it stays covered, so that a view never flickers between the two.
"""

import bisect
import dataclasses
import enum


class CoverReason(enum.StrEnum):
    """Why a frame is covered whole; the value is what is written on it."""

    START = "Starting: nothing has been checked yet"
    LEARNING = "Learning the empty scene"
    CHANGED = "Too much changed at once: light, camera or scene"
    JUMP = "The stream was interrupted"
    DETECTOR = "No answer from the detector"
    DECODE = "The picture could not be decoded"


@dataclasses.dataclass(frozen=True, slots=True)
class GuardOptions:
    """Times in seconds of media time, `changed` a share of the picture."""

    changed: float = 0.5
    heartbeat_moving: float = 0.8
    heartbeat_still: float = 4.0
    settle: float = 0.5


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """What is known of one frame when it is about to be shown. `moving`: more than noise is going on in it."""

    time: float
    plate_ready: bool
    changed: float
    moving: bool = True
    jump: bool = False
    damaged: bool = False


class Guard:
    """Decides for one frame after the other, in order of time, whether it is covered whole, and why."""

    def __init__(self, options: GuardOptions | None = None) -> None:
        self._options = options or GuardOptions()
        self._answers: list[float] = []
        self._trouble: tuple[CoverReason, float] | None = None
        self._unchecked: CoverReason | None = CoverReason.START
        self._unchecked_since = float("-inf")

    def answered(self, time: float) -> None:
        """The detector has given its answer on the frame of `time`."""
        bisect.insort(self._answers, time)
        del self._answers[:-64]

    def decide(self, look: Look) -> CoverReason | None:
        """The reason to cover the frame whole, or None to show the redacted picture."""
        if look.jump:
            self._unchecked, self._unchecked_since = CoverReason.JUMP, look.time
        reason = self._reason(look)
        if reason:
            self._trouble = (reason, look.time)
            return reason
        if self._trouble and look.time - self._trouble[1] < self._options.settle:
            return self._trouble[0]
        self._trouble = None
        return None

    def _reason(self, look: Look) -> CoverReason | None:
        if look.damaged:
            return CoverReason.DECODE
        if not look.plate_ready:
            return CoverReason.LEARNING
        if look.changed > self._options.changed:
            return CoverReason.CHANGED
        if look.jump:
            return CoverReason.JUMP
        if self._unchecked and self._answers and self._answers[-1] >= max(self._unchecked_since, look.time):
            self._unchecked = None
        if self._unchecked:
            return self._unchecked
        return None if self._fresh(look) else CoverReason.DETECTOR

    def _fresh(self, look: Look) -> bool:
        """Whether the detector answered on a frame near enough to this one; later frames count (R4)."""
        limit = self._options.heartbeat_moving if look.moving else self._options.heartbeat_still
        after = bisect.bisect_left(self._answers, look.time - limit)
        return after < len(self._answers) and self._answers[after] <= look.time + limit
