"""What all tests share: footage and models, where results go, and a data folder that is gone afterwards."""

import os
from pathlib import Path

import pytest

from watchglass.base import assets
from watchglass.base.assets import PERSON_MODEL, STREET_FOOTAGE, Asset, Places

ROOT = Path(__file__).resolve().parents[1]

# Footage and models that lie beside the repository are used as they are; elsewhere `scripts/assets.py` gets them.
BESIDE = ROOT.parent / "shared" / "assets"


@pytest.fixture(scope="session")
def places() -> Places:
    """Where assets are looked for."""
    return Places.of(os.environ, BESIDE if BESIDE.is_dir() and "WATCHGLASS_ASSETS" not in os.environ else None)


def _asset(asset: Asset, places: Places) -> Path:
    path = assets.find(asset, places)
    if path is None:
        pytest.skip(f"{asset.name} is not on this machine: scripts/assets.py gets it where there is internet")
    return path


@pytest.fixture(scope="session")
def street(places: Places) -> Path:
    """vtest.avi: 795 frames of 768 x 576, people who cross a yard."""
    return _asset(STREET_FOOTAGE, places)


@pytest.fixture(scope="session")
def person_model(places: Places) -> Path:
    """The person model."""
    return _asset(PERSON_MODEL, places)


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """A folder whose content is kept after the tests: screenshots, reports."""
    folder = ROOT / "test-artefacts"
    folder.mkdir(exist_ok=True)
    return folder
