from typing import Any

import pytest

from tests.alerting import NOW, new_alert
from watchglass.base.clock import WallUs
from watchglass.base.errors import UsageError
from watchglass.model.alert import AlertPolicy, Step, film_span, message_id


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"channels": (1, 1)}, "each channel once"),
        ({"channels": tuple(range(17))}, "16 at most"),
        ({"group_seconds": -1}, "0 to 86400 seconds"),
        ({"escalate_minutes": 0, "escalation": (1,)}, "1 to 1440 minutes"),
        ({"escalate_minutes": 5}, "give both"),
        ({"escalation": (1,)}, "give both"),
        ({"threshold": 0}, "threshold 0: everything would count"),
        ({"threshold": 1}, "threshold 1: nothing is ever that sure"),
        ({"threshold": 60}, "write 0.6 for 60 of a hundred"),
        ({"sample_share": 2.0}, "from 0 to 1"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        AlertPolicy(**wrong)


def test_without_a_policy_the_threshold_is_sixty_percent_and_nobody_is_told() -> None:
    policy = AlertPolicy()
    assert (policy.threshold, policy.channels, policy.sample_share) == (0.6, (), 0.0)


def test_a_message_has_the_same_key_each_time_and_an_escalation_one_of_its_own() -> None:
    alert = new_alert()
    assert message_id(alert, Step.FIRST) == message_id(alert, Step.FIRST) == str(alert.event)
    assert message_id(alert, Step.ESCALATION) == f"{alert.event}-escalation"


@pytest.mark.parametrize(
    ("lasted", "after"),
    [(0, 10), (5, 15), (40, 50), (41, 50), (3600, 50), (None, 50), (-3, 10)],
)
def test_ten_seconds_on_either_side_of_an_event_and_a_minute_at_most(lasted: int | None, after: int) -> None:
    end = None if lasted is None else WallUs(NOW + lasted * 1_000_000)
    assert film_span(NOW, end) == (NOW - 10_000_000, NOW + after * 1_000_000)
