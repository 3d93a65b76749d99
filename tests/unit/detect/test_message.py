import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.wire import Head, TornMessageError
from watchglass.detect import message
from watchglass.detect.message import Introduction, Kind, LookRequest, Reply
from watchglass.detect.picture import Sides
from watchglass.model.camera import Protection
from watchglass.model.vision import Box, Detection, ObjectClass

exact = st.floats(-1e4, 1e4, width=32)  # what float32 holds
detections = st.builds(
    Detection, st.builds(Box, exact, exact, exact, exact), st.sampled_from(ObjectClass), st.floats(0, 1, width=32)
)


@given(st.lists(detections, max_size=20), st.sampled_from(Kind), st.integers(1, 1 << 40))
def test_a_reply_comes_back_the_same(found: list[Detection], kind: Kind, ask: int) -> None:
    reply = Reply(7, kind, ask, 0.25, found)
    assert message.reply_from_wire(*message.reply_to_wire(reply)) == reply


def test_a_failure_is_not_an_empty_answer() -> None:
    failed, nothing = Reply(1, Kind.WHOLE, 2, 0.5, None), Reply(1, Kind.WHOLE, 2, 0.5, [])
    assert message.reply_from_wire(*message.reply_to_wire(failed)).found is None
    assert message.reply_from_wire(*message.reply_to_wire(nothing)).found == []


@pytest.mark.parametrize("kind", Kind)
def test_a_request_comes_back_the_same(kind: Kind) -> None:
    picture = np.arange(6 * 4 // 4 * 3 * 4, dtype=np.uint8).reshape(-1, 4)[:6]
    head, payload = message.request_to_wire(LookRequest(3, kind, 9, picture))
    back = message.request_from_wire(head, payload)
    assert (back.camera, back.kind, back.ask) == (3, kind, 9)
    np.testing.assert_array_equal(back.picture, picture)


def test_an_introduction_comes_back_the_same() -> None:
    said = Introduction("nano", Protection.FULL, "ab", Sides(416, 256, enlarge=True), "Something is wrong.")
    assert message.introduction_from_wire(message.introduction_to_wire(said)) == said


LOOK: Head = {"type": "look", "camera": 1, "kind": "whole", "ask": 1, "width": 4}


@pytest.mark.parametrize(
    ("head", "payload"),
    [
        ({**LOOK, "type": "found"}, bytes(24)),
        ({**LOOK, "kind": "other"}, bytes(24)),
        ({**LOOK, "width": 0}, bytes(24)),
        ({**LOOK, "width": 3}, bytes(27)),  # odd
        ({**LOOK, "width": -4}, bytes(24)),
        ({**LOOK, "width": float("inf")}, bytes(24)),
        (LOOK, bytes(20)),  # rows that three does not divide
        (LOOK, bytes(23)),
        (LOOK, b""),
        ({"type": "look"}, bytes(24)),
        ({}, b""),
    ],
)
def test_what_is_no_request(head: Head, payload: bytes) -> None:
    with pytest.raises(TornMessageError):
        message.request_from_wire(head, payload)


FOUND: Head = {"type": "found", "camera": 1, "kind": "whole", "ask": 1, "load": 0.1}


@pytest.mark.parametrize(
    ("head", "payload"),
    [
        ({**FOUND, "type": "look"}, b""),
        (FOUND, bytes(23)),
        (FOUND, bytes(20)),
        (FOUND, np.array([0, 0, 1, 1, 99, 0.5], "<f4").tobytes()),  # a class that there is not
        (FOUND, np.array([0, 0, 1, 1, -1, 0.5], "<f4").tobytes()),
        (FOUND, np.array([0, 0, 1, 1, np.inf, 0.5], "<f4").tobytes()),
        ({**FOUND, "load": 10**400}, b""),
        ({"type": "found"}, b""),
        ({}, b""),
    ],
)
def test_what_is_no_reply(head: Head, payload: bytes) -> None:
    with pytest.raises(TornMessageError):
        message.reply_from_wire(head, payload)


ENDLESS: Head = {"type": "detector", "name": "x", "protection": "full", "whole": float("inf")}


@pytest.mark.parametrize(
    "head", [{}, {"type": "found"}, {"type": "detector", "name": "x", "protection": "none"}, ENDLESS]
)
def test_what_is_no_introduction(head: Head) -> None:
    with pytest.raises(TornMessageError):
        message.introduction_from_wire(head)
