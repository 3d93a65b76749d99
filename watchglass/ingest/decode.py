"""From packets to raw frames: YUV 4:2:0 in limited range, even sides, no wider than asked for."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange

from watchglass.base.clock import WallUs
from watchglass.base.errors import BadInputError
from watchglass.model.frame import RawFrame
from watchglass.model.media import Packet, StreamInfo, Ticks

_WAITING = 64  # packets whose frame may still be inside the decoder; more are forgotten, oldest first
_LEAST_SIDE = 16


@dataclasses.dataclass(frozen=True, slots=True)
class DecodeOptions:
    """`widest` pixels: what is wider is scaled down. `threads` of the decoder: 1 delays no frame."""

    widest: int = 1280
    threads: int = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Decoded:
    """A frame, and whether the decoder had to make up a part of it: such a frame is never shown (rule R5)."""

    frame: RawFrame
    damaged: bool


class Decoder:
    """Decodes one run of one stream. Used from one thread."""

    def __init__(self, info: StreamInfo, options: DecodeOptions | None = None) -> None:
        self._options = options or DecodeOptions()
        try:
            context = av.CodecContext.create(info.codec, "r")
        except (av.error.FFmpegError, ValueError) as error:
            raise BadInputError(f"This program cannot decode {info.codec!r}.") from error
        if not isinstance(context, VideoCodecContext):
            raise BadInputError(f"{info.codec!r} is not a video codec.")
        context.extradata = info.extradata or None
        context.width, context.height = info.width, info.height
        context.thread_count = self._options.threads
        self._context = context
        self._walls: dict[int, WallUs] = {}
        self._damaged = False
        self._jump = False

    def decode(self, packet: Packet) -> Iterator[Decoded]:
        """The frames that this packet completes, in order of time."""
        if packet.jump:
            self._context.flush_buffers()
            self._walls.clear()
            self._jump, self._damaged = True, not packet.keyframe  # without one there is nothing to build on
        if not packet.data:  # libav would take it for the end
            return
        coded = _padded(packet.data)
        coded.pts = coded.dts = packet.pts
        coded.is_keyframe = packet.keyframe
        self._walls[packet.pts] = packet.wall
        while len(self._walls) > _WAITING:
            del self._walls[next(iter(self._walls))]
        yield from self._decode(coded)

    def finish(self) -> Iterator[Decoded]:
        """The frames that are still inside the decoder when the run has ended."""
        yield from self._decode(None)

    def _decode(self, coded: "av.Packet[Any] | None") -> Iterator[Decoded]:
        try:
            frames = self._context.decode(coded)
        except (av.error.FFmpegError, EOFError):
            self._damaged = True  # what comes next may be built on what is missing
            return
        for frame in frames:
            yield self._raw(frame)

    def _raw(self, frame: av.VideoFrame) -> Decoded:
        # A keyframe stands for itself: whatever was wrong before it is over.
        damaged = bool(frame.is_corrupt) or (self._damaged and not frame.key_frame)
        self._damaged = damaged
        pts = frame.pts if frame.pts is not None else max(self._walls, default=0)
        wall = self._walls.pop(pts, None)
        if wall is None:
            wall = WallUs(max(self._walls.values(), default=WallUs(0)))
        y, u, v = planes(frame, self._options.widest)
        jump, self._jump = self._jump, False
        return Decoded(RawFrame(y, u, v, Ticks(pts), wall, jump), damaged)


def _padded(data: bytes) -> "av.Packet[Any]":
    """A packet with zeros after its end: decoders read beyond it. `av.Packet(data)` has what lies there in memory."""
    coded: av.Packet[Any] = av.Packet(len(data))
    coded.update(data)
    return coded


def planes(frame: av.VideoFrame, widest: int) -> tuple[npt.NDArray[np.uint8], ...]:
    """Y, U and V of a frame as arrays, without a copy where the decoder's own form will do."""
    width, height = view_size(frame.width, frame.height, widest)
    plain = frame.format.name == "yuv420p" and frame.color_range != ColorRange.JPEG
    if (width, height) != (frame.width, frame.height) or not plain:
        frame = frame.reformat(width, height, "yuv420p", dst_color_range=ColorRange.MPEG)
    found = []
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        found.append(rows[: plane.height, : plane.width])
    return tuple(found)


def view_size(width: int, height: int, widest: int) -> tuple[int, int]:
    """The size of a view: even sides, at most `widest` pixels across, the shape kept."""
    scale = min(1.0, widest / width)
    return tuple(max(_LEAST_SIDE, round(side * scale) // 2 * 2) for side in (width, height))  # type: ignore[return-value]
