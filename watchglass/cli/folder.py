"""The machine that a command is about: that of the data folder that was named."""

from pathlib import Path

from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import SystemClock
from watchglass.base.errors import MissingInputError
from watchglass.cli.options import settings_of
from watchglass.store.folder import DataFolder


def machine_of(data: Path | None) -> Machine:
    """The machine whose data folder was named, which is made where there is none; it may be running meanwhile."""
    return open_machine(settings_of(data), SystemClock())


def existing_machine_of(data: Path | None) -> Machine:
    """The same, for commands that make nothing: MissingInputError where there is no data folder."""
    settings = settings_of(data)
    if not DataFolder.is_one(settings.data):
        raise MissingInputError(
            f"There is no watchglass data folder at {settings.data}. "
            "Name yours with --data, or begin one with 'watchglass up' or 'watchglass camera add'."
        )
    return open_machine(settings, SystemClock())
