"""The cover of one frame: which pixels are filled, in which class's colour (rules R1 to R3).

A cover is the union of upright capsules round the tracked boxes and of every cell that differs from the plate, its edge
smoothed outwards. Cells that hang together take the colour of the most protected class that touches them.
"""

import dataclasses

import cv2
import numpy as np

from watchglass.model.vision import Box, ObjectClass
from watchglass.redact.cells import Geometry, Grid, grown, pixels
from watchglass.redact.shown import Shapes

_ORDER = (ObjectClass.UNKNOWN, ObjectClass.THING, ObjectClass.VEHICLE, ObjectClass.ANIMAL, ObjectClass.PERSON)
_CAPSULED = frozenset({ObjectClass.PERSON})
_SMOOTH = 2.5  # sigma in pixels of the small picture
_KEEP = 0.38  # of the smoothed mask: under one half, so that smoothing adds rather than takes away

Labelled = list[tuple[Box, ObjectClass]]


@dataclasses.dataclass(frozen=True, slots=True)
class CoverOptions:
    """Margins as shares of a person's box; `speck` in cells."""

    margin_x: float = 0.12
    margin_top: float = 0.08
    margin_bottom: float = 0.04
    speck: int = 2


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """`shapes` are masks at the small picture's size, most protected class last; `specks` is drawn as plate."""

    shapes: Shapes
    specks: Grid


def cover(strange: Grid, boxes: Labelled, geometry: Geometry, known: Grid, options: CoverOptions) -> Cover:
    """The cover of a frame whose cells `strange` differ from the plate and in which `boxes` are tracked.

    `known` are the cells of which there is a plate: only these can be shown as plate where they are specks.
    """
    capsules = _capsules([box for box, label in boxes if label in _CAPSULED], geometry, options)
    touched = geometry.marked([box for box, label in boxes if label in _CAPSULED], 0.1, 0.05)
    unlearnt = strange & ~known & ~grown(touched)
    cells, specks = _without_specks(strange & ~unlearnt, ~known | touched, options.speck)
    region = grown(cells) | touched
    shapes: Shapes = []
    for label, part in _by_class(region, boxes, geometry):
        shapes.append((label, _smoothed(cells & part)))
    shapes.append((ObjectClass.UNKNOWN, _smoothed(unlearnt)))
    shapes.append((ObjectClass.PERSON, capsules))
    return Cover(_merged(shapes), pixels(specks))


def _smoothed(cells: Grid) -> Grid:
    """The cells and a little more, as pixels, with round corners."""
    if not cells.any():
        return pixels(cells)
    soft = cv2.GaussianBlur(pixels(grown(cells)).astype(np.float32), (0, 0), _SMOOTH)
    smooth: Grid = pixels(cells) | (soft > _KEEP)
    return smooth


def _without_specks(strange: Grid, kept: Grid, largest: int) -> tuple[Grid, Grid]:
    """Split off components of at most `largest` cells that nothing to be `kept` is near to: noise, leaves, an insect."""
    count, names, stats, _ = cv2.connectedComponentsWithStats(strange.astype(np.uint8), connectivity=8)
    small = stats[:count, cv2.CC_STAT_AREA] <= largest
    small[0] = False
    specks: Grid = small[names] & ~grown(kept, 2)
    return strange & ~specks, specks


def _by_class(region: Grid, boxes: Labelled, geometry: Geometry) -> list[tuple[ObjectClass, Grid]]:
    """The region's components, gathered by the class that each is drawn as, least protected first."""
    count, names = cv2.connectedComponents(region.astype(np.uint8), connectivity=8)
    rank = np.zeros(count, np.int8)
    for box, label in boxes:
        inside = names[geometry.cells(box)]
        for name in np.unique(inside[inside > 0]):
            rank[name] = max(rank[name], _ORDER.index(label))
    found = []
    for place, label in enumerate(_ORDER):
        chosen = rank == place
        chosen[0] = False
        part: Grid = chosen[names]
        if part.any():
            found.append((label, part))
    return _apart(found, geometry.marked([box for box, label in boxes if label in _CAPSULED], 0.5, 0.2))


def _apart(found: list[tuple[ObjectClass, Grid]], near: Grid) -> list[tuple[ObjectClass, Grid]]:
    """A person's colour ends near the person: a waving tape that touches somebody stays an unknown change."""
    parts: list[tuple[ObjectClass, Grid]] = []
    for label, part in found:
        if label is ObjectClass.PERSON:
            parts.insert(0, (ObjectClass.UNKNOWN, part & ~near))
        parts.append((label, part & near if label is ObjectClass.PERSON else part))
    return parts


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


def _merged(shapes: Shapes) -> Shapes:
    """One mask for each class, in the order they are drawn."""
    merged: dict[ObjectClass, Grid] = {}
    for label, mask in shapes:
        if not mask.any():
            continue
        merged[label] = merged[label] | mask if label in merged else mask
    return [(label, merged[label]) for label in _ORDER if label in merged]
