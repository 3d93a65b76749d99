"""`watchglass process`: one of our processes, as the supervisor starts it. Not for people."""

import importlib
import sys
from typing import Annotated

import typer

from watchglass.app.machine import open_machine
from watchglass.base import log, vitals
from watchglass.base.clock import SystemClock
from watchglass.base.errors import UsageError
from watchglass.base.process import die_with_parent, forbid_core_dumps, stop_on_signals
from watchglass.camera.url import scrub
from watchglass.pipeline.supervise import READY
from watchglass.settings import Settings

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
    # Each has `run(machine, stop, ready)`, a watcher's with its index and count at the end.
    process = importlib.import_module(f"watchglass.app.{role}")
    if wait and not sys.stdin.readline():
        return  # the supervisor is gone before it began
    stop = stop_on_signals()
    name = f"{role}-{index}" if role == "watcher" else role
    log.configure(name, scrub)
    machine = open_machine(Settings.from_json(settings), SystemClock())
    vitals.keep_telling(machine.folder.run, name, machine.clock, stop)
    process.run(machine, stop, _ready, *((index, count) if role == "watcher" else ()))


def _ready(words: str = "") -> None:
    """Tell the supervisor that the work has begun."""
    typer.echo(f"{READY} {words}".rstrip())
