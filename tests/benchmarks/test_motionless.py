"""Who stands where, and how what became of them is told. What they look like is in tests/integration/test_scene.py."""

import collections

import pytest

from benchmarks import footage, motionless
from benchmarks.labelled import Label
from benchmarks.motionless import Fate, Stand
from tests import stage
from tests.cutouts import CutOut
from tests.directed import Directed, mostly, sees


@pytest.fixture(autouse=True)
def three_people(monkeypatch: pytest.MonkeyPatch) -> list[CutOut]:
    looks = [stage.figure("checks"), stage.figure("stripes"), stage.figure("noise")]
    found = [CutOut(number, 1, Label(number, 0, 0, 24, 64), look) for number, look in enumerate(looks)]
    monkeypatch.setattr(motionless, "pictures", lambda _also: found)
    return found


def test_everybody_stands_at_every_height_as_often_as_asked_in_both_ways() -> None:
    found = motionless.groups((45, 110), 2, 30.0, None)
    stood = collections.Counter((group.walking, one.picture, one.height) for group in found for one in group.stands)
    assert stood == {(walking, who, height): 2 for walking in (False, True) for who in range(3) for height in (45, 110)}
    assert max(len(group.stands) for group in found) > 1
    assert found == motionless.groups((45, 110), 2, 30.0, None)


def test_nobody_stands_before_somebody_else() -> None:
    for group in motionless.groups((45, 110, 170), 4, 30.0, None):
        boxes = [
            (one.feet[0] - 0.2 * one.height, one.feet[1] - one.height, one.feet[0] + 0.2 * one.height, one.feet[1])
            for one in group.stands
        ]
        for place, (left, top, right, bottom) in enumerate(boxes):
            assert left >= 0
            assert top >= 0
            for other in boxes[:place]:
                assert right < other[0] or other[2] < left or bottom < other[1] or other[3] < top


def test_somebody_whom_no_detector_sees_is_taken_for_scenery_and_who_is_seen_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With detectors that always and never find them, so that the figure can be neither 0 nor all by accident."""
    street = stage.made_street(*motionless._SIZE)
    monkeypatch.setattr(motionless, "_street", lambda: street)
    group = motionless.groups((110,), 1, 16.0, None)[0]
    assert not group.walking
    actors = tuple(motionless._actors(group))
    seen_by = Directed(
        stage.Stage(street, actors, rate=motionless._RATE),
        says={actor.track: sees() for actor in actors},
        near={actor.track: mostly(1.0) for actor in actors},
    )
    blind = Directed(stage.Stage(street, (), rate=motionless._RATE))
    monkeypatch.setattr(motionless, "Direct", lambda _detector: seen_by)
    monkeypatch.setattr(footage, "detector", lambda: None)
    assert [(fate.exposed, fate.scenery) for fate in motionless.fates(group)] == [(0, False)] * len(group.stands)
    monkeypatch.setattr(motionless, "Direct", lambda _detector: blind)
    assert all(fate.scenery for fate in motionless.fates(group))


def test_what_is_said_names_who_was_in_sight() -> None:
    def fate(picture: int, *, walking: bool, exposed: int = 0, scenery: bool = False) -> Fate:
        return Fate(Stand(picture, 45, (10.4, 20.6)), walking, exposed, scenery)

    lines = list(
        motionless.said(
            [
                fate(1, walking=False, exposed=7, scenery=True),
                fate(2, walking=False),
                fate(3, walking=True, exposed=1),
            ]
        )
    )
    assert lines == [
        "there from the first frame on: 1 of 2 taken for scenery, 1 in sight on any frame",
        "  45 pixels tall: 1 of 2 (picture 1 at 10, 21: 7 frames, to the end)",
        "walked in and then stood still: 0 of 1 taken for scenery, 1 in sight on any frame",
        "  45 pixels tall: 1 of 1 (picture 3 at 10, 21: 1 frames)",
    ]
