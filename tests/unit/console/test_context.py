from pathlib import Path

import pytest

from tests.unit.console.support import NAME, make_console, session_of
from watchglass.base.clock import SimulatedClock
from watchglass.console.context import Lately, Probe, free_space, signed_in
from watchglass.console.fault import NotSignedInError
from watchglass.ingest.open import probe


def test_who_is_calling(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    assert signed_in(console, session_of(console)).name == NAME
    for token in ("", "x", "x" * 10_000, "\ud800"):
        with pytest.raises(NotSignedInError, match="Sign in first"):
            signed_in(console, token)


def test_free_space_of_a_disk(tmp_path: Path) -> None:
    assert free_space(tmp_path) > 0


def test_what_is_dear_to_count_is_counted_once_in_a_while() -> None:
    clock = SimulatedClock()
    counts = iter(range(10))
    lately = Lately(lambda: next(counts), clock, 30.0)
    told = []
    for wait in (0.0, 29.0, 1.0, 0.0, 30.0):
        clock.advance(wait)
        told.append(lately())
    assert told == [0, 0, 1, 1, 2]


def test_ingest_can_be_handed_in() -> None:
    handed: Probe = probe  # for the type checker
    assert callable(handed)


def test_consoles_do_not_share_their_rooms(tmp_path: Path) -> None:
    first, second = make_console(tmp_path / "a"), make_console(tmp_path / "b")
    assert first.rooms is not second.rooms
    assert first.layouts is not second.layouts
