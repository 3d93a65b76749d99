import json
import os
import socket
import threading
from pathlib import Path

import pytest

from watchglass.base import vitals
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.vitals import BELIEVED_US, EVERY, Vitals, heard, keep_telling, measure, place, tell

# The second field is whatever the program calls itself.
_STAT = "77 (a b) c) S 1 77 77 0 -1 4194560 9 0 0 0 250 50 0 0 20 0 9 0 100 1000 999 " + "0 " * 30
NOW = SimulatedClock().wall_us()


def process(tmp_path: Path) -> Path:
    folder = tmp_path / "self"
    (folder / "fd").mkdir(parents=True)
    for number, target in enumerate(("socket:[12]", "/var/x", "pipe:[5]", "socket:[13]", "socket:not so", "/socket:")):
        (folder / "fd" / str(number)).symlink_to(target)
    (folder / "stat").write_text(_STAT)
    (folder / "statm").write_text("9999 300 20 1 0 40 0\n")
    return folder


def test_what_a_process_has_and_has_used(tmp_path: Path) -> None:
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    assert measure(NOW, process(tmp_path)) == Vitals(NOW, 77, 3, 3, 9, 300 * page, 300 / ticks)


def test_of_this_process() -> None:
    before = measure(NOW)
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    with socket.socket(), Path("/dev/null").open("rb"):
        after = measure(NOW)
    ended.set()
    thread.join()
    assert (after.pid, before.pid) == (os.getpid(), os.getpid())
    assert (after.sockets - before.sockets, after.files - before.files) == (1, 1)
    assert after.threads - before.threads == 1
    assert after.resident_bytes > 1 << 20
    assert after.cpu_seconds >= before.cpu_seconds > 0


def test_what_is_told_is_heard_while_it_is_new(tmp_path: Path) -> None:
    clock = SimulatedClock()
    tell(tmp_path, "recorder", clock)
    told = heard(tmp_path, "recorder", clock.wall_us())
    assert told is not None
    assert (told.pid, told.at) == (os.getpid(), NOW)
    assert heard(tmp_path, "watcher-0", NOW) is None
    assert heard(tmp_path, "recorder", WallUs(NOW + BELIEVED_US)) == told
    assert heard(tmp_path, "recorder", WallUs(NOW + BELIEVED_US + 1)) is None
    assert heard(tmp_path, "recorder", WallUs(NOW - BELIEVED_US - 1)) is None
    assert [path.name for path in tmp_path.iterdir()] == ["vitals-recorder.json"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '"x"', '{"at": "x"}', json.dumps({"at": NOW, "pid": None})])
def test_what_is_something_else_is_not_heard(tmp_path: Path, text: str) -> None:
    place(tmp_path, "recorder").write_text(text)
    assert heard(tmp_path, "recorder", NOW) is None


def test_is_told_again_and_again_until_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    ended = threading.Event()

    class Clock(SimulatedClock):
        def wait(self, event: threading.Event, seconds: float) -> bool:
            waits.append(seconds)
            self.advance(seconds)
            if len(waits) == 3:
                ended.set()
            return len(waits) == 3

    told: list[int] = []

    def fails_once(_run: Path, name: str, clock: SimulatedClock) -> None:
        told.append((clock.wall_us() - NOW) // MICROSECONDS)
        if len(told) == 2:
            raise OSError(name)

    monkeypatch.setattr(vitals, "tell", fails_once)
    keep_telling(tmp_path, "recorder", Clock(), threading.Event())
    assert ended.wait(30)
    assert waits == [EVERY] * 3
    assert told == [0, 10, 20]
