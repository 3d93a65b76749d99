"""The empty street that generated scenes are played on, and where the person model lies."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.leak import Picture
from tests import cutouts, loud
from tests.stage import HEIGHT, WIDTH, Look, made_street
from watchglass.app.machine import Machine, open_machine
from watchglass.base import assets
from watchglass.base.assets import PERSON_MODEL, STREET_FOOTAGE, Places
from watchglass.base.clock import SystemClock
from watchglass.model.camera import Source, SourceKind
from watchglass.settings import Settings


@pytest.fixture(scope="session")
def backdrop(places: Places) -> Picture:
    """A real street with nobody on it, at half its size; one that is made here where the footage is not at hand."""
    street = assets.find(STREET_FOOTAGE, places)
    if street is None or not street.with_name("gt.txt").is_file():
        return made_street()
    planes = [cv2.resize(one, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for one in cutouts.empty_street(street)]
    return np.stack(planes).astype(np.uint8)


@pytest.fixture(scope="session")
def somebody(places: Places) -> Look | None:
    """A person of the street's own footage; None where that is not at hand."""
    street = assets.find(STREET_FOOTAGE, places)
    if street is None or not street.with_name("gt.txt").is_file():
        return None
    return max((one.look for one in cutouts.people(street, 12)), key=lambda one: one.height).tall(110)


@pytest.fixture(scope="session")
def assets_folder(places: Places) -> Path | None:
    """Where the person model lies, for processes that are started; None leaves them to look for themselves."""
    found = assets.find(PERSON_MODEL, places)
    return found.parent if found else None


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A street that somebody in loud colours walks through."""
    return loud.film(tmp_path / "street.mp4")


@pytest.fixture
def machine(tmp_path: Path, film: Path) -> Machine:
    """A data folder with one camera, which plays the film."""
    made = open_machine(Settings(tmp_path / "data"), SystemClock())
    made.cameras.add("Street", Source(SourceKind.FILE, str(film)))
    return made
