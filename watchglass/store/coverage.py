"""How much of what should have been kept was kept: by camera and local day.

    share = kept / due        due = the day, as far as it is past and the camera was there, without what was off on purpose

Of time that is neither kept nor in a gap (the recorder was away, and is not back to say so) it counts that it was due.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Protocol

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.record import Gap, GapCause

BEHIND_US = 15 * MICROSECONDS
"""What is being kept this moment is told some seconds later; only after this long is it known to be missing."""

Span = tuple[WallUs, WallUs]


@dataclasses.dataclass(frozen=True, slots=True)
class Day:
    """A local calendar day, 23 to 25 hours of wall time as a rule; its end is the next one's start."""

    date: dt.date
    start: WallUs
    end: WallUs


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """Microseconds of a day that were due, those of them that were kept, and those that were off on purpose."""

    due: int
    kept: int
    off: int

    @property
    def ratio(self) -> float | None:
        """0 to 1; None where nothing was due."""
        return self.kept / self.due if self.due else None


@dataclasses.dataclass(frozen=True, slots=True)
class Coverage:
    """A share for each day, and the gaps of these days, oldest first."""

    shares: tuple[Share, ...]
    gaps: tuple[Gap, ...]


class Kept(Protocol):
    """What must be known of footage: `store.footage.Footage`."""

    def bounds(self, camera: int, /) -> Span | None:
        """From when to when something is kept."""

    def kept(self, camera: int, start: WallUs, end: WallUs, join_us: int = ..., /) -> list[Span]:
        """Spans that are kept, oldest first."""

    def gaps(self, camera: int, start: WallUs, end: WallUs, /) -> list[Gap]:
        """Gaps, oldest first."""


def days(start: WallUs, end: WallUs, zone: dt.tzinfo) -> list[Day]:
    """Local days of `zone` that share time with start..end, in order. OverflowError beyond the calendar's years."""
    found = []
    date = dt.datetime.fromtimestamp(start // MICROSECONDS, zone).date()
    begin = _midnight(date, zone)
    while begin < end:
        following = date + dt.timedelta(days=1)
        until = _midnight(following, zone)
        if until > max(begin, start):  # a day that a zone has left out, crossing the date line, takes no time
            found.append(Day(date, begin, until))
        date, begin = following, until
    return found


def coverage(footage: Kept, camera: int, of: Sequence[Day], now: WallUs, join_us: int) -> Coverage:
    """How much of these days, which follow one another, was kept of a camera, as far as they are past at `now`.

    Holes of up to `join_us` between segments are none.
    """
    if not of:
        return Coverage((), ())
    start, end = of[0].start, of[-1].end
    all_gaps = footage.gaps(camera, WallUs(0), end)
    known = known_span(footage.bounds(camera), all_gaps, now)
    gaps = tuple(gap for gap in all_gaps if gap.end is None or gap.end > start)
    if known is None:
        return Coverage(tuple(Share(0, 0, 0) for _ in of), gaps)
    kept = footage.kept(camera, start, end, join_us)
    off = [(gap.start, _end(gap, now)) for gap in gaps if gap.cause is GapCause.OFF]
    return Coverage(tuple(shares(of, kept, off, known)), gaps)


def known_span(bounds: Span | None, gaps: Sequence[Gap], now: WallUs) -> Span | None:
    """Since when a camera is known of, and until when: `now`, unless it is being kept and that is told a little later.

    None if nothing is known of it.
    """
    firsts = [bounds[0]] if bounds else []
    lasts = [bounds[1]] if bounds else []
    firsts += [gap.start for gap in gaps]
    lasts += [_end(gap, now) for gap in gaps]
    if not firsts:
        return None
    last = min(max(lasts), now)
    return min(firsts), last if now - last <= BEHIND_US else now


def shares(of: Sequence[Day], kept: Iterable[Span], off: Iterable[Span], known: Span) -> list[Share]:
    """The share of each day. What is kept counts as kept, whatever else is said of that time."""
    spans = list(kept)
    kept_us = _lengths(of, spans, known)
    either = _lengths(of, [*spans, *off], known)
    whole = _lengths(of, [known], known)
    return [
        Share(all_of_it - (both - held), held, both - held)
        for all_of_it, both, held in zip(whole, either, kept_us, strict=True)
    ]


def gap_lengths(gaps: Iterable[Gap], day: Day, now: WallUs) -> dict[GapCause, int]:
    """Microseconds of `day` that are in gaps, by their cause, as far as they are past at `now`."""
    lengths = dict.fromkeys(GapCause, 0)
    for gap in gaps:
        lengths[gap.cause] += max(0, min(_end(gap, now), day.end) - max(gap.start, day.start))
    return lengths


def _lengths(of: Sequence[Day], spans: Sequence[Span], within: Span) -> list[int]:
    """How much of each day is in at least one of `spans` and in `within`. One pass: both are in order, once sorted."""
    lengths = [0] * len(of)
    place, reached = 0, within[0]
    for start, end in sorted(spans):
        begin, until = max(start, reached), min(end, within[1])
        if until <= begin:
            continue
        reached = until
        while place < len(of) and of[place].end <= begin:
            place += 1
        at = place
        while at < len(of) and of[at].start < until:
            lengths[at] += min(until, of[at].end) - max(begin, of[at].start)
            at += 1
    return lengths


def _end(gap: Gap, now: WallUs) -> WallUs:
    return WallUs(max(gap.start, now)) if gap.end is None else gap.end


def _midnight(date: dt.date, zone: dt.tzinfo) -> WallUs:
    """When a day begins. Where summer time begins at midnight that is 1 o'clock, the same moment."""
    moment = dt.datetime.combine(date, dt.time(), zone)
    return WallUs(round(moment.timestamp()) * MICROSECONDS)
