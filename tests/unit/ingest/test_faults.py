import av.error
import pytest

from watchglass.base.errors import (
    BadInputError,
    MissingInputError,
    RefusedError,
    UnreachableError,
    WatchglassError,
)
from watchglass.ingest import faults
from watchglass.ingest.stream import StreamRequest
from watchglass.model.camera import Credentials, Source, SourceKind

SECRET = Credentials("admin", "hunter2")
RTSP = StreamRequest("Gate", Source(SourceKind.RTSP, "rtsp://10.0.0.5/a?password=hunter2"), SECRET)
OPEN = StreamRequest("Gate", RTSP.source)
TLS = StreamRequest("Gate", Source(SourceKind.RTSP, "rtsps://10.0.0.5/a"), SECRET)
FILE = StreamRequest("Gate", Source(SourceKind.FILE, "/v/street.mp4"))
USB = StreamRequest("Gate", Source(SourceKind.USB, "/dev/video0"))
URL = "rtsp://admin:hunter2@10.0.0.5/a"


def raised(kind: type[av.error.FFmpegError]) -> av.error.FFmpegError:
    """An error as PyAV makes it: with the URL in it."""
    return kind(5, "Input/output error", URL)


@pytest.mark.parametrize(
    ("request_", "kind", "expected", "word"),
    [
        (RTSP, av.error.HTTPUnauthorizedError, RefusedError, "refuses this user name and password"),
        (OPEN, av.error.HTTPUnauthorizedError, RefusedError, "asks for a user name and password"),
        (RTSP, av.error.HTTPForbiddenError, RefusedError, "refuses"),
        (RTSP, av.error.HTTPNotFoundError, MissingInputError, "path"),
        (RTSP, av.error.ConnectionRefusedError, UnreachableError, "refuses connections"),
        (RTSP, av.error.ExitError, UnreachableError, "did not answer"),
        (RTSP, av.error.TimeoutError, UnreachableError, "within 10 s"),
        (RTSP, av.error.InvalidDataError, BadInputError, "not with a video stream"),
        (RTSP, av.error.EOFError, UnreachableError, "hangs up"),
        (RTSP, av.error.OSError, UnreachableError, "cannot be reached"),
        (TLS, av.error.OSError, UnreachableError, "encryption"),
        (FILE, av.error.InvalidDataError, BadInputError, "damaged"),
        (FILE, av.error.ExitError, BadInputError, "could not be read"),
        (FILE, av.error.FileNotFoundError, MissingInputError, "no file"),
        (FILE, av.error.PermissionError, MissingInputError, "rights"),
        (USB, av.error.FileNotFoundError, MissingInputError, "plugged in"),
        (USB, av.error.PermissionError, MissingInputError, "group video"),
        (USB, av.error.OSError, UnreachableError, "in use"),
    ],
)
def test_each_fault_while_opening_has_its_sentence(
    request_: StreamRequest, kind: type[av.error.FFmpegError], expected: type[WatchglassError], word: str
) -> None:
    fault = faults.opening_fault(raised(kind), request_, 10.0, late=False)
    assert type(fault) is expected
    assert word in fault.sentence
    assert "Gate" in fault.sentence
    assert fault.sentence.endswith((".", "?"))
    assert "hunter2" not in fault.sentence


def test_what_took_too_long_did_not_answer_whatever_libav_says() -> None:
    fault = faults.opening_fault(raised(av.error.InvalidDataError), RTSP, 10.0, late=True)
    assert isinstance(fault, UnreachableError)
    assert "did not answer" in fault.sentence


@pytest.mark.parametrize(
    ("request_", "kind", "expected", "word"),
    [
        (RTSP, av.error.ExitError, UnreachableError, "no video for 10 s"),
        (RTSP, av.error.TimeoutError, UnreachableError, "no video for 10 s"),
        (RTSP, av.error.EOFError, UnreachableError, "ended its stream"),
        (RTSP, av.error.ConnectionResetError, UnreachableError, "connection broke"),
        (FILE, av.error.InvalidDataError, BadInputError, "damaged"),
    ],
)
def test_each_fault_while_reading_has_its_sentence(
    request_: StreamRequest, kind: type[av.error.FFmpegError], expected: type[WatchglassError], word: str
) -> None:
    fault = faults.reading_fault(raised(kind), request_, 10.0)
    assert type(fault) is expected
    assert word in fault.sentence
    assert "Gate" in fault.sentence
    assert "hunter2" not in fault.sentence
