"""Rules are silent while nothing happens: five minutes each of shadow, rain, a swaying branch, headlights, an insect on the lens.

All that a watcher has between a camera's packets and its catalogue takes part: the decoder, the detector, looks, tracks, signs
of the scene, rules, the clerk. Only the detector answers at once, and the clock is the footage's.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.leak import Picture
from tests import quiet
from tests.stage import Look, made_street
from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.detect.detector import Detector
from watchglass.detect.hog import HogDetector
from watchglass.detect.yolox import YoloxDetector
from watchglass.ingest.whole import VideoFile
from watchglass.model.calibration import Calibration, Ground
from watchglass.model.camera import Source, SourceKind
from watchglass.model.count import Count
from watchglass.model.event import Event, RuleKind
from watchglass.model.place import Direction, Point, Tripwire, Zone
from watchglass.model.rule import Rule
from watchglass.model.vision import ObjectClass
from watchglass.pipeline.clerk import Clerk
from watchglass.pipeline.mind import Mind
from watchglass.pipeline.sight import AtOnce, Direct, Sight, SightOptions
from watchglass.redact.cells import Geometry
from watchglass.redact.plate import Plate
from watchglass.redact.redactor import RedactOptions, Redactor
from watchglass.settings import Settings
from watchglass.store.events import Wanted
from watchglass.track.tracker import Tracker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EVER = WallUs(1 << 60)
YARD = Zone("yard", (Point(0, 0.25), Point(1, 0.25), Point(1, 1), Point(0, 1)))  # all but where cars are parked
UPRIGHT = Tripwire("upright", Point(0.5, 1), Point(0.5, 0))
ROAD = Calibration(
    (Point(0.05, 0.95), Point(0.95, 0.95), Point(0.8, 0.35), Point(0.2, 0.35)),
    (Ground(0, 0), Ground(8, 0), Ground(8, 20), Ground(0, 20)),
)
# An insect is an animal, and a rule about animals is told of it.
ANYTHING = tuple(one for one in ObjectClass if one not in {ObjectClass.UNKNOWN, ObjectClass.ANIMAL})
SOON: dict[RuleKind, dict[str, Any]] = {
    RuleKind.INTRUSION: {"zone": YARD, "classes": ANYTHING},
    RuleKind.LOITERING: {"zone": YARD, "seconds": 5, "classes": ANYTHING},
    RuleKind.CROWDING: {"zone": YARD, "count": 1, "classes": ANYTHING},
    RuleKind.QUEUE: {"zone": YARD, "count": 1, "classes": ANYTHING},
    RuleKind.CROSSING: {"tripwire": UPRIGHT, "classes": ANYTHING},
    RuleKind.OCCUPANCY: {"tripwire": UPRIGHT, "direction": Direction.FORWARD, "count": 1, "classes": ANYTHING},
    RuleKind.WRONG_WAY: {"tripwire": UPRIGHT, "direction": Direction.FORWARD, "classes": ANYTHING},
    RuleKind.STOPPED: {"zone": YARD, "seconds": 3, "classes": ANYTHING},
    RuleKind.SPEED: {"calibration": ROAD, "kmh": 3, "classes": ANYTHING},
    RuleKind.LYING: {"seconds": 2},
    RuleKind.LEFT_BEHIND: {"seconds": 10},
    RuleKind.TAKEN_AWAY: {"seconds": 10},
    RuleKind.TAMPERING: {"seconds": 5},
}
"""Of each kind a rule that is met as soon as can be, all over the picture."""

TOLD = {
    RuleKind.INTRUSION,
    RuleKind.LOITERING,
    RuleKind.CROWDING,
    RuleKind.CROSSING,
    RuleKind.OCCUPANCY,
    RuleKind.WRONG_WAY,
}
"""Kinds that somebody meets who walks through."""

THINGS = {RuleKind.LEFT_BEHIND, RuleKind.TAKEN_AWAY}
OF_PEOPLE = {RuleKind.INTRUSION, RuleKind.LOITERING, RuleKind.CROWDING, RuleKind.QUEUE, RuleKind.STOPPED}

LIMITS: dict[tuple[str, str], set[RuleKind]] = {
    ("shadow", "built-in"): OF_PEOPLE,
    ("insect", "built-in"): OF_PEOPLE,
}
"""What rules are wrong about, by scene and detector, as their pages in docs/rules say."""

MISSED = {("rain", "built-in")}
"""Where a bag is not told of: that detector takes what is there for somebody."""


@dataclasses.dataclass(frozen=True)
class Watched:
    """What came of a film."""

    events: list[Event]
    counts: list[Count]

    @property
    def quiet(self) -> list[Event]:
        """Events of the time in which nothing happens."""
        return [one for one in self.events if one.start < quiet.ENDS * MICROSECONDS // quiet.RATE]

    def after(self, second: float) -> set[RuleKind]:
        """Kinds of events that began so many seconds after something began to happen, and later."""
        begin = quiet.ENDS / quiet.RATE + second
        return {one.kind for one in self.events if one.start >= begin * MICROSECONDS}


def watched(
    film: Path, detector: Detector, folder: Path, rules: Mapping[RuleKind, Mapping[str, Any]] = SOON
) -> Watched:
    """Go through a film as a watcher does, its rules those that are met as soon as can be unless others are given."""
    clock = SimulatedClock(WallUs(0))
    machine = open_machine(Settings(folder), clock)
    machine.cameras.add("Street", Source(SourceKind.FILE, str(film)))
    for kind, parts in rules.items():
        machine.rules.add(Rule(camera=1, name=kind.value, kind=kind, **parts))
    clerk = Clerk(machine.rules, machine.events, machine.counts, clock)
    clerk.turn()
    mind = Mind(machine.cameras.get(1), clerk, clock, dt.UTC)
    with VideoFile(film) as video:
        tracker, plate = Tracker(video.width, video.height), Plate(Geometry(video.width, video.height))
        redactor = Redactor(plate, RedactOptions(pictures=False))  # what would be shown is no matter here
        sight = Sight(AtOnce(Direct(detector)), tracker, redactor, SightOptions.of(detector), mind)
        for number, decoded in enumerate(video.decode()):
            clock.advance(1 / quiet.RATE)
            list(sight.take(decoded.frame, number / quiet.RATE))
            mind.passed(decoded.frame.wall)
            if number % 5 == 0:
                clerk.turn()
    mind.rest()
    clerk.turn(last=True)
    return Watched(list(every_event(machine)), machine.counts.of(WallUs(0), EVER))


def every_event(machine: Machine) -> Iterator[Event]:
    page = machine.events.page(Wanted())
    yield from page.events
    while page.older is not None:
        page = machine.events.page(Wanted(), after=page.older)
        yield from page.events


@pytest.fixture(scope="module", params=list(quiet.SCENES))
def film(
    request: pytest.FixtureRequest, backdrop: Picture, somebody: Look | None, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A scene on which nothing happens until its end."""
    path = tmp_path_factory.mktemp("films") / f"{request.param}.mp4"
    return quiet.film(quiet.scene(request.param, backdrop, somebody), path, range(quiet.LAST))


def check(film: Path, name: str, detector: Detector, somebody: Look | None, folder: Path) -> None:
    """Nothing is told while nothing happens; all of what happens is told then."""
    found = watched(film, detector, folder / "data")
    limits = LIMITS.get((film.stem, name), set())
    assert [one for one in found.quiet if one.kind not in limits] == []
    assert RuleKind.TAMPERING in found.after(quiet.WALK + quiet.REST)
    if somebody is not None:
        assert found.after(0) >= TOLD
        if (film.stem, name) not in MISSED:
            assert found.after(quiet.WALK / 2) & THINGS
        assert [(one.rule, one.count) for one in found.counts if one.direction is Direction.FORWARD] == [(5, 1), (6, 1)]


def test_the_person_model(film: Path, person_model: Path, somebody: Look | None, tmp_path: Path) -> None:
    check(film, "model", YoloxDetector(person_model), somebody, tmp_path)


def test_the_built_in_detector(film: Path, somebody: Look | None, tmp_path: Path) -> None:
    check(film, "built-in", HogDetector(), somebody, tmp_path)


@pytest.mark.parametrize("name", quiet.SCENES)
def test_a_scene_is_the_same_each_time(name: str) -> None:
    one, other = (quiet.scene(name, made_street()).picture(quiet.BEGINS + 137) for _ in range(2))
    assert np.array_equal(one, other)
    assert not np.array_equal(one, quiet.scene(name, made_street()).picture(quiet.BEGINS + 138))
