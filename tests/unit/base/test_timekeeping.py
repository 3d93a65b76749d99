import ctypes
import datetime as dt
import importlib.resources
from pathlib import Path

import pytest

from watchglass.base import timekeeping
from watchglass.base.clock import MICROSECONDS, SimulatedClock
from watchglass.base.timekeeping import (
    PATIENCE,
    ClockWatch,
    Kept,
    Step,
    ask_kernel,
    machine_zone,
    since_boot,
    zone_name,
)


def watching(clock: SimulatedClock, kept: Kept | None = None) -> ClockWatch:
    return ClockWatch(clock, lambda: kept or Kept(True, 900), clock.monotonic)


class TestSteps:
    def test_are_seen_however_long_ago_the_last_look_was(self) -> None:
        clock = SimulatedClock()
        watch = watching(clock)
        assert watch.look().steps == ()
        clock.advance(5000)
        assert watch.look().notes() == []
        clock.step_wall(3725)
        forward = Step(clock.wall_us(), 3725 * MICROSECONDS)
        assert watch.look().steps == (forward,)
        clock.advance(60)
        clock.step_wall(-90.5)
        state = watch.look()
        assert state.steps == (forward, Step(clock.wall_us(), -90_500_000))
        (note,) = state.notes()
        assert note.startswith("This machine's clock was set by 90 s at ")
        assert "UTC, back: what was kept around then is there twice." in note

    def test_words_of_a_step_forward(self) -> None:
        clock = SimulatedClock(1_800_000_000 * MICROSECONDS)  # 08:00 UTC
        watch = watching(clock)
        watch.look()
        clock.step_wall(2 * 3600)
        assert watch.look().notes() == [
            (
                "This machine's clock was set by 2 h at 10:00 UTC, forward: the time between looks as if nothing had "
                "been kept. Have a time server (NTP) keep it."
            )
        ]

    def test_are_forgotten_after_a_day(self) -> None:
        clock = SimulatedClock()
        watch = watching(clock)
        watch.look()
        clock.step_wall(2)
        assert len(watch.look().steps) == 1
        clock.advance(86_401)
        assert watch.look().steps == ()

    def test_less_than_a_second_is_none(self) -> None:
        clock = SimulatedClock()
        watch = watching(clock)
        watch.look()
        clock.step_wall(0.999)
        assert watch.look().steps == ()

    def test_who_is_held_up_between_two_clocks_sees_none(self) -> None:
        clock = SimulatedClock()
        held_up = [0.0]

        def slow() -> float:
            now = clock.monotonic()
            clock.advance(held_up[0])
            return now

        watch = ClockWatch(clock, lambda: Kept(True), slow)
        watch.look()
        held_up[0] = 7.0
        assert watch.look().steps == ()
        held_up[0] = 0.0
        assert watch.look().steps == ()


class TestSynchronisation:
    def test_a_clock_that_nobody_keeps_is_told_once_the_machine_is_up_for_a_while(self) -> None:
        clock = SimulatedClock()
        watch = watching(clock, Kept(False))
        assert watch.look().notes() == []
        clock.advance(PATIENCE)
        (note,) = watch.look().notes()
        assert note.startswith("This machine's clock is not set by a time server")

    @pytest.mark.parametrize("kept", [Kept(True, 5), Kept(None)])
    def test_one_that_is_kept_or_unknown_is_no_news(self, kept: Kept) -> None:
        clock = SimulatedClock()
        clock.advance(PATIENCE)
        assert watching(clock, kept).look().notes() == []

    @pytest.mark.parametrize(
        ("answer", "status", "told"),
        [(0, 0x2001, Kept(True, 4321)), (5, 0x40, Kept(False)), (5, 0x2041, Kept(False)), (-1, 0, Kept(None))],
    )
    def test_the_kernel_is_asked(self, answer: int, status: int, told: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
        class Libc:
            @staticmethod
            def adjtimex(reference: object) -> int:
                state = reference._obj  # type: ignore[attr-defined]
                assert state.modes == 0  # it reads, and sets nothing
                state.status, state.maxerror = status, 4321
                return answer

        monkeypatch.setattr(ctypes, "CDLL", lambda _name: Libc)
        assert ask_kernel() == told

    def test_where_there_is_no_such_call(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
        assert ask_kernel() == Kept(None)

    def test_this_kernel_answers_something_that_can_be(self) -> None:
        assert ctypes.sizeof(timekeeping._Timex) >= 208  # of struct timex where a long has eight bytes
        kept = ask_kernel()
        assert kept.error_us is None or 0 <= kept.error_us <= 16 * MICROSECONDS
        assert since_boot() > 0


class TestZone:
    def test_is_what_the_environment_says(self, tmp_path: Path) -> None:
        zone = machine_zone({"TZ": ":Europe/Berlin"}, tmp_path / "none")
        assert zone_name(zone) == "Europe/Berlin"
        assert dt.datetime(2026, 7, 1, tzinfo=zone).utcoffset() == dt.timedelta(hours=2)

    def test_is_what_the_machine_is_set_to(self, tmp_path: Path) -> None:
        source = importlib.resources.files("tzdata") / "zoneinfo" / "America" / "New_York"
        place = tmp_path / "zoneinfo" / "America" / "New_York"
        place.parent.mkdir(parents=True)
        place.write_bytes(source.read_bytes())
        (tmp_path / "localtime").symlink_to(place)
        zone = machine_zone({}, tmp_path / "localtime")
        assert zone_name(zone) == "America/New_York"
        assert dt.datetime(2026, 7, 1, tzinfo=zone).utcoffset() == dt.timedelta(hours=-4)

    @pytest.mark.parametrize("name", ["Mars/Base", "../etc/passwd", "CET-1CEST"])
    def test_is_utc_where_the_name_means_nothing(self, name: str, tmp_path: Path) -> None:
        assert machine_zone({"TZ": name}, tmp_path / "none") is dt.UTC

    def test_is_utc_where_there_is_none(self, tmp_path: Path) -> None:
        assert zone_name(machine_zone({}, tmp_path / "none")) == "UTC"
        (tmp_path / "broken").write_text("no zone")
        assert machine_zone({"TZ": ""}, tmp_path / "broken") is dt.UTC
