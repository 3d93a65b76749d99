"""What a view may show: the empty scene, and the few colours that it fills its covers with. Learnt from the videos."""

import collections
import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.labelled import Frames, Grid, Label, Labels, Picture, Place, body, inside, variance

EMPTY = (20, 12, 12)
"""Levels of luma and both chromas within which a pixel is that of the empty scene."""

SAME_COLOUR = 6
"""Levels: an encoder moves a flat fill by one or two."""

_FLAT = 6.0
_COLOURS = 6  # five classes and the cover of a whole frame
_CHANGED = (14, 8, 8)  # levels by which a fill differs from what it hides
_UNKNOWN = 255  # in all three planes: a colour that no video has
_KEPT = 60

Colour = npt.NDArray[np.int16]


@dataclasses.dataclass(frozen=True, slots=True)
class Allowed:
    """The empty scene, and the fills, most frequent first."""

    empty: Picture
    colours: Sequence[Colour]


def learn(original: Frames, redacted: Frames, truth: Labels, plate: Picture | None = None) -> Allowed:
    """Learn both in one pass. `plate` is the empty scene where it is known better.

    The scene is that of the redacted video, whose lines may be softer than the original's; but where it looks unlike
    the original's, the original's holds. Somebody painted into the view for good does not become its scene.
    ValueError if one video has more frames than the other.
    """
    was, shown, fills = _Samples(), _Samples(), _Fills()
    for number, (before, after) in enumerate(zip(original(), redacted(), strict=True), start=1):
        boxes = truth.get(number, ())
        was.take(before, boxes)
        if whole_cover(after) is None:
            shown.take(after, boxes)
            fills.take(before, after, boxes)
    if plate is None:
        plate = was.median()
        if shown:
            plate = _agreeing(shown.median(), plate)
    return Allowed(plate, fills.colours())


def empty_scene(video: Frames, truth: Labels) -> Picture:
    """Median of up to 60 frames spread over a video, whole covers and everybody's labels left out.

    Where somebody is in all of them there is no empty scene: 255 in all three planes, a colour that no video has.
    """
    samples = _Samples()
    for number, frame in enumerate(video(), start=1):
        if whole_cover(frame) is None:
            samples.take(frame, truth.get(number, ()))
    return samples.median() if samples else np.full_like(next(video()), _UNKNOWN)


def is_empty(picture: Picture, empty: Picture) -> Grid:
    """Where a picture shows the empty scene."""
    found: Grid = np.logical_and.reduce(
        [cv2.absdiff(one, other) <= limit for one, other, limit in zip(picture, empty, EMPTY, strict=True)]
    )
    return found


def is_flat(picture: Picture) -> Grid:
    """Where the 5 x 5 neighbourhood of a pixel has next to no variance, in all three planes."""
    found: Grid = np.logical_and.reduce([variance(plane) < _FLAT for plane in picture])
    return found


def whole_cover(picture: Picture) -> Colour | None:
    """The one colour of a frame that is covered whole (what is written on it aside); None for any other frame."""
    some = picture[:, ::3, ::3]
    colour = np.array([np.bincount(plane.ravel(), minlength=256).argmax() for plane in some], np.int16)
    near = np.logical_and.reduce(np.abs(some - colour[:, None, None]) <= 3)
    return colour if near.mean() > 0.9 else None


class _Samples:
    """Frames spread evenly over a video that may be of any length, and where nobody is on them."""

    def __init__(self) -> None:
        self._kept: list[Picture] = []
        self._free: list[Grid] = []
        self._step = 1
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._kept)

    def take(self, picture: Picture, boxes: Sequence[Label]) -> None:
        self._count += 1
        if self._count % self._step:
            return
        self._kept.append(picture)
        self._free.append(~inside(boxes, picture.shape))
        if len(self._kept) > _KEPT:
            self._kept, self._free, self._step = self._kept[::2], self._free[::2], self._step * 2

    def median(self) -> Picture:
        """Of each pixel over the frames where nobody is at it."""
        free = np.stack(self._free, axis=-1)
        middle = np.maximum(free.sum(axis=-1) - 1, 0) // 2
        planes = []
        for plane in range(3):
            levels = np.stack([picture[plane] for picture in self._kept], axis=-1)
            levels = np.sort(np.where(free, levels, _UNKNOWN), axis=-1, kind="stable")  # radix sort
            planes.append(np.take_along_axis(levels, middle[..., None], axis=-1)[..., 0])
        return np.stack(planes).astype(np.uint8, copy=False)


class _Fills:
    """Flat colours that a view shows in place of people."""

    def __init__(self) -> None:
        self._counts: collections.Counter[int] = collections.Counter()

    def take(self, before: Picture, after: Picture, boxes: Sequence[Label]) -> None:
        for label in boxes:
            place = body(label, after.shape)
            was, shown = before[:, *place], after[:, *place]
            if not shown.size:
                continue
            changed = np.logical_or.reduce(
                [cv2.absdiff(one, other) > limit for one, other, limit in zip(was, shown, _CHANGED, strict=True)]
            )
            y, u, v = (shown[:, changed & _flat_at(after, place)] // 2).astype(np.int64)
            keys, counts = np.unique(y << 16 | u << 8 | v, return_counts=True)
            self._counts.update(dict(zip(keys.tolist(), counts.tolist(), strict=True)))

    def colours(self) -> list[Colour]:
        found: list[Colour] = []
        for key, _ in self._counts.most_common():
            colour = np.array([2 * (key >> 16), 2 * (key >> 8 & 255), 2 * (key & 255)], np.int16)
            if all(np.abs(colour - other).max() > SAME_COLOUR for other in found):
                found.append(colour)
            if len(found) == _COLOURS:
                break
        return found


def _flat_at(picture: Picture, place: Place) -> Grid:
    """`is_flat` of one place alone."""
    rows, columns = place
    top, left = min(2, rows.start), min(2, columns.start)
    around = picture[:, rows.start - top : rows.stop + 2, columns.start - left : columns.stop + 2]
    inner = (slice(top, top + rows.stop - rows.start), slice(left, left + columns.stop - columns.start))
    return is_flat(np.ascontiguousarray(around))[inner]


def _agreeing(shown: Picture, was: Picture) -> Picture:
    """The scene as shown; as it was where the two are unlike even when softened."""
    unlike = np.zeros(shown.shape[1:], np.bool_)
    for one, other, limit in zip(shown, was, EMPTY, strict=True):
        unlike |= cv2.absdiff(cv2.blur(one, (9, 9)), cv2.blur(other, (9, 9))) > limit
    return np.where(unlike, was, shown)
