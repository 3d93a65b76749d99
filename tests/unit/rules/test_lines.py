import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.staged import BEGIN, GATE, Stage, car, person, rule, thing
from watchglass.model.count import Inside
from watchglass.model.event import RuleKind
from watchglass.model.place import Direction, Point, Tripwire
from watchglass.model.vision import ObjectClass

LEFT, RIGHT = (0.3, 0.6), (0.7, 0.6)
THERE, BACK = Direction.FORWARD, Direction.BACKWARD


@pytest.fixture
def stage() -> Stage:
    return Stage(rule(RuleKind.CROSSING))


class TestCrossing:
    def test_each_way_is_counted_and_is_an_event_that_is_over_at_once(self, stage: Stage) -> None:
        one = stage.walk(person(*LEFT), RIGHT, 4)
        stage.walk(one, LEFT, 4)
        assert stage.ways == [THERE, BACK]
        assert [event.detail for event in stage.began] == ["Person forward over gate.", "Person backward over gate."]
        assert [event.end == event.start for event in stage.began] == [True, True]
        assert stage.ended == []
        assert stage.crossings[0].label is ObjectClass.PERSON
        assert stage.crossings[0].place == "gate"

    @pytest.mark.parametrize("seconds", [0.4, 1, 4, 20])
    def test_however_fast(self, stage: Stage, seconds: float) -> None:
        stage.walk(person(*LEFT), RIGHT, seconds)
        assert stage.ways == [THERE]

    @pytest.mark.parametrize(("score", "counted"), [(0.59, 0), (0.60, 1)])
    def test_from_the_threshold_on(self, stage: Stage, score: float, counted: int) -> None:
        stage.walk(person(*LEFT, score=score), RIGHT)
        assert len(stage.ways) == counted

    def test_one_who_is_sure_only_beyond_the_line_counts_then(self, stage: Stage) -> None:
        one = stage.walk(person(*LEFT, score=0.5), (0.6, 0.6))
        assert stage.ways == []
        stage.look(person(0.6, 0.6, one.number, score=0.7))
        assert stage.ways == [THERE]

    def test_other_classes_do_not_count(self, stage: Stage) -> None:
        stage.walk(car(*LEFT), RIGHT)
        assert stage.ways == []

    def test_a_direction_chooses_events_and_both_are_counted(self) -> None:
        stage = Stage(rule(RuleKind.CROSSING, direction=BACK))
        stage.walk(stage.walk(person(*LEFT), RIGHT, 4), LEFT, 4)
        assert stage.ways == [THERE, BACK]
        assert [event.detail for event in stage.began] == ["Person backward over gate."]

    def test_unarmed_it_counts_and_tells_nobody(self) -> None:
        stage = Stage(rule(RuleKind.CROSSING, armed=False))
        stage.walk(person(*LEFT), RIGHT)
        assert stage.ways == [THERE]
        assert stage.happenings == []

    def test_who_turns_round_on_the_line_is_nobody(self, stage: Stage) -> None:
        stage.walk(stage.walk(person(*LEFT), (0.505, 0.6)), LEFT)
        assert stage.ways == []
        stage.walk(stage.walk(person(*RIGHT, 2), (0.495, 0.6)), RIGHT)
        assert stage.ways == []

    def test_who_jitters_on_the_line_counts_once_when_over_it(self, stage: Stage) -> None:
        stage.walk(person(*LEFT), (0.499, 0.6))
        for step in range(600):
            stage.look(person(0.497 + 0.006 * (step % 2), 0.6))
        assert stage.ways == []
        stage.walk(person(0.5, 0.6), RIGHT)
        assert stage.ways == [THERE]

    def test_who_goes_round_the_end_of_a_line_does_not_cross_it(self) -> None:
        short = Tripwire("short", Point(0.5, 0.9), Point(0.5, 0.5))
        stage = Stage(rule(RuleKind.CROSSING, tripwire=short))
        stage.walk(person(0.3, 0.4), (0.7, 0.4))
        assert stage.ways == []
        stage.walk(person(0.7, 0.6), (0.3, 0.6))  # back over it: jumps there, and that is over it too
        assert stage.ways == [BACK]

    def test_who_begins_on_the_line_has_not_crossed_it(self, stage: Stage) -> None:
        stage.walk(person(0.501, 0.6), RIGHT)
        stage.walk(person(0.499, 0.6, 2), RIGHT)
        assert stage.ways == []

    def test_a_guessed_box_crosses_nothing(self, stage: Stage) -> None:
        stage.stay(1, person(0.45, 0.6))
        for step in range(1, 11):
            stage.look(person(0.45 + step * 0.02, 0.6, missed=step / 10))
        assert stage.ways == []
        stage.stay(1, person(0.45, 0.6))
        assert stage.ways == []

    def test_two_boxes_of_one_thing_are_one(self, stage: Stage) -> None:
        for step in range(30):
            x = 0.3 + step / 75
            stage.look(person(x, 0.6, 1), person(x + 0.004, 0.604, 2))
        assert stage.ways == [THERE]

    def test_two_side_by_side_are_two(self, stage: Stage) -> None:
        for step in range(30):
            x = 0.3 + step / 75
            stage.look(person(x, 0.6, 1), person(x + 0.02, 0.65, 2))
        assert stage.ways == [THERE, THERE]


class TestIdentitySwitches:
    @pytest.mark.parametrize("gap", [0.0, 0.5, 1.0, 2.0])
    @pytest.mark.parametrize("at", [0.46, 0.49, 0.50, 0.51, 0.54])
    def test_on_or_near_the_line_one_is_neither_lost_nor_doubled(self, stage: Stage, at: float, gap: float) -> None:
        """0.1 of the picture a second: it goes on while nobody sees it."""
        stage.walk(person(*LEFT, 1), (at, 0.6), (at - 0.3) * 10)
        stage.stay(gap)
        stage.walk(person(at + min(gap, 1) / 10 + 0.004, 0.6, 2), RIGHT, 2)
        assert stage.ways == [THERE]

    @pytest.mark.parametrize("seed", range(5))
    def test_stop_and_go_on_the_line_counts_each_vehicle_once(self, seed: int) -> None:
        """opendatacam#204: vehicles stand on the line, their boxes jitter, their numbers change, and some are lost."""
        chance = random.Random(seed)  # noqa: S311 - the same each time
        stage = Stage(rule(RuleKind.CROSSING, classes=(ObjectClass.CAR, ObjectClass.TRUCK)))
        number = 0
        for _ in range(20):
            number += 1
            x, lost = 0.2, 0
            stop = chance.uniform(0.44, 0.56)
            waiting = chance.randrange(50, 150)
            while x < 0.8:
                if x >= stop and waiting:
                    waiting -= 1
                else:
                    x += 0.008
                if chance.random() < 0.03:
                    lost, number = chance.randrange(1, 15), number + 1
                if lost:
                    lost -= 1
                    stage.look()
                    continue
                jitter = chance.gauss(0, 0.006)
                label = ObjectClass.TRUCK if chance.random() < 0.2 else ObjectClass.CAR
                stage.look(thing(x + jitter, 0.6 + jitter / 2, number, 0.8, 0.0, label, (200, 80)))
            stage.stay(4)
        assert stage.ways == [THERE] * 20

    def test_a_new_box_that_jumps_back_over_the_line_does_not_go_back(self) -> None:
        stage = Stage(rule(RuleKind.CROSSING, classes=(ObjectClass.CAR,)))
        stage.walk(car(*LEFT, 1), (0.54, 0.6), 3)
        assert stage.ways == [THERE]
        stage.stay(0.5, car(0.465, 0.6, 2))
        stage.walk(car(0.54, 0.6, 2), RIGHT, 2)
        assert stage.ways == [THERE]

    def test_one_after_the_other_through_a_gate_are_all_counted(self, stage: Stage) -> None:
        for step in range(200):
            people = [person(0.1 * place + step / 100 - 1.0, 0.6, place) for place in range(12)]
            stage.look(*(one for one in people if 0.05 < one.box.left / 1000 < 0.9))
        assert stage.ways == [THERE] * 12


STEPS = st.lists(st.tuples(st.floats(0.05, 0.95), st.floats(0.15, 0.95)), min_size=2, max_size=40)


@given(STEPS)
def test_forward_less_backward_is_the_change_of_side(places: list[tuple[float, float]]) -> None:
    """On a line from edge to edge, by one who is seen well away from it at first and at last."""
    stage = Stage(rule(RuleKind.CROSSING))
    for x, y in [(0.2, 0.5), *places]:
        stage.look(person(x, y))
    for last in (0.3, 0.7):
        stage.stay(2, person(last, 0.5))
        assert stage.ways.count(THERE) - stage.ways.count(BACK) == (last > 0.5)


@given(STEPS)
def test_the_same_looks_give_the_same(places: list[tuple[float, float]]) -> None:
    stages = [Stage(rule(RuleKind.CROSSING)) for _ in range(2)]
    for stage in stages:
        for x, y in places:
            stage.look(person(x, y))
    assert stages[0].crossings == stages[1].crossings


class TestWrongWay:
    def test_the_wrong_way_alone(self) -> None:
        stage = Stage(rule(RuleKind.WRONG_WAY, direction=BACK))
        stage.walk(car(*LEFT), RIGHT)
        assert stage.happenings == []
        stage.walk(car(*RIGHT, 2), LEFT)
        assert [event.detail for event in stage.began] == ["Car went the wrong way over gate."]
        assert stage.crossings == []  # it counts nothing

    def test_people_may(self) -> None:
        stage = Stage(rule(RuleKind.WRONG_WAY))
        stage.walk(person(*LEFT), RIGHT)
        assert stage.happenings == []


class TestOccupancy:
    def test_in_out_and_inside(self) -> None:
        stage = Stage(rule(RuleKind.OCCUPANCY))
        for number in (1, 2, 3):
            stage.walk(person(*LEFT, number), RIGHT)
            stage.stay(4)
        stage.walk(person(*RIGHT, 4), LEFT)
        assert stage.engine.inside() == {1: Inside(3, 1, 2)}
        assert stage.ways == [THERE, THERE, THERE, BACK]
        assert stage.happenings == []

    def test_the_way_in_may_be_backward(self) -> None:
        stage = Stage(rule(RuleKind.OCCUPANCY, direction=BACK))
        stage.walk(person(*RIGHT), LEFT)
        assert stage.engine.inside() == {1: Inside(1, 0, 1)}

    def test_full_is_an_event_until_there_is_room(self) -> None:
        stage = Stage(rule(RuleKind.OCCUPANCY, count=2))
        for number in (1, 2):
            stage.walk(person(*LEFT, number, score=0.6 + number / 10), RIGHT)
            stage.stay(4)
        [event] = stage.began
        assert (event.tracks, event.detail) == (2, "2 inside, by gate.")
        assert event.score == pytest.approx(0.8)
        stage.take(stage.engine.reset())
        stage.stay(3)
        assert stage.ended == []
        stage.walk(person(*RIGHT, 3), LEFT)
        assert [ended.id for ended in stage.ended] == [event.id]

    def test_who_is_inside_stays_there_when_the_stream_begins_anew(self) -> None:
        stage = Stage(rule(RuleKind.OCCUPANCY))
        stage.walk(person(*LEFT), RIGHT)
        stage.engine.reset()
        assert stage.engine.inside() == {1: Inside(1, 0, 1)}

    @given(st.lists(st.booleans(), max_size=60))
    def test_nobody_is_the_least(self, ways: list[bool]) -> None:
        inside, known = Inside(), 0
        for came_in in ways:
            inside = inside.after(came_in, BEGIN)
            known = max(0, known + (1 if came_in else -1))
            assert inside.now == known >= 0
        assert inside.entered + inside.left == len(ways)


def test_a_line_is_the_same_from_both_ends() -> None:
    stage = Stage(rule(RuleKind.CROSSING, tripwire=Tripwire("gate", GATE.second, GATE.first)))
    stage.walk(person(*LEFT), RIGHT)
    assert stage.ways == [BACK]
