"""What tests of the whole system share: footage of a street, and a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import footage
from tests.running import Watchglass
from watchglass.base import assets
from watchglass.base.assets import PERSON_MODEL, STREET_FOOTAGE, Places

_CHROMIUM = "/usr/bin/chromium"
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window. For one module: until it ends, playwright's event loop runs in this thread."""
    if not Path(_CHROMIUM).exists():
        pytest.skip(f"{_CHROMIUM} is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def a_street(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real footage where it can be had, else generated."""
    if found := assets.find(STREET_FOOTAGE, places):
        return found
    path = tmp_path_factory.mktemp("footage") / "street.mp4"
    footage.make(path, frames=600)
    return path


@pytest.fixture(scope="session")
def assets_folder(places: Places) -> Path | None:
    """Where the person model lies, for processes that are started; None leaves them to look for themselves."""
    found = assets.find(PERSON_MODEL, places)
    return found.parent if found else None


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchglass]:
    """One that was set up and has no camera. Modules that want more have their own."""
    with Watchglass(tmp_path_factory.mktemp("plain") / "data") as running:
        running.set_up()
        yield running
