import dataclasses
import threading
from collections.abc import Callable, Sequence

import pytest

from tests.scripted import INFO, Attempt, ScriptedOpener, Told, demuxed
from watchglass.base.clock import MICROSECONDS, SimulatedClock
from watchglass.base.errors import BadInputError, RefusedError, UnreachableError
from watchglass.ingest.connection import CLOCK_SET, HEALTHY, WAITS, Connection, random_run, wait_before
from watchglass.ingest.stream import Demuxed, OpenStream, StreamRequest
from watchglass.model.camera import Health, HealthState, Source, SourceKind, Transport

START = 1_800_000_000 * MICROSECONDS
REQUEST = StreamRequest("Gate", Source(SourceKind.RTSP, "rtsp://10.0.0.5/a"))
GONE = UnreachableError("Camera Gate does not answer.")
OTHER = BadInputError("Camera Gate sends no video.")
NO_JITTER = 0.5
STEP = 3600


def play(
    script: Sequence[Attempt], clock: SimulatedClock | None = None, request: StreamRequest = REQUEST
) -> tuple[ScriptedOpener, Told]:
    """Run a connection through a script; the opener stops it at the last attempt."""
    clock = clock or SimulatedClock(START)
    opener, told = ScriptedOpener(clock, script), Told()
    runs = iter(f"run-{number}" for number in range(100))
    connection = Connection(lambda: request, opener, told, clock, jitter=lambda: NO_JITTER, new_run=lambda: next(runs))
    connection.run(threading.Event())
    return opener, told


Timed = tuple[float, Demuxed | Callable[[], Demuxed]]


def frames(count: int, seconds: float = 0.04) -> list[Timed]:
    return [(seconds, demuxed(number * round(seconds * 90_000), b"%d" % number)) for number in range(count)]


END = Attempt(refuse=GONE)  # sets stop: what it raises is not told any more


class TestWaits:
    def test_attempts_are_spread_out(self) -> None:
        opener, _ = play([Attempt(refuse=GONE)] * 11)
        assert [after - before for before, after in zip(opener.at, opener.at[1:], strict=False)] == [
            1.0, 1.0, 1.0, 1.0, 1.0, 5.0, 10.0, 60.0, 60.0, 60.0,
        ]  # fmt: skip

    def test_waits_are_shaken_by_a_fifth(self) -> None:
        assert wait_before(6, 0.0) == pytest.approx(4.0)
        assert wait_before(6, 1.0) == pytest.approx(6.0)
        assert wait_before(1000, 0.5) == WAITS[-1]

    def test_a_minute_of_health_begins_the_waits_anew(self) -> None:
        well = Attempt(packets=frames(61, 1.0), end=GONE)
        opener, _ = play([Attempt(refuse=GONE)] * 7 + [well, END])
        assert opener.at[8] - opener.at[7] - 61 == pytest.approx(WAITS[0])

    def test_a_shorter_time_of_health_does_not(self) -> None:
        flapping = Attempt(packets=frames(59, 1.0), end=GONE)
        opener, _ = play([Attempt(refuse=GONE)] * 7 + [flapping, END])
        assert opener.at[8] - opener.at[7] - 59 == pytest.approx(WAITS[-1])

    def test_a_camera_that_took_a_minute_to_fail_was_not_healthy(self) -> None:
        clock = SimulatedClock(START)
        opener = ScriptedOpener(clock, [Attempt(refuse=GONE)] * 7 + [END])
        slow: list[float] = []
        told = Told()

        def slowly(request: StreamRequest, stop: threading.Event) -> OpenStream:
            slow.append(clock.monotonic())
            clock.advance(HEALTHY)
            return opener(request, stop)

        Connection(lambda: REQUEST, slowly, told, clock, jitter=lambda: NO_JITTER).run(threading.Event())
        assert slow[7] - slow[6] == HEALTHY + 10.0

    def test_a_wrong_password_is_not_tried_again_soon(self) -> None:
        opener, _ = play([Attempt(refuse=RefusedError("Camera Gate refuses this password.")), END])
        assert opener.at[1] == WAITS[-1]

    def test_what_nobody_foresaw_is_told_and_waits_like_the_rest(self) -> None:
        def odd() -> Demuxed:
            raise KeyError("profile")

        opener, told = play([Attempt(packets=[*frames(1), (0.04, odd)])] * 7 + [END])
        assert opener.at[7] - opener.at[6] == pytest.approx(10.08)
        assert told.health[2].state is HealthState.DOWN
        assert "Watchglass itself failed with what camera Gate sends (KeyError)" in told.health[2].cause

    def test_a_stop_during_a_wait_ends_it(self) -> None:
        stop, clock, told = threading.Event(), SimulatedClock(START), Told()

        class Stopping(SimulatedClock):
            def wait(self, event: threading.Event, seconds: float) -> bool:
                event.set()
                return True

        opener = ScriptedOpener(clock, [Attempt(refuse=GONE)] * 2)
        Connection(lambda: REQUEST, opener, told, Stopping(START)).run(stop)
        assert len(opener.at) == 1


class TestHealth:
    def test_it_starts_and_is_up_with_the_first_packet(self) -> None:
        _, told = play([Attempt(packets=frames(5), end=GONE), END])
        assert told.health == [
            Health(HealthState.STARTING, START),  # type: ignore[arg-type]
            Health(HealthState.UP, START + 40_000),  # type: ignore[arg-type]
            Health(HealthState.DOWN, START + 200_000, GONE.sentence),  # type: ignore[arg-type]
        ]

    def test_down_lasts_while_it_is_tried_again_and_its_cause_is_kept_up(self) -> None:
        _, told = play([Attempt(refuse=GONE), Attempt(refuse=GONE), Attempt(refuse=OTHER), END])
        assert [(health.state, health.since - START, health.cause) for health in told.health] == [
            (HealthState.STARTING, 0, ""),
            (HealthState.DOWN, 0, GONE.sentence),
            (HealthState.DOWN, 0, OTHER.sentence),
        ]

    def test_it_comes_up_again(self) -> None:
        _, told = play([Attempt(packets=frames(1), end=GONE), Attempt(packets=frames(1), end=GONE), END])
        assert [health.state for health in told.health] == [
            HealthState.STARTING, HealthState.UP, HealthState.DOWN, HealthState.UP, HealthState.DOWN,
        ]  # fmt: skip

    def test_a_source_that_just_ends_is_down_and_says_so(self) -> None:
        _, told = play([Attempt(packets=frames(1)), END])
        assert told.health[-1].cause == "Camera Gate ended its stream."

    def test_wrong_timestamps_degrade_it_for_a_minute(self) -> None:
        sent: list[Timed] = [*frames(50), *((0.04, demuxed(10**9 + n * STEP)) for n in range(25 * 70))]
        _, told = play([Attempt(packets=sent), END])
        assert [health.state for health in told.health[:4]] == [
            HealthState.STARTING, HealthState.UP, HealthState.DEGRADED, HealthState.UP,
        ]  # fmt: skip
        since = [(health.since - START) / MICROSECONDS for health in told.health[:4]]
        assert since == pytest.approx([0, 0.04, 2.04, 62.04], abs=0.05)
        assert "timestamps" in told.health[2].cause
        assert "Gate" in told.health[2].cause

    def test_loss_on_the_network_degrades_it(self) -> None:
        _, told = play([Attempt(packets=frames(4), lost=[0, 0, 3, 3]), END])
        assert [health.state for health in told.health][:3] == [
            HealthState.STARTING, HealthState.UP, HealthState.DEGRADED,
        ]  # fmt: skip
        assert "lower bit rate" in told.health[2].cause

    def test_what_udp_loses_tcp_would_not(self) -> None:
        request = dataclasses.replace(REQUEST, transport=Transport.UDP)
        _, told = play([Attempt(packets=frames(4), lost=[0, 0, 3, 3]), END], request=request)
        assert "choose TCP" in told.health[2].cause

    def test_loss_is_counted_over_all_connections(self) -> None:
        script = [Attempt(packets=frames(3), lost=[0, 1, 4], end=GONE), Attempt(packets=frames(2), lost=[0, 2]), END]
        clock = SimulatedClock(START)
        connection = Connection(lambda: REQUEST, ScriptedOpener(clock, script), Told(), clock)
        assert (connection.lost, connection.gain) == (0, None)
        connection.run(threading.Event())
        assert connection.lost == 6

    def test_what_the_cameras_clock_gains_is_known(self) -> None:
        fast: list[Timed] = [(1.0, demuxed(round(number * 90_000 * 1.001))) for number in range(750)]
        clock = SimulatedClock(START)
        connection = Connection(lambda: REQUEST, ScriptedOpener(clock, [Attempt(packets=fast), END]), Told(), clock)
        connection.run(threading.Event())
        assert connection.gain == pytest.approx(0.001, rel=0.05)


class TestRuns:
    def test_every_connection_is_a_run_of_its_own(self) -> None:
        _, told = play([Attempt(packets=frames(3), end=GONE), Attempt(packets=frames(3), end=GONE), END])
        assert told.runs == [(INFO, "run-0"), (INFO, "run-1")]
        assert [packet.jump for packet in told.packets] == [True, False, False] * 2
        assert [packet.pts for packet in told.packets] == [0, STEP, 2 * STEP] * 2

    def test_a_connection_without_packets_is_none(self) -> None:
        _, told = play([Attempt(end=GONE), END])
        assert told.runs == []

    def test_packets_are_passed_on_whole_with_their_time(self) -> None:
        sent: list[Timed] = [(0.04, demuxed(0, b"key", keyframe=True)), (0.04, demuxed(STEP, b"more", jump=True))]
        _, told = play([Attempt(packets=sent), END])
        assert [(p.data, p.keyframe, p.jump, p.wall - START) for p in told.packets] == [
            (b"key", True, True, 40_000),
            (b"more", False, True, 80_000),
        ]

    @pytest.mark.parametrize("step", [-3600.0, 3600.0, CLOCK_SET / MICROSECONDS])
    def test_setting_the_machines_clock_begins_a_new_run(self, step: float) -> None:
        clock = SimulatedClock(START)

        def set_clock() -> Demuxed:
            clock.step_wall(step)
            return demuxed(2 * STEP)

        sent: list[Timed] = [*frames(2), (0.04, set_clock), (0.04, demuxed(3 * STEP))]
        _, told = play([Attempt(packets=sent), END], clock)
        assert [run for _, run in told.runs] == ["run-0", "run-1"]
        assert [packet.jump for packet in told.packets] == [True, False, True, False]
        assert told.packets[2].wall == START + 120_000 + round(step * MICROSECONDS)
        assert HealthState.DEGRADED not in {health.state for health in told.health}

    def test_a_small_correction_of_the_clock_does_not(self) -> None:
        clock = SimulatedClock(START)

        def set_clock() -> Demuxed:
            clock.step_wall(-1.5)
            return demuxed(2 * STEP)

        _, told = play([Attempt(packets=[*frames(2), (0.04, set_clock)]), END], clock)
        assert len(told.runs) == 1
        assert [packet.wall for packet in told.packets] == sorted({packet.wall for packet in told.packets})

    def test_run_numbers_are_random_hex(self) -> None:
        assert random_run() != random_run()
        assert int(random_run(), 16) < 1 << 64


class TestEnding:
    def test_every_stream_is_closed_once(self) -> None:
        opener, _ = play([Attempt(packets=frames(2), end=GONE), Attempt(packets=frames(2)), END])
        assert [stream.closed for stream in opener.streams] == [1, 1]

    def test_nothing_is_told_after_the_stop(self) -> None:
        _, told = play([Attempt(packets=frames(5), end=GONE)])  # the only attempt: stop is set as it is opened
        assert told.packets == []
        assert [health.state for health in told.health] == [HealthState.STARTING]

    def test_a_stop_from_elsewhere_ends_a_stream_that_waits(self) -> None:
        clock, told, up = SimulatedClock(START), Told(), threading.Event()

        class Noticing(Told):
            def on_health(self, health: Health) -> None:
                super().on_health(health)
                if health.state is HealthState.UP:
                    up.set()

        told = Noticing()
        stop = threading.Event()
        opener = ScriptedOpener(clock, [Attempt(packets=frames(1), wait=True), END])
        connection = Connection(lambda: REQUEST, opener, told, clock)
        thread = threading.Thread(target=connection.run, args=(stop,))
        thread.start()
        assert up.wait(10)
        stop.set()
        thread.join(10)
        assert not thread.is_alive()
        assert told.health[-1].state is HealthState.UP

    def test_the_request_is_asked_for_each_time(self) -> None:
        clock, told = SimulatedClock(START), Told()
        names = iter(["Gate", "Gate", "Back gate"])
        opener = ScriptedOpener(clock, [Attempt(refuse=GONE), END])
        connection = Connection(
            lambda: StreamRequest(next(names), REQUEST.source), opener, told, clock, jitter=lambda: NO_JITTER
        )
        connection.run(threading.Event())
        assert opener.requests[-1].camera == "Back gate"
