"""One thread that reads many streams: each a few times a second, all at the same moments.

What a packet costs is mostly the processor's memory: with a thread a stream each wakes to cold caches, and they get in one
another's way for the interpreter. Read one after the other, all but the first find everything warm.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from watchglass.base.clock import Clock
from watchglass.ingest.stream import Demuxed


class Stepping(Protocol):
    """A stream that can be read without waiting."""

    def step(self) -> list[Demuxed]:
        """What has come since the last step. Errors end the stream."""


class Pump:
    """Reads streams for the threads that hold them open. `read` may be called from any thread."""

    def __init__(self, clock: Clock, gather: float) -> None:
        """Each stream is read every `gather` seconds."""
        self._clock, self._gather = clock, gather
        self._changed = threading.Condition()
        self._readings: tuple[_Reading, ...] = ()
        self._never = threading.Event()
        self._running = False

    def read(self, stream: Stepping, take: Callable[[Demuxed], None], stop: threading.Event) -> None:
        """Hand what comes of a stream to `take`, on the pump's thread, until `stop` is set; waits as long.

        Raises what the stream, or `take`, has raised. `take` must not wait: all streams would.
        """
        reading = _Reading(stream, take, stop)
        with self._changed:
            self._readings = (*self._readings, reading)
            if not self._running:
                threading.Thread(target=self._work, name="pump", daemon=True).start()
                self._running = True  # its thread looks at this under the lock
        reading.over.wait()
        if reading.error is not None:
            raise reading.error

    def _work(self) -> None:
        while True:
            self._clock.wait(self._never, self._gather - self._clock.monotonic() % self._gather)
            for reading in self._readings:
                reading.go_on()
            with self._changed:
                self._readings = tuple(reading for reading in self._readings if not reading.over.is_set())
                if not self._readings:
                    self._running = False
                    return


class _Reading:
    """A stream that is being read, and the thread that waits for its end."""

    def __init__(self, stream: Stepping, take: Callable[[Demuxed], None], stop: threading.Event) -> None:
        self._stream, self._take, self._stop = stream, take, stop
        self.over = threading.Event()
        self.error: Exception | None = None

    def go_on(self) -> None:
        try:
            for packet in () if self._stop.is_set() else self._stream.step():
                self._take(packet)
        except Exception as error:  # noqa: BLE001 - it is raised where the stream was opened, and ends nothing else
            self.error = error
            self.over.set()
        if self._stop.is_set():
            self.over.set()
