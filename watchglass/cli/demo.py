"""`watchglass demo`: what it is like, with real footage, in one command."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from watchglass.app import everything
from watchglass.app.demo import add_camera
from watchglass.app.entrance import is_taken
from watchglass.app.everything import Welcome
from watchglass.base import log
from watchglass.base.assets import STREET_FOOTAGE
from watchglass.base.clock import SystemClock
from watchglass.base.errors import MissingInputError
from watchglass.camera.url import scrub
from watchglass.cli.assets import obtain, try_person_model
from watchglass.cli.options import Data, settings_of
from watchglass.cli.up import Port, welcome

FOLDER = "watchglass-demo"


def command(
    data: Data = None,
    port: Port = None,
    footage: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A video of your own in place of the sample.", dir_okay=False)
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the console in a browser.")] = True,
) -> None:
    """Try it, with real footage in place of a camera.

    It is `up` in a data folder of its own. The footage shows people crossing a yard. In the console they are flat silhouettes, whoever looks.
    Ctrl-C stops it.
    """
    settings = settings_of(data, name=FOLDER).overruled(port=port)
    if port is None and is_taken(settings.host, settings.port):
        settings = settings.overruled(port=0)  # who tries something out shall not have to look for a port
    log.configure("supervisor", scrub)
    if footage is not None and not footage.is_file():
        raise MissingInputError(f"The video {footage} does not exist. Name another with --footage.")
    shown = footage or obtain(STREET_FOOTAGE, settings.assets)
    try_person_model(settings.assets)

    def greet(address: Welcome) -> None:
        welcome(address)
        if browser:
            open_browser(address.setup or address.console)

    raise typer.Exit(everything.run(settings, SystemClock(), greet, lambda machine: add_camera(machine, shown)))


def open_browser(address: str) -> None:
    """Open `address` where there is a screen and a program for it, and never wait for it or end with it."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) or shutil.which("xdg-open") is None:
        return
    nowhere = subprocess.DEVNULL
    subprocess.Popen(["xdg-open", address], stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
