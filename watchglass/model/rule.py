"""Rules: what somebody wants to be told of, or to have counted. Each kind has its parts; what makes no sense is refused."""

import dataclasses
import enum
from collections.abc import Mapping

from watchglass.base.errors import UsageError
from watchglass.model.calibration import Calibration
from watchglass.model.event import RuleKind
from watchglass.model.hours import RuleHours
from watchglass.model.place import Direction, Tripwire, Zone
from watchglass.model.threshold import THRESHOLD, trouble
from watchglass.model.vision import VEHICLES, ObjectClass

MOST_SECONDS = 24 * 3600.0
MOST_COUNT = 1000
LEAST_KMH, MOST_KMH = 3.0, 300.0
LONGEST_NAME = 64

_K = RuleKind
_PEOPLE = (ObjectClass.PERSON,)
_VEHICLES = tuple(one for one in ObjectClass if one in VEHICLES)
_NO_TRACKS = frozenset({_K.LEFT_BEHIND, _K.TAKEN_AWAY, _K.TAMPERING})
_ON_THE_MOVE = frozenset({_K.WRONG_WAY, _K.STOPPED, _K.SPEED})


class Part(enum.StrEnum):
    """What a rule is composed from, as people call it."""

    ZONE = "zone"
    TRIPWIRE = "tripwire"
    DIRECTION = "direction"
    SECONDS = "seconds"
    COUNT = "count"
    KMH = "kmh"
    CALIBRATION = "calibration"


_P = Part
NEEDED: Mapping[RuleKind, frozenset[Part]] = {
    _K.INTRUSION: frozenset({_P.ZONE}),
    _K.CROSSING: frozenset({_P.TRIPWIRE}),
    _K.LOITERING: frozenset({_P.ZONE, _P.SECONDS}),
    _K.CROWDING: frozenset({_P.ZONE, _P.COUNT}),
    _K.OCCUPANCY: frozenset({_P.TRIPWIRE, _P.DIRECTION}),
    _K.WRONG_WAY: frozenset({_P.TRIPWIRE, _P.DIRECTION}),
    _K.STOPPED: frozenset({_P.ZONE, _P.SECONDS}),
    _K.QUEUE: frozenset({_P.ZONE, _P.COUNT}),
    _K.SPEED: frozenset({_P.CALIBRATION, _P.KMH}),
    _K.LEFT_BEHIND: frozenset({_P.SECONDS}),
    _K.TAKEN_AWAY: frozenset({_P.SECONDS}),
    _K.LYING: frozenset({_P.SECONDS}),
    _K.TAMPERING: frozenset({_P.SECONDS}),
}
"""Parts without which a rule of a kind is none."""

ALLOWED: Mapping[RuleKind, frozenset[Part]] = {
    _K.INTRUSION: frozenset({_P.SECONDS}),
    _K.CROSSING: frozenset({_P.DIRECTION}),
    _K.CROWDING: frozenset({_P.SECONDS}),
    _K.OCCUPANCY: frozenset({_P.COUNT}),
    _K.QUEUE: frozenset({_P.SECONDS}),
    _K.SPEED: frozenset({_P.ZONE}),
    _K.LEFT_BEHIND: frozenset({_P.ZONE}),
    _K.TAKEN_AWAY: frozenset({_P.ZONE}),
    _K.LYING: frozenset({_P.ZONE}),
}
"""Parts that it may have besides: without a zone it is about the whole picture, without a direction about both."""

COUNTING = frozenset({_K.CROSSING, _K.OCCUPANCY})
"""Kinds whose crossings are counted, and kept as numbers."""

_WHAT = {
    _P.ZONE: "a zone: draw one on the picture",
    _P.TRIPWIRE: "a tripwire: draw a line on the picture",
    _P.DIRECTION: "a direction: forward is from the left of the tripwire to its right, backward the other way",
    _P.SECONDS: "a number of seconds",
    _P.COUNT: "a count: from how many on it is met",
    _P.KMH: "a speed in km/h",
    _P.CALIBRATION: "a calibration: four points of the ground with their distances in metres",
}


def usual_classes(kind: RuleKind) -> tuple[ObjectClass, ...]:
    """What a rule is about where nobody says."""
    if kind in _NO_TRACKS:
        return ()
    return _VEHICLES if kind in _ON_THE_MOVE else _PEOPLE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition that somebody set for one camera. UsageError where it makes no sense.

    `seconds` is how long it must hold; of a crossing `direction` is the one that makes events (None: both; both are counted), of
    an occupancy the way in, of a wrong way the wrong one. A track counts from `threshold` on. A rule that is not `armed` makes no
    events, but goes on counting; one that is not `enabled` is not looked at. Its id is 0 until it is kept.
    """

    camera: int
    name: str
    kind: RuleKind
    id: int = 0
    zone: Zone | None = None
    tripwire: Tripwire | None = None
    direction: Direction | None = None
    classes: tuple[ObjectClass, ...] | None = None
    threshold: float = THRESHOLD
    hours: RuleHours | None = None
    seconds: float | None = None
    count: int | None = None
    kmh: float | None = None
    calibration: Calibration | None = None
    enabled: bool = True
    armed: bool = True

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST_NAME or not self.name.isprintable():
            raise UsageError(f"A rule needs a name of 1 to {LONGEST_NAME} characters that can be printed.")
        self._check_parts()
        self._check_numbers()
        object.__setattr__(self, "classes", self._checked_classes())

    @property
    def asked(self) -> tuple[ObjectClass, ...]:
        """The classes it is about; none where it is about the picture itself."""
        return self.classes or ()

    @property
    def place(self) -> str:
        """The name of its zone or tripwire; empty where it is about the whole picture."""
        drawn = self.tripwire or self.zone
        return drawn.name if drawn else ""

    def differs(self, other: "Rule") -> bool:
        """Whether it is another rule than `other`, and not only called otherwise: what was seen by the one is not the other's."""
        return dataclasses.replace(self, name=other.name) != other

    def _check_parts(self) -> None:
        given = {part for part in Part if getattr(self, part.value) is not None}
        for part in Part:  # in the order in which people read them
            if part in NEEDED[self.kind] - given:
                raise UsageError(f"Rule {self.name!r} ({self.kind}) needs {_WHAT[part]}.")
            if part in given - NEEDED[self.kind] - ALLOWED.get(self.kind, frozenset()):
                raise UsageError(f"Rule {self.name!r} ({self.kind}) has no use for {part}: leave it out.")

    def _check_numbers(self) -> None:
        if wrong := trouble(self.threshold):
            raise UsageError(f"Rule {self.name!r} has the threshold {self.threshold:g}: {wrong}")
        least = 0.0 if Part.SECONDS not in NEEDED[self.kind] else 1.0
        if self.seconds is not None and not least <= self.seconds <= MOST_SECONDS:
            raise UsageError(
                f"Rule {self.name!r} has {self.seconds:g} seconds: give {least:g} to {MOST_SECONDS:g}, a day."
            )
        if self.count is not None and not 1 <= self.count <= MOST_COUNT:
            raise UsageError(
                f"Rule {self.name!r} counts up to {self.count}: give a whole number from 1 to {MOST_COUNT}."
            )
        if self.kmh is not None and not LEAST_KMH <= self.kmh <= MOST_KMH:
            raise UsageError(
                f"Rule {self.name!r} has a speed of {self.kmh:g} km/h: give {LEAST_KMH:g} to {MOST_KMH:g}."
            )

    def _checked_classes(self) -> tuple[ObjectClass, ...]:
        usual = usual_classes(self.kind)
        found = tuple(one for one in ObjectClass if one in (usual if self.classes is None else self.classes))
        if not usual and found:
            raise UsageError(f"Rule {self.name!r} ({self.kind}) has no use for classes: leave them out.")
        if usual and not found:
            raise UsageError(f"Rule {self.name!r} is about nothing: name a class, such as {usual[0]}.")
        if ObjectClass.UNKNOWN in found:
            raise UsageError(
                f"Rule {self.name!r} asks for {ObjectClass.UNKNOWN} changes, which are not followed: leave that class out."
            )
        if self.kind is RuleKind.LYING and found != _PEOPLE:
            raise UsageError(f"Rule {self.name!r} ({self.kind}) is about people alone: leave the other classes out.")
        return found
