"""Pictures for messages: what the view showed when an event began, if that is kept by the time that people are told.

Only what lies on the disk as a view is opened. What decodes it is loaded with the first picture, so a notifier without a channel that
takes one has no FFmpeg in it.
"""

import importlib
from typing import Final, cast

import structlog

from watchglass.base.clock import WallUs
from watchglass.base.errors import WatchglassError
from watchglass.evidence.footage import NEAR_US, Layouts
from watchglass.model.alert import Alert
from watchglass.model.camera import ViewPolicy
from watchglass.store.cameras import Cameras
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views

WIDEST: Final = 640
MOST_BYTES: Final = 1024 * 1024
"""Larger ones stay here: a mail server that refuses a picture would refuse the alert with it."""

_log = structlog.get_logger(__name__)


class KeptStills:
    """From views at rest. Nobody waits: without a picture the message leads to the view. Safe from several threads."""

    def __init__(self, folder: DataFolder, cameras: Cameras, views: Views) -> None:
        self._folder, self._cameras, self._views = folder, cameras, views
        self._layouts = Layouts(folder, remembered=16)

    def of(self, alert: Alert) -> bytes | None:
        """A PNG picture; None where nothing is kept of that moment (yet), where the view was covered, or it cannot be read."""
        if alert.test:
            return None
        try:
            return self._of(alert.camera, alert.start)
        except (WatchglassError, OSError) as error:  # a disk that is away, a damaged file: people are told all the same
            _log.warning("a message goes without its picture", camera=alert.camera, cause=str(error))
            return None

    def _of(self, camera: int, at: WallUs) -> bytes | None:
        if self._cameras.get(camera).policy is ViewPolicy.COUNTS or self._views.covers(camera, at, WallUs(at + 1)):
            return None
        segments = self._views.segments(camera, WallUs(at - NEAR_US), WallUs(at + NEAR_US))
        if not segments or segments[-1].end <= at:  # what came before the moment shows nothing of it
            return None
        found = importlib.import_module("watchglass.evidence.still").still_of(
            self._folder, self._layouts, segments, at, WIDEST
        )
        if found is None or len(found.png) > MOST_BYTES:
            return None
        return cast("bytes", found.png)
