"""The cover of one frame: which pixels are filled, in which class's colour (rules R1 to R3).

A cover is the union of upright capsules round the tracked boxes and of every cell that differs from the plate, its edge
smoothed outwards. Cells that hang together take the colour of the most protected class that touches them.
"""

import dataclasses
import functools

import cv2
import numpy as np

from watchglass.model.frame import Plane
from watchglass.model.vision import Box, ObjectClass
from watchglass.redact.cells import Geometry, Grid, grown, mask, window
from watchglass.redact.shown import COLOURS, Shapes

_ORDER = tuple(reversed(COLOURS))  # least protected first
_SOMETHING = 0.15  # share of a box that must differ from the plate for a hood: under it there is nobody, or noise

Labelled = list[tuple[Box, ObjectClass]]


@dataclasses.dataclass(frozen=True, slots=True)
class CoverOptions:
    """Margins of the capsule as shares of a person's box; the `hood` is that share of the box from its top, with margins
    of its own; `speck` in cells.

    `close` joins what is nearer than that, so that limbs cannot be told apart, and `grow` is how far beyond what differs
    a cover ends, both in pixels of the small picture; with `grow_small` more round people where the frame is that small
    itself, since nothing was averaged there and a head has a few pixels, and `grow_up` more upwards, in proportion. All
    are measured in docs/design/redaction.md. With `all_people` whatever changes is drawn as somebody: for a detector that
    finds too few people for telling them from anything else.
    """

    margin_x: float = 0.0
    margin_top: float = 0.05
    margin_bottom: float = 0.0
    hood: float = 0.28
    hood_x: float = 0.35
    hood_top: float = 0.4
    reach_x: float = 1.0
    reach_y: float = 0.5
    reach_others: float = 0.2
    speck: int = 2
    close: int = 4
    grow_people: int = 2
    grow_small: int = 6
    grow_up: int = 1
    grow_others: int = 2
    all_people: bool = False


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """What a cover is made of before one looks at pixels: it holds for as long as cells and boxes do.

    `parts` are the cells to be covered by the class that they are drawn as, least protected first, `region` all of
    them (255, else 0) and `capsules` those round people, both at the small picture's size. `specks` are cells that differ
    from the plate and are shown as the scene was before: noise, and things in the wind.
    """

    parts: list[tuple[ObjectClass, Grid]]
    region: Plane
    capsules: Grid
    specks: Grid


def outlined(strange: Grid, boxes: Labelled, geometry: Geometry, restless: Grid, options: CoverOptions) -> Outline:
    """The outline of a cover of the cells `strange`, which differ from the plate, with `boxes` tracked.

    `restless` cells do so all the time: they are drawn only where somebody is near.
    """
    people = [box for box, label in boxes if label is ObjectClass.PERSON]
    touched = geometry.marked(people, 0.1, 0.05)
    cells, specks = _without_specks(strange, touched, restless, options.speck)
    heads = [box for box, share in zip(people, geometry.shares(strange, people), strict=True) if share > _SOMETHING]
    parts = _by_class(grown(cells) | touched, boxes, geometry, options)
    capsules = _capsules(people, heads, geometry, options)
    return Outline(parts, mask(cells) * np.uint8(255), capsules, specks)


def filled(outline: Outline, differs: Plane, geometry: Geometry, options: CoverOptions) -> Shapes:
    """The shapes of a cover, masks at the small picture's size, most protected class last: the pixels of the outline's
    region that `differs` marks, smoothed and grown, with its capsules.
    """
    grow = options.grow_people + (options.grow_small if geometry.step == 1 else 0)
    shapes: Shapes = []
    for label, part in outline.parts:
        alone = len(outline.parts) == 1
        own = differs if alone else cv2.bitwise_and(differs, differs, mask=mask(part)).astype(np.uint8, copy=False)
        if label is ObjectClass.PERSON:
            up = options.grow_up * grow // options.grow_people
            shapes.append((label, _smoothed(own, options.close, grow, up, outline.capsules)))
        else:
            shapes.append((label, _smoothed(own, 1, options.grow_others)))
    return _joined(shapes, options.close)


def _joined(shapes: Shapes, close: int) -> Shapes:
    """One outline round all shapes (rule R3): what lies between two of them is an unknown change."""
    if len(shapes) < 2:
        return shapes
    union = functools.reduce(np.logical_or, (shape for _, shape in shapes)).view(np.uint8)
    return [(ObjectClass.UNKNOWN, _smoothed(union, close, 0)), *shapes]


def _smoothed(differs: Plane, close: int, grow: int, grow_up: int = 0, capsules: Grid | None = None) -> Grid:
    """What differs, grown (upwards by more, where heads are), with the capsules, and closed."""
    some = differs if capsules is None else cv2.bitwise_or(differs, capsules.view(np.uint8))
    found = np.zeros(differs.shape, np.bool_)
    part = window(some.astype(np.uint8, copy=False), grow + grow_up + close + 1)
    if part[0].stop:
        whole = cv2.dilate(differs[part], _disc(grow))
        if grow_up:
            whole = cv2.dilate(whole, _UPRIGHT[: grow_up + 1], anchor=(0, 0))
        if capsules is not None:
            whole = cv2.bitwise_or(whole, capsules[part].view(np.uint8) * np.uint8(255))
        found[part] = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, _disc(close)) > 0
    return found


_UPRIGHT = np.ones((16, 1), np.uint8)


@functools.cache
def _disc(radius: int) -> Plane:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.uint8, copy=False)


def _without_specks(strange: Grid, touched: Grid, restless: Grid, largest: int) -> tuple[Grid, Grid]:
    """Split off what nobody needs to see: components of at most `largest` cells with nobody near (noise, an insect),
    and restless cells that no person touches.
    """
    waving = strange & restless & ~touched
    rest = strange & ~waving
    count, names, stats, _ = cv2.connectedComponentsWithStats(rest.view(np.uint8), connectivity=8)
    small = stats[:count, cv2.CC_STAT_AREA] <= largest
    small[0] = False
    noise: Grid = small[names] & ~grown(touched, 2)
    specks: Grid = noise | (waving & ~grown(rest & ~noise, 1))
    return strange & ~specks, specks


def _by_class(
    region: Grid, boxes: Labelled, geometry: Geometry, options: CoverOptions
) -> list[tuple[ObjectClass, Grid]]:
    """The region's components, gathered by the class that each is drawn as, least protected first.

    A colour ends near the boxes of its class: a shadow or a tape that touches somebody stays an unknown change.
    """
    if options.all_people:
        return [(ObjectClass.PERSON, region)] if region.any() else []
    _, found = cv2.connectedComponents(region.view(np.uint8), connectivity=8)
    names = found.astype(np.int32, copy=False)
    classes = np.zeros(geometry.grid, np.int8)  # places in _ORDER, of which the first is an unknown change
    for place, label in enumerate(_ORDER):
        of_class = [box for box, its in boxes if its.drawn is label]
        if not of_class:
            continue
        touched = np.zeros(int(names.max()) + 1, np.bool_)
        touched[names[geometry.marked(of_class)]] = True
        across, down = (
            (options.reach_x, options.reach_y) if label is ObjectClass.PERSON else (options.reach_others,) * 2
        )
        classes[touched[names] & geometry.marked(of_class, across, down)] = place
    classes[~region] = -1
    return [(label, part) for place, label in enumerate(_ORDER) if (part := classes == place).any()]


def _capsules(boxes: list[Box], heads: list[Box], geometry: Geometry, options: CoverOptions) -> Grid:
    """Upright capsules round boxes, no limb to be told apart, under a hood that is wider than any head."""
    width, height = geometry.small
    canvas = np.zeros((height, width), np.uint8)
    scale_x, scale_y = width / geometry.width, height / geometry.height
    for box in boxes:
        small = box.scaled(scale_x, scale_y)
        _round(canvas, small, options.margin_x, options.margin_top, options.margin_bottom)
    for box in heads:
        small = box.scaled(scale_x, scale_y)
        hood = Box(small.left, small.top, small.right, small.top + options.hood * small.height)
        _round(canvas, hood, options.hood_x, options.hood_top, 0.0)
    found: Grid = canvas.view(np.bool_)
    return found


def _round(canvas: Plane, box: Box, across: float, above: float, below: float) -> None:
    """Fill a box, grown by shares of its sides, with a round upper and lower end."""
    left = round(box.left - across * box.width)
    right = max(left + 1, round(box.right + across * box.width))
    top = round(box.top - above * box.height)
    bottom = max(top + 1, round(box.bottom + below * box.height))
    stencil = _stencil(right - left, bottom - top)
    rows, columns = stencil.shape
    first_row, first_column = top - _ROOM, left - _ROOM
    part = canvas[max(0, first_row) : max(0, first_row + rows), max(0, first_column) : max(0, first_column + columns)]
    if part.size:
        skip_rows, skip_columns = max(0, -first_row), max(0, -first_column)
        part |= stencil[skip_rows : skip_rows + part.shape[0], skip_columns : skip_columns + part.shape[1]]


_ROOM = 3  # pixels round a stencil's box: the ends of a flat one reach beyond it


@functools.lru_cache(1024)
def _stencil(across: int, down: int) -> Plane:
    """A box of so many pixels with round ends, `_ROOM` away from the edges: people come in few sizes."""
    plane = np.zeros((down + 1 + 2 * _ROOM, across + 1 + 2 * _ROOM), np.uint8)
    left, top = _ROOM, _ROOM
    right, bottom = left + across, top + down
    # Half an ellipse that is flatter than a circle: the corners that it leaves open are small.
    end = (max(1, across // 2), max(1, min(across // 3, down // 2)))
    middle = left + across // 2
    cv2.ellipse(plane, (middle, top + end[1]), end, 0, 0, 360, 1, cv2.FILLED)
    cv2.ellipse(plane, (middle, bottom - end[1]), end, 0, 0, 360, 1, cv2.FILLED)
    cv2.rectangle(plane, (left, top + end[1]), (right, bottom - end[1]), 1, cv2.FILLED)
    return plane
