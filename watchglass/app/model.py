"""The person model after the start: a machine that had no internet then need not be started again for it (rule R8)."""

import os
import threading
from collections.abc import Callable, Mapping

import structlog

from watchglass.base import assets
from watchglass.base.assets import PERSON_MODEL, Places
from watchglass.base.clock import Clock
from watchglass.base.errors import WatchglassError
from watchglass.settings import Settings

FIRST_WAIT = 60.0  # seconds
WAIT = 600.0

_log = structlog.get_logger(__name__)


def seek_person_model(
    settings: Settings,
    clock: Clock,
    arrived: Callable[[], None],
    stop: threading.Event,
    environment: Mapping[str, str] = os.environ,
) -> threading.Thread | None:
    """Where there is no person model, try again and again to get it, and call `arrived` from a thread once it is there.

    Until `stop` is set; a download that hangs ends with the process. None where the model is there already.
    """
    places = Places.of(environment, settings.assets)
    if assets.find(PERSON_MODEL, places) is not None:
        return None
    thread = threading.Thread(target=_seek, args=(places, clock, arrived, stop), name="person-model", daemon=True)
    thread.start()
    return thread


def _seek(places: Places, clock: Clock, arrived: Callable[[], None], stop: threading.Event) -> None:
    wait = FIRST_WAIT
    while not clock.wait(stop, wait):
        wait = WAIT
        try:
            assets.obtain(PERSON_MODEL, places, lambda *_: None)
        except WatchglassError as error:  # was said in full at the start
            _log.debug("the person model cannot be had yet", cause=error.sentence)
            continue
        if not stop.is_set():
            _log.info("the person model is here: the detector is started again with it")
            arrived()
        return
