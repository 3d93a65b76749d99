import stat
import threading
import time
from pathlib import Path

from watchglass.base.bell import Bell, ring


def test_wakes_whoever_waits(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "bell.sock")
    threading.Timer(0.05, ring, [tmp_path / "bell.sock"]).start()
    began = time.monotonic()
    assert bell.wait(20)
    assert time.monotonic() - began < 10
    bell.close()


def test_a_ring_from_before_is_heard_and_many_are_one(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "bell.sock")
    for _ in range(5000):  # more than any queue holds: nobody waits to ring
        ring(tmp_path / "bell.sock")
    assert bell.wait(20)
    assert not bell.wait(0)
    bell.close()


def test_nobody_there_is_fine(tmp_path: Path) -> None:
    ring(tmp_path / "bell.sock")
    Bell(tmp_path / "bell.sock").close()
    assert list(tmp_path.iterdir()) == []
    ring(tmp_path / "bell.sock")


def test_takes_the_place_of_one_that_was_killed_and_is_its_owners_alone(tmp_path: Path) -> None:
    first = Bell(tmp_path / "bell.sock")
    second = Bell(tmp_path / "bell.sock")
    ring(tmp_path / "bell.sock")
    assert second.wait(20)
    assert not first.wait(0)
    assert stat.S_IMODE((tmp_path / "bell.sock").stat().st_mode) == 0o600
    second.close()
    first.close()
