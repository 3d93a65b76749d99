import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base import wire
from watchglass.base.clock import WallUs
from watchglass.base.wire import TornMessageError
from watchglass.model.camera import Health, HealthState, StreamRole
from watchglass.model.media import Packet, StreamInfo, Ticks
from watchglass.record.message import (
    Gone,
    HealthChange,
    Notice,
    Run,
    from_wire,
    parse_subscription,
    subscription,
    to_wire,
)

_TIMES = st.integers(0, 1 << 52)
_NOTICES = st.one_of(
    st.builds(Packet, st.binary(), _TIMES.map(Ticks), _TIMES.map(WallUs), st.booleans(), st.booleans()),
    st.builds(
        Run,
        st.text(),
        st.builds(StreamInfo, st.text(), st.binary(), st.integers(0), st.integers(0), st.floats(0, 1000)),
    ),
    st.builds(HealthChange, st.builds(Health, st.sampled_from(HealthState), _TIMES.map(WallUs), st.text())),
    st.just(Gone()),
)


@given(notice=_NOTICES)
def test_what_is_read_is_what_was_written(notice: Notice) -> None:
    head, payload = to_wire(notice)
    assert from_wire(head, payload) == notice
    assert len(wire.encode(head, payload)) > len(payload)


def test_the_fields_are_those_that_are_written_down() -> None:
    packet = Packet(b"data", Ticks(3600), WallUs(5), keyframe=True, jump=False)
    assert to_wire(packet) == ({"type": "packet", "pts": 3600, "wall": 5, "keyframe": True, "jump": False}, b"data")
    run = Run("ab", StreamInfo("h264", b"extra", 320, 240, 25.0))
    assert to_wire(run) == (
        {"type": "run", "run": "ab", "codec": "h264", "width": 320, "height": 240, "rate": 25.0},
        b"extra",
    )
    health = HealthChange(Health(HealthState.DOWN, WallUs(5), "Camera Gate is gone."))
    assert to_wire(health) == ({"type": "health", "state": "down", "since": 5, "cause": "Camera Gate is gone."}, b"")
    assert to_wire(Gone()) == ({"type": "gone"}, b"")


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"type": "other"},
        {"type": "packet", "pts": 1},
        {"type": "packet", "pts": "soon", "wall": 1, "keyframe": True, "jump": False},
        {"type": "packet", "pts": 1, "wall": float("inf"), "keyframe": True, "jump": False},
        {"type": "run"},
        {"type": "run", "run": "ab", "codec": "h264", "width": None, "height": 2, "rate": 1.0},
        {"type": "health", "state": "well"},
        {"type": "health", "state": [], "since": 1, "cause": ""},
    ],
)
def test_what_is_none_of_ours_is_refused(head: wire.Head) -> None:
    with pytest.raises(TornMessageError):
        from_wire(head, b"")


def test_a_subscription_is_read_as_it_was_written() -> None:
    assert parse_subscription(subscription(3, StreamRole.SUB)) == (3, StreamRole.SUB)


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"type": "subscribe"},
        {"type": "subscribe", "camera": "x", "role": "sub"},
        {"type": "subscribe", "camera": None, "role": "sub"},
        {"type": "subscribe", "camera": float("inf"), "role": "sub"},
        {"type": "subscribe", "camera": 1, "role": "third"},
        {"type": "packet", "camera": 1, "role": "sub"},
    ],
)
def test_a_wrong_subscription_is_refused(head: wire.Head) -> None:
    with pytest.raises(TornMessageError):
        parse_subscription(head)
