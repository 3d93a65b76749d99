from pathlib import Path

from watchglass.detect.detector import FAINT, Detector
from watchglass.detect.hog import HogDetector
from watchglass.detect.yolox import YoloxDetector
from watchglass.track.tracker import TrackerOptions


def test_faint_is_less_than_what_keeps_a_track() -> None:
    """A sign too weak to draw anybody still keeps a place from becoming plate."""
    assert 0 < FAINT < TrackerOptions().keep < TrackerOptions().begin


def test_both_detectors_promise_the_same(person_model: Path) -> None:
    detectors: list[Detector] = [HogDetector(), YoloxDetector(person_model)]
    assert [str(one.protection) for one in detectors] == ["reduced", "full"]
    assert [bool(one.model_hash) for one in detectors] == [False, True]
    assert len({one.name for one in detectors}) == 2
