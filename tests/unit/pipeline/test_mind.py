"""One camera's mind, told what a detector found; with the watch arm before it: test_watch_rules.py."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import sqlalchemy as sa

from tests.unit.rules.staged import BEGIN
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.model.camera import Camera
from watchglass.model.count import Inside
from watchglass.model.event import Event, RuleKind
from watchglass.model.frame import RawFrame
from watchglass.model.media import TICKS_PER_SECOND, Ticks
from watchglass.model.place import Direction, Point, Tripwire, Zone
from watchglass.model.rule import Rule
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.pipeline.clerk import Clerk
from watchglass.pipeline.mind import Mind
from watchglass.rules.engine import Engine
from watchglass.store.counts import Counts
from watchglass.store.events import Events, Wanted
from watchglass.store.rules import Rules

EVER = WallUs(1 << 60)
WIDTH, HEIGHT = 640, 480
LOOK = 0.4
GATE = Tripwire("gate", Point(0.5, 1.0), Point(0.5, 0.0))
YARD = Zone("yard", (Point(0.2, 0.2), Point(0.8, 0.2), Point(0.8, 1.0), Point(0.2, 1.0)))
CROSSING = Rule(camera=1, name="over", kind=RuleKind.CROSSING, tripwire=GATE)
INTRUSION = Rule(camera=1, name="in the yard", kind=RuleKind.INTRUSION, zone=YARD)

Found = Callable[[float], Sequence[Detection]]


def person(x: float, score: float = 0.8) -> Detection:
    return Detection(Box(x - 16, 200, x + 16, 280), ObjectClass.PERSON, score)


def car(x: float, label: ObjectClass = ObjectClass.CAR, score: float = 0.8) -> Detection:
    return Detection(Box(x - 60, 200, x + 60, 250), label, score)


def walks(score: float = 0.8) -> Found:
    """From the left to the right, within 10 s."""
    return lambda time: [person(100 + 44 * time, score)] if time <= 10 else []


class Minding:
    """A mind with its clerk, for both of whom the test is the thread."""

    def __init__(self, engine: sa.Engine, camera: Camera, begin: WallUs = BEGIN) -> None:
        self.begin = begin  # when media time began
        self.pace = 0.1  # seconds of the clock from frame to frame
        self.clock = SimulatedClock(begin)
        self.rules, self.events, self.counts = Rules(engine), Events(engine), Counts(engine)
        self.clerk = Clerk(self.rules, self.events, self.counts, self.clock)
        self.mind = Mind(camera, self.clerk, self.clock, dt.UTC)
        self.time = 0.0

    def see(self, found: Found, seconds: float, look: float = LOOK, *, answers: bool = True) -> None:
        """Frames, ten a second, of which some are looked at."""
        looked = -1.0
        for _ in range(round(seconds * 10)):
            self.time = round(self.time + 0.1, 6)
            self.clock.advance(self.pace)
            self.clerk.turn()
            wall = WallUs(self.begin + round(self.time * MICROSECONDS))
            plane = np.zeros((HEIGHT, WIDTH), np.uint8)
            frame = RawFrame(plane, plane, plane, Ticks(round(self.time * TICKS_PER_SECOND)), wall, False)
            if answers and self.time - looked > look - 1e-6:
                looked = self.time
                self.mind.looked(frame, self.time, found(self.time))
            self.mind.passed(wall)
        self.clerk.turn()

    @property
    def kept(self) -> list[Event]:
        return self.events.page(Wanted()).events


@pytest.fixture
def minding(engine: sa.Engine, camera: Camera) -> Minding:
    made = Minding(engine, camera)
    made.clerk.turn()
    return made


@pytest.mark.parametrize("look", [0.4, 0.7])
def test_who_walks_over_a_line_is_counted_once(minding: Minding, look: float) -> None:
    minding.rules.add(CROSSING)
    minding.see(walks(), 12, look)
    assert len(minding.kept) == 1
    [count] = minding.counts.of(WallUs(0), EVER)  # though the minute is not over
    assert (count.direction, count.count) == (Direction.FORWARD, 1)


@pytest.mark.parametrize(("score", "threshold", "counted"), [(0.4, 0.35, 1), (0.4, 0.6, 0), (0.65, 0.6, 1)])
def test_whoever_reaches_the_threshold_is_followed(
    minding: Minding, score: float, threshold: float, counted: int
) -> None:
    minding.rules.add(dataclasses.replace(CROSSING, threshold=threshold))
    minding.see(walks(score), 12)
    assert len(minding.kept) == counted


def test_who_is_seen_surely_once_is_followed_while_faint(minding: Minding) -> None:
    minding.rules.add(CROSSING)
    minding.see(lambda time: walks(0.8 if time < 3 else 0.15)(time), 12)
    [event] = minding.kept
    assert event.score == 0.8


def test_a_car_that_is_called_a_lorry_now_and_then_is_one(minding: Minding) -> None:
    """36 km/h across the picture, a car of 1.5 m taken as 50 pixels: it is elsewhere at each look."""
    minding.rules.add(dataclasses.replace(CROSSING, classes=(ObjectClass.CAR, ObjectClass.TRUCK)))
    labels = [ObjectClass.CAR, ObjectClass.CAR, ObjectClass.TRUCK]
    minding.see(lambda _: [], 1)
    minding.see(lambda time: [car(333 * time - 273, labels[round(time / LOOK) % 3])] if time < 2.6 else [], 4)
    [event] = minding.kept
    assert event.tracks == 1


def test_whoever_is_gone_is_not_there_for_long(minding: Minding) -> None:
    """Nobody who is waited for keeps an event: it ends as rules say."""
    minding.rules.add(INTRUSION)
    minding.see(lambda time: [person(320)] if time < 5 else [], 15)
    [event] = minding.kept
    assert event.end is not None
    assert 5 <= (event.end - BEGIN) / MICROSECONDS <= 8.5


def test_while_the_detector_is_gone_nothing_lasts(minding: Minding) -> None:
    minding.rules.add(INTRUSION)
    minding.see(lambda _: [person(320)], 4)
    minding.see(lambda _: [], 6, answers=False)
    [event] = minding.kept
    assert event.end is not None
    assert (event.end - BEGIN) / MICROSECONDS <= 4
    minding.see(lambda _: [person(320)], 4)
    assert [one.end is None for one in minding.kept] == [True, False]


def test_looks_are_wanted_often_only_where_a_rule_needs_them(minding: Minding) -> None:
    assert (minding.mind.often, minding.mind.wants_signs) == (False, False)
    intrusion = minding.rules.add(INTRUSION)
    minding.see(lambda _: [], 1)
    assert (minding.mind.often, minding.mind.wants_signs) == (False, False)
    crossing = minding.rules.add(CROSSING)
    minding.see(lambda _: [], 1)
    assert (minding.mind.often, minding.mind.wants_signs) == (True, False)
    minding.rules.change(dataclasses.replace(crossing, enabled=False))
    tampering = Rule(camera=1, name="covered", kind=RuleKind.TAMPERING, seconds=5)
    minding.rules.add(tampering)
    minding.see(lambda _: [], 1)
    assert (minding.mind.often, minding.mind.wants_signs) == (False, True)
    for rule in minding.rules.of(1):
        if rule.id != intrusion.id:
            minding.rules.remove(rule.id)
    minding.see(lambda _: [], 1)
    assert (minding.mind.often, minding.mind.wants_signs) == (False, False)


def test_how_many_are_inside_outlives_an_outage(minding: Minding) -> None:
    """And the event of as many lasts anew."""
    gate = Rule(camera=1, name="inside", kind=RuleKind.OCCUPANCY, tripwire=GATE, direction=Direction.FORWARD, count=1)
    minding.rules.add(gate)
    minding.see(walks(), 12)
    assert [one.end for one in minding.kept] == [None]
    minding.mind.jumped()
    minding.mind.rest()
    minding.clock.advance(1)
    minding.clerk.turn()
    assert [one.end is None for one in minding.kept] == [False]
    minding.see(lambda _: [], 2)
    assert [one.end is None for one in minding.kept] == [True, False]


INSIDE = Rule(camera=1, name="inside", kind=RuleKind.OCCUPANCY, tripwire=GATE, direction=Direction.FORWARD)


def later(minding: Minding, engine: sa.Engine, camera: Camera, seconds: float = 60.0) -> Minding:
    """Another process, some time after the first was killed: nothing was told to it."""
    again = Minding(engine, camera, WallUs(minding.clock.wall_us() + round(seconds * MICROSECONDS)))
    again.clerk.turn()
    return again


def counted(minding: Minding) -> int:
    return sum(one.count for one in minding.counts.of(WallUs(0), EVER))


def test_how_many_are_inside_and_all_counts_outlive_whoever_counts(
    minding: Minding, engine: sa.Engine, camera: Camera
) -> None:
    minding.rules.add(INSIDE)
    minding.see(walks(), 12)
    minding.see(lambda _: [], 2)
    again = later(minding, engine, camera)
    again.see(walks(), 12)
    assert again.counts.inside() == {1: Inside(2, 0, 2)}
    assert counted(again) == 2
    again.mind.rest()  # stopped in order
    again.clerk.turn(last=True)
    assert again.counts.inside() == {1: Inside(2, 0, 2)}
    again = later(again, engine, camera)
    again.see(lambda time: walks()(12 - time), 12)
    assert again.counts.inside() == {1: Inside(2, 1, 1)}
    assert counted(again) == 3


def test_how_many_are_inside_outlives_hours_in_which_the_camera_is_off(minding: Minding, camera: Camera) -> None:
    """As any change of a camera: it is minded anew."""
    minding.rules.add(INSIDE)
    minding.see(walks(), 12)
    minding.mind.rest()
    minding.mind = Mind(camera, minding.clerk, minding.clock, dt.UTC)
    minding.see(lambda time: walks()(time - 12), 12)
    assert minding.counts.inside() == {1: Inside(2, 0, 2)}


def test_frames_that_come_again_are_not_counted_again(minding: Minding, engine: sa.Engine, camera: Camera) -> None:
    """The recorder hands whoever begins what it has since the last keyframe; whoever was killed has counted on it."""
    minding.rules.add(INSIDE)
    minding.see(walks(), 12)
    again = Minding(engine, camera, minding.clock.wall_us())
    again.clerk.turn()
    again.begin, again.pace = BEGIN, 0.01  # decoded as fast as can be
    again.see(walks(), 12)
    again.pace = 0.1
    again.see(lambda time: walks()(time - 12), 12)
    assert again.counts.inside() == {1: Inside(2, 0, 2)}
    assert counted(again) == 2


def test_a_clock_that_is_set_back_neither_doubles_nor_loses(
    minding: Minding, engine: sa.Engine, camera: Camera
) -> None:
    minding.rules.add(INSIDE)
    minding.see(walks(), 12)
    again = later(minding, engine, camera, -3600)
    again.see(walks(), 12)
    again.begin = WallUs(again.begin - 3600 * MICROSECONDS)  # and once more, while it watches
    again.see(lambda time: walks()(time - 13), 14)
    assert again.counts.inside() == {1: Inside(3, 0, 3)}
    assert counted(again) == 3


def test_a_fault_of_ours_forgets_nobody_who_is_inside(minding: Minding, monkeypatch: pytest.MonkeyPatch) -> None:
    minding.rules.add(INSIDE)
    minding.see(walks(), 12)
    look = Engine.look

    def fails(*_arguments: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(Engine, "look", fails)
    minding.see(lambda _: [], 1)
    monkeypatch.setattr(Engine, "look", look)
    minding.see(lambda _: [], 12)
    minding.see(lambda time: walks()(time - 25), 12)
    assert minding.counts.inside() == {1: Inside(2, 0, 2)}


def test_a_rule_that_is_another_begins_with_nobody(minding: Minding, engine: sa.Engine, camera: Camera) -> None:
    rule = minding.rules.add(INSIDE)
    minding.see(walks(), 12)
    minding.rules.change(dataclasses.replace(rule, count=9))
    minding.see(lambda _: [], 2)
    again = later(minding, engine, camera)
    again.see(walks(), 12)
    assert again.counts.inside() == {1: Inside(1, 0, 1)}
    assert counted(again) == 2


def test_a_rule_with_a_low_threshold_disturbs_no_other(minding: Minding) -> None:
    minding.rules.add(INTRUSION)
    minding.see(lambda _: [person(320)], 4)
    minding.rules.add(dataclasses.replace(CROSSING, threshold=0.3))
    minding.see(lambda _: [person(320)], 4)
    [event] = minding.kept
    assert (event.end, event.tracks) == (None, 1)
