"""Numbers that can be checked by hand: a camera of 10 bytes a second, days of 100 seconds."""

import dataclasses

import pytest

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.store.forecast import WINDOW_US, Course, Forecast, Kind, Stock, course, forecast

NOW = WallUs(1_800_000_000 * MICROSECONDS)
HOUR, DAY = 3600, 24 * 3600
# 10 bytes a second for 20 seconds until now, each of which is kept for 100 s.
YOUNG = Course(kept=200, age=20, held=0, rate=10, days=100)
OLD = dataclasses.replace(YOUNG, kept=1000, age=100)  # as much goes as comes


def seconds(found: Forecast) -> tuple[float | None, float | None]:
    """From now on, in seconds."""
    return tuple(None if at is None else (at - NOW) / MICROSECONDS for at in (found.short_at, found.stops_at))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("courses", "room", "short"),
    [
        ([YOUNG], 800, None),  # 1,000 bytes are all that it will ever keep
        ([YOUNG], 799, 79.9),
        ([YOUNG], 400, 40),
        ([YOUNG], 0, 0),
        ([YOUNG], -1, 0),
        ([OLD], 0, None),
        ([OLD], -1, 0),
        ([YOUNG, OLD], 800, None),
        ([YOUNG, YOUNG], 400, 20),
        ([], 0, None),
        ([dataclasses.replace(YOUNG, rate=20)], 1000, 50),  # 20 a second until the old begins to go at 80 s, 10 after
        ([dataclasses.replace(YOUNG, rate=20)], 1700, 90),
        ([dataclasses.replace(YOUNG, rate=20)], 1800, None),
        ([dataclasses.replace(YOUNG, rate=5)], 399, 79.8),  # and at 80 s more begins to go than comes
        ([dataclasses.replace(YOUNG, rate=5)], 400, None),
        ([dataclasses.replace(YOUNG, rate=5), YOUNG], 1185, 79),
        ([dataclasses.replace(YOUNG, rate=5), YOUNG], 1200, None),
        ([dataclasses.replace(OLD, age=200)], 0, None),  # half is overdue, and its place is there
        ([dataclasses.replace(YOUNG, held=5000)], 400, 40),  # what is held stays, and does not grow
    ],
)
def test_from_when_on_footage_goes_sooner_than_its_days(courses: list[Course], room: int, short: float | None) -> None:
    found = seconds(forecast(NOW, [Kind(courses)], room))[0]
    assert found == (pytest.approx(short, abs=1e-6) if short is not None else None)


def test_what_is_held_as_it_comes_grows_for_ever() -> None:
    """Ten a second come and stay; the 1,000 that were there go at the same rate, for 100 seconds."""
    growing = dataclasses.replace(OLD, growing_hold=True)
    assert seconds(forecast(NOW, [Kind([growing])], 400)) == (140, 140)


@pytest.mark.parametrize(
    ("most", "other", "short"),
    [(1000, None, None), (900, None, 70), (900, 300, 10), (None, 300, 10), (100, None, 0), (None, None, None)],
)
def test_each_kind_has_a_limit_of_its_own(most: int | None, other: int | None, short: float | None) -> None:
    found = seconds(forecast(NOW, [Kind([YOUNG], most), Kind([YOUNG], other)], 10**6))
    assert found == (short, None)


@pytest.mark.parametrize(
    ("floor", "held", "room", "short", "stops"),
    [
        (0, 0, 400, 40, None),
        (20, 0, 400, 40, None),  # of 600 bytes 200 are too young
        (60, 0, 399, 39.9, 39.9),  # all are
        (60, 0, 400, 40, None),  # from then on as much comes of age as is recorded
        (50, 0, 400, 40, None),  # 500 bytes are all that is ever too young, and there is room for 600
        (100, 0, 400, 40, 40),
        (1000, 0, 900, None, None),  # days go first
        (20, 500, 400, 40, None),
        (70, 500, 400, 40, 40),
    ],
)
def test_recording_stops_where_nothing_may_be_deleted(
    floor: float, held: float, room: int, short: float | None, stops: float | None
) -> None:
    one = dataclasses.replace(YOUNG, floor=floor, held=held)
    assert seconds(forecast(NOW, [Kind([one])], room)) == pytest.approx((short, stops), abs=1e-6)


def test_recording_stops_later_than_footage_begins_to_go_sooner() -> None:
    """A hold that goes on, of one of two cameras that record alike: the other's footage gives way first."""
    growing = Course(kept=0, age=0, held=100, rate=10, days=100, growing_hold=True)
    found = seconds(forecast(NOW, [Kind([growing, OLD])], 200))
    assert found == (20, 120)  # 200 bytes of room, then the 1,000 of the other


def test_where_others_fill_the_disk_nothing_of_ours_is_in_the_way() -> None:
    assert seconds(forecast(NOW, [Kind([])], -5)) == (0, None)
    assert seconds(forecast(NOW, [Kind([YOUNG])], -201)) == (0, None)
    assert seconds(forecast(NOW, [Kind([dataclasses.replace(YOUNG, held=1)])], -201)) == (0, 0)


def test_a_course_is_what_the_last_days_say() -> None:
    def of(stock: Stock, *, growing: bool = False) -> Course:
        return course(stock, NOW, days=5 * DAY, floor=DAY, growing_hold=growing)

    def before(span: float) -> WallUs:
        return WallUs(NOW - round(span * MICROSECONDS))

    # Older than the window: three days say how much.
    assert of(Stock(1, 9_000, 1_000, 3 * DAY, before(4 * DAY))) == Course(8_000, 4 * DAY, 1_000, 1.0, 5 * DAY, DAY)
    # Begun five hours ago.
    assert of(Stock(1, 5 * HOUR, 0, 5 * HOUR, before(5 * HOUR))).rate == 1.0
    # The first minutes say little.
    assert of(Stock(1, 600, 0, 600, before(60))).rate == 600 / HOUR
    # What is held of the window, while all before it was deleted, is not what comes now; while a hold goes on it is.
    held = Stock(1, 20 * HOUR, 10 * HOUR, 10 * HOUR, before(5 * HOUR), 10 * HOUR, before(10 * HOUR))
    assert of(held).rate == 2.0
    assert of(held, growing=True).rate == 2.0
    assert of(held, growing=True).growing_hold
    # All is held.
    assert of(Stock(1, HOUR, HOUR, 0, None, HOUR, before(2 * HOUR)), growing=True).rate == 0.5
    assert of(Stock(1, HOUR, HOUR, 0, None, HOUR, before(2 * HOUR))) == Course(0, 0, HOUR, 0.0, 5 * DAY, DAY)
    # The clock was set back.
    assert of(Stock(1, 5, 0, 5, WallUs(NOW + 5))).age == 0
    assert WINDOW_US == 3 * DAY * MICROSECONDS
