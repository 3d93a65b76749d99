"""Alerts: the list, taking one, saying what it was, what is to be looked at below the threshold, and how often a rule is right."""

import uuid
from typing import Annotated

import pydantic
from fastapi import APIRouter, Path, Query, status

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.console.context import SIGNED_IN, Console, Context, Who
from watchglass.console.events import EventOut, event_out
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import MAX_ID, RuleId, Shape
from watchglass.model.alert import Alert, Delivery, DeliveryState, Judgement, Muted, Step, Verdict
from watchglass.model.event import RuleKind
from watchglass.model.precision import Point, curve, standing, suggest

router = APIRouter(prefix="/api", responses=ANSWERS, dependencies=SIGNED_IN, tags=["alerts"])

AlertId = Annotated[int, Path(ge=1, le=MAX_ID, description="The alert's number.")]
EventId = Annotated[uuid.UUID, Path(description="The event's id.")]

_THRESHOLDS = [part / 20 for part in range(6, 20)]  # 30 % to 95 %
_DAY = 24 * 3600 * MICROSECONDS
_MOST_SAMPLES = 100


class DeliveryOut(Shape):
    """What has become of an alert on one channel."""

    channel_id: int
    step: str = pydantic.Field(description="first: who is told at once; escalation: who is told when nobody took it.")
    state: DeliveryState
    attempts: int
    next_us: int | None = pydantic.Field(description="When it is tried next; null: not again.")
    sent_us: int | None
    cause: str = pydantic.Field(description="A sentence on why it failed; empty where it did not.")


class VerdictOut(Shape):
    """What somebody said of an event."""

    judgement: Judgement
    by: str
    at_us: int


class AlertOut(Shape):
    """An alert: what happened, where and when, never who; and how far it has come."""

    id: int
    event_id: uuid.UUID
    rule_id: int
    rule: str
    kind: RuleKind
    camera_id: int
    camera: str
    place: str
    score: float = pydantic.Field(description="0 to 1: the highest of the events in it.")
    tracks: int
    detail: str
    start_us: int
    end_us: int | None
    last_us: int = pydantic.Field(description="When the newest event in it began.")
    events: int
    muted: Muted = pydantic.Field(description="Why nobody was told but on the console; empty: they were.")
    escalates_us: int | None
    taken_us: int | None
    taken_by: str
    test: bool
    verdict: VerdictOut | None
    deliveries: list[DeliveryOut]


class AlertsOut(Shape):
    """Alerts, the newest first."""

    alerts: list[AlertOut]
    untaken: int = pydantic.Field(description="Of the newest thousand, tests left out: how many nobody has taken.")
    revision: int = pydantic.Field(description="Rises with every change of any alert.")


class VerdictIn(Shape):
    """What an event was."""

    judgement: Judgement = pydantic.Field(strict=False)


class SamplesOut(Shape):
    """Events below a rule's threshold that were drawn to be looked at, and of which nobody has said anything, the earliest first."""

    events: list[EventOut]
    left: int = pydantic.Field(description="How many there are in all.")


class PointOut(Shape):
    """At this threshold there would have been so many alerts."""

    threshold: float
    alerts: int
    judged: int
    right: float | None = pydantic.Field(description="Share of them that was right; null: too little is known.")
    at_least: float = pydantic.Field(description="Of the share that is right, by Wilson's interval of 95 %.")
    at_most: float
    estimated: bool = pydantic.Field(description="Below the set threshold: from a sample that people looked at.")


class PrecisionOut(Shape):
    """How often a rule was right."""

    right: int
    wrong: int
    unclear: int
    share: float | None
    at_least: float
    at_most: float
    alerts_a_day: float
    below: int = pydantic.Field(description="How many events made no alert, for their score was too low.")
    threshold: float
    curve: list[PointOut]
    suggested: float | None
    because: str = pydantic.Field(description="Why another threshold is suggested; empty where none is.")


@router.get("/alerts")
def list_alerts(
    console: Context,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[int | None, Query(ge=1, le=MAX_ID, description="Only those before this number.")] = None,
) -> AlertsOut:
    """List alerts, the newest first, with what was said of them."""
    revision = console.alerts.revision()  # before: what changes meanwhile is asked for again
    found = console.alerts.newest(limit, before)
    verdicts = console.alerts.verdicts(one.event for one in found)
    sent = console.outbox.deliveries_of(one.id for one in found)
    alerts = [_told(one, verdicts.get(one.event), sent.get(one.id, [])) for one in found]
    return AlertsOut(alerts=alerts, untaken=console.alerts.untaken(), revision=revision)


@router.get("/alerts/{alert_id}")
def get_alert(alert_id: AlertId, console: Context) -> AlertOut:
    """Get one alert, and what has become of it on each channel."""
    return _whole(console, console.alerts.get(alert_id))


@router.post("/alerts/{alert_id}/take")
def take_alert(alert_id: AlertId, console: Context, who: Who) -> AlertOut:
    """See to an alert: nobody else is told of it then. The first who takes it has it."""
    return _whole(console, console.alerts.take(alert_id, who.name))


@router.post("/events/{event_id}/verdict", status_code=status.HTTP_201_CREATED)
def judge_event(event_id: EventId, body: VerdictIn, console: Context, who: Who) -> VerdictOut:
    """Say what an event was that made an alert, or was drawn to be looked at.

    A later verdict takes the place of an earlier one; who judges an alert has taken it.
    """
    return _verdict(console.alerts.judge(event_id, body.judgement, who.name))


@router.get("/rules/{rule_id}/samples")
def list_samples(
    rule_id: RuleId, console: Context, limit: Annotated[int, Query(ge=1, le=_MOST_SAMPLES)] = 20
) -> SamplesOut:
    """List what was drawn below a rule's threshold and waits for a verdict, for as long as there is something to be seen of it."""
    names = {one.id: one.name for one in console.rules.all()}
    found = console.alerts.samples(rule_id, limit)
    return SamplesOut(
        events=[event_out(one, names.get(one.rule)) for one in found], left=console.alerts.samples_left(rule_id)
    )


@router.get("/rules/{rule_id}/precision")
def get_precision(
    rule_id: RuleId,
    console: Context,
    days: Annotated[int, Query(ge=1, le=400, description="Of the last so many days.")] = 30,
) -> PrecisionOut:
    """How often a rule was right, and what another threshold would have brought."""
    threshold = console.policies.get(rule_id).threshold
    judged = console.alerts.judged(rule_id, WallUs(max(0, console.clock.wall_us() - days * _DAY)))
    now = standing(judged, days)
    suggested = suggest(judged, threshold, _THRESHOLDS)
    return PrecisionOut(
        right=now.right,
        wrong=now.wrong,
        unclear=now.unclear,
        share=now.precision,
        at_least=now.interval.low,
        at_most=now.interval.high,
        alerts_a_day=now.alerts_a_day,
        below=now.below,
        threshold=threshold,
        curve=[_point(one) for one in curve(judged, [*_THRESHOLDS, threshold])],
        suggested=suggested.threshold if suggested else None,
        because=suggested.because if suggested else "",
    )


def _point(point: Point) -> PointOut:
    return PointOut(
        threshold=point.threshold,
        alerts=point.events,
        judged=point.judged,
        right=point.precision,
        at_least=point.interval.low,
        at_most=point.interval.high,
        estimated=point.estimated,
    )


def _told(alert: Alert, verdict: Verdict | None, deliveries: list[Delivery]) -> AlertOut:
    return AlertOut(
        id=alert.id,
        event_id=alert.event,
        rule_id=alert.rule,
        rule=alert.rule_name,
        kind=alert.kind,
        camera_id=alert.camera,
        camera=alert.camera_name,
        place=alert.place,
        score=alert.score,
        tracks=alert.tracks,
        detail=alert.detail,
        start_us=alert.start,
        end_us=alert.end,
        last_us=alert.last,
        events=alert.events,
        muted=alert.muted,
        escalates_us=alert.escalates,
        taken_us=alert.taken,
        taken_by=alert.taken_by,
        test=alert.test,
        verdict=_verdict(verdict) if verdict else None,
        deliveries=[_delivery(one) for one in deliveries],
    )


def _whole(console: Console, alert: Alert) -> AlertOut:
    return _told(alert, console.alerts.verdict(alert.event), console.outbox.deliveries(alert.id))


def _delivery(delivery: Delivery) -> DeliveryOut:
    return DeliveryOut(
        channel_id=delivery.channel,
        step="first" if delivery.step is Step.FIRST else "escalation",
        state=delivery.state,
        attempts=delivery.attempts,
        next_us=delivery.next,
        sent_us=delivery.sent,
        cause=delivery.cause,
    )


def _verdict(verdict: Verdict) -> VerdictOut:
    return VerdictOut(judgement=verdict.judgement, by=verdict.by, at_us=verdict.at)
