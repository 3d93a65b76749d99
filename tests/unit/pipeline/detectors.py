"""Detectors that do as a test says."""

import threading
from collections.abc import Callable, Sequence

from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Detection


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

    def detect(self, frame: RawFrame) -> list[Detection]:
        self.asked += 1
        if not self._free.is_set():
            self.stuck.set()
            self._free.wait(60)
            self.stuck.clear()
        if self.failing:
            raise RuntimeError("the model's runtime has failed")
        return list(self._found(frame))
