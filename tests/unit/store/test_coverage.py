from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.unit.store.test_footage import record, second
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.camera import Camera
from watchglass.model.record import Gap, GapCause
from watchglass.store.coverage import BEHIND_US, Day, Share, coverage, days, gap_lengths, known_span, shares
from watchglass.store.views import Views

HOUR = 3600 * MICROSECONDS
BERLIN = ZoneInfo("Europe/Berlin")


def moment(*parts: int, zone: ZoneInfo = BERLIN) -> WallUs:
    year, month, day, hour = (*parts, 0)[:4]
    return WallUs(round(datetime(year, month, day, hour, tzinfo=zone).timestamp()) * MICROSECONDS)


def ten(number: int) -> Day:
    """A day of ten seconds: arithmetic is the same."""
    return Day(date(2026, 1, number + 1), second(10 * number), second(10 * number + 10))


def span(start: float, end: float) -> tuple[WallUs, WallUs]:
    return second(start), second(end)


def gap(start: float, end: float | None, cause: GapCause = GapCause.CAMERA) -> Gap:
    return Gap(1, 1, second(start), None if end is None else second(end), cause)


def share(due: float, kept: float, off: float = 0) -> Share:
    return Share(second(due), second(kept), second(off))


class TestDays:
    def test_are_local_and_follow_one_another(self) -> None:
        found = days(moment(2026, 6, 1, 12), moment(2026, 6, 3), BERLIN)
        assert [day.date for day in found] == [date(2026, 6, 1), date(2026, 6, 2)]
        assert found[0].start == moment(2026, 6, 1) == round(datetime(2026, 5, 31, 22, tzinfo=UTC).timestamp()) * 10**6
        assert found[0].end == found[1].start
        assert found[1].end == moment(2026, 6, 3)

    @pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 10, 26), 24)])
    def test_have_23_to_25_hours(self, day: tuple[int, int, int], hours: int) -> None:
        (found,) = days(moment(*day, 12), WallUs(moment(*day, 12) + 1), BERLIN)
        assert found.end - found.start == hours * HOUR

    def test_begin_at_one_where_there_is_no_midnight(self) -> None:
        cairo = ZoneInfo("Africa/Cairo")  # 24 April 2026, 00:00 is 01:00
        before, after = days(moment(2026, 4, 23, 12, zone=cairo), moment(2026, 4, 24, 12, zone=cairo), cairo)
        assert (before.end - before.start, after.end - after.start) == (24 * HOUR, 23 * HOUR)
        assert after.start == moment(2026, 4, 24, 1, zone=cairo)

    def test_leave_out_a_day_that_never_was(self) -> None:
        samoa = ZoneInfo("Pacific/Apia")  # crossed the date line: no 30 December 2011
        found = days(moment(2011, 12, 29, zone=samoa), moment(2011, 12, 31, 1, zone=samoa), samoa)
        assert [day.date.day for day in found] == [29, 31]


class TestShares:
    def test_kept_time_is_told_by_day(self) -> None:
        known = span(0, 30)
        found = shares([ten(0), ten(1), ten(2)], [span(2, 5), span(5, 14), span(28, 40)], [], known)
        assert found == [share(10, 8), share(10, 4), share(10, 2)]
        assert [one.ratio for one in found] == [0.8, 0.4, 0.2]

    def test_what_was_off_on_purpose_was_not_due(self) -> None:
        found = shares([ten(0), ten(1)], [span(0, 4)], [span(6, 20)], span(0, 20))
        assert found == [share(6, 4, 4), share(0, 0, 10)]
        assert found[1].ratio is None

    def test_time_before_the_camera_was_there_and_to_come_was_not_due(self) -> None:
        days_of_ten = [ten(0), ten(1), ten(2), ten(3)]
        found = shares(days_of_ten, [span(14, 22)], [], span(13, 24))
        assert found == [share(0, 0), share(7, 6), share(4, 2), share(0, 0)]

    def test_what_overlaps_counts_once_and_kept_goes_before_off(self) -> None:
        # A clock that was set back: segments overlap, one lies in another; a camera that was off and kept nevertheless.
        kept = [span(0, 6), span(1, 2), span(4, 7)]
        assert shares([ten(0)], kept, [span(5, 9), span(6, 8)], span(0, 10)) == [share(8, 7, 2)]


class TestKnownSpan:
    def test_begins_with_what_was_first_and_lasts_until_now(self) -> None:
        assert known_span(span(5, 50), [gap(2, 5)], second(100)) == span(2, 100)
        assert known_span(None, [gap(7, None)], second(100)) == span(7, 100)
        assert known_span(None, [], second(100)) is None

    def test_what_is_being_kept_is_told_a_little_later(self) -> None:
        late = BEHIND_US // MICROSECONDS
        assert known_span(span(0, 50), [], second(50 + late)) == span(0, 50)
        assert known_span(span(0, 50), [], second(50.1 + late)) == span(0, 50.1 + late)
        assert known_span(span(0, 50), [gap(50, None)], second(52)) == span(0, 52)
        assert known_span(span(0, 50), [gap(50, 51)], second(52)) == span(0, 51)
        assert known_span(span(0, 50), [], second(40)) == span(0, 40)  # the clock was set back


def test_gaps_have_lengths_by_cause() -> None:
    gaps = [gap(0, 12), gap(13, 15, GapCause.DISK), gap(16, 17), gap(18, None, GapCause.OFF)]
    found = gap_lengths(gaps, ten(1), second(19))
    assert found == {
        GapCause.CAMERA: second(3),
        GapCause.DISK: second(2),
        GapCause.OFF: second(1),
        GapCause.US: 0,
        GapCause.NETWORK: 0,
    }
    assert gap_lengths(gaps, ten(1), second(90))[GapCause.OFF] == second(2)


class TestOfFootage:
    def test_segments_and_gaps_of_a_camera(self, views: Views, camera: Camera) -> None:
        views.open_gap(camera.id, second(1), GapCause.CAMERA, "It does not answer.")
        views.close_gap(camera.id, second(3))
        record(views, camera, 3, 8)
        record(views, camera, 8.2, 12)  # a seam
        views.open_gap(camera.id, second(12), GapCause.OFF)
        found = coverage(views, camera.id, [ten(0), ten(1), ten(2)], second(17), 500_000)
        assert found.shares == (share(9, 7), share(2, 2, 5), share(0, 0))
        assert [(one.cause, one.end) for one in found.gaps] == [(GapCause.CAMERA, second(3)), (GapCause.OFF, None)]

    def test_of_later_days_only_their_gaps_are_told_but_the_camera_was_there(
        self, views: Views, camera: Camera
    ) -> None:
        views.open_gap(camera.id, second(1), GapCause.CAMERA)
        views.close_gap(camera.id, second(10))
        record(views, camera, 10, 12)  # and nothing since, which nobody has explained yet
        found = coverage(views, camera.id, [ten(1), ten(2)], second(90), 0)
        assert found.shares == (share(10, 2), share(10, 0))
        assert found.gaps == ()

    def test_a_camera_that_nothing_is_known_of(self, views: Views, camera: Camera) -> None:
        assert coverage(views, camera.id, [ten(0)], second(5), 0).shares == (Share(0, 0, 0),)
        assert coverage(views, camera.id, [], second(5), 0).shares == ()


def test_a_month_with_a_change_of_summer_time_adds_up() -> None:
    of = days(moment(2026, 10, 1), moment(2026, 11, 1), BERLIN)
    known = (of[0].start, of[-1].end)
    minute = 60 * MICROSECONDS
    half = [(WallUs(at), WallUs(at + minute // 2)) for at in range(known[0], known[1], minute)]
    found = shares(of, half, [], known)
    assert [one.due // HOUR for one in found] == [25 if day.date.day == 25 else 24 for day in of]
    assert {one.ratio for one in found} == {0.5}
    assert sum(one.due for one in found) == timedelta(days=31, hours=1) // timedelta(microseconds=1)
