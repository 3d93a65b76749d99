"""Minding the rules of one camera while it is watched: looks go in, events and counts go to the clerk.

    what a look has found -> followers -> rules -> happenings, crossings -> clerk -> catalogue

Used from the camera's thread. Nothing here waits for the catalogue, and what fails here costs the view no frame.
"""

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import structlog

from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.model.camera import Camera
from watchglass.model.count import Inside
from watchglass.model.event import Happening, RuleKind
from watchglass.model.frame import RawFrame
from watchglass.model.look import Look, SceneSigns
from watchglass.model.rule import Rule
from watchglass.model.threshold import THRESHOLD
from watchglass.model.vision import Detection, ObjectClass
from watchglass.pipeline.clerk import Clerk
from watchglass.rules.counting import by_minute
from watchglass.rules.engine import HOLE, Engine
from watchglass.track.follow import Follower, FollowOptions

_log = structlog.get_logger(__name__)

PEOPLE = FollowOptions(begin=0.6)
OTHERS = FollowOptions(begin=0.6, faint=0.3, near=3.0, taller=2.0)
"""How people, and all else, are followed for rules. A vehicle that goes by fast is some heights on at the next look."""

HELD = 1.5
"""Seconds for which one who is lost is told to be there: as long as covers hold them."""

REPLAY = 3.0
"""Seconds after a jump in which frames may come again: the recorder hands whoever begins the last it has, to have a picture at once."""

REST = 10.0
"""Seconds without rules after a fault of ours."""

OFTEN = frozenset({RuleKind.CROSSING, RuleKind.OCCUPANCY, RuleKind.WRONG_WAY, RuleKind.SPEED})
"""Kinds that lose what happens between two looks."""

OF_THE_SCENE = frozenset({RuleKind.LEFT_BEHIND, RuleKind.TAKEN_AWAY, RuleKind.TAMPERING})
"""Kinds that go by the picture itself."""


class Mind:
    """What a camera's rules know and have to say. `often` says that they want looks as often as can be, `wants_signs` that
    they are about the scene.
    """

    def __init__(self, camera: Camera, clerk: Clerk, clock: Clock, zone: dt.tzinfo) -> None:
        self._camera, self._clerk, self._clock, self._zone = camera, clerk, clock, zone
        self.often = self.wants_signs = False
        self._rules: list[Rule] = []
        self._version = -1
        self._engine = Engine(zone)
        self._followers: tuple[Follower, Follower] | None = None
        self._options = PEOPLE, OTHERS
        self._size = (0, 0)
        # Of the newest frame. What was taken before us was for whoever watched then, and they have counted it.
        self._wall = self._before = clock.wall_us()
        self._jumped_at = clock.monotonic()
        self._looked: WallUs | None = None  # of the last look since the scene began
        self._rests_until = float("-inf")

    def passed(self, wall: WallUs) -> None:
        """A frame that was taken at `wall` has been seen, looked at or not."""
        self._wall = wall
        if self._clock.monotonic() < self._rests_until:
            return
        with self._harmless():
            if self._clerk.version != self._version:
                self._version = self._clerk.version
                self._set_rules(self._clerk.rules_of(self._camera.id))
        if self._looked is not None and wall - self._looked > HOLE * MICROSECONDS:  # the detector is gone
            self.jumped()

    def looked(self, frame: RawFrame, time: float, found: Sequence[Detection], signs: SceneSigns | None = None) -> None:
        """The detector has found this on the frame of `time`, seconds of media time; later than all before."""
        if not self._rules or self._was_seen(frame.wall):
            return
        with self._harmless():
            size = frame.width, frame.height
            if self._followers is None or size != self._size:
                self._size = size
                first, second = self._options
                self._followers = Follower(*size, first, live=True), Follower(*size, second, live=True)
            people, others = self._followers
            people.look(time, [one for one in found if one.label is ObjectClass.PERSON])
            others.look(time, [one for one in found if one.label is not ObjectClass.PERSON])
            tracks = tuple(one for one in (*people.current(), *others.current()) if one.missed <= HELD)
            outcome = self._engine.look(Look(time, frame.wall, *size, tracks, signs))
            self._looked = frame.wall
            self._clerk.note(outcome.happenings, by_minute(outcome.crossings), self._changed())

    def jumped(self) -> None:
        """What comes is another scene, or another run: nobody is who they were."""
        self._followers = self._looked = None
        self._before, self._jumped_at = self._wall, self._clock.monotonic()
        with self._harmless():
            self._clerk.note(self._engine.reset())

    def rest(self) -> None:
        """Nothing comes any more, for now or for good: all that lasts ends. How many are inside stays."""
        with self._harmless():
            inside = self._engine.inside()
            self._clerk.note(self._engine.finish(self._wall))
            self._begin(inside)

    def _was_seen(self, wall: WallUs) -> bool:
        """Whether a frame comes again. A clock that is set back at that very moment costs `REPLAY`, no more."""
        return wall <= self._before and self._clock.monotonic() - self._jumped_at < REPLAY

    def _changed(self) -> list[tuple[Rule, Inside]]:
        """How many are inside now, by each rule by which they were not as many before."""
        inside, before = self._engine.inside(), self._clerk.inside_of(self._camera.id)
        rules = [rule for rule in self._rules if rule.id in inside]
        return [(one, inside[one.id]) for one in rules if inside[one.id] != before.get(one.id, Inside())]

    def _begin(self, inside: Mapping[int, Inside] | None = None) -> None:
        self._followers = self._looked = None
        self._engine = Engine(self._zone)
        self._engine.set_rules(self._rules, self._wall, inside)

    def _set_rules(self, rules: list[Rule]) -> None:
        if rules == self._rules:
            return
        self._rules = rules
        self.often = any(rule.enabled and rule.kind in OFTEN for rule in rules)
        self.wants_signs = any(rule.enabled and rule.kind in OF_THE_SCENE for rule in rules)
        # Whoever never reaches the least of thresholds needs no track; whoever does must have one.
        least = min((rule.threshold for rule in rules), default=THRESHOLD)
        people, others = (
            dataclasses.replace(one, begin=min(one.begin, least), sure=min(one.sure, least)) for one in (PEOPLE, OTHERS)
        )
        self._options = people, others
        for follower, options in zip(self._followers or (), self._options, strict=False):
            follower.options = options
        inside = self._clerk.inside_of(self._camera.id)
        ended: list[Happening] = self._engine.set_rules(rules, self._wall, inside)
        self._clerk.note(ended)
        if not rules:
            self._followers = None

    @contextlib.contextmanager
    def _harmless(self) -> Iterator[None]:
        """A fault of ours in here ends what lasts, and rules begin anew after a while."""
        try:
            yield
        except Exception:  # noqa: BLE001 - the view goes on whatever is wrong with rules
            _log.exception("minding rules broke and begins anew", camera=self._camera.name)
            self._rests_until = self._clock.monotonic() + REST
            self._clerk.take_over([self._camera.id])
            self._rules, self._version = [], -1
            self.often = self.wants_signs = False
            self._begin()
