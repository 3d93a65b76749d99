"""Getting models and footage before something starts, and saying what that means when they can't be had."""

import os
from pathlib import Path

import typer

from watchglass.base import assets
from watchglass.base.assets import Asset, Places
from watchglass.base.errors import WatchglassError
from watchglass.cli.progress import reporting


def obtain(asset: Asset, given: Path | None) -> Path:
    """The asset's path, downloaded with a progress bar if need be. Errors: see `watchglass.base.assets.obtain`."""
    places = Places.of(os.environ, given)
    found = assets.find(asset, places)
    if found is not None:
        return found
    with reporting() as report:
        return assets.obtain(asset, places, lambda what, done, total: report(f"{asset.name}: {what}", done, total))


def try_person_model(given: Path | None) -> Path | None:
    """The person model, or None after a word on what that means (rule R8)."""
    try:
        return obtain(assets.PERSON_MODEL, given)
    except WatchglassError as error:
        typer.echo(f"watchglass: {error.sentence}", err=True)
        return None
