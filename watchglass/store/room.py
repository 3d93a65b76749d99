"""What is known of the disk of the data folder: whether anything may be recorded, and when space runs out.

Retention finds it out, in the recorder's process; whoever begins a segment, and the console, read it here.
"""

import dataclasses

import sqlalchemy as sa

from watchglass.base.clock import WallUs
from watchglass.store import schema
from watchglass.store.database import reading, writing
from watchglass.store.forecast import Forecast

STOPPED = "The disk is full, and all footage that is left on it must be kept"
"""How the sentence begins that says why nothing is recorded."""

_T = schema.disk


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """`stopped_at`: since when nothing may be recorded, for nothing that may be deleted is left; None while all is well."""

    stopped_at: WallUs | None = None
    stopped_why: str = ""
    forecast: Forecast = dataclasses.field(default_factory=Forecast)


class Room:
    """What was last found of a data folder's disk. DiskFullError and CannotWriteError from all that write."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def look(self) -> Found:
        """What was found."""
        with reading(self._engine) as connection:
            return look(connection)

    def stop(self, at: WallUs, why: str) -> None:
        """Let no segment begin any more. Since when stays as it was first said."""
        found = self.look()
        if found.stopped_why != why or found.stopped_at is None:
            self._put(stopped_us=found.stopped_at or at, stopped_why=why)

    def go_on(self) -> None:
        """Let segments begin again."""
        if self.look().stopped_at is not None:
            self._put(stopped_us=None, stopped_why="")

    def foresee(self, forecast: Forecast) -> None:
        """Note when space runs out."""
        if self.look().forecast != forecast:
            self._put(short_us=forecast.short_at, stops_us=forecast.stops_at)

    def _put(self, **values: str | int | None) -> None:
        with writing(self._engine) as connection:
            if connection.execute(sa.update(_T).values(values)).rowcount == 0:
                connection.execute(sa.insert(_T).values({"id": 1, "stopped_why": "", **values}))


def look(connection: sa.Connection) -> Found:
    """What was found, within a transaction."""
    row = connection.execute(sa.select(_T)).first()
    if row is None:
        return Found()
    forecast = Forecast(_wall(row.short_us), _wall(row.stops_us))
    return Found(_wall(row.stopped_us), row.stopped_why, forecast)


def _wall(value: int | None) -> WallUs | None:
    return None if value is None else WallUs(value)
