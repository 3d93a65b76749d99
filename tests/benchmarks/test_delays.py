import pytest

from benchmarks import delays
from tests.alerting import NOW, new_alert, new_event
from watchglass.base.clock import MICROSECONDS


def test_from_the_frame_to_each_receiver() -> None:
    """Receivers tell the time by a clock of their own; what never came is said."""
    first, second = (new_alert(id=number, event=new_event().id) for number in (1, 2))
    offset = NOW / MICROSECONDS - 100.0  # their clock said 100 when the frame came
    arrived = {"MQTT": {str(first.event): 100.4, str(second.event): 101.5}, "e-mail": {str(second.event): 102.0}}
    found = delays.told([first, second], arrived, offset)
    assert found.delays["MQTT"] == pytest.approx([0.4, 1.5], abs=1e-6)
    assert found.delays["e-mail"] == pytest.approx([2.0], abs=1e-6)
    assert found.missing == {"MQTT": 0, "e-mail": 1}
    assert (found.alerts, found.kinds) == (2, {first.kind: 2})


def test_in_words() -> None:
    assert delays.spread([0.5] * 99 + [3.0]) == "p50 0.50 s, p95 0.50 s, p99 0.50 s, at most 3.00 s"
