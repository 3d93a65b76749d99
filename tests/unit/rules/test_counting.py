from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.clock import WallUs
from watchglass.model.count import MINUTE, Count, Crossing
from watchglass.model.place import Direction
from watchglass.model.vision import ObjectClass
from watchglass.rules.counting import by_minute

NOON = WallUs(30_000_000 * MINUTE)


def crossing(seconds: float, label: ObjectClass = ObjectClass.CAR, way: Direction = Direction.FORWARD) -> Crossing:
    return Crossing(1, 2, "gate", label, way, WallUs(NOON + round(seconds * 1_000_000)))


def test_by_minute_rule_class_and_direction() -> None:
    found = by_minute(
        [crossing(0), crossing(59.9), crossing(60), crossing(5, way=Direction.BACKWARD), crossing(6, ObjectClass.BUS)]
    )
    assert found == [
        Count(1, 2, "gate", ObjectClass.CAR, Direction.FORWARD, NOON, 1, 2),
        Count(1, 2, "gate", ObjectClass.CAR, Direction.FORWARD, WallUs(NOON + MINUTE), 1, 1),
        Count(1, 2, "gate", ObjectClass.CAR, Direction.BACKWARD, NOON, 1, 1),
        Count(1, 2, "gate", ObjectClass.BUS, Direction.FORWARD, NOON, 1, 1),
    ]


@given(st.lists(st.tuples(st.floats(-600, 600), st.sampled_from(Direction)), max_size=50))
def test_nothing_is_lost_and_nothing_counted_twice(some: list[tuple[float, Direction]]) -> None:
    counts = by_minute(crossing(seconds, way=way) for seconds, way in some)
    assert sum(one.count for one in counts) == len(some)
    assert len({(one.begin, one.direction) for one in counts}) == len(counts)
