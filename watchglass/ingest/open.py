"""Opening any stream, and looking at what a camera offers."""

import threading
from collections.abc import Iterable

from watchglass.base.clock import Clock, SystemClock
from watchglass.ingest.file import FileStream
from watchglass.ingest.pump import Pump
from watchglass.ingest.rtsp import open_rtsp
from watchglass.ingest.stream import IngestOptions, Opener, OpenStream, StreamRequest
from watchglass.ingest.usb import open_usb
from watchglass.model.camera import Credentials, Source, SourceKind, StreamRole, Transport
from watchglass.model.media import StreamInfo


class SystemOpener:
    """Opens real cameras and files."""

    def __init__(self, clock: Clock, options: IngestOptions | None = None) -> None:
        self._clock = clock
        self._options = options or IngestOptions()
        self._pump = Pump(clock, self._options.gather)

    def __call__(self, request: StreamRequest, stop: threading.Event) -> OpenStream:
        """Open the stream; see `Opener`."""
        if request.source.kind is SourceKind.RTSP:
            return open_rtsp(request, self._options, stop, self._clock, self._pump)
        if request.source.kind is SourceKind.USB:
            return open_usb(request, self._options, stop, self._clock)
        return FileStream(request, self._options, stop, self._clock)


def open_stream(
    source: Source,
    credentials: Credentials | None = None,
    transport: Transport = Transport.TCP,
    *,
    camera: str,
    stop: threading.Event | None = None,
    clock: Clock | None = None,
    options: IngestOptions | None = None,
) -> OpenStream:
    """Open one stream of the camera named `camera`; setting `stop` ends opening and reading. Errors: see `Opener`."""
    opener = SystemOpener(clock or SystemClock(), options)
    return opener(StreamRequest(camera, source, credentials, transport), stop or threading.Event())


def probe(
    camera: str,
    streams: Iterable[tuple[StreamRole, Source]],
    credentials: Credentials | None = None,
    transport: Transport = Transport.TCP,
    *,
    opener: Opener | None = None,
    stop: threading.Event | None = None,
) -> list[tuple[StreamRole, StreamInfo]]:
    """What each of a camera's streams is, without reading it. The first that cannot be opened raises its error."""
    opener = opener or SystemOpener(SystemClock())
    stop = stop or threading.Event()
    found = []
    for role, source in streams:
        stream = opener(StreamRequest(camera, source, credentials, transport), stop)
        try:
            found.append((role, stream.info))
        finally:
            stream.close()
    return found
