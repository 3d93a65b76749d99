"""Ways that each cell has looked: what the plate is learnt from."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from watchglass.redact.cells import Geometry, Grid, Small, mask

Levels = list[npt.NDArray[np.float32]]
"""Y, U and V at analysis size."""

_FOLLOWS = 0.15  # weight of a new sample


def levels(geometry: Geometry) -> Levels:
    """Black, of analysis size."""
    width, height = geometry.small
    return [np.zeros((height, width), np.float32) for _ in range(3)]


def rounded(level: Levels) -> Small:
    """As bytes, to compare a frame with."""
    return Small(*(cv2.convertScaleAbs(plane).astype(np.uint8, copy=False) for plane in level))


def put(target: Levels, source: Levels, cells: Grid) -> None:
    """Copy what `source` has in these cells."""
    where = mask(cells)
    for mine, theirs in zip(target, source, strict=True):
        cv2.copyTo(theirs, where, mine)


class Candidate:
    """One way that each cell has looked, and `gained`: for how many seconds, by cell."""

    def __init__(self, geometry: Geometry) -> None:
        self.level = levels(geometry)
        self.picture = rounded(self.level)
        self.gained: npt.NDArray[np.float64] = np.zeros(geometry.grid)

    def take(self, small: Small, cells: Grid) -> None:
        """Begin anew in `cells` with how they look now."""
        if not cells.any():
            return
        where = mask(cells)
        for level, picture, plane in zip(self.level, self.picture.planes(), small.planes(), strict=True):
            cv2.copyTo(plane, where, picture)
            cv2.copyTo(plane.astype(np.float32), where, level)
        self.gained[cells] = 0.0

    def follow(self, small: Small, cells: Grid) -> None:
        """Take out noise where it looks like this."""
        if not cells.any():
            return
        where = mask(cells)
        for level, plane in zip(self.level, small.planes(), strict=True):
            cv2.accumulateWeighted(plane, level, _FOLLOWS, where)
        self.picture = rounded(self.level)

    def swap(self, other: "Candidate", cells: Grid) -> None:
        """Exchange the two in these cells."""
        where = mask(cells)
        for mine, theirs in zip(self.planes(), other.planes(), strict=True):
            kept = mine.copy()
            cv2.copyTo(theirs, where, mine)
            cv2.copyTo(kept, where, theirs)
        self.gained[cells], other.gained[cells] = other.gained[cells], self.gained[cells]

    def planes(self) -> list[npt.NDArray[Any]]:
        """All that a cell looks like in this way: levels, and the same as bytes."""
        return [*self.level, *self.picture.planes()]
