"""A zone, prepared for being asked thousands of times a second."""

import math

from watchglass.model.place import Zone


class Area:
    """The same polygon as a `Zone`, its sides as numbers."""

    __slots__ = ("_bottom", "_left", "_right", "_sides", "_top")

    def __init__(self, zone: Zone) -> None:
        self._sides = tuple((one.x, one.y, other.x, other.y) for one, other in zone.sides())
        self._left, self._right = min(side[0] for side in self._sides), max(side[0] for side in self._sides)
        self._top, self._bottom = min(side[1] for side in self._sides), max(side[1] for side in self._sides)

    def contains(self, x: float, y: float) -> bool:
        """As `Zone.contains`."""
        if not (self._left <= x <= self._right and self._top <= y <= self._bottom):
            return False
        inside = False
        for one_x, one_y, other_x, other_y in self._sides:
            if (one_y > y) != (other_y > y) and x < one_x + (y - one_y) / (other_y - one_y) * (other_x - one_x):
                inside = not inside
        return inside

    def near(self, x: float, y: float, margin: float) -> bool:
        """Whether a point is within a margin of its edge."""
        if not (self._left - margin <= x <= self._right + margin and self._top - margin <= y <= self._bottom + margin):
            return False
        return any(_distance(x, y, side) <= margin for side in self._sides)


def _distance(x: float, y: float, side: tuple[float, float, float, float]) -> float:
    one_x, one_y, other_x, other_y = side
    across, down = other_x - one_x, other_y - one_y
    along = ((x - one_x) * across + (y - one_y) * down) / (across * across + down * down)
    along = max(0.0, min(1.0, along))
    return math.hypot(x - one_x - along * across, y - one_y - along * down)
