"""Handing packets to watchers over a Unix socket: one thread accepts, and one a subscriber waits for it.

A subscriber that does not read holds up its own thread only; its queue drops the oldest meanwhile (`ring.py`).
"""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from watchglass.base import wire
from watchglass.model.camera import StreamRole
from watchglass.record.message import Gone, parse_subscription, to_wire
from watchglass.record.ring import Ring

_log = structlog.get_logger()

IDLE = 1.0  # seconds without a notice, after which a subscriber is looked at: it may have left
HELLO = 10.0  # seconds that a new connection has for saying what it wants

Find = Callable[[int, StreamRole], Ring | None]
"""The ring of a camera's stream, None if there is no such camera (any more)."""


class PacketServer:
    """Serves the rings that `find` knows, at the socket `path`."""

    def __init__(self, path: Path, find: Find) -> None:
        self._path = path
        self._find = find
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._closed = False
        self._listener = wire.listen(path)
        self._thread = threading.Thread(target=self._accept, name="packets", daemon=True)

    def start(self) -> None:
        """Begin to accept subscribers."""
        self._thread.start()

    def close(self) -> None:
        """End all connections and remove the socket."""
        with self._lock:
            self._closed = True
            connections = list(self._connections)
        for connection in [self._listener, *connections]:
            wire.hang_up(connection)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    @property
    def subscribers(self) -> int:
        """How many are connected."""
        with self._lock:
            return len(self._connections)

    def _accept(self) -> None:
        for connection in wire.accepted(self._listener, lambda: self._closed):
            with self._lock:
                if self._closed:
                    connection.close()
                    return
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="subscriber", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._talk(connection)
            except OSError as error:  # TornMessageError is one: the subscriber left, or is none of ours
                _log.debug("subscriber left", reason=str(error))
            finally:
                with self._lock:
                    self._connections.discard(connection)

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(HELLO)
        head, _ = wire.receive(connection)
        connection.settimeout(None)
        ring = self._find(*parse_subscription(head))
        if ring is None:
            connection.sendall(wire.encode(*to_wire(Gone())))
            return
        subscription = ring.subscribe()
        try:
            while not _left(connection):
                notice = subscription.take(IDLE)
                while notice is not None:
                    connection.sendall(wire.encode(*to_wire(notice)))
                    if isinstance(notice, Gone):
                        return
                    notice = subscription.take(0)
        finally:
            subscription.leave()


def _left(connection: socket.socket) -> bool:
    """The other side has closed. It never sends after its subscription, so anything readable is the end."""
    try:
        return not connection.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK)
    except BlockingIOError:
        return False
