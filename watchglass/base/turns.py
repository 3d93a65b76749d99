"""Turns: so many threads at a time, in the order in which they asked."""

import collections
import threading
from types import TracebackType


class Turns:
    """As a semaphore of `count`, but fair: whoever has had a turn comes after all that wait.

    Threads that call into OpenCV hand the interpreter's lock over hundreds of times a frame. Where a dozen of them want
    it, that costs a fifth of all they do; taking turns, they hand over once a frame.
    """

    def __init__(self, count: int = 1) -> None:
        self._lock = threading.Lock()
        self._free = count
        self._waiting: collections.deque[threading.Lock] = collections.deque()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
