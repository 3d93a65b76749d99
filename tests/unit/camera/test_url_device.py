from pathlib import Path

import pytest

from watchglass.base.errors import UsageError
from watchglass.camera.url import at_host, host_of, is_device, parse_device
from watchglass.model.camera import Credentials, Source, SourceKind


@pytest.mark.parametrize(
    "text",
    ["http://10.0.0.9", "HTTPS://cam/onvif/x", "10.0.0.9", "10.0.0.9:8000", "camera-3.lan", "[fe80::1]:80", " cam "],
)
def test_what_is_an_onvif_camera(text: str) -> None:
    assert is_device(text)


@pytest.mark.parametrize(
    "text", ["rtsp://10.0.0.9/", "street.mp4", "a/b", "/dev/video0", "", "two words", "cam:port", "ftp://cam/", "C:\\a"]
)
def test_what_is_none(text: str) -> None:
    assert not is_device(text)


def test_a_file_that_is_there_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_device("recording")
    Path("recording").touch()
    assert not is_device("recording")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://cam", "http://cam/onvif/device_service"),
        ("http://cam/", "http://cam/onvif/device_service"),
        ("https://cam:8443/other?x=1#y", "https://cam:8443/other?x=1"),
        ("cam:8000", "http://cam:8000/onvif/device_service"),
        ("[fe80::1]:80", "http://[fe80::1]:80/onvif/device_service"),
    ],
)
def test_one_address_where_more_than_a_host_was_given(text: str, address: str) -> None:
    assert parse_device(text) == ((address,), None)


def test_credentials_are_taken_out() -> None:
    addresses, credentials = parse_device("http://admin:p%40ss@cam:80/x")
    assert addresses == ("http://cam:80/x",)
    assert credentials == Credentials("admin", "p@ss")


@pytest.mark.parametrize(
    "text", ["", "http://", "http://a b/", "rtsp://cam/", "http://cam:99999/", "http://cam/\nx", "x" * 3000]
)
def test_what_cannot_be_one(text: str) -> None:
    with pytest.raises(UsageError):
        parse_device(text)


def test_another_host_keeps_port_and_path() -> None:
    def moved(address: str) -> str:
        return at_host(Source(SourceKind.RTSP, address), "cam").address

    assert moved("rtsp://10.1.1.1:554/a?b=http://c/") == "rtsp://cam:554/a?b=http://c/"
    assert moved("rtsps://[fe80::1]/a") == "rtsps://cam/a"
    assert moved("rtsp://10.1.1.1?x") == "rtsp://cam?x"
    assert host_of("rtsp://[fe80::1]:554/a") == "[fe80::1]"
    assert host_of("http://cam:80/x") == "cam"
