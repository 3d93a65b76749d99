import contextlib
import functools
import socket
import threading

import pytest

from tests.rtp import interleaved, packets, payloads_h264, rtp
from tests.rtsp_script import PPS, SDP, SPS, ScriptedCamera
from watchglass.base.clock import SystemClock
from watchglass.base.errors import BadInputError, UnreachableError
from watchglass.ingest.interleaved import InterleavedStream
from watchglass.ingest.rtsp_session import UnsuitedError
from watchglass.ingest.stream import MAX_PACKET, Demuxed, IngestOptions, StreamRequest
from watchglass.model.camera import Source, SourceKind

IDR, SLICE = b"\x65" + b"key" * 900, b"\x41" + b"other" * 300
QUICK = IngestOptions(connect_timeout=20.0, silence=20.0, gather=0.02)


def frames(count: int, first: int = 0) -> bytes:
    """Access units on the wire, a keyframe first."""
    wire = b""
    for number in range(count):
        unit = SLICE if number else IDR
        wire += b"".join(map(interleaved, packets(payloads_h264([unit], 400), number * 3600, first + number * 10)))
    return wire


def opened(url: str, stop: threading.Event | None = None, options: IngestOptions = QUICK) -> InterleavedStream:
    request = StreamRequest("Gate", Source(SourceKind.RTSP, url))
    return InterleavedStream(request, options, stop or threading.Event(), SystemClock())


def read(stream: InterleavedStream, count: int) -> list[Demuxed]:
    reader = stream.packets()
    found = [next(reader) for _ in range(count)]
    reader.close()
    stream.close()
    return found


def test_what_the_camera_offers_is_known_before_its_first_packet() -> None:
    with ScriptedCamera({}).serving() as url:
        stream = opened(url)
        stream.close()
    assert (stream.info.codec, stream.info.width, stream.info.height, stream.info.rate) == ("h264", 640, 360, 24.0)
    assert stream.info.extradata[:1] == b"\x01"
    assert SPS in stream.info.extradata
    assert PPS in stream.info.extradata


def test_packets_come_whatever_stands_between_them() -> None:
    wire = frames(2)
    other = interleaved(b"\x81\xc8" + b"r" * 26, 1) + b"RTSP/1.0 200 OK\r\nCSeq: 9\r\nContent-Length: 3\r\n\r\nabc"
    cut = len(wire) // 2
    while wire[cut : cut + 2] != b"$\x00":
        cut += 1
    with ScriptedCamera({}, wire[:cut] + other + wire[cut:]).serving() as url:
        found = read(opened(url), 2)
    assert [(one.data[4:], one.ticks, one.keyframe) for one in found] == [(IDR, 0, True), (SLICE, 3600, False)]


def _said(answer: str, asked: list[str]) -> bool:
    return any(text.startswith(answer) for text in asked)


def test_a_question_of_the_cameras_is_answered() -> None:
    camera = ScriptedCamera(
        {}, b"OPTIONS * RTSP/1.0\r\nCSeq: 77\r\n\r\nANNOUNCE * RTSP/1.0\r\nCSeq: 78\r\n\r\n" + frames(1)
    )
    with camera.serving() as url:
        read(opened(url), 1)
        for answer in ("RTSP/1.0 200 OK\r\nCSeq: 77", "RTSP/1.0 501 Not Implemented\r\nCSeq: 78"):
            camera.wait_for(functools.partial(_said, answer))


def test_line_breaks_too_many_are_passed_over() -> None:
    answer = b"RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n\r\n"
    first, both = frames(1), frames(2)
    with ScriptedCamera({}, b"\r\n" + first + answer + both[len(first) :]).serving() as url:
        assert [one.keyframe for one in read(opened(url), 2)] == [True, False]


def test_one_that_asks_and_asks_is_let_go() -> None:
    assert "broke" in ending(b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n" * 40, hangs_up=False)


def test_nothing_that_is_said_waits_for_a_camera_that_does_not_read() -> None:
    with ScriptedCamera({}, frames(1)).serving() as url:
        stream = opened(url)
        session = stream._session
        session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)

        def say() -> None:
            while True:
                session._say(bytes(65_536))

        with pytest.raises(OSError, match=r"nothing any more|unavailable"):
            say()
        stream.close()


def test_losses_are_counted() -> None:
    wire = frames(1) + b"".join(map(interleaved, packets(payloads_h264([SLICE], 400), 3600, 30)))
    with ScriptedCamera({}, wire).serving() as url:
        stream = opened(url)
        read(stream, 2)
    assert stream.lost == 30 - len(payloads_h264([IDR], 400))


def ending(wire: bytes, options: IngestOptions = QUICK, *, hangs_up: bool = True) -> str:
    """The sentence with which a stream ends after `wire`."""
    with (
        ScriptedCamera({}, wire, hangs_up=hangs_up).serving() as url,
        contextlib.closing(opened(url, options=options)) as stream,
        pytest.raises((UnreachableError, BadInputError), match="Gate") as caught,
    ):
        list(stream.packets())
    assert caught.value.__context__ is None
    return caught.value.sentence


def test_how_streams_end() -> None:
    assert "ended its stream" in ending(frames(2))
    assert "broke" in ending(frames(2) + b"\x00\x01garbage")
    large = b"".join(
        interleaved(rtp(number, 0, (b"\x7c\x05" if number else b"\x7c\x85") + bytes(60_000)))
        for number in range(MAX_PACKET // 60_000 + 2)
    )
    assert "larger than any camera's" in ending(large)
    silent = IngestOptions(connect_timeout=20.0, silence=0.1, gather=0.02)
    assert "has sent no video" in ending(frames(1), silent, hangs_up=False)


def test_setting_the_event_ends_the_reading() -> None:
    stop = threading.Event()
    with ScriptedCamera({}, frames(1)).serving() as url:
        stream = opened(url, stop)
        reader = stream.packets()
        next(reader)
        stop.set()
        assert list(reader) == []
        stream.close()


def test_sets_that_make_no_sense_are_left_to_libav() -> None:
    broken = SDP.split("sprop-parameter-sets=")[0] + "sprop-parameter-sets=Z0LAHg==,aMo=\r\na=control:track1\r\n"
    with ScriptedCamera({"DESCRIBE": f"200 OK\n\n{broken}"}).serving() as url, pytest.raises(UnsuitedError):
        opened(url)
