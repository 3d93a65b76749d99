"""Hours of a week, in the local time of the machine: when a camera is off on purpose, when a rule is looked at.

Written as people write opening hours: `mon-fri 08:00-16:00, sat sun 00:00-24:00`. Without days it is every day; a span whose end
is not after its beginning goes on into the next day.
"""

import dataclasses
import datetime as dt
import re
from typing import ClassVar, Self

from watchglass.base.errors import UsageError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST = 32
"""Spans that one camera, or one rule, may have."""

LONGEST = 1024
"""Characters of them, written."""

_DAY = 24 * 60
_WEEK = 7 * _DAY
_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """One span of every such day (0 is Monday): minutes from midnight, `begin` in 0..1439, `end` in 0..1440."""

    days: tuple[int, ...]
    begin: int
    end: int

    def __str__(self) -> str:
        times = "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (self.begin, self.end))
        return times if len(self.days) == len(DAYS) else f"{_written(self.days)} {times}"

    def minutes(self) -> list[tuple[int, int]]:
        """From and to, in minutes from Monday's midnight; the last may end in the week after."""
        length = (self.end - self.begin) % _DAY or _DAY
        return [(day * _DAY + self.begin, day * _DAY + self.begin + length) for day in self.days]


@dataclasses.dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Spans of a week, at least one. `str` writes them as `parse` reads them."""

    spans: tuple[Span, ...]
    called: ClassVar[str] = "weekly hours"

    @classmethod
    def parse(cls, text: str) -> Self:
        """UsageError that quotes what cannot be understood."""
        if len(text) > LONGEST:
            raise UsageError(
                f"{_begun(cls.called)} have {LONGEST} characters at most: write days together, as in mon-fri."
            )
        parts = [part.strip() for part in text.lower().replace(";", ",").split(",")]
        spans = tuple(_span(part, cls.called) for part in parts if part)
        if not 0 < len(spans) <= MOST:
            raise UsageError(
                f"{_begun(cls.called)} are 1 to {MOST} spans, written as in mon-fri 08:00-16:00, sat 09:00-12:00."
            )
        found = cls(spans)
        if len(str(found)) > LONGEST:  # it is kept as we write it
            raise UsageError(
                f"{_begun(cls.called)} have {LONGEST} characters at most: write days together, as in mon-fri."
            )
        return found

    def __str__(self) -> str:
        return ", ".join(str(span) for span in self.spans)

    def cover(self, moment: dt.datetime) -> bool:
        """Whether a moment of local time is in them."""
        minute = _minute_of(moment)
        return any(begin <= at < end for begin, end in self._minutes() for at in (minute, minute + _WEEK))

    def until(self, moment: dt.datetime) -> dt.datetime | None:
        """When they are over that cover `moment`; None if they never are, or do not cover it."""
        minute = end = _minute_of(moment)
        while (later := self._end_after(end)) is not None:
            end = later
            if end - minute >= _WEEK:
                return None
        if end == minute:
            return None
        # By the clock on the wall: on a day on which that is set forward or back, too.
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        days, minutes = divmod(end - moment.weekday() * _DAY, _DAY)
        wall = midnight.replace(tzinfo=None) + dt.timedelta(days=days, minutes=minutes)
        return wall.replace(tzinfo=moment.tzinfo)

    def _end_after(self, minute: int) -> int | None:
        """The latest end of a span that covers a minute, which may lie weeks ahead; None if none does."""
        weeks = minute // _WEEK * _WEEK
        ends = [
            end + shift
            for begin, end in self._minutes()
            for shift in (weeks - _WEEK, weeks)
            if begin + shift <= minute < end + shift
        ]
        return max(ends, default=None)

    def _minutes(self) -> list[tuple[int, int]]:
        return [pair for span in self.spans for pair in span.minutes()]


@dataclasses.dataclass(frozen=True, slots=True)
class PrivacyHours(WeeklyHours):
    """When a camera is off on purpose."""

    called: ClassVar[str] = "privacy hours"


@dataclasses.dataclass(frozen=True, slots=True)
class RuleHours(WeeklyHours):
    """When a rule is looked at."""

    called: ClassVar[str] = "a rule's hours"


@dataclasses.dataclass(frozen=True, slots=True)
class ArmedHours(WeeklyHours):
    """When a rule's events make alerts."""

    called: ClassVar[str] = "the hours in which a rule is armed"


@dataclasses.dataclass(frozen=True, slots=True)
class QuietHours(WeeklyHours):
    """When alerts disturb nobody."""

    called: ClassVar[str] = "quiet hours"


def _begun(words: str) -> str:
    """As the beginning of a sentence."""
    return words[0].upper() + words[1:]


def _minute_of(moment: dt.datetime) -> int:
    return moment.weekday() * _DAY + moment.hour * 60 + moment.minute


def _span(text: str, called: str) -> Span:
    *words, times = text.split()
    found = _SPAN.fullmatch(times)
    if found is None:
        raise UsageError(
            f"{_begun(called)} {text!r} have no times as in 08:00-16:00: write days with spaces between them, as in mon tue 08:00-16:00."
        )
    begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups())
    begin, end = begin_hour * 60 + begin_minute, end_hour * 60 + end_minute
    if begin >= _DAY or end > _DAY or begin_minute > 59 or end_minute > 59:
        raise UsageError(f"{_begun(called)} hold {times}, which is no time of day: hours go to 24:00, minutes to 59.")
    days = sorted({day for word in words for day in _days(word, called)}) or range(len(DAYS))
    return Span(tuple(days), begin, end)


def _days(word: str, called: str) -> list[int]:
    """`mon`, `mon-fri`, or `sat-mon`, over the week's end."""
    first, _, last = word.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise UsageError(
            f"{_begun(called)} hold {word!r}, which is no day: days are {', '.join(DAYS)}, and mon-fri for several."
        )
    begin, end = DAYS.index(first), DAYS.index(last or first)
    return [day % len(DAYS) for day in range(begin, end + 1 if end >= begin else end + 1 + len(DAYS))]


def _written(days: tuple[int, ...]) -> str:
    """Days that follow each other as one, from three on."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    words = [[f"{DAYS[run[0]]}-{DAYS[run[-1]]}"] if len(run) > 2 else [DAYS[day] for day in run] for run in runs]
    return " ".join(word for run in words for word in run)
