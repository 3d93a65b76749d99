"""The scene as it is shown where nothing is covered: the camera's own pixels, renewed once a second.

A cell is taken from a frame only when it matches the plate, nothing has changed within two cells of it and no cover
touches it; until the next time it is shown as it was taken. Shapes move at the camera's full rate over it. So what
stays hidden from the plate for a moment (somebody whose clothes are the colour of the road, a hand between two cells)
is not shown either, noise is not encoded ten times a second, and a still scene costs next to nothing.
"""

from collections.abc import Iterable

import cv2
import numpy as np

from watchglass.model.frame import Plane, RawFrame
from watchglass.redact.cells import Geometry, Grid, Small, enlarged

RENEW = 1.0
"""Seconds of media time between two looks at the whole scene."""

_EARLY = 0.06  # seconds: frames come a little sooner or later, and the tenth is not to become the eleventh


class Background:
    """One stream's scene at full size. Used from one thread."""

    def __init__(self, geometry: Geometry) -> None:
        half = (geometry.height // 2, geometry.width // 2)
        self._planes = tuple(np.zeros(size, np.uint8) for size in ((geometry.height, geometry.width), half, half))
        self.held: Grid = np.zeros(geometry.grid, np.bool_)
        self._sharp: Grid = np.zeros(geometry.grid, np.bool_)
        self._renewed = float("-inf")
        self.version = 0  # another one as soon as any pixel, or what is held, may have changed

    def forget(self) -> None:
        """What comes is another scene."""
        self.held[:] = self._sharp[:] = False
        self.version += 1
        self._renewed = float("-inf")

    def drop(self, cells: Grid) -> None:
        """The plate knows these cells otherwise now: what was held of them is not the scene any more."""
        if not cells.any():
            return
        self.version += 1
        self.held &= ~cells
        self._sharp &= ~cells

    def take(self, frame: RawFrame, clean: Grid, time: float) -> bool:
        """Take in the `clean` cells of the frame of `time`: all of them once a second, else what is still missing.

        Whether it was all of them.
        """
        renew = time - self._renewed >= RENEW - _EARLY
        if renew:
            self._renewed = time
            wanted = clean
        else:
            wanted = clean & ~self._sharp
        if wanted.any():
            self._put((frame.y, frame.u, frame.v), wanted)
            self.held |= wanted
            self._sharp |= wanted
        return renew

    def fall_back(self, plate: Small, known: Grid) -> None:
        """Until a cell could be taken from a frame, it is shown as the plate knows it: right, but not sharp."""
        wanted = known & ~self.held
        if wanted.any():
            self._put(plate.planes(), wanted)
            self.held |= wanted

    def under(self, frame: RawFrame) -> RawFrame:
        """The scene with the time of `frame`. Cells that are not `held` are of no use in it: they must be covered."""
        y, u, v = self._planes
        return RawFrame(y, u, v, frame.pts, frame.wall)

    def _put(self, planes: Iterable[Plane], cells: Grid) -> None:
        self.version += 1
        for mine, plane in zip(self._planes, planes, strict=True):
            # Not interpolated: a neighbour that is not known yet is black.
            sized = plane if plane.shape == mine.shape else enlarged(plane, mine.shape)
            cv2.copyTo(sized, enlarged(cells.view(np.uint8), mine.shape), mine)
