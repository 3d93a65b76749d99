"""Somebody who can be found again: a figure in a colour that no street and no cover has, and in a pattern like no other.

Whatever comes out of the system is searched for both: the colour in pictures of any size, the pattern in pictures and,
row by row, in bytes of any kind, so that a frame that was written as it lay in memory is found as well.
"""

import functools
import io
import zipfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]
Picture = npt.NDArray[np.uint8]
"""Y, U and V at full size: (3, height, width)."""

WIDTH, HEIGHT, RATE = 320, 240, 10
_WIDE, _TALL, _BLOCK = 48, 96, 4
_LOUD = 195  # level of V: a person's cover has 182
_LEAST = 12  # pixels: an encoder's ringing is less
_ALIKE = 0.8
_ALIKE_ROW = 0.95


@functools.cache
def pattern() -> Plane:
    """The figure's luma."""
    blocks = np.random.default_rng(2026).uniform(45, 165, (_TALL // _BLOCK, _WIDE // _BLOCK))
    return np.kron(blocks, np.ones((_BLOCK, _BLOCK))).astype(np.uint8)


@functools.cache
def _street() -> Picture:
    dice = np.random.default_rng(4)
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH]
    y = 80 + across * 0.2 + down * 0.1 + np.kron(dice.integers(-10, 11, (HEIGHT // 8, WIDTH // 8)), np.ones((8, 8)))
    return np.stack([y, np.full_like(y, 124.0), np.full_like(y, 131.0)]).astype(np.uint8)


def picture(number: int) -> Picture:
    """Frame `number`: a still street through which one of them walks; nobody is there a third of the time."""
    made = _street().copy()
    left = number * 4 % (WIDTH + 3 * _WIDE) - _WIDE
    if left >= WIDTH:
        return made
    columns = slice(max(0, left), max(0, min(WIDTH, left + _WIDE)))
    made[0, 90 : 90 + _TALL, columns] = pattern()[:, columns.start - left : columns.stop - left]
    made[1, 90 : 90 + _TALL, columns] = 100
    made[2, 90 : 90 + _TALL, columns] = 225
    return made


def film(path: Path, seconds: int = 20, change: Callable[[int, Picture], Picture] = lambda _, made: made) -> Path:
    """A video of them; `change` makes of a frame's number and picture what the camera sees."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "g": str(RATE), "crf": "16"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(seconds * RATE):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(change(number, picture(number))), "yuv444p")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def loud_frames(path: Path) -> tuple[int, int]:
    """Of a video: how many frames show the figure's colour, and how many frames there are."""
    loud = count = 0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            planes = frame.reformat(format="yuv420p").to_ndarray()
            v = planes[frame.height :].reshape(2, -1)[1]
            loud += int((v > _LOUD).sum()) >= _LEAST // 2
            count += 1
    return loud, count


def is_in_picture(shown: Picture) -> bool:
    """Whether anything of the figure can be seen."""
    return int((shown[2] > _LOUD).sum()) >= _LEAST or _has_pattern(shown[0])


def _has_pattern(y: Plane) -> bool:
    scale = y.shape[1] / WIDTH
    size = (max(6, round(_WIDE * scale)), max(12, round(_TALL * scale)))
    if size[0] > y.shape[1] or size[1] > y.shape[0]:
        return False
    wanted = cv2.resize(pattern(), size, interpolation=cv2.INTER_AREA)
    return float(np.nan_to_num(cv2.matchTemplate(y, wanted, cv2.TM_CCOEFF_NORMED)).max()) > _ALIKE


def is_in_bytes(data: bytes) -> bool:
    """Whether rows of the figure lie in there as they would in a frame that was written out."""
    if len(data) < _WIDE:
        return False
    line = np.frombuffer(data, np.uint8).reshape(1, -1)
    rows = pattern()[_BLOCK // 2 :: 5 * _BLOCK][:4]
    return any(_has_row(line, row[None]) for row in rows)


def _has_row(line: Plane, row: Plane, piece: int = 1 << 22) -> bool:
    for start in range(0, line.shape[1], piece):
        part = line[:, start : start + piece + row.shape[1]]
        if part.shape[1] >= row.shape[1]:
            alike = np.nan_to_num(cv2.matchTemplate(part, row, cv2.TM_CCOEFF_NORMED), posinf=0.0, neginf=0.0)
            # A flat stretch of bytes has no variance, and what comes out there means nothing.
            spread = cv2.matchTemplate(part, np.ones_like(row), cv2.TM_SQDIFF)
            if bool(((alike > _ALIKE_ROW) & (alike <= 1.001) & (spread > 1000)).any()):
                return True
    return False


_LEAST = 100
"""Bytes of the smallest picture of anything. A key's 32 may begin as an old format does that FFmpeg draws an empty page for."""


def pictures_in(data: bytes) -> Iterator[Picture]:
    """Every picture that can be decoded from bytes, whatever they are: a video, a PNG, arrays of NumPy."""
    if len(data) < _LEAST:
        return
    if zipfile.is_zipfile(io.BytesIO(data)):
        yield from _arrays(data)
        return
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if not container.streams.video:
                return
            for frame in container.decode(video=0):
                yield frame.reformat(format="yuv444p").to_ndarray().astype(np.uint8, copy=False)
    except (av.error.FFmpegError, OSError, ValueError):
        return


def _arrays(data: bytes) -> Iterator[Picture]:
    """Planes of a kept plate: each as a grey picture, and three of one size as one in colour."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = [file[name] for name in file.files]
    flat = [array.reshape(-1, *array.shape[-2:]) for array in arrays if array.ndim >= 2 and array.dtype != np.bool_]
    planes = [np.clip(plane, 0, 255).astype(np.uint8) for array in flat for plane in array]
    for plane in planes:
        yield np.stack([plane, np.full_like(plane, 128), plane])
