"""Ending a call into libav that waits for a camera, as soon as a stop event is set.

libav asks an interrupt callback before each read and every 100 ms while it waits. PyAV's callback has a time limit only
(`av/container/core.py: interrupt_cb`), taken from `time.monotonic` of its own module. That module is given a clock
here which leaps for a thread whose stop event is set, so that PyAV sees its limit pass. Short limits and reading
again would not do: libav loses the bytes of an interleaved RTP packet that it had half read, and with them its place.

Should PyAV change this, nothing breaks but the haste: reads then end at their limits, and threads are daemons.
"""

import contextlib
import itertools
import threading
import time
import types
from collections.abc import Iterator

import av.container.core

_LEAP = 1e6  # seconds; more than any limit, less than what a double can no longer count in

_stops: dict[int, threading.Event] = {}  # by thread; each thread touches its own entry only
_leaps = itertools.count(1)


def _monotonic() -> float:
    stop = _stops.get(threading.get_ident())
    now = time.monotonic()
    # Each answer is a leap further than the last, so that a limit which begins after the stop passes as well.
    return now + next(_leaps) * _LEAP if stop is not None and stop.is_set() else now


def install() -> None:
    """Give PyAV the clock that leaps. Calling it again does nothing."""
    av.container.core.time = types.SimpleNamespace(monotonic=_monotonic)  # type: ignore[attr-defined]


@contextlib.contextmanager
def interruptible(stop: threading.Event) -> Iterator[None]:
    """While it lasts, calls of this thread into libav end with ExitError within about 100 ms once `stop` is set.

    They need a time limit (`av.open(timeout=...)`), for PyAV asks no clock without one.
    """
    ident = threading.get_ident()
    _stops[ident] = stop
    try:
        yield
    finally:
        if _stops.get(ident) is stop:
            del _stops[ident]
