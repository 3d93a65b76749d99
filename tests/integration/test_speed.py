"""Speeds of people whose speed is known exactly: real figures, cut out of footage, cross measured ground on a real street.

All that a watcher has between a camera's packets and its catalogue takes part, as where rules are silent (test_silence.py).
"""

import dataclasses
import itertools
import math
import re
from pathlib import Path

import pytest

from benchmarks.leak import Picture
from tests import quiet
from tests.integration.test_silence import ROAD, watched
from tests.stage import HEIGHT, WIDTH, Actor, Look, Place
from watchglass.base.clock import MICROSECONDS
from watchglass.detect.yolox import YoloxDetector
from watchglass.model.calibration import Calibration, Ground
from watchglass.model.event import Event, RuleKind
from watchglass.model.place import Point
from watchglass.model.vision import ObjectClass

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TALL = 1.75  # metres
REST = 5 * quiet.RATE
FAR = 20.0  # metres of ground, and what the picture is high on the way back
BACK = Calibration(
    tuple(Point(place.x / FAR, place.y / FAR) for place in ROAD.ground),
    tuple(Ground(point.x * FAR, point.y * FAR) for point in ROAD.image),
)
"""From the ground to the picture."""


def on_picture(x: float, y: float) -> Place:
    """A place on the ground, in pixels."""
    found = BACK.place(Point(x / FAR, y / FAR))
    assert found
    return found.x / FAR * WIDTH, found.y / FAR * HEIGHT


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """Somebody goes straight from one place to another, in metres, at an exact speed; on which frame they begin."""

    kmh: float
    begin: tuple[float, float]
    end: tuple[float, float]
    look: Look
    frame: int

    @property
    def frames(self) -> int:
        return int(math.dist(self.begin, self.end) / (self.kmh / 3.6) * quiet.RATE)

    def at(self, number: int) -> Place | None:
        return on_picture(*self.ground(number)) if self.frame <= number <= self.frame + self.frames else None

    def ground(self, number: int) -> tuple[float, float]:
        share = (number - self.frame) / quiet.RATE * self.kmh / 3.6 / math.dist(self.begin, self.end)
        (x, y), (to_x, to_y) = self.begin, self.end
        return x + (to_x - x) * share, y + (to_y - y) * share

    def looks(self, number: int) -> Look:
        """As tall as somebody is where they are: a metre upwards is as much as one across."""
        x, y = self.ground(number)
        return self.look.tall(round(TALL * (on_picture(x + 0.5, y)[0] - on_picture(x - 0.5, y)[0])))


WAYS: tuple[tuple[float, tuple[float, float], tuple[float, float]], ...] = (
    (6, (4, 2), (4, 18)),
    (10, (5, 18), (3, 2)),
    (14, (2, 2), (6, 18)),
    (18, (4, 18), (4, 2)),
    (8, (0.5, 6), (7.5, 6)),
    (12, (7, 3), (1, 15)),
)
"""In km/h, from and to: away from the camera, towards it, and across."""


def told(event: Event) -> tuple[float, float]:
    """The speed that people read, and its error."""
    said = re.match(r"About (\d+) km/h, give or take (\d+)", event.detail)
    assert said
    return float(said[1]), float(said[2])


def test_speeds_of_people_are_told(
    backdrop: Picture, somebody: Look | None, person_model: Path, tmp_path: Path
) -> None:
    if somebody is None:
        pytest.skip("the street's footage is not at hand: nobody can be cut out of it")
    runs, frame = [], quiet.BEGINS
    for way in WAYS:
        runs.append(Run(*way, somebody, frame))
        frame += runs[-1].frames + REST
    actors = [Actor(number, run.looks, run.at) for number, run in enumerate(runs, start=1)]
    film = quiet.film(quiet.Quiet(backdrop, actors, rate=quiet.RATE), tmp_path / "runs.mp4", range(frame))
    rules = {RuleKind.SPEED: {"calibration": ROAD, "kmh": 3, "classes": (ObjectClass.PERSON,)}}
    found = sorted(
        watched(film, YoloxDetector(person_model), tmp_path / "data", rules).events, key=lambda one: one.start
    )
    assert len(found) == len(runs)
    for run, after, event in itertools.zip_longest(runs, runs[1:], found):
        begin, end = run.frame, after.frame if after else frame
        assert begin <= event.start * quiet.RATE / MICROSECONDS <= end
        kmh, error = told(event)
        # Nobody is told to be faster than they are; too slow they are by up to a fifth (docs/rules/speed.md).
        assert 0.78 * run.kmh - 0.5 <= kmh <= run.kmh + max(error, 1), run
