"""Alerts: what people are told because of an event, over which channels, and what they say of it.

They carry place, rule, score and times: what a rule saw, never who. Pictures come as a link to the view, or as a still of it.
"""

import dataclasses
import enum
import uuid

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import UsageError
from watchglass.model.event import RuleKind
from watchglass.model.hours import WeeklyHours
from watchglass.model.threshold import THRESHOLD, trouble

LONGEST_GROUP = 24 * 3600
LONGEST_ESCALATION = 24 * 60
MOST_CHANNELS = 16
AROUND_US = 10 * MICROSECONDS
LONGEST_FILM_US = 60 * MICROSECONDS


class DeliveryState(enum.StrEnum):
    """How far an alert has come on one channel.

    `waiting`: not tried yet. `failed`: tried, and will be tried again. `undelivered`: given up, or never possible.
    """

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    UNDELIVERED = "undelivered"


class Step(enum.IntEnum):
    """For whom a delivery is: those who are told first, or those who are told when nobody takes the alert."""

    FIRST = 0
    ESCALATION = 1


class Muted(enum.StrEnum):
    """Why an alert is on the console and nowhere else. NOT is empty: it was sent."""

    NOT = ""
    QUIET = "quiet hours"
    SNOOZED = "snoozed"


class Arming(enum.StrEnum):
    """Whether a rule makes alerts: in its hours, or as somebody set it by hand."""

    HOURS = "hours"
    ON = "on"
    OFF = "off"


class Judgement(enum.StrEnum):
    """What a person on duty says of an event."""

    RIGHT = "right"
    WRONG = "wrong"
    UNCLEAR = "unclear"


NEVER_RULE = 0
"""The rule of a test alert: ids of rules begin at 1."""


@dataclasses.dataclass(frozen=True, slots=True)
class AlertPolicy:
    """What becomes of a rule's events. UsageError where it makes no sense.

    `hours` are those in which the rule is armed, None is always; they count while `arming` says so. In `quiet` hours, and until
    `snoozed_until`, alerts are on the console alone. Events within `group_seconds` of an alert's join it. If nobody takes an
    alert for `escalate_minutes`, `escalation` is told; None is never. Events whose score is below `threshold` make no alert;
    `sample_share` of them are kept to be looked at, where people agreed to that.
    """

    channels: tuple[int, ...] = ()
    arming: Arming = Arming.HOURS
    hours: WeeklyHours | None = None
    quiet: WeeklyHours | None = None
    snoozed_until: WallUs | None = None
    group_seconds: int = 60
    escalate_minutes: int | None = None
    escalation: tuple[int, ...] = ()
    threshold: float = THRESHOLD
    sample_share: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what makes no sense, with a sentence."""
        for chosen in (self.channels, self.escalation):
            if len(chosen) > MOST_CHANNELS or len(set(chosen)) != len(chosen):
                raise UsageError(f"A rule tells each channel once, and {MOST_CHANNELS} at most: leave some out.")
        if not 0 <= self.group_seconds <= LONGEST_GROUP:
            raise UsageError(f"Events are grouped over 0 to {LONGEST_GROUP} seconds, not {self.group_seconds}.")
        if self.escalate_minutes is not None and not 1 <= self.escalate_minutes <= LONGEST_ESCALATION:
            raise UsageError(
                f"An alert escalates after 1 to {LONGEST_ESCALATION} minutes, not {self.escalate_minutes}."
            )
        if (self.escalate_minutes is None) != (not self.escalation):
            raise UsageError(
                "Escalation needs both the minutes to wait and a channel to tell: give both, or leave out both."
            )
        if wrong := trouble(self.threshold):
            raise UsageError(f"Alerts are to have the threshold {self.threshold:g}: {wrong}")
        if not 0 <= self.sample_share <= 1:
            raise UsageError(f"The share of events that is looked at is from 0 to 1, not {self.sample_share:g}.")


@dataclasses.dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `event` is the one that made it, of which there is one at most: so it is the key by which a receiver drops what
    it gets twice. `events` how many have joined, that one included, up to `last`. Names are those of the
    moment. `escalates` is when others are told, None if never; `taken` since when somebody sees to it. A test says so.
    """

    id: int
    event: uuid.UUID
    rule: int
    rule_name: str
    kind: RuleKind
    camera: int
    camera_name: str
    place: str
    score: float
    tracks: int
    detail: str
    start: WallUs
    end: WallUs | None
    created: WallUs
    last: WallUs
    events: int = 1
    muted: Muted = Muted.NOT
    escalates: WallUs | None = None
    taken: WallUs | None = None
    taken_by: str = ""
    test: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Delivery:
    """One alert on its way over one channel. `cause` is a sentence on why it failed; `next` when it is tried, None if not again."""

    id: int
    alert: int
    channel: int
    step: Step
    state: DeliveryState
    attempts: int
    created: WallUs
    next: WallUs | None
    sent: WallUs | None = None
    cause: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody said of an event. A later one takes its place."""

    event: uuid.UUID
    judgement: Judgement
    by: str
    at: WallUs


def message_id(alert: Alert, step: Step) -> str:
    """The key by which a receiver drops doubles. An escalation is a message of its own: it says that nobody took the alert."""
    return str(alert.event) if step is Step.FIRST else f"{alert.event}-escalation"


def film_span(start: WallUs, end: WallUs | None) -> tuple[WallUs, WallUs]:
    """Which part of the view belongs to an event, `end` None while it lasts: ten seconds before it to ten after, a minute at most."""
    begin = WallUs(start - AROUND_US)
    latest = WallUs(begin + LONGEST_FILM_US)
    return begin, latest if end is None else min(latest, WallUs(max(start, end) + AROUND_US))


def minutes(number: int) -> int:
    """In microseconds."""
    return number * 60 * MICROSECONDS
