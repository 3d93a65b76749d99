"""Scenes on which nothing happens, for five minutes: shadows, rain, a swaying branch, headlights at night, an insect on the lens.

Each is an empty street (tests/stage.py) to which something is done that is no event, and that many an alarm has been about. The
first `CALM` seconds it keeps still, so that the street is learnt and rules are awake when it begins. Then come five minutes of it,
and then, while it goes on, what does happen: somebody walks through, a bag is put down, the lens is covered. So whoever hears
nothing in the five minutes has been listening.

Every picture is made anew from its number and the seed of its scene, and is the same each time.
"""

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import footage
from benchmarks.leak import Picture
from tests.stage import Actor, Look, Stage, block, draw, stands, walks

RATE = footage.RATE
CALM, LONG = 20, 300
BEGINS, ENDS = CALM * RATE, (CALM + LONG) * RATE
"""Frames between which a scene does what it does and nothing happens."""

WALK, REST, HAND = 14, 26, 12
"""Seconds of what happens then: somebody walks, what they put down lies there, the lens is covered."""

COVERED = ENDS + (WALK + REST) * RATE
LAST = COVERED + HAND * RATE

_BLACK = 16.0  # luma of limited range

Floats = npt.NDArray[np.float32]
Disturb = Callable[[Floats, int], None]
"""Does to the picture of a frame (Y, U and V as floats) what its scene does."""


@dataclasses.dataclass(frozen=True, eq=False)
class Quiet(Stage):
    """A stage to which something is done that is no event."""

    disturb: Disturb = lambda _picture, _number: None

    @functools.cached_property
    def _sensor(self) -> list[Floats]:
        dice = np.random.default_rng(17)
        _, height, width = self.backdrop.shape
        grains = []
        for _ in range(23):
            luma = dice.normal(0, self.noise, (height, width))
            # A sensor's colours are noisy in larger grains.
            coarse = dice.normal(0, 0.7 * self.noise, (2, height // 2, width // 2))
            grains.append(np.stack([luma, *(cv2.resize(one, (width, height)) for one in coarse)]).astype(np.float32))
        return grains

    def picture(self, number: int) -> Picture:
        whole = self.backdrop.astype(np.int16)
        for actor in self.actors:
            if (box := actor.box(number)) is not None:
                draw(whole, actor.looks(number), int(box.left), int(box.top))
        picture: Floats = whole.astype(np.float32)
        self.disturb(picture, number)
        if number >= COVERED:
            picture[:] = np.array([52.0, 126.0, 131.0], np.float32)[:, None, None]
        picture += self._sensor[number * 7 % len(self._sensor)]
        return picture.clip(1, 254).astype(np.uint8)


def film(stage: Stage, path: Path, numbers: Sequence[int]) -> Path:
    """Frames of a stage as a camera sends them: H.264 with a keyframe every 4 s, 10 frames a second."""

    def frames() -> Iterator[av.VideoFrame]:
        for number in numbers:
            picture = stage.picture(number)
            yield av.VideoFrame.from_ndarray(picture, format="yuv444p").reformat(format="yuv420p")

    footage.encode(frames(), path, gop=4 * RATE, crf=25)
    return path


def what_happens(person: Look, width: int, height: int) -> list[Actor]:
    """Somebody goes through from the left to the right and puts down a bag on the way."""
    ground, bag = 0.86 * height, block(34, 28, 200.0, u=150, v=100)
    start, end = (ENDS, (0.08 * width, ground)), (ENDS + WALK * RATE, (1.1 * width, ground))
    put_down = stands((0.42 * width, ground + 6), first=ENDS + WALK * RATE // 2)
    return [Actor(2, bag, put_down), Actor(1, person, walks(start, end, last=ENDS + WALK * RATE))]


# ---- light and shadow


def shadows(width: int, height: int) -> Disturb:
    """Clouds go over the street, and the shadow of a tree's crown wanders and stirs on it."""
    clouds = _field(height, 4 * width, 26, seed=31)
    leaves = _field(height + 80, 2 * width + 80, 5, seed=32)
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)

    def disturb(picture: Floats, number: int) -> None:
        time = max(0, number - BEGINS) / RATE
        shade = np.zeros((height, width), np.float32)
        if number >= BEGINS:
            # In from the left, then one cloud after another, faster and slower.
            far = (9 * time + 12 * math.sin(time / 9)) % (3 * width)
            cloud = _smooth(_window(clouds, far, 0, width, height), 0.2, 1.0)
            shade = 0.45 * cloud * min(1.0, time / 6)
        # The tree stands beside the picture; its shadow goes over the yard as the sun does, within five minutes.
        middle = 0.15 * width + 0.55 * width * time / LONG
        crown = np.exp(-((((across - middle) / 60) ** 2 + ((down - 0.62 * height) / 50) ** 2) ** 2))
        stir = 4 * math.sin(1.9 * time) + 2 * math.sin(4.7 * time) if number >= BEGINS else 0.0
        dapple = _smooth(_window(leaves, 30 + 0.3 * time + stir, 30 + stir / 3, width, height), -0.4, 0.4)
        tree = crown * dapple
        light = (1 - shade) * (1 - 0.4 * tree * (1 - shade / 0.6))
        picture[0] = _BLACK + (picture[0] - _BLACK) * light
        picture[1:] = 128 + (picture[1:] - 128) * light
        picture[1] += 2 * (1 - light)  # the sky's light is bluish

    return disturb


# ---- rain


def rain(width: int, height: int) -> Disturb:
    """Streaks far and near, drizzle and downpour by turns, drops that burst on the ground, and all behind a veil."""
    layers = [
        (_streaks(width, height, *shape, seed=40 + place), light) for place, (shape, light) in enumerate(_STREAKS)
    ]
    ground = np.arange(height)[:, None] > height * 0.3

    def disturb(picture: Floats, number: int) -> None:
        if number < BEGINS:
            return
        time = (number - BEGINS) / RATE
        dice = np.random.default_rng([41, number])
        gust = 0.5 + 0.3 * math.sin(time / 23) + 0.2 * math.sin(time / 5.3)
        much = min(1.0, time / 8) * gust
        picture[0] -= 0.12 * min(1.0, time / 60) * (picture[0] - _BLACK)  # wet
        picture[0] += 0.2 * much * (145 - picture[0])
        picture[1:] += 0.2 * much * (128 - picture[1:])
        for streaks, light in layers:
            left, top = dice.integers(0, 128, 2)
            window = streaks[top : top + height, left : left + width]
            picture[0] += (light * (0.4 + 0.6 * much)) * window * (window > 1.15 - much)
        burst = (dice.random((height, width)) < 0.0006 * much) & ground
        picture[0] += 45 * cv2.dilate(burst.astype(np.float32), np.ones((1, 3), np.uint8))

    return disturb


# Length, thickness and number of the streaks, for a picture of 384 x 288; and by how many levels they are lighter.
_STREAKS = (((7, 0.5, 2600), 14.0), ((14, 0.7, 800), 24.0), ((34, 1.3, 90), 38.0))


def _streaks(width: int, height: int, length: int, thick: float, count: int, *, seed: int) -> Floats:
    """Falling drops, 0 to 1, each as bright as chance will have it; larger than the picture by 128."""
    dice = np.random.default_rng(seed)
    shape = (height + 128, width + 128)
    sparse = np.zeros(shape, np.float32)
    sparse[dice.integers(0, shape[0], count), dice.integers(0, shape[1], count)] = dice.uniform(0.3, 1.0, count)
    kernel = np.zeros((length, length), np.float32)
    cv2.line(kernel, (length // 2 + length // 10, 0), (length // 2 - length // 10, length - 1), 1.0, 1, cv2.LINE_AA)
    drawn = cv2.GaussianBlur(cv2.filter2D(sparse, -1, kernel), (0, 0), thick)
    made: Floats = (drawn / max(1e-6, float(np.quantile(drawn[drawn > 1e-4], 0.98)))).clip(0, 1).astype(np.float32)
    return made


# ---- wind


def branch(width: int, height: int) -> Disturb:
    """A branch hangs in from the upper left edge, a young tree stands in the yard; gusts move both, and all their leaves."""
    plants = (
        _Plant(foliage(190, 130, 300, seed=51, hanging=True), (-12, -16), (0.0, 20.0), 5.0),
        _Plant(
            foliage(96, 120, 190, seed=52, hanging=False),
            (round(0.62 * width), round(0.42 * height)),
            (48.0, 118.0),
            4.0,
        ),
    )

    def disturb(picture: Floats, number: int) -> None:
        time = (number - BEGINS) / RATE
        wind = 0.35 + 0.35 * math.sin(time / 11) + 0.3 * max(0.0, math.sin(time / 3.7)) if number >= BEGINS else 0.0
        for place, plant in enumerate(plants):
            plant.draw(picture, time + 7 * place, max(0.0, wind))

    return disturb


@dataclasses.dataclass(frozen=True, eq=False)
class _Plant:
    """Leaves at a place (left, top) that turn about their root by so many degrees."""

    look: Look
    at: tuple[int, int]
    root: tuple[float, float]
    degrees: float

    @functools.cached_property
    def _phase(self) -> Floats:
        return 2.5 * _field(self.look.height, self.look.width, 9, seed=53)

    def draw(self, picture: Floats, time: float, wind: float) -> None:
        """As they are at a time, in a wind of 0 to 1."""
        look = self.look
        angle = self.degrees * wind * (0.4 + math.sin(2.2 * time) + 0.4 * math.sin(6.1 * time + 1))
        turn = cv2.getRotationMatrix2D(self.root, angle, 1.0)
        down, across = np.mgrid[0 : look.height, 0 : look.width].astype(np.float32)
        inverse = cv2.invertAffineTransform(turn).astype(np.float32)
        flutter = (0.4 + 2.2 * wind) * (wind > 0) * np.sin(11 * time + self._phase * 3)
        far = np.hypot(across - self.root[0], down - self.root[1]) / max(look.width, look.height)
        to_x = inverse[0, 0] * across + inverse[0, 1] * down + inverse[0, 2] + flutter * far
        to_y = inverse[1, 0] * across + inverse[1, 1] * down + inverse[1, 2] + 0.6 * flutter * far
        moved = [
            cv2.remap(plane.astype(np.float32), to_x.astype(np.float32), to_y.astype(np.float32), cv2.INTER_LINEAR)
            for plane in (*look.planes, look.alpha)
        ]
        blend(picture, moved[:3], moved[3], self.at)


def foliage(width: int, height: int, leaves: int, *, seed: int, hanging: bool) -> Look:
    """A bough with twigs and so many leaves, each of its own green, lighter where the sun gets."""
    dice, fine = np.random.default_rng(seed), 4
    bgr = np.full((height * fine, width * fine, 3), (40, 62, 58), np.uint8)
    alpha = np.zeros((height * fine, width * fine), np.uint8)
    root, tip = ((0.0, 0.12), (0.85, 0.7)) if hanging else ((0.5, 1.0), (0.5, 0.15))
    twigs = []
    for share in np.linspace(0.15, 1.0, 13):
        bend = 0.08 * math.sin(3 * share)
        start = np.array([root[0] + (tip[0] - root[0]) * share + bend, root[1] + (tip[1] - root[1]) * share])
        end = start + dice.uniform(-0.22, 0.22, 2) * (1.0 if hanging else (1.4, 0.8))
        twigs.append((start, end))
    size = np.array([width, height]) * fine
    bough = [(root, twigs[0][0]), *((one[0], other[0]) for one, other in itertools.pairwise(twigs))]
    for (start, end), thick in [(one, 4 * fine) for one in bough] + [(one, fine) for one in twigs]:
        ends = [tuple((np.asarray(point) * size).astype(int).tolist()) for point in (start, end)]
        cv2.line(alpha, ends[0], ends[1], 255, thick, cv2.LINE_AA)
    for _ in range(leaves):
        start, end = twigs[dice.integers(len(twigs))]
        middle = (start + (end - start) * dice.random() + dice.normal(0, 0.03, 2)) * size
        axes = (int(dice.integers(5, 9) * fine / 2), int(dice.integers(2, 5) * fine / 2))
        light = float(dice.uniform(0.5, 1.35))
        green = tuple(float(level * light) for level in (38, 92 + dice.integers(-12, 12), 66))
        where = (tuple(middle.astype(int).tolist()), axes, float(dice.uniform(0, 180)), 0, 360)
        cv2.ellipse(bgr, *where, green, -1, cv2.LINE_AA)
        cv2.ellipse(alpha, *where, 255, -1, cv2.LINE_AA)
    return _look(bgr, alpha, (width, height))


# ---- headlights


def headlights(width: int, height: int) -> Disturb:
    """A dark street with a lamp; lights of cars that go by out of sight sweep over it: discs, halos and pools of light."""
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    lamp = 0.75 * np.exp(
        -(((across - 0.8 * width) / (0.28 * width)) ** 2 + ((down - 0.45 * height) / (0.4 * height)) ** 2)
    )
    night = (0.24 + lamp).astype(np.float32)
    sweeps = _sweeps(width, height)

    def disturb(picture: Floats, number: int) -> None:
        glare, light = np.zeros((height, width), np.float32), night.copy()
        for sweep in sweeps:
            share = (number - sweep.first) / sweep.frames
            if 0 <= share <= 1:
                sweep.shine(glare, light, share, (across, down))
        dim = 1 - 0.3 * min(1.0, float(glare.mean()) / 40)  # the camera shuts its iris
        picture[0] = _BLACK + (picture[0] - _BLACK) * light * dim + glare
        picture[1:] = 128 + (picture[1:] - 128) * np.minimum(1.0, 0.35 + 0.5 * light)
        warm = np.minimum(1.0, glare / 160)
        picture[1] -= 7 * warm
        picture[2] += 4 * warm

    return disturb


@dataclasses.dataclass(frozen=True, slots=True)
class _Sweep:
    """Lights that go from one place to another in some frames, and grow: two discs, one, or (none) their pool alone."""

    first: int
    frames: int
    start: tuple[float, float]
    end: tuple[float, float]
    radius: tuple[float, float]
    discs: int

    def shine(self, glare: Floats, light: Floats, share: float, grid: tuple[Floats, Floats]) -> None:
        """Add its glare, and what it lights of the street, at a share of its way."""
        across, down = grid
        x, y = (one + (other - one) * share for one, other in zip(self.start, self.end, strict=True))
        radius = self.radius[0] + (self.radius[1] - self.radius[0]) * share
        for place in range(self.discs):
            away = np.hypot(across - x - (place - (self.discs - 1) / 2) * 4.5 * radius, down - y)
            glare += 330 * np.exp(-((away / radius) ** 4)) + 110 * np.exp(-away / (3.5 * radius))
        ahead = math.copysign(1.0, self.end[0] - self.start[0])
        pool = ((across - x - ahead * 7 * radius) / (9 * radius)) ** 2 + ((down - y - 4 * radius) / (2.6 * radius)) ** 2
        light += 1.7 * math.sin(math.pi * share) * np.exp(-pool)


def _sweeps(width: int, height: int) -> list[_Sweep]:
    """One car after another, near and far, each way, some towards us."""
    dice, found, first = np.random.default_rng(61), list[_Sweep](), BEGINS
    while first < LAST:
        frames, y = int(dice.integers(25, 90)), float(dice.uniform(0.35, 0.75)) * height
        near = y / height
        kind = int(dice.integers(0, 4))
        ends = (-0.2 * width, 1.2 * width) if dice.random() < 0.5 else (1.2 * width, -0.2 * width)
        if kind == 0:  # towards us, round a bend
            x = float(dice.uniform(0.2, 0.8)) * width
            found.append(
                _Sweep(
                    first, frames, (x, 0.3 * height), (x + float(dice.uniform(-120, 120)), 1.1 * height), (1.5, 9), 2
                )
            )
        elif kind == 3:  # its light alone, over what it passes
            found.append(_Sweep(first, frames, (ends[0], y), (ends[1], y), (10, 10), 0))
        else:
            found.append(_Sweep(first, frames, (ends[0], y), (ends[1], y + 8), (7 * near, 7 * near), kind))
        first += frames // 2 + int(dice.integers(10, 120))
    return found


# ---- an insect on the lens


def insect(width: int, height: int) -> Disturb:
    """It flies on, crawls, sits for up to a minute and flies off; so near that it is large, dark and never in focus."""
    poses = _poses(width, height)
    looks = [_insect(step) for step in (-1.0, 0.0, 1.0)]

    def disturb(picture: Floats, number: int) -> None:
        pose = poses.get(number)
        if pose is None:
            return
        look = looks[1 if pose.step is None else pose.step % 3]
        turn = cv2.getRotationMatrix2D((look.width / 2, look.height / 2), -math.degrees(pose.heading), pose.scale)
        turn[:, 2] += np.array([pose.x - look.width / 2, pose.y - look.height / 2])
        alpha = cv2.warpAffine(look.alpha, turn, (width, height))
        if pose.flies:  # it goes far while the shutter is open
            reach = 31
            kernel = np.zeros((reach, reach), np.float32)
            away = np.array([math.cos(pose.heading), math.sin(pose.heading)]) * reach / 2
            ends = [tuple((reach / 2 + sign * away).astype(int).tolist()) for sign in (-1, 1)]
            cv2.line(kernel, ends[0], ends[1], 1.0, 1)
            alpha = cv2.filter2D(alpha, -1, kernel / kernel.sum())
        planes = [
            cv2.warpAffine(plane, turn, (width, height), borderMode=cv2.BORDER_REPLICATE) for plane in look.planes
        ]
        blend(picture, planes, alpha.astype(np.float32), (0, 0))

    return disturb


@dataclasses.dataclass(frozen=True, slots=True)
class _Pose:
    """Where it is, where it looks (radians), which legs are before the others (None: it sits)."""

    x: float
    y: float
    heading: float
    scale: float
    step: int | None = None
    flies: bool = False


def _poses(width: int, height: int) -> dict[int, _Pose]:
    """By number of frame; there is none while it is away."""
    dice, found, number = np.random.default_rng(71), dict[int, _Pose](), BEGINS
    sits = iter([4, 30, 9, 65, 3, 15, 45, 6, 8, 20, 40, 5])
    while number < ENDS + WALK * RATE:
        scale = float(dice.choice([0.8, 1.0, 1.0, 1.7]))
        x, y, heading = (
            float(dice.uniform(0.15, 0.85)) * width,
            float(dice.uniform(0.2, 0.8)) * height,
            float(dice.uniform(0, 6.3)),
        )
        for step in range(5, 0, -1):  # on
            away = (math.cos(heading) * 55 * step, math.sin(heading) * 55 * step)
            found[number] = _Pose(x - away[0], y - away[1], heading, 1.3 * scale, flies=True)
            number += 1
        for _ in range(2):  # sits, crawls, sits, crawls
            for _ in range(next(sits, 5) * RATE):
                number += 1
                found[number] = _Pose(x, y, heading, scale)
            pace = float(dice.uniform(2, 7))
            for step in range(int(dice.integers(15, 70))):
                heading += float(dice.normal(0, 0.12))
                x, y = x + pace * math.cos(heading), y + pace * math.sin(heading)
                if not (0.1 * width < x < 0.9 * width and 0.12 * height < y < 0.88 * height):
                    heading = math.atan2(height / 2 - y, width / 2 - x)
                number += 1
                found[number] = _Pose(x, y, heading, scale, step)
        for step in range(1, 6):  # and off
            away = (math.cos(heading) * 60 * step, math.sin(heading) * 60 * step)
            found[number + step] = _Pose(x + away[0], y + away[1], heading, 1.4 * scale, flies=True)
        number += 6 + int(dice.integers(10, 60))
    return found


def _insect(step: float) -> Look:
    """From below, 116 x 84 pixels, blurred as whatever sits on a lens is: body, wings one sees through, six legs."""
    width, height, fine = 116, 84, 4
    bgr = np.full((height * fine, width * fine, 3), (26, 30, 33), np.uint8)
    alpha = np.zeros((height * fine, width * fine), np.uint8)

    def at(x: float, y: float) -> tuple[int, int]:
        return round(x * fine), round(y * fine)

    for side in (-1, 1):
        wing = (at(46, 42 + side * 13), (round(25 * fine), round(8 * fine)), -side * 16.0, 0, 360)
        cv2.ellipse(bgr, *wing, (96, 104, 108), -1, cv2.LINE_AA)
        cv2.ellipse(alpha, *wing, 110, -1, cv2.LINE_AA)
        for place, root in enumerate((50, 58, 66)):
            swing = step * 5 * (1 if (place % 2 == 0) == (side > 0) else -1)
            knee = at(root + (place - 1) * 8 + swing / 2, 42 + side * 22)
            cv2.line(alpha, at(root, 42 + side * 5), knee, 235, 2 * fine, cv2.LINE_AA)
            cv2.line(alpha, knee, at(root + (place - 1) * 17 + swing, 42 + side * 35), 220, 2 * fine - 2, cv2.LINE_AA)
    for x, long, wide in ((42, 19, 10), (63, 10, 8), (77, 7, 6)):
        cv2.ellipse(bgr, at(x, 42), (long * fine, wide * fine), 0, 0, 360, (22, 26, 30), -1, cv2.LINE_AA)
        cv2.ellipse(alpha, at(x, 42), (long * fine, wide * fine), 0, 0, 360, 250, -1, cv2.LINE_AA)
    look = _look(bgr, alpha, (width, height))
    return Look(look.planes, cv2.GaussianBlur(look.alpha, (0, 0), 3.0).astype(np.float32))


# ---- what all have


def blend(picture: Floats, planes: Sequence[npt.NDArray[np.generic]], alpha: Floats, at: tuple[int, int]) -> None:
    """Put something (Y, U and V) upon a picture, its left upper corner at a place."""
    _, height, width = picture.shape
    left, top = at
    tall, wide = alpha.shape
    rows = slice(max(0, top), max(0, min(height, top + tall)))
    columns = slice(max(0, left), max(0, min(width, left + wide)))
    inner = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    for ground, plane in zip(picture, planes, strict=True):
        ground[rows, columns] += (plane[inner] - ground[rows, columns]) * alpha[inner]


def _look(bgr: npt.NDArray[np.uint8], alpha: npt.NDArray[np.uint8], size: tuple[int, int]) -> Look:
    """What was drawn larger, in its own size."""
    small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    y, v, u = cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2YCrCb))
    planes = np.stack([y * (219 / 255) + _BLACK, u, v]).astype(np.uint8)
    return Look(planes, (cv2.resize(alpha, size, interpolation=cv2.INTER_AREA) / np.float32(255)).astype(np.float32))


def _field(height: int, width: int, size: float, *, seed: int) -> Floats:
    """Soft hills and hollows of about so many pixels, with a mean of 0 and a deviation of 1."""
    dice = np.random.default_rng(seed)
    noise = dice.normal(0, 1, (height, width)).astype(np.float32)
    hills = cv2.GaussianBlur(noise, (0, 0), size)
    hills = hills / hills.std() + 0.35 * (fine := cv2.GaussianBlur(noise, (0, 0), size / 3)) / fine.std()
    made: Floats = ((hills - hills.mean()) / hills.std()).astype(np.float32)
    return made


def _window(field: Floats, left: float, top: float, width: int, height: int) -> Floats:
    """A part of a field, from a place between its pixels."""
    move = np.array([[1, 0, -left], [0, 1, -top]], np.float32)
    return cv2.warpAffine(field, move, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT).astype(
        np.float32
    )


def _smooth(field: Floats, low: float, high: float) -> Floats:
    """0 under `low`, 1 over `high`, and no edge between."""
    share = ((field - low) / (high - low)).clip(0, 1)
    made: Floats = (share * share * (3 - 2 * share)).astype(np.float32)
    return made


SCENES: dict[str, Callable[[int, int], Disturb]] = {
    "shadow": shadows,
    "rain": rain,
    "branch": branch,
    "headlights": headlights,
    "insect": insect,
}

NOISE = {"headlights": 5.0}
"""Levels of the sensor's noise, where they are not 2."""


def scene(name: str, backdrop: Picture, person: Look | None = None) -> Quiet:
    """A scene by its name; with what happens in the end, if there is somebody to whom it may."""
    _, height, width = backdrop.shape
    actors = [] if person is None else what_happens(person, width, height)
    return Quiet(backdrop, actors, rate=RATE, noise=NOISE.get(name, 2.0), disturb=SCENES[name](width, height))
