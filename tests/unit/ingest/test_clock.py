import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.ingest.clock import (
    DEFAULT_STEP,
    LEAP,
    REGAINED,
    REORDER,
    SAME,
    TROUBLES,
    UNSTAMPED,
    Irregularity,
    MediaClock,
    Placed,
)
from watchglass.model.media import TICKS_PER_SECOND, Ticks

START = 1_800_000_000 * MICROSECONDS
STEP = 3600  # ticks of a frame at 25 frames a second
STEP_US = 40_000


def play(clock: MediaClock, packets: Iterable[tuple[int | None, float]]) -> list[Placed]:
    """Place packets given as (stream's ticks, seconds of arrival after START)."""
    return [clock.place(ticks, WallUs(START + round(seconds * MICROSECONDS))) for ticks, seconds in packets]


def steady(count: int, first: int = 0, begin: float = 0.0) -> list[tuple[int | None, float]]:
    """Packets of a camera whose timestamps are sound."""
    return [(first + number * STEP, begin + number * STEP_US / MICROSECONDS) for number in range(count)]


def follows(placed: list[Placed]) -> None:
    """In order of presentation wall time rises strictly."""
    order = sorted(placed, key=lambda place: place.pts)
    for before, after in itertools.pairwise(order):
        assert after.pts > before.pts
        assert after.wall > before.wall


class TestSoundTimestamps:
    @pytest.mark.parametrize("origin", [0, 1_234_567, -90_000, 1 << 40])
    def test_distances_are_the_streams_own(self, origin: int) -> None:
        placed = play(MediaClock(25), steady(50, origin))
        assert [place.pts for place in placed] == [number * STEP for number in range(50)]
        assert [place.wall for place in placed] == [START + number * STEP_US for number in range(50)]
        assert [place.jump for place in placed] == [True] + [False] * 49
        assert not any(place.irregularity for place in placed)

    def test_the_least_delayed_packet_tells_the_time(self) -> None:
        # Every packet but one in ten is held up by 100 ms.
        late = [(ticks, at + (0.0 if n % 10 == 5 else 0.1)) for n, (ticks, at) in enumerate(steady(2000))]
        placed = play(MediaClock(25), late)
        assert placed[0].wall == START + 100_000
        for number, place in enumerate(placed[1000:], 1000):
            assert abs(place.wall - (START + number * STEP_US)) < 1000
        follows(placed)

    def test_packets_that_were_waiting_at_the_start_do_not_shift_the_run(self) -> None:
        # Opening took two seconds; what had come meanwhile is handed on at once.
        waited = [(ticks, max(at, 2.0)) for ticks, at in steady(2000)]
        placed = play(MediaClock(25), waited)
        assert placed[0].wall == START + 2 * MICROSECONDS
        assert all(abs(place.wall - (START + n * STEP_US)) < 2000 for n, place in enumerate(placed[1500:], 1500))
        assert not any(place.irregularity for place in placed)
        follows(placed)

    @pytest.mark.parametrize("rate", [0.999, 1.001])
    def test_a_clock_that_drifts_is_followed_without_a_jump(self, rate: float) -> None:
        placed = play(MediaClock(25), [(ticks, at * rate) for ticks, at in steady(25 * 600)])
        assert not any(place.jump for place in placed[1:])
        assert not any(place.irregularity for place in placed)
        assert abs(placed[-1].wall - (START + round(599.96 * rate * MICROSECONDS))) < 100_000
        follows(placed)

    @pytest.mark.parametrize("gain", [2e-4, -2e-4, 0.0])
    def test_what_a_clock_gains_is_known_after_a_while(self, gain: float) -> None:
        clock = MediaClock(1)

        def packets(first: int, count: int) -> list[tuple[int | None, float]]:
            late = [0.3 * (number % 7 != 0) for number in range(count)]  # most come late, as on any network
            numbers = range(first, first + count)
            return [(round(n * TICKS_PER_SECOND * (1 + gain)), n + held) for n, held in zip(numbers, late, strict=True)]

        play(clock, packets(0, 650))
        assert clock.gain is None
        play(clock, packets(650, 1150))
        assert clock.gain == pytest.approx(gain, abs=2e-5)
        play(clock, [(1, 1801.0), (2, 1802.0)])  # it was restarted: its past tells nothing of its future
        assert clock.gain is None

    def test_wall_time_never_runs_much_faster_or_slower_than_the_stream(self) -> None:
        waited = [(ticks, max(at, 4.0)) for ticks, at in steady(500)]
        placed = play(MediaClock(25), waited)
        steps = [after.wall - before.wall for before, after in itertools.pairwise(placed)]
        assert min(steps) >= STEP_US * 0.8 - 1
        assert max(steps) <= STEP_US * 1.2 + 1

    def test_a_network_that_stalls_and_catches_up_changes_nothing(self) -> None:
        stalled = [(ticks, 8.0 if 2.0 <= at < 8.0 else at) for ticks, at in steady(500)]
        placed = play(MediaClock(25), stalled)
        assert [place.wall for place in placed] == [START + number * STEP_US for number in range(500)]
        assert not any(place.irregularity or place.jump for place in placed[1:])

    def test_a_hole_is_marked_and_is_no_fault(self) -> None:
        placed = play(MediaClock(25), [*steady(50), *steady(50, 20 * TICKS_PER_SECOND, 20.0)])
        assert [n for n, place in enumerate(placed) if place.jump] == [0, 50]
        assert placed[50].pts == 20 * TICKS_PER_SECOND
        assert placed[50].wall == START + 20 * MICROSECONDS
        assert not any(place.irregularity for place in placed)

    def test_a_slow_camera_has_no_holes(self) -> None:
        placed = play(MediaClock(0.1), [(n * 10 * TICKS_PER_SECOND, n * 10.0) for n in range(10)])
        assert [place.jump for place in placed] == [True] + [False] * 9

    def test_the_sources_own_jump_is_passed_on(self) -> None:
        clock = MediaClock(25)
        play(clock, steady(2))
        place = clock.place(2 * STEP, WallUs(START + 2 * STEP_US), jump=True)
        assert place == Placed(Ticks(2 * STEP), WallUs(START + 2 * STEP_US), jump=True)


class TestReordering:
    ORDER = (0, 3, 1, 2, 6, 4, 5, 9, 7, 8)  # I P B B P B B P B B, as sent

    def test_presentation_times_are_kept(self) -> None:
        sent = [(n * STEP, place * STEP_US / MICROSECONDS + 0.2) for place, n in enumerate(self.ORDER)]
        placed = play(MediaClock(25), sent)
        assert [place.pts for place in placed] == [n * STEP for n in self.ORDER]
        assert not any(place.irregularity for place in placed)
        follows(placed)

    def test_a_reordered_frame_lies_between_its_neighbours_in_time(self) -> None:
        placed = play(MediaClock(25), [(n * STEP, 0.0) for n in self.ORDER])
        by_pts = {int(place.pts): place.wall for place in placed}
        assert by_pts[1 * STEP] - by_pts[0] == pytest.approx((by_pts[3 * STEP] - by_pts[0]) / 3, abs=1)

    def test_leading_pictures_of_the_first_keyframe_stay_behind_it(self) -> None:
        placed = play(MediaClock(25), [(2 * STEP, 0.0), (0, 0.0), (STEP, 0.0), (5 * STEP, 0.1)])
        assert [place.pts for place in placed] == [0, 1, 2, 3 * STEP]
        assert not any(place.irregularity for place in placed)
        follows(placed)

    def test_the_deepest_reordering_is_no_fault_and_one_deeper_is(self) -> None:
        last = (REORDER + 2) * STEP
        sent = [(0, 0.0), (last, 0.0), *((last - n * STEP, 0.0) for n in range(1, REORDER + 2))]
        faults = [place.irregularity for place in play(MediaClock(25), sent)]
        assert faults == [None] * (REORDER + 2) + [Irregularity.RAN_BACK]


class TestIrregularities:
    def test_a_jump_ahead_starts_the_map_anew(self) -> None:
        placed = play(MediaClock(25), [*steady(50), *steady(50, 10**9, 2.0)])
        assert placed[50] == Placed(Ticks(50 * STEP), WallUs(START + 2 * MICROSECONDS), True, Irregularity.JUMPED)
        assert [place.pts for place in placed] == [number * STEP for number in range(100)]
        assert [place.wall for place in placed] == [START + number * STEP_US for number in range(100)]
        assert [n for n, place in enumerate(placed) if place.jump] == [0, 50]

    def test_a_jump_ahead_by_less_than_a_leap_is_followed(self) -> None:
        placed = play(MediaClock(25), [*steady(50), *steady(2000, 53 * STEP + 4 * TICKS_PER_SECOND, 2.0)])
        assert not any(place.irregularity for place in placed)
        assert abs(placed[-1].wall - (START + 2 * MICROSECONDS + 1999 * STEP_US)) < 2000
        follows(placed)

    def test_running_back_starts_the_map_anew(self) -> None:
        placed = play(MediaClock(25), [*steady(500), *steady(500, 0, 20.0)])
        assert [n for n, place in enumerate(placed) if place.jump] == [0, 500]
        assert placed[500].irregularity is Irregularity.RAN_BACK
        assert [place.wall for place in placed] == [START + number * STEP_US for number in range(1000)]

    def test_two_frames_of_one_time_are_told_apart_and_no_fault(self) -> None:
        placed = play(MediaClock(25), [(0, 0.0), (STEP, 0.04), (STEP, 0.08), (2 * STEP, 0.12), (3 * STEP, 0.16)])
        assert [place.pts for place in placed] == [0, STEP, STEP + 1, 2 * STEP, 3 * STEP]
        assert not any(place.irregularity for place in placed)
        follows(placed)

    def test_timestamps_that_stand_still_are_replaced_by_arrival(self) -> None:
        clock = MediaClock(25)
        placed = play(clock, [(0, n * 0.04) for n in range(100)])
        assert [n for n, place in enumerate(placed) if place.irregularity] == list(range(SAME, 100))
        assert {place.irregularity for place in placed[SAME:]} == {Irregularity.STOOD_STILL}
        assert [n for n, place in enumerate(placed) if place.jump] == [0, SAME]
        assert clock.by_arrival
        assert abs(placed[-1].wall - (START + 99 * STEP_US)) < 2000
        follows(placed)

    def test_missing_timestamps_are_replaced_by_arrival(self) -> None:
        placed = play(MediaClock(25), [(None, n * 0.04) for n in range(100)])
        assert [n for n, place in enumerate(placed) if place.irregularity] == list(range(UNSTAMPED, 100))
        assert {place.irregularity for place in placed[UNSTAMPED:]} == {Irregularity.MISSING}
        assert [place.pts for place in placed[:UNSTAMPED]] == [n * STEP for n in range(UNSTAMPED)]
        follows(placed)

    def test_a_first_packet_without_a_timestamp_is_no_fault(self) -> None:
        # What libav gives of an RTSP stream: the first packet has no time, the second that of the second frame.
        placed = play(MediaClock(25), [(None, 0.0), *steady(50)[1:]])
        assert [place.pts for place in placed] == [n * STEP for n in range(50)]
        assert not any(place.irregularity for place in placed)
        assert [place.jump for place in placed] == [True] + [False] * 49

    def test_one_missing_timestamp_disturbs_no_other(self) -> None:
        sent = steady(50)
        sent[20] = (None, sent[20][1])
        placed = play(MediaClock(25), sent)
        assert [place.pts for n, place in enumerate(placed) if n != 20] == [n * STEP for n in range(50) if n != 20]
        assert 19 * STEP < placed[20].pts < 21 * STEP
        assert not any(place.irregularity for place in placed)

    def test_every_second_timestamp_missing_is_no_fault(self) -> None:
        sent = [(None if n % 2 else ticks, at) for n, (ticks, at) in enumerate(steady(100))]
        placed = play(MediaClock(25), sent)
        assert not any(place.irregularity for place in placed)
        follows(placed)

    def test_timestamps_that_run_at_half_speed_are_found(self) -> None:
        placed = play(MediaClock(25), [(ticks, at * 2) for ticks, at in steady(25 * 300)])
        assert Irregularity.LAGGED in {place.irregularity for place in placed}
        assert abs(placed[-1].wall - (START + 2 * 7499 * STEP_US)) < 2 * LEAP
        follows(placed)

    def test_timestamps_that_run_at_double_speed_are_found(self) -> None:
        placed = play(MediaClock(25), [(ticks, at / 2) for ticks, at in steady(25 * 300)])
        assert Irregularity.JUMPED in {place.irregularity for place in placed}
        assert abs(placed[-1].wall - (START + 7499 * STEP_US // 2)) < 2 * LEAP
        follows(placed)

    def test_a_camera_that_paused_without_counting_is_put_right(self) -> None:
        placed = play(MediaClock(25), [*steady(500), *steady(3000, 500 * STEP, 50.0)])
        assert [place.irregularity for place in placed].count(Irregularity.LAGGED) == 1
        assert abs(placed[-1].wall - (START + 50 * MICROSECONDS + 2999 * STEP_US)) < 2000
        follows(placed)

    def test_a_decoder_is_not_flushed_at_every_packet_of_wild_timestamps(self) -> None:
        wild = [((n * 7_919_000_017) % (1 << 31), n * 0.04) for n in range(500)]
        placed = play(MediaClock(25), wild)
        assert sum(place.jump for place in placed) <= 1 + TROUBLES
        assert placed[-1].irregularity is not None
        assert abs(placed[-1].wall - (START + 499 * STEP_US)) < LEAP
        follows(placed)

    def test_timestamps_that_are_sound_again_are_trusted_again(self) -> None:
        clock = MediaClock(25)
        play(clock, [(0, n * 0.04) for n in range(50)])
        sound = REGAINED // STEP_US
        placed = play(clock, steady(sound + 50, 77_777, 2.0))
        assert not clock.by_arrival
        assert not any(place.jump or place.irregularity for place in placed[1:])
        assert [after.pts - before.pts for before, after in itertools.pairwise(placed[-40:])] == [STEP] * 39

    def test_timestamps_of_the_wrong_speed_are_not_trusted_again(self) -> None:
        clock = MediaClock(25)
        play(clock, [(0, n * 0.04) for n in range(50)])
        faults = {place.irregularity for place in play(clock, [(t, 2 + at * 2) for t, at in steady(1000, 77_777)])}
        assert clock.by_arrival
        assert Irregularity.LAGGED in faults


class TestWraps:
    @pytest.mark.parametrize("bits", [32, 33])
    def test_a_counter_that_wraps_goes_on(self, bits: int) -> None:
        begin = (1 << bits) - 50 * STEP
        sent = [(ticks % (1 << bits) if ticks is not None else None, at) for ticks, at in steady(200, begin)]
        placed = play(MediaClock(25), sent)
        assert [place.pts for place in placed] == [n * STEP for n in range(200)]
        assert not any(place.jump or place.irregularity for place in placed[1:])

    def test_frames_reordered_over_a_wrap_keep_their_places(self) -> None:
        wrap = 1 << 32
        order = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8]
        sent = [((wrap - 4 * STEP + n * STEP) % wrap, k * 0.04) for k, n in enumerate(order)]
        placed = play(MediaClock(25), sent)
        assert [place.pts for place in placed] == [n * STEP for n in order]
        assert not any(place.irregularity for place in placed)

    def test_a_second_wrap_goes_on_as_well(self) -> None:
        wrap, second = 1 << 32, 4 * TICKS_PER_SECOND
        sent = [(n * second % wrap, n * 4.0) for n in range(2 * wrap // second + 100)]
        placed = play(MediaClock(0.25), sent)
        assert not any(place.irregularity for place in placed)
        assert placed[-1].pts == (len(sent) - 1) * second


_TICKS = st.one_of(
    st.none(),
    st.integers(-(1 << 34), 1 << 34),
    st.integers(0, 40).map(lambda n: n * STEP),
    st.sampled_from([0, (1 << 32) - 1, (1 << 32) + 1, (1 << 33) - 1]),
)
_ELAPSED = st.one_of(st.just(0), st.integers(0, 100_000), st.integers(0, 120 * MICROSECONDS), st.just(-1000))


@given(
    rate=st.sampled_from([0.0, 0.1, 1.0, 25.0, 1000.0]),
    packets=st.lists(st.tuples(_TICKS, _ELAPSED), min_size=1, max_size=120),
)
def test_whatever_a_camera_sends_time_rises(rate: float, packets: list[tuple[int | None, int]]) -> None:
    clock, arrival, placed = MediaClock(rate), START, []
    for ticks, elapsed in packets:
        arrival += elapsed
        placed.append(clock.place(ticks, WallUs(arrival)))
    assert placed[0].jump
    assert placed[0].pts == 0
    follows(placed)


@given(
    deltas=st.lists(st.integers(1, 100_000), min_size=1, max_size=100),
    delays=st.lists(st.integers(0, 3 * MICROSECONDS), min_size=101, max_size=101),
)
def test_sound_timestamps_are_never_changed(deltas: list[int], delays: list[int]) -> None:
    clock, ticks, last, placed, sent = MediaClock(25), 0, START, [], [0]
    for number in range(len(deltas) + 1):
        last = max(last, START + ticks * MICROSECONDS // TICKS_PER_SECOND + delays[number])
        placed.append(clock.place(ticks, WallUs(last)))
        if number < len(deltas):
            ticks += deltas[number]
            sent.append(ticks)
    assert [place.pts for place in placed] == sent
    assert not any(place.irregularity or place.jump for place in placed[1:])
    for before, after in itertools.pairwise(placed):
        assert after.wall > before.wall


@given(order=st.permutations(range(12)))
def test_frames_in_any_order_within_reach_keep_their_times(order: list[int]) -> None:
    sent = [(0, 0.0), *(((n + 1) * STEP, 0.04 * (k + 1)) for k, n in enumerate(order))]
    placed = play(MediaClock(25), sent)
    assert [place.pts for place in placed] == [ticks for ticks, _ in sent]
    assert not any(place.irregularity for place in placed)
    follows(placed)


def test_a_stream_without_a_rate_has_a_usual_step() -> None:
    placed = play(MediaClock(), [(None, 0.0), (None, 0.0)])
    assert [place.pts for place in placed] == [0, DEFAULT_STEP]
