"""Where things on the ground are, in metres: four points of the picture whose places on the ground somebody has measured.

They give a homography of the ground: https://en.wikipedia.org/wiki/Homography_(computer_vision). It holds for a ground that is
flat, and between the four points; with it goes how wrong a speed may be that is told from it.
"""

import dataclasses
import itertools
import math

import numpy as np

from watchglass.base.errors import UsageError
from watchglass.model.place import Point, Zone, check_inside

SEEN = 0.005
"""How far a point that somebody set, or a box's anchor, may lie from where it should: of the picture's width and height."""

MEASURED = 0.02
"""How wrong distances on the ground may be that somebody measured: two in a hundred."""

LARGEST = 1000.0
"""Metres between points on the ground, at most."""

_LEAST_METRES = 1.0
_FLATTEST = 0.03  # height of a triangle by its longest side: less is a line
_KMH = 3.6

_Map = tuple[float, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Ground:
    """A place on the ground, metres to two sides from any point that was chosen."""

    x: float
    y: float


@dataclasses.dataclass(frozen=True, slots=True)
class Speed:
    """In km/h, and how many of them it may be wrong by."""

    kmh: float
    error: float


@dataclasses.dataclass(frozen=True, slots=True)
class Calibration:
    """Four points around a piece of flat ground, and their places on it, in the same order. UsageError where they are none."""

    image: tuple[Point, ...]
    ground: tuple[Ground, ...]
    _maps: tuple[_Map, ...] = dataclasses.field(init=False, repr=False, compare=False)
    """The homography, and eight more: with each coordinate of the image points off by `SEEN`."""

    def __post_init__(self) -> None:
        if len(self.image) != 4 or len(self.ground) != 4:
            raise UsageError("A calibration needs four points of the picture, and for each its place on the ground.")
        for point in self.image:
            check_inside(point, "The calibration")
        places = [(place.x, place.y) for place in self.ground]
        if not all(math.isfinite(number) for place in places for number in place):
            raise UsageError("The places of a calibration on the ground are metres: write them as numbers, as in 3.5.")
        apart = [math.dist(*pair) for pair in itertools.combinations(places, 2)]
        if max(apart) > LARGEST or min(apart) < _LEAST_METRES:
            raise UsageError(
                f"The points of a calibration lie {min(apart):g} to {max(apart):g} m from each other: "
                f"take points that are {_LEAST_METRES:g} to {LARGEST:g} m apart."
            )
        drawn = [(point.x, point.y) for point in self.image]
        _check_lines(drawn, "in the picture")
        _check_lines(places, "on the ground")
        if not _convex(drawn) or not _convex(places):
            raise UsageError(
                "The four points of a calibration must go round a piece of ground, each a corner of it, "
                "in the same order in the picture and on the ground: set them one after another around it."
            )
        Zone("between the points", self.image)  # which has an area
        object.__setattr__(self, "_maps", _maps(drawn, places))

    @property
    def zone(self) -> Zone:
        """The ground between the four points: speeds are told there alone."""
        return Zone("between the points", self.image)

    def place(self, point: Point) -> Ground | None:
        """Where on the ground a point of the picture is; None at the horizon and above."""
        found = mapped(self._maps[0], point.x, point.y)
        return None if found is None else Ground(*found)

    def speed(self, before: Point, after: Point, seconds: float) -> Speed | None:
        """Of what went from one point of the picture to another; None where that is not on the ground.

        Its error is what comes of all points being off by `SEEN`, each by itself, and of distances by `MEASURED`.
        """
        metres = _way(self._maps[0], before, after)
        if metres is None or seconds <= 0:
            return None
        others = [_way(one, before, after) for one in self._maps[1:]]
        for across, down in ((SEEN, 0.0), (0.0, SEEN)):
            others.append(_way(self._maps[0], Point(before.x + across, before.y + down), after))
            others.append(_way(self._maps[0], before, Point(after.x + across, after.y + down)))
        off = [metres * MEASURED, *(metres if other is None else other - metres for other in others)]
        return Speed(metres / seconds * _KMH, math.hypot(*off) / seconds * _KMH)


def mapped(to: _Map, x: float, y: float) -> tuple[float, float] | None:
    """A point of the picture on the ground, by a homography of nine numbers."""
    depth = to[6] * x + to[7] * y + to[8]
    if depth <= 1e-9:
        return None
    return (to[0] * x + to[1] * y + to[2]) / depth, (to[3] * x + to[4] * y + to[5]) / depth


def _way(to: _Map, before: Point, after: Point) -> float | None:
    one, other = mapped(to, before.x, before.y), mapped(to, after.x, after.y)
    return None if one is None or other is None else math.dist(one, other)


def _check_lines(points: list[tuple[float, float]], where: str) -> None:
    for some in itertools.combinations(range(4), 3):
        one, other, third = (points[place] for place in some)
        longest = max(math.dist(one, other), math.dist(other, third), math.dist(third, one))
        if abs(_turn(one, other, third)) <= _FLATTEST * longest * longest:
            names = "{}, {} and {}".format(*(place + 1 for place in some))
            raise UsageError(
                f"Points {names} of the calibration are in line {where}: move one of them to the side, "
                "so that the four are the corners of a piece of ground."
            )


def _convex(points: list[tuple[float, float]]) -> bool:
    turns = [_turn(points[one], points[(one + 1) % 4], points[(one + 2) % 4]) for one in range(4)]
    return all(turn > 0 for turn in turns) or all(turn < 0 for turn in turns)


def _turn(one: tuple[float, float], other: tuple[float, float], third: tuple[float, float]) -> float:
    return (other[0] - one[0]) * (third[1] - one[1]) - (other[1] - one[1]) * (third[0] - one[0])


def _maps(drawn: list[tuple[float, float]], places: list[tuple[float, float]]) -> tuple[_Map, ...]:
    found = [_homography(drawn, places)]
    for corner, axis in itertools.product(range(4), range(2)):
        moved = [list(point) for point in drawn]
        moved[corner][axis] += SEEN
        found.append(_homography([(x, y) for x, y in moved], places))
    return tuple(found)


def _homography(drawn: list[tuple[float, float]], places: list[tuple[float, float]]) -> _Map:
    """Nine numbers, such that depth is 1 in the middle of the four points: there it can be neither 0 nor negative."""
    middle_x, middle_y = sum(x for x, _ in drawn) / 4, sum(y for _, y in drawn) / 4
    rows, right = [], []
    for (point_x, point_y), (across, ahead) in zip(drawn, places, strict=True):
        x, y = point_x - middle_x, point_y - middle_y
        rows.append([x, y, 1, 0, 0, 0, -across * x, -across * y])
        rows.append([0, 0, 0, x, y, 1, -ahead * x, -ahead * y])
        right += [across, ahead]
    try:
        solved = np.linalg.solve(np.array(rows, dtype=float), np.array(right, dtype=float))
    except np.linalg.LinAlgError:
        raise UsageError("The four points of the calibration do not fit each other: set them anew.") from None
    nine = [*map(float, solved), 1.0]
    for row in (0, 3, 6):
        nine[row + 2] -= nine[row] * middle_x + nine[row + 1] * middle_y
    return tuple(nine)
