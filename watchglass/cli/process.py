"""`watchglass process`: one of our processes, as the supervisor starts it. Not for people.

Little is imported at first: a process that still loads must end with its supervisor too, or it takes the processor from those
of the next one.
"""

import importlib
import sys
from typing import Annotated

import typer

from watchglass.base.errors import UsageError
from watchglass.base.process import die_with_parent, forbid_core_dumps, leave, stop_on_signals

ROLES = ("recorder", "detector", "watcher", "console", "notifier")


def command(
    role: Annotated[str, typer.Argument(help="recorder, detector, watcher, console or notifier")],
    settings: Annotated[str, typer.Option("--settings", help="Machine settings as JSON.")],
    parent: Annotated[int, typer.Option(help="Process id of the supervisor.")],
    index: Annotated[int, typer.Option(help="Which of the watchers this is.")] = 0,
    count: Annotated[int, typer.Option(help="How many watchers there are.")] = 1,
    wait: Annotated[bool, typer.Option("--wait", help="Load, and begin with a line on standard input.")] = False,
) -> None:
    """Run one process until SIGTERM."""
    forbid_core_dumps()
    die_with_parent(parent)
    if role not in ROLES:
        raise UsageError(f"There is no process {role!r}; there are {', '.join(ROLES)}.")
    child = importlib.import_module("watchglass.app.child")
    # Each has `run(machine, stop, ready)`, a watcher's with its index and count at the end.
    process = importlib.import_module(f"watchglass.app.{role}")
    if wait and not sys.stdin.readline():
        return  # the supervisor is gone before it began

    def ready(words: str = "") -> None:
        typer.echo(f"{child.READY} {words}".rstrip())

    which = (index, count) if role == "watcher" else ()
    name = f"{role}-{index}" if which else role
    child.live(name, settings, stop_on_signals(), process.run, ready, *which)
    leave()
