import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from watchglass.base.errors import WatchglassError
from watchglass.census.working import shared


def doubled(number: int) -> int:
    return 2 * number


def killed(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def wrong(_number: int) -> int:
    raise ValueError("no")


def _held_back(_number: int) -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.parametrize("processes", [1, 2])
def test_all_is_done_by_one_process_or_more(processes: int) -> None:
    assert sorted(shared(doubled, range(30), processes)) == [2 * number for number in range(30)]


def test_tasks_are_made_as_they_are_needed() -> None:
    made = []

    def tasks() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    results = shared(doubled, tasks(), 1)
    assert next(results) == 0
    assert len(made) == 1


def test_a_process_that_was_killed_is_said_in_a_sentence_and_none_is_left() -> None:
    with pytest.raises(WatchglassError, match=r"ended from outside.*--processes 1"):
        list(shared(killed, range(10), 2))
    assert not _children()


def test_an_error_in_another_process_is_the_callers_and_none_is_left() -> None:
    with pytest.raises(ValueError, match="no"):
        list(shared(wrong, range(10), 2))
    assert not _children()


_PROGRAM = """
import sys, time
from watchglass.census.working import shared

if __name__ == "__main__":
    print("ready", flush=True)
    for _ in shared(time.sleep, [0.1, 600.0, 600.0, 600.0], 2):
        print("working", flush=True)
"""


def test_ctrl_c_ends_all_of_them_at_once_and_quietly(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        assert process.stdout.readline() == "working\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        errors = process.stderr.read()  # ends when nobody has it open any more: all are gone
        assert process.wait(30) != 0
    assert "KeyboardInterrupt" in errors
    assert "SpawnProcess" not in errors


def test_ctrl_c_is_held_back_from_others_from_their_first_moment_and_not_from_this_one() -> None:
    assert all(shared(_held_back, range(4), 2))
    assert not _held_back(0)


def _children() -> list[str]:
    """Command lines of processes that work for this one."""
    own = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    lines = [Path(f"/proc/{child}/cmdline").read_text(encoding="utf-8") for child in own]
    return [line for line in lines if "spawn_main" in line]
