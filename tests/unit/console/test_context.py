from pathlib import Path

import pytest

from tests.unit.console.support import NAME, make_console, session_of
from watchglass.console.context import Probe, free_space, signed_in
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


def test_ingest_can_be_handed_in() -> None:
    handed: Probe = probe  # for the type checker
    assert callable(handed)


def test_consoles_do_not_share_their_rooms(tmp_path: Path) -> None:
    first, second = make_console(tmp_path / "a"), make_console(tmp_path / "b")
    assert first.rooms is not second.rooms
    assert first.layouts is not second.layouts
