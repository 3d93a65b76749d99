import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.errors import UsageError
from watchglass.model.hours import DAYS, PrivacyHours, Span

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


def at(day: str, time: str) -> dt.datetime:
    """A moment of the week that begins on Monday, 2 November 2026."""
    hour, minute = map(int, time.split(":"))
    return dt.datetime(2026, 11, 2 + DAYS.index(day), hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("mon-fri 08:00-16:00", "mon-fri 08:00-16:00"),
        (" Mon-Fri   8:00-16:00 ;SAT 9:00-12:30,", "mon-fri 08:00-16:00, sat 09:00-12:30"),
        ("mon tue wed thu fri sat sun 00:00-24:00", "00:00-24:00"),
        ("fri-mon 22:00-06:00", "mon fri-sun 22:00-06:00"),
        ("sat sun 00:00-24:00", "sat sun 00:00-24:00"),
        ("12:00-13:00", "12:00-13:00"),
    ],
)
def test_they_are_read_and_written(text: str, written: str) -> None:
    assert str(PrivacyHours.parse(text)) == written
    assert PrivacyHours.parse(written) == PrivacyHours.parse(text)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("", "1 to 32 spans"),
        (" , ", "1 to 32 spans"),
        (", ".join(["mon 01:00-02:00"] * 33), "1 to 32 spans"),
        ("mon", "no times"),
        ("monday 08:00-16:00", "hold 'monday', which is no day"),
        ("mon-xyz 08:00-16:00", "is no day"),
        ("mon 24:00-01:00", "no time of day"),
        ("mon 08:60-09:00", "no time of day"),
        ("mon 08:00-24:01", "no time of day"),
        ("mon 8-16", "no times"),
        ("x" * 2000, "1024 characters"),
        (",".join(["mon tue thu fri sun 1:00-2:00"] * 32), "1024 characters"),  # that long as we write it
    ],
)
def test_what_cannot_be_understood_is_quoted(text: str, about: str) -> None:
    with pytest.raises(UsageError, match=about):
        PrivacyHours.parse(text)


@pytest.mark.parametrize(
    ("text", "day", "time", "until"),
    [
        ("mon-fri 08:00-16:00", "mon", "07:59", None),
        ("mon-fri 08:00-16:00", "mon", "08:00", ("mon", "16:00")),
        ("mon-fri 08:00-16:00", "mon", "16:00", None),
        ("mon-fri 08:00-16:00", "sat", "09:00", None),
        ("fri 22:00-06:00", "sat", "05:59", ("sat", "06:00")),
        ("fri 22:00-06:00", "fri", "05:00", None),
        ("22:00-24:00, 00:00-06:00", "tue", "23:00", ("wed", "06:00")),
        ("tue 00:00-24:00", "tue", "12:00", ("wed", "00:00")),
        ("mon 00:00-12:00, mon 10:00-14:00", "mon", "01:00", ("mon", "14:00")),
    ],
)
def test_when_they_are_and_until_when(text: str, day: str, time: str, until: tuple[str, str] | None) -> None:
    hours = PrivacyHours.parse(text)
    assert hours.cover(at(day, time)) == (until is not None)
    assert hours.until(at(day, time)) == (at(*until) if until else None)


def test_over_the_end_of_the_week() -> None:
    hours = PrivacyHours.parse("sun 20:00-08:00")
    assert hours.cover(at("mon", "07:00"))
    assert hours.until(at("sun", "21:00")) == at("mon", "08:00") + dt.timedelta(days=7)
    assert hours.until(at("mon", "07:00")) == at("mon", "08:00")


def test_always_has_no_end() -> None:
    hours = PrivacyHours.parse("00:00-24:00")
    assert hours.cover(at("wed", "12:00"))
    assert hours.until(at("wed", "12:00")) is None


def test_by_the_clock_on_the_wall_when_that_is_set_back() -> None:
    """On 25 October 2026 the hour from two to three comes twice."""
    before = dt.datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN)
    until = PrivacyHours.parse("01:00-05:00").until(before)
    assert until == dt.datetime(2026, 10, 25, 5, 0, tzinfo=BERLIN)
    assert until.timestamp() - before.timestamp() == 4.5 * 3600


minutes = st.integers(0, 1439)
spans = st.builds(
    lambda days, begin, end: Span(tuple(sorted(days)), begin, end),
    st.sets(st.integers(0, 6), min_size=1),
    minutes,
    st.integers(0, 1440),
)


@given(st.lists(spans, min_size=1, max_size=5), st.integers(0, 7 * 1440 - 1))
def test_until_is_the_first_moment_that_is_not_covered(some: list[Span], minute: int) -> None:
    hours = PrivacyHours(tuple(some))
    assert PrivacyHours.parse(str(hours)) == hours
    begin = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)  # no clock is set there
    moment, week = begin + dt.timedelta(minutes=minute), 7 * 1440
    covered = {one % week for span in some for first, last in span.minutes() for one in range(first, last)}
    free = next((ahead for ahead in range(week) if (minute + ahead) % week not in covered), None)
    assert hours.cover(moment) == (minute in covered)
    assert hours.until(moment) == (moment + dt.timedelta(minutes=free) if free else None)
