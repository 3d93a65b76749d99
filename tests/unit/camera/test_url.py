from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from watchglass.base.errors import UsageError
from watchglass.camera.url import MAX_ADDRESS, display, parse_source, scrub
from watchglass.model.camera import Credentials, Source, SourceKind


@pytest.mark.parametrize(
    ("typed", "address", "credentials"),
    [
        ("rtsp://10.0.0.5/live", "rtsp://10.0.0.5/live", None),
        ("  rtsp://10.0.0.5/live\n", "rtsp://10.0.0.5/live", None),
        ("RTSPS://Camera.local:322/a?x=1", "rtsps://Camera.local:322/a?x=1", None),
        ("rtsp://10.0.0.5", "rtsp://10.0.0.5", None),
        ("rtsp://10.0.0.5:0554/a", "rtsp://10.0.0.5:554/a", None),
        ("rtsp://[fe80::1%25eth0]:554/a", "rtsp://[fe80::1%25eth0]:554/a", None),
        ("rtsp://admin:secret@10.0.0.5/a", "rtsp://10.0.0.5/a", Credentials("admin", "secret")),
        ("rtsp://admin:a%40b%2Fc%3A@10.0.0.5/a", "rtsp://10.0.0.5/a", Credentials("admin", "a@b/c:")),
        ("rtsp://admin:a@b@10.0.0.5/a", "rtsp://10.0.0.5/a", Credentials("admin", "a@b")),
        ("rtsp://admin:a:b@10.0.0.5/a", "rtsp://10.0.0.5/a", Credentials("admin", "a:b")),
        ("rtsp://admin@10.0.0.5/a", "rtsp://10.0.0.5/a", Credentials("admin", "")),
        ("rtsp://admin:@10.0.0.5/a", "rtsp://10.0.0.5/a", Credentials("admin", "")),
        ("rtsp://J%C3%BCrgen:x@10.0.0.5/a", "rtsp://10.0.0.5/a", Credentials("Jürgen", "x")),
        ("rtsp://@10.0.0.5/a", "rtsp://10.0.0.5/a", None),
        ("rtsp://10.0.0.5/cam@1", "rtsp://10.0.0.5/cam@1", None),
        ("rtsp://10.0.0.5/a#fragment", "rtsp://10.0.0.5/a", None),
    ],
)
def test_an_rtsp_address_is_parted_from_its_credentials(
    typed: str, address: str, credentials: Credentials | None
) -> None:
    assert parse_source(typed) == (Source(SourceKind.RTSP, address), credentials)


@pytest.mark.parametrize("typed", ["street.mp4", "./street.mp4", "a:b.mp4", "/v/../street.mp4"])
def test_a_path_is_a_file_and_becomes_absolute(typed: str, tmp_path: Path) -> None:
    source, credentials = parse_source(typed, tmp_path)
    assert source == Source(SourceKind.FILE, str(tmp_path / typed))
    assert Path(source.address).is_absolute()
    assert credentials is None


def test_a_relative_path_begins_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_source("street.mp4")[0].address == str(tmp_path / "street.mp4")


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert parse_source("~/street.mp4")[0] == Source(SourceKind.FILE, "/home/someone/street.mp4")


@pytest.mark.parametrize("address", ["~\ud800/street.mp4", "rtsp://192.0.2.7/\udcff", "rtsp://a:\ud800@192.0.2.7/"])
def test_what_is_no_character_cannot_be_stored(address: str) -> None:
    with pytest.raises(UsageError, match="no character"):
        parse_source(address)


def test_a_file_whose_name_begins_with_a_tilde(tmp_path: Path) -> None:
    assert parse_source("~nobody-of-this-name", tmp_path)[0].address == str(tmp_path / "~nobody-of-this-name")


def test_a_video_device_is_a_usb_camera() -> None:
    assert parse_source("/dev/video12") == (Source(SourceKind.USB, "/dev/video12"), None)
    assert parse_source("/dev/video12x")[0].kind is SourceKind.FILE


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("http://admin:hunter2@10.0.0.5/a", "http://"),
        ("file:///street.mp4", "file://"),
        ("rtsp://", "host name"),
        ("rtsp:///a", "host name"),
        ("rtsp://admin:hunter2@/a", "host name"),
        ("rtsp://admin:hunter2@-bad-/a", "host name"),
        ("rtsp://admin:hunter2@10.0.0.5:99999/a", "65535"),
        ("rtsp://10.0.0.5:0/a", "65535"),
        ("rtsp://10.0.0.5:/a", "65535"),
        ("rtsp://10.0.0.5:five/a", "65535"),
        ("rtsp://admin:hunter2/x@10.0.0.5/a", "%2F"),
        ("rtsp://admin:12/hunter2@10.0.0.5/a", "%2F"),
        ("rtsp://someone:hun@ter2/hunter2@10.0.0.5/a", "%2F"),
        ("rtsp://ad/min:hunter2@10.0.0.5/a", "%2F"),
        ("rtsp://admin:hunter2?x@10.0.0.5/a", "%2F"),
        ("rtsp://admin:hunter2@10.0.0.5/a b", "%20"),
        ("rtsp://admin:hunter2@10.0.0.5/a\nb", "line break"),
        ("rtsp://admin:hunter2%FF@10.0.0.5/a", "%25"),
        ("rtsp://admin:hunter2%0A@10.0.0.5/a", "%25"),
        ("rtsp://admin:hunter2@[::1/a", "host name"),
        ("rtsp://10.0.0.5/" + "a" * MAX_ADDRESS, "characters"),
    ],
)
def test_what_cannot_be_used_is_refused_without_repeating_a_password(typed: str, word: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_source(typed)
    assert word in caught.value.sentence
    assert "hunter2" not in caught.value.sentence
    assert "admin" not in caught.value.sentence
    assert caught.value.__context__ is None


_PART = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


@given(text=st.text(max_size=60))
def test_anything_is_either_understood_or_refused(text: str) -> None:
    for typed in (text, f"rtsp://{text}", f"rtsps://a:b@{text}"):
        try:
            source, _ = parse_source(typed, Path("/folder"))
        except UsageError:
            continue
        assert source.kind is not SourceKind.RTSP or "@" not in urlsplit(source.address).netloc
        assert source.kind is not SourceKind.FILE or source.address.startswith("/")


@given(username=_PART, password=_PART)
@example(username="a/", password="x")
@example(username="a#", password="x")
@example(username="@0/", password="x")
def test_a_typed_password_is_never_in_the_address_nor_in_what_is_said(username: str, password: str) -> None:
    secret = f"<{password}>"  # cannot be part of the address by chance
    try:
        source, _ = parse_source(f"rtsp://{username}:{secret}@10.0.0.5/a")
        said = source.address + display(source)
    except UsageError as error:
        said = error.sentence
    assert secret not in said


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("cannot open rtsp://u:p@10.0.0.5/a now", "cannot open rtsp://10.0.0.5/a now"),
        ("rtsp://u:p@ss@h/a and rtsps://v:q@i/b", "rtsp://h/a and rtsps://i/b"),
        ("'rtsp://u:p/w@h/a'", "'rtsp://h/a'"),
        ("http://h/snap?user=admin&pwd=hunter2&x=1", "http://h/snap?user=...&pwd=...&x=1"),
        ("rtsp://h/user=admin;password=hunter2;x", "rtsp://h/user=...;password=...;x"),
        ("someone@example.org wrote", "someone@example.org wrote"),
        ("rtsp://10.0.0.5:554/a", "rtsp://10.0.0.5:554/a"),
        ("", ""),
    ],
)
def test_text_is_scrubbed(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed


def test_credentials_in_a_query_are_not_displayed() -> None:
    source, _ = parse_source("rtsp://10.0.0.5/a?user=admin&password=hunter2&channel=1")
    assert display(source) == "rtsp://10.0.0.5/a?user=...&password=...&channel=1"


def test_a_file_is_displayed_as_it_is() -> None:
    assert display(Source(SourceKind.FILE, "/v/token=1/a@b.mp4")) == "/v/token=1/a@b.mp4"
