"""Messages between our processes over Unix sockets: a short JSON head and a payload of bytes.

Layout: u32 length of the head, u32 length of the payload (both big-endian), the head (a JSON object in UTF-8),
the payload. Sockets lie in the data folder's `run` directory, which only its owner may enter: encoded camera
packets pass here, and nothing of them may be readable to others or touch a file system (rule R6).
"""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Head = dict[str, Any]
Message = tuple[Head, bytes]

_LENGTHS = struct.Struct(">II")
MAX_HEAD = 64 * 1024
MAX_PAYLOAD = 32 * 1024 * 1024


class TornMessageError(ConnectionError):
    """The other process went away in the middle of a message, or what came is not one of ours."""


def encode(head: Head, payload: bytes = b"") -> bytes:
    """One message as bytes."""
    text = json.dumps(head, separators=(",", ":")).encode()
    return _LENGTHS.pack(len(text), len(payload)) + text + payload


def _lengths(raw: bytes) -> tuple[int, int]:
    head, payload = _LENGTHS.unpack(raw)
    if head > MAX_HEAD or payload > MAX_PAYLOAD:
        raise TornMessageError(f"a message of {head} + {payload} bytes is not one of ours")
    return head, payload


def _head(raw: bytes) -> Head:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:  # brackets in brackets, too many to be one of ours
        raise TornMessageError("the head of a message is not JSON") from error
    if not isinstance(value, dict):
        raise TornMessageError("the head of a message is not an object")
    return value


def _exactly(connection: socket.socket, count: int) -> bytes:
    buffer = bytearray(count)
    view = memoryview(buffer)
    while view:
        got = connection.recv_into(view)
        if got == 0:
            raise TornMessageError("the other process closed the connection")
        view = view[got:]
    return bytes(buffer)


def receive(connection: socket.socket) -> Message:
    """The next message; blocks. TornMessageError when the other side is gone."""
    head, payload = _lengths(_exactly(connection, _LENGTHS.size))
    return _head(_exactly(connection, head)), _exactly(connection, payload)


def messages(connection: socket.socket) -> Iterator[Message]:
    """Every message until the other side goes away."""
    with contextlib.suppress(TornMessageError, ConnectionError):
        while True:
            yield receive(connection)


async def read(reader: asyncio.StreamReader) -> Message:
    """The next message from an asyncio stream. TornMessageError when the other side is gone."""
    try:
        head, payload = _lengths(await reader.readexactly(_LENGTHS.size))
        return _head(await reader.readexactly(head)), await reader.readexactly(payload)
    except asyncio.IncompleteReadError as error:
        raise TornMessageError("the other process closed the connection") from error


def listen(path: Path) -> socket.socket:
    """A listening Unix socket at `path`, replacing one that a killed process left; only its owner may connect."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    path.chmod(0o600)
    server.listen()
    return server


def accepted(listener: socket.socket, closed: Callable[[], bool]) -> Iterator[socket.socket]:
    """Connections as they come, until the listener is `closed` on purpose."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            if closed():
                return
            raise
        yield connection


def hang_up(connection: socket.socket) -> None:
    """End a connection or a listener, whoever blocks on it; it is still to be closed."""
    with contextlib.suppress(OSError):  # not connected any more
        connection.shutdown(socket.SHUT_RDWR)


def connect(path: Path) -> socket.socket:
    """A connection to the process that listens at `path`; OSError while it is not there."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection
