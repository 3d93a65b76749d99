"""YOLOX (arXiv 2107.08430) through onnxruntime: YOLOX-Nano by default, any COCO-class export of that shape by setting.

Input 1x3xSxS float32, BGR, 0-255, letterboxed with 114 at the right and bottom. Output 1xNx85: cx, cy, w, h,
objectness and 80 class scores, still to be decoded on strides 8, 16 and 32.
"""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from watchglass.base.errors import BadInputError
from watchglass.detect.detector import FAINT
from watchglass.detect.picture import bgr
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Box, Detection, ObjectClass

_STRIDES = (8, 16, 32)
_CLASSES = 80
_PAD = 114
_PERSON = 0
# COCO-80 indices (https://cocodataset.org): what is drawn as a class of its own; all others are things.
_VEHICLES = frozenset({1, 2, 3, 4, 5, 6, 7, 8})
_ANIMALS = frozenset(range(14, 24))
_SUPPRESS = 0.6  # IoU over which the weaker of two boxes of a class goes; people in a group overlap, so not lower
_OTHERS_LEAST = 0.30  # other classes only choose a colour: no use for faint ones


class YoloxDetector:
    """One model in memory; a call takes one picture. Threads may share it: onnxruntime sessions are thread-safe."""

    protection = Protection.FULL

    def __init__(self, model: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            content = model.read_bytes()
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except OSError as error:
            raise BadInputError(f"The person model {model} cannot be read: {error.strerror}.") from error
        except Exception as error:  # onnxruntime's exceptions share no base class but Exception
            raise BadInputError(
                f"The person model {model} is not one that this program can use: remove it, and it is fetched again."
            ) from error
        self._input = self._session.get_inputs()[0]
        shape = self._input.shape
        if len(shape) != 4 or not all(isinstance(side, int) for side in shape[1:]):
            raise BadInputError(f"The person model {model} takes {shape}, not one picture of a fixed size.")
        self._size = int(shape[2])
        self._grid, self._stride = _grid(self._size)
        answer = self._session.get_outputs()[0].shape
        if shape[1] != 3 or shape[2] != shape[3] or answer[1:] != [len(self._grid), 5 + _CLASSES]:
            raise BadInputError(
                f"The person model {model} takes {shape} and gives {answer}: that is no YOLOX of 80 classes."
            )
        self.name = model.stem
        self.model_hash = hashlib.sha256(content).hexdigest()

    def detect(self, frame: RawFrame) -> list[Detection]:
        """Objects on the whole frame, boxes in its pixels, persons from `FAINT` up."""
        scale = min(self._size / frame.width, self._size / frame.height)
        width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
        canvas = np.full((self._size, self._size, 3), _PAD, np.uint8)
        canvas[:height, :width] = bgr(frame, width, height)
        blob = cv2.dnn.blobFromImage(canvas)
        raw = self._session.run(None, {self._input.name: blob})[0][0]
        boxes, scores, labels = self._decode(np.asarray(raw), frame.width / width, frame.height / height)
        return _without_doubles(boxes, scores, labels, frame.width, frame.height)

    def _decode(
        self, raw: npt.NDArray[np.float32], factor_x: float, factor_y: float
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Rows worth keeping: boxes (n, 4) xyxy in frame pixels, scores (n), COCO labels (n)."""
        classes = raw[:, 5 : 5 + _CLASSES]
        person = raw[:, 4] * classes[:, _PERSON]
        best = classes.argmax(axis=1)
        score = raw[:, 4] * classes[np.arange(len(classes)), best]
        # A rider's box says bicycle first; where a person is possible at all the person wins (rule R1).
        as_person = person >= FAINT
        keep = as_person | (score >= _OTHERS_LEAST)
        label = np.where(as_person, _PERSON, best)[keep]
        score = np.where(as_person, person, score)[keep]
        centre = (raw[keep, 0:2] + self._grid[keep]) * self._stride[keep]
        half = np.exp(raw[keep, 2:4]) * self._stride[keep] / 2
        boxes = np.concatenate([centre - half, centre + half], axis=1)
        boxes *= np.array([factor_x, factor_y, factor_x, factor_y], np.float32)
        return boxes, score, label


def _grid(size: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Cell corner (n, 2) and stride (n, 1) of each output row."""
    corners, strides = [], []
    for stride in _STRIDES:
        side = size // stride
        down, across = np.mgrid[0:side, 0:side]
        corners.append(np.stack([across, down], axis=-1).reshape(-1, 2))
        strides.append(np.full((side * side, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)


def object_class(label: int) -> ObjectClass:
    """Our class for a COCO-80 index."""
    if label == _PERSON:
        return ObjectClass.PERSON
    if label in _VEHICLES:
        return ObjectClass.VEHICLE
    return ObjectClass.ANIMAL if label in _ANIMALS else ObjectClass.THING


def _without_doubles(
    boxes: npt.NDArray[np.float32],
    scores: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    width: int,
    height: int,
) -> list[Detection]:
    found: list[Detection] = []
    for label in np.unique(labels):
        chosen = np.flatnonzero(labels == label)
        rectangles = np.concatenate([boxes[chosen, :2], boxes[chosen, 2:] - boxes[chosen, :2]], axis=1)
        kept = cv2.dnn.NMSBoxes(rectangles.tolist(), scores[chosen].tolist(), FAINT, _SUPPRESS)
        for index in np.asarray(kept, dtype=np.int64).reshape(-1):
            left, top, right, bottom = boxes[chosen[index]].tolist()
            box = Box(max(0.0, left), max(0.0, top), min(float(width), right), min(float(height), bottom))
            if box.area > 0:
                found.append(Detection(box, object_class(int(label)), float(scores[chosen[index]])))
    return found
