"""All rules of one camera: looks in, events and crossings out.

It has no clock and does nothing by itself: what it is given is what there is. The same looks give the same events.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable, Mapping

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.count import MINUTE, Crossing, Inside
from watchglass.model.event import Happening, RuleKind
from watchglass.model.hours import WeeklyHours
from watchglass.model.look import Look
from watchglass.model.rule import COUNTING, Rule
from watchglass.rules.followed import Tracks
from watchglass.rules.lines import Occupancy, Tripped
from watchglass.rules.motion import Stopped, TooFast
from watchglass.rules.posture import Lying
from watchglass.rules.sentry import Moment, NewId, Sentry
from watchglass.rules.tampering import Tampering
from watchglass.rules.things import Things
from watchglass.rules.zones import Crowd, Dwelling

HOLE = 5.0
"""Seconds without a look after which it is as if the stream began anew."""

_SENTRIES: Mapping[RuleKind, type[Sentry]] = {
    RuleKind.INTRUSION: Dwelling,
    RuleKind.LOITERING: Dwelling,
    RuleKind.CROWDING: Crowd,
    RuleKind.QUEUE: Crowd,
    RuleKind.CROSSING: Tripped,
    RuleKind.WRONG_WAY: Tripped,
    RuleKind.OCCUPANCY: Occupancy,
    RuleKind.STOPPED: Stopped,
    RuleKind.SPEED: TooFast,
    RuleKind.LYING: Lying,
    RuleKind.LEFT_BEHIND: Things,
    RuleKind.TAKEN_AWAY: Things,
    RuleKind.TAMPERING: Tampering,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What a look brought."""

    happenings: list[Happening]
    crossings: list[Crossing]


class Engine:
    """Minds the rules of one camera, in the hours of a time zone. Not for several threads at once."""

    def __init__(self, zone: dt.tzinfo, new_id: NewId = uuid.uuid4) -> None:
        self._zone, self._new_id = zone, new_id
        self._sentries: dict[int, Sentry] = {}
        self._off: set[int] = set()  # ids of rules whose hours these are not
        self._tracks = Tracks()
        self._last: float | None = None
        self._minute = -1
        self._hours_at: WallUs | None = None  # when hours were last kept

    def set_rules(
        self, rules: Iterable[Rule], wall: WallUs, inside: Mapping[int, Inside] | None = None
    ) -> list[Happening]:
        """From now on these. What lasts of one that has changed, or is not there any more, ends; a new name changes nothing.

        `inside` is how many are inside where that is known from before, by rule of occupancy; nobody, where its hours have
        ended since.
        """
        wanted = {rule.id: rule for rule in rules if rule.enabled and (rule.armed or rule.kind in COUNTING)}
        found: list[Happening] = []
        for key, sentry in list(self._sentries.items()):
            rule = wanted.get(key)
            if rule is not None and not rule.differs(sentry.rule):
                sentry.rule = wanted.pop(key)
                continue
            found += sentry.finish(wall)
            del self._sentries[key]
        for key, rule in wanted.items():
            self._sentries[key] = self._made(rule, (inside or {}).get(key))
        self._off &= self._sentries.keys()
        self._minute, self._hours_at = -1, None
        return found

    def look(self, look: Look) -> Outcome:
        """Take a look in."""
        found: list[Happening] = []
        if self._last is not None and not 0 <= look.media - self._last <= HOLE:
            found += self.reset()
        self._last = look.media
        if look.wall // MINUTE != self._minute:
            self._minute = look.wall // MINUTE
            found += self._keep_hours(look.wall)
            self._forget()
        present = self._tracks.see(look)
        moment = Moment(look.media, look.wall, look.width, look.height, present, look.signs)
        for key, sentry in self._sentries.items():
            if key not in self._off:
                found += sentry.look(moment)
        return Outcome(found, moment.crossings)

    def reset(self) -> list[Happening]:
        """The camera jumped, or its stream began anew: tracks from before are nobody now.

        Events about tracks and things end when they were last seen; how many are inside, and that a camera is covered, stays.
        """
        self._tracks = Tracks()
        self._last = None
        return [happening for sentry in self._sentries.values() for happening in sentry.reset()]

    def finish(self, wall: WallUs) -> list[Happening]:
        """Nothing more will come: end all that lasts."""
        return [happening for sentry in self._sentries.values() for happening in sentry.finish(wall)]

    def inside(self) -> dict[int, Inside]:
        """How many are inside, by rule of occupancy."""
        return {key: sentry.inside for key, sentry in self._sentries.items() if isinstance(sentry, Occupancy)}

    def _made(self, rule: Rule, inside: Inside | None) -> Sentry:
        if rule.kind is RuleKind.OCCUPANCY:
            return Occupancy(rule, self._new_id, inside)
        return _SENTRIES[rule.kind](rule, self._new_id)

    def _keep_hours(self, wall: WallUs) -> list[Happening]:
        """Once a minute: end what lasts of rules whose hours are over."""
        local = self._local(wall)
        unwatched = self._hours_at is None or not 0 <= wall - self._hours_at <= 2 * MINUTE
        self._hours_at = wall
        found: list[Happening] = []
        for key, sentry in self._sentries.items():
            hours = sentry.rule.hours
            if hours is None or hours.cover(local):
                self._off.discard(key)
                if hours and unwatched and isinstance(sentry, Occupancy) and self._ended(hours, sentry.inside.at, wall):
                    found += sentry.finish(wall)
            elif key not in self._off:
                found += sentry.finish(wall)
                self._off.add(key)
        return found

    def _ended(self, hours: WeeklyHours, since: WallUs, now: WallUs) -> bool:
        """Whether hours that cover both these moments ended, and began again, in between."""
        end = hours.until(self._local(since))
        return 0 < since < now and end is not None and end.timestamp() * MICROSECONDS <= now

    def _local(self, wall: WallUs) -> dt.datetime:
        return dt.datetime.fromtimestamp(wall / MICROSECONDS, self._zone)

    def _forget(self) -> None:
        keys = self._tracks.keys()
        for sentry in self._sentries.values():
            sentry.forget(keys)
