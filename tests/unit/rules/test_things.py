import dataclasses

import pytest

from tests.unit.rules.staged import YARD, Stage, person, rule, thing
from watchglass.model.event import RuleKind
from watchglass.model.look import BlobKind, SceneSigns, StillBlob
from watchglass.model.vision import Box
from watchglass.rules.things import THING_GRACE

BAG = StillBlob(Box(580, 560, 620, 600), 0.0, 0.8, BlobKind.LEFT)


def signs(*blobs: StillBlob) -> SceneSigns:
    return SceneSigns(blobs=blobs)


@pytest.fixture
def stage() -> Stage:
    return Stage(rule(RuleKind.LEFT_BEHIND, seconds=30, zone=YARD))


def test_a_thing_left_behind_after_its_seconds(stage: Stage) -> None:
    stage.stay(29.9, signs=signs(BAG))
    assert stage.began == []
    stage.stay(0.2, signs=signs(BAG))
    [event] = stage.began
    assert (event.score, event.tracks, event.place) == (0.8, 0, "yard")
    assert event.detail == "Something was left behind in yard, 30 s ago and more."
    assert event.at is not None
    assert (event.at.x, event.at.y) == (0.6, 0.6)


def test_it_ends_when_it_is_gone_and_not_when_somebody_passes_before_it(stage: Stage) -> None:
    stage.stay(31, signs=signs(BAG))
    stage.stay(THING_GRACE - 1, signs=signs())
    stage.stay(1, signs=signs(BAG))
    assert stage.ended == []
    stage.stay(THING_GRACE + 0.2, signs=signs())
    assert len(stage.ended) == 1


def test_where_nobody_looked_nothing_ended(stage: Stage) -> None:
    stage.stay(31, signs=signs(BAG))
    stage.stay(60)
    assert stage.ended == []


def test_each_thing_is_an_event(stage: Stage) -> None:
    other = dataclasses.replace(BAG, box=Box(700, 560, 740, 600))
    stage.stay(31, signs=signs(BAG))
    stage.stay(4, signs=signs(BAG, other))
    assert len({event.id for event in stage.began}) == 2
    stage.stay(THING_GRACE + 0.2, signs=signs(other))
    assert [event.id for event in stage.ended] == [stage.began[0].id]


def test_who_stands_still_is_no_thing(stage: Stage) -> None:
    stage.stay(60, thing(0.6, 0.6, size=(40, 40)), signs=signs(BAG))
    assert stage.happenings == []
    stage.stay(1, person(0.3, 0.6, 2), signs=signs(BAG))  # an owner who is gone
    stage.stay(4, signs=signs(BAG))
    assert len(stage.began) == 1


def test_what_looks_like_one_now_and_then_is_none(stage: Stage) -> None:
    """As light and what sits on the lens do."""
    stage.stay(60, signs=signs(dataclasses.replace(BAG, score=0.3)))
    for _ in range(5):
        stage.stay(2.5, signs=signs(BAG))
        stage.stay(0.5, signs=signs(dataclasses.replace(BAG, score=0.3)))
    assert stage.happenings == []
    stage.stay(3.2, signs=signs(BAG))
    assert len(stage.began) == 1


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(BAG, score=0.59),
        dataclasses.replace(BAG, kind=BlobKind.TAKEN),
        dataclasses.replace(BAG, box=Box(180, 560, 220, 600)),
    ],
    ids=["unsure", "taken", "elsewhere"],
)
def test_what_is_none(stage: Stage, other: StillBlob) -> None:
    stage.stay(40, signs=signs(other))
    assert stage.happenings == []


def test_a_thing_taken_away() -> None:
    stage = Stage(rule(RuleKind.TAKEN_AWAY, seconds=5))
    stage.stay(6, signs=signs(BAG))
    assert stage.happenings == []
    stage.stay(4, person(0.6, 0.6), signs=signs(dataclasses.replace(BAG, kind=BlobKind.TAKEN)))
    assert [event.detail for event in stage.began] == ["Something is missing, 5 s ago and more."]


def test_a_scene_that_is_another_ends_it_when_it_was_last_seen(stage: Stage) -> None:
    stage.stay(31, signs=signs(BAG))
    seen = stage.wall
    stage.wait(3)
    [ended] = stage.engine.reset()
    assert ended.event.end == seen
