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
