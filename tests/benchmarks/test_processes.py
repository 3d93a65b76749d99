"""CPU time of a tree of processes."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.processes import cpu_seconds


def process(proc: Path, number: int, parent: int, user: int, command: str, name: str = "python") -> None:
    folder = proc / str(number)
    folder.mkdir()
    fields = ["S", str(parent), *["0"] * 9, str(user), "0", *["0"] * 30]
    (folder / "stat").write_text(f"{number} ({name}) {' '.join(fields)}\n")
    (folder / "cmdline").write_bytes(command.replace(" ", "\0").encode() + b"\0")


def test_a_tree_is_counted_by_what_its_processes_are(tmp_path: Path) -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    process(tmp_path, 10, 1, 2 * ticks, "python -m watchglass up")
    process(tmp_path, 11, 10, 3 * ticks, "python -m watchglass process watcher --index 0")
    process(tmp_path, 12, 10, 5 * ticks, "python -m watchglass process watcher --index 1")
    process(tmp_path, 13, 12, ticks, "helper process", name="a) odd (name")
    process(tmp_path, 14, 1, 100 * ticks, "python -m watchglass process watcher")  # another's
    (tmp_path / "self").mkdir()
    (tmp_path / "15").mkdir()  # ended while we looked
    assert cpu_seconds(10, tmp_path) == {"others": 3, "watcher": 8}
    assert cpu_seconds(99, tmp_path) == {}


def test_a_real_process_is_counted() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "sum(range(2_000_000)); print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert cpu_seconds(child.pid)["others"] > 0
        child.communicate(b"\n")
