"""What cameras say over RTSP, for `benchmarks/fuzz_targets.py`: RTP between messages, and descriptions of what they offer."""

import itertools

from tests.rtp import interleaved, packets, payloads_h264, payloads_h265
from tests.rtsp_script import SDP
from watchglass.ingest.rtp import TooLargeError, depacketizer
from watchglass.ingest.rtsp_message import INTERLEAVED, Authorization, NotRtspError, message_at
from watchglass.ingest.sdp import video_offer
from watchglass.model.camera import Credentials
from watchglass.store.nal import split_length_prefixed
from watchglass.store.sps import sps_of_h264, sps_of_hevc

_REPLY = b'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\nContent-Length: 2\r\n\r\nab'


def rtp_seeds() -> list[bytes]:
    """Streams of either codec: the first byte says which."""
    h264 = [b"\x67sps", b"\x68pps", b"\x06\x06\x01\xc4\x80", b"\x65" + bytes(range(60))]
    h265 = [b"\x40\x01vps", b"\x42\x01sps", b"\x44\x01pps", b"\x26\x01" + bytes(range(60))]
    made = []
    for first, units, cut in ((b"\0", h264, payloads_h264), (b"\1", h265, payloads_h265)):
        every = [*packets(cut(units, 20), 0), *packets(cut(units[3:], 30), 3600, 20)]
        every += packets(cut(units[:3], 0, aggregate=True), 7200, 30)
        made.append(first + b"".join(map(interleaved, every)))
    return [*made, b"\0" + _REPLY + made[0][1:]]


def take_rtp(data: bytes) -> None:
    """Access units of whole NAL units, whatever came; and never more bytes than came, but for lengths and heads."""
    reader = depacketizer("hevc" if data[:1] == b"\1" else "h264", 96)
    rest = data[1:]
    try:
        while rest:
            place = reader.take_interleaved(rest, 0, 0) if rest[0] == INTERLEAVED else 0
            if place == 0:
                found = None if rest[0] == INTERLEAVED else message_at(rest, 0)
                if found is None:
                    break
                place = found[1]
            assert place > 0
            rest = rest[place:]
    except (TooLargeError, NotRtspError):
        return
    for one in reader.ready:
        assert split_length_prefixed(one.data)
    assert reader.lost >= 0
    assert sum(len(one.data) for one in reader.ready) <= 8 * len(data)


def sdp_seeds() -> list[bytes]:
    """What cameras answer to DESCRIBE."""
    return [
        SDP.encode(),
        (
            b"v=0\r\na=control:*\r\nm=audio 0 RTP/AVP 8\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 H265/90000\r\n"
            b"a=fmtp:98 sprop-vps=QAEMAf//;sprop-sps=QgEBAWAAAAMA;sprop-pps=RAHA\r\na=framerate:12.5\r\na=control:track1\r\n"
        ),
    ]


def take_sdp(data: bytes) -> None:
    """An offer of one of two codecs, with units that are not empty, or none; parameter sets are read or refused."""
    offer = video_offer(data.decode("utf-8", "replace"), "rtsp://10.0.0.5/street")
    if offer is not None:
        assert offer.codec in {"h264", "hevc"}
        assert 0.0 <= offer.rate <= 1000.0
        assert all(offer.parameter_sets)
    for unit in itertools.chain((data,), offer.parameter_sets if offer else ()):
        for read in (sps_of_h264, sps_of_hevc):
            try:
                found = read(unit)
            except (ValueError, IndexError):
                continue
            assert 0 < found.width < 1 << 16


def rtsp_seeds() -> list[bytes]:
    """Messages."""
    return [
        _REPLY,
        b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n",
        b'RTSP/1.0 401 x\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n',
    ]


def take_rtsp(data: bytes) -> None:
    """A message, more to come, or no RTSP; and whatever is asked of us is answered in one line."""
    if not data:
        return
    try:
        found = message_at(data, 0)
    except NotRtspError:
        return
    if found is None:
        return
    message, end = found
    assert 0 < end <= len(data)
    prover = Authorization(Credentials("Robin", "secret"))
    prover.challenged(message)
    prover.challenged(message)
    answer = prover.header("PLAY", "rtsp://10.0.0.5/street")
    assert "\r" not in answer
    assert "\n" not in answer
