"""A camera whose every answer a test writes: RTSP over TCP, byte for byte, on a thread of its own."""

import base64
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping

SPS = bytes.fromhex("6764001eacb201405ff2c2000003000200000300601e2c5c90")
"""H.264, 640x360, 24 frames a second by its own word."""
PPS = bytes.fromhex("68ca83cb20")

SETS = ",".join(base64.b64encode(unit).decode() for unit in (SPS, PPS))
SDP = (
    "v=0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={SETS}\r\na=control:track1\r\n"
)

Answers = Mapping[str, str | bytes | list[str | bytes]]


class ScriptedCamera:
    """Answers requests by their method. A list is used up answer by answer; the last one stays.

    An answer is a status line's end ("200 OK") with headers after it, a line each, and a body after an empty line; bytes are
    sent as they are. `asked` has every request. Who `hangs_up` does so after the answer to PLAY and what follows it.
    """

    def __init__(self, answers: Answers, after_play: bytes = b"", *, hangs_up: bool = False) -> None:
        usual: dict[str, str | bytes | list[str | bytes]] = {
            "OPTIONS": "200 OK\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY",
            "DESCRIBE": f"200 OK\n\n{SDP}",
            "SETUP": "200 OK\nSession: 5;timeout=60\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1",
            "PLAY": "200 OK\nSession: 5",
            "GET_PARAMETER": "200 OK",
            "TEARDOWN": "200 OK",
        }
        self._answers = {
            name: given if isinstance(given, list) else [given] for name, given in {**usual, **answers}.items()
        }
        self._after_play, self._hangs_up = after_play, hangs_up
        self.asked: list[str] = []
        self.came = threading.Condition()
        self._connection: socket.socket | None = None

    @contextlib.contextmanager
    def serving(self) -> Iterator[str]:
        """The camera's address, as long as it lives."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            thread = threading.Thread(target=self._serve, args=(server,), daemon=True)
            thread.start()
            try:
                yield f"rtsp://127.0.0.1:{server.getsockname()[1]}/street"
            finally:
                with contextlib.suppress(OSError):
                    server.shutdown(socket.SHUT_RDWR)
                self.hang_up()
                thread.join(10)

    def send(self, data: bytes) -> None:
        """Say something unasked."""
        assert self._connection is not None
        self._connection.sendall(data)

    def hang_up(self) -> None:
        """End the connection."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def wait_for(self, what: Callable[[list[str]], bool]) -> None:
        """Wait until what was asked so far is so."""
        with self.came:
            assert self.came.wait_for(lambda: what(self.asked), 20), self.asked

    def _serve(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._connection, _ = server.accept()
                with self._connection, contextlib.suppress(ConnectionError):
                    self._talk(self._connection)

    def _talk(self, connection: socket.socket) -> None:
        buffer = b""
        while data := connection.recv(65536):
            buffer += data
            while b"\r\n\r\n" in buffer:
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                text = head.decode()
                answer = self._answer(text)
                with self.came:
                    self.asked.append(text)
                    self.came.notify_all()
                if answer:
                    connection.sendall(answer)
                if self._hangs_up and text.startswith("PLAY"):
                    return

    def _answer(self, text: str) -> bytes:
        method = text.split(" ", 1)[0]
        if method not in self._answers:  # an answer to us
            return b""
        given = self._answers[method]
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, bytes):
            return answer
        number = next(line.partition(":")[2].strip() for line in text.split("\r\n") if line.startswith("CSeq"))
        head, _, body = answer.partition("\n\n")
        lines = [f"RTSP/1.0 {head.splitlines()[0]}", f"CSeq: {number}", *head.splitlines()[1:]]
        lines += [f"Content-Length: {len(body.encode())}"] if body else []
        whole = "\r\n".join([*lines, "", ""]).encode() + body.encode()
        return whole + self._after_play if method == "PLAY" else whole
