"""Rules while a camera is watched: somebody walks over a street made here, and what happened is in the catalogue."""

import functools
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from tests.stage import Actor, Stage, block, cut, figure, made_street, stands, walks
from tests.unit.pipeline.support import ScriptedDetector
from tests.unit.pipeline.watching import RATE, Console, NotingCameras, Watching, staged
from watchglass.base.clock import WallUs
from watchglass.base.errors import DiskFullError
from watchglass.model.camera import Health, HealthState, ViewPolicy, ViewState
from watchglass.model.event import Change, Event, Happening, RuleKind
from watchglass.model.frame import RawFrame
from watchglass.model.hours import PrivacyHours
from watchglass.model.look import Look
from watchglass.model.media import StreamInfo
from watchglass.model.place import Direction, Point, Tripwire, Zone
from watchglass.model.rule import Rule
from watchglass.model.vision import Detection, ObjectClass
from watchglass.pipeline import mind
from watchglass.rules.engine import Engine
from watchglass.store.events import Events, Wanted
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views

EVER = WallUs(1 << 60)
WIDTH, HEIGHT, FRAMES = 192, 144, 120
FROM, TO = 20, 80  # frames: who walks goes from the left to the right, and stays there
LINE = Tripwire("gate", Point(0.5, 1.0), Point(0.5, 0.0))
RIGHT = Zone("yard", (Point(0.5, 0.1), Point(1.0, 0.1), Point(1.0, 1.0), Point(0.5, 1.0)))
CROSSING = Rule(camera=1, name="over", kind=RuleKind.CROSSING, tripwire=LINE)
INTRUSION = Rule(camera=1, name="in the yard", kind=RuleKind.INTRUSION, zone=RIGHT)


@functools.cache
def street() -> Stage:
    """Somebody walks from the left to the right and stands there; somebody else stands on the left all the time."""
    walker = Actor(1, figure("checks", 20, 50), walks((FROM, (30, 100)), (TO, (160, 100))))
    waits = Actor(2, figure("stripes", 20, 50, seed=2), stands((12, 130)))
    return Stage(made_street(WIDTH, HEIGHT), [walker, waits], rate=RATE)


@functools.cache
def packets() -> tuple[StreamInfo, list[bytes]]:
    return staged(street(), FRAMES)


class Watched(Watching):
    """The street, watched by a detector that finds who is there."""

    def __init__(self, folder: DataFolder, cameras: NotingCameras, views: Views) -> None:
        super().__init__(folder, cameras, views, ScriptedDetector(self.found))
        self.recorder.begin(info=packets()[0])

    def found(self, frame: RawFrame) -> Sequence[Detection]:
        number = min(max(0, self.recorder.place_of(frame.wall)), FRAMES - 1)
        return [Detection(box, ObjectClass.PERSON, 0.8) for _, box in street().boxes(number)]

    def feed(self, count: int) -> range:
        return self.recorder.feed(count, data=packets()[1])

    def walk(self) -> Console:
        """All of it, from the start of a watcher who knows the rules on, and seen but for the last second."""
        console = self.start()
        self.until_ruled()
        fed = self.feed(FRAMES)
        if self.cameras.get(1).policy is not ViewPolicy.COUNTS:
            console.until_seen(self.recorder.wall(fed[-1] - RATE))
        return console

    @property
    def kept(self) -> list[Event]:
        return self.events.page(Wanted()).events

    def until_kept(self, change: Change = Change.BEGAN) -> Happening:
        self.until(lambda: any(one.change is change for one in self.told))
        return next(one for one in self.told if one.change is change)


@pytest.fixture
def watched(engine: sa.Engine, folder: DataFolder, views: Views) -> Iterator[Watched]:
    made = Watched(folder, NotingCameras(engine, folder), views)
    yield made
    made.close()


def test_somebody_walks_over_a_tripwire(watched: Watched) -> None:
    rule = watched.rules.add(CROSSING)
    watched.walk()
    began = watched.until_kept()
    watched.stop()
    [event] = watched.kept
    assert event == began.event
    assert (event.camera, event.rule, event.kind, event.place) == (1, rule.id, RuleKind.CROSSING, "gate")
    assert (event.score, event.tracks, event.start) == (0.8, 1, event.end)
    over = watched.recorder.place_of(event.start)
    assert (FROM + TO) / 2 <= over <= (FROM + TO) / 2 + 10
    [count] = watched.counts.of(WallUs(0), EVER)
    assert (count.rule, count.direction, count.label, count.count) == (
        rule.id,
        Direction.FORWARD,
        ObjectClass.PERSON,
        1,
    )


@pytest.mark.parametrize("policy", [ViewPolicy.COUNTS, ViewPolicy.VEHICLES])
def test_whatever_is_seen_of_the_camera(watched: Watched, policy: ViewPolicy) -> None:
    """Where there is no picture there are events all the same."""
    watched.cameras.set_policy(1, policy)
    watched.rules.add(CROSSING)
    watched.walk()
    watched.until_kept()
    watched.stop()
    assert len(watched.kept) == 1
    assert (watched.views.segments(1, WallUs(0), EVER) == []) == (policy is ViewPolicy.COUNTS)


def test_a_rule_that_is_added_while_it_is_watched(watched: Watched) -> None:
    watched.start()
    watched.until_ruled()
    watched.feed(FROM)
    rule = watched.rules.add(CROSSING)
    watched.until_ruled()
    watched.feed(FRAMES - FROM)
    assert watched.until_kept().event.rule == rule.id


def test_a_rule_that_is_removed_ends_its_event(watched: Watched) -> None:
    rule = watched.rules.add(INTRUSION)
    watched.walk()
    watched.until_kept()
    watched.rules.remove(rule.id)
    watched.until_ruled()
    fed = watched.recorder.feed(20, data=packets()[1][100:])
    event = watched.until_kept(Change.ENDED).event
    assert event.end is not None
    assert event.end >= watched.recorder.wall(fed[0] - RATE)


def test_what_a_watcher_left_that_was_killed_is_ended(watched: Watched) -> None:
    rule = watched.rules.add(INTRUSION)
    begun, seen = watched.recorder.wall(-600), watched.recorder.wall(-300)
    left = Event(uuid.uuid4(), 1, rule.id, RuleKind.INTRUSION, begun, None, 0.7, 1, "yard")
    watched.events.take([Happening(Change.BEGAN, left, seen)])
    watched.walk()
    new = watched.until_kept().event
    assert {one.id: one.end for one in watched.kept} == {left.id: seen, new.id: None}


def test_of_cameras_that_are_off_too(watched: Watched) -> None:
    left = Event(uuid.uuid4(), 1, 1, RuleKind.INTRUSION, WallUs(1), None, 0.7, 1, "yard")
    watched.events.take([Happening(Change.BEGAN, left, WallUs(5))])
    watched.cameras.set_enabled(1, False)
    watched.start()
    watched.until(lambda: not watched.events.lasting())
    assert [one.end for one in watched.kept] == [5]


@pytest.mark.parametrize("how", ["stopped", "down", "privacy", "removed", "off"])
def test_what_lasts_ends_when_nothing_comes_any_more(watched: Watched, how: str) -> None:
    watched.rules.add(INTRUSION)
    watched.walk()
    began = watched.until_kept().event
    last = watched.recorder.wall(watched.recorder.place - 1)
    if how == "stopped":
        watched.stop()
    elif how == "down":
        watched.recorder.rings[1].put_health(Health(HealthState.DOWN, last, "No power."))
    elif how == "privacy":
        watched.cameras.set_privacy_hours(1, PrivacyHours.parse("00:00-24:00"))
    elif how == "off":
        watched.cameras.set_enabled(1, False)
    else:
        watched.cameras.remove(1)
        watched.until(lambda: not watched.kept)  # its events go with it
        return
    ended = watched.until_kept(Change.ENDED).event
    assert (ended.id, watched.kept) == (began.id, [ended])
    assert ended.end is not None
    assert began.start < ended.end <= last


def test_a_catalogue_that_is_full_costs_the_view_nothing(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.rules.add(CROSSING)
    take, tried = Events.take, []

    def full(_self: Events, happenings: Any) -> None:
        some = list(happenings)
        tried.extend(some)
        if some:
            raise DiskFullError("No space is left for the catalogue.")

    with monkeypatch.context() as patch:
        patch.setattr(Events, "take", full)
        console = watched.walk()
        watched.until(lambda: bool(tried))
        assert watched.kept == []
    assert Events.take is take
    frames = console.frames(watched.recorder)
    assert sorted(frames) == list(range(max(frames) + 1))
    watched.until_kept()
    assert [one.id for one in watched.kept] == [tried[0].event.id]


def test_a_fault_of_ours_in_rules_costs_the_view_nothing(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mind, "REST", 0.1)
    watched.rules.add(INTRUSION)
    look = Engine.look
    broken: list[Look] = []

    def fails(self: Engine, given: Any) -> Any:
        if not broken and watched.recorder.place_of(given.wall) > TO:
            broken.append(given)
            raise ZeroDivisionError("a fault of ours")
        return look(self, given)

    monkeypatch.setattr(Engine, "look", fails)
    console = watched.walk()
    watched.until(lambda: bool(broken))
    frames = console.frames(watched.recorder)
    assert sorted(frames) == list(range(max(frames) + 1))
    assert ViewState.PAUSED not in {status.state for _, status in watched.cameras.said}
    # What lasted has ended; and when the rules are minded again somebody is still there.
    watched.until(lambda: bool(watched.kept) and watched.kept[-1].end is not None)
    watched.recorder.feed(20, data=packets()[1][100:])
    watched.until(lambda: len(watched.kept) == 2)
    ended = watched.kept[-1].end
    assert ended is not None
    assert ended <= broken[0].wall


def test_nobody_is_followed_where_there_are_no_rules(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any, **_named: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(mind, "Follower", refuse)
    watched.walk()
    watched.stop()
    assert (watched.kept, watched.counts.of(WallUs(0), EVER)) == ([], [])


def test_a_camera_that_is_covered(watched: Watched) -> None:
    """A hand before the lens, once the empty scene is known."""
    hand = np.full_like(made_street(WIDTH, HEIGHT), 70)
    stage = cut(Stage(made_street(WIDTH, HEIGHT), [], rate=RATE), Stage(hand, [], rate=RATE), 120)
    info, data = staged(stage, 180)
    watched.detector = ScriptedDetector()
    watched.recorder.begin(info=info)
    watched.rules.add(Rule(camera=1, name="covered", kind=RuleKind.TAMPERING, seconds=2))
    watched.start()
    watched.until_ruled()
    watched.recorder.feed(180, data=data)
    event = watched.until_kept().event
    assert (event.kind, event.detail, event.tracks) == (RuleKind.TAMPERING, "The camera is covered.", 0)
    assert 140 <= watched.recorder.place_of(event.start) <= 160


def test_something_is_left_behind(watched: Watched) -> None:
    bag = Actor(9, block(24, 20, 200.0, u=160, v=100), stands((100, 100), 120))
    info, data = staged(Stage(made_street(WIDTH, HEIGHT), [bag], rate=RATE), 220)
    watched.detector = ScriptedDetector()
    watched.recorder.begin(info=info)
    watched.rules.add(Rule(camera=1, name="left", kind=RuleKind.LEFT_BEHIND, seconds=4))
    watched.start()
    watched.until_ruled()
    watched.recorder.feed(220, data=data)
    event = watched.until_kept().event
    assert event.kind is RuleKind.LEFT_BEHIND
    assert 160 <= watched.recorder.place_of(event.start) <= 210
    assert event.at is not None
    assert (event.at.x * WIDTH, event.at.y * HEIGHT) == pytest.approx((100, 100), abs=10)
