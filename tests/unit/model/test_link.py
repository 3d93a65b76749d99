import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.alerting import NOW
from watchglass.base.clock import WallUs
from watchglass.base.errors import RefusedError
from watchglass.model.link import (
    LASTS_LOOKING_US,
    LASTS_ON_PAGE_US,
    LASTS_US,
    Link,
    Purpose,
    judging,
    looking,
    new_link,
    read,
)

KEY = bytes(range(32))
ALERT = uuid.UUID("61380c8b-f051-4331-94b9-9c9993cd6ffb")


@given(st.uuids(), st.integers(1, 2**50), st.sampled_from(Purpose))
def test_what_is_signed_is_read(alert: uuid.UUID, seconds: int, purpose: Purpose) -> None:
    link = Link(purpose, alert, WallUs(seconds * 1_000_000))
    assert read(link.sign(KEY), purpose, KEY, WallUs(0)) == link


@given(st.integers(0, 10**6), st.characters(min_codepoint=33, max_codepoint=126))
def test_no_letter_of_it_can_be_changed(place: int, letter: str) -> None:
    token = new_link(ALERT, NOW).sign(KEY)
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(RefusedError, match="not one of ours"):
            read(changed, Purpose.OPEN, KEY, NOW)


@pytest.mark.parametrize("token", ["", ".", "open", "open.x.1.y", "ä" * 20, "x" * 10_000, "a.b.c." + "A" * 43])
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(RefusedError, match="not one of ours"):
        read(token, Purpose.OPEN, KEY, NOW)


def test_not_with_another_key() -> None:
    with pytest.raises(RefusedError, match="not one of ours"):
        read(new_link(ALERT, NOW).sign(bytes(32)), Purpose.OPEN, KEY, NOW)


def test_expires() -> None:
    token = new_link(ALERT, NOW).sign(KEY)
    assert read(token, Purpose.OPEN, KEY, WallUs(NOW + LASTS_US - 1)).alert == ALERT
    with pytest.raises(RefusedError, match="expired"):
        read(token, Purpose.OPEN, KEY, WallUs(NOW + LASTS_US))


def test_the_link_of_a_message_records_nothing() -> None:
    """Mail scanners follow it: what it holds is not good for the button."""
    token = new_link(ALERT, NOW).sign(KEY)
    with pytest.raises(RefusedError, match="something else"):
        read(token, Purpose.JUDGE, KEY, NOW)
    button = judging(read(token, Purpose.OPEN, KEY, NOW), NOW).sign(KEY)
    assert read(button, Purpose.JUDGE, KEY, NOW).alert == ALERT
    with pytest.raises(RefusedError, match="something else"):
        read(button, Purpose.OPEN, KEY, NOW)
    with pytest.raises(RefusedError, match="expired"):
        read(button, Purpose.JUDGE, KEY, WallUs(NOW + LASTS_ON_PAGE_US))


def test_what_a_page_looks_with_is_good_for_that_alone_and_not_for_long() -> None:
    opened = new_link(ALERT, NOW)
    token = looking(opened, NOW).sign(KEY)
    assert read(token, Purpose.LOOK, KEY, WallUs(NOW + LASTS_LOOKING_US - 1)).alert == ALERT
    with pytest.raises(RefusedError, match="expired"):
        read(token, Purpose.LOOK, KEY, WallUs(NOW + LASTS_LOOKING_US))
    for other in (Purpose.OPEN, Purpose.JUDGE):
        with pytest.raises(RefusedError, match="something else"):
            read(token, other, KEY, NOW)
    for other_token in (opened.sign(KEY), judging(opened, NOW).sign(KEY)):
        with pytest.raises(RefusedError, match="something else"):
            read(other_token, Purpose.LOOK, KEY, NOW)
