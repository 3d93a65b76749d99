"""Views at rest: footage in the clear, and when it was covered whole."""

import logging
import re
from typing import ClassVar

import sqlalchemy as sa

from watchglass.base.clock import WallUs
from watchglass.model.camera import ViewPolicy
from watchglass.model.record import CoveredSpan
from watchglass.store import schema, shelf, spans
from watchglass.store.check import check
from watchglass.store.database import reading, writing
from watchglass.store.footage import Footage
from watchglass.store.kept import JOIN_US
from watchglass.store.recovery import Store, StuckFileError
from watchglass.store.shelf import Shelf
from watchglass.store.writer import SegmentWriter

__all__ = ["JOIN_US", "SegmentWriter", "StuckFileError", "Views", "check"]

_log = logging.getLogger(__name__)

_PLATE = re.compile(r"camera-(\d{1,18})\b")


class Views(Footage):
    """Views of all cameras."""

    shelf: ClassVar[Shelf] = shelf.VIEWS

    def close_left(self) -> None:
        super().close_left()
        _sweep_plates(self._store)

    def begin(self, camera: int, run: str, start: WallUs, init: bytes) -> SegmentWriter:
        """Begin a segment with its init segment. MissingInputError if there is no such camera."""
        return self._begin(camera, run, start, init)

    def begin_cover(self, camera: int, start: WallUs, reason: str) -> None:
        """Say that the view is covered whole from `start` on, and why. A cover of the same reason that lasts goes on."""
        with writing(self._engine) as connection:
            spans.begin(connection, schema.covers, camera, start, {"reason": reason}, "reason")

    def end_cover(self, camera: int, end: WallUs) -> None:
        """Say that from `end` on the view is shown. No cover there is fine."""
        with writing(self._engine) as connection:
            spans.end(connection, schema.covers, camera, end)

    def covers(self, camera: int, start: WallUs, end: WallUs) -> list[CoveredSpan]:
        """Covered spans that share time with start..end, oldest first."""
        with reading(self._engine) as connection:
            rows = spans.within(connection, schema.covers, camera, start, end)
        return [CoveredSpan(row.id, row.camera, WallUs(row.start_us), _wall(row.end_us), row.reason) for row in rows]

    def _span_tables(self) -> tuple[sa.Table, ...]:
        return (*super()._span_tables(), schema.covers)


def _wall(value: int | None) -> WallUs | None:
    return None if value is None else WallUs(value)


def _sweep_plates(store: Store) -> None:
    """Remove plates of cameras that are gone, or of which no picture may be kept."""
    table = schema.cameras
    pictures = sa.select(table.c.id).where(table.c.policy != ViewPolicy.COUNTS.value)
    plates = list(store.folder.plates.iterdir())
    with reading(store.engine) as connection:  # after the look at the folder: a camera is there before its plate
        known = set(connection.execute(pictures).scalars())
    for path in plates:
        owner = _PLATE.match(path.name)
        if owner and int(owner[1]) not in known:
            try:
                store.files.unlink(path)
            except OSError as error:
                _log.warning("%s belongs to no camera with a view and cannot be removed: %s", path, error)
