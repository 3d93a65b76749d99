"""A sentry minds one rule. Here is what all have in common: a moment that they look at, and events that last."""

import abc
import dataclasses
import uuid
from collections.abc import Callable, Iterable

from watchglass.base.clock import WallUs
from watchglass.model.count import Crossing
from watchglass.model.event import Change, Event, Happening
from watchglass.model.look import SceneSigns
from watchglass.model.place import Point
from watchglass.model.rule import Rule
from watchglass.rules.followed import Followed

GRACE = 2.0
"""Seconds for which an event lasts although nobody meets its rule any more: that long one may be lost from sight."""

TELL = 30.0
"""Seconds after which an event that lasts is told of again: what is not told of ended then, should we be killed."""

_PATIENCE = 1.0  # between two changes that are told
_BETTER = 0.05  # a score that is so much higher is a change

NewId = Callable[[], uuid.UUID]


@dataclasses.dataclass(slots=True)
class Moment:
    """What sentries are shown: media time, wall time, those who are there, and signs where somebody looked for them."""

    now: float
    wall: WallUs
    width: int
    height: int
    present: list[Followed]
    signs: SceneSigns | None = None
    crossings: list[Crossing] = dataclasses.field(default_factory=list)
    """Filled by those who mind tripwires."""


class Sentry(abc.ABC):
    """Minds one rule."""

    def __init__(self, rule: Rule, new_id: NewId) -> None:
        self.rule = rule
        self.new_id = new_id

    @abc.abstractmethod
    def look(self, moment: Moment) -> list[Happening]:
        """What happens at a moment."""

    @abc.abstractmethod
    def finish(self, wall: WallUs | None) -> list[Happening]:
        """End what lasts and forget all: now, at `wall`, or (None) when it was last seen."""

    def reset(self) -> list[Happening]:
        """The scene is another, or the stream began anew: tracks from before mean nothing any more."""
        return self.finish(None)

    def forget(self, keys: set[int]) -> None:  # noqa: B027 - some remember no tracks
        """Forget all tracks but these."""

    def counts(self, followed: Followed) -> bool:
        """Whether one is what the rule asks for: of its classes, sure enough, and seen more than once."""
        rule = self.rule
        return followed.best >= rule.threshold and followed.looks > 1 and followed.label in rule.asked

    def at_once(self, followed: Followed, wall: WallUs, detail: str) -> Happening:
        """An event that is over as soon as it began."""
        rule = self.rule
        place = Point(followed.x, followed.y)
        event = Event(
            self.new_id(), rule.camera, rule.id, rule.kind, wall, wall, followed.best, 1, rule.place, place, detail
        )
        return Happening(Change.BEGAN, event, wall)


class Lasting:
    """One event after another of one rule, each from when the rule is first met until it has not been for `grace` seconds.

    `together`: its number of tracks is how many there were at a time, at most, not how many in all.
    """

    def __init__(self, rule: Rule, new_id: NewId, grace: float = GRACE, *, together: bool = False) -> None:
        self._rule, self._new_id, self._grace, self._together = rule, new_id, grace, together
        self._event: Event | None = None
        self._last: float | None = None  # when it was last met, media time; None: take the next look's
        self._seen = WallUs(0)  # the same, wall time
        self._told: Event | None = None
        self._told_at = 0.0
        self._members: set[int] = set()

    @property
    def lasts(self) -> bool:
        """Whether there is an event now."""
        return self._event is not None

    def meet(self, moment: Moment, who: Iterable[Followed], detail: str) -> list[Happening]:
        """The rule is met, or still met, by some."""
        some = list(who)
        best = max(some, key=lambda one: one.best, default=None)
        self._members.update(one.key for one in some)
        if best is None:
            return self.keep(moment, 0.0, 0, None, detail)
        tracks = len(some) if self._together else len(self._members)
        return self.keep(moment, best.best, tracks, Point(best.x, best.y), detail)

    def keep(self, moment: Moment, score: float, tracks: int, at: Point | None, detail: str) -> list[Happening]:
        """The rule is met: begin an event, or go on with it."""
        self._last, self._seen = moment.now, moment.wall
        rule, event = self._rule, self._event
        if event is None:
            self._event = self._told = Event(
                *(
                    self._new_id(),
                    rule.camera,
                    rule.id,
                    rule.kind,
                    moment.wall,
                    None,
                    score,
                    tracks,
                    rule.place,
                    at,
                    detail,
                )
            )
            self._told_at = moment.now
            return [Happening(Change.BEGAN, self._event, moment.wall)]
        if score > event.score:
            event = dataclasses.replace(event, score=score, at=at)
        if tracks > event.tracks:
            event = dataclasses.replace(event, tracks=tracks, detail=detail)
        self._event = event
        since = moment.now - self._told_at
        told = self._told or event
        news = event.score >= told.score + _BETTER or event.tracks > told.tracks
        if since >= TELL or (news and since >= _PATIENCE):
            self._told, self._told_at = event, moment.now
            return [Happening(Change.CHANGED, event, moment.wall)]
        return []

    def miss(self, moment: Moment) -> list[Happening]:
        """The rule is not met; that ends its event after a while."""
        if self._event is None:
            return []
        if self._last is None:
            self._last = self._told_at = moment.now
        if moment.now - self._last < self._grace:
            return []
        return self.finish(None)

    def rebase(self) -> None:
        """Media time begins anew; what lasts goes on."""
        self._last = None

    def finish(self, wall: WallUs | None) -> list[Happening]:
        """End it now, at `wall`, or when it was last met. A clock that was set back ends nothing before it began."""
        event = self._event
        self._event, self._members = None, set()
        if event is None:
            return []
        end = WallUs(max(event.start, self._seen if wall is None else wall))
        return [Happening(Change.ENDED, dataclasses.replace(event, end=end), end)]


class Steady:
    """For how long something has been so, without a break of more than `patience` seconds."""

    def __init__(self, patience: float = GRACE) -> None:
        self._patience = patience
        self._since: float | None = None
        self._last = 0.0

    def feed(self, now: float, so: bool) -> float | None:
        """Seconds; None where it is not so, and has not been for longer than it may."""
        if so:
            if self._since is None:
                self._since = now
            self._last = now
        elif self._since is not None and now - self._last > self._patience:
            self._since = None
        return None if self._since is None else self._last - self._since
