"""Video files of many kinds, made while the test runs: a still street, somebody who walks through it, any pixel format."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange

Rgb = npt.NDArray[np.uint8]

GREY = 110
"""Level of the street, so that a wrong range or matrix shows."""


def street(number: int, width: int, height: int) -> Rgb:
    """Frame `number`: a grey street with a bright wall on its left, and a chequered figure that walks to the right."""
    picture = np.full((height, width, 3), GREY, np.uint8)
    picture[:, : width // 4] = 220
    picture[: height // 4, width // 4 :] = (200, 60, 40)
    tall, wide = height // 3, max(6, width // 12)
    left = width // 3 + number * 3 % max(1, width // 2 - wide)
    checks = np.indices((tall, wide)).sum(axis=0) // 4 % 2
    picture[height // 2 : height // 2 + tall, left : left + wide] = np.where(checks[:, :, None] == 0, 250, 5)
    return picture


def make(
    path: Path,
    *,
    codec: str = "libx264",
    frames: int = 10,
    rate: Fraction | int = 10,
    width: int = 160,
    height: int = 120,
    pixels: str = "yuv420p",
    times: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
    full_range: bool = False,
    aspect: Fraction | None = None,
) -> Path:
    """Write a clip; `times` are the frames' times in thousandths of a second instead of an even rate."""
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        time_base = Fraction(1, 1000) if times else 1 / Fraction(rate)
        stream.time_base = stream.codec_context.time_base = time_base
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if full_range:
            stream.codec_context.color_range = ColorRange.JPEG
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(street(number, width, height), "rgb24")
            wanted = ColorRange.JPEG if full_range else ColorRange.MPEG
            frame = frame.reformat(format=pixels, dst_color_range=wanted)
            frame.pts = times[number] if times else number
            frame.time_base = time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def turned(whole: Path, path: Path, degrees: int) -> Path:
    """An MP4 whose picture is to be shown turned (ISO 14496-12, 8.3.2: the matrix of tkhd), clockwise by `degrees`."""
    data = bytearray(whole.read_bytes())
    one = 1 << 16
    a, b, c, d = {90: (0, one, -one, 0), 180: (-one, 0, 0, -one), 270: (0, -one, one, 0)}[degrees]
    place = data.index(b"tkhd") + 4
    version = data[place]
    matrix = place + (52 if version else 40)
    assert struct.unpack_from(">9i", data, matrix) == (one, 0, 0, 0, one, 0, 0, 0, 1 << 30)
    struct.pack_into(">9i", data, matrix, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def without_frames(path: Path) -> Path:
    """An MP4 with a video lane in which there is not one frame."""
    whole = make(path.with_name("whole-" + path.name), frames=1, options={"preset": "ultrafast"})
    data = bytearray(whole.read_bytes())
    whole.unlink()
    for table, count_at in ((b"stsz", 12), (b"stts", 8), (b"stsc", 8), (b"stco", 8)):
        place = data.index(table) + 4 - 4
        struct.pack_into(">I", data, place + count_at, 0)
    path.write_bytes(data)
    return path
