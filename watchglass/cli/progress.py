"""Progress for people: bars on a terminal, a few plain lines where standard error goes into a file."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

Report = Callable[[str, float, float], None]
"""Told what is being done, how much of it is done, and how much there is (0 when nobody knows)."""


@contextlib.contextmanager
def reporting() -> Iterator[Report]:
    """A way to report progress on standard error, in the form that suits it."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield Lines(lambda line: console.print(line, markup=False, highlight=False, soft_wrap=True))
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        yield _Bars(bars)


class Lines:
    """A line when something begins, and one each quarter of it."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._told: dict[str, int] = {}

    def __call__(self, what: str, done: float, total: float) -> None:
        quarter = int(done * 4 / total) if total else 0
        if what not in self._told:
            self._write(f"{what} ...")
        elif quarter > self._told[what]:
            self._write(f"{what}: {quarter * 25} %")
        self._told[what] = max(quarter, self._told.get(what, 0))


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: float, total: float) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total or None)
        self._bars.update(self._tasks[what], completed=done, total=total or None)
