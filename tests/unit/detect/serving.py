"""A detector that does as a test says, served at a real socket."""

import threading

import numpy as np

from watchglass.detect.detector import look_at
from watchglass.detect.picture import Picture, Sides, size
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Box, Detection, ObjectClass

PATIENCE = 20.0  # seconds that a test waits for what comes soon


def grey(level: int = 90, width: int = 64, height: int = 48) -> Picture:
    return np.full((height * 3 // 2, width), level, np.uint8)


class LevelDetector:
    """Finds somebody whose score is the level of the picture in hundredths. `hold` keeps it from answering."""

    name = "level"
    protection = Protection.FULL
    model_hash = "cd" * 32
    sides = Sides(64, 32)

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()
        self._changed = threading.Condition()
        self.seen: list[int] = []
        self.failing = False

    def hold(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    def until_seen(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= count, PATIENCE), self.seen

    def detect(self, frame: RawFrame, *, close: bool = False) -> list[Detection]:
        return look_at(self, frame, close=close)

    def find(self, made: Picture) -> list[Detection]:
        with self._changed:
            self.seen.append(int(made[0, 0]))
            self._changed.notify_all()
        assert self._free.wait(PATIENCE)
        if self.failing:
            raise RuntimeError("the model's runtime has failed")
        width, height = size(made)
        return [Detection(Box(0, 0, width / 2, height), ObjectClass.PERSON, int(made[0, 0]) / 100)]
