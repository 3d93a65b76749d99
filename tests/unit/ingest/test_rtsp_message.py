import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.ingest.rtsp_message import Authorization, Message, NotRtspError, message_at, request
from watchglass.model.camera import Credentials

MUFASA = Credentials("Mufasa", "Circle of Life")
REPLY = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 4\r\nX-Two: a\r\nx-two:b\r\n\r\nbody"


def refusal(*challenges: str) -> Message:
    return Message("RTSP/1.0 401 Unauthorized", tuple(("www-authenticate", text) for text in challenges), b"")


def test_a_reply() -> None:
    found = message_at(b"$$" + REPLY + b"$\x00", 2)
    assert found
    message, end = found
    assert (message.status, message.body, end) == (200, b"body", 2 + len(REPLY))
    assert (message.header("cseq"), message.all("x-two"), message.header("none")) == ("2", ["a", "b"], "")


def test_a_question_of_the_cameras() -> None:
    found = message_at(b"\r\nOPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n", 0)
    assert found
    assert found[0].status is None


@pytest.mark.parametrize("size", range(len(REPLY)))
def test_one_that_is_not_whole_yet(size: int) -> None:
    assert size == 0 or message_at(REPLY[:size], 0) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x60",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        b"R" * 70_000,
    ],
)
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(NotRtspError):
        message_at(data, 0)


@given(st.binary(min_size=1, max_size=300), st.binary(max_size=60))
def test_any_bytes_are_a_message_or_none_or_refused(data: bytes, more: bytes) -> None:
    for text in (data, b"RTSP/1.0 200 OK\r\n" + more + b"\r\n\r\n", REPLY[:20] + more + REPLY[20:]):
        try:
            found = message_at(text, 0)
        except NotRtspError:
            continue
        assert found is None or 0 < found[1] <= len(text)


def test_a_request() -> None:
    text = request("SETUP", "rtsp://h/a", 3, [("Session", ""), ("Transport", "RTP/AVP/TCP")])
    assert text == b"SETUP rtsp://h/a RTSP/1.0\r\nCSeq: 3\r\nUser-Agent: watchglass\r\nTransport: RTP/AVP/TCP\r\n\r\n"


def test_digest_as_in_the_rfc(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7616, 3.9.1, with its nonces, and SHA-256 taken although MD5 comes first."""
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr("watchglass.ingest.rtsp_message.secrets.token_hex", lambda _size: cnonce)
    offers = [
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=' + name + ", "
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
        for name in ("MD5", "SHA-256")
    ]
    prover = Authorization(MUFASA)
    assert prover.header("GET", "/dir/index.html") == ""
    assert prover.challenged(refusal(*offers))
    header = prover.header("GET", "/dir/index.html")
    assert 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"' in header
    assert "algorithm=" in header
    assert "nc=00000001" in header
    assert "nc=00000002" in prover.header("GET", "/dir/index.html")


def test_the_old_digest_of_most_cameras() -> None:
    prover = Authorization(Credentials('a"b', "p"))
    assert prover.challenged(refusal('Digest realm="IP Camera(C1)", nonce="abc"', 'Basic realm="x"'))

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    expected = md5(f"{md5('a' + chr(34) + 'b:IP Camera(C1):p')}:abc:{md5('PLAY:rtsp://h/a')}")
    assert prover.header("PLAY", "rtsp://h/a") == (
        f'Digest username="a\\"b", realm="IP Camera(C1)", nonce="abc", uri="rtsp://h/a", response="{expected}"'
    )


def test_basic_where_there_is_nothing_else() -> None:
    prover = Authorization(Credentials("Jürgen", "x:y"))
    assert prover.challenged(refusal('Basic realm="x"'))
    assert prover.header("PLAY", "rtsp://h/a") == "Basic SsO8cmdlbjp4Onk="
    assert not prover.challenged(refusal('Basic realm="x"'))


def test_a_wrong_password_is_tried_once_and_an_old_nonce_again() -> None:
    prover = Authorization(MUFASA)
    assert prover.challenged(refusal('Digest realm="r", nonce="1"'))
    assert not prover.challenged(refusal('Digest realm="r", nonce="2"'))
    assert prover.challenged(refusal('Digest realm="r", nonce="3", stale=TRUE'))
    assert 'nonce="3"' in prover.header("PLAY", "rtsp://h/a")


@pytest.mark.parametrize(
    "challenge",
    ["Digest", 'Digest realm="r", nonce="n", algorithm=SHA-3', "Negotiate x", "", "Digest x", "Basic realm="],
)
def test_what_cannot_be_answered_is_not(challenge: str) -> None:
    prover = Authorization(MUFASA)
    if prover.challenged(refusal(challenge)):  # a digest without a realm or nonce is answered as it was asked
        assert prover.header("PLAY", "rtsp://h/a").startswith("Digest ")


def test_without_a_password_nothing_is_tried() -> None:
    prover = Authorization(None)
    assert not prover.challenged(refusal('Basic realm="x"'))
    assert prover.header("PLAY", "rtsp://h/a") == ""


def test_what_a_camera_says_ends_no_line_of_ours() -> None:
    found = message_at(b'RTSP/1.0 401 No\r\nWWW-Authenticate: Digest realm="a\nX-Own: b\rc", nonce="n"\r\n\r\n', 0)
    assert found
    prover = Authorization(MUFASA)
    assert prover.challenged(found[0])
    assert 'realm="a X-Own: b c"' in prover.header("PLAY", "rtsp://h/a")
