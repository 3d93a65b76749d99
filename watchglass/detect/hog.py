"""The built-in detector: OpenCV's histogram of oriented gradients with its trained person window. No download.

It carries the view until a person model is there (rule R8). Dalal and Triggs, CVPR 2005.
"""

import math

import cv2
import numpy as np

from watchglass.detect.detector import FAINT, look_at
from watchglass.detect.picture import Picture, Sides, bgr, size
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Box, Detection, ObjectClass

_WIDEST = 1152  # pixels: a person window is 64 x 128, so small people need a larger picture
_UPSCALE = 1.5
_WINDOW_MARGIN_X = 0.18  # share of the 64 x 128 window around the person it was trained on
_WINDOW_MARGIN_Y = 0.07


class HogDetector:
    """Persons only. Scores are the window's margin squeezed into 0..1: an order, not a probability."""

    name = "built-in"
    protection = Protection.REDUCED
    model_hash = ""
    sides = Sides(_WIDEST, _WIDEST, enlarge=False)

    def __init__(self) -> None:
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32))

    def detect(self, frame: RawFrame, *, close: bool = False) -> list[Detection]:
        """Persons on the whole frame, boxes in its pixels."""
        return look_at(self, frame, close=close)

    def find(self, made: Picture) -> list[Detection]:
        """Persons on the picture, boxes in its pixels."""
        width, height = size(made)
        scale = min(_UPSCALE, _WIDEST / width)
        across, down = round(width * scale), round(height * scale)
        if across < 64 or down < 128:
            scale = max(64 / width, 128 / height)
            across, down = math.ceil(width * scale), math.ceil(height * scale)
        enlarged = cv2.resize(bgr(made), (across, down), interpolation=cv2.INTER_LINEAR)
        rectangles, weights = self._hog.detectMultiScale(enlarged, hitThreshold=-0.1, winStride=(8, 8), scale=1.08)
        found = []
        for (left, top, wide, high), weight in zip(rectangles, np.ravel(weights), strict=True):
            box = Box(
                (left + _WINDOW_MARGIN_X * wide) / scale,
                (top + _WINDOW_MARGIN_Y * high) / scale,
                (left + (1 - _WINDOW_MARGIN_X) * wide) / scale,
                (top + (1 - _WINDOW_MARGIN_Y) * high) / scale,
            )
            score = max(FAINT, 1 / (1 + math.exp(-3 * (float(weight) - 0.3))))
            found.append(Detection(box, ObjectClass.PERSON, score))
        return found
