"""Tracks of a whole video file: people as a detector knows them, and whatever else moves.

The file is read twice, in memory that grows with what moves and not with its length. The first pass looks at every frame,
follows people and learns the empty scene; in the second what differs from that and is nobody of theirs is followed.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from watchglass.detect.detector import Detector
from watchglass.detect.motion import EmptyScene, moving_things
from watchglass.ingest.whole import VideoFile
from watchglass.model.place import Direction, Tripwire
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.pipeline.file import Progress
from watchglass.track.crossing import count
from watchglass.track.follow import Follower, FollowOptions
from watchglass.track.likeness import inside
from watchglass.track.trail import Trail, trails

_THINGS = FollowOptions(begin=0.0, sure=0.0, overlap=0.2, patience=1.0, taller=2.5, leap=3.0, speed=10.0)
"""What moves is found by its difference: there is no score, and none is lost behind another for long."""

_ENOUGH = 0.9
"""Of the frames that a file promises: indexes are off by a few, and durations by a frame rate that is not even."""

_DARK = 50.0  # of 255; a street by night with lamps reaches 100 and more
_GLANCE = 10  # frames from one look at how bright it is to the next

_STIRRED = 0.75  # heights that a thing must move by, so that a branch in the wind is none
_MEETING = 0.5  # seconds between the end of a trail and the beginning of the one that goes on with it
_MEETING_WITHIN = 0.3  # share of the smaller box that lies in the larger
_GROWN = 0.15  # of a person's box on each side: shadows and shoes are theirs, too


@dataclasses.dataclass(frozen=True, slots=True)
class FileTracks:
    """All trails of a video of this size and rate, in the order in which they begin.

    `frames` of it were seen; `promised` is how many the file says there are, 0 where it does not say. `brightest` is the luma (0 to 255)
    that a twentieth of the picture reaches, when it is brightest.
    """

    trails: list[Trail]
    width: int
    height: int
    rate: float
    frames: int = 0
    promised: int = 0
    brightest: float = 255.0

    def doubts(self) -> Iterator[str]:
        """Why not everything may have been seen, a sentence each."""
        if self.frames < _ENOUGH * self.promised:
            yield (
                f"It ends early: {self.frames} of {self.promised} pictures could be read. What comes after them is not in this; "
                "copy the file again if it was cut short on its way."
            )
        if self.brightest < _DARK:
            yield "It is so dark that much may have gone unseen: nobody can be counted where there is no light."

    def crossings(self, tripwires: Iterable[Tripwire]) -> dict[str, dict[Direction, int]]:
        """How often each was crossed, by its name."""
        return {one.name: count(one, self.trails, self.width, self.height, self.rate) for one in tripwires}

    def mot(self) -> str:
        """In MOTChallenge form (https://motchallenge.net/instructions), numbered from 1 as they begin.

        Frame, number, left, top, width, height, score, and three times -1, a line for each box, by frame. Where it was
        hidden the score is the mean of where it was not: a score of 0 would say that the line is to be left out.
        """
        lines = []
        for number, trail in enumerate(self.trails, start=1):
            scores = np.where(trail.scores > 0, trail.scores, trail.scores[trail.scores > 0].mean())
            for place, (left, top, right, bottom) in enumerate(trail.boxes.tolist()):
                where = f"{left:.2f},{top:.2f},{right - left:.2f},{bottom - top:.2f}"
                lines.append((trail.first + place + 1, number, f"{where},{scores[place]:.3f},-1,-1,-1"))
        return "".join(f"{frame},{number},{rest}\n" for frame, number, rest in sorted(lines))


def track_file(source: Path, detector: Detector, progress: Callable[[Progress], None]) -> FileTracks:
    """Follow everything in the video `source`. MissingInputError, BadInputError."""
    with VideoFile(source) as video:
        rate, total = float(video.rate), video.frames_estimate
        known: list[list[Detection]] = []
        scene = EmptyScene()
        follower = Follower(video.width, video.height)
        brightest, frames = 0.0, 0
        for number, decoded in enumerate(video.decode()):
            if number % _GLANCE == 0:
                brightest = max(brightest, float(np.percentile(decoded.frame.y[::8, ::8], 95)))
            frames = number + 1
            found = detector.detect(decoded.frame)
            known.append([one for one in found if one.label is not ObjectClass.PERSON])
            follower.look(number / rate, [one for one in found if one.label is ObjectClass.PERSON])
            scene.learn(decoded.frame)
            progress(Progress("Looking for people", number + 1, total))
        scene.close()
        people = trails(follower.finish(), rate)
        things = Follower(video.width, video.height, _THINGS)
        for number, decoded in enumerate(video.decode()):
            where = [_grown(trail, number) for trail in people if trail.at(number) is not None]
            things.look(number / rate, moving_things(scene.differs(decoded.frame), where, known[number]))
            progress(Progress("Looking for what moves", number + 1, total))
        every = people + _strangers(trails(things.finish(), rate, _STIRRED), people, rate)
        every.sort(key=lambda one: one.first)
        return FileTracks(every, video.width, video.height, rate, frames, total, brightest)


def _strangers(things: list[Trail], people: list[Trail], rate: float) -> list[Trail]:
    """Things but for those that are somebody before they were known, or after."""
    return [
        thing
        for thing in things
        if not any(_goes_on(one, then, rate) for person in people for one, then in ((thing, person), (person, thing)))
    ]


def _goes_on(one: Trail, then: Trail, rate: float) -> bool:
    """Whether a trail begins where and when another ends."""
    if abs(then.first - one.last) > _MEETING * rate:
        return False
    return float(inside(one.boxes[-1:], then.boxes[:1])[0, 0]) >= _MEETING_WITHIN


def _grown(trail: Trail, frame: int) -> Box:
    left, top, right, bottom = trail.boxes[frame - trail.first].tolist()
    across, down = _GROWN * (right - left), _GROWN * (bottom - top)
    return Box(left - across, top - down, right + across, bottom + down)
