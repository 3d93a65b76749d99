"""The clock, injected everywhere: wall time in microseconds UTC, and a monotonic clock for durations."""

import threading
import time
from typing import NewType, Protocol

WallUs = NewType("WallUs", int)
"""Wall time: microseconds since 1970-01-01 UTC. Never mixed with media time."""

MICROSECONDS = 1_000_000


class Clock(Protocol):
    """Where code learns what time it is. Durations are taken from `monotonic`, dates from `wall_us`."""

    def wall_us(self) -> WallUs:
        """Microseconds since the epoch, UTC; may step when the machine's clock is set."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until `event` is set, at most `seconds`; True if it was set."""


class SystemClock:
    """The machine's own clocks."""

    def wall_us(self) -> WallUs:
        return WallUs(time.time_ns() // 1000)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(max(0.0, seconds))


class SimulatedClock:
    """A clock for tests that moves only when told to, or when somebody waits on it."""

    def __init__(self, wall_us: int = 1_800_000_000 * MICROSECONDS) -> None:
        self._wall_us = wall_us
        self._monotonic = 0.0
        self._lock = threading.Lock()

    def wall_us(self) -> WallUs:
        with self._lock:
            return WallUs(self._wall_us)

    def monotonic(self) -> float:
        with self._lock:
            return self._monotonic

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            self.advance(seconds)
        return event.is_set()

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass on both clocks."""
        with self._lock:
            self._monotonic += seconds
            self._wall_us += round(seconds * MICROSECONDS)

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as NTP or a person would; the monotonic clock goes on."""
        with self._lock:
            self._wall_us += round(seconds * MICROSECONDS)
