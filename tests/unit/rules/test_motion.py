import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.staged import SIZE, Stage, car, person, rule, thing
from watchglass.model.calibration import Calibration, Ground
from watchglass.model.event import RuleKind
from watchglass.model.place import Point, Zone
from watchglass.model.vision import ObjectClass, Track
from watchglass.rules.motion import TooFast

# 40 m of road, 10 m wide, as a camera sees it that looks along it.
ROAD = Calibration(
    (Point(0.2, 0.9), Point(0.8, 0.9), Point(0.6, 0.3), Point(0.4, 0.3)),
    (Ground(0, 0), Ground(10, 0), Ground(10, 40), Ground(0, 40)),
)


class TestStopped:
    def test_after_its_seconds_and_not_before(self) -> None:
        stage = Stage(rule(RuleKind.STOPPED, seconds=20))
        one = stage.walk(car(0.45, 0.6), (0.6, 0.6))
        stage.stay(19, one)
        assert stage.began == []
        stage.stay(1.5, one)
        [event] = stage.began
        assert event.detail == "Stands in yard, for 20 s and more."

    def test_who_drives_on_ends_it(self) -> None:
        stage = Stage(rule(RuleKind.STOPPED, seconds=5))
        stage.stay(6, car(0.6, 0.6))
        stage.walk(car(0.6, 0.6), (0.78, 0.6), 5)
        assert len(stage.ended) == 1

    def test_traffic_that_creeps_has_not_stopped(self) -> None:
        stage = Stage(rule(RuleKind.STOPPED, seconds=5))
        stage.walk(car(0.42, 0.6), (0.78, 0.6), 20)  # a tenth of a car's length a second
        assert stage.happenings == []

    def test_jitter_is_no_driving_and_another_number_no_other_car(self) -> None:
        stage = Stage(rule(RuleKind.STOPPED, seconds=20))
        for step in range(210):
            stage.look(car(0.6 + 0.01 * (step % 3), 0.6 + 0.004 * (step % 2), 1 + step // 40))
        assert len(stage.began) == 1
        assert stage.began[0].tracks == 1

    def test_outside_the_zone_and_of_other_classes_anything_may_stand(self) -> None:
        stage = Stage(rule(RuleKind.STOPPED, seconds=5))
        stage.stay(10, car(0.2, 0.6), person(0.6, 0.6, 2))
        assert stage.happenings == []


def seen(along: float, number: int = 1, score: float = 0.8) -> Track:
    """A car in the middle of the road, so many metres along it."""
    low, high = -1.0, 2.0
    for _ in range(60):  # by halving: further along is higher up in the picture
        middle = (low + high) / 2
        place = ROAD.place(Point(0.5, middle))
        low, high = (low, middle) if place is not None and place.y < along else (middle, high)
    x, y = 0.5, (low + high) / 2
    return thing(x, y, number, score, 0.0, ObjectClass.CAR, (0.05 * SIZE, 0.05 * SIZE))


def drive(stage: Stage, kmh: float, number: int = 1, score: float = 0.8) -> None:
    """Down the road, at an exact speed."""
    along = -10.0
    while along < 60:
        stage.look(seen(along, number, score))
        along += kmh / 3.6 / 10


class TestSpeed:
    def test_too_fast_is_told_once_with_its_error(self) -> None:
        stage = Stage(rule(RuleKind.SPEED, kmh=30, calibration=ROAD))
        drive(stage, 54)
        [event] = stage.began
        assert event.end == event.start
        assert event.detail.startswith("About 54 km/h, give or take ")
        assert event.detail.endswith("; the rule says 30.")
        assert event.kind is RuleKind.SPEED

    @pytest.mark.parametrize("kmh", [20, 29, 31])
    def test_what_is_not_faster_by_more_than_the_error_may(self, kmh: float) -> None:
        stage = Stage(rule(RuleKind.SPEED, kmh=30, calibration=ROAD))
        drive(stage, kmh)
        assert stage.happenings == []

    def test_under_the_threshold_nothing_is(self) -> None:
        stage = Stage(rule(RuleKind.SPEED, kmh=30, calibration=ROAD))
        drive(stage, 54, score=0.5)
        assert stage.happenings == []

    def test_a_zone_narrows_it(self) -> None:
        beside = Zone("beside", (Point(0.0, 0.0), Point(0.3, 0.0), Point(0.3, 1.0), Point(0.0, 1.0)))
        stage = Stage(rule(RuleKind.SPEED, kmh=30, calibration=ROAD, zone=beside))
        drive(stage, 54)
        assert stage.happenings == []

    def test_one_box_that_jumps_is_no_speed(self) -> None:
        stage = Stage(rule(RuleKind.SPEED, kmh=30, calibration=ROAD))
        stage.stay(2, seen(10))
        stage.look(seen(38))
        sentry = stage.engine._sentries[1]
        assert isinstance(sentry, TooFast)
        assert sentry._over  # for once
        stage.stay(3, seen(10))
        assert stage.happenings == []

    def test_what_stands_or_is_beyond_the_points_has_none(self) -> None:
        stage = Stage(rule(RuleKind.SPEED, kmh=30, calibration=ROAD))
        stage.stay(2, seen(20))
        for step in range(20):
            stage.look(seen(45 + step * 2, 2))
        assert stage.happenings == []

    @given(st.floats(5, 120), st.floats(0, 5))
    def test_a_speed_is_what_it_is(self, kmh: float, begin: float) -> None:
        stage = Stage(rule(RuleKind.SPEED, kmh=3, calibration=ROAD))
        sentry = stage.engine._sentries[1]
        assert isinstance(sentry, TooFast)
        for step in range(8):
            stage.look(seen(begin + 1 + kmh / 3.6 * step / 10))
        [one] = stage.engine._tracks._by_number.values()
        speed = sentry.speed(one)
        if speed is not None:
            assert speed.kmh == pytest.approx(kmh, rel=1e-3)
            assert speed.error > 0.02 * speed.kmh
