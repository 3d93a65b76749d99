"""Labelled footage as arrays: frames of a video, and who is where on them."""

import collections
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""Y, U and V at full size: (3, height, width)."""

Grid = npt.NDArray[np.bool_]
Frames = Callable[[], Iterator[Picture]]
"""Gives all frames of a video from the first, as often as it is called."""

Place = tuple[slice, slice]
"""Rows and columns of a picture."""


@dataclasses.dataclass(frozen=True, slots=True)
class Label:
    """Where somebody is on a frame, in pixels of the original."""

    track: int
    left: float
    top: float
    width: float
    height: float


Labels = Mapping[int, Sequence[Label]]
"""By number of frame, from 1."""


def frames(path: Path, size: tuple[int, int] | None = None) -> Iterator[Picture]:
    """Frames of a file, resized to (width, height) if given."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield picture(frame, size)


def picture(frame: av.VideoFrame, size: tuple[int, int] | None = None) -> Picture:
    """A decoded frame, resized to (width, height) if given."""
    width, height = size or (frame.width, frame.height)
    if frame.format.name != "yuv420p":
        frame = frame.reformat(width, height, "yuv420p")
    elif (width, height) != (frame.width, frame.height):
        frame = frame.reformat(width, height)
    found = np.empty((3, height, width), np.uint8)
    for into, plane in zip(found, frame.planes, strict=True):
        levels = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        if levels.shape == into.shape:
            into[:] = levels
        else:  # four times as fast as libswscale makes the chroma planes larger
            cv2.resize(levels, (width, height), dst=into)
    return found


def labels(path: Path) -> Labels:
    """Labels of a file in MOTChallenge form."""
    found: dict[int, list[Label]] = collections.defaultdict(list)
    for line in path.read_text(encoding="ascii").splitlines():
        value = line.strip().split(",")
        if len(value) >= 6:
            left, top, width, height = map(float, value[2:6])
            found[int(float(value[0]))].append(Label(int(float(value[1])), left, top, width, height))
    return found


def variance(plane: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Variance over the 5 x 5 neighbourhood of each pixel, in squared levels."""
    sums = cv2.boxFilter(plane, cv2.CV_32F, (5, 5), normalize=False, borderType=cv2.BORDER_REPLICATE)
    squares = cv2.sqrBoxFilter(plane, cv2.CV_32F, (5, 5), normalize=False, borderType=cv2.BORDER_REPLICATE)
    found = cv2.addWeighted(squares, 1 / 25, cv2.multiply(sums, sums, scale=1 / 625), -1, 0)
    return found.astype(np.float32, copy=False)


def place(label: Label, shape: tuple[int, ...], *, rows: tuple[float, float], columns: tuple[float, float]) -> Place:
    """A part of a label, given as shares of its height and width, as far as the picture of `shape` goes."""
    height, width = shape[-2:]
    return (
        _span(label.top + rows[0] * label.height, label.top + rows[1] * label.height, height),
        _span(label.left + columns[0] * label.width, label.left + columns[1] * label.width, width),
    )


def head(label: Label, shape: tuple[int, ...]) -> Place:
    """4 % to 20 % of its height, the middle 40 % of its width."""
    return place(label, shape, rows=(0.04, 0.20), columns=(0.3, 0.7))


def body(label: Label, shape: tuple[int, ...]) -> Place:
    """4 % to 90 % of its height, the middle 40 % of its width."""
    return place(label, shape, rows=(0.04, 0.90), columns=(0.3, 0.7))


def whole(label: Label, shape: tuple[int, ...]) -> Place:
    """All of it."""
    return place(label, shape, rows=(0, 1), columns=(0, 1))


def inside(boxes: Sequence[Label], shape: tuple[int, ...]) -> Grid:
    """Where somebody is labelled."""
    found = np.zeros(shape[-2:], np.bool_)
    for label in boxes:
        found[whole(label, shape)] = True
    return found


def _span(low: float, high: float, limit: int) -> slice:
    return slice(min(limit, max(0, int(low))), min(limit, max(0, int(high))))
