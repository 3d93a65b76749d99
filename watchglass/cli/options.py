"""Options that several commands have, and what they stand for."""

import os
import pwd
from pathlib import Path
from typing import Annotated

import typer

from watchglass.model.record import Actor, Through
from watchglass.settings import Settings, default_data, load

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="The data folder. [default: ~/.local/share/watchglass]", show_default=False
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        help="Machine settings. [default: watchglass.toml in the data folder]",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]


def who(by: str | None = None) -> Actor:
    """Who runs this command: the login, whatever the environment says, unless they give a name."""
    if by is None:
        try:
            by = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:  # a container may run under a number that has no name
            by = f"user {os.getuid()}"
    return Actor(by, Through.COMMAND)


def settings_of(data: Path | None, file: Path | None = None, name: str = "watchglass") -> Settings:
    """Settings from file and environment; `data` goes before both, and `name` is that of the default data folder."""
    settings = load(file, data or default_data(os.environ, name))
    return settings.overruled(data=data)
