"""What moves in a video, whatever it is: places that differ from the empty scene, as the middle of many frames shows it.

A detector knows some things by sight, most of them from the side. From above a car may look like anything, and a counter must
not miss it for that. Cameras change their exposure when something bright comes, so each frame is first made as bright as the
scene; a shadow is darker and of the same colour, and does not count.
"""

import dataclasses

import cv2
import numpy as np
import numpy.typing as npt

from watchglass.detect.picture import Picture, picture, size
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Box, Detection, ObjectClass

SIDE = 384
"""Longest side of the pictures that are compared: more shows leaves, less loses people far away."""

_SAMPLES = 60
"""Frames of which the empty scene is the median: what stands in a place on fewer than half of them is not in it."""

_LUMA, _CHROMA = 14.0, 10.0  # levels by which a pixel must differ
_SHADOW = (0.55, 1.0), 6.0  # brightness beside the scene's, and the difference of colour, of a shadow
_BLACK = 8.0  # levels that are added before brightness is divided: noise in the dark is no change
_GAIN = 2.0  # by which exposure may differ
_LEAST = 0.001  # of the picture that something covers
_MOST = 0.6  # of it that differs: then nothing is known of what moves
_CLOSE = 0.023  # of the longer side: gaps within a thing that are closed
_STEP = 4  # of the pixels by which brightness is compared

Colours = npt.NDArray[np.float32]
"""(height, width, 3): Y, U and V, of the same size."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Moving:
    """Pixels of a small picture that differ, and what they form: boxes in pixels of the frame of this size."""

    mask: npt.NDArray[np.uint8]
    boxes: list[Box]
    width: int
    height: int

    def covered_by(self, box: Box, others: list[Box]) -> float:
        """Share of what differs within a box that lies in others."""
        left = self._window(box, self.mask)
        total = int(cv2.countNonZero(left)) if left.size else 0
        if total == 0:
            return 1.0
        rest = self.mask.copy()
        for other in others:
            self._window(other, rest)[:] = 0
        return 1 - int(cv2.countNonZero(self._window(box, rest))) / total

    def _window(self, box: Box, mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        height, width = mask.shape
        across, down = width / self.width, height / self.height
        rows = slice(max(0, round(box.top * down)), max(0, round(box.bottom * down)))
        columns = slice(max(0, round(box.left * across)), max(0, round(box.right * across)))
        return mask[rows, columns]


class EmptyScene:
    """Learns the scene from frames that are given evenly, and says what differs from it."""

    def __init__(self) -> None:
        self._samples: list[Picture] = []
        self._every = 1
        self._given = 0
        self._scene: Colours | None = None

    def learn(self, frame: RawFrame) -> None:
        """Take in a frame. However many are given, about as many are kept, evenly."""
        if self._given % self._every == 0:
            self._samples.append(picture(frame, SIDE, enlarge=False))
            if len(self._samples) == 2 * _SAMPLES:
                del self._samples[1::2]
                self._every *= 2
        self._given += 1

    def close(self) -> None:
        """No more frames come: the scene is what most of them show."""
        middle = np.median(np.stack(self._samples), axis=0).astype(np.uint8)
        self._samples.clear()
        self._scene = _colours(middle)

    def differs(self, frame: RawFrame) -> Moving:
        """What is there that is not in the scene."""
        scene = self._scene
        assert scene is not None  # noqa: S101 - closed before it is asked
        now = _colours(picture(frame, SIDE, enlarge=False))
        mask = _difference(now, scene)
        height, width = mask.shape
        boxes: list[Box] = []
        if cv2.countNonZero(mask) <= _MOST * mask.size:
            _, _, found, _ = cv2.connectedComponentsWithStats(mask)
            boxes = [
                Box(left, top, left + across, top + down).scaled(frame.width / width, frame.height / height)
                for left, top, across, down, area in found[1:].tolist()
                if area >= _LEAST * mask.size
            ]
        return Moving(mask, boxes, frame.width, frame.height)


def moving_things(moving: Moving, people: list[Box], known: list[Detection]) -> list[Detection]:
    """What moves and is nobody of the people: with the class of what the detector knows there, or as a moving thing.

    A telephone of a car's size is no telephone: of what the detector knows only vehicles and animals are believed.
    """
    things = [box for box in moving.boxes if moving.covered_by(box, people) < 0.5]
    return [_named(box, known) for box in things]


def _named(box: Box, known: list[Detection]) -> Detection:
    believed = [
        one
        for one in known
        if one.label.drawn in {ObjectClass.VEHICLE, ObjectClass.ANIMAL} and box.overlap(one.box) >= 0.3
    ]
    best = max(believed, key=lambda one: one.score, default=None)
    return Detection(box, best.label if best else ObjectClass.MOVING, 1.0)


def _colours(made: Picture) -> Colours:
    width, height = size(made)
    planes = made[height:].reshape(2, height // 2, width // 2)
    chroma = [cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR) for plane in planes]
    merged: Colours = cv2.merge([made[:height], *chroma]).astype(np.float32)
    return merged


def _difference(now: Colours, scene: Colours) -> npt.NDArray[np.uint8]:
    """255 where a picture differs from the scene."""
    luma, of_scene = now[..., 0] - 16 + _BLACK, scene[..., 0] - 16 + _BLACK
    ratio = of_scene[::_STEP, ::_STEP] / np.maximum(luma[::_STEP, ::_STEP], 1.0)
    gain = float(np.clip(np.median(ratio), 1 / _GAIN, _GAIN))
    luma = luma * gain
    colour = np.abs((now[..., 1:] - 128) * gain - (scene[..., 1:] - 128)).max(axis=2)
    brightness = luma / np.maximum(of_scene, 1.0)
    (darkest, brightest), tint = _SHADOW
    shadow = (brightness > darkest) & (brightness < brightest) & (colour < tint)
    differs = ((np.abs(luma - of_scene) > _LUMA) & ~shadow) | (colour > _CHROMA)
    mask = differs.astype(np.uint8) * np.uint8(255)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)).astype(np.uint8, copy=False)
    reach = round(_CLOSE * max(mask.shape)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    closed: npt.NDArray[np.uint8] = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel).astype(np.uint8, copy=False)
    return closed
