import contextlib
import gzip
import socket
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from watchglass.base.clock import SimulatedClock
from watchglass.camera.onvif_http import CameraTransport, Deadline

STEP = 5.0


@contextlib.contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serves one connection as `talk` does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    talk(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/onvif"
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def answering(raw: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(raw)

    return talk


def ask(
    url: str, host: str = "127.0.0.1", clock: SimulatedClock | None = None, stop: threading.Event | None = None
) -> tuple[httpx.Response, CameraTransport]:
    deadline = Deadline(30.0, clock or SimulatedClock(), stop or threading.Event())
    transport = CameraTransport(host, deadline, max_bytes=1000)
    with httpx.Client(transport=transport, timeout=STEP, trust_env=False) as client:
        return client.post(url, content=b"<x/>"), transport


def plain(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_an_answer_comes_whole() -> None:
    with server(answering(plain(b"<a/>"))) as url:
        answer, transport = ask(url)
    assert (answer.status_code, answer.content, transport.refused) == (200, b"<a/>", False)


@pytest.mark.parametrize("word", [b"ter:NotAuthorized", b"wsse:FailedAuthentication"])
def test_a_refusal_is_seen_whatever_status_it_has(word: bytes) -> None:
    with server(answering(plain(word))) as url:
        assert ask(url)[1].refused


def test_no_connection_to_another_host_is_opened() -> None:
    with (
        server(answering(plain(b"secret"))) as url,
        pytest.raises(httpx.ConnectError, match=r"only 10\.0\.0\.9 may be spoken to"),
    ):
        ask(url, host="10.0.0.9")


def test_a_redirect_is_not_followed() -> None:
    with server(answering(b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.9/\r\nContent-Length: 0\r\n\r\n")) as url:
        assert ask(url)[0].status_code == 302


def test_too_much_is_not_read() -> None:
    with server(answering(plain(b"x" * 1001))) as url, pytest.raises(httpx.DecodingError, match="more than 1000 bytes"):
        ask(url)
    with server(answering(plain(b"x" * 1000))) as url:
        assert len(ask(url)[0].content) == 1000


def test_what_is_compressed_is_not_unpacked() -> None:
    small = gzip.compress(b"x" * 100_000)
    with server(answering(plain(small, "Content-Encoding: gzip"))) as url, pytest.raises(httpx.DecodingError):
        ask(url)


class Watched(SimulatedClock):
    """A clock on which a second passes at each look, and that tells of it."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = threading.Semaphore(0)

    def monotonic(self) -> float:
        self.advance(1.0)
        self.looks.release()
        return super().monotonic()


def test_a_byte_each_second_does_not_hold_us() -> None:
    clock = Watched()

    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        with contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
            while clock.looks.acquire(timeout=1):
                connection.sendall(b"x")

    with server(drip) as url, pytest.raises(httpx.ReadTimeout):
        ask(url, clock=clock)
    assert 30 <= clock.monotonic() < 40


def test_stopping_ends_it() -> None:
    stop = threading.Event()
    stop.set()
    with server(answering(plain(b"<a/>"))) as url, pytest.raises(httpx.ReadTimeout):
        ask(url, stop=stop)


def test_what_is_no_http() -> None:
    with server(answering(b"RTSP/1.0 400 Bad Request\r\n\r\n")) as url, pytest.raises(httpx.RemoteProtocolError):
        ask(url)
