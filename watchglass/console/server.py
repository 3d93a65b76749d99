"""Running the console: its socket, TLS, a reverse proxy before it, and a stop that nobody can hold up."""

import asyncio
import contextlib
import dataclasses
import errno
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, cast

import uvicorn
from fastapi import FastAPI

from watchglass.base.errors import UnreachableError
from watchglass.console.context import Console

STOP_POLL_SECONDS: Final = 0.1
GRACE_SECONDS: Final = 1
LOOPBACK_PEERS: Final = ("127.0.0.1", "::1")

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Tls:
    """Where certificate and key are, both PEM."""

    certificate: Path
    key: Path


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: whoever calls `serve` says when to stop. Who does not let go is cut off."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # for them to hear of it


def serve(
    app: FastAPI,
    host: str,
    port: int,
    tls: Tls | None,
    proxy: str | None,
    stop_event: threading.Event,
    ready_callback: Callable[[int], None],
    proxy_peers: tuple[str, ...] = LOOPBACK_PEERS,
) -> None:
    """Serve `app` (from `build`) until `stop_event` is set. Blocks; call it from the main thread of its process.

    `ready_callback` gets the port once connections are taken (a port of 0 picks a free one). Behind a `proxy` we speak
    plain HTTP, and X-Forwarded-* is believed only from `proxy_peers`. UnreachableError when the port cannot be had.
    """
    listener = bind(host, port)
    config = uvicorn.Config(
        app,
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=proxy is not None,
        forwarded_allow_ips=list(proxy_peers),
        ws_max_size=1024,  # a browser has nothing to say on a live view
        ws_per_message_deflate=False,  # video does not get smaller
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=tls.certificate if tls and proxy is None else None,
        ssl_keyfile=tls.key if tls and proxy is None else None,
    )
    with listener:
        asyncio.run(_run(_Server(config), listener, cast("Console", app.state.console), stop_event, ready_callback))


async def _run(
    server: _Server,
    listener: socket.socket,
    console: Console,
    stop_event: threading.Event,
    ready_callback: Callable[[int], None],
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    told = False
    while not stop_event.is_set() and not serving.done():
        if server.started and not told:
            told = True
            ready_callback(listener.getsockname()[1])
        await asyncio.sleep(STOP_POLL_SECONDS)
    console.rooms.closing.set()
    console.hub.close()
    server.should_exit = True
    await serving


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to `port` on `host`. UnreachableError, with what to do, when it cannot be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise UnreachableError(f"{host} is not an address of this machine. Choose another with --host.") from error
    family, kind, _, _, address = found[0]
    listener = socket.socket(family, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # or the port is barred for a minute after a stop
    try:
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise UnreachableError(_why(error, host, port)) from error
    return listener


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use by another program. Choose another with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} may not be opened by this user. Choose one above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine. Choose another with --host."
    return f"Port {port} on {host} cannot be opened: {error.strerror}. Choose another with --port."
