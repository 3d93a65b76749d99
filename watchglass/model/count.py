"""Counts of crossings: numbers alone, kept for years, without any picture."""

import dataclasses

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.place import Direction
from watchglass.model.vision import ObjectClass

MINUTE = WallUs(60 * MICROSECONDS)
HOUR = WallUs(60 * MINUTE)
LEAST_PUBLISHED = 5
"""Less is not published (rule R10): it would say what a single person did."""


@dataclasses.dataclass(frozen=True, slots=True)
class Crossing:
    """Something went over a rule's tripwire."""

    camera: int
    rule: int
    place: str
    label: ObjectClass
    direction: Direction
    at: WallUs


@dataclasses.dataclass(frozen=True, slots=True)
class Count:
    """How many of a class went over a rule's tripwire in one direction, from `begin` on, for a minute or an hour (`minutes`)."""

    camera: int
    rule: int
    place: str
    label: ObjectClass
    direction: Direction
    begin: WallUs
    minutes: int
    count: int


@dataclasses.dataclass(frozen=True, slots=True)
class Inside:
    """How many went in and out since counting began, and how many are inside by that; never fewer than nobody.

    `at` is the minute in which the last of them came or went.
    """

    entered: int = 0
    left: int = 0
    now: int = 0
    at: WallUs = dataclasses.field(default=WallUs(0), compare=False)

    def after(self, came_in: bool, at: WallUs) -> "Inside":
        """With one more who came in, or went out. Who goes out of an empty place had been missed coming in."""
        minute = WallUs(at - at % MINUTE)
        if came_in:
            return Inside(self.entered + 1, self.left, self.now + 1, minute)
        return Inside(self.entered, self.left + 1, max(0, self.now - 1), minute)
