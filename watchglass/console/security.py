"""Who may talk to the console: host names, origins, the header that forms cannot send, response headers, the cookie.

The threats: another web page in the operator's browser (cross-site requests, a rebound DNS name, framing, a WebSocket
opened from elsewhere) and script smuggled into our own page. None of this replaces signing in.
"""

import dataclasses
import ipaddress
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from fastapi import Response
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watchglass.base.errors import UsageError

COOKIE: Final = "watchglass_session"
HEADER: Final = "x-watchglass"
SESSION_SECONDS: Final = 30 * 24 * 3600
MAX_BODY: Final = 64 * 1024  # the longest body that any call takes is a rule
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORT: Final = {"http": 80, "https": 443}

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; "  # MediaSource URLs
    "worker-src 'self' blob:; "  # hls.js transmuxes in a worker
    "connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",  # for what does not know frame-ancestors
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Entrance:
    """How browsers reach the console.

    `hosts` are names and addresses beyond loopback, without port. `tls` says that we speak TLS ourselves.
    `proxy` is the one origin of a reverse proxy before us (`https://cams.example.org`), which must hand on the Host
    header; then no other name is let in. UsageError when `proxy` is not an origin.
    """

    hosts: frozenset[str] = frozenset()
    tls: bool = False
    proxy: str | None = None

    def __post_init__(self) -> None:
        """Check and normalise once what every request is compared with."""
        object.__setattr__(self, "hosts", host_names(self.hosts))
        if self.proxy is not None:
            object.__setattr__(self, "proxy", _origin(self.proxy))

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over TLS, ours or the proxy's."""
        return self.tls if self.proxy is None else self.proxy.startswith("https:")

    def lets_in(self, host: str, arrived_at: str | None) -> bool:
        """Whether the Host header is one of ours (a rebound DNS name is not).

        `arrived_at` is the address that the connection was made to. As a Host it is always right: an address in place
        of a name cannot be rebound, and the machine's addresses may change while we run.
        """
        if self.proxy is not None:
            return self.origin(host) == self.proxy
        name = _name(host)
        return name in LOOPBACK or name in self.hosts or (arrived_at is not None and _same_address(name, arrived_at))

    def origin(self, host: str) -> str:
        """The origin, as browsers write it, of pages that we serve under this Host header."""
        scheme = "https" if self.secure else "http"
        host = host.lower().removesuffix(f":{_DEFAULT_PORT[scheme]}")
        return f"{scheme}://{host}"


def _origin(text: str) -> str:
    parts = urlsplit(text)
    more = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme not in _DEFAULT_PORT or not parts.hostname or more:
        raise UsageError(f"{text!r} is not the address of a reverse proxy; write it as https://cams.example.org.")
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(f':{_DEFAULT_PORT[parts.scheme]}')}"


def _name(host: str) -> str:
    """The Host header without its port."""
    host = host.lower()
    if host.startswith("["):
        address, bracket, _ = host.partition("]")
        return address + bracket
    return host.partition(":")[0]


def _same_address(name: str, arrived_at: str) -> bool:
    try:
        return ipaddress.ip_address(name.strip("[]")) == ipaddress.ip_address(arrived_at)
    except ValueError:
        return False


class Guard:
    """ASGI middleware round the whole console: lets in, or answers itself; adds the security headers to all answers."""

    def __init__(self, app: ASGIApp, entrance: Entrance) -> None:
        self._app = app
        self._entrance = entrance
        self._headers = dict(HEADERS)
        if entrance.secure:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                self._add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
            return
        await self._app(scope, _limited(receive), send_with_headers)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        for name, value in self._headers.items():
            headers[name] = value
        if path.startswith("/api/"):
            headers.setdefault("cache-control", "no-store")  # nothing of it stays in a browser after signing out

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if scope["type"] == "http" and scope["path"] == "/healthz":
            return None  # says nothing, and is asked for by machines under any name
        host = headers.get("host", "")
        server = scope.get("server")
        if not self._entrance.lets_in(host, server[0] if server else None):
            return refuse(421, "This console is not served under that host name; see --host-name in the manual.")
        return self._foreign(scope, headers, self._entrance.origin(host))

    @staticmethod
    def _foreign(scope: Scope, headers: Headers, ours: str) -> Response | None:
        origin = headers.get("origin")
        if scope["type"] == "websocket":
            # A WebSocket handshake has no other sign of where it comes from, and every browser sends this one.
            return None if origin == ours else refuse(403, "Live view may only be opened from the console's own page.")
        if scope["method"] in _SAFE:
            return None
        if origin is not None and origin != ours:
            return refuse(403, "This call came from a page that is not the console.")
        if headers.get(HEADER) != "1":
            return refuse(403, "Calls that change something need the header X-Watchglass: 1.")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY:
            return refuse(413, "The body of this call is too long.")
        return None


def _limited(receive: Receive) -> Receive:
    """Cut off a body without Content-Length (chunked) that grows beyond the limit."""
    got = 0

    async def receive_limited() -> Message:
        nonlocal got
        message = await receive()
        if message["type"] == "http.request":
            got += len(message.get("body", b""))
            if got > MAX_BODY:
                return {"type": "http.disconnect"}
        return message

    return receive_limited


def refuse(status: int, sentence: str) -> JSONResponse:
    """An answer that says no in the form of all our errors."""
    return JSONResponse({"error": sentence}, status)


def set_cookie(response: Response, token: str, *, secure: bool) -> None:
    """Hand the browser its session."""
    response.set_cookie(
        COOKIE, token, max_age=SESSION_SECONDS, path="/", httponly=True, samesite="strict", secure=secure
    )


def drop_cookie(response: Response, *, secure: bool) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=secure)


def host_names(names: Iterable[str]) -> frozenset[str]:
    """Host names as they stand in a Host header: lower case, IPv6 addresses in brackets."""
    bare = (name.strip("[]").lower() for name in names)
    return frozenset(f"[{name}]" if ":" in name else name for name in bare)
