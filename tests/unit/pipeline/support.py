"""A detector that does as a test says, and how much of somebody can be recognised in a view."""

import io
import threading
from collections.abc import Callable, Sequence

import av
import numpy as np

from tests import footage
from tests.footage import Picture
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Box, Detection
from watchglass.pipeline.sight import AtOnce, Direct, Looks, NoAnswerError


class ScriptedDetector:
    """Finds what it was given: nothing, unless told. `failing` raises, `hanging` waits until `release`."""

    name = "scripted"
    protection = Protection.FULL
    model_hash = "ab" * 32

    def __init__(self, found: Callable[[RawFrame], Sequence[Detection]] = lambda _frame: ()) -> None:
        self._found = found
        self._free = threading.Event()
        self._free.set()
        self.asked = 0
        self.failing = False
        self.stuck = threading.Event()  # set while somebody waits for an answer

    def hang(self) -> None:
        """From now on no answer comes."""
        self._free.clear()

    def release(self) -> None:
        """Answer, those who wait too."""
        self._free.set()

    def detect(self, frame: RawFrame, *, close: bool = False) -> list[Detection]:
        self.asked += 1
        if not self._free.is_set():
            self.stuck.set()
            self._free.wait(60)
            self.stuck.clear()
        if self.failing:
            raise RuntimeError("the model's runtime has failed")
        return list(self._found(frame))


class ScriptedSource:
    """A scripted detector as a watcher's source of looks: it answers at once, and a failure is no answer."""

    def __init__(self, detector: ScriptedDetector) -> None:
        self._detector = detector
        self.trouble = ""

    @property
    def protection(self) -> Protection:
        return self._detector.protection

    def looks(self, camera: int) -> Looks:
        return AtOnce(_Patient(self._detector))


class _Patient(Direct):
    def whole(self, frame: RawFrame, time: float) -> list[Detection]:
        try:
            return super().whole(frame, time)
        except RuntimeError as error:
            raise NoAnswerError from error

    def close(self, frame: RawFrame, place: Box) -> float:
        try:
            return super().close(frame, place)
        except RuntimeError as error:
            raise NoAnswerError from error


def pictures(data: bytes) -> list[Picture]:
    """Every frame of a video file."""
    with av.open(io.BytesIO(data), "r") as container:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0)]


def likeness(picture: Picture, number: int) -> float:
    """How much of the figures of `footage.picture(number)` can be recognised: a correlation, 1 for the raw frame."""
    height, width = picture.shape[:2]
    raw = footage.picture(number, width, height)
    where = (raw != footage.picture(number, width, height, figures=0)).any(axis=2)
    seen, truth = picture[where].astype(float).ravel(), raw[where].astype(float).ravel()
    if seen.std() < 1:
        return 0.0
    return float(np.corrcoef(seen, truth)[0, 1])


def is_flat(picture: Picture) -> bool:
    """Whether a frame is covered whole: one colour, and words and a sign in a lighter grey of it."""
    dark = np.median(picture.reshape(-1, 3), axis=0)
    lighter = picture.astype(int) - dark
    grey = np.abs(lighter - lighter.mean(axis=2, keepdims=True)).max() < 24
    return bool(dark.max() < 60 and grey and (np.abs(lighter).max(axis=2) < 12).mean() > 0.7)
