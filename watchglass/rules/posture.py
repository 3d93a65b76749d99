"""A person lying down, by the shape of the box alone: a hint, and no more."""

from watchglass.base.clock import WallUs
from watchglass.model.event import Happening
from watchglass.model.rule import Rule
from watchglass.rules.sentry import GRACE, Lasting, Moment, NewId, Sentry, Steady
from watchglass.rules.zones import Presence

LYING = 1.2
"""Width by height from which on somebody may be lying; who stands has 0.3 to 0.5, who sits 0.6 to 0.9."""

UP = 0.9
"""Width by height below which somebody who lay is up again."""


class Lying(Sentry):
    """Somebody's box has been wider than high for a number of seconds. A box that the picture's edge cuts says nothing."""

    def __init__(self, rule: Rule, new_id: NewId) -> None:
        super().__init__(rule, new_id)
        self._presence = Presence(rule)
        self._down: dict[int, Steady] = {}
        self._lasting = Lasting(rule, new_id)

    def look(self, moment: Moment) -> list[Happening]:
        who = []
        for followed, _ in self._presence.feed(moment):
            steady = self._down.setdefault(followed.key, Steady(GRACE))
            held = steady.feed(moment.now, False)
            if followed.fresh and followed.whole:
                # Who lies stays down until well up again: a shape in between changes nothing.
                held = steady.feed(moment.now, followed.shape >= (UP if held is not None else LYING))
            if held is not None and held >= (self.rule.seconds or 0) and self.counts(followed):
                who.append(followed)
        if not who:
            return self._lasting.miss(moment)
        where = f" in {self.rule.place}" if self.rule.place else ""
        return self._lasting.meet(moment, who, f"Perhaps somebody is lying down{where}: go and look.")

    def forget(self, keys: set[int]) -> None:
        self._presence.forget(keys)
        self._down = {key: steady for key, steady in self._down.items() if key in keys}

    def finish(self, wall: WallUs | None) -> list[Happening]:
        self._presence.clear()
        self._down = {}
        return self._lasting.finish(wall)
