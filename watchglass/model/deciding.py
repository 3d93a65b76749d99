"""What becomes of an event: an alert, part of one, a sample, or nothing. Pure: the same answer for the same question."""

import dataclasses
import datetime as dt
import enum
import uuid

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.alert import Alert, AlertPolicy, Arming, Muted, minutes
from watchglass.model.event import Event


class Outcome(enum.StrEnum):
    """What was made of an event."""

    ALERTED = "alerted"
    GROUPED = "grouped"  # with an alert that was there
    DISARMED = "disarmed"
    BELOW = "below"  # the threshold
    SAMPLED = "sampled"  # below it too, and kept to be looked at


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """`muted` and `escalates` are those of the alert, where one is made."""

    outcome: Outcome
    muted: Muted = Muted.NOT
    escalates: WallUs | None = None
    channels: tuple[int, ...] = ()


def decide(event: Event, policy: AlertPolicy, open_alert: Alert | None, now: WallUs, zone: dt.tzinfo) -> Decision:
    """`open_alert` is the newest alert of the rule, if there is one.

    Whether the rule was armed is asked of the moment at which it happened, whether people may be disturbed of this moment: an
    event that comes late, after a crash, is neither lost nor sent into somebody's night.
    """
    if not is_armed(policy, event.start, zone):  # no threshold would have made an alert of it: it is no sample either
        return Decision(Outcome.DISARMED)
    if (
        event.tracks and event.score < policy.threshold
    ):  # a camera's own events have no tracks, and no score to speak of
        return Decision(Outcome.SAMPLED if _is_sample(event.id, policy.sample_share) else Outcome.BELOW)
    muted = muted_at(policy, now, zone)
    if open_alert is not None and _joins(event, open_alert, policy, muted):
        return Decision(Outcome.GROUPED)
    if muted is not Muted.NOT:
        return Decision(Outcome.ALERTED, muted)
    escalates = None
    if policy.escalate_minutes is not None:
        escalates = WallUs(now + minutes(policy.escalate_minutes))
    return Decision(Outcome.ALERTED, muted, escalates, policy.channels)


def is_armed(policy: AlertPolicy, at: WallUs, zone: dt.tzinfo) -> bool:
    """By hand, or by the hours of the week in local time."""
    if policy.arming is not Arming.HOURS:
        return policy.arming is Arming.ON
    return policy.hours is None or policy.hours.cover(local(at, zone))


def muted_at(policy: AlertPolicy, now: WallUs, zone: dt.tzinfo) -> Muted:
    """Why nobody is told now, if so."""
    if policy.snoozed_until is not None and now < policy.snoozed_until:
        return Muted.SNOOZED
    if policy.quiet is not None and policy.quiet.cover(local(now, zone)):
        return Muted.QUIET
    return Muted.NOT


def local(at: WallUs, zone: dt.tzinfo) -> dt.datetime:
    """A point in time as the clock on the wall shows it."""
    return dt.datetime.fromtimestamp(at / MICROSECONDS, zone)


def _joins(event: Event, alert: Alert, policy: AlertPolicy, muted: Muted) -> bool:
    """An alert that was sent to nobody takes in nothing that somebody must be told of."""
    if alert.test or (alert.muted is not Muted.NOT and muted is Muted.NOT):
        return False
    return abs(event.start - alert.start) < policy.group_seconds * MICROSECONDS


def _is_sample(event: uuid.UUID, share: float) -> bool:
    """By the event's random id: each is as likely as any other, and the answer never changes."""
    return event.int % 1_000_000 < share * 1_000_000
