"""Custodians: to whom the next segment is sealed, and that it is never to fewer than it takes."""

import pytest
import sqlalchemy as sa

from watchglass.base.clock import SimulatedClock
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.seal.identity import Identity, Recipient
from watchglass.store.cameras import Cameras
from watchglass.store.custodians import Custodians

KEYS = [Identity(bytes([number]) * 96).recipient for number in range(1, 5)]


@pytest.fixture
def custodians(engine: sa.Engine, clock: SimulatedClock) -> Custodians:
    return Custodians(engine, clock)


def recipients(custodians: Custodians) -> tuple[Recipient, ...]:
    custody = custodians.custody()
    assert custody is not None
    return custody.recipients


def test_nothing_is_kept_until_there_are_as_many_as_it_takes(custodians: Custodians) -> None:
    assert custodians.custody() is None
    custodians.add("Ada", KEYS[0])
    assert (custodians.custody(), custodians.needed()) == (None, 2)
    custodians.add("Bo", KEYS[1])
    custody = custodians.custody()
    assert custody is not None
    assert (custody.recipients, custody.needed) == ((KEYS[0], KEYS[1]), 2)


def test_one_of_one_must_be_asked_for(custodians: Custodians) -> None:
    custodians.add("Ada", KEYS[0])
    custodians.set_needed(1)
    assert recipients(custodians) == (KEYS[0],)


def test_who_leaves_gets_no_more_shares_and_is_remembered(custodians: Custodians, clock: SimulatedClock) -> None:
    for number, name in enumerate(("Ada", "Bo", "Cy")):
        custodians.add(name, KEYS[number])
    clock.advance(60)
    assert custodians.leave(" ada ").left == clock.wall_us()
    assert recipients(custodians) == (KEYS[1], KEYS[2])
    assert [(one.name, one.left is not None) for one in custodians.all(left=True)] == [
        ("Ada", True),
        ("Bo", False),
        ("Cy", False),
    ]
    custodians.add("Ada", KEYS[3])  # the name is free again, the key is not


def test_recording_does_not_stop_by_accident(custodians: Custodians) -> None:
    custodians.add("Ada", KEYS[0])
    custodians.add("Bo", KEYS[1])
    with pytest.raises(UsageError, match="without 'Bo' there would be 1"):
        custodians.leave("Bo")
    with pytest.raises(UsageError, match="if it took 3, no original would be kept"):
        custodians.set_needed(3)
    assert len(recipients(custodians)) == 2


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\x00b"])
def test_names_are_readable(custodians: Custodians, name: str) -> None:
    with pytest.raises(UsageError, match="printable"):
        custodians.add(name, KEYS[0])


def test_nobody_is_added_twice(custodians: Custodians) -> None:
    custodians.add("Ada", KEYS[0])
    with pytest.raises(UsageError, match="key has been added before, as that of 'Ada'"):
        custodians.add("Bo", KEYS[0])
    with pytest.raises(UsageError, match="called 'Ada' already"):
        custodians.add("ADA", KEYS[1])


def test_a_stranger_cannot_leave(custodians: Custodians) -> None:
    custodians.add("Ada", KEYS[0])
    with pytest.raises(MissingInputError, match=r"no custodian 'Bo'\. Custodians: 'Ada'"):
        custodians.leave("Bo")


@pytest.mark.parametrize("needed", [0, -1, 256])
def test_so_many_cannot_be_needed(custodians: Custodians, needed: int) -> None:
    with pytest.raises(UsageError, match="It takes 1 to 255"):
        custodians.set_needed(needed)


def test_every_process_learns_of_a_change(custodians: Custodians, cameras: Cameras) -> None:
    seen = [cameras.revision()]
    custodians.add("Ada", KEYS[0])
    seen.append(cameras.revision())
    custodians.set_needed(1)
    seen.append(cameras.revision())
    custodians.add("Bo", KEYS[1])
    seen.append(cameras.revision())
    custodians.leave("Bo")
    seen.append(cameras.revision())
    assert seen == sorted(set(seen))
