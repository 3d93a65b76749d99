"""Figures over all that is kept, by camera and kind: what there is, and how much of today was kept."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from watchglass.base.clock import Clock, WallUs
from watchglass.model.camera import Camera
from watchglass.model.record import GapCause
from watchglass.store.coverage import Day, Kept, Share, coverage, days, gap_lengths
from watchglass.store.kept import JOIN_US

SEAM_US: Final = 500_000
"""Segments of a view that are no further apart are one: no frame of a view is that long missing by itself."""


class Rows(Kept, Protocol):
    """What the console asks of footage, be it views or originals: rows of a catalogue, and no file of an original."""

    def tally(self) -> dict[int, tuple[int, int]]:
        """Segments and bytes of each camera."""

    def latest_of(self, cameras: list[int], /) -> dict[int, WallUs]:
        """Until when something is kept of each."""

    def latest(self, camera: int, /) -> WallUs | None:
        """Until when something is kept."""


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """Views or originals. `join_us`: segments that are no further apart follow one another without a hole."""

    name: str
    rows: Rows
    join_us: int


def kinds(views: Rows, originals: Rows) -> tuple[Kind, Kind]:
    """Both, in the order in which they are always told."""
    return Kind("view", views, SEAM_US), Kind("original", originals, JOIN_US)


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """Of one camera and kind: segments, their bytes, the share of today that is kept, today's gaps in us by cause."""

    segments: int
    bytes: int
    today: Share
    gaps: Mapping[GapCause, int]


def count(
    cameras: Callable[[], list[Camera]], of: tuple[Kind, ...], clock: Clock, zone: dt.tzinfo
) -> dict[tuple[int, str], Figures]:
    """Figures by camera and kind, as they are now. Today is the local day of `zone`."""
    now = clock.wall_us()
    today = day_of(now, zone)
    found = {}
    there = [camera.id for camera in cameras()]
    for kind in of:
        tally = kind.rows.tally()
        for camera in there:
            told = coverage(kind.rows, camera, [today], now, kind.join_us)
            lengths = gap_lengths(told.gaps, today, now)
            found[camera, kind.name] = Figures(*tally.get(camera, (0, 0)), told.shares[0], lengths)
    return found


def day_of(moment: WallUs, zone: dt.tzinfo) -> Day:
    """The local day in which a moment lies."""
    (day,) = days(moment, WallUs(moment + 1), zone)
    return day
