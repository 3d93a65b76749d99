"""`watchglass account`: who may sign in."""

import sys
from typing import Annotated

import typer

from watchglass.base.errors import UsageError
from watchglass.cli.options import Data, existing_machine_of, machine_of

app = typer.Typer()

Name = Annotated[str, typer.Argument(help="The name with which they sign in.")]


@app.command("add")
def add(name: Name, data: Data = None) -> None:
    """Add somebody who may sign in to the console. Asks for the password, or reads it as a line of standard input."""
    machine = machine_of(data)
    account = machine.accounts.create(name, new_password())
    typer.echo(f"{account.name} may sign in now.")


@app.command("reset")
def reset(name: Name, data: Data = None) -> None:
    """Give somebody a new password, and end all their sessions."""
    machine = existing_machine_of(data)
    machine.accounts.set_password(name, new_password())
    typer.echo(f"{name} has a new password, and is signed out everywhere.")


def new_password() -> str:
    """A password that was typed twice, or the first line of standard input where nobody types."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\n")
        if not line:
            raise UsageError("No password came on standard input. Run it in a terminal to be asked for one.")
        return line
    password: str = typer.prompt("New password", hide_input=True, confirmation_prompt=True)
    return password
