"""Events: what a rule has seen, once each. They say what happened and where, never who."""

import dataclasses
import enum
import uuid

from watchglass.base.clock import WallUs
from watchglass.model.place import Point


class RuleKind(enum.StrEnum):
    """What a rule looks for."""

    INTRUSION = "intrusion"
    CROSSING = "line crossing"
    LOITERING = "loitering"
    CROWDING = "crowding"
    OCCUPANCY = "occupancy"
    WRONG_WAY = "wrong way"
    STOPPED = "stopped vehicle"
    QUEUE = "queue"
    SPEED = "speed"
    LEFT_BEHIND = "thing left behind"
    TAKEN_AWAY = "thing taken away"
    LYING = "person lying down"
    TAMPERING = "camera covered or moved"


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """One instance of a rule met. `end` is None while it lasts.

    `score` (0..1) is the highest detector score of the tracks that met the rule, `tracks` how many those were; a camera's
    own events have no tracks. `at` is where it was seen best, `place` the name of the zone or tripwire, empty where the
    rule is about the whole picture; `detail` is a sentence for the person on duty.
    """

    id: uuid.UUID
    camera: int
    rule: int
    kind: RuleKind
    start: WallUs
    end: WallUs | None
    score: float
    tracks: int
    place: str = ""
    at: Point | None = None
    detail: str = ""


class Change(enum.StrEnum):
    """What became of an event."""

    BEGAN = "began"
    CHANGED = "changed"
    ENDED = "ended"


@dataclasses.dataclass(frozen=True, slots=True)
class Happening:
    """An event that began, changed or ended. One that has an end when it begins is over: no other follows.

    `seen` is when it was last seen to last: where nobody says of its end any more, it ended then.
    """

    change: Change
    event: Event
    seen: WallUs
