import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.ingest.sdp import VideoOffer, video_offer

BASE = "rtsp://10.0.0.5/cam/realmonitor?channel=1&subtype=0"
SPS, PPS = b"\x67\x42\x00\x1e", b"\x68\xce"


def b64(*units: bytes) -> str:
    return ",".join(base64.b64encode(unit).decode() for unit in units)


def described(*video: str, session: str = "a=control:*", protocol: str = "RTP/AVP", formats: str = "96") -> str:
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=Media", "t=0 0", session, "m=audio 0 RTP/AVP 8", "a=control:trackID=1"]
    return "\r\n".join([*lines, f"m=video 0 {protocol} {formats}", *video, "m=application 0 RTP/AVP 107", ""])


USUAL = ("a=rtpmap:96 H264/90000", f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={b64(SPS, PPS)}")


def test_a_usual_camera() -> None:
    text = described(*USUAL, "a=framerate:12.5", "a=control:trackID=0")
    assert video_offer(text, BASE + "/") == VideoOffer("h264", 96, f"{BASE}/trackID=0", f"{BASE}/", (SPS, PPS), 12.5)


def test_h265_has_its_sets_in_three_places() -> None:
    vps, sps, pps = b"\x40\x01v", b"\x42\x01s", b"\x44\x01p"
    fmtp = f"a=fmtp:98 sprop-pps={b64(pps)}; sprop-vps={b64(vps)} ;sprop-sps={b64(sps)}"
    offer = video_offer(described("a=rtpmap:98 h265/90000 ", fmtp, formats="98 99"), BASE)
    assert offer
    assert (offer.codec, offer.payload_type, offer.parameter_sets) == ("hevc", 98, (vps, sps, pps))


@pytest.mark.parametrize(
    ("control", "session", "url"),
    [
        ("a=control:track1", "a=control:*", f"{BASE}/track1"),
        ("a=control:rtsp://10.0.0.5/other", "a=control:*", "rtsp://10.0.0.5/other"),
        ("a=control:track1", "a=control:rtsp://10.0.0.5/all/", "rtsp://10.0.0.5/all/track1"),
        ("a=control:*", "a=tool:x", BASE),
        ("a=tool:x", "a=tool:x", BASE),
    ],
)
def test_what_to_set_up(control: str, session: str, url: str) -> None:
    offer = video_offer(described(*USUAL, control, session=session), BASE)
    assert offer
    assert offer.url == url


@pytest.mark.parametrize(
    ("fmtp", "sets"),
    [
        ("a=fmtp:96", ()),
        ("a=fmtp:96 ", ()),
        ("a=fmtp:97 sprop-parameter-sets=" + b64(SPS), ()),
        (f"a=fmtp:96 sprop-parameter-sets={b64(SPS)},!!,", (SPS,)),
        ("a=fmtp:96 sprop-parameter-sets=" + b64(b"\0\0\0\1" + SPS + b"\0\0\0\1" + PPS), (SPS, PPS)),
    ],
)
def test_parameter_sets_as_far_as_they_are_given(fmtp: str, sets: tuple[bytes, ...]) -> None:
    offer = video_offer(described("a=rtpmap:96 H264/90000", fmtp), BASE)
    assert offer
    assert offer.parameter_sets == sets


@pytest.mark.parametrize(
    "text",
    [
        "",
        "m=audio 0 RTP/AVP 8",
        described("a=rtpmap:96 JPEG/90000"),
        described("a=rtpmap:96 H264/48000"),
        described("a=rtpmap:97 H264/90000"),
        described(*USUAL, protocol="MP2T/H2221/UDP"),
        described("a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=2"),
        described("a=rtpmap:96 H265/90000", "a=fmtp:96 sprop-max-don-diff=2"),
        "m=video",
    ],
)
def test_what_is_not_ours_to_read(text: str) -> None:
    assert video_offer(text, BASE) is None


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "many", "2000"])
def test_a_rate_that_makes_no_sense_is_none(value: str) -> None:
    offer = video_offer(described(*USUAL, f"a=framerate:{value}"), BASE)
    assert offer
    assert offer.rate == 0.0


@given(st.text(alphabet="amvr=:/ ;,0123456789HhTtPpXx\r\nctl*", max_size=200))
def test_any_text_is_an_offer_or_none(text: str) -> None:
    video_offer(text, BASE)
    video_offer(described(text), BASE)
