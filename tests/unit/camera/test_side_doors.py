import dataclasses

import pytest

from watchglass.camera.device import Account, Caution, Port, Profile
from watchglass.camera.side_doors import Facts, warnings
from watchglass.model.camera import Credentials, Source, SourceKind

PROFILE = Profile("p", "p", "h264", 640, 480, stream=Source(SourceKind.RTSP, "rtsps://cam/p"), video_source="1")
SOUND = Facts(
    address="https://cam/",
    credentials=Credentials("operator", "kR7pQ2mZ9xYt"),
    services=frozenset({"device", "media"}),
    streams=[PROFILE],
    offset=0.4,
    open_to_everybody=False,
    accounts=[Account("operator", "Administrator")],
    ports=[Port("HTTP", 80, False), Port("RTSP", 322, True)],
    storages=[],
    analytics=["tt:CellMotionEngine Motion", "tt:Interface", "acme:Surface", "acme:Template"],
)


def told(**changes: object) -> dict[Caution, str]:
    found = warnings(dataclasses.replace(SOUND, **changes))  # type: ignore[arg-type]
    return {one.caution: one.sentence for one in found}


def test_a_sound_camera_gives_no_cause() -> None:
    assert told() == {}


@pytest.mark.parametrize(
    ("changes", "caution", "words"),
    [
        ({"open_to_everybody": True}, Caution.OPEN, "without a password"),
        ({"credentials": Credentials("operator", "12345678")}, Caution.PASSWORD, "--set-password"),
        ({"credentials": Credentials("operator", "kR7pQ2m")}, Caution.PASSWORD, "--set-password"),
        ({"credentials": Credentials("operator", "OPERATOR")}, Caution.PASSWORD, "--set-password"),
        ({"accounts": [Account("operator", ""), Account("admin", "")]}, Caution.ACCOUNTS, "(admin)"),
        ({"services": frozenset({"search"})}, Caution.FOOTAGE, "take the card out"),
        ({"services": frozenset({"recording"})}, Caution.FOOTAGE, "switch recording off"),
        ({"storages": ["LocalStorage"]}, Caution.FOOTAGE, "(LocalStorage)"),
        ({"ports": [Port("HTTPS", 443, True), Port("HTTP", 80, True)]}, Caution.PAGE, "(port 80 and 443)"),
        ({"ports": None}, Caution.PAGE, "a page of its own, which"),
        ({"streams": [dataclasses.replace(PROFILE, elsewhere="10.9.8.7")]}, Caution.ELSEWHERE, "10.9.8.7"),
        ({"streams": [PROFILE, dataclasses.replace(PROFILE, video_source="2")]}, Caution.CHANNELS, "several pictures"),
        ({"offset": 2.1}, Caution.CLOCK, "2 s ahead of"),
        ({"offset": -86_400.0}, Caution.CLOCK, "86,400 s behind"),
    ],
)
def test_each_cause_has_its_warning(changes: dict[str, object], caution: Caution, words: str) -> None:
    found = told(**changes)
    assert list(found) == [caution]
    assert words in found[caution]
    assert found[caution].endswith(".")


def test_a_plain_stream() -> None:
    plain = dataclasses.replace(PROFILE, stream=Source(SourceKind.RTSP, "rtsp://cam/p"))
    assert list(told(streams=[PROFILE, plain])) == [Caution.PLAIN]
    assert told(streams=[dataclasses.replace(PROFILE, stream=None)]) == {}


@pytest.mark.parametrize(
    "module",
    [
        "tt:FaceRecognition face",
        "tt:LicensePlateRecognition x",
        "hik:facedetect 1",
        "axis:LicencePlate",
        "x:ANPR 1",
        "acme:LPR",
        "acme:NumberPlate",
        "acme:Biometrics",
    ],
)
def test_what_tells_who_somebody_is_is_named(module: str) -> None:
    assert module in told(analytics=["tt:CellMotionEngine", module])[Caution.IDENTIFIES]


def test_a_long_list_is_cut() -> None:
    accounts = [Account(f"user{number}", "User") for number in range(9)]
    assert "user4 and 4 more" in told(accounts=accounts)[Caution.ACCOUNTS]


def test_a_clock_that_is_not_known_or_right_enough() -> None:
    assert told(offset=None) == told(offset=2.0) == told(offset=-2.0) == {}
