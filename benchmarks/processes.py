"""What processes of this machine have cost so far, as Linux counts it in /proc."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def cpu_seconds(root: int, proc: Path = _PROC) -> Counter[str]:
    """CPU time of a process and everything under it, by what it is: `recorder`, `watcher`, `console` ...

    Processes that have ended are in their parents' time only as far as those have waited for them: left out.
    """
    parents, times = {}, {}
    for folder in proc.iterdir():
        if folder.name.isdecimal() and (found := _stat(folder)) is not None:
            parents[int(folder.name)], times[int(folder.name)] = found
    cost: Counter[str] = Counter()
    for process, seconds in times.items():
        if _is_under(process, root, parents):
            cost[_kind(proc / str(process))] += seconds  # type: ignore[assignment] # a Counter may count fractions
    return cost


def _stat(folder: Path) -> tuple[int, float] | None:
    """Parent and seconds of a process; None if it has just ended. See proc_pid_stat(5)."""
    try:
        text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # a name may hold anything, brackets too
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / _TICKS


def _is_under(process: int, root: int, parents: dict[int, int]) -> bool:
    while process and process != root:
        process = parents.get(process, 0)
    return process == root


def _kind(folder: Path) -> str:
    try:
        words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "ended"
    return _word_after(words, "process") or "others"


def _word_after(words: Iterable[str], word: str) -> str:
    """What kind of `watchglass process` it is; empty if it is none."""
    every = list(words)
    return every[every.index(word) + 1] if word in every[:-1] else ""
