"""The detector at work on this machine: the person model where it can be had, else the built-in one (rule R8)."""

import os
from collections.abc import Mapping

from watchglass.base import assets
from watchglass.base.assets import PERSON_MODEL, Places
from watchglass.detect.detector import Detector
from watchglass.detect.hog import HogDetector
from watchglass.detect.yolox import YoloxDetector
from watchglass.settings import Settings


def person_detector(settings: Settings, environment: Mapping[str, str] = os.environ, threads: int = 1) -> Detector:
    """The best detector that is on this machine already; nothing is downloaded here."""
    model = assets.find(PERSON_MODEL, Places.of(environment, settings.assets))
    return YoloxDetector(model, threads) if model else HogDetector()
