"""Counting for traffic and visitors: crossings of each minute, as numbers."""

import dataclasses
from collections import Counter
from collections.abc import Iterable

from watchglass.base.clock import WallUs
from watchglass.model.count import MINUTE, Count, Crossing


def by_minute(crossings: Iterable[Crossing]) -> list[Count]:
    """Crossings added up by minute, rule, class and direction: no moment of a single one is in it."""
    counts = Counter(
        Count(one.camera, one.rule, one.place, one.label, one.direction, WallUs(one.at - one.at % MINUTE), 1, 0)
        for one in crossings
    )
    return [dataclasses.replace(one, count=number) for one, number in counts.items()]
