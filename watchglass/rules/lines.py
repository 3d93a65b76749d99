"""Rules of who goes over a tripwire: line crossing, wrong way, occupancy."""

import dataclasses

from watchglass.base.clock import WallUs
from watchglass.model.count import Crossing, Inside
from watchglass.model.event import Happening, RuleKind
from watchglass.model.place import Direction, Point, Tripwire
from watchglass.model.rule import Rule
from watchglass.rules.followed import Followed
from watchglass.rules.sentry import Lasting, Moment, NewId, Sentry

BAND = 0.2
"""Of the size of a box, to each side of a line: who is in it has not crossed yet. So nobody who jitters on it counts."""

LEAST_BAND = 0.008
"""Of the picture."""

_AT_ONCE = 3.0  # seconds after a crossing in which one that takes over on the other side
_BACK = 1.0  # goes back only if it is there for so long: a new box lies a little elsewhere
_TWIN = 2.0  # seconds in which two at the same place that cross alike are one


@dataclasses.dataclass(slots=True)
class _Way:
    """Of one who is followed: the side where they were last for sure (0: none yet), and where they were last seen."""

    side: int
    x: float
    y: float
    over: Direction | None = None  # how their last step from side to side went over the line; None: round its end
    turned: float = 0.0
    crossed: float = -_AT_ONCE


class Line:
    """Who goes over one tripwire. A crossing counts once the other side is reached for sure."""

    def __init__(self, tripwire: Tripwire) -> None:
        self._tripwire = tripwire
        across, down = tripwire.second.x - tripwire.first.x, tripwire.second.y - tripwire.first.y
        length = (across * across + down * down) ** 0.5
        self._across, self._down = across / length, down / length
        self._x, self._y = tripwire.first.x, tripwire.first.y
        self._ways: dict[int, _Way] = {}
        self._lately: list[tuple[float, Direction, Followed]] = []

    def feed(self, followed: Followed, now: float, counts: bool) -> Direction | None:
        """Where one goes, who was seen at this moment; as long as one does not count they stay on their side."""
        distance = self._across * (followed.y - self._y) - self._down * (followed.x - self._x)
        band = BAND * (abs(self._down) * followed.width + abs(self._across) * followed.height)
        reached = 0 if abs(distance) < max(band, LEAST_BAND) else (1 if distance > 0 else -1)
        way = self._ways.get(followed.key)
        if way is None:
            self._ways[followed.key] = _Way(reached, followed.x, followed.y)
            return None
        before = self._across * (way.y - self._y) - self._down * (way.x - self._x)
        if (before < 0) != (distance < 0):
            way.over = self._tripwire.crossing(Point(way.x, way.y), Point(followed.x, followed.y))
            way.turned = now
        way.x, way.y = followed.x, followed.y
        if reached in {0, way.side}:
            return None
        if way.side == 0 or way.over is None:
            way.side = reached  # they began on the line, or went round it
            return None
        jumped = way.turned == followed.taken and now - way.turned < _BACK
        if not counts or (jumped and now - way.crossed < _AT_ONCE):
            return None
        direction, way.side, way.crossed = way.over, reached, now
        return None if self._is_twin(followed, direction, now) else direction

    def _is_twin(self, followed: Followed, direction: Direction, now: float) -> bool:
        """Whether another that is at the very same place has just crossed: two boxes of one thing."""
        self._lately = [one for one in self._lately if now - one[0] < _TWIN]
        twin = any(
            other is not followed
            and how is direction
            and abs(other.x - followed.x) < 0.3 * followed.width
            and abs(other.y - followed.y) < 0.15 * followed.height
            for _, how, other in self._lately
        )
        self._lately.append((now, direction, followed))
        return twin

    def forget(self, keys: set[int]) -> None:
        """Forget all but these."""
        self._ways = {key: way for key, way in self._ways.items() if key in keys}

    def clear(self) -> None:
        """Forget all."""
        self._ways, self._lately = {}, []


class Tripped(Sentry):
    """Line crossing and wrong way: each crossing is an event of its own, over as soon as it began."""

    def __init__(self, rule: Rule, new_id: NewId) -> None:
        super().__init__(rule, new_id)
        self._line = line_of(rule)

    def look(self, moment: Moment) -> list[Happening]:
        rule = self.rule
        found: list[Happening] = []
        for followed, direction in crossings(self, self._line, moment):
            if rule.kind is RuleKind.CROSSING:
                moment.crossings.append(_crossing(rule, followed, direction, moment.wall))
            if rule.armed and rule.direction in {None, direction}:
                said = f"{direction} over" if rule.kind is RuleKind.CROSSING else "went the wrong way over"
                found.append(self.at_once(followed, moment.wall, f"{_begun(followed)} {said} {rule.place}."))
        return found

    def forget(self, keys: set[int]) -> None:
        self._line.forget(keys)

    def finish(self, wall: WallUs | None) -> list[Happening]:  # noqa: ARG002 - nothing lasts here
        self._line.clear()
        return []


class Occupancy(Sentry):
    """How many are inside, by who goes in and out over a tripwire; an event while they are as many as the rule's count."""

    def __init__(self, rule: Rule, new_id: NewId, inside: Inside | None = None) -> None:
        super().__init__(rule, new_id)
        self.inside = inside or Inside()
        self._line = line_of(rule)
        self._lasting = Lasting(rule, new_id, 0.0, together=True)
        self._best: Followed | None = None

    def look(self, moment: Moment) -> list[Happening]:
        rule = self.rule
        for followed, direction in crossings(self, self._line, moment):
            moment.crossings.append(_crossing(rule, followed, direction, moment.wall))
            self.inside = self.inside.after(direction is rule.direction, moment.wall)
            if self._best is None or followed.best > self._best.best:
                self._best = followed
        if not rule.armed or rule.count is None or self.inside.now < rule.count:
            return self._lasting.miss(moment)
        score = self._best.best if self._best else rule.threshold
        return self._lasting.keep(moment, score, self.inside.now, None, f"{self.inside.now} inside, by {rule.place}.")

    def reset(self) -> list[Happening]:
        """Those who are inside stay inside: only who is on the line now is lost."""
        self._line.clear()
        self._lasting.rebase()
        return []

    def forget(self, keys: set[int]) -> None:
        self._line.forget(keys)

    def finish(self, wall: WallUs | None) -> list[Happening]:
        self._line.clear()
        self.inside, self._best = Inside(), None
        return self._lasting.finish(wall)


def line_of(rule: Rule) -> Line:
    """The line that a rule is about."""
    if rule.tripwire is None:
        raise ValueError(f"a rule without a tripwire: {rule.kind}")
    return Line(rule.tripwire)


def crossings(sentry: Sentry, line: Line, moment: Moment) -> list[tuple[Followed, Direction]]:
    """Who crosses a line at this moment."""
    fresh = (followed for followed in moment.present if followed.fresh)
    ways = [(followed, line.feed(followed, moment.now, sentry.counts(followed))) for followed in fresh]
    return [(followed, direction) for followed, direction in ways if direction is not None]


def _crossing(rule: Rule, followed: Followed, direction: Direction, wall: WallUs) -> Crossing:
    return Crossing(rule.camera, rule.id, rule.place, followed.label, direction, wall)


def _begun(followed: Followed) -> str:
    return followed.label.value.capitalize()
