"""When space runs out, told ahead: from what was recorded lately, what is kept, and the limits. Nothing here reads anything.

A camera goes on recording as it did. What it keeps now is taken to lie evenly over its age, and goes as it reaches its days.
So every sum below is a line with bends, and where it crosses a limit can be said exactly.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from watchglass.base.clock import MICROSECONDS, WallUs

WINDOW_US = 3 * 24 * 3600 * MICROSECONDS
"""What was recorded in so long, or since the beginning, says how much a camera records."""

AHEAD_US = 72 * 3600 * MICROSECONDS
"""So long ahead people are told."""

_LEAST_S = 3600.0  # seconds over which a rate is taken at least: the first minutes say little
_FURTHEST_S = 10 * 365 * 24 * 3600.0


@dataclasses.dataclass(frozen=True, slots=True)
class Stock:
    """What is kept of a camera, of one kind, in bytes; `recent` and `recent_held` are of the last days.

    `oldest` is when what is not held begins, `recent_oldest_held` when what is held of the last days does; None if
    there is none.
    """

    camera: int
    size: int
    held: int
    recent: int
    oldest: WallUs | None
    recent_held: int = 0
    recent_oldest_held: WallUs | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Course:
    """How a camera's footage of one kind grows and goes.

    Bytes `kept` that are not held, spread over `age` seconds, and `held`; bytes a second that come (`rate`), held as they
    come or not; after `days` seconds footage goes, before `floor` seconds it must not.
    """

    kept: float
    age: float
    held: float
    rate: float
    days: float
    floor: float = 0.0
    growing_hold: bool = False

    def size(self, after: float) -> float:
        """Bytes after so many seconds, if nothing is deleted but for its age."""
        return self._within(after, self.days)

    def fixed(self, after: float) -> float:
        """Bytes of it that must not be deleted then."""
        return self._within(after, min(self.floor, self.days))

    def bends(self) -> Iterable[float]:
        """Where the two change their slope."""
        for seconds in (self.days, min(self.floor, self.days)):
            yield from (seconds, seconds - self.age)

    def _within(self, after: float, seconds: float) -> float:
        """What is held, and what is no older than `seconds`."""
        left = min(1.0, max(0.0, (seconds - after) / self.age)) if self.age else 0.0
        new = after if self.growing_hold else min(after, seconds)
        return self.held + self.rate * new + self.kept * left


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """Footage of one kind, of all cameras, and the most bytes that it may take; None is no limit but the disk's."""

    courses: Sequence[Course]
    most: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Forecast:
    """`short_at`: footage is deleted sooner than its days from then on. `stops_at`: from then on nothing that may be
    deleted is left, and recording stops. None: not as far as can be seen.
    """

    short_at: WallUs | None = None
    stops_at: WallUs | None = None


def course(stock: Stock, now: WallUs, *, days: float, floor: float, growing_hold: bool) -> Course:
    """How a camera goes on, by what it did in the last days. `days` and `floor` in seconds."""
    since = WallUs(now - WINDOW_US)
    begins = [stock.oldest, stock.recent_oldest_held] if growing_hold else [stock.oldest]
    recent = stock.recent + (stock.recent_held if growing_hold else 0)
    first = max(since, min((begin for begin in begins if begin is not None), default=since))
    seconds = max(_LEAST_S, (now - first) / MICROSECONDS)
    age = max(0.0, (now - stock.oldest) / MICROSECONDS) if stock.oldest is not None else 0.0
    kept = stock.size - stock.held
    return Course(kept, age, stock.held, recent / seconds, days, floor, growing_hold)


def forecast(now: WallUs, kinds: Sequence[Kind], room: int) -> Forecast:
    """What is to come, with `room` bytes that may still be filled before the disk has too few free."""
    every = [one for kind in kinds for one in kind.courses]
    now_kept = sum(one.kept + one.held for one in every)
    short = [_crosses(every, Course.size, now_kept + room)]
    short += [_crosses(kind.courses, Course.size, kind.most) for kind in kinds if kind.most is not None]
    stops = _crosses(every, Course.fixed, now_kept + room)
    if stops is not None and not any(
        one.fixed(stops) for one in every
    ):  # others fill the disk: nothing of ours is in the way
        stops = None
    return Forecast(_at(now, min((one for one in short if one is not None), default=None)), _at(now, stops))


def _at(now: WallUs, after: float | None) -> WallUs | None:
    return None if after is None else WallUs(now + round(after * MICROSECONDS))


def _crosses(courses: Sequence[Course], what: Callable[[Course, float], float], level: float) -> float | None:
    """Seconds until the sum is first more than `level`; None if it never is."""

    def total(after: float) -> float:
        return sum(what(one, after) for one in courses)

    before, low = 0.0, total(0.0)
    if low > level:
        return 0.0
    bends = {bend for one in courses for bend in one.bends() if 0.0 < bend < _FURTHEST_S}
    for bend in sorted(bends | {_FURTHEST_S}):
        high = total(bend)
        if high > level:
            return before + (bend - before) * (level - low) / (high - low)
        before, low = bend, high
    return None
