"""The detector for everybody: a Unix socket, one reader a watcher, as many workers as are worth their cores.

Only small pictures come in and only numbers go out; both live in this process's own memory and nowhere else (rule R6).
"""

import socket
import struct
import threading
import time
from pathlib import Path

import structlog

from watchglass.base import wire
from watchglass.base.clock import Clock
from watchglass.detect.detector import PictureDetector
from watchglass.detect.message import (
    Introduction,
    Reply,
    introduction_to_wire,
    reply_to_wire,
    request_from_wire,
)
from watchglass.detect.waiting import Queue, Waiting

_log = structlog.get_logger(__name__)

SLOWEST = 2  # seconds that a watcher has for taking an answer: longer, and it is cut off; it comes again
_RECENT = 0.1  # weight of the latest look in how busy we are


class _Asker:
    """A watcher's connection. Compared by identity."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        # Reading may take for ever, writing may not: settimeout() knows no difference.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SLOWEST, 0))
        self._sending = threading.Lock()

    def send(self, message: bytes) -> None:
        with self._sending:
            self.connection.sendall(message)

    def hang_up(self) -> None:
        wire.hang_up(self.connection)


class DetectorServer:
    """Answers looks at the socket `path` with `workers` threads; `note` is what a person should know of the detector."""

    def __init__(self, path: Path, detector: PictureDetector, clock: Clock, workers: int = 1, note: str = "") -> None:
        self._path = path
        self._detector = detector
        self._clock = clock
        introduction = Introduction(detector.name, detector.protection, detector.model_hash, detector.sides, note)
        self._hello = wire.encode(introduction_to_wire(introduction))
        self._queue = Queue(clock)
        self._load = _Load(clock, workers)
        self._lock = threading.Lock()
        self._askers: set[_Asker] = set()
        self._closed = False
        self._failing = False
        self._listener = wire.listen(path)
        self._workers = [
            threading.Thread(target=self._work, name=f"look-{number}", daemon=True) for number in range(workers)
        ]
        self._accepting = threading.Thread(target=self._accept, name="looks", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        for thread in (*self._workers, self._accepting):
            thread.start()

    def close(self) -> None:
        """Hang up and remove the socket; looks that are being worked on are not waited for."""
        with self._lock:
            self._closed = True
            askers = list(self._askers)
        self._queue.close()
        wire.hang_up(self._listener)
        self._listener.close()
        for asker in askers:
            asker.hang_up()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        for connection in wire.accepted(self._listener, lambda: self._closed):
            asker = _Asker(connection)
            with self._lock:
                if self._closed:
                    connection.close()
                    return
                self._askers.add(asker)
            threading.Thread(target=self._serve, args=(asker,), name="asker", daemon=True).start()

    def _serve(self, asker: _Asker) -> None:
        with asker.connection:
            try:
                asker.send(self._hello)
                while True:
                    self._queue.put(asker, request_from_wire(*wire.receive(asker.connection)))
            except OSError as error:  # TornMessageError is one: the watcher left, or is none of ours
                _log.debug("a watcher left", reason=str(error))
            finally:
                self._queue.forget(asker)
                with self._lock:
                    self._askers.discard(asker)

    def _work(self) -> None:
        while (waiting := self._queue.take()) is not None:
            try:
                reply = self._reply(waiting)
                asker = waiting.asker
                if isinstance(asker, _Asker):
                    self._answer(asker, reply)
            finally:
                self._queue.done(waiting)

    def _reply(self, waiting: Waiting) -> Reply:
        request = waiting.request
        began, worked = self._clock.monotonic(), time.thread_time()
        found = None
        try:
            found = self._detector.find(request.picture)
        except Exception:  # noqa: BLE001 - whatever a model's runtime throws; no answer is never taken for an answer (R5)
            if not self._failing:
                _log.exception("the detector fails")
        self._failing = found is None
        self._load.note(self._clock.monotonic() - began, time.thread_time() - worked)
        return Reply(request.camera, request.kind, request.ask, self._load.now(), found)

    def _answer(self, asker: _Asker, reply: Reply) -> None:
        try:
            asker.send(wire.encode(*reply_to_wire(reply)))
        except OSError:  # gone, or it does not read: nobody else shall wait for it
            asker.hang_up()


class _Load:
    """How busy the detector is, 0 to 1: by the share of time that it looks, and by how much it waits for a core then."""

    def __init__(self, clock: Clock, workers: int) -> None:
        self._clock = clock
        self._workers = workers
        self._lock = threading.Lock()
        self._busy = 0.0  # seconds of looks, fading
        self._span = 0.0  # seconds, fading alike
        self._waits = 0.0
        self._noted = clock.monotonic()

    def note(self, took: float, worked: float) -> None:
        """A look took so many seconds, and worked for so many of them."""
        with self._lock:
            now = self._clock.monotonic()
            fade = 1 - _RECENT
            self._busy = fade * self._busy + took / self._workers
            self._span = fade * self._span + (now - self._noted)
            self._noted = now
            waits = 1 - worked / took if took > 0 else 0.0
            self._waits = fade * self._waits + _RECENT * max(0.0, waits)

    def now(self) -> float:
        with self._lock:
            share = self._busy / self._span if self._span > 0 else 0.0
            return min(1.0, max(share, self._waits))
