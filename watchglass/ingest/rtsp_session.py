"""A conversation with a camera over RTSP, RTP interleaved on the same TCP connection: from connecting to PLAY.

For H.264 and H.265 whose parameter sets are known beforehand. Everything else is a matter for libav: `UnsuitedError`.
"""

import contextlib
import errno
import re
import socket
import struct
import threading
import urllib.parse
from collections.abc import Callable, Sequence
from typing import TypeVar

from watchglass.base.clock import Clock
from watchglass.base.errors import UnreachableError, WatchglassError
from watchglass.camera.url import display
from watchglass.ingest import faults
from watchglass.ingest.dial import Address, dial
from watchglass.ingest.rtsp_message import (
    INTERLEAVED,
    INTERLEAVED_HEAD,
    Authorization,
    Message,
    NotRtspError,
    message_at,
    request,
)
from watchglass.ingest.sdp import VideoOffer, video_offer
from watchglass.ingest.stream import IngestOptions, StreamRequest
from watchglass.model.camera import Source

CHUNK = 128 * 1024  # bytes read at once: a keyframe's worth
LOOK = 0.25  # seconds, after which a read that finds nothing looks whether it is to stop
_RETRIES = 2  # of a request, once we know what is asked of us: a nonce may be old
_MOST_EARLY = 16 << 20  # bytes
_SEND = 5.0  # seconds that a request may take to be sent
_TIMEVAL = struct.Struct("@ll")
_USUAL_TIMEOUT = 60.0  # seconds that a session lasts without a sign of life (12.37)
_T = TypeVar("_T")
_CHANNELS = re.compile(r"interleaved=(\d{1,3})")
_TIMEOUT = re.compile(r";\s*timeout\s*=\s*(\d{1,6})", re.IGNORECASE)


class UnsuitedError(Exception):
    """The camera is not one for this reader."""


class Session:
    """A camera that has been asked for its video. One thread.

    Reading is the stream's; the session has what came too early, and keeps the camera from thinking that we are gone.
    """

    def __init__(self, camera: StreamRequest, options: IngestOptions, stop: threading.Event, clock: Clock) -> None:
        """Connect and start the video. UnsuitedError, UnreachableError, RefusedError, MissingInputError, BadInputError."""
        self._camera, self._options, self._stop, self._clock = camera, options, stop, clock
        self._deadline = clock.monotonic() + options.connect_timeout
        self._authorization = Authorization(camera.credentials)
        self._number = 0
        self._id = ""
        self._timeout = _USUAL_TIMEOUT
        self._alive_method = "OPTIONS"
        self._buffer = b""
        self.early: list[bytes] = []
        """Interleaved frames that came before the answer to PLAY."""
        self._early_size = 0
        self.channel = 0
        """Where the video is; its RTCP is one further."""
        self.socket = self._connected()
        try:
            self.offer = self._begin()
        except BaseException:
            self.socket.close()
            raise
        self._next_sign = clock.monotonic() + self._timeout / 2

    @property
    def rest(self) -> bytes:
        """What was read beyond the answer to PLAY."""
        return self._buffer

    def keep_alive(self, now: float) -> None:
        """Give a sign of life if it is time for one. OSError passes through; does not wait for the answer."""
        if now >= self._next_sign:
            self._next_sign = now + self._timeout / 2
            self._say(self._request(self._alive_method, self.offer.session_url))

    def heed(self, message: Message) -> None:
        """What the camera says while video comes: an answer to a sign of life, or a question of its own."""
        if message.status == 401 and self._authorization.challenged(message):
            self._say(self._request(self._alive_method, self.offer.session_url))
        elif message.status is None:
            known = message.first.split(" ", 1)[0] in {"OPTIONS", "GET_PARAMETER"}  # it asks whether we are there
            answer = "200 OK" if known else "501 Not Implemented"
            number = message.header("cseq")
            self._say(f"RTSP/1.0 {answer}\r\nCSeq: {number}\r\nSession: {self._id}\r\n\r\n".encode())

    def close(self) -> None:
        """Say goodbye and hang up. May be called twice."""
        with contextlib.suppress(OSError):
            if self._id and self.socket.fileno() >= 0:
                self._say(self._request("TEARDOWN", self.offer.session_url))
        self.socket.close()

    def _begin(self) -> VideoOffer:
        url = self._camera.source.address
        options = self._ask("OPTIONS", url, may_fail=True)
        if options is not None and "GET_PARAMETER" in options.header("public"):
            self._alive_method = "GET_PARAMETER"
        described = self._asked("DESCRIBE", url, [("Accept", "application/sdp")])
        base = described.header("content-base") or described.header("content-location")
        if "://" not in base:
            base = url
        offer = video_offer(described.body.decode("utf-8", "replace"), base)
        if offer is None or not offer.parameter_sets:
            raise UnsuitedError
        ready = self._asked("SETUP", offer.url, [("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")])
        if channel := _CHANNELS.search(ready.header("transport")):
            self.channel = int(channel[1])
        session = ready.header("session")
        self._id = session.partition(";")[0].strip()
        if found := _TIMEOUT.search(session):
            self._timeout = max(2.0, float(found[1]))
        self._asked("PLAY", offer.session_url, [("Range", "npt=0.000-")])
        return offer

    def _asked(self, method: str, url: str, headers: Sequence[tuple[str, str]]) -> Message:
        reply = self._ask(method, url, headers)
        if reply is None:
            raise UnsuitedError
        return reply

    def _ask(
        self, method: str, url: str, headers: Sequence[tuple[str, str]] = (), *, may_fail: bool = False
    ) -> Message | None:
        """The answer to a request, None if the camera refuses it and `may_fail`. UnsuitedError for what libav may know."""
        reply = self._exchanged(method, url, headers)
        for _ in range(_RETRIES):
            if reply.status == 401 and self._authorization.challenged(reply):
                reply = self._exchanged(method, url, headers)
        match reply.status:
            case 200:
                return reply
            case 401 if self._camera.credentials and not self._authorization.header(method, url):
                raise UnsuitedError  # a way to prove who we are that is not ours
            case 401:
                fault = faults.refused(self._camera)
            case 403 if method in {"OPTIONS", "DESCRIBE"}:
                fault = faults.refused(self._camera)
            case 404 if method == "DESCRIBE":
                fault = faults.no_stream(self._camera)
            case _ if may_fail:
                return None
            case _:
                raise UnsuitedError
        raise fault

    def _exchanged(self, method: str, url: str, headers: Sequence[tuple[str, str]]) -> Message:
        """Ask, and wait for the answer."""
        words = ""
        try:
            self.socket.sendall(self._request(method, url, headers))
        except OSError as error:
            words = _words(error)
        if words:
            raise faults.unreachable(self._camera, words)
        return self._reply()

    def _say(self, data: bytes) -> None:
        """Say something while video comes, without waiting: OSError if the camera takes nothing any more."""
        if self.socket.send(data, socket.MSG_DONTWAIT) < len(data):
            raise OSError(errno.EAGAIN, "it takes nothing any more")

    def _request(self, method: str, url: str, headers: Sequence[tuple[str, str]] = ()) -> bytes:
        self._number += 1
        given = [("Authorization", self._authorization.header(method, url)), ("Session", self._id), *headers]
        return request(method, url, self._number, given)

    def _reply(self) -> Message:
        """The next answer. What comes interleaved before it is kept, what the camera asks is not answered."""
        while True:
            while self._buffer:
                taken = self._taken()
                if taken is None:
                    break
                if isinstance(taken, Message) and taken.status:  # whatever its number: nothing else was asked
                    return taken
            self._buffer += self._more()

    def _taken(self) -> Message | bytes | None:
        """The next message, or interleaved frame, at the buffer's beginning; None if it is not whole."""
        self._buffer = self._buffer.lstrip(b"\r\n")
        if not self._buffer:
            return None
        if self._buffer[0] == INTERLEAVED:
            size = INTERLEAVED_HEAD + int.from_bytes(self._buffer[2:4], "big")
            if len(self._buffer) < max(size, INTERLEAVED_HEAD):
                return None
            frame, self._buffer = self._buffer[:size], self._buffer[size:]
            if self._early_size < _MOST_EARLY:
                self.early.append(frame)
                self._early_size += size
            return frame
        fault: WatchglassError
        try:
            found = message_at(self._buffer, 0)
        except NotRtspError:
            fault = faults.no_video(self._camera)
        else:
            if found is None:
                return None
            message, end = found
            self._buffer = self._buffer[end:]
            return message
        raise fault

    def _more(self) -> bytes:
        def read() -> bytes | None:
            try:
                return self.socket.recv(CHUNK)
            except BlockingIOError:  # LOOK is over
                return None

        words = ""
        try:
            data = self._until(read)
        except OSError as error:
            data, words = b"", _words(error)
        if not data:
            raise faults.unreachable(self._camera, words) if words else faults.hung_up(self._camera)
        return data

    def _until(self, attempt: Callable[[], _T | None]) -> _T:
        """What `attempt` gives, tried until the camera's time is over or we are to stop: UnreachableError."""
        while self._has_time():
            if (found := attempt()) is not None:
                return found
        raise faults.unanswered(self._camera, self._options.connect_timeout)

    def _connected(self) -> socket.socket:
        """A connection with blocking reads of at most `LOOK`."""
        addresses = self._resolved(*host_of(self._camera.source))
        fault: WatchglassError
        try:
            connection = dial(addresses, self._has_time)
        except TimeoutError:
            fault = faults.unanswered(self._camera, self._options.connect_timeout)
        except ConnectionRefusedError:
            fault = faults.closed_port(self._camera)
        except OSError as error:
            fault = faults.unreachable(self._camera, _words(error))
        else:
            connection.setblocking(True)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(LOOK))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(_SEND))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        raise fault

    def _has_time(self) -> bool:
        return not self._stop.is_set() and self._clock.monotonic() < self._deadline

    def _resolved(self, host: str, port: int) -> list[Address]:
        try:
            return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            pass
        raise unknown_name(self._camera, host)


def host_of(source: Source) -> tuple[str, int]:
    """Host and port that a source's address names."""
    parts = urllib.parse.urlsplit(source.address)
    return (parts.hostname or "").replace("%25", "%"), parts.port or (322 if parts.scheme == "rtsps" else 554)


def unknown_name(camera: StreamRequest, host: str) -> WatchglassError:
    """The network does not know the camera's name."""
    return UnreachableError(
        f"Camera {camera.camera}: the name {host} in {display(camera.source)} is not known to the network: check "
        "the address, or write its number."
    )


def _timeval(seconds: float) -> bytes:
    whole = int(seconds)
    return _TIMEVAL.pack(whole, round((seconds - whole) * 1_000_000))


def _words(error: OSError) -> str:
    return error.strerror or type(error).__name__
