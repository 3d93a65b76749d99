"""Cameras that offer sound and do not keep their word: their pictures come all the same."""

import base64
import contextlib
import threading

import pytest

from tests.remuxed import run
from tests.rtp import interleaved, packets, payloads_h264
from tests.rtsp_script import Answers, ScriptedCamera
from watchglass.base.clock import SystemClock
from watchglass.ingest.interleaved import InterleavedStream
from watchglass.ingest.libav import LibavStream
from watchglass.ingest.rtsp import open_rtsp
from watchglass.ingest.stream import DemuxedSound, IngestOptions, OpenStream, StreamRequest
from watchglass.model.camera import Source, SourceKind
from watchglass.store.nal import split_annexb, split_length_prefixed

pytestmark = pytest.mark.timeout(60)

OPTIONS = IngestOptions(connect_timeout=8.0, silence=4.0)
STEP = 3600


def answers(**others: str | bytes | list[str | bytes]) -> Answers:
    sets = [unit for unit in split_length_prefixed(_sets()) if unit]
    sprop = ",".join(base64.b64encode(unit).decode() for unit in sets)
    sdp = (
        "v=0\r\ns=x\r\n"
        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
        f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={sprop}\r\na=control:track1\r\n"
        "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/8000/1\r\n"
        "a=fmtp:97 streamtype=5;mode=AAC-hbr;config=1588;sizelength=13;indexlength=3;indexdeltalength=3\r\n"
        "a=control:track2\r\n"
    )
    setup = "200 OK\nSession: 5;timeout=60\nTransport: RTP/AVP/TCP;unicast;interleaved="
    return {"DESCRIBE": f"200 OK\n\n{sdp}", "SETUP": [f"{setup}0-1", f"{setup}2-3"], **others}


def _sets() -> bytes:
    """SPS and PPS of the footage, length by length."""
    units = split_annexb(run("plain", "ts")[1][0].data)
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units if unit[0] & 31 in {7, 8})


def pictures() -> bytes:
    """Four seconds of video as RTP, all at once."""
    sent, number = b"", 0
    for place, packet in enumerate(run("plain", "ts")[1]):
        rtp = packets(payloads_h264(split_annexb(packet.data), 1400), place * STEP, number)
        number += len(rtp)
        sent += b"".join(interleaved(one) for one in rtp)
    return sent


def opened(address: str) -> OpenStream:
    request = StreamRequest("Gate", Source(SourceKind.RTSP, address), sound=True)
    return open_rtsp(request, OPTIONS, threading.Event(), SystemClock())


def test_sound_that_is_offered_and_never_sent_costs_no_picture() -> None:
    heard: list[DemuxedSound] = []
    camera = ScriptedCamera(answers(), pictures())
    with camera.serving() as address, contextlib.closing(opened(address)) as stream:
        assert isinstance(stream, LibavStream)
        assert stream.sound is not None
        stream.hear(heard.append)
        got = [packet for packet, _ in zip(stream.packets(), range(100), strict=False)]
    assert len(got) == 100
    assert got[0].keyframe
    assert heard == []


def test_a_camera_that_will_not_give_its_sound_is_opened_without() -> None:
    video = "200 OK\nSession: 5;timeout=60\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1"
    camera = ScriptedCamera(answers(SETUP=[video, "404 Not Found", video]), pictures())
    with camera.serving() as address, contextlib.closing(opened(address)) as stream:
        assert isinstance(stream, InterleavedStream)
        got = [packet for packet, _ in zip(stream.packets(), range(100), strict=False)]
    assert len(got) == 100
    assert sum("track2" in request for request in camera.asked) == 1
