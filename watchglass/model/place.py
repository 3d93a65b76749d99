"""Places of a picture that people draw: zones and tripwires, in 0..1 of its width and height, x to the right and y down.

They stay where they are when the stream's size changes. Whatever makes no sense is refused with a sentence that says how to
mend it.
"""

import dataclasses
import enum
import math
from collections.abc import Iterator

from watchglass.base.errors import UsageError

LEAST_AREA = 1e-4
"""Of a zone, of the picture's: a hundredth of its width by a hundredth of its height."""

LEAST_LENGTH = 0.01
"""Of a tripwire, of the picture's width and height."""

MOST_CORNERS = 64
LONGEST_NAME = 64


class Direction(enum.StrEnum):
    """Of a crossing. Forward is from the left to the right of a tripwire, seen from its first point to its second."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """A point of the picture, 0..1 of its width and height where somebody drew it; tracks may lie a little outside."""

    x: float
    y: float


@dataclasses.dataclass(frozen=True, slots=True)
class Zone:
    """A named polygon with at least three corners that does not cross itself, closed from the last to the first.

    UsageError where it is none.
    """

    name: str
    corners: tuple[Point, ...]

    def __post_init__(self) -> None:
        _check_name(self.name, "zone")
        if not 3 <= len(self.corners) <= MOST_CORNERS:
            raise UsageError(f"Zone {self.name!r} has {len(self.corners)} corners: draw 3 to {MOST_CORNERS}.")
        for corner in self.corners:
            check_inside(corner, f"Zone {self.name!r}")
        if any(one == other for one, other in self.sides()):
            raise UsageError(f"Zone {self.name!r} has a corner twice: leave one of the two out.")
        sides = list(self.sides())
        if any(_cross(*sides[one], *sides[other]) for one, other in _apart(len(sides))):
            raise UsageError(f"Zone {self.name!r} crosses itself: draw its corners one after another around it.")
        if self.area < LEAST_AREA:
            raise UsageError(
                f"Zone {self.name!r} has no area: draw it larger than a hundredth of the picture each way."
            )

    @property
    def area(self) -> float:
        """Of the picture's, 0 to 1."""
        return abs(sum(one.x * other.y - other.x * one.y for one, other in self.sides())) / 2

    def sides(self) -> Iterator[tuple[Point, Point]]:
        """Its sides, as many as it has corners."""
        return zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True)

    def contains(self, point: Point) -> bool:
        """Whether a point lies in it. One on its edge is in one of two zones that share that edge, not in both."""
        inside = False
        for one, other in self.sides():  # by how often a ray to the right meets a side
            if (one.y > point.y) != (other.y > point.y):
                at = one.x + (point.y - one.y) / (other.y - one.y) * (other.x - one.x)
                inside ^= point.x < at
        return inside


@dataclasses.dataclass(frozen=True, slots=True)
class Tripwire:
    """A named line from a first to a second point. UsageError where it is none."""

    name: str
    first: Point
    second: Point

    def __post_init__(self) -> None:
        _check_name(self.name, "tripwire")
        for point in (self.first, self.second):
            check_inside(point, f"Tripwire {self.name!r}")
        if math.dist(dataclasses.astuple(self.first), dataclasses.astuple(self.second)) < LEAST_LENGTH:
            raise UsageError(f"Tripwire {self.name!r} has no length: draw its ends further from each other.")

    @classmethod
    def parse(cls, text: str) -> "Tripwire":
        """From `NAME=x1,y1,x2,y2`."""
        name, separator, numbers = text.rpartition("=")
        try:
            places = [float(number) for number in numbers.split(",")]
        except ValueError:
            places = []
        if not separator or len(places) != 4:
            raise UsageError(f"Tripwire {text!r} is not written as NAME=x1,y1,x2,y2, as in gate=0.5,0.1,0.5,0.9.")
        return cls(name.strip(), Point(*places[:2]), Point(*places[2:]))

    def side(self, point: Point) -> float:
        """Positive to the right of the line through it, negative to the left, in 0..1 of the picture times its length."""
        across, down = self.second.x - self.first.x, self.second.y - self.first.y
        return across * (point.y - self.first.y) - down * (point.x - self.first.x)

    def crossing(self, before: Point, after: Point) -> Direction | None:
        """How a straight way from one point to another crosses it; None where it does not.

        A point on the line counts as to its right, so a way that ends there and the next that begins there are one
        crossing.
        """
        left, right = self.side(before) < 0, self.side(after) < 0
        if left == right or not _straddle(before, after, self.first, self.second):
            return None
        return Direction.FORWARD if left else Direction.BACKWARD


def _check_name(name: str, what: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"A {what} needs a name of 1 to {LONGEST_NAME} characters that can be printed.")


def check_inside(point: Point, whose: str) -> None:
    """UsageError where a point that somebody drew is not in the picture."""
    if not (0 <= point.x <= 1 and 0 <= point.y <= 1):  # which no number that is none fulfils
        raise UsageError(
            f"{whose} has a point at {point.x:g}, {point.y:g}: coordinates go from 0 to 1 of the picture's width and height."
        )


def _turn(one: Point, other: Point, third: Point) -> float:
    return (other.x - one.x) * (third.y - one.y) - (other.y - one.y) * (third.x - one.x)


def _straddle(one: Point, other: Point, first: Point, second: Point) -> bool:
    """Whether the ends of a line lie on either side of the way from one point to another, or on it."""
    return _turn(one, other, first) * _turn(one, other, second) <= 0


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two sides have a point in common."""
    if max(a.x, b.x) < min(c.x, d.x) or max(c.x, d.x) < min(a.x, b.x):
        return False
    if max(a.y, b.y) < min(c.y, d.y) or max(c.y, d.y) < min(a.y, b.y):
        return False
    return _straddle(a, b, c, d) and _straddle(c, d, a, b)


def _apart(count: int) -> Iterator[tuple[int, int]]:
    """Pairs of sides that do not follow each other: those have a corner in common."""
    for one in range(count):
        for other in range(one + 2, count):
            if (one, other) != (0, count - 1):
                yield one, other
