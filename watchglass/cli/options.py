"""Options that several commands have, and what they stand for."""

import os
from pathlib import Path
from typing import Annotated

import typer

from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import SystemClock
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


def settings_of(data: Path | None, file: Path | None = None, name: str = "watchglass") -> Settings:
    """Settings from file and environment; `data` goes before both, and `name` is that of the default data folder."""
    settings = load(file, data or default_data(os.environ, name))
    return settings.overruled(data=data)


def machine_of(data: Path | None) -> Machine:
    """The machine whose data folder was named; it may be running meanwhile."""
    return open_machine(settings_of(data), SystemClock())
