"""The small picture that the view's decisions are taken on, and its grid of cells.

A frame is shrunk by a whole number to at most 400 pixels in width; a cell is 4 x 4 of the small picture's pixels.
All rules of the plate and the cover are about cells; only the drawing is about pixels.
"""

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from watchglass.model.frame import Plane, RawFrame
from watchglass.model.vision import Box

CELL = 4
_WIDEST = 400

Grid = npt.NDArray[np.bool_]

_SQUARES = {by: np.ones((2 * by + 1, 2 * by + 1), np.uint8) for by in (1, 2, 3)}


@dataclasses.dataclass(frozen=True, slots=True)
class Geometry:
    """Sizes of frame, small picture and grid. `step` frame pixels make one pixel of the small picture.

    `small` is (width, height) of the small picture, whole cells: up to three pixels more than the frame shrunk. `grid`
    is (rows, columns) of cells.
    """

    width: int
    height: int
    step: int = dataclasses.field(init=False)
    grid: tuple[int, int] = dataclasses.field(init=False)
    small: tuple[int, int] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        step = max(1, math.ceil(max(self.width, self.height * 4 / 3) / _WIDEST))
        rows, columns = math.ceil(self.height / (step * CELL)), math.ceil(self.width / (step * CELL))
        for name, value in (("step", step), ("grid", (rows, columns)), ("small", (columns * CELL, rows * CELL))):
            object.__setattr__(self, name, value)

    def cells(self, box: Box, grow_x: float = 0.0, grow_y: float = 0.0) -> tuple[slice, slice]:
        """Rows and columns of every cell that `box`, grown by shares of its width and height, touches."""
        rows, columns = self.grid
        scale_x, scale_y = columns / self.width, rows / self.height
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        if grow_x or grow_y:
            across, down = grow_x * (right - left), grow_y * (bottom - top)
            left, top, right, bottom = left - across, top - down, right + across, bottom + down
        return (
            slice(max(0, int(top * scale_y)), min(rows, max(0, -math.floor(-bottom * scale_y)))),
            slice(max(0, int(left * scale_x)), min(columns, max(0, -math.floor(-right * scale_x)))),
        )

    def marked(self, boxes: Iterable[Box], grow_x: float = 0.0, grow_y: float = 0.0) -> Grid:
        """A grid that is true in every cell that one of the boxes touches: `cells` of each, all worked out at once."""
        found = np.zeros(self.grid, np.bool_)
        for top, bottom, left, right in self._spans(boxes, grow_x, grow_y):
            found[top:bottom, left:right] = True
        return found

    def shares(self, cells: Grid, boxes: Sequence[Box]) -> npt.NDArray[np.float64]:
        """Of each box the share of its cells that are among `cells`; 0 for one outside the picture."""
        sums = cv2.integral(cells.view(np.uint8))
        top, bottom, left, right = np.array(self._spans(boxes, 0.0, 0.0), np.intp).reshape(-1, 4).T
        top, left = np.minimum(top, bottom), np.minimum(left, right)
        inside = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        shares: npt.NDArray[np.float64] = inside / np.maximum(1, (bottom - top) * (right - left))
        return shares

    def _spans(self, boxes: Iterable[Box], grow_x: float, grow_y: float) -> list[list[int]]:
        """First row and the one after the last, first column and the one after the last, of each box."""
        rows, columns = self.grid
        across, down = columns / self.width, rows / self.height
        edges = np.array([(box.top, box.bottom, box.left, box.right) for box in boxes], np.float64).reshape(-1, 4)
        if grow_x or grow_y:
            grow = np.array([[-grow_y, grow_y, 0.0, 0.0], [0.0, 0.0, -grow_x, grow_x]])
            edges += (edges[:, 1::2] - edges[:, ::2]) @ grow
        edges *= (down, down, across, across)
        edges[:, 1::2] *= -1
        np.floor(edges, out=edges)
        edges[:, 1::2] *= -1  # rounded up
        np.maximum(edges, 0, out=edges)
        np.minimum(edges, (rows, rows, columns, columns), out=edges)
        return edges.astype(int).tolist()

    def box(self, rows: slice, columns: slice) -> Box:
        """The frame pixels of a rectangle of cells."""
        scale_x, scale_y = self.width / self.grid[1], self.height / self.grid[0]
        return Box(columns.start * scale_x, rows.start * scale_y, columns.stop * scale_x, rows.stop * scale_y)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Small:
    """A frame at analysis size: luma and both chroma planes, uint8, all of `Geometry.small`."""

    y: Plane
    u: Plane
    v: Plane

    def planes(self) -> tuple[Plane, Plane, Plane]:
        return self.y, self.u, self.v


def work_in_one_thread() -> None:
    """Have OpenCV work in the thread that calls it, for all of this process: a camera's small pictures are done before a
    second thread has woken up, and with a camera a thread that costs a tenth of everything.
    """
    cv2.setNumThreads(1)


def shrink(frame: RawFrame, geometry: Geometry) -> Small:
    """The frame at analysis size. Area averaging takes most of the sensor's noise away."""
    size = geometry.small

    def sized(plane: Plane) -> Plane:
        if plane.shape == (size[1], size[0]):
            return plane
        smaller = size[0] < plane.shape[1]
        resized = cv2.resize(plane, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
        return resized.astype(np.uint8, copy=False)

    luma = sized(frame.y)
    if geometry.step == 1:  # nothing was averaged, so take the noise out here
        luma = cv2.blur(luma, (3, 3)).astype(np.uint8, copy=False)
    return Small(luma, sized(frame.u), sized(frame.v))


def differing(one: Small, other: Small, luma: int, chroma: int) -> Plane:
    """Pixels of two small pictures that differ by more than `luma` levels, or `chroma` in either colour plane: 255."""
    worst = _over(one.y, other.y, luma)
    cv2.bitwise_or(worst, _over(one.u, other.u, chroma), worst)
    cv2.bitwise_or(worst, _over(one.v, other.v, chroma), worst)
    return worst


def with_at_least(marked: Plane, pixels: int) -> Grid:
    """Cells of which at least so many of the 16 pixels are `marked` (255)."""
    rows, columns = marked.shape[0] // CELL, marked.shape[1] // CELL
    ones = np.bitwise_and(marked, 1).view(np.uint32).reshape(rows, CELL, columns)  # four pixels of a row are one number
    four = ones[:, 0] + ones[:, 1] + ones[:, 2] + ones[:, 3]
    # Times 0x01010101 the highest byte is the sum of all four.
    found: Grid = (four * np.uint32(0x01010101)) >> np.uint32(24) >= pixels
    return found


def _over(one: Plane, other: Plane, levels: int) -> Plane:
    """255 where two planes are more than `levels` apart, else 0."""
    apart = cv2.absdiff(one, other)
    cv2.threshold(apart, levels, 255, cv2.THRESH_BINARY, apart)
    return apart.astype(np.uint8, copy=False)


def grown(cells: Grid, by: int = 1) -> Grid:
    """The cells and every cell within `by` of them, corners included."""
    larger: Grid = cv2.dilate(cells.view(np.uint8), _SQUARES[by]).view(np.bool_)
    return larger


def pixels(cells: Grid) -> Grid:
    """The grid at the size of the small picture, each cell as 4 x 4 pixels."""
    return mask(cells).view(np.bool_)


Window = tuple[slice, slice]
"""Rows and columns of a picture."""


def window(marked: Plane, margin: int) -> Window:
    """Where anything is marked, and `margin` pixels round it, from even pixels to even pixels: work there is enough.

    Sides are even, as those of the small picture are.
    """
    left, top, across, down = cv2.boundingRect(marked)
    if not across:
        return slice(0, 0), slice(0, 0)
    height, width = marked.shape
    return (
        slice(max(0, top - margin) // 2 * 2, min(height, (top + down + margin + 1) // 2 * 2)),
        slice(max(0, left - margin) // 2 * 2, min(width, (left + across + margin + 1) // 2 * 2)),
    )


def mask(cells: Grid) -> Plane:
    """The same as `pixels`, 1 and 0, for OpenCV."""
    return enlarged(cells.view(np.uint8), (cells.shape[0] * CELL, cells.shape[1] * CELL))


_REPEATED: Final[dict[int, np.unsignedinteger]] = {
    2: np.uint16(0x0101),
    4: np.uint32(0x01010101),
    8: np.uint64(0x0101010101010101),
}


def enlarged(plane: Plane, shape: tuple[int, ...]) -> Plane:
    """A plane at a larger size, (rows, columns), where each of its pixels is a rectangle.

    As cv2.resize does with INTER_NEAREST, in a fifth of the time where the size is a multiple: a number of as many bytes
    as the pixel becomes wide repeats it.
    """
    rows, columns = plane.shape
    down, across = shape[0] // rows, shape[1] // columns
    if (rows * down, columns * across) != shape or across not in _REPEATED:
        size = (shape[1], shape[0])
        return cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST).astype(np.uint8, copy=False)
    ones = _REPEATED[across]
    wide = (plane.astype(ones.dtype) * ones).view(np.uint8)
    repeated = np.empty((rows, down, columns * across), np.uint8)
    repeated[...] = wide[:, None, :]
    return repeated.reshape(shape)
