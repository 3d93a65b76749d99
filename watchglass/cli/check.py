"""`watchglass check`: does what is kept agree with itself?"""

import contextlib
from typing import Annotated

import typer

from watchglass.base.errors import Exit
from watchglass.cli.folder import existing_machine_of
from watchglass.cli.options import Data
from watchglass.cli.progress import reporting


def command(
    data: Data = None,
    deep: Annotated[bool, typer.Option("--deep", help="Read every byte that is kept and compare its hash.")] = False,
) -> None:
    """Prove that all is there, whole, and every second explained.

    What is listed is kept, what is kept is listed, and every second is in a segment or in a gap with its cause. A line for each thing that is wrong, then a summary. Ends with 0 if nothing is wrong, else with 1. Nothing is
    changed, and watchglass may be running meanwhile.
    """
    machine = existing_machine_of(data)
    with contextlib.ExitStack() as stack:
        tell = stack.enter_context(reporting()) if deep else _silent
        proof = machine.proof(deep=deep, tell=tell)
        found = 0
        for problem in proof.problems():
            typer.echo(problem)
            found += 1
    looked = f"{_count(proof.segments, 'segment')}, {_count(len(machine.cameras.all()), 'camera')}"
    read = "every byte of it read" if deep else "rows, sizes and names; --deep reads every byte"
    if found:
        typer.echo(f"{_count(found, 'problem')}: {looked} ({read}).")
        raise typer.Exit(Exit.FAILED)
    typer.echo(f"All is well: {looked} ({read}).")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _silent(_what: str, _done: float, _total: float) -> None:
    """Without --deep it takes no bar."""
