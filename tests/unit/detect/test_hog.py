import cv2
import numpy as np
import pytest

from watchglass.base.clock import WallUs
from watchglass.detect.detector import FAINT, Detector
from watchglass.detect.hog import HogDetector
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.media import Ticks
from watchglass.model.vision import Box, ObjectClass


def frame(luma: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> RawFrame:
    half = np.full((luma.shape[0] // 2, luma.shape[1] // 2), 128, np.uint8)
    return RawFrame(luma, half, half, Ticks(0), WallUs(0))


def street_with_somebody(left: int, top: int, height: int) -> RawFrame:
    """A figure of head, trunk, arms and legs before an even wall: what the window was trained to find."""
    canvas = np.full((360, 480), 190, np.uint8)
    unit = height / 100

    def at(across: float, down: float) -> tuple[int, int]:
        return round(left + across * unit), round(top + down * unit)

    thick = max(1, round(9 * unit))
    cv2.ellipse(canvas, at(20, 9), (round(6 * unit), round(8 * unit)), 0, 0, 360, 60, cv2.FILLED)
    cv2.rectangle(canvas, at(9, 19), at(31, 54), 40, cv2.FILLED)
    cv2.line(canvas, at(9, 22), at(5, 52), 45, max(1, round(6 * unit)))
    cv2.line(canvas, at(31, 22), at(35, 52), 45, max(1, round(6 * unit)))
    cv2.line(canvas, at(15, 54), at(13, 97), 35, thick)
    cv2.line(canvas, at(25, 54), at(27, 97), 35, thick)
    smooth = cv2.GaussianBlur(canvas, (0, 0), 1.0).astype(np.uint8)
    return frame(smooth)


@pytest.fixture(scope="module")
def detector() -> HogDetector:
    return HogDetector()


def test_it_needs_no_file_and_says_that_protection_is_reduced(detector: HogDetector) -> None:
    one: Detector = detector
    assert (one.name, one.protection, one.model_hash) == ("built-in", Protection.REDUCED, "")


@pytest.mark.parametrize(("left", "top", "height"), [(200, 120, 160), (60, 90, 220), (320, 150, 120)])
def test_it_finds_a_figure(detector: HogDetector, left: int, top: int, height: int) -> None:
    found = detector.detect(street_with_somebody(left, top, height))
    figure = Box(left + 0.05 * height, top, left + 0.35 * height, top + height)
    best = max(found, key=lambda one: one.score)
    assert best.label is ObjectClass.PERSON
    assert best.box.overlap(figure) > 0.45  # the boxes are pixels of the frame, not of the enlarged picture
    assert best.score > 0.5


def test_a_picture_is_enlarged_no_further_than_people_need(detector: HogDetector) -> None:
    """Sent as it is: enlarging it is the detector's own business."""
    assert not detector.sides.enlarge
    assert detector.sides.whole == detector.sides.close == 1152


def test_it_finds_nothing_on_an_even_wall(detector: HogDetector) -> None:
    assert detector.detect(frame(np.full((240, 320), 120, np.uint8))) == []


def test_scores_lie_between_faint_and_one(detector: HogDetector) -> None:
    dice = np.random.default_rng(5)
    noise = cv2.GaussianBlur(dice.integers(0, 256, (360, 480), dtype=np.uint8), (0, 0), 3).astype(np.uint8)
    noise = cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)  # type: ignore[call-overload]  # None: a new array
    found = detector.detect(frame(noise)) + detector.detect(street_with_somebody(200, 120, 160))
    assert found
    assert all(FAINT <= one.score < 1 for one in found)


@pytest.mark.parametrize(("width", "height"), [(16, 16), (64, 128), (40, 400), (1920, 64)])
def test_pictures_smaller_than_its_window_are_enlarged(detector: HogDetector, width: int, height: int) -> None:
    """No error: a part that is looked at closely may be as small as this."""
    assert detector.detect(frame(np.full((height, width), 120, np.uint8))) == []
