"""Counts and rates of an area, each with what is known of its uncertainty.

The interval of a count says how much it hangs on few places: cells (H3, resolution 8, about 0.7 km² each) are drawn with
replacement, those without cameras among them. It does not say what the map misses.
"""

import collections
import dataclasses
import zlib
from collections.abc import Sequence

import h3
import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from watchglass.census.plane import areas_km2
from watchglass.census.values import Area, Camera, Figure, Measures, Numbers
from watchglass.model.precision import wilson

DRAWS = 2000
CELLS = 8
"""H3's resolution."""
BARE = "a bare number from a table: nothing is known of its error"
RATES = ("cameras", "per-1000", "per-100", "per-km2", "per-street-km")
"""Figures that are the count, or the count divided by something that is taken as known."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """An area's figures, and the counts of its bootstrap draws, None where nothing is known of the count's error."""

    measures: Measures
    draws: Numbers | None = None


def rate(area: Area, cameras: Sequence[Camera] = (), seed: int = 0) -> Rated:
    """Counts and rates of one area with its `cameras`; without a boundary, of the number that a table has for it.

    A figure whose denominator is zero or unknown is left out. The same seed and name give the same draws.
    """
    km2 = area.km2 if area.boundary is None else float(areas_km2(np.array([area.boundary], dtype=object))[0])
    if area.boundary is None and not cameras:
        count, draws, how = area.cameras, None, BARE
    else:
        count = sum(camera.count for camera in cameras)
        draws, how = _draws(area, cameras, seed)
    figures: dict[str, Figure] = {}
    if count is not None:
        for name, per in _denominators(area, km2).items():
            figures[name] = _figure(count, draws, how, per)
    figures |= _shares(cameras)
    return Rated(Measures(area.name, area.population, km2, figures, area.indices), draws)


def _denominators(area: Area, km2: float | None) -> dict[str, float]:
    """What a count is multiplied by for each figure that can be had."""
    of = {
        "per-1000": area.population and area.population / 1000,
        "per-100": area.population and area.population / 100,
        "per-km2": km2,
        "per-street-km": area.street_km,
    }
    return {"cameras": 1.0} | {name: 1 / amount for name, amount in of.items() if amount}


def _figure(count: int, draws: Numbers | None, how: str, factor: float) -> Figure:
    if draws is None:
        return Figure(count * factor, how=how)
    low, high = np.percentile(draws, [2.5, 97.5]).tolist()
    # With few cells full of cameras, draws are lumpy: never let the interval leave out the count itself.
    return Figure(count * factor, min(low, count) * factor, max(high, count) * factor, how)


def _draws(area: Area, cameras: Sequence[Camera], seed: int) -> tuple[Numbers | None, str]:
    """Counts of as many cells as there are, drawn with replacement; None where that says nothing."""
    counts = collections.Counter[str]()
    for camera in cameras:
        counts[h3.latlng_to_cell(camera.latitude, camera.longitude, CELLS)] += camera.count
    # A cell belongs to the area if its middle does, or one of the area's cameras.
    cells = len(counts) if area.boundary is None else len(_cells(area.boundary) | counts.keys())
    if not counts:
        return None, f"no camera in any of {cells} cells: how sure that is cannot be drawn"
    if cells == 1:
        return None, "all in one cell: nothing to draw from"
    values, times = np.unique(np.array([*counts.values()] + [0] * (cells > len(counts))), return_counts=True)
    if cells > len(counts):
        times[values == 0] = cells - len(counts)
    rng = np.random.default_rng([seed, zlib.crc32(area.name.encode())])
    # Cells of equal count are alike, so it is enough to draw how many of each count there are.
    drawn: npt.NDArray[np.int64] = rng.multinomial(cells, times / cells, DRAWS)
    which = "cells" if area.boundary is not None else "cells that have cameras"
    return (drawn @ values).astype(float), f"95 %, bootstrap over {cells} {which}"


def _cells(boundary: BaseGeometry) -> set[str]:
    """Cells whose middle lies in the boundary."""
    return set(h3.geo_to_cells(boundary, CELLS)) if not boundary.is_empty else set()


def _shares(cameras: Sequence[Camera]) -> dict[str, Figure]:
    """Shares of all cameras of which an owner, a purpose and a sign are recorded, by Wilson's interval."""
    total = sum(camera.count for camera in cameras)
    if not total:
        return {}
    unsaid = sum(camera.count for camera in cameras if camera.signed is None)
    owned = sum(camera.count for camera in cameras if camera.owned)
    purposed = sum(camera.count for camera in cameras if camera.purpose)
    signed = sum(camera.count for camera in cameras if camera.signed)
    return {
        "owned": _share(owned, total),
        "purposed": _share(purposed, total),
        "signed": _share(signed, total, f"; of {unsaid} nobody has said" if unsaid else ""),
    }


def _share(part: int, total: int, also: str = "") -> Figure:
    interval = wilson(part, total)
    return Figure(part / total, interval.low, interval.high, f"95 %, Wilson, {part} of {total}{also}")
