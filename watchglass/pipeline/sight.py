"""Sight: one stream's detector, tracker and redactor, driven frame by frame. Live view and file redaction share it."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Protocol

from watchglass.base.clock import WallUs
from watchglass.detect.closer import closer_look
from watchglass.detect.detector import Detector
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.pipeline.count import Tally
from watchglass.redact.cover import Labelled
from watchglass.redact.redactor import Redactor, Scene
from watchglass.redact.shown import ShownFrame
from watchglass.track.tracker import Tracker

LEAST_PERSON = 0.20
"""Score of a close look from which a place holds a person. Measured: 98 % of people score over 0.3 there."""


@dataclasses.dataclass(frozen=True, slots=True)
class SightOptions:
    """Seconds of media time between two looks at the whole frame, while something moves and while nothing does."""

    look_moving: float = 0.4
    look_still: float = 2.0

    @classmethod
    def of(cls, detector: Detector) -> "SightOptions":
        """What a detector can keep up with: the built-in one takes ten times as long as the person model."""
        return cls(look_moving=0.7) if detector.protection is Protection.REDUCED else cls()


class NoAnswerError(Exception):
    """The detector has failed on a frame. It counts as not looked at, and the guard covers (R5)."""


class Answers(Protocol):
    """Where answers of the detector come from: the detector itself, or those kept from an earlier pass.

    NoAnswerError from either: seeing goes on, covered after a while. Any other error ends it.
    """

    def whole(self, frame: RawFrame, time: float) -> list[Detection]:
        """Detections on the whole frame."""

    def close(self, frame: RawFrame, place: Box) -> float:
        """Score of the likeliest person in a place, looked at enlarged."""


class Direct:
    """Answers straight from the detector."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector

    def whole(self, frame: RawFrame, time: float) -> list[Detection]:  # noqa: ARG002 - others go by the time
        return self._detector.detect(frame)

    def close(self, frame: RawFrame, place: Box) -> float:
        return closer_look(self._detector, frame, place)


class Sight:
    """Takes frames in order of time, gives back shown frames. Used from one thread."""

    def __init__(self, answers: Answers, tracker: Tracker, redactor: Redactor, options: SightOptions) -> None:
        self._answers = answers
        self._tracker = tracker
        self._redactor = redactor
        self._options = options
        self._looked = float("-inf")
        self._tally = Tally()

    @property
    def redactor(self) -> Redactor:
        return self._redactor

    def take(self, frame: RawFrame, time: float, *, damaged: bool = False) -> Iterator[ShownFrame]:
        """Take in the frame of `time` (seconds, rising); yields every frame whose turn has come."""
        if frame.jump:
            self._tracker.reset()
            self._tally.reset()
            self._looked = float("-inf")
        scene = self._redactor.push(frame, time, self._tracker.covers(time), damaged=damaged)
        if not damaged and self._due(scene):
            with contextlib.suppress(NoAnswerError):
                self._look(frame, scene)
        yield from self._redactor.release(time, self._tracker.covers)

    def finish(self) -> Iterator[ShownFrame]:
        """The frames that still wait when the stream has ended."""
        yield from self._redactor.drain(self._tracker.covers)

    def aim(self, wall: WallUs) -> ShownFrame | None:
        """The picture to aim the camera by."""
        return self._redactor.aim([box for box, _ in self._tracker.covers(self._looked)], wall)

    def in_sight(self, time: float) -> Mapping[ObjectClass, int] | None:
        """How many of each class there are at `time`, None where that is not known."""
        return self._tally.now(time)

    def covers(self, time: float) -> Labelled:
        return self._tracker.covers(time)

    def _due(self, scene: Scene) -> bool:
        waited = scene.time - self._looked
        moving = scene.changed > 0 or not self._redactor.plate.ready
        return waited >= (self._options.look_moving if moving else self._options.look_still) - 1e-6

    def _look(self, frame: RawFrame, scene: Scene) -> None:
        self._looked = scene.time
        found = self._answers.whole(frame, scene.time)
        plate = self._redactor.plate
        for ended in self._tracker.update([one for one in found if not self._is_scenery(one, scene)], scene.time):
            if ended.label is ObjectClass.PERSON and not ended.left_picture:
                plate.doubt(ended.box, ended.seen)
        tracks = self._tracker.current(scene.time)
        self._tally.looked(tracks, scene.time)
        persons = [one.box for one in found if one.label is ObjectClass.PERSON]
        persons += [track.box for track in tracks if track.label is ObjectClass.PERSON]
        self._redactor.answered(scene.time, persons, scene)
        for place in plate.places_to_look_at(scene.time, scene.strange)[:1]:
            plate.looked(place, person=self._answers.close(frame, place) >= LEAST_PERSON)

    def _is_scenery(self, found: Detection, scene: Scene) -> bool:
        """A thing that looks like somebody, was cleared by close looks, and is still there just as it was."""
        cells = self._redactor.plate.geometry.cells(found.box)
        strange, cleared = scene.strange[cells], self._redactor.plate.cleared[cells]
        return bool(strange.size and strange.mean() <= 0.05 and cleared.mean() >= 0.4)
