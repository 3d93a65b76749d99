"""HTTP to one camera and to nobody else, with an end to everything: seconds, bytes, and the host that may be spoken to.

A camera is not trusted: it may be somebody else's, or broken. Whatever addresses it names, no connection to another
host is opened; what takes longer than allowed ends, though a byte comes every second; what is larger than allowed,
or compressed (a small answer may unpack to a large one), is not read. Redirects are not followed, proxies not used.
"""

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore
import httpx

from watchglass.base.clock import Clock

MAX_BYTES = 1 << 20
"""Of one answer. The longest that cameras give, profiles of a recorder with 64 channels, has some 300 KiB."""


class SignInError(httpx.TransportError):
    """The camera refused, and named no other way to sign in: asking once more would only bring it nearer to locking itself."""


class Deadline:
    """When a conversation ends, whatever comes. Setting `stop` ends it at the next packet."""

    def __init__(self, seconds: float, clock: Clock, stop: threading.Event) -> None:
        self._clock = clock
        self._end = clock.monotonic() + seconds
        self._stop = stop

    def left(self, timeout: float | None) -> float:
        """How long a single step may take. httpcore.ReadTimeout when the time is over."""
        left = self._end - self._clock.monotonic()
        if left <= 0 or self._stop.is_set():
            raise httpcore.ReadTimeout
        return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    """A connection whose every step ends with the conversation."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _OneHost(httpcore.NetworkBackend):
    """Connects to one host only."""

    def __init__(self, host: str, deadline: Deadline) -> None:
        self._host = host
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if host.casefold() != self._host.casefold():
            raise httpcore.ConnectError(f"only {self._host} may be spoken to")
        left = self._deadline.left(timeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options), self._deadline)


class CameraTransport(httpx.BaseTransport):
    """What httpx sends its requests through. `refused` tells whether an answer said that the sender is not authorised.

    Certificates of cameras are signed by nobody but themselves: they are believed unless `verify`.
    """

    def __init__(self, host: str, deadline: Deadline, *, verify: bool = False, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self.refused = False
        if verify:
            context = ssl.create_default_context()
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=1,
            network_backend=_OneHost(host.strip("[]"), deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request and its whole answer. httpx.TransportError."""
        with _as_httpx():
            answer = self._pool.handle_request(self._asked(request))
            try:
                body = self._whole(answer)
            finally:
                answer.close()
        if answer.status == httpx.codes.UNAUTHORIZED and not any(
            k.lower() == b"www-authenticate" for k, _ in answer.headers
        ):
            raise SignInError("no other way to sign in is offered", request=request)
        self.refused = any(word in body for word in (b"NotAuthorized", b"FailedAuthentication"))
        return httpx.Response(answer.status, headers=answer.headers, content=body, request=request)

    def close(self) -> None:
        """Let go of the connection."""
        self._pool.close()

    @staticmethod
    def _asked(request: httpx.Request) -> httpcore.Request:
        content: Callable[[], bytes] = request.read
        return httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=[(name, value) for name, value in request.headers.raw if name.lower() != b"accept-encoding"],
            content=content(),
            extensions=request.extensions,
        )

    def _whole(self, answer: httpcore.Response) -> bytes:
        headers = {name.lower(): value for name, value in answer.headers}
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise httpx.DecodingError("a compressed answer, which was not asked for")
        body = bytearray()
        for piece in answer.iter_stream():
            body += piece
            if len(body) > self._max_bytes:
                raise httpx.DecodingError(f"an answer of more than {self._max_bytes} bytes")
        return bytes(body)


@contextlib.contextmanager
def _as_httpx() -> Iterator[None]:
    """Httpcore's exceptions as those of httpx, which the library above knows."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.ReadTimeout(str(error)) from error
    except (httpcore.ConnectError, ssl.SSLError) as error:
        raise httpx.ConnectError(str(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise httpx.RemoteProtocolError(str(error)) from error
