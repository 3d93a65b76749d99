"""Files as cameras: played at their own pace, again from the start at their end, as if they were live."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from watchglass.base.clock import Clock
from watchglass.ingest import faults
from watchglass.ingest.libav import LibavStream, open_libav
from watchglass.ingest.stream import Demuxed, IngestOptions, StreamRequest
from watchglass.model.media import TICKS_PER_SECOND, StreamInfo

# Containers that hold their own media. Playlists (hls, concat, sdp ...) are left out: they name other files and hosts.
CONTAINERS = "mov,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mxf,h264,hevc,m4v,mjpeg,ivf,obu"
DEFAULT_RATE = 25.0  # frames a second of a file that does not say
LATE = 1.0  # seconds behind, after which pacing begins anew instead of hurrying
LONGEST_HOLD = 5.0  # seconds between two frames of a file; its timestamps may be hostile


class FileStream:
    """A file played in a loop. Timestamps go on over the loop's end; the first packet after it has `jump`."""

    lost = 0

    def __init__(self, request: StreamRequest, options: IngestOptions, stop: threading.Event, clock: Clock) -> None:
        self._request = request
        self._options = options
        self._stop = stop
        self._clock = clock
        self._round = _open_once(request, options, stop, clock)

    @property
    def info(self) -> StreamInfo:
        return self._round.info

    def packets(self) -> Iterator[Demuxed]:
        """Packets at the file's pace, for ever."""
        step = round(TICKS_PER_SECOND / (self.info.rate or DEFAULT_RATE))
        pace = _Pace(self._clock, self._stop)
        start = 0  # where this round begins in the stream's time
        again = False
        while not self._stop.is_set():
            end = start
            for packet in _timed(self._round.packets(), start, step, again):
                if not pace.wait_until(packet.ticks or 0):
                    return
                end = max(end, (packet.ticks or 0) + step)
                again = True
                yield packet
            if self._stop.is_set():
                return
            if end == start:
                raise faults.unusable(self._request, "has no frames in it: choose another.")
            start = end
            self._round.close()
            self._round = _open_once(self._request, self._options, self._stop, self._clock)

    def close(self) -> None:
        """Let go of the file."""
        self._round.close()


class _Pace:
    """Holds packets back until they are due."""

    def __init__(self, clock: Clock, stop: threading.Event) -> None:
        self._clock = clock
        self._stop = stop
        self._origin: float | None = None  # on the monotonic clock, of tick 0

    def wait_until(self, ticks: int) -> bool:
        """Wait until `ticks` is due; False when told to stop meanwhile."""
        media = ticks / TICKS_PER_SECOND
        now = self._clock.monotonic()
        if self._origin is None or now - (self._origin + media) > LATE:
            self._origin = now - media
        wait = self._origin + media - now
        if wait > LONGEST_HOLD:
            wait = LONGEST_HOLD
            self._origin = now + wait - media
        if wait > 0:
            return not self._clock.wait(self._stop, wait)
        return not self._stop.is_set()


def _timed(packets: Iterator[Demuxed], start: int, step: int, jump: bool) -> Iterator[Demuxed]:
    """Packets moved in time so that the first is at `start`; those without a time get one, `step` after the last."""
    shift: int | None = None
    last = start - step
    for packet in packets:
        if packet.ticks is not None and shift is None:
            shift = last + step - packet.ticks
        last = last + step if packet.ticks is None or shift is None else packet.ticks + shift
        yield Demuxed(packet.data, last, packet.keyframe, jump)
        jump = False


def _open_once(request: StreamRequest, options: IngestOptions, stop: threading.Event, clock: Clock) -> LibavStream:
    path = Path(request.source.address)
    if path.exists() and not path.is_file():  # a pipe would wait for ever, a device is not for us to read
        raise faults.unusable(request, "is not a file: choose a video file.")
    if not os.access(path, os.R_OK):
        raise faults.missing_file(request)
    settings = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
    return open_libav(str(path), request, options, stop, settings, clock)
