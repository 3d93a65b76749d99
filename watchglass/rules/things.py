"""Things left behind and things taken away, by pieces of the picture that differ from the empty scene and keep still."""

import dataclasses

from watchglass.base.clock import WallUs
from watchglass.model.event import Happening, RuleKind
from watchglass.model.look import BlobKind, StillBlob
from watchglass.model.place import Point
from watchglass.model.rule import Rule
from watchglass.model.vision import Box
from watchglass.rules.area import Area
from watchglass.rules.followed import Followed
from watchglass.rules.sentry import Lasting, Moment, NewId, Sentry

THING_GRACE = 10.0
"""Seconds for which a thing may be hidden by who walks before it without its event ending."""

_SURE = 3.0
"""Seconds for which it must be a thing at every look before it is told: light and what sits on the lens look like one at times."""

_SAME = 0.4  # overlap of two boxes from which on they are one thing
_IS_TRACK = 0.3  # overlap with somebody who is followed from which on it is they who keep still


@dataclasses.dataclass(slots=True)
class _Thing:
    """`since`: it has been one at every look from then on, in seconds of media time."""

    box: Box
    since: float
    lasting: Lasting


class Things(Sentry):
    """One event for each thing. Who stands or parks is followed, and no thing."""

    def __init__(self, rule: Rule, new_id: NewId) -> None:
        super().__init__(rule, new_id)
        self._area = Area(rule.zone) if rule.zone else None
        self._kind = BlobKind.LEFT if rule.kind is RuleKind.LEFT_BEHIND else BlobKind.TAKEN
        self._seconds = rule.seconds or 0.0
        self._things: list[_Thing] = []

    def look(self, moment: Moment) -> list[Happening]:
        if moment.signs is None:
            return []
        found: list[Happening] = []
        met: set[int] = set()
        for blob in moment.signs.blobs:
            if self._is_thing(blob, moment):
                found += self._meet(blob, moment, met)
        for thing in self._things:
            if id(thing) not in met:
                found += thing.lasting.miss(moment)
        self._things = [thing for thing in self._things if thing.lasting.lasts or id(thing) in met]
        return found

    def _is_thing(self, blob: StillBlob, moment: Moment) -> bool:
        if blob.kind is not self._kind or blob.score < self.rule.threshold:
            return False
        if moment.now - blob.since < self._seconds - _SURE:
            return False
        at = _anchor(blob.box, moment)
        if self._area is not None and not self._area.contains(at.x, at.y):
            return False
        if blob.kind is BlobKind.TAKEN:
            return True
        return all(blob.box.overlap(_box(one, moment)) < _IS_TRACK for one in moment.present)

    def _meet(self, blob: StillBlob, moment: Moment, met: set[int]) -> list[Happening]:
        known = max(self._things, key=lambda thing: thing.box.overlap(blob.box), default=None)
        if known is None or known.box.overlap(blob.box) < _SAME:
            known = _Thing(blob.box, moment.now, Lasting(self.rule, self.new_id, THING_GRACE))
            self._things.append(known)
        known.box = blob.box
        met.add(id(known))
        if moment.now - known.since < min(_SURE, self._seconds) or moment.now - blob.since < self._seconds:
            return []
        what = "Something was left behind" if self._kind is BlobKind.LEFT else "Something is missing"
        where = f" in {self.rule.place}" if self.rule.place else ""
        detail = f"{what}{where}, {self._seconds:g} s ago and more."
        return known.lasting.keep(moment, blob.score, 0, _anchor(blob.box, moment), detail)

    def finish(self, wall: WallUs | None) -> list[Happening]:
        things, self._things = self._things, []
        return [happening for thing in things for happening in thing.lasting.finish(wall)]


def _anchor(box: Box, moment: Moment) -> Point:
    return Point((box.left + box.right) / 2 / moment.width, box.bottom / moment.height)


def _box(one: Followed, moment: Moment) -> Box:
    half, bottom = one.width / 2, one.y * moment.height
    top = (one.y - one.height) * moment.height
    return Box((one.x - half) * moment.width, top, (one.x + half) * moment.width, bottom)
