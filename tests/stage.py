"""A stage for redaction: an empty street, who comes onto it, what light and wind do there, with the truth to the pixel.

The street is a real one where its footage is at hand, else one that is made here. Who is on it is either made here
(checks, stripes, noise, the ground's own colours) or cut out of footage while the test runs (tests/cutouts.py). Every
picture is made anew from its number, so a stage can be gone through as often as wanted and never changes.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.leak import Label, Labels, Picture
from watchglass.base.clock import WallUs
from watchglass.model.frame import RawFrame
from watchglass.model.media import TICKS_PER_SECOND, Ticks
from watchglass.model.vision import Box, ObjectClass
from watchglass.redact.shown import ShownFrame

Place = tuple[float, float]
"""Where somebody stands: the middle of their feet, in pixels."""

Path2D = Callable[[int], Place | None]
"""Where somebody is on a frame; None while they are away."""

WIDTH, HEIGHT = 384, 288


@dataclasses.dataclass(frozen=True, eq=False)
class Look:
    """What somebody looks like: Y, U and V (3, height, width), and how much of what is behind each pixel hides, 0 to 1."""

    planes: Picture
    alpha: npt.NDArray[np.float32]

    @property
    def width(self) -> int:
        return int(self.alpha.shape[1])

    @property
    def height(self) -> int:
        return int(self.alpha.shape[0])

    def sized(self, width: int, height: int) -> "Look":
        how = cv2.INTER_AREA if width < self.width else cv2.INTER_LINEAR
        planes = [cv2.resize(plane, (width, height), interpolation=how) for plane in self.planes]
        alpha = cv2.resize(self.alpha, (width, height), interpolation=how)
        return Look(np.stack(planes).astype(np.uint8), alpha.astype(np.float32))

    def tall(self, height: int) -> "Look":
        """The same of another height, its shape kept."""
        return self.sized(max(4, round(self.width * height / self.height)), height)

    def lying(self) -> "Look":
        planes = np.stack([np.rot90(plane) for plane in self.planes])
        return Look(np.ascontiguousarray(planes), np.ascontiguousarray(np.rot90(self.alpha)))

    def upper(self, share: float) -> "Look":
        """What is seen of somebody behind a wall or in a car: from the head down to a share of the height."""
        rows = max(1, round(share * self.height))
        return Look(self.planes[:, :rows], self.alpha[:rows])


@dataclasses.dataclass(frozen=True, eq=False)
class Actor:
    """Somebody or something: where on which frame, what it looks like there, and what it is in truth."""

    track: int
    look: Look | Callable[[int], Look]
    at: Path2D
    label: ObjectClass = ObjectClass.PERSON

    def looks(self, number: int) -> Look:
        return self.look if isinstance(self.look, Look) else self.look(number)

    def box(self, number: int) -> Box | None:
        """Where it is, not cut off at the picture's edge."""
        place = self.at(number)
        if place is None:
            return None
        look = self.looks(number)
        left, top = round(place[0] - look.width / 2), round(place[1] - look.height)
        return Box(left, top, left + look.width, top + look.height)


@dataclasses.dataclass(frozen=True, eq=False)
class Stage:
    """A street and what happens on it. `light` is by how many levels a frame is brighter; actors are drawn in order.

    `noise` is the sensor's, in levels; `branch` is a place where leaves wave, by so few levels that the empty street can
    still be told there.
    """

    backdrop: Picture
    actors: Sequence[Actor]
    rate: float = 5.0
    light: Callable[[int], float] = lambda _: 0.0
    noise: float = 2.0
    branch: Box | None = None

    @property
    def width(self) -> int:
        return int(self.backdrop.shape[2])

    @property
    def height(self) -> int:
        return int(self.backdrop.shape[1])

    @functools.cached_property
    def _grains(self) -> list[npt.NDArray[np.int16]]:
        dice = np.random.default_rng(7)
        return [np.rint(dice.normal(0, self.noise, self.backdrop.shape)).astype(np.int16) for _ in range(5)]

    @functools.cached_property
    def _leaves(self) -> npt.NDArray[np.float32]:
        dice = np.random.default_rng(11)
        coarse = dice.uniform(-18, 18, (self.height // 4, self.width // 4)).astype(np.float32)
        return cv2.resize(coarse, (self.width, self.height)).astype(np.float32)

    def picture(self, number: int) -> Picture:
        """Frame `number`, Y, U and V at full size."""
        picture = self.backdrop.astype(np.int16)
        if self.branch is not None:
            self._wave(picture, self.branch, number)
        for actor in self.actors:
            if (box := actor.box(number)) is not None:
                draw(picture, actor.looks(number), int(box.left), int(box.top))
        picture += self._grains[number % len(self._grains)]
        picture[0] += round(self.light(number))
        return picture.clip(1, 254).astype(np.uint8)

    def _wave(self, picture: npt.NDArray[np.int16], box: Box, number: int) -> None:
        sway = round(5 * np.sin(number * 0.9) + 3 * np.sin(number * 2.3))
        place = (slice(int(box.top), int(box.bottom)), slice(int(box.left), int(box.right)))
        picture[0][place] += np.roll(self._leaves, sway, axis=1)[place].astype(np.int16)

    def frame(self, number: int, *, jump: bool = False) -> RawFrame:
        return raw(self.picture(number), self.time(number), jump=jump)

    def time(self, number: int) -> float:
        return number / self.rate

    def number(self, time: float) -> int:
        return round(time * self.rate)

    def boxes(self, number: int) -> list[tuple[Actor, Box]]:
        """Who is in the picture, and where, as far as the picture goes."""
        found = []
        for actor in self.actors:
            box = actor.box(number)
            if box is None:
                continue
            inside = box.clipped(self.width, self.height)
            if inside.width >= 8 and inside.height >= 8:
                found.append((actor, inside))
        return found

    def people(self, number: int) -> list[Label]:
        """The truth of a frame: whole figures, also where the picture's edge cuts them off."""
        found = [(actor, actor.box(number)) for actor, _ in self.boxes(number) if actor.label is ObjectClass.PERSON]
        return [Label(actor.track, box.left, box.top, box.width, box.height) for actor, box in found if box is not None]

    def truth(self, numbers: Iterable[int]) -> Labels:
        """Labels of some frames, which are counted from 1 as they come."""
        return {place: self.people(number) for place, number in enumerate(numbers, start=1)}

    def write_truth(self, path: Path, count: int) -> Path:
        """The truth of the first `count` frames in MOTChallenge form."""
        lines = [
            f"{number},{one.track},{one.left:g},{one.top:g},{one.width:g},{one.height:g},1,-1,-1,-1"
            for number, found in self.truth(range(count)).items()
            for one in found
        ]
        path.write_text("\n".join(lines) + "\n", encoding="ascii")
        return path


@dataclasses.dataclass(frozen=True, eq=False)
class Cut(Stage):
    """A stage that is `then` another from frame `at` on: the camera was turned, or its light switched."""

    then: "Stage | None" = None
    at: int = 0

    def _of(self, number: int) -> Stage | None:
        return self.then if number >= self.at else None

    def picture(self, number: int) -> Picture:
        then = self._of(number)
        return then.picture(number) if then else super().picture(number)

    def boxes(self, number: int) -> list[tuple[Actor, Box]]:
        then = self._of(number)
        return then.boxes(number) if then else super().boxes(number)


def cut(first: Stage, then: Stage, at: int) -> Cut:
    """`first`, and from frame `at` on `then`."""
    return Cut(first.backdrop, first.actors, first.rate, first.light, first.noise, first.branch, then, at)


def draw(picture: npt.NDArray[np.int16], look: Look, left: int, top: int) -> None:
    _, height, width = picture.shape
    rows = slice(max(0, top), max(0, min(height, top + look.height)))
    columns = slice(max(0, left), max(0, min(width, left + look.width)))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    inner = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    alpha = look.alpha[inner]
    for plane, colours in zip(picture, look.planes, strict=True):
        plane[rows, columns] = np.rint(plane[rows, columns] * (1 - alpha) + colours[inner] * alpha).astype(np.int16)


def raw(picture: Picture, time: float, *, jump: bool = False) -> RawFrame:
    """A camera's frame of a picture."""
    y, u, v = picture
    half = (y.shape[1] // 2, y.shape[0] // 2)
    small_u, small_v = (cv2.resize(plane, half, interpolation=cv2.INTER_AREA).astype(np.uint8) for plane in (u, v))
    return RawFrame(
        np.ascontiguousarray(y),
        small_u,
        small_v,
        Ticks(round(time * TICKS_PER_SECOND)),
        WallUs(round(time * 1_000_000)),
        jump,
    )


def seen(shown: ShownFrame) -> Picture:
    """What is shown, Y, U and V at full size."""
    size = (shown.width, shown.height)
    u, v = (cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST) for plane in (shown.u, shown.v))
    return np.stack([shown.y, u, v]).astype(np.uint8)


def made_street(width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """An empty street of our own: paving, a kerb and a wall."""
    dice = np.random.default_rng(99)
    across = np.linspace(70, 150, width)[None, :] + np.linspace(0, 40, height)[:, None]
    stones = np.kron(dice.integers(-18, 19, (height // 8 + 1, width // 8 + 1)), np.ones((8, 8)))[:height, :width]
    y = across + stones + dice.normal(0, 3, across.shape)
    y[: height // 4] -= 25
    return np.stack([y, np.full_like(y, 124), np.full_like(y, 131)]).clip(16, 235).astype(np.uint8)


KINDS = ("checks", "stripes", "noise", "camouflage")


def figure(kind: str, width: int = 24, height: int = 64, *, ground: float = 120.0, seed: int = 1) -> Look:
    """A head of half the width upon a body, dressed in a pattern. `camouflage` is close to a ground of that luma."""
    dice = np.random.default_rng(seed)
    down, across = np.mgrid[0:height, 0:width]
    match kind:
        case "checks":
            y = np.where((down // 4 + across // 4) % 2 == 0, 60.0, 190.0)
        case "stripes":
            y = np.where(down // 3 % 2 == 0, 45.0, 200.0)
        case "noise":
            y = dice.uniform(30, 220, (height, width))
        case "camouflage":  # patches that differ from the ground by a little more than noise, up and down
            patches = dice.choice([-34.0, -22.0, 22.0, 34.0], (height // 6 + 1, width // 6 + 1))
            y = ground + np.kron(patches, np.ones((6, 6)))[:height, :width]
        case _:
            raise ValueError(kind)
    colour = (128.0, 128.0) if kind == "camouflage" else (104.0, 150.0)
    alpha = np.ones((height, width), np.float32)
    head = round(0.2 * height)
    alpha[:head, : width // 4] = alpha[:head, -(width // 4) :] = 0.0
    return Look(np.stack([y, *(np.full_like(y, level) for level in colour)]).clip(16, 235).astype(np.uint8), alpha)


def block(width: int, height: int, luma: float = 70.0, *, u: float = 140.0, v: float = 110.0, seed: int = 5) -> Look:
    """A thing with some texture: a car, a bag, a dog, a bicycle."""
    dice = np.random.default_rng(seed)
    y = luma + cv2.resize(dice.uniform(-20, 20, (max(2, height // 6), max(2, width // 6))), (width, height))
    planes = np.stack([y, np.full_like(y, u), np.full_like(y, v)]).clip(16, 235).astype(np.uint8)
    return Look(planes, np.ones((height, width), np.float32))


def stands(place: Place, first: int = 0, last: int = 1 << 30) -> Path2D:
    """In one place, from frame `first` to frame `last`."""
    return lambda number: place if first <= number <= last else None


def walks(*stops: tuple[int, Place], last: int = 1 << 30) -> Path2D:
    """From place to place, each reached on its frame; there from the first, and at the last one until frame `last`."""
    numbers = [number for number, _ in stops]

    def at(number: int) -> Place | None:
        if not numbers[0] <= number <= last:
            return None
        return (
            float(np.interp(number, numbers, [place[0] for _, place in stops])),
            float(np.interp(number, numbers, [place[1] for _, place in stops])),
        )

    return at
