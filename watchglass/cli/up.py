"""`watchglass up`: everything on one machine."""

from typing import Annotated

import typer

from watchglass.app import everything
from watchglass.app.everything import Welcome
from watchglass.base import log
from watchglass.base.clock import SystemClock
from watchglass.camera.url import scrub
from watchglass.cli.assets import try_person_model
from watchglass.cli.options import Data, SettingsFile, settings_of
from watchglass.settings import Settings

Port = Annotated[int | None, typer.Option(help="Port of the console. [default: 8080]", show_default=False)]


def command(
    data: Data = None,
    settings: SettingsFile = None,
    port: Port = None,
    host: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Address to listen on; 0.0.0.0 for all, then with TLS. [default: 127.0.0.1]",
            show_default=False,
        ),
    ] = None,
    host_name: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name of this machine that browsers may use. May be given several times."),
    ] = None,
    tls: Annotated[
        bool | None,
        typer.Option(
            "--tls/--no-tls",
            help="TLS with a certificate of our own. [default: unless on 127.0.0.1]",
            show_default=False,
        ),
    ] = None,
    proxy: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Where a reverse proxy is reached that does TLS for us, as https://cams.example.org."
        ),
    ] = None,
    watchers: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Processes that watch. [default: one a core]", show_default=False),
    ] = None,
) -> None:
    """Run it all on this machine: recording, watching, the console.

    Prints the console's address, and as long as nobody has an account, a link that makes the first one.
    Ctrl-C stops it.
    """
    chosen = settings_of(data, settings).overruled(
        port=port,
        host=host,
        host_names=tuple(host_name) if host_name else None,
        tls=tls,
        proxy=proxy,
        watchers=watchers,
    )
    log.configure("supervisor", scrub)
    # Once it is clear that it can run at all: nobody waits for a download to learn that a port is taken.
    raise typer.Exit(everything.run(chosen, SystemClock(), welcome, lambda _machine: _get_model(chosen)))


def _get_model(settings: Settings) -> None:
    try_person_model(settings.assets)


def welcome(address: Welcome) -> None:
    """Say where the console is."""
    typer.echo("watchglass is running. Ctrl-C stops it.")
    typer.echo(f"  Console:  {address.console}")
    if address.network:
        typer.echo(f"  Network:  {address.network} from other devices; they ask once about our certificate.")
    if address.setup:
        typer.echo(f"  Set up:   {address.setup}")
        typer.echo("            This link works once, and makes your account.")
