"""Handing encoded views to whoever shows them live: a Unix socket, one queue a listener, nobody waits for anybody.

The messages are those of `base/wire.py`; console/hub.py is the other end and lists them.
"""

import contextlib
import dataclasses
import queue
import socket
import threading
from pathlib import Path

import structlog

from watchglass.base import wire
from watchglass.base.clock import WallUs
from watchglass.model.camera import Counts
from watchglass.model.media import Ticks, ViewFormat

_QUEUED = 256  # messages a listener may lag behind before it is cut off; it comes back and begins afresh
_CHUNKS_KEPT = 64  # since the last keyframe: more than a second of any view
_BREATH = 0.5  # seconds after a connection could not be accepted: there are too many open files, or the like

_log = structlog.get_logger(__name__)


@dataclasses.dataclass(slots=True)
class _Camera:
    """What a listener that connects now must be told of one camera."""

    format: bytes | None = None
    chunks: list[bytes] = dataclasses.field(default_factory=list)
    aim: bytes | None = None
    counts: bytes | None = None

    def all(self) -> list[bytes]:
        return [message for message in (self.format, *self.chunks, self.aim, self.counts) if message is not None]


class _Listener:
    """One connection, and what is to be sent on it: first how things are, then what comes, `_QUEUED` messages at most."""

    def __init__(self, connection: socket.socket, first: list[bytes]) -> None:
        self.connection = connection
        self.first = first
        self.queue: queue.Queue[bytes | None] = queue.Queue(_QUEUED)

    def send(self) -> None:
        """Send what is queued until told to stop or the other side goes. Runs in a thread of its own."""
        with contextlib.suppress(OSError):
            self.connection.sendall(b"".join(self.first))
            self.first.clear()
            while (message := self.queue.get()) is not None:
                self.connection.sendall(message)
        self.connection.close()

    def cut(self) -> None:
        wire.hang_up(self.connection)
        with contextlib.suppress(queue.Full):
            self.queue.put_nowait(None)


class Publisher:
    """Serves the views of one watcher process at a Unix socket. Methods may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._server = wire.listen(path)
        self._lock = threading.Lock()
        self._cameras: dict[int, _Camera] = {}
        self._listeners: list[_Listener] = []
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="publisher", daemon=True)
        self._thread.start()

    def format(self, camera: int, run: str, format: ViewFormat, init: bytes, pts: Ticks, wall: WallUs) -> None:  # noqa: A002 - the glossary's word
        """A run of a view begins; `pts` of its media time is `wall`."""
        message = wire.encode(
            {
                "type": "format",
                "camera": camera,
                "run": run,
                "codec": format.codec,
                "width": format.width,
                "height": format.height,
                "pts_ticks": pts,
                "wall_us": wall,
            },
            init,
        )
        with self._lock:
            kept = self._cameras.setdefault(camera, _Camera())
            kept.format, kept.chunks = message, []
            self._broadcast(message)

    def chunk(self, camera: int, data: bytes, wall: WallUs, duration_us: int, *, keyframe: bool) -> None:
        """The next piece of a view, at most 0.2 s of it."""
        head = {"type": "chunk", "camera": camera, "keyframe": keyframe, "wall_us": wall, "duration_us": duration_us}
        message = wire.encode(head, data)
        with self._lock:
            kept = self._cameras.setdefault(camera, _Camera())
            kept.chunks = [message] if keyframe else [*kept.chunks, message][-_CHUNKS_KEPT:]
            self._broadcast(message)

    def aim(self, camera: int, picture: bytes) -> None:
        """The aiming picture of a camera, as PNG."""
        message = wire.encode({"type": "aim", "camera": camera}, picture)
        with self._lock:
            self._cameras.setdefault(camera, _Camera()).aim = message
            self._broadcast(message)

    def counts(self, camera: int, counts: Counts | None) -> None:
        """How many are in sight of a camera of which no picture is shown; None while that is not known.

        To be said again every second or so: numbers that are seconds old are not shown.
        """
        message = wire.encode({"type": "counts", "camera": camera, **(dataclasses.asdict(counts) if counts else {})})
        with self._lock:
            self._cameras.setdefault(camera, _Camera()).counts = message if counts else None
            self._broadcast(message)

    def gone(self, camera: int) -> None:
        """The camera is no longer this watcher's."""
        with self._lock:
            self._cameras.pop(camera, None)
            self._broadcast(wire.encode({"type": "gone", "camera": camera}))

    def close(self) -> None:
        """Stop serving and remove the socket."""
        self._closed.set()
        wire.hang_up(self._server)
        self._server.close()
        with self._lock:
            for listener in self._listeners:
                listener.cut()
            self._listeners.clear()
        self._thread.join(2)
        self._path.unlink(missing_ok=True)

    def _broadcast(self, message: bytes) -> None:
        for listener in list(self._listeners):
            try:
                listener.queue.put_nowait(message)
            except queue.Full:
                _log.warning("a listener is too slow and was cut off", socket=self._path.name)
                listener.cut()
                self._listeners.remove(listener)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError as error:
                if self._closed.is_set():
                    return
                _log.warning("a listener could not be taken on", socket=self._path.name, reason=str(error))
                self._closed.wait(_BREATH)
                continue
            with self._lock:
                if self._closed.is_set():
                    connection.close()
                    return
                first = [message for kept in self._cameras.values() for message in kept.all()]
                listener = _Listener(connection, first)
                self._listeners.append(listener)
            threading.Thread(target=listener.send, name="listener", daemon=True).start()
            threading.Thread(target=self._until_gone, args=(listener,), name="listener-end", daemon=True).start()

    def _until_gone(self, listener: _Listener) -> None:
        """A listener never speaks: what can be read from it is its end."""
        with contextlib.suppress(OSError):
            listener.connection.recv(1)
        with self._lock, contextlib.suppress(ValueError):
            self._listeners.remove(listener)
        listener.cut()
