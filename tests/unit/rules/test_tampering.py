import pytest

from tests.unit.rules.staged import Stage, rule
from watchglass.model.event import RuleKind
from watchglass.model.look import NO_SIGNS, SceneSigns
from watchglass.rules.tampering import FROZEN, TAMPER_GRACE


@pytest.fixture
def stage() -> Stage:
    return Stage(rule(RuleKind.TAMPERING, seconds=5))


@pytest.mark.parametrize(
    ("signs", "said"),
    [
        (SceneSigns(covered=0.60), "The camera is covered."),
        (SceneSigns(brightness=0.10), "The picture is dark."),
        (SceneSigns(sharpness=0.40), "The picture is out of focus."),
        (SceneSigns(shift=0.101), "The camera was moved."),
        (SceneSigns(shift=-0.101), "The camera was moved."),
        (SceneSigns(frozen=FROZEN), "The picture is frozen: it does not change any more."),
        (SceneSigns(covered=1, brightness=0.02, sharpness=0), "The picture is dark."),
    ],
)
def test_each_sign_after_its_seconds_and_not_before(stage: Stage, signs: SceneSigns, said: str) -> None:
    stage.stay(5, signs=signs)
    assert stage.began == []
    stage.stay(0.2, signs=signs)
    [event] = stage.began
    assert (event.detail, event.tracks, event.at, event.place) == (said, 0, None, "")
    assert event.score >= 0.6


@pytest.mark.parametrize(
    "signs",
    [
        NO_SIGNS,
        SceneSigns(covered=0.59),
        SceneSigns(brightness=0.101),
        SceneSigns(sharpness=0.41),
        SceneSigns(sharpness=2),
        SceneSigns(shift=0.099),
        SceneSigns(frozen=FROZEN - 0.1),
    ],
)
def test_what_is_none(stage: Stage, signs: SceneSigns) -> None:
    stage.stay(30, signs=signs)
    assert stage.happenings == []


def test_a_lorry_that_passes_covers_nothing(stage: Stage) -> None:
    for _ in range(5):
        stage.stay(4, signs=SceneSigns(covered=0.9))
        stage.stay(2, signs=NO_SIGNS)
    assert stage.happenings == []


def test_it_ends_when_the_picture_is_well_again_for_a_while(stage: Stage) -> None:
    stage.stay(6, signs=SceneSigns(covered=0.9))
    stage.stay(30, signs=SceneSigns(covered=0.55))  # not yet well
    assert stage.ended == []
    stage.stay(TAMPER_GRACE + 0.2, signs=NO_SIGNS)
    assert len(stage.ended) == 1


def test_it_outlasts_a_stream_that_begins_anew(stage: Stage) -> None:
    stage.stay(6, signs=SceneSigns(covered=0.9))
    stage.take(stage.engine.reset())
    stage.now = 0.0
    stage.stay(3, signs=SceneSigns(covered=0.9))
    assert stage.ended == []
    stage.stay(TAMPER_GRACE + 0.2, signs=NO_SIGNS)
    assert len(stage.ended) == len(stage.began) == 1


def test_a_strict_threshold_waits_for_more() -> None:
    stage = Stage(rule(RuleKind.TAMPERING, seconds=5, threshold=0.9))
    stage.stay(10, signs=SceneSigns(covered=0.89))
    assert stage.happenings == []
    stage.stay(10, signs=SceneSigns(covered=0.9))
    assert len(stage.began) == 1
