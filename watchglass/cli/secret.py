"""Asking for a password or a passphrase that is new."""

import sys

import typer

from watchglass.base.errors import UsageError


def new_secret(what: str) -> str:
    """A `what` that was typed twice, or the first line of standard input where nobody types. UsageError if there is none."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\n")
        if not line:
            raise UsageError(f"No {what} came on standard input. Run it in a terminal to be asked for one.")
        return line
    secret: str = typer.prompt(f"New {what}", hide_input=True, confirmation_prompt=True)
    return secret
