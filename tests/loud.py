"""Somebody in colours that nobody else has, who can be found in whatever comes out of the system."""

from pathlib import Path

import av
import numpy as np

from tests import footage
from tests.footage import Picture

WIDTH, HEIGHT, RATE, SECONDS = 320, 240, 10, 20


def picture(number: int) -> Picture:
    """A grey street, and somebody in loud red and blue who walks through it: colours that no cover has."""
    frame = footage.picture(number, WIDTH, HEIGHT, figures=0)
    frame[: footage.STRIP_HEIGHT] = 90
    left = 10 + number * 4 % (WIDTH - 50)
    checks = np.indices((96, 32)).sum(axis=0) // 8 % 2
    frame[100:196, left : left + 32] = np.where(checks[:, :, None] == 0, (230, 10, 10), (10, 10, 230))
    return frame


def loud(path: Path) -> list[int]:
    """For each frame of a file, how many pixels have a colour that only the figure has."""
    found = []
    with av.open(str(path), "r") as container:
        for frame in container.decode(video=0):
            planes = frame.reformat(format="yuv420p").to_ndarray()[HEIGHT:].reshape(2, -1)
            found.append(int((planes > 195).sum()))
    return found


def film(path: Path) -> Path:
    """Write the film of that street to `path`."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "g": str(RATE)})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(SECONDS * RATE):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), "rgb24")))
        output.mux(stream.encode())
    return path
