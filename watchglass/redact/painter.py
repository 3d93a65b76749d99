"""Drawing one stream's frames; where nothing that a frame shows has changed, what was drawn last is shown again.

Most of what cameras see, most of the time, is a scene in which nothing happens. Then neither the outline of the cover nor
a pixel of the view is worked out anew, and the encoder is told that it is the same picture.
"""

import dataclasses

import cv2
import numpy as np

from watchglass.model.frame import Plane, RawFrame
from watchglass.model.vision import ObjectClass
from watchglass.redact.background import Background
from watchglass.redact.cells import Geometry, Grid, Small, grown, pixels
from watchglass.redact.cover import CoverOptions, Labelled, Outline, filled, outlined
from watchglass.redact.shown import Shapes, ShownFrame, Vehicles, again, cover_whole, draw

_APART = 2  # cells round a strange one that may be somebody too: a part of them that looks like the ground behind it
_NEAR_X, _NEAR_Y = 0.15, 0.1  # shares of a tracked box round it from which nothing is taken into the background


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """What is known of a frame's cells when it is drawn: `strange` ones, those in the wind, those of which there is a
    plate; and who is tracked.
    """

    strange: Grid
    restless: Grid
    known: Grid
    boxes: Labelled
    options: CoverOptions

    def same(self, other: "Cells", geometry: Geometry) -> bool:
        """Whether an outline of the one is an outline of the other."""
        return (
            self.options == other.options
            and np.array_equal(self.strange, other.strange)
            and np.array_equal(self.restless, other.restless)
            and np.array_equal(self.known, other.known)
            and (self.boxes == other.boxes or self.places(geometry) == other.places(geometry))
        )

    def places(self, geometry: Geometry) -> list[tuple[object, ...]]:
        """What an outline depends on of each box: of a person all of it, of other things the cells that it lies in."""
        reach = self.options.reach_others
        grown = ((0.0, 0.0), (reach, reach), (_NEAR_X, _NEAR_Y))
        return [
            (label, box)
            if label is ObjectClass.PERSON
            else (label.drawn, *(geometry.cells(box, across, down) for across, down in grown))
            for box, label in self.boxes
        ]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """A frame that was drawn, and from what: the outline, what differed in it, the state of the background."""

    shown: ShownFrame
    outline: Outline
    differs: Plane
    background: int

    def alike(self, differs: Plane, background: int) -> bool:
        """Whether there is nothing new in the frame or behind it; the outline may still be another."""
        return self.background == background and np.array_equal(self.differs, differs)


class Painter:
    """One stream's. Used from one thread. With `vehicles` these are drawn at capped density instead of flat."""

    def __init__(self, geometry: Geometry, *, vehicles: bool) -> None:
        self._geometry = geometry
        self._vehicles = vehicles
        self._background = Background(geometry)
        self._cells: Cells | None = None
        self._outline: Outline | None = None
        self._clean: Grid = np.zeros(geometry.grid, np.bool_)
        self._drawn: _Drawn | None = None
        self._whole: ShownFrame | None = None

    def drop(self, cells: Grid) -> None:
        """The plate knows these cells otherwise now."""
        self._background.drop(cells)

    def forget(self) -> None:
        """What comes is another scene."""
        self._background.forget()

    def cover_whole(self, frame: RawFrame, reason: str) -> ShownFrame:
        """A frame of the same size and time that shows nothing but the reason."""
        last = self._whole
        if last is not None and last.covered == reason and (last.width, last.height) == (frame.width, frame.height):
            return again(last, frame.pts, frame.wall)
        self._whole = cover_whole(frame, reason)
        return self._whole

    def draw(self, frame: RawFrame, time: float, cells: Cells, apart: Plane, plate: Small) -> ShownFrame:
        """The view of the frame of `time`, of which the pixels `apart` (255) differ from the `plate`."""
        outline = self._outlined(cells)
        renewed = self._background.take(frame, self._clean, time)
        self._background.fall_back(plate, cells.known)
        differs = cv2.bitwise_and(apart, outline.region).astype(np.uint8, copy=False)
        last = self._drawn if self._drawn and self._drawn.alike(differs, self._background.version) else None
        if last and last.outline is outline:
            return again(last.shown, frame.pts, frame.wall)
        vehicles = self._seen(frame, outline, cells.boxes)
        shapes = self._with_unknown(filled(outline, differs, self._geometry, cells.options))
        shown = draw(self._background.under(frame), shapes, vehicles, renewed=renewed)
        if last and _same_picture(last.shown, shown):
            shown = again(last.shown, frame.pts, frame.wall)
        # A vehicle is drawn from the frame itself, which is another each time.
        self._drawn = None if vehicles else _Drawn(shown, outline, differs, self._background.version)
        return shown

    def _outlined(self, cells: Cells) -> Outline:
        """The outline, and with it which cells are `clean`; those of the frame before if they hold still."""
        if self._outline is not None and self._cells is not None and cells.same(self._cells, self._geometry):
            return self._outline
        outline = outlined(cells.strange, cells.boxes, self._geometry, cells.restless, cells.options)
        near = self._geometry.marked([box for box, _ in cells.boxes], _NEAR_X, _NEAR_Y)
        strange = cells.strange & ~cells.restless
        beside = grown(strange) | grown(strange & cells.known, _APART)
        clean = ~(cells.strange | beside | near)
        # All at once, and last: if anything failed on the way, these cells must not pass for those that are kept.
        self._cells, self._outline, self._clean = cells, outline, clean
        return outline

    def _seen(self, frame: RawFrame, outline: Outline, boxes: Labelled) -> Vehicles | None:
        if not self._vehicles or not any(label is ObjectClass.VEHICLE for label, _ in outline.parts):
            return None
        return Vehicles(frame, [box for box, label in boxes if label.drawn is ObjectClass.VEHICLE])

    def _with_unknown(self, shapes: Shapes) -> Shapes:
        """Places that could not be taken up yet are covered too."""
        missing = ~self._background.held
        return [(ObjectClass.UNKNOWN, pixels(missing)), *shapes] if missing.any() else shapes


def _same_picture(one: ShownFrame, other: ShownFrame) -> bool:
    """Whether they came out the same to the pixel: somebody is tracked elsewhere, but nothing differs there."""
    return all(np.array_equal(*pair) for pair in ((one.y, other.y), (one.u, other.u), (one.v, other.v)))
