"""Rules of who is in a zone: intrusion, loitering, crowding, queues."""

from watchglass.base.clock import WallUs
from watchglass.model.event import Happening, RuleKind
from watchglass.model.rule import Rule
from watchglass.rules.area import Area
from watchglass.rules.followed import Followed
from watchglass.rules.sentry import Lasting, Moment, NewId, Sentry, Steady

LEAVE = 1.5
"""Seconds for which one must be out of a zone to have left it."""

CROWD_GRACE = 5.0
"""Seconds for which fewer than its count must be there until a crowd, or a queue, is over."""

_MARGIN = 0.15  # of the box: who is so near to the zone's edge has not left it
_LEAST_MARGIN = 0.01
_SLOW = 0.25  # of its own size a second: who goes no faster stands in a queue
_SLOW_FOR = 2.0  # seconds


class Presence:
    """Who is in a zone, and since when. One who jitters at its edge is in it, once."""

    def __init__(self, rule: Rule) -> None:
        self._area = Area(rule.zone) if rule.zone else None
        self._since: dict[int, list[float]] = {}  # when they came in, when last seen there

    def feed(self, moment: Moment) -> list[tuple[Followed, float]]:
        """Those who are in it, and for how many seconds they have been seen to be."""
        area, states, now = self._area, self._since, moment.now
        found: list[tuple[Followed, float]] = []
        for followed in moment.present:
            state = states.get(followed.key)
            if followed.fresh:
                if area is None or area.contains(followed.x, followed.y):
                    if state is None:
                        states[followed.key] = [now, now]
                        continue  # once is not enough: a box may be wrong for a moment
                    state[1] = now
                elif state is not None:
                    margin = max(_LEAST_MARGIN, _MARGIN * min(followed.width, followed.height))
                    if area.near(followed.x, followed.y, margin):
                        state[1] = now
                    elif now - state[1] > LEAVE:
                        del states[followed.key]
                        continue
            if state is not None and state[1] > state[0]:
                found.append((followed, state[1] - state[0]))
        return found

    def forget(self, keys: set[int]) -> None:
        """Forget all but these."""
        self._since = {key: state for key, state in self._since.items() if key in keys}

    def clear(self) -> None:
        """Forget all."""
        self._since = {}


class Dwelling(Sentry):
    """Intrusion and loitering: somebody is in a zone, for a number of seconds at least."""

    def __init__(self, rule: Rule, new_id: NewId) -> None:
        super().__init__(rule, new_id)
        self._presence = Presence(rule)
        self._lasting = Lasting(rule, new_id)
        seconds = rule.seconds or 0
        what = "Loitering" if rule.kind is RuleKind.LOITERING else "Somebody or something is"
        self._detail = f"{what} in {rule.place}{f', for {seconds:g} s and more' if seconds else ''}."

    def look(self, moment: Moment) -> list[Happening]:
        least = self.rule.seconds or 0
        who = [one for one, dwell in self._presence.feed(moment) if dwell >= least and self.counts(one)]
        return self._lasting.meet(moment, who, self._detail) if who else self._lasting.miss(moment)

    def forget(self, keys: set[int]) -> None:
        self._presence.forget(keys)

    def finish(self, wall: WallUs | None) -> list[Happening]:
        self._presence.clear()
        return self._lasting.finish(wall)


class Crowd(Sentry):
    """Crowding, of all who are in a zone, and queues, of those in it who stand or hardly move."""

    def __init__(self, rule: Rule, new_id: NewId) -> None:
        super().__init__(rule, new_id)
        self._presence = Presence(rule)
        self._steady = Steady(CROWD_GRACE)
        self._lasting = Lasting(rule, new_id, CROWD_GRACE, together=True)

    def look(self, moment: Moment) -> list[Happening]:
        queue = self.rule.kind is RuleKind.QUEUE
        there = self._presence.feed(moment)
        who = [one for one, _ in there if self.counts(one) and (not queue or slow(one))]
        enough = len(who) >= (self.rule.count or 1)
        held = self._steady.feed(moment.now, enough)
        if enough and held is not None and held >= (self.rule.seconds or 0):
            what = "in the queue" if queue else "at a time"
            return self._lasting.meet(moment, who, f"{len(who)} {what} in {self.rule.place}.")
        return self._lasting.miss(moment)

    def forget(self, keys: set[int]) -> None:
        self._presence.forget(keys)

    def finish(self, wall: WallUs | None) -> list[Happening]:
        self._presence.clear()
        self._steady = Steady(CROWD_GRACE)
        return self._lasting.finish(wall)


def slow(followed: Followed) -> bool:
    """Whether it has hardly moved in the last seconds, for its own size."""
    then, x, y = followed.path[0]
    past = followed.supported - then
    if past < _SLOW_FOR:
        return False
    return (
        abs(followed.x - x) <= _SLOW * past * followed.width and abs(followed.y - y) <= _SLOW * past * followed.height
    )
