"""Footage for tests, made here: textured figures that walk, each frame with its number drawn in so that it can be read.

Damaged files are made from good ones, always at the same places: a fault must be the same in every run.
"""

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""RGB, height x width x 3."""

STRIP_BITS = 24
STRIP_HEIGHT = 16
H264 = "libx264"
H265 = "libx265"


def picture(number: int, width: int = 320, height: int = 240, figures: int = 3) -> Picture:
    """Frame `number`: a still street, figures that walk through it, and the number as a strip of black and white."""
    frame = _street(width, height)
    for figure in range(figures):
        _draw_figure(frame, figure, number)
    cell = width // STRIP_BITS
    for bit in range(STRIP_BITS):
        frame[:STRIP_HEIGHT, bit * cell : (bit + 1) * cell] = 255 * (number >> bit & 1)
    return frame


def number_of(frame: Picture) -> int:
    """The number that `picture` drew, read back from a decoded frame."""
    cell = frame.shape[1] // STRIP_BITS
    middle = STRIP_HEIGHT // 2
    bits = (int(frame[middle, bit * cell + cell // 2].mean() > 127) for bit in range(STRIP_BITS))
    return sum(value << bit for bit, value in enumerate(bits))


def make(
    path: Path,
    *,
    codec: str = H264,
    frames: int = 50,
    rate: int = 25,
    gop: int = 25,
    bframes: int = 0,
    width: int = 320,
    height: int = 240,
    audio: bool = False,
) -> Path:
    """Write a video file; its kind is that of the name's ending."""
    # An MP4's index comes first: cut short, it still begins well.
    with av.open(str(path), "w", options={"movflags": "faststart"} if path.suffix == ".mp4" else {}) as output:
        video = output.add_stream(codec, rate=rate)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.gop_size = gop
        video.options = dict(_encoder_options(codec, gop, bframes))
        sound = output.add_stream("aac", rate=8000) if audio else None
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number, width, height), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            output.mux(video.encode(frame))
            if sound is not None:
                _add_sound(output, sound, number / rate, (number + 1) / rate)
        output.mux(video.encode())
        if sound is not None:
            output.mux(sound.encode())
    return path


def make_sound(path: Path, seconds: float = 1.0) -> Path:
    """Write a file that has sound and no picture."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=8000)
        _add_sound(output, stream, 0.0, seconds)
        output.mux(stream.encode())
    return path


def truncated(whole: Path, path: Path, size: int) -> Path:
    """The first `size` bytes of a file."""
    path.write_bytes(whole.read_bytes()[:size])
    return path


def scribbled(whole: Path, path: Path, seed: int, share: float = 0.02) -> Path:
    """A file with some of its bytes, always the same for a seed, replaced by others."""
    data = bytearray(whole.read_bytes())
    dice = random.Random(seed)  # noqa: S311 - faults, not secrets
    for _ in range(max(1, round(len(data) * share))):
        data[dice.randrange(len(data))] = dice.randrange(256)
    path.write_bytes(data)
    return path


def noise(path: Path, seed: int, size: int = 20_000) -> Path:
    """Bytes that mean nothing, always the same for a seed."""
    path.write_bytes(random.Random(seed).randbytes(size))  # noqa: S311 - faults, not secrets
    return path


def unknown_codec(whole: Path, path: Path) -> Path:
    """An MP4 whose sample entry names a codec that nobody knows."""
    path.write_bytes(whole.read_bytes().replace(b"avc1", b"zzzz"))
    return path


def _encoder_options(codec: str, gop: int, bframes: int) -> dict[str, str]:
    if codec == H265:
        parameters = f"log-level=none:bframes={bframes}:keyint={gop}:min-keyint={gop}:scenecut=0:repeat-headers=1"
        return {"preset": "ultrafast", "x265-params": parameters}
    if codec == H264:
        return {"preset": "ultrafast", "bf": str(bframes), "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0"}
    return {}


def _street(width: int, height: int) -> Picture:
    across = np.linspace(60, 180, width)[None, :]
    down = np.linspace(0, 50, height)[:, None]
    tiles = 12 * ((np.arange(width)[None, :] // 8 + np.arange(height)[:, None] // 8) % 2)
    grey = across + down + tiles
    return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2)


def _draw_figure(frame: Picture, figure: int, number: int) -> None:
    height, width = frame.shape[:2]
    tall, wide = height // 3, width // 12
    left = (figure * width // 3 + number * (figure + 1) * 2) % (width - wide)
    top = STRIP_HEIGHT + (height - STRIP_HEIGHT - tall) * (figure + 1) // 4
    texture = np.random.default_rng(figure).integers(0, 256, (tall, wide, 3), dtype=np.uint8)
    frame[top : top + tall, left : left + wide] = texture


def _add_sound(output: av.container.OutputContainer, stream: av.AudioStream, begin: float, end: float) -> None:
    """Noise from `begin` to `end`, so that no two packets are the same."""
    samples = 1024
    for number in range(-int(-begin * 8000 // samples), -int(-end * 8000 // samples)):
        noise = np.random.default_rng(number).uniform(-0.3, 0.3, (1, samples)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, number * samples, Fraction(1, 8000)
        output.mux(stream.encode(frame))
