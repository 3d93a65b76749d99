"""libav's errors become sentences for people, here and once. PyAV's exceptions hold the URL: none travels further."""

import av.error

from watchglass.base.errors import (
    BadInputError,
    MissingInputError,
    RefusedError,
    UnreachableError,
    WatchglassError,
)
from watchglass.camera.url import display, scrub
from watchglass.ingest.stream import StreamRequest
from watchglass.model.camera import SourceKind


def ended(request: StreamRequest) -> WatchglassError:
    """The camera closed the stream by itself."""
    return UnreachableError(
        f"Camera {request.camera} ended its stream: it may have restarted, or allow fewer viewers at a time."
    )


def silent(request: StreamRequest, seconds: float) -> WatchglassError:
    """The camera is connected and sends no video."""
    return UnreachableError(
        f"Camera {request.camera} is connected but has sent no video for {seconds:.0f} s: check the camera, its "
        f"network and whether its transport ({request.transport}) is let through."
    )


def unanswered(request: StreamRequest, seconds: float) -> WatchglassError:
    """The camera did not answer, or not to the end, while it was being opened."""
    return UnreachableError(
        f"Camera {request.camera} did not answer at {display(request.source)} within {seconds:.0f} s: check that it is "
        "switched on, and its address."
    )


def unusable(request: StreamRequest, why: str) -> WatchglassError:
    """What came is not video that we can use; `why` completes a sentence and says what to do."""
    return BadInputError(f"Camera {request.camera}: {display(request.source)} {why}")


def opening_fault(
    error: av.error.FFmpegError, request: StreamRequest, seconds: float, *, late: bool
) -> WatchglassError:
    """What went wrong while opening `request` with `seconds` to do it in; `late` if they have passed."""
    late = late or isinstance(error, av.error.ExitError | av.error.TimeoutError)
    if request.source.kind is SourceKind.RTSP:
        return unanswered(request, seconds) if late else _rtsp_fault(error, request)
    if late:
        return unusable(request, f"could not be read within {seconds:.0f} s: check the disk, or convert the file.")
    if request.source.kind is SourceKind.USB:
        return _usb_fault(error, request)
    if isinstance(error, av.error.FileNotFoundError | av.error.PermissionError):
        return missing_file(request)
    return unusable(
        request,
        "is not a video file that can be read (damaged, cut short or of another kind): choose another, or copy it again.",
    )


def reading_fault(error: av.error.FFmpegError, request: StreamRequest, silence: float) -> WatchglassError:
    """What went wrong while packets were being read."""
    if request.source.kind is SourceKind.FILE:
        return unusable(request, "is damaged or cut short: copy it again, or convert it.")
    if isinstance(error, av.error.ExitError | av.error.TimeoutError):
        return silent(request, silence)
    if isinstance(error, av.error.EOFError):
        return ended(request)
    return broken(request, _words(error))


def missing_file(request: StreamRequest) -> WatchglassError:
    """The file of a camera is not there, or may not be read by us."""
    return MissingInputError(
        f"Camera {request.camera}: there is no file {display(request.source)} that may be read: check its path and "
        "rights."
    )


def refused(request: StreamRequest) -> WatchglassError:
    """The camera wants another user name and password, or one at all."""
    given = "refuses this user name and password" if request.credentials else "asks for a user name and password"
    where = display(request.source)
    return RefusedError(f"Camera {request.camera} {given} at {where}: check them in the camera's own settings.")


def no_stream(request: StreamRequest) -> WatchglassError:
    """The camera knows no such path."""
    where = display(request.source)
    return MissingInputError(f"Camera {request.camera} answers, but has no stream at {where}: check the path.")


def closed_port(request: StreamRequest) -> WatchglassError:
    """Nobody listens there."""
    return UnreachableError(
        f"Camera {request.camera} refuses connections at {display(request.source)}: check the port, and that RTSP is "
        "switched on."
    )


def hung_up(request: StreamRequest) -> WatchglassError:
    """The camera ended the connection before there was a stream."""
    return UnreachableError(
        f"Camera {request.camera} hangs up at {display(request.source)}: check the port, and that RTSP is switched on."
    )


def no_video(request: StreamRequest) -> WatchglassError:
    """What answers is no camera."""
    return unusable(request, "answers, but not with a video stream: check the port and the path.")


def unreachable(request: StreamRequest, words: str) -> WatchglassError:
    """The network does not bring us there; `words` say what the system calls that."""
    return UnreachableError(
        f"Camera {request.camera} cannot be reached at {display(request.source)} ({words}): check its address."
    )


def broken(request: StreamRequest, words: str) -> WatchglassError:
    """The connection ended while video came."""
    return UnreachableError(f"Camera {request.camera}: the connection broke ({words}).")


def _rtsp_fault(error: av.error.FFmpegError, request: StreamRequest) -> WatchglassError:
    match error:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return refused(request)
        case av.error.HTTPNotFoundError():
            return no_stream(request)
        case av.error.ConnectionRefusedError():
            return closed_port(request)
        case av.error.InvalidDataError():
            return no_video(request)
        case av.error.EOFError():
            return hung_up(request)
    name, where = request.camera, display(request.source)
    if where.startswith("rtsps:"):
        return UnreachableError(
            f"Camera {name} does not agree on encryption at {where} ({_words(error)}): check the port (322 or 554 is "
            "usual), and the camera's certificate if it must be verified."
        )
    return unreachable(request, _words(error))


def _usb_fault(error: av.error.FFmpegError, request: StreamRequest) -> WatchglassError:
    where = display(request.source)
    if isinstance(error, av.error.FileNotFoundError):
        return MissingInputError(f"Camera {request.camera}: there is no {where}: check that it is plugged in.")
    if isinstance(error, av.error.PermissionError):
        return MissingInputError(f"Camera {request.camera}: {where} may not be read: add this user to the group video.")
    return UnreachableError(f"Camera {request.camera}: {where} cannot be opened ({_words(error)}): is it in use?")


def _words(error: av.error.FFmpegError) -> str:
    return scrub(error.strerror or type(error).__name__)
