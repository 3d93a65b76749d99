"""What becomes of a rule's events: whom it tells, when, and what is quiet meanwhile."""

from typing import Annotated

import pydantic
from fastapi import APIRouter

from watchglass.base.clock import WallUs
from watchglass.console.context import SIGNED_IN, Context
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import MAX_ID, MAX_US, RuleId, Shape
from watchglass.model.alert import AlertPolicy, Arming
from watchglass.model.hours import ArmedHours, QuietHours
from watchglass.model.threshold import LEAST_THRESHOLD, MOST_THRESHOLD, THRESHOLD

router = APIRouter(prefix="/api/rules/{rule_id}/alerting", responses=ANSWERS, dependencies=SIGNED_IN, tags=["alerts"])

Ids = Annotated[list[Annotated[int, pydantic.Field(ge=1, le=MAX_ID)]], pydantic.Field(max_length=100)]
Hours = Annotated[str, pydantic.Field(max_length=1024, description="As in mon-fri 08:00-16:00; empty: none are set.")]


class Alerting(Shape):
    """What becomes of a rule's events. Every alert is on the console in any case."""

    channels: Ids = pydantic.Field(default=[], description="Who is told at once.")
    arming: Arming = pydantic.Field(default=Arming.HOURS, strict=False)
    hours: Hours = pydantic.Field(default="", description="When the rule is armed; empty: always.")
    quiet: Hours = pydantic.Field(default="", description="When alerts are on the console alone.")
    snoozed_until_us: int | None = pydantic.Field(default=None, ge=0, le=MAX_US)
    group_seconds: int = pydantic.Field(default=60, description="Events so soon after an alert's join it.")
    escalate_minutes: int | None = pydantic.Field(default=None, description="After which others are told; null: never.")
    escalation: Ids = pydantic.Field(default=[], description="Who is told when nobody has taken an alert in time.")
    threshold: float = pydantic.Field(
        default=THRESHOLD,
        description=f"{LEAST_THRESHOLD:g} to {MOST_THRESHOLD:g}; events below it make no alert.",
    )
    sample_share: float = pydantic.Field(default=0.0, description="Of those, the share that people agreed to look at.")


@router.get("")
def get_alerting(rule_id: RuleId, console: Context) -> Alerting:
    """What becomes of a rule's events now."""
    return _told(console.policies.get(rule_id))


@router.put("")
def set_alerting(rule_id: RuleId, body: Alerting, console: Context) -> Alerting:
    """Set what becomes of a rule's events. What is left out is as for a new rule."""
    policy = AlertPolicy(
        tuple(body.channels),
        body.arming,
        ArmedHours.parse(body.hours) if body.hours else None,
        QuietHours.parse(body.quiet) if body.quiet else None,
        None if body.snoozed_until_us is None else WallUs(body.snoozed_until_us),
        body.group_seconds,
        body.escalate_minutes,
        tuple(body.escalation),
        body.threshold,
        body.sample_share,
    )
    console.policies.set(rule_id, policy)
    return _told(console.policies.get(rule_id))


def _told(policy: AlertPolicy) -> Alerting:
    return Alerting(
        channels=list(policy.channels),
        arming=policy.arming,
        hours=str(policy.hours or ""),
        quiet=str(policy.quiet or ""),
        snoozed_until_us=policy.snoozed_until,
        group_seconds=policy.group_seconds,
        escalate_minutes=policy.escalate_minutes,
        escalation=list(policy.escalation),
        threshold=policy.threshold,
        sample_share=policy.sample_share,
    )
