"""The empty street that generated scenes are played on."""

import cv2
import numpy as np
import pytest

from benchmarks.leak import Picture
from tests import cutouts
from tests.stage import HEIGHT, WIDTH, made_street
from watchglass.base import assets
from watchglass.base.assets import STREET_FOOTAGE, Places


@pytest.fixture(scope="session")
def backdrop(places: Places) -> Picture:
    """A real street with nobody on it, at half its size; one that is made here where the footage is not at hand."""
    street = assets.find(STREET_FOOTAGE, places)
    if street is None or not street.with_name("gt.txt").is_file():
        return made_street()
    planes = [cv2.resize(one, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for one in cutouts.empty_street(street)]
    return np.stack(planes).astype(np.uint8)
