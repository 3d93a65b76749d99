"""The detector's process, and the detector at work on this machine: the person model where it can be had, else the
built-in one (rule R8).
"""

import os
import threading
from collections.abc import Callable, Mapping

import structlog

from watchglass.app.machine import DETECTOR_SOCKET, Machine
from watchglass.base import assets
from watchglass.base.assets import PERSON_MODEL, Places
from watchglass.base.errors import BadInputError
from watchglass.base.process import cores
from watchglass.detect.detector import PictureDetector
from watchglass.detect.hog import HogDetector
from watchglass.detect.serve import DetectorServer
from watchglass.detect.yolox import YoloxDetector
from watchglass.settings import Settings

_log = structlog.get_logger(__name__)


def run(machine: Machine, stop: threading.Event, ready: Callable[[str], None]) -> None:
    """Answer the watchers' looks until `stop` is set; `ready` gets what is wrong with the detector, if anything is."""
    detector, note = best_detector(machine.settings)
    if note:
        _log.warning("protection is reduced", cause=note)
    workers = worker_count(machine.settings)
    server = DetectorServer(machine.folder.run / DETECTOR_SOCKET, detector, machine.clock, workers, note)
    server.start()
    ready(note)
    stop.wait()
    server.close()


def person_detector(
    settings: Settings, environment: Mapping[str, str] = os.environ, threads: int = 1
) -> PictureDetector:
    """The best detector that is on this machine already; nothing is downloaded here."""
    return best_detector(settings, environment, threads)[0]


def best_detector(
    settings: Settings, environment: Mapping[str, str] = os.environ, threads: int = 1
) -> tuple[PictureDetector, str]:
    """The same, and a sentence on why it is not the person model; empty where it is."""
    places = Places.of(environment, settings.assets)
    model = assets.find(PERSON_MODEL, places)
    if model is None:
        wrong = [f"{path} is not the file it should be: its SHA-256 is another." for path in _mistaken(places)]
        return HogDetector(), " ".join(wrong) or "There is no person model yet."
    try:
        return YoloxDetector(model, threads), ""
    except BadInputError as error:
        return HogDetector(), error.sentence


def worker_count(settings: Settings) -> int:
    """Looks that are worked on at a time: one for two cores that we may use, unless settings say otherwise."""
    return settings.detector_threads or max(1, cores() // 2)


def _mistaken(places: Places) -> list[str]:
    return [str(path) for path in assets.mistaken(PERSON_MODEL, places)]
