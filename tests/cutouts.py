"""Real people for a stage, cut out of footage while the test runs; nothing of it is kept."""

import dataclasses
import functools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import leak
from benchmarks.leak import Label, Picture
from tests.stage import Look

_EVERY = 12  # frames: as many of the footage as a median needs
_APART = 26.0  # levels by which somebody differs from the empty scene, luma and colour together


@dataclasses.dataclass(frozen=True, eq=False)
class CutOut:
    """Somebody: who they were in the footage and on which frame (from 1), where, and what they look like."""

    track: int
    number: int
    label: Label
    look: Look


@functools.cache
def empty_street(street: Path) -> Picture:
    """vtest.avi with nobody in it, 768 x 576: the median of places where nobody is labelled."""
    truth = leak.labels(street.with_name("gt.txt"))
    some = list(_some(street))
    numbers = {place: truth.get(number, ()) for place, (number, _) in enumerate(some, start=1)}
    return leak.empty_scene(lambda: (picture for _, picture in some), numbers)


def _some(path: Path, every: int = _EVERY) -> Iterator[tuple[int, Picture]]:
    """Some frames of a file with their numbers from 1."""
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0), start=1):
            if number % every == 1:
                picture = frame.reformat(frame.width, frame.height, "yuv444p").to_ndarray()
                yield number, picture.astype(np.uint8, copy=False)


def people(street: Path, count: int, least: int = 60) -> list[CutOut]:
    """`count` people of vtest.avi who stand apart from all others, of as many different people as there are."""
    truth = leak.labels(street.with_name("gt.txt"))
    empty = empty_street(street)
    found: list[CutOut] = []
    for number, picture in _some(street):
        labels = truth.get(number, ())
        for label in labels:
            if label.height < least or not _apart(label, labels) or not _inside(label, picture):
                continue
            look = _cut(picture, empty, label)
            if look is not None:
                found.append(CutOut(label.track, number, label, look))
    return _spread(found, count)


def visitors(one_by_one: Path, count: int) -> list[CutOut]:
    """`count` people of one-by-one-person-detection.mp4, seen from near, whole."""
    some = list(_some(one_by_one, 20))
    empty = some[0][1]  # before the first of them comes in
    found: list[CutOut] = []
    for number, picture in some:
        box = _someone(_difference(picture, empty))
        if box is None:
            continue
        left, top, width, height = box
        if top > 4 and top + height < picture.shape[1] - 4 and left > 4 and left + width < picture.shape[2] - 4:
            label = Label(number // 100, left, top, width, height)
            look = _cut(picture, empty, label)
            if look is not None:
                found.append(CutOut(label.track, number, label, look))
    return _spread(found, count)


def _someone(difference: npt.NDArray[np.float32]) -> tuple[int, int, int, int] | None:
    """The largest thing that differs, if it is as tall as a person."""
    mask = cv2.morphologyEx((difference > _APART).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((15, 9), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return None
    left, top, width, height, _ = stats[1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())].tolist()
    return (left, top, width, height) if height > 200 and height > 1.8 * width else None


def _difference(picture: Picture, empty: Picture) -> npt.NDArray[np.float32]:
    apart = np.abs(picture.astype(np.float32) - empty.astype(np.float32))
    total: npt.NDArray[np.float32] = apart[0] + 2 * apart[1] + 2 * apart[2]
    return total


def _cut(picture: Picture, empty: Picture, label: Label) -> Look | None:
    """What differs from the empty scene in somebody's label, closed to one piece with a soft edge of a pixel."""
    rows = slice(int(label.top), int(label.top + label.height))
    columns = slice(int(label.left), int(label.left + label.width))
    part, ground = picture[:, rows, columns], empty[:, rows, columns]
    mask = (_difference(part, ground) > _APART).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((9, 5), np.uint8)).astype(np.uint8)
    count, names, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return None
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    left, top, width, height, area = stats[largest].tolist()
    if height < 0.75 * label.height or not 0.3 < area / (width * height) < 0.95:
        return None
    inner = (slice(top, top + height), slice(left, left + width))
    alpha = cv2.GaussianBlur((names[inner] == largest).astype(np.float32), (0, 0), 0.7).astype(np.float32)
    return Look(np.ascontiguousarray(part[:, inner[0], inner[1]]), alpha)


def _apart(label: Label, others: Sequence[Label]) -> bool:
    """Whether nobody else's label is near."""
    return not any(
        one is not label
        and one.left < label.left + 1.3 * label.width
        and one.left + 1.3 * one.width > label.left
        and one.top < label.top + 1.1 * label.height
        and one.top + 1.1 * one.height > label.top
        for one in others
    )


def _inside(label: Label, picture: Picture) -> bool:
    _, height, width = picture.shape
    within = label.left + label.width < width - 2 and label.top + label.height < height - 2
    return label.left > 2 and label.top > 2 and within


def _spread(found: Iterable[CutOut], count: int) -> list[CutOut]:
    """`count` of them, turn by turn one of each person, spread over time."""
    by_track: dict[int, list[CutOut]] = {}
    for one in found:
        by_track.setdefault(one.track, []).append(one)
    chosen: list[CutOut] = []
    turns = max((len(ones) for ones in by_track.values()), default=0)
    for turn in range(turns):
        for ones in by_track.values():
            step = max(1, len(ones) * len(by_track) // max(1, count))
            if turn * step < len(ones):
                chosen.append(ones[turn * step])
    return chosen[:count]
