"""A whole video file, decoded from its start as often as asked: for work on files, not for watching."""

import dataclasses
import errno
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import BadInputError, MissingInputError
from watchglass.ingest.decode import Decoded, planes
from watchglass.ingest.file import CONTAINERS
from watchglass.model.frame import Plane, RawFrame
from watchglass.model.media import TICKS_PER_SECOND, Ticks

_USUAL_RATE = Fraction(10)
_FASTEST = 240
_WIDEST = 16384
_OPTIONS = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}  # a playlist would name other files


@dataclasses.dataclass(frozen=True, slots=True)
class _Shape:
    """As the picture is to be shown. `stored` is its size before it is turned, by `quarters` against the clock."""

    width: int
    height: int
    rate: Fraction
    frames: int
    aspect: Fraction
    stored: tuple[int, int]
    quarters: int


class VideoFile:
    """One file's first video lane, turned as its file says. Sides are even: an odd last row or column is scaled in.

    MissingInputError if it is not there, BadInputError if it holds no video that can be decoded.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as container:
            self._shape = self._look(container)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open between two passes."""

    @property
    def width(self) -> int:
        return self._shape.width

    @property
    def height(self) -> int:
        return self._shape.height

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        return self._shape.rate

    @property
    def aspect(self) -> Fraction:
        """Width of a pixel by its height: 1, but for film of discs and old television."""
        return self._shape.aspect

    @property
    def frames_estimate(self) -> int:
        """Frames as the container counts them; 0 where it does not."""
        return self._shape.frames

    def decode(self) -> Iterator[Decoded]:
        """Every frame from the first, of one size; times are those of an even rate. What cannot be decoded is skipped.

        BadInputError if not one frame can be.
        """
        number = 0
        broken = False  # frames may be built on what is missing, until a keyframe
        with self._open() as container:
            stream = self._video(container)
            stream.thread_type = "AUTO"
            for frame in self._frames(container, stream):
                if frame is None:
                    broken = True
                    continue
                broken = bool(frame.is_corrupt) or (broken and not frame.key_frame)
                yield self._decoded(frame, number, damaged=broken)
                number += 1
        if number == 0:
            raise BadInputError(
                f"{self._path} holds no picture that can be decoded (damaged, or not a video): choose another."
            )

    def _frames(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame | None]:
        """Every frame, and None where a packet could not be decoded."""
        for packet in _packets(container, stream):
            try:
                frames = stream.decode(packet)
            except av.error.FFmpegError:
                yield None
                continue
            yield from frames

    def _decoded(self, frame: VideoFrame, number: int, *, damaged: bool) -> Decoded:
        if (frame.width, frame.height) != self._shape.stored:
            frame = frame.reformat(*self._shape.stored)
        y, u, v = (_turned(plane, self._shape.quarters) for plane in planes(frame, _WIDEST))
        seconds = number / self.rate
        pts, wall = Ticks(round(seconds * TICKS_PER_SECOND)), WallUs(round(seconds * MICROSECONDS))
        return Decoded(RawFrame(y, u, v, pts, wall), damaged)

    def _open(self) -> InputContainer:
        if self._path.exists() and not self._path.is_file() and not self._path.is_dir():
            raise MissingInputError(f"{self._path} is not a file.")  # a pipe would wait for ever
        try:
            container = av.open(f"file:{self._path}", options=_OPTIONS, metadata_errors="replace")
        except FileNotFoundError as error:
            raise MissingInputError(f"{self._path} does not exist.") from error
        except IsADirectoryError as error:
            raise MissingInputError(f"{self._path} is a folder, not a video file.") from error
        except PermissionError as error:
            raise MissingInputError(f"{self._path} may not be read by this user.") from error
        except (av.error.FFmpegError, OSError) as error:
            if getattr(error, "errno", None) == errno.EISDIR or self._path.is_dir():
                raise MissingInputError(f"{self._path} is a folder, not a video file.") from error
            raise BadInputError(
                f"{self._path} is not a video that can be read (damaged, cut short or of another kind): choose another."
            ) from error
        return container

    def _video(self, container: InputContainer) -> VideoStream:
        if not container.streams.video:
            raise BadInputError(f"{self._path} holds no video: choose another.")
        return container.streams.video[0]

    def _look(self, container: InputContainer) -> _Shape:
        stream = self._video(container)
        if stream.codec_context is None:
            raise BadInputError(
                f"The video in {self._path} is of a codec that this program does not know: convert it to H.264."
            )
        width, height = stream.codec_context.width // 2 * 2, stream.codec_context.height // 2 * 2
        if width < 16 or height < 16:
            raise BadInputError(f"The video in {self._path} is {width} x {height} pixels, too small to be one.")
        aspect = stream.sample_aspect_ratio or Fraction(1)
        if not Fraction(1, 8) <= aspect <= 8:
            aspect = Fraction(1)
        rate = stream.average_rate or stream.guessed_rate or _USUAL_RATE
        if not 0 < rate <= _FASTEST:
            rate = _USUAL_RATE
        frames = stream.frames
        if not frames and container.duration:
            frames = round(container.duration / av.time_base * rate)
        quarters = self._quarters(container, stream)
        shown = (height, width) if quarters % 2 else (width, height)
        aspect = 1 / aspect if quarters % 2 else aspect
        return _Shape(*shown, Fraction(rate), frames, aspect, (width, height), quarters)

    def _quarters(self, container: InputContainer, stream: VideoStream) -> int:
        """By how many quarters, against the clock, the picture is to be turned: only frames tell."""
        first = next((frame for frame in self._frames(container, stream) if frame is not None), None)
        return round(first.rotation / 90) % 4 if first is not None else 0


def _turned(plane: Plane, quarters: int) -> Plane:
    return np.ascontiguousarray(np.rot90(plane, quarters)) if quarters else plane


def _packets(container: InputContainer, stream: VideoStream) -> "Iterator[Packet[VideoStream] | None]":
    """Every packet, then None for the frames that the decoder still holds."""
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    except av.error.FFmpegError:  # the file ends in the middle: what came before it counts
        pass
    yield None
