"""No machine that these run on has a camera: what is tested is what is asked of libav, and what is said without one."""

import threading
from pathlib import Path

import pytest

from watchglass.base.clock import SystemClock
from watchglass.base.errors import BadInputError, MissingInputError, UnreachableError
from watchglass.ingest import usb
from watchglass.ingest.stream import IngestOptions, StreamRequest
from watchglass.model.camera import Source, SourceKind


def open_it(device: str) -> object:
    request = StreamRequest("Desk", Source(SourceKind.USB, device))
    return usb.open_usb(request, IngestOptions(), threading.Event(), SystemClock())


def test_a_device_that_is_not_there_is_missing() -> None:
    with pytest.raises(MissingInputError, match=r"Desk.*/dev/video987"):
        open_it("/dev/video987")


def test_what_is_no_video_device_cannot_be_opened(tmp_path: Path) -> None:
    pretender = tmp_path / "video0"
    pretender.write_bytes(b"no device")
    with pytest.raises(UnreachableError, match=r"Desk.*neither H\.264 nor MJPEG"):
        open_it(str(pretender))


def test_the_best_format_that_it_has_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []

    def open_libav(url: str, *args: object) -> str:
        settings, kind = args[3], args[5]
        assert isinstance(settings, dict)
        asked.append((settings["input_format"], kind))
        if settings["input_format"] == "h264":
            raise UnreachableError("Camera Desk has no H.264.")
        return url

    monkeypatch.setattr(usb, "open_libav", open_libav)
    device = tmp_path / "video0"
    device.touch()
    assert open_it(str(device)) == str(device)
    assert asked == [("h264", "v4l2"), ("mjpeg", "v4l2")]


def test_a_camera_of_raw_pictures_is_not_tried_in_other_formats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_libav(*_args: object) -> None:
        raise BadInputError("Camera Desk gives uncompressed pictures only.")

    monkeypatch.setattr(usb, "open_libav", open_libav)
    device = tmp_path / "video0"
    device.touch()
    with pytest.raises(BadInputError, match="uncompressed"):
        open_it(str(device))
