import dataclasses
from pathlib import Path

import numpy as np

from watchglass.base.clock import WallUs
from watchglass.detect.detector import FAINT, PictureDetector, look_at
from watchglass.detect.hog import HogDetector
from watchglass.detect.picture import Picture, Sides, size
from watchglass.detect.yolox import YoloxDetector
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.media import Ticks
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.track.tracker import TrackerOptions


@dataclasses.dataclass
class Scripted:
    """Finds somebody in the upper left quarter of every picture."""

    sides: Sides = dataclasses.field(default_factory=lambda: Sides(416, 256))
    name: str = "scripted"
    protection: Protection = Protection.FULL
    model_hash: str = ""
    seen: list[tuple[int, int]] = dataclasses.field(default_factory=list)

    def detect(self, frame: RawFrame, *, close: bool = False) -> list[Detection]:
        return look_at(self, frame, close=close)

    def find(self, made: Picture) -> list[Detection]:
        width, height = size(made)
        self.seen.append((width, height))
        return [Detection(Box(0, 0, width / 2, height / 2), ObjectClass.PERSON, 0.5)]


def test_faint_is_less_than_what_keeps_a_track() -> None:
    """A sign too weak to draw anybody still keeps a place from becoming plate."""
    assert 0 < FAINT < TrackerOptions().keep < TrackerOptions().begin


def test_both_detectors_promise_the_same(person_model: Path) -> None:
    detectors: list[PictureDetector] = [HogDetector(), YoloxDetector(person_model)]
    assert [str(one.protection) for one in detectors] == ["reduced", "full"]
    assert [bool(one.model_hash) for one in detectors] == [False, True]
    assert len({one.name for one in detectors}) == 2


def test_a_look_is_at_a_picture_of_its_size_and_tells_pixels_of_the_frame() -> None:
    half = np.full((240, 320), 128, np.uint8)
    frame = RawFrame(np.full((480, 640), 90, np.uint8), half, half, Ticks(0), WallUs(0))
    detector = Scripted()
    expected = [Detection(Box(0, 0, 320, 240), ObjectClass.PERSON, 0.5)]
    assert detector.detect(frame) == expected
    assert detector.detect(frame, close=True) == expected
    assert detector.seen == [(416, 312), (256, 192)]
