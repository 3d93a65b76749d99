"""A stage for rules: things that go exact ways over a picture of 1000 by 1000 pixels, ten looks a second."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.count import Crossing
from watchglass.model.event import Change, Event, Happening, RuleKind
from watchglass.model.look import Look, SceneSigns
from watchglass.model.place import Direction, Point, Tripwire, Zone
from watchglass.model.rule import Rule
from watchglass.model.vision import Box, ObjectClass, Track
from watchglass.rules.engine import Engine, Outcome

SIZE = 1000
STEP = 0.1
BEGIN = WallUs(1_800_000_000 * MICROSECONDS)  # Friday, 15 January 2027, 08:00 UTC

YARD = Zone("yard", (Point(0.4, 0.4), Point(0.8, 0.4), Point(0.8, 0.8), Point(0.4, 0.8)))
# From below to above: forward is from the left of the picture to its right.
GATE = Tripwire("gate", Point(0.5, 1.0), Point(0.5, 0.0))


def person(x: float, y: float, number: int = 1, score: float = 0.8, missed: float = 0.0) -> Track:
    """Somebody whose feet are at a place, 0..1: 40 by 100 pixels."""
    return thing(x, y, number, score, missed)


def thing(
    x: float,
    y: float,
    number: int = 1,
    score: float = 0.8,
    missed: float = 0.0,
    label: ObjectClass = ObjectClass.PERSON,
    size: tuple[float, float] = (40, 100),
) -> Track:
    """Anything, by its anchor."""
    left, bottom = x * SIZE - size[0] / 2, y * SIZE
    return Track(number, Box(left, bottom - size[1], left + size[0], bottom), label, score, missed)


def car(x: float, y: float, number: int = 1, score: float = 0.8, missed: float = 0.0) -> Track:
    """A car, seen from the side: 200 by 80 pixels."""
    return thing(x, y, number, score, missed, ObjectClass.CAR, (200, 80))


def rule(kind: RuleKind, **parts: object) -> Rule:
    """A rule of camera 1, in the yard or over the gate unless it says otherwise."""
    if kind in {RuleKind.CROSSING, RuleKind.WRONG_WAY, RuleKind.OCCUPANCY}:
        parts.setdefault("tripwire", GATE)
    elif kind not in {RuleKind.SPEED, RuleKind.LYING, RuleKind.LEFT_BEHIND, RuleKind.TAKEN_AWAY, RuleKind.TAMPERING}:
        parts.setdefault("zone", YARD)
    if kind in {RuleKind.WRONG_WAY, RuleKind.OCCUPANCY}:
        parts.setdefault("direction", Direction.FORWARD)
    return Rule(camera=1, **{"id": 1, "name": "r", "kind": kind, **parts})  # type: ignore[arg-type]


class Stage:
    """One camera with its rules; keeps all that happens."""

    def __init__(self, *rules: Rule, zone: dt.tzinfo = dt.UTC) -> None:
        self.engine = Engine(zone)
        self.engine.set_rules(rules, BEGIN)
        self.now = 0.0
        self.wall = BEGIN
        self.happenings: list[Happening] = []
        self.crossings: list[Crossing] = []

    def look(self, *tracks: Track, signs: SceneSigns | None = None) -> Outcome:
        """The next look, a tenth of a second later."""
        self.wait(STEP)
        outcome = self.engine.look(Look(self.now, self.wall, SIZE, SIZE, tracks, signs))
        self.take(outcome.happenings)
        self.crossings += outcome.crossings
        return outcome

    def take(self, happenings: Iterable[Happening]) -> None:
        """Keep what happened."""
        self.happenings += happenings

    def wait(self, seconds: float) -> None:
        """Time goes by without a look."""
        self.now = round(self.now + seconds, 6)
        self.wall = WallUs(self.wall + round(seconds * MICROSECONDS))

    def stay(self, seconds: float, *tracks: Track, signs: SceneSigns | None = None) -> None:
        """The same for a while."""
        for _ in range(round(seconds / STEP)):
            self.look(*tracks, signs=signs)

    def walk(self, track: Track, to: tuple[float, float], seconds: float = 2.0) -> Track:
        """Somebody goes in a straight line, alone; where they are then."""
        steps = round(seconds / STEP)
        across = (to[0] * SIZE - (track.box.left + track.box.right) / 2) / steps
        down = (to[1] * SIZE - track.box.bottom) / steps
        for _ in range(steps):
            track = dataclasses.replace(track, box=track.box.moved(across, down))
            self.look(track)
        return track

    @property
    def began(self) -> list[Event]:
        """Events that began."""
        return [one.event for one in self.happenings if one.change is Change.BEGAN]

    @property
    def ended(self) -> list[Event]:
        """Events that ended."""
        return [one.event for one in self.happenings if one.change is Change.ENDED]

    @property
    def ways(self) -> list[Direction]:
        """Directions of all crossings."""
        return [one.direction for one in self.crossings]

    def since(self, wall: WallUs) -> float:
        """Seconds from the beginning to a wall time."""
        return (wall - BEGIN) / MICROSECONDS


def ids(happenings: Iterable[Happening]) -> set[uuid.UUID]:
    """Of the events that these are about."""
    return {one.event.id for one in happenings}
