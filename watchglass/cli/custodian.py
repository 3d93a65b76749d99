"""`watchglass custodian`: who can open originals. Their secret keys are made and stay on machines of their own."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import BadInputError, MissingInputError, UsageError
from watchglass.cli.folder import existing_machine_of, machine_of
from watchglass.cli.options import Data, Json, who
from watchglass.cli.secret import new_secret
from watchglass.seal.identity import PUBLIC_PREFIX, Identity, LockedKey, Recipient, lock
from watchglass.store.custodians import Custodians

app = typer.Typer()

Name = Annotated[str, typer.Argument(help="Who it is, as the others know them.")]
_LARGEST = 64 * 1024  # bytes of a file with a public half, or with a key


@app.command("new")
def new(
    file: Annotated[
        Path, typer.Argument(help="Where to write the key, on a stick or a machine of the custodian's own.")
    ],
    name: Annotated[str, typer.Option("--name", help="Whose it is.")],
) -> None:
    """Make a custodian's key, protected by a passphrase, and write its public half to standard output.

    Asks for the passphrase, or reads it as a line of standard input.
    """
    if file.exists():
        raise UsageError(f"{file} exists already: name another file, a key is never overwritten.")
    identity = Identity.generate()
    content = lock(identity, name, new_secret("passphrase"))
    try:
        durable.write_new(file, content)
    except OSError as error:
        raise durable.write_error(error, f"the key {file}") from error
    typer.echo(str(identity.recipient))
    typer.echo(
        f"The key of {name} is in {file}; the line above is its public half, fingerprint {identity.recipient.fingerprint}.\n"
        "On the recorder: watchglass custodian add NAME PUBLIC-HALF. Keep a copy of the file: whoever loses it, or its\n"
        "passphrase, can open nothing any more.",
        err=True,
    )


@app.command("public")
def public(file: Annotated[Path, typer.Argument(help="A custodian's key.")]) -> None:
    """Write the public half of a key again. Takes no passphrase."""
    key = LockedKey.parse(_read(file).encode())
    typer.echo(str(key.recipient))
    typer.echo(f"The key of {key.name}, fingerprint {key.recipient.fingerprint}.", err=True)


@app.command("add")
def add(
    name: Name,
    public_half: Annotated[
        str, typer.Argument(metavar="PUBLIC-HALF", help="The text that 'custodian new' wrote, or a file with it.")
    ],
    data: Data = None,
) -> None:
    """Seal originals to one more custodian, from the next segment on."""
    recipient = Recipient.parse(public_half if public_half.startswith(PUBLIC_PREFIX) else _read(Path(public_half)))
    custodians = machine_of(data).custodians
    added = custodians.add(name, recipient, by=who())
    typer.echo(f"{added.name} is a custodian now, fingerprint {recipient.fingerprint}: compare it with theirs.")
    typer.echo(_state(custodians))


@app.command("remove")
def remove(name: Name, data: Data = None) -> None:
    """Seal nothing to a custodian from the next segment on. What they have shares of they can still help to open."""
    custodians = existing_machine_of(data).custodians
    typer.echo(f"{custodians.leave(name, by=who()).name} is no custodian any more.")
    typer.echo(_state(custodians))


@app.command("needed")
def needed(
    count: Annotated[int, typer.Argument(help="How many. 2 of 3 is a good choice; 1 of 1 will do for a home.")],
    data: Data = None,
) -> None:
    """Say how many custodians it takes to open an original, from the next segment on."""
    custodians = machine_of(data).custodians
    custodians.set_needed(count, by=who())
    typer.echo(_state(custodians))


@app.command("list")
def list_(data: Data = None, as_json: Json = False) -> None:
    """Custodians, and how many it takes."""
    custodians = existing_machine_of(data).custodians
    there = custodians.all(left=True)
    if as_json:
        rows = [
            {
                "name": one.name,
                "fingerprint": one.recipient.fingerprint,
                "public": str(one.recipient),
                "added": _day(one.added),
                "left": _day(one.left) if one.left is not None else None,
            }
            for one in there
        ]
        typer.echo(json.dumps({"needed": custodians.needed(), "custodians": rows}, indent=1, ensure_ascii=False))
        return
    for one in there:
        until = f", until {_day(one.left)}" if one.left is not None else ""
        typer.echo(f"{one.recipient.fingerprint}  {one.name}  since {_day(one.added)}{until}")
    typer.echo(_state(custodians))


def _state(custodians: Custodians) -> str:
    there, takes = len(custodians.all()), custodians.needed()
    if custodians.custody() is not None:
        return f"Any {takes} of {there} can open what is recorded from now on."
    missing = takes - there
    return (
        f"Originals are not kept yet: it takes {takes} custodians, and there {'is' if there == 1 else 'are'} {there}. "
        f"Add {missing} more, or say 'watchglass custodian needed {max(1, there)}'."
    )


def _day(wall: WallUs) -> str:
    return f"{datetime.fromtimestamp(wall // MICROSECONDS, UTC):%Y-%m-%d}"


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode()
    except FileNotFoundError as error:
        raise MissingInputError(f"There is no file {path}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} cannot be read, or holds something else than a custodian's key.") from error
