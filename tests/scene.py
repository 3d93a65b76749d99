"""A street made here, with its truth: textured people who walk and stand, and whoever answers for the detector.

Every picture is made anew from its number, so a scene can be gone through as often as wanted and never changes.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.leak import Label, Labels, Picture
from watchglass.base.clock import WallUs
from watchglass.model.camera import Protection
from watchglass.model.frame import Plane, RawFrame
from watchglass.model.media import TICKS_PER_SECOND, Ticks
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.pipeline.sight import Sight, SightOptions
from watchglass.redact.cells import Geometry
from watchglass.redact.plate import Plate
from watchglass.redact.redactor import Redactor
from watchglass.redact.shown import ShownFrame
from watchglass.track.tracker import Tracker

RATE = 5
"""Frames a second: few, so that a minute takes a second or two to go through."""

HEAD = 0.2  # of a figure's height


@dataclasses.dataclass(frozen=True)
class Person:
    """Somebody: where on which frame (left and top; None while away), and what they look like."""

    track: int
    at: Callable[[int], tuple[float, float] | None]
    width: int = 32
    height: int = 80
    grain: int = 4  # pixels: the size of what can be told apart on them

    def box(self, number: int) -> Box | None:
        place = self.at(number)
        if place is None:
            return None
        left, top = (round(value) for value in place)
        return Box(left, top, left + self.width, top + self.height)

    @cached_property
    def planes(self) -> tuple[Plane, Plane, Plane]:
        """Clothes and skin: enough of a texture to know them by."""
        dice = np.random.default_rng(self.track)
        # In the colours of nothing in the street; large things differ too, so that a blur leaves something.
        y, u, v = (self._texture(dice, level, share) for level, share in ((115, 1.0), (104, 0.2), (150, 0.2)))
        return y, u, v

    def _texture(self, dice: np.random.Generator, level: int, share: float) -> Plane:
        how = cv2.INTER_LINEAR if self.grain > 4 else cv2.INTER_NEAREST
        plane = np.full((self.height, self.width), float(level))
        for scale, strength in ((1, 60), (2, 40), (4, 40)):
            coarse = (self.height // (scale * self.grain), self.width // (scale * self.grain))
            levels = dice.uniform(-strength * share, strength * share, coarse)
            plane = plane + cv2.resize(levels, (self.width, self.height), interpolation=how)
        return plane.clip(16, 235).astype(np.uint8)

    @cached_property
    def mask(self) -> npt.NDArray[np.bool_]:
        """A head of half the width upon a body."""
        mask = np.ones((self.height, self.width), np.bool_)
        head = round(HEAD * self.height)
        mask[:head, : self.width // 4] = mask[:head, -(self.width // 4) :] = False
        return mask


@dataclasses.dataclass(frozen=True)
class Scene:
    """A street of `width` x `height` pixels and who is on it."""

    people: Sequence[Person]
    width: int = 320
    height: int = 240
    light: Callable[[int], float] = lambda _: 0.0
    """Levels by which a frame is brighter."""

    @cached_property
    def _empty(self) -> Picture:
        dice = np.random.default_rng(99)
        across = np.linspace(70, 150, self.width)[None, :] + np.linspace(0, 40, self.height)[:, None]
        stones = np.kron(dice.integers(-18, 19, (self.height // 8, self.width // 8)), np.ones((8, 8)))
        y = across + stones + dice.normal(0, 3, across.shape)
        return np.stack([y, np.full_like(y, 124), np.full_like(y, 131)]).clip(16, 235).astype(np.uint8)

    @cached_property
    def _noise(self) -> list[npt.NDArray[np.int16]]:
        dice = np.random.default_rng(7)
        return [np.rint(dice.normal(0, 2, (self.height, self.width))).astype(np.int16) for _ in range(5)]

    def empty(self) -> Picture:
        """The street with nobody on it, without noise."""
        return self._empty.copy()

    def picture(self, number: int) -> Picture:
        """Frame `number`, Y, U and V at full size."""
        picture = self._empty.copy()
        for person in self.people:
            if (box := person.box(number)) is not None:
                self._draw(picture, person, box)
        luma = picture[0] + self._noise[number % len(self._noise)] + round(self.light(number))
        picture[0] = luma.clip(16, 235)
        return picture

    def _draw(self, picture: Picture, person: Person, box: Box) -> None:
        left, top = int(box.left), int(box.top)
        rows = slice(max(0, top), max(0, min(self.height, top + person.height)))
        columns = slice(max(0, left), max(0, min(self.width, left + person.width)))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        inner = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
        for plane, look in zip(picture, person.planes, strict=True):
            np.copyto(plane[rows, columns], look[inner], where=person.mask[inner])

    def frame(self, number: int, *, jump: bool = False) -> RawFrame:
        return raw(self.picture(number), number, jump=jump)

    def boxes(self, number: int) -> list[tuple[Person, Box]]:
        """Who is in the picture, and where, as far as the picture goes."""
        found = []
        for person in self.people:
            box = person.box(number)
            if box is None:
                continue
            inside = box.clipped(self.width, self.height)
            if inside.width >= 8 and inside.height >= 8:
                found.append((person, inside))
        return found

    def pictures(self, count: int) -> Callable[[], Iterator[Picture]]:
        return lambda: (self.picture(number) for number in range(count))

    def truth(self, count: int) -> Labels:
        """Labels by number of frame, from 1."""
        return {
            number + 1: [
                Label(person.track, box.left, box.top, box.width, box.height) for person, box in self.boxes(number)
            ]
            for number in range(count)
        }


def raw(picture: Picture, number: int, *, jump: bool = False) -> RawFrame:
    """A camera's frame of a picture."""
    y, u, v = picture
    half = (y.shape[1] // 2, y.shape[0] // 2)
    small_u, small_v = (cv2.resize(plane, half, interpolation=cv2.INTER_AREA).astype(np.uint8) for plane in (u, v))
    return RawFrame(
        y, small_u, small_v, Ticks(number * TICKS_PER_SECOND // RATE), WallUs(number * 1_000_000 // RATE), jump
    )


def seen(shown: ShownFrame) -> Picture:
    """What is shown, Y, U and V at full size."""
    size = (shown.width, shown.height)
    u, v = (cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST) for plane in (shown.u, shown.v))
    return np.stack([shown.y, u, v]).astype(np.uint8)


def walk(
    start: tuple[float, float], step: tuple[float, float], first: int = 0, last: int = 1 << 30
) -> Callable[[int], tuple[float, float] | None]:
    """From `start` on frame `first`, so many pixels a frame, gone after frame `last`."""

    def at(number: int) -> tuple[float, float] | None:
        if not first <= number <= last:
            return None
        return start[0] + (number - first) * step[0], start[1] + (number - first) * step[1]

    return at


def walk_in_and_stand(
    start: tuple[float, float], step: tuple[float, float], first: int, steps: int
) -> Callable[[int], tuple[float, float] | None]:
    """As `walk`, but standing still after so many steps."""
    walking = walk(start, step, first)
    return lambda number: walking(min(number, first + steps)) if number >= first else None


def sure(track: int, number: int) -> float:
    """A detector that sees everybody."""
    return 0.9


@dataclasses.dataclass
class Truthful:
    """Answers as a detector that is right would: `score` by track and number of frame, `near` of a close look."""

    scene: Scene
    score: Callable[[int, int], float] = sure
    near: float = 0.8
    looks: list[float] = dataclasses.field(default_factory=list)
    close_looks: list[Box] = dataclasses.field(default_factory=list)
    protection: Protection = Protection.FULL

    def whole(self, frame: RawFrame, time: float) -> list[Detection]:
        self.looks.append(time)
        found = ((box, self.score(person.track, number_at(time))) for person, box in self.scene.boxes(number_at(time)))
        return [Detection(box, ObjectClass.PERSON, score) for box, score in found if score > 0]

    def close(self, frame: RawFrame, place: Box) -> float:
        self.close_looks.append(place)
        number = frame.pts * RATE // TICKS_PER_SECOND
        there = any(box.overlap(place) > 0 for _, box in self.scene.boxes(number))
        return self.near if there else 0.0


def number_at(time: float) -> int:
    return round(time * RATE)


def sight_of(scene: Scene, answers: Truthful, plate: Plate | None = None) -> Sight:
    """Everything that makes a view of the scene, as the program puts it together."""
    redactor = Redactor(plate or Plate(Geometry(scene.width, scene.height)))
    return Sight(answers, Tracker(scene.width, scene.height), redactor, SightOptions())


def view(scene: Scene, sight: Sight, count: int, first: int = 0) -> list[ShownFrame]:
    """The view of frames `first` to `count` - 1, all of them: the stream ends there."""
    shown: list[ShownFrame] = []
    for number in range(first, count):
        shown += sight.take(scene.frame(number), number / RATE)
    return [*shown, *sight.finish()]
