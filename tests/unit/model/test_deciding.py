import dataclasses
import datetime as dt
import uuid
import zoneinfo

import pytest

from tests.alerting import NOW, new_alert, new_event
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.alert import AlertPolicy, Arming, Muted
from watchglass.model.deciding import Decision, Outcome, decide, is_armed, muted_at
from watchglass.model.hours import WeeklyHours

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
MINUTE = 60 * MICROSECONDS
NIGHT = WeeklyHours.parse("22:00-06:00")
TOLD = AlertPolicy((1, 2))


def at(hour: int, minute: int = 0) -> WallUs:
    """On Friday, the 15th of January 2027, in Berlin."""
    return WallUs(int(dt.datetime(2027, 1, 15, hour, minute, tzinfo=BERLIN).timestamp()) * MICROSECONDS)


def test_an_event_at_or_over_the_threshold_is_told() -> None:
    assert decide(new_event(score=0.6), TOLD, None, NOW, BERLIN) == Decision(Outcome.ALERTED, channels=(1, 2))
    assert decide(new_event(score=0.599), TOLD, None, NOW, BERLIN).outcome is Outcome.BELOW


def test_a_cameras_own_event_has_no_score_to_be_too_low() -> None:
    assert decide(new_event(score=0.0, tracks=0), TOLD, None, NOW, BERLIN).outcome is Outcome.ALERTED


@pytest.mark.parametrize(
    ("arming", "hours", "hour", "armed"),
    [
        (Arming.HOURS, None, 12, True),
        (Arming.HOURS, NIGHT, 23, True),
        (Arming.HOURS, NIGHT, 5, True),
        (Arming.HOURS, NIGHT, 12, False),
        (Arming.ON, NIGHT, 12, True),
        (Arming.OFF, None, 23, False),
    ],
)
def test_armed_by_hours_or_by_hand(arming: Arming, hours: WeeklyHours | None, hour: int, armed: bool) -> None:
    assert is_armed(AlertPolicy(arming=arming, hours=hours), at(hour), BERLIN) is armed


def test_hours_are_those_of_the_clock_on_the_wall() -> None:
    assert is_armed(AlertPolicy(hours=NIGHT), at(22), BERLIN)
    assert not is_armed(AlertPolicy(hours=NIGHT), at(22), dt.UTC)


def test_an_event_that_comes_late_is_judged_by_when_it_happened() -> None:
    policy = AlertPolicy((1,), hours=NIGHT)
    assert decide(new_event(start=at(5, 59)), policy, None, at(7), BERLIN).outcome is Outcome.ALERTED
    assert decide(new_event(start=at(7)), policy, None, at(22), BERLIN).outcome is Outcome.DISARMED


def test_but_whether_people_sleep_by_what_time_it_is_now() -> None:
    policy = AlertPolicy((1,), quiet=NIGHT)
    assert decide(new_event(start=at(21)), policy, None, at(22), BERLIN) == Decision(Outcome.ALERTED, Muted.QUIET)
    assert decide(new_event(start=at(5)), policy, None, at(6), BERLIN).muted is Muted.NOT


def test_snoozed_until_then_and_no_longer() -> None:
    policy = AlertPolicy((1,), snoozed_until=at(12), escalate_minutes=5, escalation=(2,))
    quiet = decide(new_event(start=at(11)), policy, None, at(11, 59), BERLIN)
    assert (quiet.muted, quiet.channels, quiet.escalates) == (Muted.SNOOZED, (), None)
    assert muted_at(policy, at(12), BERLIN) is Muted.NOT


def test_escalates_after_its_minutes() -> None:
    policy = AlertPolicy((1,), escalate_minutes=5, escalation=(2,))
    assert decide(new_event(), policy, None, NOW, BERLIN).escalates == NOW + 5 * MINUTE


class TestGrouping:
    POLICY = AlertPolicy((1,), group_seconds=60)

    @pytest.mark.parametrize(
        ("seconds", "outcome"), [(59, Outcome.GROUPED), (60, Outcome.ALERTED), (-59, Outcome.GROUPED)]
    )
    def test_within_the_window_of_the_alerts_beginning(self, seconds: int, outcome: Outcome) -> None:
        event = new_event(start=WallUs(NOW + seconds * MICROSECONDS))
        assert decide(event, self.POLICY, new_alert(start=NOW), NOW, BERLIN).outcome is outcome

    def test_not_at_all_where_nobody_wants_it(self) -> None:
        assert decide(new_event(), AlertPolicy(group_seconds=0), new_alert(), NOW, BERLIN).outcome is Outcome.ALERTED

    def test_never_with_one_that_nobody_was_told_of(self) -> None:
        """Or the first event after a snooze would be silent."""
        silent = new_alert(muted=Muted.SNOOZED)
        assert decide(new_event(), self.POLICY, silent, NOW, BERLIN).outcome is Outcome.ALERTED
        snoozed = dataclasses.replace(self.POLICY, snoozed_until=WallUs(NOW + 1))
        assert decide(new_event(), snoozed, silent, NOW, BERLIN).outcome is Outcome.GROUPED

    def test_never_with_a_test(self) -> None:
        assert decide(new_event(), self.POLICY, new_alert(test=True), NOW, BERLIN).outcome is Outcome.ALERTED


class TestSample:
    def test_none_where_nobody_agreed(self) -> None:
        outcomes = {decide(new_event(score=0.1), TOLD, None, NOW, BERLIN).outcome for _ in range(500)}
        assert outcomes == {Outcome.BELOW}

    def test_about_the_share_and_always_the_same(self) -> None:
        policy = AlertPolicy(sample_share=0.1)
        events = [new_event(score=0.1) for _ in range(2000)]
        drawn = [decide(one, policy, None, NOW, BERLIN).outcome is Outcome.SAMPLED for one in events]
        assert 150 < sum(drawn) < 250
        assert drawn == [decide(one, policy, None, at(3), BERLIN).outcome is Outcome.SAMPLED for one in events]

    def test_none_of_hours_in_which_no_threshold_would_have_made_an_alert(self) -> None:
        policy = AlertPolicy(hours=NIGHT, sample_share=1.0)
        event = new_event(start=at(12), score=0.1)
        assert decide(event, policy, None, at(12), BERLIN).outcome is Outcome.DISARMED

    def test_all_of_them_for_a_share_of_one(self) -> None:
        event = new_event(id=uuid.UUID(int=999_999), score=0.1)
        assert decide(event, AlertPolicy(sample_share=1.0), None, NOW, BERLIN).outcome is Outcome.SAMPLED
