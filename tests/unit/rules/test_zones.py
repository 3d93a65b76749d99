import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.staged import Stage, car, person, rule
from watchglass.model.event import Change, RuleKind
from watchglass.model.vision import ObjectClass
from watchglass.rules.sentry import GRACE
from watchglass.rules.zones import CROWD_GRACE, LEAVE

IN, OUT = (0.6, 0.6), (0.2, 0.6)


class TestIntrusion:
    def test_somebody_who_comes_in_is_one_event_until_they_have_left(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        one = stage.walk(person(*OUT), IN, 4)  # 0.1 a second: at the edge after 2 s
        [event] = stage.began
        assert stage.since(event.start) == pytest.approx(2.1, abs=0.11)
        assert (event.kind, event.place, event.tracks, event.score) == (RuleKind.INTRUSION, "yard", 1, 0.8)
        assert event.at is not None
        assert event.at.x == pytest.approx(0.41, abs=0.011)
        one = stage.walk(one, OUT, 4)
        stage.stay(GRACE + LEAVE, one)
        [ended] = stage.ended
        assert ended.id == event.id
        assert ended.end is not None
        assert stage.since(ended.end) == pytest.approx(6 + LEAVE, abs=0.3)

    def test_it_is_silent_beside_the_zone(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        stage.walk(person(0.2, 0.35), (0.9, 0.35), 5)
        stage.walk(person(0.39, 0.2), (0.39, 0.9), 5)
        assert stage.happenings == []

    def test_it_goes_by_the_feet(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        stage.stay(1, person(0.6, 0.85))  # whose head is in it
        assert stage.happenings == []

    @pytest.mark.parametrize(("score", "events"), [(0.59, 0), (0.60, 1), (0.61, 1)])
    def test_from_the_threshold_on(self, score: float, events: int) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        stage.stay(1, person(*IN, score=score))
        assert len(stage.began) == events

    def test_the_highest_score_counts_once_it_was_reached(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        stage.stay(1, person(*IN, score=0.4))
        assert stage.began == []
        stage.look(person(*IN, score=0.7))
        stage.stay(1, person(*IN, score=0.4))
        assert [event.score for event in stage.began] == [0.7]
        assert stage.ended == []

    def test_one_look_is_not_enough(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        stage.stay(1, person(*OUT))
        stage.look(person(*IN))
        stage.stay(4, person(*OUT))
        assert stage.happenings == []

    def test_other_classes_are_let_in(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        stage.stay(1, car(*IN))
        assert stage.happenings == []
        stage = Stage(rule(RuleKind.INTRUSION, classes=(ObjectClass.CAR,)))
        stage.stay(1, car(*IN))
        assert len(stage.began) == 1

    def test_several_are_one_event(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        stage.stay(1, person(0.5, 0.6, 1))
        stage.stay(3, person(0.5, 0.6, 1), person(0.7, 0.6, 2, score=0.9))
        assert [one.change for one in stage.happenings] == [Change.BEGAN, Change.CHANGED]
        assert (stage.happenings[-1].event.tracks, stage.happenings[-1].event.score) == (2, 0.9)

    def test_who_jitters_at_the_edge_is_one_event(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        for step in range(600):  # a minute, from side to side every two seconds
            stage.look(person(0.403 if step % 40 < 20 else 0.397, 0.6))
        assert [one.change for one in stage.happenings] == [Change.BEGAN, Change.CHANGED]  # that it still lasts

    def test_who_is_lost_for_a_second_and_gets_another_number_is_one_event(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION))
        for number in range(1, 6):
            stage.stay(1, person(*IN, number))
            stage.stay(1)
        assert len(stage.began) == 1
        assert stage.ended == []
        stage.stay(5)
        assert [event.tracks for event in stage.ended] == [1]

    def test_seconds_are_how_long_one_must_be_in(self) -> None:
        stage = Stage(rule(RuleKind.INTRUSION, seconds=3))
        stage.stay(3.0, person(*IN))
        assert stage.began == []
        stage.stay(0.2, person(*IN))
        assert len(stage.began) == 1


class TestLoitering:
    def test_after_its_seconds_and_not_before(self) -> None:
        stage = Stage(rule(RuleKind.LOITERING, seconds=60))
        stage.stay(60, person(*IN))
        assert stage.began == []
        stage.stay(0.2, person(*IN))
        [event] = stage.began
        assert event.detail == "Loitering in yard, for 60 s and more."

    def test_who_goes_to_and_fro_within_loiters(self) -> None:
        stage, one = Stage(rule(RuleKind.LOITERING, seconds=10)), person(*IN)
        for place in (0.5, 0.7, 0.5, 0.7):
            one = stage.walk(one, (place, 0.6), 3)
        assert len(stage.began) == 1

    def test_who_leaves_in_time_begins_anew(self) -> None:
        stage, one = Stage(rule(RuleKind.LOITERING, seconds=10)), person(*IN)
        for _ in range(3):
            stage.stay(6, one)
            one = stage.walk(stage.walk(one, OUT), IN)
        assert stage.happenings == []

    def test_who_steps_out_for_a_moment_goes_on(self) -> None:
        stage = Stage(rule(RuleKind.LOITERING, seconds=10))
        for _ in range(5):
            stage.stay(2, person(0.42, 0.6))
            stage.stay(LEAVE - 0.3, person(0.37, 0.6))
        assert len(stage.began) == 1

    def test_who_stands_on_the_edge_has_not_left(self) -> None:
        stage = Stage(rule(RuleKind.LOITERING, seconds=20, classes=(ObjectClass.CAR,)))
        for _ in range(6):
            stage.stay(1, car(0.405, 0.6))
            stage.stay(3, car(0.389, 0.6))  # which is less than 0.15 of its height outside
        assert len(stage.began) == 1

    def test_people_who_follow_each_other_do_not_loiter(self) -> None:
        stage = Stage(rule(RuleKind.LOITERING, seconds=10))
        for number in range(1, 10):
            stage.walk(person(0.3, 0.6, number), (0.9, 0.6), 6)
        assert stage.happenings == []

    def test_another_number_does_not_begin_anew(self) -> None:
        stage = Stage(rule(RuleKind.LOITERING, seconds=10))
        for number in range(1, 8):
            stage.stay(1.5, person(*IN, number))
            stage.stay(0.3)
        assert len(stage.began) == 1


def crowd(many: int, score: float = 0.8) -> list:  # type: ignore[type-arg]
    return [person(0.42 + 0.04 * one, 0.6, 10 + one, score) for one in range(many)]


class TestCrowding:
    def test_from_its_count_on(self) -> None:
        stage = Stage(rule(RuleKind.CROWDING, count=5))
        stage.stay(5, *crowd(4))
        assert stage.happenings == []
        stage.stay(1, *crowd(5))
        [event] = stage.began
        assert (event.tracks, event.detail) == (5, "5 at a time in yard.")

    def test_those_outside_do_not_count(self) -> None:
        stage = Stage(rule(RuleKind.CROWDING, count=5))
        stage.stay(5, *crowd(4), person(*OUT, 1))
        assert stage.happenings == []

    def test_those_under_the_threshold_do_not_count(self) -> None:
        stage = Stage(rule(RuleKind.CROWDING, count=5))
        stage.stay(5, *crowd(4), person(0.7, 0.7, 1, score=0.5))
        assert stage.happenings == []

    def test_for_its_seconds(self) -> None:
        stage = Stage(rule(RuleKind.CROWDING, count=3, seconds=10))
        stage.stay(10, *crowd(3))
        assert stage.began == []
        stage.stay(0.3, *crowd(3))
        assert len(stage.began) == 1

    def test_one_more_and_one_less_is_one_event(self) -> None:
        stage = Stage(rule(RuleKind.CROWDING, count=3))
        for _ in range(10):
            stage.stay(2, *crowd(3))
            stage.stay(2, *crowd(2))
        assert len(stage.began) == 1
        stage.stay(CROWD_GRACE + 3, *crowd(2))
        assert len(stage.ended) == 1
        assert stage.ended[0].tracks == 3


class TestQueue:
    def test_those_who_stand_count_and_those_who_pass_do_not(self) -> None:
        stage = Stage(rule(RuleKind.QUEUE, count=3))
        for number in range(1, 6):
            passing = person(0.42, 0.75, number)
            for step in range(40):
                stage.look(*crowd(2), person(0.42 + step / 110, 0.75, number))
            assert passing.number == number
        assert stage.happenings == []
        stage.stay(3, *crowd(3))
        [event] = stage.began
        assert event.detail == "3 in the queue in yard."

    def test_a_queue_that_moves_up_is_one(self) -> None:
        stage = Stage(rule(RuleKind.QUEUE, count=3, seconds=5))
        for step in range(200):
            on = 0.4 + step * 0.0005  # 0.005 a second: an eighth of a width
            stage.look(*(person(on + place / 20, 0.6, place) for place in range(1, 4)))
        assert len(stage.began) == 1
        assert stage.ended == []


@given(st.lists(st.tuples(st.floats(0.3, 0.9), st.floats(0.3, 0.9), st.integers(1, 3)), max_size=80))
def test_events_of_a_rule_follow_each_other_whatever_comes(places: list[tuple[float, float, int]]) -> None:
    stage = Stage(rule(RuleKind.INTRUSION))
    for x, y, number in places:
        stage.look(person(x, y, number))
    stage.take(stage.engine.finish(stage.wall))
    assert [event.id for event in stage.began] == [event.id for event in stage.ended]
    spans = [(event.start, event.end) for event in stage.ended]
    assert all(end is not None and start <= end for start, end in spans)
    assert spans == sorted(spans)
