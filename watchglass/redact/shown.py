"""The shown frame: the only kind of picture that leaves this package (rules R6 and R7).

A `ShownFrame` can be made only by the functions of this module, from a cover that was computed for the frame, or whole.
The view's encoder, the picture encoder and everything after them take nothing else.
"""

import dataclasses
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from watchglass.base.clock import WallUs
from watchglass.model.frame import Plane, RawFrame
from watchglass.model.media import Ticks
from watchglass.model.vision import Box, ObjectClass
from watchglass.redact.cells import Grid, Small, Window, enlarged, pixels, window

_MINT: Final = object()

# One flat colour a class, as (Y, U, V) in limited range; told apart by lightness too, for people who see few hues;
# the most protected class comes first.
COLOURS: Final[dict[ObjectClass, tuple[int, int, int]]] = {
    ObjectClass.PERSON: (152, 76, 182),
    ObjectClass.ANIMAL: (138, 98, 116),
    ObjectClass.VEHICLE: (106, 158, 108),
    ObjectClass.THING: (122, 132, 132),
    ObjectClass.UNKNOWN: (112, 132, 124),
}
_NUMBERS: Final = {label: number for number, label in enumerate(reversed(COLOURS), start=1)}  # the most protected wins
_FILLS: Final[tuple[Plane, ...]] = tuple(
    np.array([0, *(COLOURS[label][plane] for label in _NUMBERS), *[0] * (255 - len(COLOURS))], np.uint8)
    for plane in range(3)
)
_NEIGHBOURS: Final = np.ones((3, 3), np.uint8)
_MARGIN: Final = 4  # pixels of the small picture round shapes: an edge that is enlarged reaches less far
COVER_COLOUR: Final = (42, 132, 125)
_INK: Final = 190
_FAINT_INK: Final = 120

Shapes = list[tuple[ObjectClass, Grid]]


class ShownFrame:
    """A redacted frame: planes as in `RawFrame`. `covered` is the reason written on it if it is covered whole.

    `masked` is the share of the picture that is filled, 0 to 1. `renewed`: the whole scene was looked at anew for it, so
    that the frames which follow have more in common with it than with what came before.
    """

    __slots__ = ("covered", "masked", "pts", "renewed", "u", "v", "wall", "y")

    def __init__(
        self,
        mint: object,
        y: Plane,
        u: Plane,
        v: Plane,
        *,
        pts: Ticks,
        wall: WallUs,
        covered: str | None,
        masked: float = 1.0,
    ) -> None:
        if mint is not _MINT:
            raise TypeError("a ShownFrame is made by watchglass.redact alone")
        self.y, self.u, self.v = y, u, v
        self.pts, self.wall, self.covered, self.masked, self.renewed = pts, wall, covered, masked, False

    def repeats(self, other: "ShownFrame") -> bool:
        """Whether this is `again` what the other shows; where it was drawn anew, False, even if it came out the same."""
        return self.y is other.y

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        return int(self.y.shape[0])


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Vehicles:
    """Vehicles that are to be seen, at capped density (rule R1): `boxes` in the `frame`, drawn where its shape is one."""

    frame: RawFrame
    boxes: Sequence[Box]


LONGEST_VEHICLE: Final = 45
"""Pixels that a vehicle's longer side may have: 25 a metre for a car that is seen from the front, 1.8 m wide."""

_WINDOWS: Final = 0.5  # share of a vehicle's height from its top that is filled: whoever sits in it


def draw(scene: RawFrame, shapes: Shapes, vehicles: Vehicles | None = None, *, renewed: bool = False) -> ShownFrame:
    """The scene with each shape filled flat. Masks are at analysis size; the most protected class wins.

    A chroma pixel stands for four of luma: it is covered as soon as one of them is.
    """
    y, u, v = scene.y.copy(), scene.u.copy(), scene.v.copy()
    masked = 0.0
    if shapes:
        labels = np.zeros(shapes[0][1].shape, np.uint8)
        for label, mask in shapes:
            cv2.max(labels, mask.view(np.uint8) * np.uint8(_NUMBERS[label]), labels)
        masked = cv2.countNonZero(labels) / labels.size
        part = _touched(labels, (y, u, v))
        if part[0].stop:
            where = (labels[part] > 0).view(np.uint8) * np.uint8(255)
            # The outline grows a little when it is enlarged.
            solid = cv2.dilate(labels[part], _NEIGHBOURS).astype(np.uint8, copy=False)
            for plane, fills in zip((y, u, v), _FILLS, strict=True):
                _fill(_within(plane, labels, part), where, cv2.LUT(solid, fills).astype(np.uint8, copy=False))
        if vehicles is not None:
            _draw_vehicles((y, u, v), vehicles, (labels == _NUMBERS[ObjectClass.VEHICLE]).view(np.uint8))
    shown = ShownFrame(_MINT, y, u, v, pts=scene.pts, wall=scene.wall, covered=None, masked=masked)
    shown.renewed = renewed
    return shown


def again(last: ShownFrame, pts: Ticks, wall: WallUs) -> ShownFrame:
    """What was shown last, at another time: nothing that a frame shows has changed since. TypeError for anything else."""
    if not isinstance(last, ShownFrame):
        raise TypeError("only a ShownFrame can be shown again")
    for plane in (last.y, last.u, last.v):
        plane.flags.writeable = False
    return ShownFrame(_MINT, last.y, last.u, last.v, pts=pts, wall=wall, covered=last.covered, masked=last.masked)


def _touched(labels: Plane, planes: Sequence[Plane]) -> Window:
    """The part of the small picture that shapes are in. All of it where its pixels are not a plane's, times a whole number."""
    height, width = labels.shape
    exact = all(
        mine % other == 0 or other == 2 * mine
        for plane in planes
        for mine, other in zip(plane.shape, labels.shape, strict=True)
    )
    return window(labels, _MARGIN) if exact else (slice(0, height), slice(0, width))


def _within(plane: Plane, labels: Plane, part: Window) -> Plane:
    """The pixels of a plane that a part of the small picture stands for."""
    rows, columns = (
        slice(one.start * mine // other, one.stop * mine // other)
        for one, mine, other in zip(part, plane.shape, labels.shape, strict=True)
    )
    return plane[rows, columns]


def _fill(plane: Plane, where: Plane, colours: Plane) -> None:
    """Paint the `colours` into one plane, `where` it is 255; any doubt at an edge is covered."""
    size = (plane.shape[1], plane.shape[0])
    if where.shape != plane.shape:
        larger = size[0] >= where.shape[1]
        way = cv2.INTER_LINEAR if larger else cv2.INTER_AREA
        where = cv2.resize(where, size, interpolation=way).astype(np.uint8, copy=False)
        colours = enlarged(colours, plane.shape)
        cv2.threshold(where, 100 if larger else 0, 255, cv2.THRESH_BINARY, where)
    cv2.copyTo(colours, where, plane)


def _draw_vehicles(planes: tuple[Plane, ...], vehicles: Vehicles, shape: Plane) -> None:
    """Draw the lower part of each vehicle as the camera sees it, in few pixels, where `shape` says it is one."""
    frame = vehicles.frame
    # A chroma pixel that is in part another's is not the vehicle's.
    whole = shape * np.uint8(255)
    shapes = [cv2.resize(whole, plane.shape[::-1], interpolation=_way(shape, plane)) for plane in planes]
    for box in vehicles.boxes:
        few = min(1.0, LONGEST_VEHICLE / max(box.width, box.height, 1.0))
        top = box.top + _WINDOWS * box.height
        for plane, source, where in zip(planes, (frame.y, frame.u, frame.v), shapes, strict=True):
            height, width = plane.shape
            across, down = width / frame.width, height / frame.height
            rows = slice(max(0, round(top * down)), min(height, round(box.bottom * down)))
            columns = slice(max(0, round(box.left * across)), min(width, round(box.right * across)))
            part = source[rows, columns]
            if min(part.shape) < 2:
                continue
            size = (max(1, int(part.shape[1] * few)), max(1, int(part.shape[0] * few)))
            coarse = cv2.resize(cv2.resize(part, size, interpolation=cv2.INTER_AREA), part.shape[::-1])
            plane[rows, columns] = np.where(where[rows, columns] == 255, coarse, plane[rows, columns])


def _way(shape: Plane, plane: Plane) -> int:
    return cv2.INTER_NEAREST if plane.shape[1] >= shape.shape[1] else cv2.INTER_AREA


def cover_whole(frame: RawFrame, reason: str) -> ShownFrame:
    """A frame of the same size and time that shows nothing but the reason. No pixel of `frame` is used."""
    return cover_of_size(frame.width, frame.height, reason, frame.pts, frame.wall)


def cover_of_size(width: int, height: int, reason: str, pts: Ticks, wall: WallUs) -> ShownFrame:  # noqa: PLR0913, RUF100
    """A wholly covered frame for a time at which there is no frame at all."""
    y = np.full((height, width), COVER_COLOUR[0], np.uint8)
    u = np.full((height // 2, width // 2), COVER_COLOUR[1], np.uint8)
    v = np.full((height // 2, width // 2), COVER_COLOUR[2], np.uint8)
    _write(y, reason)
    return ShownFrame(_MINT, y, u, v, pts=pts, wall=wall, covered=reason)


def plate_picture(plate: Small, known: Grid, wall: WallUs) -> ShownFrame:
    """The plate as it forms, for aiming a camera (R7): places not yet known are flat."""
    hidden = ~pixels(known)
    y, u, v = plate.y.copy(), plate.u.copy(), plate.v.copy()
    for plane, value in zip((y, u, v), COVER_COLOUR, strict=True):
        plane[hidden] = value
    half = (y.shape[1] // 2, y.shape[0] // 2)
    u = cv2.resize(u, half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    v = cv2.resize(v, half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return ShownFrame(_MINT, y, u, v, pts=Ticks(0), wall=wall, covered=None)


def thumbnail(small: Small, hidden: Grid, width: int, wall: WallUs) -> ShownFrame:
    """A picture at most `width` (64) pixels wide with the `hidden` cells filled: enough to aim, too little to know."""
    if width > 64:
        raise ValueError("a picture for aiming is at most 64 pixels wide")
    planes = [plane.copy() for plane in small.planes()]
    mask = pixels(hidden)
    for plane, value in zip(planes, COLOURS[ObjectClass.PERSON], strict=True):
        plane[mask] = value
    height = max(2, round(width * small.y.shape[0] / small.y.shape[1]) // 2 * 2)
    sizes = ((width, height), (width // 2, height // 2), (width // 2, height // 2))
    y, u, v = (
        cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        for plane, size in zip(planes, sizes, strict=True)
    )
    return ShownFrame(_MINT, y, u, v, pts=Ticks(0), wall=wall, covered=None)


def png(shown: ShownFrame) -> bytes:
    """The shown frame as a PNG file, without any metadata. TypeError for anything that is not one (rule R6)."""
    if not isinstance(shown, ShownFrame):
        raise TypeError("only a ShownFrame can be made into a picture")
    full = (shown.width, shown.height)
    luma = np.clip((shown.y.astype(np.float32) - 16) * (255 / 219), 0, 255).astype(np.uint8)
    u, v = (
        np.clip((cv2.resize(plane, full).astype(np.float32) - 128) * (255 / 224) + 128, 0, 255).astype(np.uint8)
        for plane in (shown.u, shown.v)
    )
    picture = cv2.cvtColor(cv2.merge([luma, v, u]), cv2.COLOR_YCrCb2BGR)
    fine, encoded = cv2.imencode(".png", picture)
    if not fine:
        raise ValueError(f"a picture of {shown.width} x {shown.height} could not be encoded as PNG")
    return encoded.tobytes()


def _write(y: Plane, reason: str) -> None:
    """The reason in the middle of a covered frame, in letters that fit, under a closed eye."""
    height, width = y.shape
    scale = min(width / 640, height / 360)
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(1.4 * scale))
    size = 0.62 * scale
    lines = _wrapped(reason, max(12, int(46 * width / max(1.0, 640 * scale))))
    middle = (width // 2, round(height * 0.42))
    arc = (round(34 * scale), round(20 * scale))
    cv2.ellipse(y, middle, arc, 0, 20, 160, _FAINT_INK, max(1, round(2.2 * scale)), cv2.LINE_AA)
    for angle in (45, 90, 135):
        lash = np.deg2rad(angle)
        start = (middle[0] + round(arc[0] * np.cos(lash)), middle[1] + round(arc[1] * np.sin(lash)))
        end = (middle[0] + round(arc[0] * 1.3 * np.cos(lash)), middle[1] + round(arc[1] * 1.55 * np.sin(lash)))
        cv2.line(y, start, end, _FAINT_INK, max(1, round(2 * scale)), cv2.LINE_AA)
    for number, line in enumerate(lines):
        (across, down), _ = cv2.getTextSize(line, font, size, thickness)
        place = ((width - across) // 2, round(height * 0.42 + 62 * scale + number * 1.8 * down))
        cv2.putText(y, line, place, font, size, _INK, thickness, cv2.LINE_AA)


def _wrapped(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines
