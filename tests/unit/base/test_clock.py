import threading
from datetime import UTC, datetime

from watchglass.base.clock import MICROSECONDS, Clock, SimulatedClock, SystemClock


def test_the_system_clock_is_utc_in_microseconds() -> None:
    before = datetime.now(UTC).timestamp()  # noqa: TID251  (what the clock is compared with)
    now = SystemClock().wall_us()
    after = datetime.now(UTC).timestamp()  # noqa: TID251
    assert isinstance(now, int)
    assert before - 1e-3 <= now / MICROSECONDS <= after + 1e-3


def test_the_monotonic_clock_never_goes_back() -> None:
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(1000)]
    assert readings == sorted(readings)


def test_waiting_ends_with_the_event() -> None:
    event = threading.Event()
    assert not SystemClock().wait(event, 0)
    assert not SystemClock().wait(event, -5)  # late already: no wait, no error
    threading.Timer(0.01, event.set).start()
    assert SystemClock().wait(event, 60)
    assert SystemClock().wait(event, 0)


def test_a_simulated_clock_moves_when_told() -> None:
    clock = SimulatedClock(5 * MICROSECONDS)
    assert (clock.wall_us(), clock.monotonic()) == (5 * MICROSECONDS, 0.0)
    clock.advance(1.5)
    assert (clock.wall_us(), clock.monotonic()) == (6_500_000, 1.5)


def test_setting_the_wall_clock_leaves_durations_alone() -> None:
    clock = SimulatedClock(5 * MICROSECONDS)
    clock.step_wall(-3)
    assert (clock.wall_us(), clock.monotonic()) == (2 * MICROSECONDS, 0.0)


def test_waiting_on_a_simulated_clock_takes_simulated_time_unless_the_event_is_there() -> None:
    clock: Clock = SimulatedClock()
    event = threading.Event()
    assert not clock.wait(event, 30)
    assert clock.monotonic() == 30.0
    event.set()
    assert clock.wait(event, 30)
    assert clock.monotonic() == 30.0


def test_simulated_time_is_not_lost_between_threads() -> None:
    clock = SimulatedClock(0)

    def move() -> None:
        for _ in range(500):
            clock.advance(1)

    threads = [threading.Thread(target=move) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (clock.monotonic(), clock.wall_us()) == (2000.0, 2000 * MICROSECONDS)
