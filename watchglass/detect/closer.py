"""A closer look: a small part of a frame, enlarged to the model's size."""

import math
from collections.abc import Iterable

import numpy as np

from watchglass.detect.detector import Detector
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Box, Detection, ObjectClass

_AROUND = 3.0  # side of the part, in sides of the place: measured, see docs/design/redaction.md
_BLOCK = 8  # pixels
_NOISE = 8  # levels by which a block's pixels may differ on average between two frames
_LEAST = 96  # pixels: fewer give the model nothing to go by


def part(frame: RawFrame, place: Box) -> tuple[RawFrame, int, int]:
    """A square part of the frame round `place`, and where its left top corner lies in the frame."""
    side = max(_LEAST, _AROUND * max(place.width, place.height))
    width = min(frame.width, int(side)) // 2 * 2
    height = min(frame.height, int(side)) // 2 * 2
    left = int(min(max(0.0, (place.left + place.right - width) / 2), frame.width - width)) // 2 * 2
    top = int(min(max(0.0, (place.top + place.bottom - height) / 2), frame.height - height)) // 2 * 2
    luma = (slice(top, top + height), slice(left, left + width))
    chroma = (slice(top // 2, (top + height) // 2), slice(left // 2, (left + width) // 2))
    cut = RawFrame(
        np.ascontiguousarray(frame.y[luma]),
        np.ascontiguousarray(frame.u[chroma]),
        np.ascontiguousarray(frame.v[chroma]),
        frame.pts,
        frame.wall,
    )
    return cut, left, top


def alike(one: RawFrame, other: RawFrame, place: Box) -> bool:
    """Whether a place looks on two frames as if nothing had come or gone there between them."""
    left, right = max(0, int(place.left)) // 2 * 2, min(one.width, math.ceil(place.right))
    top, bottom = max(0, int(place.top)) // 2 * 2, min(one.height, math.ceil(place.bottom))
    for before, now, part_of in ((one.y, other.y, 1), (one.u, other.u, 2), (one.v, other.v, 2)):
        where = slice(top // part_of, bottom // part_of), slice(left // part_of, right // part_of)
        change = np.abs(before[where].astype(np.int16) - now[where].astype(np.int16))
        blocks = np.add.reduceat(
            np.add.reduceat(change, range(0, change.shape[0], _BLOCK), 0), range(0, change.shape[1], _BLOCK), 1
        )
        if blocks.size == 0 or blocks.max() > _NOISE * _BLOCK * _BLOCK:
            return False
    return True


def closer_look(detector: Detector, frame: RawFrame, place: Box) -> float:
    """Score of the likeliest person that touches `place`, seen enlarged; 0.0 if there is none."""
    cut, left, top = part(frame, place)
    return likeliest(detector.detect(cut, close=True), place.moved(-left, -top))


def likeliest(found: Iterable[Detection], inside: Box) -> float:
    """Score of the likeliest person that touches a place; both in pixels of the part."""
    return max(
        (one.score for one in found if one.label is ObjectClass.PERSON and _touches(one.box, inside)), default=0.0
    )


def _touches(box: Box, place: Box) -> bool:
    return box.left < place.right and place.left < box.right and box.top < place.bottom and place.top < box.bottom
