"""A bell between processes: whoever has written something rings, and who waits for it looks at once.

A Unix datagram socket that only its owner can open. Nothing is said by it and nothing is lost with it: one ring that waits to be
heard is enough, nobody waits to ring, and who never hears one looks by itself after a while.
"""

import contextlib
import select
import socket
from pathlib import Path


class Bell:
    """The end that waits. Another process may have had this name before, and be gone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._socket.bind(str(path))
        path.chmod(0o600)

    def wait(self, seconds: float) -> bool:
        """Wait until somebody rings, at most so long; True if somebody did. Rings that came together are one."""
        heard, _, _ = select.select([self._socket], [], [], max(0.0, seconds))
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(16)
        return bool(heard)

    def close(self) -> None:
        """Take the bell away."""
        self._socket.close()
        self._path.unlink(missing_ok=True)


def ring(path: Path) -> None:
    """Wake whoever waits at `path`; nobody there is fine."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as one:
        one.sendto(b"\n", str(path))
