"""A watcher's side of the packet socket."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from watchglass.base import wire
from watchglass.base.errors import UnreachableError
from watchglass.model.camera import StreamRole
from watchglass.record.message import Gone, Notice, from_wire, subscription


class PacketSubscription(Iterator[Notice]):
    """Notices of one stream, as they come. It ends after `Gone`, when the recorder goes away, or after `close`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reading = threading.Lock()  # held while the connection is read, and to close it
        self._ended = False

    def __next__(self) -> Notice:
        """The next notice; blocks."""
        with self._reading:
            if not self._ended:
                try:
                    notice = from_wire(*wire.receive(self._connection))
                except OSError:  # TornMessageError is one
                    self._ended = True
                else:
                    self._ended = isinstance(notice, Gone)
                    return notice
            self._connection.close()
            raise StopIteration

    def close(self) -> None:
        """End it, from any thread; whoever waits in `next` is released."""
        wire.hang_up(self._connection)
        with self._reading:
            self._ended = True
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def subscribe(path: Path, camera: int, role: StreamRole) -> PacketSubscription:
    """Ask the recorder at the socket `path` for a camera's stream. UnreachableError while no recorder is there.

    First comes the stream's health if it is known, then `Run` and packets from the latest keyframe on; the first
    packet has `jump`. A camera that the recorder does not know (yet) answers with `Gone` at once: ask again later.
    """
    try:
        connection = wire.connect(path)
    except OSError as error:
        raise UnreachableError("The recorder is not running: start it with `watchglass up`.") from error
    try:
        connection.sendall(wire.encode(subscription(camera, role)))
    except OSError as error:
        connection.close()
        raise UnreachableError("The recorder closed the connection: it is stopping.") from error
    return PacketSubscription(connection)
