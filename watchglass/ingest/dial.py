"""Connecting to a host that has several addresses, of which some may be dead (RFC 8305).

A name often stands for an IPv6 and an IPv4 address, and only one of them leads to the camera: whoever tries one after the other
waits for the dead one until the camera's time is over.
"""

import collections
import os
import select
import socket
from collections.abc import Callable, Iterable

Address = tuple[int, int, int, str, object]
"""As `socket.getaddrinfo` gives it."""

_HEAD_START_MS = 250  # RFC 8305, 8: Connection Attempt Delay


def dial(addresses: Iterable[Address], go_on: Callable[[], bool]) -> socket.socket:
    """The first connection that comes about, non-blocking: each address is tried once those before it have had their moment.

    OSError: why the last could not be reached. TimeoutError once `go_on`, asked several times a second, says no.
    """
    left = collections.deque(addresses)
    trying: dict[int, socket.socket] = {}
    poll = select.poll()
    fault = OSError("no address")
    try:
        while go_on():
            if left:
                try:
                    begun = _begun(left.popleft())
                except OSError as error:
                    fault = error
                    continue
                trying[begun.fileno()] = begun
                poll.register(begun, select.POLLOUT)
            elif not trying:
                raise fault
            for number, _ in poll.poll(_HEAD_START_MS):
                poll.unregister(number)
                ended = trying.pop(number)
                reason = ended.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not reason:
                    return ended
                ended.close()
                fault = OSError(reason, os.strerror(reason))
        raise TimeoutError
    finally:
        for connection in trying.values():
            connection.close()


def _begun(address: Address) -> socket.socket:
    """A connection that is being made. OSError if there is no way there at all."""
    family, kind, protocol, _, place = address
    connection = socket.socket(family, kind, protocol)
    connection.setblocking(False)
    try:
        connection.connect(place)  # type: ignore[arg-type]  # whatever getaddrinfo gave
    except BlockingIOError:
        pass
    except BaseException:
        connection.close()
        raise
    return connection
