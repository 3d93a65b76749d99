"""A view as a file: one MP4 that plays everywhere, there whole or not at all."""

import contextlib
import errno
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import av.error
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from watchglass.base.errors import CannotWriteError, DiskFullError, WatchglassError
from watchglass.redact.avframe import video_frame
from watchglass.redact.shown import ShownFrame
from watchglass.store import nal

_SEI = 6  # NAL unit type, H.264 table 7-1
_START_CODE = b"\x00\x00\x00\x01"
# Colour is kept finer than x264's own choice: a fill is one colour and must stay it, whatever was shown there before.
_OPTIONS = {"preset": "veryfast", "crf": "20", "x264-params": "chroma-qp-offset=-6"}


class ViewFile:
    """Writes shown frames to `partial`, which becomes `target` when all went well and is removed when not.

    `aspect` is the width of a pixel by its height.
    """

    def __init__(
        self, partial: Path, target: Path, width: int, height: int, rate: Fraction, aspect: Fraction = Fraction(1)
    ) -> None:
        self._partial, self._target, self._rate = partial, target, rate
        self._count = 0
        try:
            self._container: OutputContainer = av.open(
                str(partial), "w", format="mp4", options={"movflags": "faststart"}
            )
        except (OSError, av.error.FFmpegError) as error:
            raise self._error(error) from error
        self._stream: VideoStream = self._container.add_stream("libx264", rate=rate, options=dict(_OPTIONS))
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.time_base = 1 / rate
        if aspect != 1:
            self._stream.codec_context.sample_aspect_ratio = aspect

    def write(self, shown: ShownFrame) -> None:
        """Append a frame. DiskFullError or CannotWriteError naming the target."""
        frame = video_frame(shown)
        frame.pts, frame.time_base = self._count, 1 / self._rate
        self._count += 1
        try:
            self._put(frame)
        except (OSError, av.error.FFmpegError) as error:
            raise self._error(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            self._put(None)
            self._container.close()
            self._partial.replace(self._target)
        except (OSError, av.error.FFmpegError) as failed:
            self._discard()
            raise self._error(failed) from failed

    def _put(self, frame: VideoFrame | None) -> None:
        """Encode and write; None for what the encoder still holds. x264's words on itself, an SEI, stay out (R7)."""
        for packet in self._stream.encode(frame):
            units = [unit for unit in nal.split_annexb(bytes(packet)) if nal.kind(unit) != _SEI]
            clean = cast("Packet[VideoStream]", Packet(b"".join(_START_CODE + unit for unit in units)))
            clean.pts, clean.dts, clean.duration = packet.pts, packet.dts, packet.duration
            clean.time_base, clean.is_keyframe, clean.stream = packet.time_base, packet.is_keyframe, self._stream
            self._container.mux_one(clean)

    def _discard(self) -> None:
        with contextlib.suppress(OSError, av.error.FFmpegError):  # it is thrown away whatever it says
            self._container.close()
        self._partial.unlink(missing_ok=True)

    def _error(self, error: Exception) -> WatchglassError:
        number = getattr(error, "errno", None)
        if number in {errno.ENOSPC, errno.EDQUOT}:
            return DiskFullError(f"There is no space left for {self._target}. Free some, or name another place.")
        return CannotWriteError(
            f"{self._target} cannot be written: {getattr(error, 'strerror', None) or 'the muxer refused'}. "
            "Name another place."
        )
