"""Looks that wait for the detector: fair between cameras, and never older than they must be.

A camera has at most one look of each kind waiting. A newer one takes the place of an older one, in its turn: a detector
that cannot keep up sees each camera less often, not later. One look of a camera is worked on at a time, so that answers
come in order. Whole frames go before closer looks, which hold nothing up for long: after `PATIENCE` they have their turn.
"""

import collections
import dataclasses
import threading
from collections.abc import Hashable

from watchglass.base.clock import Clock
from watchglass.detect.message import Kind, LookRequest

PATIENCE = 1.0  # seconds that a closer look gives way to whole frames

Asker = Hashable
"""Who asked: a connection."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A request in the queue."""

    asker: Asker
    request: LookRequest
    since: float  # of the turn: a request that took another's place has that one's


class Queue:
    """The looks that wait. Methods may be called from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: dict[Kind, collections.OrderedDict[tuple[Asker, int], Waiting]] = {
            kind: collections.OrderedDict() for kind in Kind
        }
        self._busy: set[tuple[Asker, int]] = set()
        self._closed = False

    def put(self, asker: Asker, request: LookRequest) -> None:
        """Let a look wait, in the place of an older one of its camera if there is one."""
        with self._changed:
            lane, key = self._waiting[request.kind], (asker, request.camera)
            since = lane[key].since if key in lane else self._clock.monotonic()
            lane[key] = Waiting(asker, request, since)
            self._changed.notify()

    def take(self) -> Waiting | None:
        """The next look, once there is one; None when the queue is closed. `done` must follow."""
        with self._changed:
            while not self._closed:
                if (found := self._next()) is not None:
                    return found
                self._changed.wait()
            return None

    def done(self, taken: Waiting) -> None:
        """The look was answered, or was given up: its camera may have another."""
        with self._changed:
            self._busy.discard((taken.asker, taken.request.camera))
            self._changed.notify()

    def forget(self, asker: Asker) -> None:
        """Whoever asked is gone."""
        with self._changed:
            for lane in self._waiting.values():
                for key in [key for key in lane if key[0] == asker]:
                    del lane[key]

    def close(self) -> None:
        """Let everybody who waits in `take` go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next(self) -> Waiting | None:
        whole, close = (self._first(self._waiting[kind]) for kind in (Kind.WHOLE, Kind.CLOSE))
        chosen = whole or close
        if whole and close and close.since < min(whole.since, self._clock.monotonic() - PATIENCE):
            chosen = close
        if chosen is None:
            return None
        key = (chosen.asker, chosen.request.camera)
        del self._waiting[chosen.request.kind][key]
        self._busy.add(key)
        return chosen

    def _first(self, lane: collections.OrderedDict[tuple[Asker, int], Waiting]) -> Waiting | None:
        return next((waiting for key, waiting in lane.items() if key not in self._busy), None)
