import dataclasses
import datetime as dt
import zoneinfo

import pytest

from tests.unit.rules.staged import BEGIN, YARD, Stage, car, ids, person, rule
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.count import Inside
from watchglass.model.event import Change, RuleKind
from watchglass.model.hours import RuleHours
from watchglass.model.place import Direction
from watchglass.model.rule import COUNTING, NEEDED
from watchglass.rules.engine import HOLE, Engine
from watchglass.rules.lines import Tripped
from watchglass.rules.posture import Lying
from watchglass.rules.zones import Dwelling

IN = (0.6, 0.6)


def test_every_kind_has_somebody_who_minds_it() -> None:
    parts = {"seconds": 5, "count": 3}
    for kind in RuleKind:
        if kind is not RuleKind.SPEED:
            needed = {name: value for name, value in parts.items() if name in NEEDED[kind]}
            stage = Stage(rule(kind, **needed))
            stage.stay(1, person(*IN), car(0.3, 0.3, 2))


def test_rules_that_are_off_or_not_armed_are_not_minded() -> None:
    stage = Stage(rule(RuleKind.INTRUSION, enabled=False), rule(RuleKind.INTRUSION, id=2, armed=False))
    stage.stay(1, person(*IN))
    assert stage.happenings == []
    assert {RuleKind.CROSSING, RuleKind.OCCUPANCY} == COUNTING


def test_several_rules_at_once() -> None:
    stage = Stage(rule(RuleKind.INTRUSION), rule(RuleKind.LOITERING, id=2, seconds=5), rule(RuleKind.CROSSING, id=3))
    stage.walk(person(0.3, 0.6), IN)
    stage.stay(6, person(*IN))
    assert [event.rule for event in stage.began] == [1, 3, 2]


class TestHours:
    def test_outside_its_hours_a_rule_is_silent(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION, hours=RuleHours.parse("09:00-10:00")))  # it is 8
        stage.stay(10, person(*IN))
        assert stage.happenings == []

    def test_it_begins_with_them_for_who_is_there_already(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION, hours=RuleHours.parse("08:01-10:00")))
        stage.stay(62, person(*IN))
        [event] = stage.began
        assert stage.since(event.start) == pytest.approx(60, abs=0.3)

    def test_what_lasts_ends_with_them(self) -> None:
        stage = Stage(rule(RuleKind.LOITERING, seconds=50, hours=RuleHours.parse("07:00-08:01")))
        stage.stay(62, person(*IN))
        [event] = stage.ended
        assert event.end == BEGIN + 60 * MICROSECONDS
        stage.stay(120, person(*IN))
        assert len(stage.happenings) == 2

    def test_dwell_begins_anew_with_them(self) -> None:
        stage = Stage(rule(RuleKind.LOITERING, seconds=50, hours=RuleHours.parse("08:01-10:00")))
        stage.stay(105, person(*IN))
        assert stage.began == []
        stage.stay(10, person(*IN))
        assert len(stage.began) == 1

    def test_who_is_inside_is_nobody_when_they_begin(self) -> None:
        stage = Stage(rule(RuleKind.OCCUPANCY, hours=RuleHours.parse("07:00-08:01")))
        stage.walk(person(0.3, 0.6), (0.7, 0.6))
        assert stage.engine.inside() == {1: Inside(1, 0, 1)}
        stage.stay(60)
        assert stage.engine.inside() == {1: Inside()}

    @pytest.mark.parametrize(
        ("hours", "minutes", "now"),
        [
            ("07:00-09:00", 30, 1),  # nobody watched for half an hour
            ("07:00-09:00", 24 * 60, 0),  # they ended, and began again
            ("07:00-08:10", 24 * 60 - 20, 0),
            ("00:00-24:00", 3 * 24 * 60, 1),
            ("sat 00:00-24:00, sun-fri 00:00-24:00", 9 * 24 * 60, 1),
            ("07:00-09:00", -10, 1),  # the clock was set back
        ],
    )
    @pytest.mark.parametrize("how", ["outage", "begun anew"])
    def test_who_was_inside_is_nobody_where_they_ended_while_nobody_watched(
        self, hours: str, minutes: int, now: int, how: str
    ) -> None:
        counting = rule(RuleKind.OCCUPANCY, hours=RuleHours.parse(hours))
        stage = Stage(counting)
        stage.walk(person(0.3, 0.6), (0.7, 0.6))
        inside = stage.engine.inside()
        stage.wait(minutes * 60)
        stage.now = 3600.0
        if how == "begun anew":
            stage.engine = Engine(dt.UTC)
            stage.engine.set_rules([counting], stage.wall, inside)
        stage.look()
        assert stage.engine.inside()[1].now == now

    def test_they_are_local_and_may_span_midnight(self) -> None:
        night = rule(RuleKind.INTRUSION, hours=RuleHours.parse("thu 23:00-02:00"))  # 8:00 UTC on a Friday
        stage = Stage(night, zone=zoneinfo.ZoneInfo("America/Los_Angeles"))  # is midnight there
        stage.stay(1, person(*IN))
        assert len(stage.began) == 1

    def test_on_the_day_on_which_clocks_are_set_back_the_hour_that_comes_twice_is_in_twice(self) -> None:
        stage = Stage(
            rule(RuleKind.INTRUSION, hours=RuleHours.parse("02:00-03:00")), zone=zoneinfo.ZoneInfo("Europe/Berlin")
        )
        first = 1_824_940_800  # 31 October 2027, 00:00 UTC, 2:00 summer time
        for hour, events in ((0, 1), (1, 1), (2, 0)):
            stage.happenings = []
            stage.take(stage.engine.finish(stage.wall))
            stage.happenings = []
            stage.wall = WallUs((first + hour * 3600) * MICROSECONDS)
            stage.stay(1, person(*IN))
            assert len(stage.began) == events, hour


class TestReset:
    def test_what_lasts_ends_when_it_was_last_seen_and_begins_anew(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        stage.stay(2, person(*IN))
        seen = stage.wall
        stage.wait(2)
        stage.take(stage.engine.reset())
        assert [event.end for event in stage.ended] == [seen]
        stage.stay(1, person(*IN))
        assert len(ids(stage.happenings)) == 2

    def test_nobody_crosses_a_line_over_it(self) -> None:
        stage = Stage(rule(RuleKind.CROSSING))
        stage.stay(1, person(0.45, 0.6))
        stage.engine.reset()
        stage.stay(1, person(0.55, 0.6))
        assert stage.ways == []

    @pytest.mark.parametrize("seconds", [-10, HOLE + 0.1])
    def test_media_time_that_jumps_is_one(self, seconds: float) -> None:
        stage = Stage(rule(RuleKind.LOITERING, seconds=5))
        stage.stay(6, person(*IN))
        stage.wait(seconds)
        stage.wall = WallUs(stage.wall - round(seconds * MICROSECONDS))
        stage.look(person(*IN))
        assert [event.end for event in stage.ended] == [stage.wall - MICROSECONDS // 10]

    def test_a_slow_detector_is_none(self) -> None:
        stage = Stage(rule(RuleKind.LOITERING, seconds=30))
        for _ in range(12):
            stage.wait(2.9)
            stage.look(person(*IN))
        assert len(stage.began) == 1


class TestEditing:
    def test_what_lasts_ends_and_may_begin_as_another(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        stage.stay(1, person(*IN))
        stage.take(stage.engine.set_rules([rule(RuleKind.INTRUSION, threshold=0.7)], stage.wall))
        assert [event.end for event in stage.ended] == [stage.wall]
        stage.stay(1, person(*IN))
        assert len(ids(stage.happenings)) == 2

    def test_a_new_name_changes_nothing(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        stage.stay(1, person(*IN))
        stage.take(stage.engine.set_rules([rule(RuleKind.INTRUSION, name="other")], stage.wall))
        stage.stay(1, person(*IN))
        assert [one.change for one in stage.happenings] == [Change.BEGAN]

    def test_other_rules_notice_nothing(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION), rule(RuleKind.CROSSING, id=2))
        stage.walk(person(0.3, 0.6), (0.49, 0.6))
        stage.take(stage.engine.set_rules([rule(RuleKind.CROSSING, id=2)], stage.wall))
        assert [one.change for one in stage.happenings] == [Change.BEGAN, Change.ENDED]
        stage.walk(person(0.49, 0.6), (0.7, 0.6))
        assert stage.ways == [Direction.FORWARD]

    def test_disarming_ends_it(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        stage.stay(1, person(*IN))
        off = dataclasses.replace(rule(RuleKind.INTRUSION), armed=False)
        stage.take(stage.engine.set_rules([off], stage.wall))
        assert len(stage.ended) == 1

    def test_who_is_inside_may_be_known_from_before(self) -> None:
        stage = Stage()
        stage.engine.set_rules([rule(RuleKind.OCCUPANCY)], BEGIN, {1: Inside(5, 2, 3)})
        stage.walk(person(0.3, 0.6), (0.7, 0.6))
        assert stage.engine.inside() == {1: Inside(6, 2, 4)}


def test_nothing_lasts_when_it_is_finished() -> None:
    stage = Stage(rule(RuleKind.INTRUSION))
    stage.stay(1, person(*IN))
    stage.take(stage.engine.finish(stage.wall))
    assert [event.end for event in stage.ended] == [stage.wall]
    assert stage.engine.finish(stage.wall) == []


def test_what_is_remembered_does_not_grow() -> None:
    stage = Stage(
        rule(RuleKind.INTRUSION), rule(RuleKind.CROSSING, id=2), rule(RuleKind.LYING, id=3, seconds=5, zone=YARD)
    )
    for number in range(1, 200):
        stage.look(person(0.1 + 0.8 * (number % 7) / 7, 0.3 + 0.5 * (number % 11) / 11, number))
        stage.wait(1.2)
    dwelling, tripped, lying = stage.engine._sentries.values()
    assert isinstance(dwelling, Dwelling)
    assert isinstance(tripped, Tripped)
    assert isinstance(lying, Lying)
    for remembered in (dwelling._presence._since, tripped._line._ways, lying._presence._since, lying._down):
        assert len(remembered) < 60
