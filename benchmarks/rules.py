"""What rules cost: looks a second of one core, with 8 cameras of 10 rules each and 20 things in every look.

Ten looks a second of each camera, of which a box in seven is a detection and the others are guessed; things go to and fro over
zones and tripwires, and one in five hundred looks gives one of them another number. And how a queue of vehicles that creeps over
a tripwire is counted.
"""

import datetime as dt
import os
import random
import time

from benchmarks.table import Row
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.cli.progress import Report
from watchglass.model.calibration import Calibration, Ground
from watchglass.model.event import RuleKind
from watchglass.model.look import NO_SIGNS, Look
from watchglass.model.place import Direction, Point, Tripwire, Zone
from watchglass.model.rule import Rule
from watchglass.model.vision import Box, ObjectClass, Track
from watchglass.rules.engine import Engine
from watchglass.rules.followed import LINGER

CAMERAS, THINGS, LOOKS = 8, 20, 600
QUEUE = 150
RATE = 10
_QUEUE_RATE = 4
LEAST = 1000
"""Looks a second that are wanted: 8 cameras at 15 a second are 120."""

_SIZE = 1000
_SUPPORT = 7
_SWITCH = 500
_YARD = Zone("yard", tuple(Point(x, y) for x, y in ((0.3, 0.3), (0.7, 0.2), (0.8, 0.6), (0.6, 0.8), (0.3, 0.7))))
_GATE = Tripwire("gate", Point(0.5, 1), Point(0.5, 0))
_ROAD = Calibration(
    tuple(Point(x, y) for x, y in ((0.2, 0.9), (0.8, 0.9), (0.6, 0.3), (0.4, 0.3))),
    tuple(Ground(x, y) for x, y in ((0, 0), (10, 0), (10, 40), (0, 40))),
)
_ANY = (ObjectClass.PERSON, ObjectClass.CAR)
_RULES = (
    Rule(id=1, camera=1, name="1", kind=RuleKind.INTRUSION, zone=_YARD, classes=_ANY),
    Rule(id=2, camera=1, name="2", kind=RuleKind.CROSSING, tripwire=_GATE, classes=_ANY),
    Rule(id=3, camera=1, name="3", kind=RuleKind.LOITERING, zone=_YARD, seconds=20, classes=_ANY),
    Rule(id=4, camera=1, name="4", kind=RuleKind.CROWDING, zone=_YARD, count=8, classes=_ANY),
    Rule(id=5, camera=1, name="5", kind=RuleKind.OCCUPANCY, tripwire=_GATE, direction=Direction.FORWARD, classes=_ANY),
    Rule(id=6, camera=1, name="6", kind=RuleKind.STOPPED, zone=_YARD, seconds=10),
    Rule(id=7, camera=1, name="7", kind=RuleKind.QUEUE, zone=_YARD, count=5, classes=_ANY),
    Rule(id=8, camera=1, name="8", kind=RuleKind.SPEED, calibration=_ROAD, kmh=10),
    Rule(id=9, camera=1, name="9", kind=RuleKind.LYING, seconds=10),
    Rule(id=10, camera=1, name="10", kind=RuleKind.TAMPERING, seconds=5),
)


def rows(tell: Report, looks: int = LOOKS) -> list[Row]:
    """The figures."""
    tell("making looks", 0, 3)
    cameras = [_looks(camera, looks, _SUPPORT) for camera in range(CAMERAS)]
    tell("rules", 1, 3)
    each, happenings, crossings = _run(cameras)
    tell("rules, all boxes detected", 2, 3)
    dense, _, _ = _run([_looks(camera, looks, 1) for camera in range(CAMERAS)])
    load = f"load average {os.getloadavg()[0]:.1f}"
    return [
        Row(
            f"looks of {THINGS} things by {len(_RULES)} rules, {CAMERAS} cameras, one core",
            f"{1 / each:,.0f} a second, {each * 1e6:.0f} us each ({load})",
            f">= {LEAST:,} a second",
            1 / each >= LEAST,
        ),
        Row("... where each box is a detection", f"{1 / dense:,.0f} a second, {dense * 1e6:.0f} us each", "", True),
        Row(
            "... what came of them",
            f"{happenings:,} happenings ({happenings / sum(map(len, cameras)) / each:,.0f} a second), {crossings:,} crossings",
            "",
            True,
        ),
        Row(
            "... share of a core for these cameras at 10 looks a second",
            f"{CAMERAS * RATE * each * 100:.1f} %",
            "",
            True,
        ),
        *(_queue(longest) for longest in (1.5, 3.0, 6.0)),
    ]


def _run(cameras: list[list[Look]]) -> tuple[float, int, int]:
    """Seconds of a core for a look, happenings, and crossings."""
    engines = [Engine(dt.UTC) for _ in cameras]
    for engine, looks in zip(engines, cameras, strict=True):
        engine.set_rules(_RULES, looks[0].wall)
    happenings = crossings = 0
    began = time.process_time()
    for moment in zip(*cameras, strict=True):
        for engine, look in zip(engines, moment, strict=True):
            outcome = engine.look(look)
            happenings += len(outcome.happenings)
            crossings += len(outcome.crossings)
    return (time.process_time() - began) / sum(map(len, cameras)), happenings, crossings


def _looks(camera: int, count: int, support: int) -> list[Look]:
    chance = random.Random(camera)  # noqa: S311 - the same each time
    numbers = list(range(THINGS))
    places = [(chance.uniform(0.2, 0.8), chance.uniform(0.2, 0.8)) for _ in numbers]
    ways = [(chance.uniform(-0.015, 0.015), chance.uniform(-0.005, 0.005)) for _ in numbers]
    found: list[Look] = []
    for step in range(count):
        tracks = []
        for one in range(THINGS):
            (x, y), (across, down) = places[one], ways[one]
            if not 0.1 < x + across < 0.9 or chance.random() < 0.01:
                across = -across
            if not 0.2 < y + down < 0.95:
                down = -down
            places[one], ways[one] = (x + across, y + down), (across, down)
            if chance.random() < 1 / _SWITCH:
                numbers[one] += THINGS
            label = ObjectClass.CAR if one % 2 else ObjectClass.PERSON
            width, height = (200, 80) if one % 2 else (40, 100)
            left, bottom = x * _SIZE - width / 2, y * _SIZE
            box = Box(left, bottom - height, left + width, bottom)
            missed = (step + one) % support / RATE
            tracks.append(Track(numbers[one], box, label, chance.uniform(0.5, 0.9), missed))
        wall = WallUs(1_800_000_000 * MICROSECONDS + step * MICROSECONDS // RATE)
        found.append(Look(step / RATE, wall, _SIZE, _SIZE, tuple(tracks), NO_SIGNS))
    return found


# ---- stop-and-go on a tripwire


def _queue(longest: float) -> Row:
    forward, backward, naive = stop_and_go(QUEUE, longest)
    right = forward == QUEUE and backward == 0
    return Row(
        f"{QUEUE} vehicles stop and go on a tripwire, lost for up to {longest:g} s",
        f"{forward} forward, {backward} backward; {naive} changes of side",
        "each once" if longest <= LINGER else "",
        right or longest > LINGER,
    )


def stop_and_go(vehicles: int, longest: float, seed: int = 0) -> tuple[int, int, int]:
    """How many a rule counts of a queue that creeps over a line, forward and backward; and how many changes of side all
    tracks have.

    Four looks a second. Vehicles follow each other closely, stand for 2 to 20 s, then all go on by a part of their length. Boxes
    jitter by 3 % of it; at each look one in forty is lost, for up to `longest` seconds, and comes back with another number.
    """
    chance = random.Random(seed)  # noqa: S311 - the same each time
    engine = Engine(dt.UTC)
    vehicle = Rule(id=1, camera=1, name="1", kind=RuleKind.CROSSING, tripwire=_GATE, classes=(ObjectClass.CAR,))
    engine.set_rules([vehicle], WallUs(0))
    fronts = [0.15 - 0.25 * one for one in range(vehicles)]
    numbers, lost = list(range(vehicles)), [0.0] * vehicles
    sides: dict[int, bool] = {}
    found = {Direction.FORWARD: 0, Direction.BACKWARD: 0}
    naive, step, wait, go = 0, 0, 0.0, 0.0
    while fronts[-1] < 0.9:
        step += 1
        wait -= 1 / _QUEUE_RATE
        if wait <= 0 and go <= 0:
            wait, go = chance.uniform(2, 20), chance.uniform(0.03, 0.2)
        if wait <= 0 < go:
            go -= 0.02
            fronts = [front + 0.02 for front in fronts]
            wait = 0 if go > 0 else chance.uniform(2, 20)
        tracks = []
        for one, front in enumerate(fronts):
            lost[one] -= 1 / _QUEUE_RATE
            if not 0.1 < front < 0.9 or lost[one] > 0:
                continue
            if chance.random() < 1 / 40:
                lost[one], numbers[one] = chance.uniform(0, longest), numbers[one] + vehicles
                continue
            x, y = front + chance.gauss(0, 0.006), 0.6 + chance.gauss(0, 0.003)
            box = Box((x - 0.1) * _SIZE, (y - 0.1) * _SIZE, (x + 0.1) * _SIZE, y * _SIZE)
            tracks.append(Track(numbers[one], box, ObjectClass.CAR, 0.8, 0.0))
            naive += sides.get(numbers[one], x > 0.5) != (x > 0.5)
            sides[numbers[one]] = x > 0.5
        now = step / _QUEUE_RATE
        look = Look(now, WallUs(round(now * MICROSECONDS)), _SIZE, _SIZE, tuple(tracks))
        for crossing in engine.look(look).crossings:
            found[crossing.direction] += 1
    return found[Direction.FORWARD], found[Direction.BACKWARD], naive
