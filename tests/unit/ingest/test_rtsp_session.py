import threading

import pytest

from tests.rtp import interleaved, rtp
from tests.rtsp_script import SDP, ScriptedCamera
from watchglass.base.clock import SimulatedClock, SystemClock
from watchglass.base.errors import BadInputError, MissingInputError, RefusedError, UnreachableError, WatchglassError
from watchglass.ingest.rtsp_message import message_at
from watchglass.ingest.rtsp_session import Session, UnsuitedError
from watchglass.ingest.stream import IngestOptions, StreamRequest
from watchglass.model.camera import Credentials, Source, SourceKind

MINUTE = 60.0


def session(url: str, credentials: Credentials | None = None, *, seconds: float = 20.0) -> Session:
    request = StreamRequest("Gate", Source(SourceKind.RTSP, url), credentials)
    return Session(request, IngestOptions(connect_timeout=seconds), threading.Event(), SystemClock())


def methods(camera: ScriptedCamera) -> list[str]:
    return [text.split(" ", 1)[0] for text in camera.asked]


def test_from_connecting_to_goodbye() -> None:
    camera = ScriptedCamera({})
    with camera.serving() as url:
        one = session(url)
        assert (one.offer.codec, one.channel) == ("h264", 0)
        one.close()
        camera.wait_for(lambda asked: "TEARDOWN" in asked[-1])
        one.close()
    assert methods(camera) == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    assert f"{url}/track1" in camera.asked[2]
    assert "Session: 5" in camera.asked[3]


def test_what_comes_before_the_answer_to_play_is_not_lost() -> None:
    frame = interleaved(rtp(0, 0, b"\x65x"))
    play = frame + b"RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n" + frame[:7]
    with ScriptedCamera({"PLAY": play}).serving() as url:
        one = session(url)
        assert (one.early, one.rest) == ([frame], frame[:7])
        one.close()


def test_odd_answers_are_understood() -> None:
    answers = {
        "OPTIONS": "404 Not Found",
        "DESCRIBE": f"200 OK\nContent-Base: 192.168.1.10:554/street/\n\n{SDP}",
        "SETUP": "200 OK\nSession: abc ; timeout=10\nTransport: ssrc=1;RTP/AVP/TCP;interleaved=2-3",
    }
    camera = ScriptedCamera(answers)
    with camera.serving() as url:
        one = session(url)
        assert one.channel == 2
        one.close()
    assert f"{url}/track1" in camera.asked[2]
    assert "Session: abc\r\n" in f"{camera.asked[3]}\r\n"


@pytest.mark.parametrize("public", ["OPTIONS, GET_PARAMETER", "OPTIONS"])
def test_a_sign_of_life_in_half_the_time_that_the_camera_gives(public: str) -> None:
    camera, clock = ScriptedCamera({"OPTIONS": f"200 OK\nPublic: {public}"}), SimulatedClock()
    with camera.serving() as url:
        request = StreamRequest("Gate", Source(SourceKind.RTSP, url))
        one = Session(request, IngestOptions(), threading.Event(), clock)
        one.keep_alive(clock.monotonic() + 29)
        one.keep_alive(clock.monotonic() + 31)
        camera.wait_for(lambda asked: len(asked) == 5)
        one.close()
    assert methods(camera)[4] == public.rsplit(", ", maxsplit=1)[-1]


def test_an_old_nonce_is_renewed_while_video_comes() -> None:
    challenge = '401 Unauthorized\nWWW-Authenticate: Digest realm="r", nonce="one"'
    stale = '401 Unauthorized\nWWW-Authenticate: Digest realm="r", nonce="two", stale=true'
    camera = ScriptedCamera({"OPTIONS": [challenge, "200 OK"]})
    with camera.serving() as url:
        one = session(url, Credentials("a", "b"))
        found = message_at(f"RTSP/1.0 {stale}".replace("\n", "\r\n").encode() + b"\r\n\r\n", 0)
        assert found
        one.heed(found[0])
        camera.wait_for(lambda asked: 'nonce="two"' in asked[-1])
        one.close()


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"DESCRIBE": '401 Unauthorized\nWWW-Authenticate: Basic realm="x"'}, RefusedError),
        ({"OPTIONS": "403 Forbidden"}, RefusedError),
        ({"DESCRIBE": "404 Not Found"}, MissingInputError),
        ({"OPTIONS": b"HTTP/1.1 400 Bad Request\r\n\r\n"}, BadInputError),
    ],
)
def test_refusals_have_their_sentence(answers: dict[str, str | bytes], kind: type[WatchglassError]) -> None:
    with ScriptedCamera(answers).serving() as url, pytest.raises(kind, match="Gate") as caught:
        session(url, Credentials("admin", "hunter2"))
    assert caught.value.__context__ is None
    assert "hunter2" not in caught.value.sentence


@pytest.mark.parametrize(
    "answers",
    [
        {"DESCRIBE": "302 Moved\nLocation: rtsp://elsewhere/"},
        {"SETUP": "461 Unsupported Transport"},
        {"PLAY": "455 Method Not Valid in This State"},
        {"DESCRIBE": "200 OK\n\n" + SDP.replace("H264", "JPEG")},
        {"DESCRIBE": "200 OK\n\n" + SDP.replace("sprop-parameter-sets", "sprop-nothing")},
        {"DESCRIBE": "200 OK"},
    ],
)
def test_what_libav_may_know_is_left_to_it(answers: dict[str, str]) -> None:
    with ScriptedCamera(answers).serving() as url, pytest.raises(UnsuitedError):
        session(url)


def test_a_camera_that_says_nothing() -> None:
    with ScriptedCamera({"DESCRIBE": b""}).serving() as url, pytest.raises(UnreachableError, match="did not answer"):
        session(url, seconds=0.3)


def test_where_there_is_no_way_that_is_said() -> None:
    with pytest.raises(UnreachableError, match="cannot be reached") as caught:
        session("rtsp://255.255.255.255/a")
    assert caught.value.__context__ is None


def test_an_answer_with_another_number_is_one() -> None:
    with ScriptedCamera({"PLAY": b"RTSP/1.0 200 OK\r\nCSeq: 99\r\n\r\n"}).serving() as url:
        session(url).close()


def test_who_asks_for_a_new_nonce_each_time_is_refused_in_the_end() -> None:
    stale = '401 Unauthorized\nWWW-Authenticate: Digest realm="r", nonce="n", stale=true'
    camera = ScriptedCamera({"OPTIONS": stale})
    with camera.serving() as url, pytest.raises(RefusedError):
        session(url, Credentials("a", "b"))
    assert len(camera.asked) == 3


def test_a_way_to_sign_in_that_is_not_ours_is_left_to_libav() -> None:
    strange = '401 Unauthorized\nWWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5-sess'
    with ScriptedCamera({"OPTIONS": strange}).serving() as url, pytest.raises(UnsuitedError):
        session(url, Credentials("a", "b"))


def test_a_camera_that_never_stops_talking_is_given_up() -> None:
    frame = interleaved(rtp(0, 0, b"\x41" + bytes(1000)))
    with (
        ScriptedCamera({"PLAY": frame * 40_000}).serving() as url,
        pytest.raises(UnreachableError, match="did not answer"),
    ):
        session(url, seconds=0.5)


def test_stopping_ends_the_attempt() -> None:
    stop = threading.Event()
    camera = ScriptedCamera({"DESCRIBE": b""})
    with camera.serving() as url:
        request = StreamRequest("Gate", Source(SourceKind.RTSP, url))
        caught: list[WatchglassError] = []

        def attempt() -> None:
            try:
                Session(request, IngestOptions(connect_timeout=MINUTE), stop, SystemClock())
            except WatchglassError as error:
                caught.append(error)

        thread = threading.Thread(target=attempt)
        thread.start()
        camera.wait_for(lambda asked: len(asked) == 2)
        stop.set()
        thread.join(20)
        assert caught
        assert not thread.is_alive()
