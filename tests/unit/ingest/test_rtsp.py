import dataclasses
import socket
import threading

import pytest

from watchglass.base.clock import SystemClock
from watchglass.base.errors import BadInputError, RefusedError, UnreachableError, UsageError
from watchglass.ingest import rtsp
from watchglass.ingest.rtsp import MAX_USERINFO, open_rtsp, settings, with_credentials
from watchglass.ingest.rtsp_session import host_of
from watchglass.ingest.stream import IngestOptions, StreamRequest, TlsPolicy
from watchglass.model.camera import Credentials, Source, SourceKind, Transport


def request(address: str = "rtsp://10.0.0.5:554/a", credentials: Credentials | None = None) -> StreamRequest:
    return StreamRequest("Gate", Source(SourceKind.RTSP, address), credentials)


@pytest.mark.parametrize(
    ("credentials", "url"),
    [
        (None, "rtsp://10.0.0.5:554/a"),
        (Credentials("admin", "secret"), "rtsp://admin:secret@10.0.0.5:554/a"),
        (Credentials("admin", ""), "rtsp://admin:@10.0.0.5:554/a"),
        (Credentials("a:b", "p@s/s?#%"), "rtsp://a%3Ab:p%40s%2Fs%3F%23%25@10.0.0.5:554/a"),
        (Credentials("Jürgen", "x y"), "rtsp://J%C3%BCrgen:x%20y@10.0.0.5:554/a"),
    ],
)
def test_credentials_go_into_the_url_that_libav_gets(credentials: Credentials | None, url: str) -> None:
    assert with_credentials(request(credentials=credentials)) == url


def test_credentials_that_libav_would_cut_are_refused() -> None:
    longest = MAX_USERINFO - len("admin:")
    assert with_credentials(request(credentials=Credentials("admin", "x" * longest)))
    with pytest.raises(UsageError, match="Gate") as caught:
        with_credentials(request(credentials=Credentials("admin", "x" * (longest + 1))))
    assert "xxx" not in caught.value.sentence


def test_settings_say_what_was_asked_for() -> None:
    told = settings(
        StreamRequest("Gate", Source(SourceKind.RTSP, "rtsp://h/a"), transport=Transport.UDP),
        IngestOptions(silence=7.0, tls=TlsPolicy.VERIFIED),
    )
    assert (told["rtsp_transport"], told["timeout"], told["tls_verify"]) == ("udp", "7000000", "1")
    assert told["allowed_media_types"] == "video"
    assert settings(request(), IngestOptions())["tls_verify"] == "0"
    sounding = dataclasses.replace(request(), sound=True)
    assert settings(sounding, IngestOptions())["allowed_media_types"] == "video+audio"


def test_a_camera_that_cannot_be_opened_with_its_sound_is_opened_without(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    opened = object()

    def open_libav(_url: str, request: StreamRequest, *_more: object) -> object:
        asked.append(request.sound)
        if request.sound:
            raise BadInputError("It sends no usable sound.")
        return opened

    monkeypatch.setattr(rtsp, "open_libav", open_libav)
    wanted = dataclasses.replace(request("rtsp://127.0.0.1/a"), transport=Transport.UDP, sound=True)
    assert open_rtsp(wanted, IngestOptions(), threading.Event(), SystemClock()) is opened
    assert asked == [True, False]


def test_a_camera_that_refuses_the_password_is_not_asked_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def open_libav(_url: str, request: StreamRequest, *_more: object) -> None:
        asked.append(request.sound)
        raise RefusedError("Camera Gate refuses this password.")

    monkeypatch.setattr(rtsp, "open_libav", open_libav)
    wanted = dataclasses.replace(request("rtsp://127.0.0.1/a"), transport=Transport.UDP, sound=True)
    with pytest.raises(RefusedError):
        open_rtsp(wanted, IngestOptions(), threading.Event(), SystemClock())
    assert asked == [True]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("rtsp://10.0.0.5/a", ("10.0.0.5", 554)),
        ("rtsp://10.0.0.5:8554/a", ("10.0.0.5", 8554)),
        ("rtsps://camera.local/a", ("camera.local", 322)),
        ("rtsp://[fe80::1]/a", ("fe80::1", 554)),
    ],
)
def test_host_and_port(address: str, expected: tuple[str, int]) -> None:
    assert host_of(Source(SourceKind.RTSP, address)) == expected


def test_a_name_that_nobody_knows_is_told_from_other_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: object, **_more: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(UnreachableError, match=r"camera\.local") as caught:
        open_rtsp(
            request("rtsp://camera.local/a", Credentials("admin", "hunter2")),
            IngestOptions(),
            threading.Event(),
            SystemClock(),
        )
    assert "Gate" in caught.value.sentence
    assert "hunter2" not in caught.value.sentence
    assert caught.value.__context__ is None
