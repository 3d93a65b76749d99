"""Degrees to metres and back, and lengths and areas on the ellipsoid.

A plane is Lambert's azimuthal projection about the middle of the places it is for: areas are true everywhere. Lengths at `r`
metres from its middle are wrong by about `r² / 8R²` (R: the earth's radius), along the radius too short, across it too
long: 0.00004 % at 10 km, 0.03 % at 320 km, 0.1 % at 570 km. `Plane.error` says how much for given places, and `groups` divides
places among planes in which it stays below 0.1 %.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod, Transformer

from watchglass.census.values import Numbers, Shapes

EARTH = 6_371_007.0
"""Radius of the sphere that has the ellipsoid's surface, metres (WGS 84: 6,371,007.2)."""

GEOD = Geod(ellps="WGS84")
FARTHEST = 320_000.0
"""Metres from the first place of a group. From the middle of its plane none is then farther than 1.42 times that, and no
length is wrong by more than 0.07 %."""

_STEP = 1e-6  # degrees of latitude that true north is measured over: 0.1 m


class Plane:
    """Metres east and north of a place, with areas true."""

    def __init__(self, longitude: float, latitude: float) -> None:
        self.longitude = longitude
        self.latitude = latitude
        projected = f"+proj=laea +lon_0={longitude!r} +lat_0={latitude!r} +datum=WGS84 +units=m +no_defs"
        self._there = Transformer.from_crs("+proj=longlat +datum=WGS84 +no_defs", projected, always_xy=True)

    @classmethod
    def about(cls, longitudes: Numbers, latitudes: Numbers) -> "Plane":
        """The plane about the middle of some places, on both sides of the date line if need be."""
        return cls(*_middle(np.asarray(longitudes, float), np.asarray(latitudes, float)))

    def metres(self, longitudes: Numbers, latitudes: Numbers) -> tuple[Numbers, Numbers]:
        """Where places lie in the plane."""
        x, y = self._there.transform(np.asarray(longitudes, float), np.asarray(latitudes, float))
        return np.asarray(x, float), np.asarray(y, float)

    def degrees(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        """Where on the earth that is: longitudes and latitudes."""
        longitudes, latitudes = self._there.transform(np.asarray(x, float), np.asarray(y, float), direction="INVERSE")
        return np.asarray(longitudes, float), np.asarray(latitudes, float)

    def in_metres(self, shapes: Shapes) -> Shapes:
        """Shapes in degrees, as they lie in the plane."""
        return _moved(shapes, lambda at: np.stack(self.metres(at[:, 0], at[:, 1]), axis=1))

    def in_degrees(self, shapes: Shapes) -> Shapes:
        """Shapes of the plane, as they lie on the earth."""
        return _moved(shapes, lambda at: np.stack(self.degrees(at[:, 0], at[:, 1]), axis=1))

    def north(self, longitudes: Numbers, latitudes: Numbers) -> Numbers:
        """Directions of true north in the plane, degrees clockwise from its y: not nought beside the middle."""
        towards = np.where(np.asarray(latitudes) < 89, _STEP, -_STEP)
        x, y = self.metres(longitudes, latitudes)
        x_on, y_on = self.metres(longitudes, np.asarray(latitudes) + towards)
        return np.degrees(np.arctan2((x_on - x) * np.sign(towards), (y_on - y) * np.sign(towards)))

    def error(self, longitudes: Numbers, latitudes: Numbers) -> float:
        """The greatest part by which a length at these places is wrong in the plane (0.001: one metre in a thousand)."""
        x, y = self.metres(longitudes, latitudes)
        if not len(x):
            return 0.0
        # At angle c from the middle: r = 2R sin(c / 2), radial scale cos(c / 2), the other its inverse (Snyder 1987, p. 182).
        sine = min(float(np.hypot(x, y).max()) / (2 * EARTH), 1.0)
        cosine = math.sqrt(1 - sine * sine)
        return 1 / cosine - 1 if cosine else math.inf


def groups(longitudes: Numbers, latitudes: Numbers, farthest: float = FARTHEST) -> list[npt.NDArray[np.intp]]:
    """Places divided so that those of a group share a plane: none is farther than `farthest` metres from its first."""
    left = np.arange(len(longitudes))
    found = []
    while len(left):
        first = np.full(len(left), left[0])
        away = GEOD.inv(longitudes[first], latitudes[first], longitudes[left], latitudes[left])[2]
        near = np.asarray(away) <= farthest
        found.append(left[near])
        left = left[~near]
    return found


def areas_km2(shapes: Shapes) -> Numbers:
    """Areas of polygons in degrees on the ellipsoid."""
    right = shapely.orient_polygons(shapes)
    return np.array([abs(GEOD.geometry_area_perimeter(one)[0]) / 1e6 for one in right])


def lengths_m(lines: Shapes) -> Numbers:
    """Lengths of lines in degrees on the ellipsoid."""
    parts, line = shapely.get_parts(lines, return_index=True)
    at, part = shapely.get_coordinates(parts, return_index=True)
    on = part[1:] == part[:-1]
    metres = GEOD.inv(at[:-1][on, 0], at[:-1][on, 1], at[1:][on, 0], at[1:][on, 1])[2]
    return np.asarray(np.bincount(line[part[1:][on]], np.asarray(metres, float), len(lines)), float)


def _middle(longitudes: Numbers, latitudes: Numbers) -> tuple[float, float]:
    if not len(longitudes):
        return 0.0, 0.0
    angle = np.radians(longitudes)
    about = math.degrees(math.atan2(float(np.sin(angle).mean()), float(np.cos(angle).mean())))
    aside = (longitudes - about + 180) % 360 - 180  # -180 to 180, about what is nearly the middle
    middle = about + (float(aside.min()) + float(aside.max())) / 2
    return (middle + 180) % 360 - 180, (float(latitudes.min()) + float(latitudes.max())) / 2


def _moved(shapes: Shapes, there: Callable[[Numbers], Numbers]) -> Shapes:
    return np.asarray(shapely.transform(shapes, there), dtype=object)
