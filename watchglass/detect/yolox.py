"""YOLOX (arXiv 2107.08430) through onnxruntime: YOLOX-Nano by default, any COCO-class export of that shape by setting.

Input 1x3xHxW float32, BGR, 0-255, filled up with 114 at the right and bottom to sides that 32 divides. Output 1xNx85:
cx, cy, w, h, objectness and 80 class scores, still to be decoded on strides 8, 16 and 32. A file says one size, SxS; it
is opened for others (`graph.py`), so that a frame of 4:3 costs three quarters of it, and used as it is where that changes
what it answers.

Measured with YOLOX-Nano on one core (CPU time a look; the scores are in docs/design/watch.md): two or four pictures at
once cost 14.6 and 15.6 ms each where one costs 14.4, so looks of several cameras are not batched; eight-bit arithmetic
(static quantisation) 12.9 ms, and misses twice as many people; OpenVINO no less, for 180 MB more.
"""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from watchglass.base.errors import BadInputError
from watchglass.detect.detector import FAINT, look_at
from watchglass.detect.graph import with_open_sizes
from watchglass.detect.picture import Picture, Sides, bgr, size
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Box, Detection, ObjectClass

Floats = npt.NDArray[np.float32]

_STRIDES = (8, 16, 32)
_COARSEST = 32
_CLASSES = 80
_PAD = 114
_PERSON = 0
# COCO-80 indices (https://cocodataset.org); all others are things.
_CLASS_OF = {
    _PERSON: ObjectClass.PERSON,
    1: ObjectClass.BICYCLE,
    2: ObjectClass.CAR,
    3: ObjectClass.MOTORCYCLE,
    4: ObjectClass.VEHICLE,  # an aeroplane
    5: ObjectClass.BUS,
    6: ObjectClass.VEHICLE,  # a train
    7: ObjectClass.TRUCK,
    8: ObjectClass.VEHICLE,  # a boat
    **dict.fromkeys(range(14, 24), ObjectClass.ANIMAL),
    **dict.fromkeys((24, 26, 28), ObjectClass.BAG),  # backpack, handbag, suitcase
}
_SUPPRESS = 0.6  # IoU over which the weaker of two boxes of a class goes; people in a group overlap, so not lower
_OTHERS_LEAST = 0.30  # other classes only choose a colour: no use for faint ones
_CLOSE = 256  # pixels: of 232 people looked at closely none is missed at this size, and it costs half of 416
_ROUNDING = 1e-3  # two orders of adding up thousands of products differ by a tenth of it


class YoloxDetector:
    """One model in memory; a call takes one picture. Threads may share it: onnxruntime sessions are thread-safe."""

    protection = Protection.FULL

    def __init__(self, model: Path, threads: int = 1) -> None:
        try:
            content = model.read_bytes()
            self._session = _session(content, threads)
        except OSError as error:
            raise BadInputError(f"The person model {model} cannot be read: {error.strerror}.") from error
        except Exception as error:  # onnxruntime's exceptions share no base class but Exception
            raise BadInputError(
                f"The person model {model} is not one that this program can use: remove it, and it is fetched again."
            ) from error
        self._input = str(self._session.get_inputs()[0].name)
        self._side = _side(self._session, model)
        self._grids: dict[tuple[int, int], tuple[Floats, Floats]] = {}
        self._open = self._opened(content, threads)
        self.sides = Sides(self._side, min(_CLOSE, self._side) if self._open else self._side)
        self.name = model.stem
        self.model_hash = hashlib.sha256(content).hexdigest()

    def detect(self, frame: RawFrame, *, close: bool = False) -> list[Detection]:
        """Objects on the whole frame, boxes in its pixels, persons from `FAINT` up."""
        return look_at(self, frame, close=close)

    def find(self, made: Picture) -> list[Detection]:
        """Objects on the picture, boxes in its pixels. ValueError when it is larger than the model's."""
        width, height = size(made)
        if max(width, height) > self._side:
            raise ValueError(f"a picture of {width} x {height} for a model of {self._side}")
        across, down = (_divisible(width), _divisible(height)) if self._open else (self._side, self._side)
        filled = np.full((1, 3, down, across), _PAD, np.float32)
        for plane, colour in zip(filled[0], cv2.split(bgr(made)), strict=True):
            plane[:height, :width] = colour
        raw = self._session.run(None, {self._input: filled})[0][0]
        return _without_doubles(*self._decode(np.asarray(raw), across, down), width, height)

    def _opened(self, content: bytes, threads: int) -> bool:
        """Take the model that takes pictures of any size into use, if it says the same as the file's own."""
        try:
            session = _session(with_open_sizes(content), threads)
            dice = np.random.default_rng(1).integers(0, 256, (1, 3, self._side, self._side)).astype(np.float32)
            own, same = (one.run(None, {self._input: dice})[0] for one in (self._session, session))
            lower = session.run(None, {self._input: dice[:, :, _COARSEST:]})[0]
        except Exception:  # whatever a graph's runtime throws: the file's own size will do  # noqa: BLE001
            return False
        rows = len(self._grid(self._side, self._side - _COARSEST)[0])
        if not np.allclose(own, same, rtol=_ROUNDING, atol=_ROUNDING) or lower.shape[1:] != (rows, own.shape[2]):
            return False
        self._session = session
        return True

    def _decode(self, raw: Floats, across: int, down: int) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
        """Rows worth keeping: boxes (n, 4) xyxy in pixels of the picture, scores (n), COCO labels (n)."""
        # A score is that of the object times that of the class, both at most 1: few rows are worth the second.
        likely = np.flatnonzero(raw[:, 4] >= FAINT)
        rows = raw[likely]
        classes = rows[:, 5 : 5 + _CLASSES]
        person = rows[:, 4] * classes[:, _PERSON]
        best = classes.argmax(axis=1)
        score = rows[:, 4] * classes[np.arange(len(classes)), best]
        # A rider's box says bicycle first; where a person is possible at all the person wins (rule R1).
        as_person = person >= FAINT
        keep = as_person | (score >= _OTHERS_LEAST)
        label = np.where(as_person, _PERSON, best)[keep]
        score = np.where(as_person, person, score)[keep]
        corner, stride = (part[likely][keep] for part in self._grid(across, down))
        centre = (rows[keep, 0:2] + corner) * stride
        half = np.exp(rows[keep, 2:4]) * stride / 2
        return np.concatenate([centre - half, centre + half], axis=1), score, label

    def _grid(self, across: int, down: int) -> tuple[Floats, Floats]:
        """Cell corner (n, 2) and stride (n, 1) of each output row."""
        if (across, down) not in self._grids:
            self._grids[across, down] = _grid(across, down)
        return self._grids[across, down]


def _session(content: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _side(session: onnxruntime.InferenceSession, model: Path) -> int:
    """The side of the square picture that a model says it takes. BadInputError when it is none of ours."""
    shape, answer = session.get_inputs()[0].shape, session.get_outputs()[0].shape
    if len(shape) != 4 or not all(isinstance(side, int) for side in shape[1:]):
        raise BadInputError(f"The person model {model} takes {shape}, not one picture of a fixed size.")
    side = int(shape[2])
    rows = sum((side // stride) ** 2 for stride in _STRIDES)
    if shape[1] != 3 or shape[2] != shape[3] or answer[1:] != [rows, 5 + _CLASSES]:
        raise BadInputError(
            f"The person model {model} takes {shape} and gives {answer}: that is no YOLOX of 80 classes."
        )
    return side


def _divisible(side: int) -> int:
    return -(-side // _COARSEST) * _COARSEST


def _grid(across: int, down: int) -> tuple[Floats, Floats]:
    corners, strides = [], []
    for stride in _STRIDES:
        rows, columns = np.mgrid[0 : down // stride, 0 : across // stride]
        corners.append(np.stack([columns, rows], axis=-1).reshape(-1, 2))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)


def object_class(label: int) -> ObjectClass:
    """Our class for a COCO-80 index."""
    return _CLASS_OF.get(label, ObjectClass.THING)


def _without_doubles(
    boxes: Floats, scores: Floats, labels: npt.NDArray[np.int64], width: int, height: int
) -> list[Detection]:
    found: list[Detection] = []
    for label in np.unique(labels):
        chosen = np.flatnonzero(labels == label)
        rectangles = np.concatenate([boxes[chosen, :2], boxes[chosen, 2:] - boxes[chosen, :2]], axis=1)
        kept = cv2.dnn.NMSBoxes(rectangles.tolist(), scores[chosen].tolist(), FAINT, _SUPPRESS)
        for index in np.asarray(kept, dtype=np.int64).reshape(-1):
            left, top, right, bottom = boxes[chosen[index]].tolist()
            box = Box(left, top, right, bottom).clipped(width, height)
            if box.area > 0:
                found.append(Detection(box, object_class(int(label)), float(scores[chosen[index]])))
    return found
