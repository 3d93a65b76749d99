"""Cameras that give no picture, each in a way of its own. All are on 127.0.0.1, but for names that there are not."""

import contextlib
import random
import socket
import socketserver
import threading
from collections.abc import Iterator

from tests.rtsp import closed_port

WAYS = ("refuses", "says nothing", "describes and sends nothing", "has no such name", "sends garbage")

_GARBAGE = 64 * 1024  # bytes
_SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=dead\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1\r\na=control:track1\r\n"
)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    allow_reuse_address = True

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.held: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        self.held.append(connection)
        return connection, address


class _Silent(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """Hear everything, until the other side has enough."""
        with contextlib.suppress(OSError):
            while self.request.recv(4096):
                pass


class _Garbage(_Silent):
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.request.sendall(random.Random(7).randbytes(_GARBAGE))  # noqa: S311 - always the same garbage
        super().handle()


class _Describing(_Silent):
    def handle(self) -> None:
        """Answer OPTIONS and DESCRIBE as a camera does, and nothing after that."""
        with contextlib.suppress(OSError):
            while (method := self._asked()) in {"OPTIONS", "DESCRIBE"}:
                body = _SDP if method == "DESCRIBE" else ""
                kind = "Content-Type: application/sdp\r\n" if body else "Public: OPTIONS, DESCRIBE, SETUP, PLAY\r\n"
                head = f"RTSP/1.0 200 OK\r\nCSeq: {self._number}\r\n{kind}Content-Length: {len(body)}\r\n\r\n"
                self.request.sendall((head + body).encode())
        super().handle()

    def _asked(self) -> str:
        """The method of the next request; its number is kept."""
        lines = []
        while line := self.rfile.readline(4096).strip().decode("ascii", "replace"):
            lines.append(line)
        numbers = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("cseq:")]
        self._number = numbers[0] if numbers else "0"
        return lines[0].partition(" ")[0] if lines else ""


@contextlib.contextmanager
def dead_cameras(count: int) -> Iterator[list[tuple[str, str]]]:
    """So many of them, in all the ways in turn: the way and the address of each."""
    with contextlib.ExitStack() as stack:
        ports = {
            "says nothing": stack.enter_context(_serving(_Silent)),
            "describes and sends nothing": stack.enter_context(_serving(_Describing)),
            "sends garbage": stack.enter_context(_serving(_Garbage)),
        }
        found = []
        for number in range(count):
            way = WAYS[number % len(WAYS)]
            place = f"127.0.0.1:{ports[way] if way in ports else closed_port()}"
            if way == "has no such name":
                place = f"camera-{number}.invalid"  # RFC 2606: there will never be one
            found.append((way, f"rtsp://{place}/dead-{number}"))
        yield found


@contextlib.contextmanager
def _serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    """A port at which these are."""
    with _Server(handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
            for connection in server.held:
                with contextlib.suppress(OSError):  # closed already
                    connection.shutdown(socket.SHUT_RDWR)
