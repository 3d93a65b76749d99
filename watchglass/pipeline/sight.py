"""Sight: one stream's detector, tracker and redactor, driven frame by frame. Live view and file redaction share it.

Seeing never waits for the detector. A frame is asked about, seeing goes on, and an answer is taken in when it comes: it
belongs to that earlier frame. Where the detector answers at once, as on a file, nothing of that shows.
"""

import abc
import collections
import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from watchglass.base.clock import WallUs
from watchglass.detect.closer import alike, closer_look
from watchglass.detect.detector import Detector
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.look import SceneSigns
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.pipeline.count import Tally
from watchglass.redact.cover import Labelled
from watchglass.redact.plate import Signs
from watchglass.redact.redactor import Redactor, Scene
from watchglass.redact.shown import ShownFrame
from watchglass.redact.signs import SceneWatch
from watchglass.track.evidence import with_people_found
from watchglass.track.tracker import Tracker

LEAST_PERSON = 0.20
"""Score of a close look from which a place holds a person. Measured: 98 % of people score over 0.3 there."""

SURE = 0.65
"""Score of a look at the whole picture that no close look argues away. Measured: sign-posts have 0.2 to 0.57 there."""

_NEW = 0.1  # share of a box that must differ from the plate for something new to be there
_JITTER = 1e-6  # seconds: times are sums of frame durations


@dataclasses.dataclass(frozen=True, slots=True)
class SightOptions:
    """Seconds of media time between two looks at the whole frame, and when the detector counts as idle.

    `look_moving` and `look_still` leave room for an answer's delay in what the guard asks for (0.8 s and 4 s, on either
    side of a frame) and in the look-ahead (0.8 s). `look_eager` is for people who have just come or were just lost, and for all
    that moves where a witness wants looks often, while the detector's load is at most `idle`; where nothing moves but a place waits for closer looks, it is then `look_moving`. A closer look follows a look at the whole frame, at a greater load only every
    `close_busy` seconds; `closer` of them where they are answered at once. What is answered after more than `stale` seconds is not used.
    """

    look_eager: float = 0.4
    look_moving: float = 0.7
    look_still: float = 3.0
    idle: float = 0.5
    close_busy: float = 2.0
    closer: int = 1
    stale: float = 0.8

    @classmethod
    def of(cls, detector: Detector) -> "SightOptions":
        """What a detector can keep up with: the built-in one takes ten times as long as the person model."""
        return cls(look_eager=cls().look_moving) if detector.protection is Protection.REDUCED else cls()


class NoAnswerError(Exception):
    """The detector has failed on a frame. It counts as not looked at, and the guard covers (R5)."""


class Answers(Protocol):
    """A detector that answers at once: the detector itself, or answers kept from an earlier pass.

    NoAnswerError from either: seeing goes on, covered after a while. Any other error ends it.
    """

    @property
    def protection(self) -> Protection:
        """What the detector can tell."""

    def whole(self, frame: RawFrame, time: float) -> list[Detection]:
        """Detections on the whole frame."""

    def close(self, frame: RawFrame, place: Box) -> float:
        """Score of the likeliest person in a place, looked at enlarged."""


class Direct:
    """Answers straight from the detector."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector

    @property
    def protection(self) -> Protection:
        return self._detector.protection

    def whole(self, frame: RawFrame, time: float) -> list[Detection]:  # noqa: ARG002 - others go by the time
        return self._detector.detect(frame)

    def close(self, frame: RawFrame, place: Box) -> float:
        return closer_look(self._detector, frame, place)


@dataclasses.dataclass(frozen=True, slots=True)
class WholeAnswer:
    """What was found on the whole of the frame of `time`."""

    time: float
    found: list[Detection]


@dataclasses.dataclass(frozen=True, slots=True)
class CloseAnswer:
    """Score of the likeliest person in a place of the frame of `time`."""

    time: float
    place: Box
    score: float


class Looks(abc.ABC):
    """A detector that answers later, or never. Used from one thread, and no call waits."""

    @abc.abstractmethod
    def ask(self, frame: RawFrame, time: float) -> None:
        """Ask about the whole frame. A question that is still waiting may be dropped for it."""

    @abc.abstractmethod
    def ask_closer(self, frame: RawFrame, time: float, place: Box) -> None:
        """Ask about a place of the frame."""

    @abc.abstractmethod
    def answers(self) -> Iterator[WholeAnswer | CloseAnswer]:
        """What has come since; those on whole frames in order of time."""

    @abc.abstractmethod
    def forget(self) -> None:
        """What was asked is of no use any more: it is not answered."""

    @property
    @abc.abstractmethod
    def protection(self) -> Protection:
        """What the detector can tell."""

    @property
    @abc.abstractmethod
    def load(self) -> float:
        """How busy the detector is, 0 to 1."""


class AtOnce(Looks):
    """Looks that are answered before the question ends. They cost nobody else anything: the load is 0."""

    load = 0.0

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._come: collections.deque[WholeAnswer | CloseAnswer] = collections.deque()

    @property
    def protection(self) -> Protection:
        return self._answers.protection

    def ask(self, frame: RawFrame, time: float) -> None:
        with contextlib.suppress(NoAnswerError):
            self._come.append(WholeAnswer(time, self._answers.whole(frame, time)))

    def ask_closer(self, frame: RawFrame, time: float, place: Box) -> None:
        with contextlib.suppress(NoAnswerError):
            self._come.append(CloseAnswer(time, place, self._answers.close(frame, place)))

    def answers(self) -> Iterator[WholeAnswer | CloseAnswer]:
        while self._come:
            yield self._come.popleft()

    def forget(self) -> None:
        self._come.clear()


class Witness(Protocol):
    """Whoever wants to know what is seen, apart from covers."""

    @property
    def often(self) -> bool:
        """Whether looks are wanted every `look_eager` while something moves."""

    @property
    def wants_signs(self) -> bool:
        """Whether signs of the scene are of use."""

    def looked(self, frame: RawFrame, time: float, found: Sequence[Detection], signs: SceneSigns | None) -> None:
        """All that was found on the frame of `time`, scenery left out, and signs if there are new ones; in order of time."""

    def jumped(self) -> None:
        """What follows is another scene."""


class Nobody(Witness):
    """Nobody wants to know: of a file there is only the view."""

    often = wants_signs = False

    def looked(self, frame: RawFrame, time: float, found: Sequence[Detection], signs: SceneSigns | None) -> None:
        """It is for covers alone."""

    def jumped(self) -> None:
        """Nothing is remembered."""


@dataclasses.dataclass(slots=True, eq=False)
class _Closer:
    """A closer look: where and when, and the frame until it is answered."""

    time: float
    place: Box
    frame: RawFrame | None = dataclasses.field(repr=False)


class Sight:
    """Takes frames in order of time, gives back shown frames. Used from one thread."""

    def __init__(
        self,
        answers: Answers | Looks,
        tracker: Tracker,
        redactor: Redactor,
        options: SightOptions,
        witness: Witness | None = None,
    ) -> None:
        self._looks = answers if isinstance(answers, Looks) else AtOnce(answers)
        self._tracker = tracker
        self._redactor = redactor
        self._options = options
        self._witness = witness or Nobody()
        self._scene_watch = SceneWatch(redactor.plate)
        self._signs: SceneSigns | None = None  # of which nobody has been told
        self._tally = Tally()
        self._asked: dict[float, Scene] = {}  # by time, of looks that may still be answered
        self._forget()

    @property
    def redactor(self) -> Redactor:
        return self._redactor

    def take(self, frame: RawFrame, time: float, *, damaged: bool = False) -> Iterator[ShownFrame]:
        """Take in the frame of `time` (seconds, rising); yields every frame whose turn has come."""
        if frame.jump:
            yield from self._redactor.drain(self._tracker.covers)  # while it is known who was on what still waits
            self._tracker.reset()
            self._tally.reset()
            self._witness.jumped()
            self._forget()
        scene = self._redactor.push(frame, time, self._tracker.covers(time), damaged=damaged)
        if not damaged and self._due(scene):
            self._looked = time
            self._asked[time] = scene
            self._looks.ask(scene.frame, time)
        if self._witness.wants_signs and not damaged:
            self._signs = self._scene_watch.look(scene) or self._signs
        self._taken = time
        self._give_up(time - self._options.stale - _JITTER)
        for answer in self._looks.answers():
            if isinstance(answer, WholeAnswer):
                if self._answered_whole(answer) and not damaged:
                    self._closer_left = self._options.closer
                    self._look_closer(scene)
            else:
                self._answered_close(answer, scene.frame)
                if answer.time == time and not damaged:  # answered at once: there may be room for another
                    self._look_closer(scene)
        yield from self._redactor.release(time, self._tracker.covers)

    def finish(self) -> Iterator[ShownFrame]:
        """The frames that still wait when the stream has ended."""
        yield from self._redactor.drain(self._tracker.covers)

    def aim(self, wall: WallUs) -> ShownFrame | None:
        """The picture to aim the camera by."""
        hidden = [box for time in (self._answered, self._taken) for box, _ in self._tracker.covers(time)]
        return self._redactor.aim(hidden, wall)

    def in_sight(self, time: float) -> Mapping[ObjectClass, int] | None:
        """How many of each class there are at `time`, None where that is not known."""
        return self._tally.now(time)

    def covers(self, time: float) -> Labelled:
        return self._tracker.covers(time)

    def _forget(self) -> None:
        """What was seen up to now says nothing of what follows."""
        self._looks.forget()
        self._asked.clear()
        self._looked = self._answered = self._taken = float("-inf")
        self._closer_left = 0
        self._closer: _Closer | None = None  # the closer look that was asked for last
        self._known: set[int] = set()
        self._uncertain = False  # somebody is new, or was lost
        self._checking = False  # a place waits for closer looks

    def _due(self, scene: Scene) -> bool:
        """Whether to look at this frame: the next would be too late."""
        options = self._options
        waited = scene.time - self._looked
        idle = not self._asked and self._looks.load <= options.idle
        if idle and (self._uncertain or (self._witness.often and scene.moving)):
            wait = options.look_eager
        elif scene.moving or not self._redactor.plate.ready or (idle and self._checking):
            wait = options.look_moving
        else:
            wait = options.look_still
        step = scene.time - self._taken  # infinite where nothing was taken before
        return waited + step > wait + _JITTER

    def _give_up(self, before: float) -> None:
        """Do not keep what was asked so long ago that its answer is of no use: a detector may be gone for hours."""
        self._asked = {time: scene for time, scene in self._asked.items() if time >= before}

    def _answered_whole(self, answer: WholeAnswer) -> bool:
        """Take in an answer, if it is of any use yet: on a frame that was asked about, after all answers before."""
        scene = self._asked.get(answer.time)
        if scene is None:
            return False
        self._give_up(answer.time + _JITTER)
        self._answered = answer.time
        plate = self._redactor.plate
        found = with_people_found(answer.found, lambda box: self._is_new(box, scene))
        there = [one for one in found if not self._is_scenery(one, scene)]
        for ended in self._tracker.update(there, scene.time):
            if ended.label is ObjectClass.PERSON and not ended.left_picture:
                plate.doubt(ended.box, ended.seen)
        tracks = self._tracker.current(scene.time)
        self._tally.looked(tracks, scene.time)
        self._witness.looked(scene.frame, scene.time, there, self._signs)
        self._signs = None
        # A parked car that is found now and then is no reason to look more often.
        self._uncertain = any(
            track.missed > 0 or track.number not in self._known
            for track in tracks
            if scene.moving or track.label is ObjectClass.PERSON
        )
        self._known = {track.number for track in tracks}
        people = [one for one in found if one.label is ObjectClass.PERSON]
        signs = Signs(
            seen=[one.box for one in people],
            sure=[one.box for one in people if one.score >= SURE],
            foretold=[track.box for track in tracks if track.label is ObjectClass.PERSON],
        )
        self._redactor.answered(signs, scene, all_people=self._looks.protection is Protection.REDUCED)
        return True

    def _look_closer(self, scene: Scene) -> None:
        """Ask about a place that stays as it is, on the newest frame: one at a time, and fewer while others wait."""
        options = self._options
        if self._closer_left <= 0:
            return
        if self._closer is not None and self._closer.time != scene.time:
            waited = scene.time - self._closer.time
            if waited < (options.look_eager if self._looks.load <= options.idle else options.close_busy) - _JITTER:
                return
        self._checking = False
        passing = [
            track.box
            for track in self._tracker.current(scene.time)
            if track.label is ObjectClass.PERSON and track.score >= SURE
        ]
        places = self._redactor.plate.places_to_look_at(scene.time, scene.strange)
        # Whoever is surely there needs no closer look, and in one beside them they would be taken for the place.
        for place in [one for one in places if not any(_beside(one, box) for box in passing)][:1]:
            self._checking = True
            self._closer_left -= 1
            self._closer = _Closer(scene.time, place, scene.frame)
            self._looks.ask_closer(scene.frame, scene.time, place)

    def _answered_close(self, answer: CloseAnswer, frame: RawFrame) -> None:
        """Take in what was seen of a place; that nobody is there, only if it still looks as it did then."""
        asked = self._closer
        if asked is None or asked.frame is None or (asked.time, asked.place) != (answer.time, answer.place):
            return
        person = answer.score >= LEAST_PERSON
        if person or frame is asked.frame or alike(asked.frame, frame, answer.place):
            self._redactor.plate.looked(answer.place, answer.time, person=person)
        asked.frame = None

    def _is_new(self, box: Box, scene: Scene) -> bool:
        """Whether a place that is known looks different now."""
        plate = self._redactor.plate
        cells = plate.geometry.cells(box)
        new = scene.strange[cells] & plate.known[cells]
        return bool(new.size and new.mean() >= _NEW)

    def _is_scenery(self, found: Detection, scene: Scene) -> bool:
        """A thing that looks like somebody, was cleared by close looks, and is still there just as it was."""
        if found.label is ObjectClass.PERSON and found.score >= SURE:
            return False
        cells = self._redactor.plate.geometry.cells(found.box)
        strange, cleared = scene.strange[cells], self._redactor.plate.cleared[cells]
        return bool(strange.size and strange.mean() <= 0.05 and cleared.mean() >= 0.4)


def _beside(place: Box, person: Box) -> bool:
    """Whether somebody is in a place, or within half of their width of it."""
    reach = person.width / 2
    return (
        place.left < person.right + reach
        and person.left - reach < place.right
        and place.top < person.bottom
        and person.top < place.bottom
    )
