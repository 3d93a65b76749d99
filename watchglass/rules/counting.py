"""Counting for traffic and visitors: crossings of each minute, as numbers."""

from collections import Counter
from collections.abc import Iterable

from watchglass.base.clock import WallUs
from watchglass.model.count import MINUTE, Count, Crossing
from watchglass.model.place import Direction
from watchglass.model.vision import ObjectClass

_Key = tuple[WallUs, int, int, str, ObjectClass, Direction]


class Tally:
    """Adds crossings up by minute, rule, class and direction, and gives each minute away when it is over."""

    def __init__(self) -> None:
        self._counts: Counter[_Key] = Counter()

    def add(self, crossings: Iterable[Crossing]) -> None:
        """Count some."""
        for one in crossings:
            begin = WallUs(one.at - one.at % MINUTE)
            self._counts[begin, one.camera, one.rule, one.place, one.label, one.direction] += 1

    def take(self, now: WallUs | None) -> list[Count]:
        """Counts of minutes that are over by now, once; all of them, where nothing more will come (None)."""
        over = [key for key in self._counts if now is None or key[0] + MINUTE <= now or key[0] > now + MINUTE]
        return [
            Count(camera, rule, place, label, direction, begin, 1, self._counts.pop(key))
            for key in sorted(over)
            for begin, camera, rule, place, label, direction in [key]
        ]
