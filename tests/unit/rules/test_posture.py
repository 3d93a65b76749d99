import pytest

from tests.unit.rules.staged import YARD, Stage, person, rule, thing
from watchglass.model.event import RuleKind
from watchglass.model.vision import Track
from watchglass.rules.sentry import GRACE


def lying(width: float = 110, height: float = 40, x: float = 0.6, score: float = 0.8) -> Track:
    return thing(x, 0.6, 1, score, size=(width, height))


@pytest.fixture
def stage() -> Stage:
    return Stage(rule(RuleKind.LYING, seconds=10))


def test_after_its_seconds_and_not_before(stage: Stage) -> None:
    stage.stay(2, person(0.6, 0.6))
    stage.stay(10, lying())
    assert stage.began == []
    stage.stay(0.3, lying())
    [event] = stage.began
    assert event.detail == "Perhaps somebody is lying down: go and look."


def test_who_stands_or_sits_does_not_lie(stage: Stage) -> None:
    stage.stay(15, person(0.6, 0.6))
    stage.stay(15, lying(60, 70))
    stage.stay(15, lying(70, 60))  # 1.17
    assert stage.happenings == []


def test_who_gets_up_ends_it(stage: Stage) -> None:
    stage.stay(12, lying())
    stage.stay(6, person(0.6, 0.6))
    assert len(stage.ended) == 1


def test_a_shape_in_between_does_not_interrupt_it(stage: Stage) -> None:
    for _ in range(3):
        stage.stay(1.5, lying())
        stage.stay(GRACE + 0.6, lying(60, 60))
    assert len(stage.began) == 1


def test_a_box_that_the_edge_of_the_picture_cuts_says_nothing(stage: Stage) -> None:
    stage.stay(15, lying(x=0.03))
    assert stage.happenings == []


def test_under_the_threshold_and_outside_the_zone_nobody_lies() -> None:
    stage = Stage(rule(RuleKind.LYING, seconds=10, zone=YARD))
    stage.stay(15, lying(score=0.5))
    stage.stay(5)
    stage.stay(15, lying(x=0.2))
    assert stage.happenings == []
    stage.stay(15, lying())
    assert stage.began[0].detail == "Perhaps somebody is lying down in yard: go and look."


def test_who_is_lost_while_lying_still_lies(stage: Stage) -> None:
    for number in range(1, 13):
        stage.stay(0.8, thing(0.6, 0.6, number, size=(110, 40)))
        stage.stay(0.2)
    assert len(stage.began) == 1
