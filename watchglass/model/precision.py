"""How often a rule is right: from what people said of its events, with what is not known said beside it. Pure arithmetic.

Events at and above the threshold were alerts, and people saw them. Of those below only a random share was looked at, if people
agreed to that: what is said of them is an estimate.
"""

import dataclasses
import math
from collections.abc import Iterable, Sequence

from watchglass.model.alert import Judgement

Z = 1.959963984540054
"""Of the normal distribution, for 95 %."""

LEAST_JUDGED = 10
LEAST_SAMPLED = 5
WANTED = 0.8
"""The share of alerts that should be right, unless somebody wants another."""


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """One event's score, and what people said of it, None where nobody did. `alerted` if it was at or above the threshold."""

    score: float
    judgement: Judgement | None
    alerted: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class Interval:
    """Between which two shares the true one lies, 0 to 1."""

    low: float
    high: float


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """At this threshold there would have been `events` alerts, this share of them right: None where too little is known.

    `estimated`: it lies below the threshold that was set, and comes from a sample.
    """

    threshold: float
    events: int
    judged: int
    precision: float | None
    interval: Interval
    estimated: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Suggestion:
    """Another threshold, and a sentence on why."""

    threshold: float
    because: str


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """How a rule does over some days. Unclear verdicts are counted, and taken for neither right nor wrong.

    `below` is how many events made no alert, for their score was too low.
    """

    right: int
    wrong: int
    unclear: int
    interval: Interval
    alerts_a_day: float
    below: int

    @property
    def precision(self) -> float | None:
        judged = self.right + self.wrong
        return self.right / judged if judged else None


def wilson(right: int, judged: int, z: float = Z) -> Interval:
    """Wilson's score interval (https://www.jstor.org/stable/2276774): shares p with |right/judged - p| <= z * sqrt(p(1-p)/judged).

    All of 0 to 1 where nothing was judged.
    """
    if judged == 0:
        return Interval(0.0, 1.0)
    share, square = right / judged, z * z / judged
    middle = (share + square / 2) / (1 + square)
    half = z / (1 + square) * math.sqrt(share * (1 - share) / judged + square / (4 * judged))
    low = 0.0 if right == 0 else max(0.0, middle - half)
    high = 1.0 if right == judged else min(1.0, middle + half)
    return Interval(low, high)


def standing(events: Iterable[Judged], days: float) -> Standing:
    """Of the events that were alerts, over so many days, and of those that were below."""
    counted = list(events)
    alerts = [event for event in counted if event.alerted]
    right, wrong, unclear = (_count(alerts, one) for one in (Judgement.RIGHT, Judgement.WRONG, Judgement.UNCLEAR))
    a_day = len(alerts) / days if days > 0 else 0.0
    return Standing(right, wrong, unclear, wilson(right, right + wrong), a_day, len(counted) - len(alerts))


def curve(events: Sequence[Judged], thresholds: Iterable[float]) -> list[Point]:
    """What there would have been at each threshold, in order."""
    return [_point(events, threshold) for threshold in sorted(set(thresholds))]


def suggest(
    events: Sequence[Judged], threshold: float, thresholds: Iterable[float], wanted: float = WANTED
) -> Suggestion | None:
    """Another threshold where verdicts allow to say so; None where the one that is set is well, or nothing is certain.

    Higher, if surely fewer are right than wanted, and at the higher one surely as many as wanted are: the least such. Lower, if
    surely as many as wanted would be right there still: the lowest such that the sample speaks for.
    """
    points = curve(events, [*thresholds, threshold])
    now = next(point for point in points if point.threshold == threshold)
    if now.judged < LEAST_JUDGED:
        return None
    sure = [point for point in points if point.precision is not None and point.interval.low >= wanted]
    if now.interval.high < wanted:
        higher = [one for one in sure if one.threshold > threshold and one.judged >= LEAST_JUDGED]
        return _higher(higher[0], now, wanted) if higher else None
    lower = [one for one in sure if one.threshold < threshold and one.events > now.events]
    return _lower(lower[0], now, wanted) if lower else None


def _higher(point: Point, now: Point, wanted: float) -> Suggestion:
    return Suggestion(
        point.threshold,
        f"At {point.threshold:.0%} there would have been {point.events} alerts in place of {now.events}, and more than "
        f"{wanted:.0%} of them right; now it is less.",
    )


def _lower(point: Point, now: Point, wanted: float) -> Suggestion:
    return Suggestion(
        point.threshold,
        f"At {point.threshold:.0%} there would have been {point.events} alerts in place of {now.events}, and by the sample "
        f"that was looked at still more than {wanted:.0%} of them right.",
    )


def _point(events: Sequence[Judged], threshold: float) -> Point:
    """Alerts and what was below the threshold that was set are two strata: the sample says nothing of the first.

    The interval is that of each, weighed by how many events it has: at least as wide as one of 90 %.
    """
    above = [event for event in events if event.score >= threshold and event.alerted]
    below = [event for event in events if event.score >= threshold and not event.alerted]
    right, judged = _tally(above)
    if not below:
        share = right / judged if judged else None
        return Point(threshold, len(above), judged, share, wilson(right, judged), estimated=False)
    right_below, judged_below = _tally(below)
    total = len(above) + len(below)
    weights = (len(above) / total, len(below) / total)
    both = (wilson(right, judged), wilson(right_below, judged_below))
    interval = Interval(
        sum(weight * one.low for weight, one in zip(weights, both, strict=True)),
        sum(weight * one.high for weight, one in zip(weights, both, strict=True)),
    )
    share = None
    if judged_below >= LEAST_SAMPLED and (judged or not above):
        share = weights[0] * (right / judged if judged else 0.0) + weights[1] * right_below / judged_below
    return Point(threshold, total, judged + judged_below, share, interval, estimated=True)


def _tally(events: Iterable[Judged]) -> tuple[int, int]:
    events = list(events)
    right = _count(events, Judgement.RIGHT)
    return right, right + _count(events, Judgement.WRONG)


def _count(events: Iterable[Judged], judgement: Judgement) -> int:
    return sum(event.judgement is judgement for event in events)
