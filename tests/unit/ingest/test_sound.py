import pytest

from watchglass.base.clock import MICROSECONDS
from watchglass.ingest.clock import LEAP, WRAPS
from watchglass.ingest.sound import SoundClock
from watchglass.model.media import TICKS_PER_SECOND, Ticks


def begun(ticks: int = 1_000_000, pts: int = 3600) -> SoundClock:
    clock = SoundClock()
    clock.follow(ticks, Ticks(pts))
    return clock


def test_it_lies_where_the_pictures_lie() -> None:
    assert begun().place(1_000_500, 1920) == 4100
    assert begun().place(999_000, 1920) == 2600


def test_where_pictures_are_moved_it_is_moved_as_well() -> None:
    clock = begun()
    clock.follow(1_003_600, Ticks(90_000))
    assert clock.place(1_003_600, 1920) == 90_000


def test_nothing_is_known_before_a_picture_that_has_a_time() -> None:
    clock = SoundClock()
    assert (clock.known, clock.place(0, 1920)) == (False, None)
    clock.follow(None, Ticks(0))
    assert (clock.known, clock.place(0, 1920)) == (False, None)
    clock.follow(3600, Ticks(3600))
    assert (clock.known, clock.place(10, 1920)) == (True, 10)


def test_a_packet_without_a_time_follows_the_one_before_it() -> None:
    clock = begun()
    assert clock.place(None, 1920) is None
    assert [clock.place(ticks, 1920) for ticks in (1_000_000, None, None)] == [3600, 5520, 7440]


@pytest.mark.parametrize("leap", [*WRAPS, *(-wrap for wrap in WRAPS), LEAP * TICKS_PER_SECOND // MICROSECONDS + 1])
def test_a_counter_that_goes_round_before_the_other_loses_nothing(leap: int) -> None:
    clock = begun()
    clock.place(1_000_000, 1920)
    assert [clock.place(1_000_000 + leap + at, 1920) for at in (0, 1920, 3840)] == [3600, 5520, 7440]
    clock.follow(1_000_000 + leap, Ticks(3600))  # the other goes round as well
    assert clock.place(1_000_000 + leap, 1920) == 3600
