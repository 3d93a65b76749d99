from collections.abc import Iterator

import pytest

from tests.onvif_camera import Behaviour, FakeOnvif, two_streams
from tests.rtsp import closed_port
from watchglass.base.clock import SystemClock
from watchglass.base.errors import RefusedError, UnreachableError
from watchglass.camera.device import Caution, Profile
from watchglass.camera.onvif import NotOnvifError
from watchglass.camera.survey import choose, connected, survey
from watchglass.model.camera import Credentials, Source, SourceKind

RIGHT = Credentials("admin", "seven-Quiet-5")


@pytest.fixture
def camera() -> Iterator[FakeOnvif]:
    with FakeOnvif(Behaviour(streams=two_streams())) as fake:
        yield fake


def offered(token: str, width: int, height: int, codec: str = "h264", **more: object) -> Profile:
    stream = Source(SourceKind.RTSP, f"rtsp://cam/{token}")
    return Profile(token, token, codec, width, height, **({"stream": stream} | more))  # type: ignore[arg-type]


FULL = offered("full", 3840, 2160, "hevc", rate=20.0)
HD = offered("hd", 1280, 720)
VGA = offered("vga", 640, 480)
SMALL = offered("small", 320, 240)
TINY = offered("tiny", 160, 120)
PICTURES = offered("pictures", 640, 360, "mjpeg")


class TestChoice:
    @pytest.mark.parametrize(
        ("profiles", "main", "sub"),
        [
            ([], None, None),
            ([PICTURES], None, None),
            ([HD], HD, None),
            ([VGA, FULL, HD], FULL, VGA),
            ([SMALL, FULL, TINY], FULL, SMALL),
            ([PICTURES, FULL], FULL, PICTURES),
            ([PICTURES, FULL, SMALL], FULL, SMALL),
            ([HD, offered("again", 1280, 720, rate=30.0)], offered("again", 1280, 720, rate=30.0), None),
            ([offered("none", 9999, 9999, stream=None), HD], HD, None),
            ([HD, offered("same", 640, 480, stream=HD.stream)], HD, None),
            ([HD, offered("unsaid", 0, 0)], HD, None),
            ([HD, offered("other", 640, 480, video_source="2")], HD, None),
            ([VGA, offered("bigger", 3840, 2160, video_source="2")], VGA, None),
            ([HD, offered("odd", 640, 480, "vp9")], HD, None),
        ],
    )
    def test_rule(self, profiles: list[Profile], main: Profile | None, sub: Profile | None) -> None:
        assert choose(profiles) == (main, sub)


class TestConnecting:
    def test_the_first_place_where_a_camera_answers(self, camera: FakeOnvif) -> None:
        nobody = f"http://127.0.0.1:{closed_port()}/onvif/device_service"
        with connected([nobody, camera.address], RIGHT, SystemClock()) as found:
            assert found.address == camera.address

    def test_a_page_is_passed_by(self, camera: FakeOnvif) -> None:
        with FakeOnvif(Behaviour(answers={"GetSystemDateAndTime": b"<html/>"})) as page:
            with connected([page.address, camera.address], RIGHT, SystemClock()) as found:
                assert found.address == camera.address
            with pytest.raises(NotOnvifError, match=str(page.port)), connected([page.address], RIGHT, SystemClock()):
                pass

    def test_the_first_place_is_named_where_none_answers(self) -> None:
        ports = closed_port(), closed_port()
        with (
            pytest.raises(UnreachableError, match=str(ports[0])),
            connected([f"http://127.0.0.1:{port}/" for port in ports], RIGHT, SystemClock()),
        ):
            pass

    def test_a_wrong_password_is_tried_nowhere_else(self, camera: FakeOnvif) -> None:
        with FakeOnvif() as other:
            wrong = Credentials("admin", "wrong")
            with (
                pytest.raises(RefusedError),
                connected([camera.address, other.address], wrong, SystemClock()),
            ):
                pass
            assert other.asked == []


class TestSurvey:
    def test_everything_that_matters(self, camera: FakeOnvif) -> None:
        camera.behaviour.services = ("device", "media", "ptz", "recording")
        camera.behaviour.streams[0].ptz = True
        camera.behaviour.presets = ("Gate",)
        camera.behaviour.users["service"] = ("x", "User")
        said: list[str] = []
        with connected([camera.address], RIGHT, SystemClock()) as found:
            seen = survey(found, RIGHT, said.append)
        assert seen.main
        assert seen.sub
        assert (seen.main.token, seen.sub.token, seen.presets) == ("main", "sub", ("Gate",))
        assert seen.offset is not None
        assert abs(seen.offset) < 2
        cautions = {one.caution for one in seen.warnings}
        assert cautions == {Caution.PLAIN, Caution.FOOTAGE, Caution.ACCOUNTS, Caution.PAGE}
        assert len(said) == 3

    def test_one_that_lets_everybody_in(self, camera: FakeOnvif) -> None:
        camera.behaviour.everybody = {"GetDeviceInformation", "GetProfiles", "GetStreamUri"}
        with connected([camera.address], None, SystemClock()) as found:
            seen = survey(found, None)
        assert Caution.OPEN in {one.caution for one in seen.warnings}
        assert seen.main

    def test_who_may_not_ask_for_accounts_is_told_the_rest(self, camera: FakeOnvif) -> None:
        camera.behaviour.users["admin"] = (RIGHT.password, "User")
        with connected([camera.address], RIGHT, SystemClock()) as found:
            seen = survey(found, RIGHT)
        assert Caution.ACCOUNTS not in {one.caution for one in seen.warnings}
