"""A watcher's side of the detector's socket: one connection for all its cameras, and nobody ever waits.

A camera's thread puts a picture down and goes on; two threads of the client's own carry it there and bring answers
back. While the detector is away, or does not read, at most one picture of each kind waits for each camera. A connection
that broke is made again, again and again; what was asked of it is not answered any more.
"""

import collections
import contextlib
import itertools
import socket
import threading
from pathlib import Path

import structlog

from watchglass.base import wire
from watchglass.base.clock import Clock
from watchglass.detect.message import (
    Introduction,
    Kind,
    LookRequest,
    Reply,
    introduction_from_wire,
    reply_from_wire,
    request_to_wire,
)
from watchglass.detect.picture import Picture

_log = structlog.get_logger(__name__)

RETRY = 0.2  # seconds between two attempts to connect
SILENT = 2.0  # seconds without an answer after which that is said

AWAY = "the detector's process is not running; it is started again."
MUTE = "the detector's process does not answer."
FAILING = "the detector fails: the log says why."


class Line:
    """One camera's place at the client. `ask` and `replies` are for the camera's thread."""

    def __init__(self, client: "DetectorClient", camera: int) -> None:
        self._client = client
        self._camera = camera
        self._come: collections.deque[Reply] = collections.deque()  # append and popleft are atomic

    def ask(self, kind: Kind, picture: Picture) -> int:
        """Have the picture looked at; the number that the answer will bear, if it comes."""
        return self._client.put(self._camera, kind, picture)

    def replies(self) -> list[Reply]:
        """What has come since the last call, in order."""
        found = []
        with contextlib.suppress(IndexError):
            while True:
                found.append(self._come.popleft())
        return found

    def came(self, reply: Reply) -> None:
        self._come.append(reply)


class DetectorClient:
    """The connection to the detector at the socket `path`. Methods may be called from any thread."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._lines: dict[int, Line] = {}
        self._outbox: dict[tuple[int, Kind], LookRequest] = {}
        self._numbers = itertools.count(1)
        self._connection: socket.socket | None = None
        self._introduction: Introduction | None = None
        self._here = False
        self._unanswered: float | None = None  # when the first look was asked for that nothing has come after
        self._failed = False
        self._load = 0.0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (("detector-in", self._receive), ("detector-out", self._send))
        ]

    def start(self) -> None:
        """Begin to connect."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Hang up, whatever the detector does."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
            self._cut()
        for thread in self._threads:
            thread.join()

    def line(self, camera: int) -> Line:
        """A new line for a camera; an earlier one gets no more replies."""
        with self._lock:
            line = self._lines[camera] = Line(self, camera)
            return line

    @property
    def introduction(self) -> Introduction | None:
        """What the detector said of itself when it was last there; None if it never was."""
        with self._lock:
            return self._introduction

    @property
    def load(self) -> float:
        """How busy the detector is, 0 to 1; 1 while it is not there."""
        with self._lock:
            return self._load if self._here else 1.0

    @property
    def trouble(self) -> str:
        """Why no answers come, as the end of a sentence; empty while they do."""
        with self._lock:
            if not self._here:
                return AWAY
            if self._unanswered is not None and self._clock.monotonic() - self._unanswered > SILENT:
                return MUTE
            return FAILING if self._failed else ""

    def put(self, camera: int, kind: Kind, picture: Picture) -> int:
        """As `Line.ask`."""
        with self._changed:
            number = next(self._numbers)
            self._outbox[camera, kind] = LookRequest(camera, kind, number, picture)
            if self._unanswered is None:
                self._unanswered = self._clock.monotonic()
            self._changed.notify_all()
            return number

    def _receive(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(OSError):  # not there, or gone: TornMessageError is one
                self._converse()
            self._clock.wait(self._stop, RETRY)

    def _converse(self) -> None:
        """One connection, from its beginning to its end."""
        with wire.connect(self._path) as connection:
            with self._lock:
                if self._stop.is_set():
                    return
                self._connection = connection  # from here on `close` can end whatever blocks
            try:
                introduction = introduction_from_wire(wire.receive(connection)[0])
                _log.info("the detector is here", detector=introduction.name, protection=str(introduction.protection))
                with self._changed:
                    self._introduction, self._here = introduction, True
                    self._unanswered, self._failed, self._load = None, False, 0.0
                    self._outbox.clear()  # made for whoever was there before, and old
                    self._changed.notify_all()
                while True:
                    self._take_in(reply_from_wire(*wire.receive(connection)))
            finally:
                with self._changed:
                    self._connection, self._here = None, False
                    self._changed.notify_all()

    def _take_in(self, reply: Reply) -> None:
        with self._lock:
            self._load = reply.load
            self._failed = reply.found is None
            self._unanswered = None
            line = self._lines.get(reply.camera)
        if line is not None:
            line.came(reply)

    def _send(self) -> None:
        while (next_one := self._next_to_send()) is not None:
            connection, request = next_one
            try:
                connection.sendall(wire.encode(*request_to_wire(request)))
            except OSError:  # the reader sees it too, and connects again
                with self._lock:
                    if self._connection is connection:
                        self._cut()

    def _next_to_send(self) -> tuple[socket.socket, LookRequest] | None:
        with self._changed:
            while not (self._here and self._outbox and self._connection) and not self._stop.is_set():
                self._changed.wait()
            if self._stop.is_set() or self._connection is None:
                return None
            key = next(iter(self._outbox))
            return self._connection, self._outbox.pop(key)

    def _cut(self) -> None:
        if self._connection is not None:
            self._here = False
            wire.hang_up(self._connection)
