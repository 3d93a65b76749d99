"""Conversations with a camera of ours (tests/onvif_camera.py) and with servers that are none."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.onvif_camera import SERVICES, Behaviour, FakeOnvif, Stream, two_streams
from tests.rtsp import certificate, closed_port
from watchglass.base.clock import SystemClock
from watchglass.base.errors import BadInputError, RefusedError, UnreachableError, UsageError
from watchglass.camera.device import Account, DeviceInfo, Port
from watchglass.camera.onvif import NotOnvifError, OnvifCamera, OnvifOptions
from watchglass.model.camera import Credentials

RIGHT = Credentials("admin", "seven-Quiet-5")
WRONG = Credentials("admin", "pass-S3cret")


@pytest.fixture
def camera() -> Iterator[FakeOnvif]:
    with FakeOnvif(Behaviour(streams=two_streams())) as fake:
        yield fake


def talk(fake: FakeOnvif, credentials: Credentials | None = RIGHT, **options: object) -> OnvifCamera:
    return OnvifCamera(fake.address, credentials, SystemClock(), OnvifOptions(**options))  # type: ignore[arg-type]


class TestQuestions:
    def test_what_it_is(self, camera: FakeOnvif) -> None:
        with talk(camera) as asked:
            assert asked.information() == DeviceInfo("Acme", "Dome 7", "1.2")
            assert asked.services == {"device", "media"}
        assert "SetUser" not in dict(camera.asked)

    @pytest.mark.parametrize("services", [("device", "media"), ("device", "media", "media2")])
    def test_its_streams(self, camera: FakeOnvif, services: tuple[str, ...]) -> None:
        camera.behaviour.services = services
        camera.behaviour.streams[0].codec = "H265"
        with talk(camera) as asked:
            main, sub = asked.profiles()
        assert (main.token, main.codec, main.width, main.height, main.rate, main.bitrate) == (
            *("main", "hevc", 1920, 1080),
            *(25.0, 4096),
        )
        assert main.stream
        assert main.stream.address == "rtsp://127.0.0.1:554/main"
        assert (sub.codec, sub.rate, sub.elsewhere, sub.video_source) == ("h264", 10.0, "", "VS1")

    @pytest.mark.parametrize("uri", ["", "http://10.0.0.1/a", "/etc/passwd", "rtsp://a b/", "rtsp://"])
    def test_an_address_that_is_no_stream_is_none(self, camera: FakeOnvif, uri: str) -> None:
        camera.behaviour.streams[0].uri = uri
        with talk(camera) as asked:
            assert asked.profiles()[0].stream is None

    def test_streams_at_another_host_are_asked_for_here(self, camera: FakeOnvif) -> None:
        camera.behaviour.streams[0].uri = "rtsp://root:toor@10.9.8.7:8554/a?b=c"
        with talk(camera) as asked:
            profile = asked.profiles()[0]
        assert profile.stream
        assert (profile.stream.address, profile.elsewhere) == ("rtsp://127.0.0.1:8554/a?b=c", "10.9.8.7")

    def test_services_at_another_host_are_asked_here(self, camera: FakeOnvif) -> None:
        camera.behaviour.at = "10.9.8.7:80"
        with talk(camera) as asked:
            assert len(asked.profiles()) == 2

    def test_what_else_it_tells(self, camera: FakeOnvif) -> None:
        camera.behaviour.services = tuple(SERVICES)
        camera.behaviour.storages = ("LocalStorage", "NFS")
        camera.behaviour.ports = (("http", 80, True), ("RTSP", 554, False))
        camera.behaviour.modules = (("tt:CellMotionEngine", "Motion"),)
        with talk(camera) as asked:
            assert asked.storages() == ["LocalStorage", "NFS"]
            assert asked.ports() == [Port("HTTP", 80, True), Port("RTSP", 554, False)]
            assert asked.analytics() == ["tt:CellMotionEngine Motion"]
            assert asked.accounts() == [Account("admin", "Administrator")]

    def test_what_it_does_not_understand_is_none(self, camera: FakeOnvif) -> None:
        with talk(camera) as asked:
            assert asked.storages() is None
            assert asked.ports() is None
            assert asked.analytics() == []

    def test_positions(self, camera: FakeOnvif) -> None:
        camera.behaviour.services = ("device", "media", "ptz")
        camera.behaviour.streams[0].ptz = True
        camera.behaviour.presets = ("Gate", "")
        with talk(camera) as asked:
            turned, fixed = asked.profiles()
            assert asked.presets(turned) == ("Gate", "1")
            assert asked.presets(fixed) is None

    def test_whether_it_talks_to_everybody(self, camera: FakeOnvif) -> None:
        with talk(camera) as asked:
            assert not asked.open_to_everybody()
            camera.behaviour.everybody = {"GetProfiles"}
            assert not asked.open_to_everybody()
            camera.behaviour.everybody = {"GetProfiles", "GetStreamUri"}
            assert asked.open_to_everybody()

    def test_a_password_is_set(self, camera: FakeOnvif) -> None:
        with talk(camera) as asked:
            asked.set_password(Account("admin", "Administrator"), "a<b>&c")
        assert camera.behaviour.users == {"admin": ("a<b>&c", "Administrator")}


class TestClock:
    @pytest.mark.parametrize("seconds", [-4000.0, 0.0, 86_400.0 * 300])
    def test_a_wrong_one_is_measured_and_spoken_to_in_its_own_time(self, camera: FakeOnvif, seconds: float) -> None:
        camera.behaviour.clock = seconds
        with talk(camera) as asked:
            asked.information()
            assert asked.offset == pytest.approx(seconds, abs=1.5)
        assert ("refused", "admin") not in camera.asked

    @pytest.mark.parametrize("status", [400, 401])
    def test_one_that_is_told_to_nobody_without_a_password(self, camera: FakeOnvif, status: int) -> None:
        camera.behaviour.secret, camera.behaviour.refusal = {"GetSystemDateAndTime"}, status
        with talk(camera) as asked:
            assert asked.offset == pytest.approx(0, abs=1.5)
        with pytest.raises(RefusedError, match="--user"), talk(camera, None):
            pass
        with pytest.raises(RefusedError), talk(camera, WRONG):
            pass
        assert camera.asked.count(("refused", "admin")) == 1

    def test_that_makes_no_sense(self, camera: FakeOnvif) -> None:
        answer = camera.answer(
            b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><GetSystemDateAndTime/></s:Body></s:Envelope>'
        )[1]
        camera.behaviour.answers["GetSystemDateAndTime"] = re.sub(rb"Month>\d+<", b"Month>13<", answer)
        with talk(camera) as asked:
            assert asked.offset is None
        camera.behaviour.answers["GetSystemDateAndTime"] = answer.replace(b"UTCDateTime", b"LocalDateTime")
        with talk(camera) as asked:
            assert asked.offset is None


class TestRefusal:
    @pytest.mark.parametrize("status", [400, 401])
    def test_a_wrong_password(self, camera: FakeOnvif, status: int) -> None:
        camera.behaviour.refusal = status
        with pytest.raises(RefusedError, match="refused the user name and password") as raised, talk(camera, WRONG):
            pass
        assert "S3cret" not in str(raised.value)
        assert camera.asked.count(("refused", "admin")) == 1

    def test_a_wrong_clock_is_named_as_a_reason(self, camera: FakeOnvif) -> None:
        camera.behaviour.clock = 7200
        with pytest.raises(RefusedError, match=r"clock is 7\d\d\d s ahead of ours"), talk(camera, WRONG):
            pass

    def test_none_given(self, camera: FakeOnvif) -> None:
        with talk(camera, None) as asked, pytest.raises(RefusedError, match="--user"):
            asked.information()

    def test_one_who_may_not(self, camera: FakeOnvif) -> None:
        camera.behaviour.users["admin"] = (RIGHT.password, "User")
        with talk(camera) as asked:
            asked.information()
            with pytest.raises(RefusedError):
                asked.accounts()

    @pytest.mark.parametrize("password", ["a\x07b", "\ud83d"])
    def test_what_xml_cannot_carry(self, camera: FakeOnvif, password: str) -> None:
        with pytest.raises(UsageError):
            talk(camera, Credentials("admin", password))
        assert camera.asked == []


class TestNoCamera:
    @pytest.mark.parametrize(
        "body",
        [
            b"<html>It works</html>",
            b"",
            b"\xff\xfe",
            b"<a>" * 100_000,
            b"<a>" * 100_000 + b"</a>" * 100_000,
            b'<!DOCTYPE a [<!ENTITY x "GetSystemDateAndTimeResponse">]><a>&x;</a>',
            (
                b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><GetSystemDateAndTimeResponse>&x;'
                b"</GetSystemDateAndTimeResponse>"
            ),
        ],
        ids=["page", "nothing", "bytes", "torn", "deep", "entity", "file"],
    )
    def test_what_answers_something_else(self, camera: FakeOnvif, body: bytes) -> None:
        camera.behaviour.answers["GetSystemDateAndTime"] = body
        with pytest.raises(NotOnvifError, match="No ONVIF camera answers at http://127"), talk(camera):
            pass

    def test_one_without_services(self, camera: FakeOnvif) -> None:
        camera.behaviour.services = ()
        with pytest.raises(NotOnvifError), talk(camera):
            pass

    def test_one_without_video(self, camera: FakeOnvif) -> None:
        camera.behaviour.services = ("device",)
        with talk(camera) as asked, pytest.raises(BadInputError, match="no video over ONVIF"):
            asked.profiles()

    def test_one_that_answers_without_end(self, camera: FakeOnvif) -> None:
        camera.behaviour.answers["GetServices"] = b"x" * (1 << 21)
        with pytest.raises(BadInputError, match="more than we read"), talk(camera):
            pass

    def test_nobody(self) -> None:
        address = f"http://127.0.0.1:{closed_port()}/onvif/device_service"
        with pytest.raises(UnreachableError, match="Nobody listens"), OnvifCamera(address, None, SystemClock()):
            pass

    def test_no_such_host(self) -> None:
        with (
            pytest.raises(UnreachableError, match=r"no host called nowhere\.invalid"),
            OnvifCamera("http://nowhere.invalid/", None, SystemClock()),
        ):
            pass

    def test_one_that_is_silent(self, camera: FakeOnvif) -> None:
        stop = threading.Event()
        stop.set()
        silent = OnvifCamera(camera.address, RIGHT, SystemClock(), stop=stop)
        with pytest.raises(UnreachableError, match="does not answer in time"), silent:
            pass


class TestTls:
    @pytest.fixture
    def secure(self, tmp_path: Path) -> Iterator[FakeOnvif]:
        with FakeOnvif(Behaviour(streams=two_streams()), certificate(tmp_path)) as fake:
            yield fake

    def test_a_certificate_of_its_own_is_believed_unless_told_otherwise(self, secure: FakeOnvif) -> None:
        with talk(secure) as asked:
            assert asked.information().manufacturer == "Acme"
        with pytest.raises(UnreachableError, match="--verify-tls"), talk(secure, verify=True):
            pass

    def test_no_tls_where_it_was_asked_for(self, camera: FakeOnvif) -> None:
        address = camera.address.replace("http:", "https:")
        with pytest.raises(UnreachableError, match="TLS"), OnvifCamera(address, RIGHT, SystemClock()):
            pass


def test_a_camera_with_many_streams_is_read_so_far(camera: FakeOnvif) -> None:
    camera.behaviour.streams = [Stream(f"p{number}", 64, 64, "") for number in range(70)]
    with talk(camera) as asked:
        assert len(asked.profiles()) == 64
