from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.clock import WallUs
from watchglass.model.count import MINUTE, Count, Crossing
from watchglass.model.place import Direction
from watchglass.model.vision import ObjectClass
from watchglass.rules.counting import Tally

NOON = WallUs(30_000_000 * MINUTE)


def crossing(seconds: float, label: ObjectClass = ObjectClass.CAR, way: Direction = Direction.FORWARD) -> Crossing:
    return Crossing(1, 2, "gate", label, way, WallUs(NOON + round(seconds * 1_000_000)))


def test_minutes_are_given_away_when_they_are_over() -> None:
    tally = Tally()
    tally.add([crossing(0), crossing(59.9), crossing(60), crossing(5, way=Direction.BACKWARD)])
    tally.add([crossing(6, ObjectClass.BUS)])
    assert tally.take(WallUs(NOON + MINUTE - 1)) == []
    first = tally.take(WallUs(NOON + MINUTE))
    assert [(one.label, one.direction, one.count) for one in first] == [
        (ObjectClass.BUS, Direction.FORWARD, 1),
        (ObjectClass.CAR, Direction.BACKWARD, 1),
        (ObjectClass.CAR, Direction.FORWARD, 2),
    ]
    assert tally.take(WallUs(NOON + MINUTE)) == []
    assert tally.take(None) == [Count(1, 2, "gate", ObjectClass.CAR, Direction.FORWARD, WallUs(NOON + MINUTE), 1, 1)]


def test_a_clock_that_was_set_back_leaves_nothing_behind() -> None:
    tally = Tally()
    tally.add([crossing(3600)])
    assert [one.count for one in tally.take(NOON)] == [1]


@given(st.lists(st.tuples(st.floats(0, 600), st.sampled_from(Direction)), max_size=50), st.integers(0, 10))
def test_nothing_is_lost_and_nothing_counted_twice(some: list[tuple[float, Direction]], minutes: int) -> None:
    tally = Tally()
    for seconds, way in some:
        tally.add([crossing(seconds, way=way)])
    counts = tally.take(WallUs(NOON + minutes * MINUTE)) + tally.take(None)
    assert sum(one.count for one in counts) == len(some)
    assert len({(one.begin, one.direction) for one in counts}) == len(counts)
