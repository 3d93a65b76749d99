"""Numbers in place of pictures, for cameras whose purpose allows nothing else: how many are in sight at the moment.

They come from what the detector has found at its last looks. Nobody is followed for them, and none of it is kept.
"""

import collections
import statistics
from collections.abc import Iterable, Mapping

from watchglass.base.clock import Clock, WallUs
from watchglass.model.camera import COUNTS_ONLY, Counts, Protection
from watchglass.model.record import GapCause
from watchglass.model.vision import DRAWN, ObjectClass, Track
from watchglass.pipeline.publish import Publisher
from watchglass.redact.shown import ShownFrame
from watchglass.store.views import Views

LEAST = 0.4
"""Score from which something counts. Lower than that covers must reach, for they may err to one side only.

Measured on PETS09-S2L1, 5.6 people in sight: off by 0.5 at 0.4, by 0.7 at 0.25, where two in three are people.
"""
LOOKS = 3
"""Looks of the detector whose median is told: alone, every second look tells another number than the one before."""
SILENCE = 4.0  # seconds without an answer of the detector after which nothing is known any more
_AGAIN = 0.5  # seconds between two tellings


class Tally:
    """How many of each class the last looks have found. Times are seconds of media time."""

    def __init__(self) -> None:
        self._looks: collections.deque[collections.Counter[ObjectClass]] = collections.deque(maxlen=LOOKS)
        self._at = float("-inf")

    def looked(self, tracks: Iterable[Track], time: float) -> None:
        """The detector has answered on the frame of `time`; only what it has found there counts."""
        self._looks.append(
            collections.Counter(one.label.drawn for one in tracks if one.missed == 0 and one.score >= LEAST)
        )
        self._at = time

    def reset(self) -> None:
        """What follows is another scene."""
        self._looks.clear()

    def now(self, time: float) -> Mapping[ObjectClass, int] | None:
        """How many there are; None where nothing has been found out lately."""
        if not self._looks or time - self._at > SILENCE:
            return None
        return {label: statistics.median_low([look[label] for look in self._looks]) for label in DRAWN}


class CountTeller:
    """Stands where the keeper of a view stands, but nothing is encoded, shown or kept: it tells numbers."""

    def __init__(self, camera: int, views: Views, publisher: Publisher, clock: Clock) -> None:
        note_purpose(views, clock, camera, COUNTS_ONLY)
        self._camera = camera
        self._publisher = publisher
        self._told = float("-inf")

    def tell(self, seen: Mapping[ObjectClass, int] | None, time: float, protection: Protection) -> None:
        """Tell what is in sight at `time`; None if that is not known."""
        if time - self._told >= _AGAIN:
            self._told = time
            self._publisher.counts(self._camera, counts_of(seen, protection) if seen is not None else None)

    def show(self, shown: ShownFrame, rate: float) -> None:
        """A frame of the view, which goes no further."""

    def absent(self, cause: GapCause, detail: str) -> None:  # noqa: ARG002 - nothing would be kept in any case
        """Nothing comes from the camera."""
        self.end()

    def end(self) -> None:
        """The run has ended, and with it what is known."""
        self._told = float("-inf")
        self._publisher.counts(self._camera, None)


def counts_of(seen: Mapping[ObjectClass, int], protection: Protection) -> Counts:
    """What is told of it. The built-in detector looks for people alone."""
    people = seen.get(ObjectClass.PERSON, 0)
    if protection is Protection.REDUCED:
        return Counts(people)
    others = (ObjectClass.VEHICLE, ObjectClass.ANIMAL, ObjectClass.THING)
    return Counts(people, *(seen.get(label, 0) for label in others))


def note_purpose(views: Views, clock: Clock, camera: int, detail: str) -> None:
    """From now on nothing is kept of a camera, and that is meant so: no alarm, but a gap with its cause."""
    now = clock.wall_us()
    start = views.latest(camera) or now
    lasting = [gap for gap in views.gaps(camera, start, WallUs(now + 1)) if gap.end is None]
    if lasting and lasting[0].detail == detail:
        return
    if lasting:
        views.close_gap(camera, now)
        start = now  # until now there was another reason
    views.open_gap(camera, start, GapCause.OFF, detail)
