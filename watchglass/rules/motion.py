"""Rules of how vehicles, or anything else, move: stopped, and too fast."""

from watchglass.base.clock import WallUs
from watchglass.model.calibration import Speed
from watchglass.model.event import Happening
from watchglass.model.place import Point
from watchglass.model.rule import Rule
from watchglass.rules.area import Area
from watchglass.rules.followed import Followed
from watchglass.rules.sentry import Lasting, Moment, NewId, Sentry
from watchglass.rules.zones import Presence

LEAST_SPAN, MOST_SPAN = 0.6, 2.0
"""Seconds of a way over which a speed is taken."""


class Stopped(Sentry):
    """Something has stood in a zone for a number of seconds, on one spot."""

    def __init__(self, rule: Rule, new_id: NewId) -> None:
        super().__init__(rule, new_id)
        self._presence = Presence(rule)
        self._lasting = Lasting(rule, new_id)

    def look(self, moment: Moment) -> list[Happening]:
        least = self.rule.seconds or 0
        there = self._presence.feed(moment)
        who = [one for one, _ in there if one.supported - one.rest >= least and self.counts(one)]
        if not who:
            return self._lasting.miss(moment)
        return self._lasting.meet(moment, who, f"Stands in {self.rule.place}, for {least:g} s and more.")

    def forget(self, keys: set[int]) -> None:
        self._presence.forget(keys)

    def finish(self, wall: WallUs | None) -> list[Happening]:
        self._presence.clear()
        return self._lasting.finish(wall)


class TooFast(Sentry):
    """Something is faster than the rule's speed by more than the error of that speed, twice running. Once for each."""

    def __init__(self, rule: Rule, new_id: NewId) -> None:
        super().__init__(rule, new_id)
        if rule.calibration is None or rule.kmh is None:
            raise ValueError("a rule of speed without calibration or speed")
        self._calibration, self._kmh = rule.calibration, rule.kmh
        self._areas = [Area(zone) for zone in (rule.calibration.zone, rule.zone) if zone]
        self._over: set[int] = set()
        self._told: set[int] = set()

    def look(self, moment: Moment) -> list[Happening]:
        found: list[Happening] = []
        for followed in moment.present:
            if not followed.fresh or followed.key in self._told or not self.counts(followed):
                continue
            speed = self.speed(followed)
            if speed is None or speed.kmh - speed.error < self._kmh:
                self._over.discard(followed.key)
            elif followed.key not in self._over:
                self._over.add(followed.key)
            else:
                self._told.add(followed.key)
                said = f"About {speed.kmh:.0f} km/h, give or take {speed.error:.0f}; the rule says {self._kmh:g}."
                found.append(self.at_once(followed, moment.wall, said))
        return found

    def speed(self, followed: Followed) -> Speed | None:
        """As it went lately between the four points; None where that is too short a time."""
        steps = [step for step in followed.path if step[0] >= followed.supported - MOST_SPAN]
        for then, x, y in steps:
            if followed.supported - then < LEAST_SPAN:
                break
            if self._inside(x, y) and self._inside(followed.x, followed.y):
                return self._calibration.speed(Point(x, y), Point(followed.x, followed.y), followed.supported - then)
        return None

    def _inside(self, x: float, y: float) -> bool:
        return all(area.contains(x, y) for area in self._areas)

    def forget(self, keys: set[int]) -> None:
        self._over &= keys
        self._told &= keys

    def finish(self, wall: WallUs | None) -> list[Happening]:  # noqa: ARG002 - nothing lasts here
        self._over, self._told = set(), set()
        return []
