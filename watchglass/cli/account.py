"""`watchglass account`: who may sign in."""

from typing import Annotated

import typer

from watchglass.cli.folder import existing_machine_of, machine_of
from watchglass.cli.options import Data
from watchglass.cli.secret import new_secret

app = typer.Typer()

Name = Annotated[str, typer.Argument(help="The name with which they sign in.")]


@app.command("add")
def add(name: Name, data: Data = None) -> None:
    """Add somebody who may sign in to the console. Asks for the password, or reads it as a line of standard input."""
    machine = machine_of(data)
    account = machine.accounts.create(name, new_secret("password"))
    typer.echo(f"{account.name} may sign in now.")


@app.command("reset")
def reset(name: Name, data: Data = None) -> None:
    """Give somebody a new password, and end all their sessions."""
    machine = existing_machine_of(data)
    machine.accounts.set_password(name, new_secret("password"))
    typer.echo(f"{name} has a new password, and is signed out everywhere.")
