"""The cover of one frame: which pixels are filled, in which class's colour (rules R1 to R3).

A cover is the union of upright capsules round the tracked boxes and of every cell that differs from the plate, its edge
smoothed outwards. Cells that hang together take the colour of the most protected class that touches them.
"""

import dataclasses

import cv2
import numpy as np

from watchglass.model.vision import Box, ObjectClass
from watchglass.redact.cells import CELL, Geometry, Grid, grown
from watchglass.redact.shown import Shapes

_ORDER = (ObjectClass.UNKNOWN, ObjectClass.THING, ObjectClass.VEHICLE, ObjectClass.ANIMAL, ObjectClass.PERSON)
_CAPSULED = frozenset({ObjectClass.PERSON})

Labelled = list[tuple[Box, ObjectClass]]


@dataclasses.dataclass(frozen=True, slots=True)
class CoverOptions:
    """Margins of the capsule as shares of a person's box, `speck` in cells.

    `grow_people` and `grow_others` say how many cells (up to 1) beyond a strange cell its cover ends. All are measured
    in docs/design/redaction.md.
    """

    margin_x: float = 0.08
    margin_top: float = 0.08
    margin_bottom: float = 0.02
    reach_x: float = 0.35
    reach_y: float = 0.12
    speck: int = 2
    grow_people: float = 0.65
    grow_others: float = 0.38


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """`shapes` are masks at the small picture's size, most protected class last.

    `specks` are cells that differ from the plate and are shown as the scene was before: noise, and things in the wind.
    """

    shapes: Shapes
    specks: Grid


def cover(strange: Grid, boxes: Labelled, geometry: Geometry, restless: Grid, options: CoverOptions) -> Cover:
    """The cover of a frame whose cells `strange` differ from the plate and in which `boxes` are tracked.

    `restless` cells do so all the time: they are drawn only where somebody is near.
    """
    people = [box for box, label in boxes if label in _CAPSULED]
    touched = geometry.marked(people, 0.1, 0.05)
    cells, specks = _without_specks(strange, touched, restless, options.speck)
    region = grown(cells) | touched
    near = geometry.marked(people, options.reach_x, options.reach_y)
    capsules = _capsules(people, geometry, options)
    shapes: Shapes = []
    for label, part in _by_class(region, boxes, geometry, near):
        if label is ObjectClass.PERSON:
            shapes.append((label, _smoothed(cells & part, options.grow_people) | capsules))
        else:
            shapes.append((label, _smoothed(cells & part, options.grow_others)))
    return Cover(shapes, specks)


def _smoothed(cells: Grid, reach: float) -> Grid:
    """The cells and `reach` of a cell round them, as pixels, with round corners; the cells themselves are all in it."""
    edge = 0.5 - reach
    if reach > 0.5:  # seen from cells that are one larger
        cells, edge = grown(cells), 1.5 - reach
    size = (cells.shape[1] * CELL, cells.shape[0] * CELL)
    soft = cv2.resize(cells.view(np.uint8) * np.uint8(255), size, interpolation=cv2.INTER_LINEAR)
    smooth: Grid = soft > 255 * edge
    return smooth


def _without_specks(strange: Grid, touched: Grid, restless: Grid, largest: int) -> tuple[Grid, Grid]:
    """Split off what nobody needs to see: components of at most `largest` cells with nobody near (noise, an insect),
    and restless cells that no person touches.
    """
    waving = strange & restless & ~touched
    rest = strange & ~waving
    count, names, stats, _ = cv2.connectedComponentsWithStats(rest.view(np.uint8), connectivity=8)
    small = stats[:count, cv2.CC_STAT_AREA] <= largest
    small[0] = False
    specks: Grid = (small[names] & ~grown(touched, 2)) | waving
    return strange & ~specks, specks


def _by_class(region: Grid, boxes: Labelled, geometry: Geometry, near: Grid) -> list[tuple[ObjectClass, Grid]]:
    """The region's components, gathered by the class that each is drawn as, least protected first.

    A person's colour ends near the person: a shadow or a tape that touches somebody stays an unknown change, the car that
    somebody gets out of a vehicle.
    """
    count, found = cv2.connectedComponents(region.view(np.uint8), connectivity=8)
    names = found.astype(np.int32, copy=False)
    rank, other = np.zeros(count, np.int8), np.zeros(count, np.int8)  # with people, and without
    for box, label in boxes:
        touched, place = names[geometry.cells(box)].ravel(), _ORDER.index(label)
        np.maximum.at(rank, touched, place)
        if label is not ObjectClass.PERSON:
            np.maximum.at(other, touched, place)
    rank[0] = other[0] = -1
    classes = rank[names]
    far = (classes == _ORDER.index(ObjectClass.PERSON)) & ~near
    classes[far] = other[names[far]]
    return [(label, part) for place, label in enumerate(_ORDER) if (part := classes == place).any()]


def _capsules(boxes: list[Box], geometry: Geometry, options: CoverOptions) -> Grid:
    """Upright capsules round boxes: as wide as the box with its margin, with round ends, no limb to be told apart."""
    width, height = geometry.small
    canvas = np.zeros((height, width), np.uint8)
    scale_x, scale_y = width / geometry.width, height / geometry.height
    for box in boxes:
        left = round((box.left - options.margin_x * box.width) * scale_x)
        right = max(left + 1, round((box.right + options.margin_x * box.width) * scale_x))
        top = round((box.top - options.margin_top * box.height) * scale_y)
        bottom = max(top + 1, round((box.bottom + options.margin_bottom * box.height) * scale_y))
        radius = max(1, min(right - left, bottom - top) // 2)
        upper, lower = top + radius, max(top + radius, bottom - radius)
        # Flat-sided round ends: half an ellipse of a third of the radius more height hugs a head and hides its shape.
        cap = (max(1, (right - left) // 2), radius)
        middle = (left + right) // 2
        cv2.ellipse(canvas, (middle, upper), cap, 0, 0, 360, 1, cv2.FILLED)
        cv2.ellipse(canvas, (middle, lower), cap, 0, 0, 360, 1, cv2.FILLED)
        cv2.rectangle(canvas, (left, upper), (right, lower), 1, cv2.FILLED)
    found: Grid = canvas.astype(np.bool_)
    return found
