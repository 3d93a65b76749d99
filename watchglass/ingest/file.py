"""Files as cameras: played at their own pace, again from the start at their end, as if they were live."""

import os
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import NamedTuple

from watchglass.base.clock import Clock
from watchglass.ingest import faults
from watchglass.ingest.libav import LibavStream, open_libav
from watchglass.ingest.stream import Demuxed, IngestOptions, StreamRequest
from watchglass.model.media import TICKS_PER_SECOND, StreamInfo

# Containers that hold their own media. Playlists (hls, concat, sdp ...) are left out: they name other files and hosts.
CONTAINERS = "mov,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mxf,h264,hevc,m4v,mjpeg,ivf,obu"
DEFAULT_RATE = 25.0  # frames a second of a file that does not say
LATE = 3.0  # seconds behind, after which frames are skipped instead of hurried; more than B-frames wait for another
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

    def packets(self) -> Generator[Demuxed, None, None]:
        """Packets at the file's pace, for ever."""
        step = round(TICKS_PER_SECOND / (self.info.rate or DEFAULT_RATE))
        origin = self._clock.monotonic()  # of tick 0
        end = 0  # where the next round begins in the stream's time
        jump = False
        while not self._stop.is_set():
            start, late = end, 0
            for packet in _timed(self._round.packets(), start, step):
                ticks = packet.ticks + late
                wait = origin + ticks / TICKS_PER_SECOND - self._clock.monotonic()
                if wait < -LATE:
                    # We were stopped, or the machine slept. A camera's frames of that time would be lost as well.
                    skip = round(-wait * TICKS_PER_SECOND)
                    late, ticks, jump = late + skip, ticks + skip, True
                elif wait > LONGEST_HOLD:
                    origin -= wait - LONGEST_HOLD
                    wait = LONGEST_HOLD
                if self._clock.wait(self._stop, max(0.0, wait)):
                    return
                end = max(end, ticks + step)
                yield Demuxed(packet.data, ticks, packet.keyframe, jump)
                jump = False
            if end == start and not self._stop.is_set():
                raise faults.unusable(self._request, "has no frames in it: choose another.")
            self._again()
            jump = True

    def close(self) -> None:
        """Let go of the file."""
        self._round.close()

    def _again(self) -> None:
        self._round.close()
        if not self._stop.is_set():
            self._round = _open_once(self._request, self._options, self._stop, self._clock)


class _Timed(NamedTuple):
    data: bytes
    ticks: int
    keyframe: bool


def _timed(packets: Iterator[Demuxed], start: int, step: int) -> Iterator[_Timed]:
    """Packets moved in time so that the first is at `start`; those without a time get one, `step` after the last."""
    shift: int | None = None
    last = start - step
    for packet in packets:
        if packet.ticks is not None and shift is None:
            shift = last + step - packet.ticks
        last = last + step if packet.ticks is None or shift is None else packet.ticks + shift
        yield _Timed(packet.data, last, packet.keyframe)


def _open_once(request: StreamRequest, options: IngestOptions, stop: threading.Event, clock: Clock) -> LibavStream:
    path = Path(request.source.address)
    if path.exists() and not path.is_file():  # a pipe would wait for ever, a device is not for us to read
        raise faults.unusable(request, "is not a file: choose a video file.")
    if not os.access(path, os.R_OK):
        raise faults.missing_file(request)
    settings = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
    return open_libav(str(path), request, options, stop, settings, clock)
