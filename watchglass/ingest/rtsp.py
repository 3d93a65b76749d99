"""Cameras over RTSP (RFC 2326, RFC 7826) and RTSP over TLS."""

import contextlib
import dataclasses
import socket
import threading
import urllib.parse

import structlog

from watchglass.base.clock import Clock
from watchglass.base.errors import RefusedError, UsageError, WatchglassError
from watchglass.ingest.interleaved import InterleavedStream
from watchglass.ingest.libav import LibavStream, open_libav
from watchglass.ingest.pump import Pump
from watchglass.ingest.rtsp_session import UnsuitedError, host_of, unknown_name
from watchglass.ingest.stream import IngestOptions, OpenStream, StreamRequest, TlsPolicy
from watchglass.model.camera import Credentials, Transport

_log = structlog.get_logger(__name__)

MAX_USERINFO = 127  # bytes of user:password, percent-encoded; libav's rtsp.c has `char auth[128]` and cuts silently


def open_rtsp(
    request: StreamRequest, options: IngestOptions, stop: threading.Event, clock: Clock, pump: Pump | None = None
) -> OpenStream:
    """Connect to a camera and start its stream: read by ourselves where we can, which costs a fraction, else by libav.

    Sound is libav's to read. A camera that cannot be opened with it is opened without.
    """
    if request.sound:
        try:
            return _by_libav(request, options, stop, clock)
        except RefusedError:  # asked again, it would lock us out
            raise
        except WatchglassError as error:
            if stop.is_set():
                raise
            _log.warning("a camera is opened without its sound", camera=request.camera, cause=error.sentence)
        request = dataclasses.replace(request, sound=False)
    if request.transport is Transport.TCP and request.source.address.startswith("rtsp://"):
        with contextlib.suppress(UnsuitedError):
            return InterleavedStream(request, options, stop, clock, pump)
    return _by_libav(request, options, stop, clock)


def _by_libav(request: StreamRequest, options: IngestOptions, stop: threading.Event, clock: Clock) -> LibavStream:
    url = with_credentials(request)
    _resolve(request)
    return open_libav(url, request, options, stop, settings(request, options), clock)


def settings(request: StreamRequest, options: IngestOptions) -> dict[str, str]:
    """Options that libav takes for an RTSP connection (https://ffmpeg.org/ffmpeg-protocols.html#rtsp)."""
    sound = {
        "allowed_media_types": "video+audio",
        # Of sound that is offered and never sent, libav would wait for a packet: five seconds, without this.
        "analyzeduration": "1500000",
    }
    return {
        "rtsp_transport": str(request.transport),
        **(sound if request.sound else {"allowed_media_types": "video"}),  # else it is not even asked for
        # Socket reads that wait longer fail by themselves, should the interrupt not come through.
        "timeout": str(round(options.silence * 1_000_000)),
        "tls_verify": "1" if options.tls is TlsPolicy.VERIFIED else "0",
        # Rates come from the stream's headers; watching 20 frames first to guess would cost the first second.
        "fpsprobesize": "0",
        # UDP only: wait 0.3 s for a packet that was overtaken, then go on without it.
        "max_delay": "300000",
        "reorder_queue_size": "200",
        "buffer_size": str(1024 * 1024),  # a keyframe comes as one burst; the default (208 KiB) loses part of it
    }


def with_credentials(request: StreamRequest) -> str:
    """The URL that libav gets. Nobody else may see it."""
    if request.credentials is None:
        return request.source.address
    userinfo = _userinfo(request.credentials)
    if len(userinfo) > MAX_USERINFO:
        raise UsageError(
            f"Camera {request.camera}: user name and password are too long together ({len(userinfo)} of "
            f"{MAX_USERINFO} bytes once written into an address): choose shorter ones, or fewer special characters."
        )
    scheme, slashes, rest = request.source.address.partition("://")
    return f"{scheme}{slashes}{userinfo}@{rest}"


def _userinfo(credentials: Credentials) -> str:
    # RFC 3986 lets these stand in user info; the fewer are encoded, the more fits into libav's buffer.
    safe = "!$&'()*+,;=-._~"
    return ":".join(urllib.parse.quote(part, safe=safe) for part in (credentials.username, credentials.password))


def _resolve(request: StreamRequest) -> None:
    """Look the camera's name up first: libav says only "Input/output error" of a name that there is not."""
    host, port = host_of(request.source)
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        pass
    else:
        return
    raise unknown_name(request, host)
