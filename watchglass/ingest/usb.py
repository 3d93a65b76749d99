"""USB cameras through Video4Linux2. Compressed formats only: a raw picture says too little of itself to be passed on.

Tried only on machines that have such a device; none of the tests has one.
"""

import threading
from pathlib import Path

from watchglass.base.clock import Clock
from watchglass.base.errors import MissingInputError, UnreachableError
from watchglass.ingest.libav import LibavStream, open_libav
from watchglass.ingest.stream import IngestOptions, StreamRequest

FORMATS = ("h264", "mjpeg")  # what libav's v4l2 demuxer calls them, best first


def open_usb(request: StreamRequest, options: IngestOptions, stop: threading.Event, clock: Clock) -> LibavStream:
    """Open a USB camera in the best compressed format it has."""
    device = request.source.address
    if not Path(device).exists():
        raise MissingInputError(f"Camera {request.camera}: there is no {device} on this machine: is it plugged in?")
    refused: UnreachableError | None = None
    for pixels in FORMATS:
        try:
            return open_libav(device, request, options, stop, {"input_format": pixels}, clock, "v4l2")
        except UnreachableError as error:
            refused = error
    raise UnreachableError(
        f"Camera {request.camera}: {device} gives neither H.264 nor MJPEG: choose another camera."
    ) from refused
