"""A census as GeoJSON (RFC 7946): areas with their figures, cameras (place and kind only), and what is seen."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from watchglass.census.values import Area, Camera, Census
from watchglass.census.writing import columns, rows

DIGITS = 6
"""Decimals of a degree: a tenth of a metre. RFC 7946, section 11.2, advises no more."""


def areas(census: Census, places: Sequence[Area]) -> str:
    """The table's rows as features, where a place of that name has a boundary with it; an unknown figure is left out."""
    boundaries = {place.name: place.boundary for place in places}
    heads = columns(census)
    return collection(
        feature(boundaries.get(str(row["area"])), {head: row[head] for head in heads if row[head] is not None})
        for row in rows(census)
    )


def cameras(some: Iterable[Camera]) -> str:
    """Cameras as points: how they are mounted, what they watch, how many they are. Never who owns them, nor their ids."""
    return collection(_camera(one) for one in some if math.isfinite(one.longitude) and math.isfinite(one.latitude))


def seen(bands: Mapping[int, BaseGeometry]) -> str:
    """What is seen at each band of pixels per metre and more."""
    return collection(feature(shape, {"pixels-per-metre": band}) for band, shape in sorted(bands.items()))


def collection(features: Iterable[str]) -> str:
    """A collection of features that are JSON already."""
    return '{"type":"FeatureCollection","features":[' + ",\n".join(features) + "]}\n"


def feature(shape: BaseGeometry | None, properties: Mapping[str, object], digits: int = DIGITS) -> str:
    """A feature, its places rounded, outer rings counter-clockwise (RFC 7946, section 3.1.6); without a shape: null."""
    geometry = "null" if shape is None or shape.is_empty else shapely.to_geojson(_rounded(shape, digits))
    told = json.dumps(dict(properties), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    said = told.encode("utf-8", "backslashreplace").decode()
    return f'{{"type":"Feature","properties":{said},"geometry":{geometry}}}'


def _camera(one: Camera) -> str:
    kind = {"mount": one.mount, "setting": one.setting, "zone": one.zone, "count": one.count}
    point = f"[{round(one.longitude, DIGITS)},{round(one.latitude, DIGITS)}]"
    told = json.dumps({name: value for name, value in kind.items() if value is not None}, separators=(",", ":"))
    return f'{{"type":"Feature","properties":{told},"geometry":{{"type":"Point","coordinates":{point}}}}}'


def _rounded(shape: BaseGeometry, digits: int) -> BaseGeometry:
    def cut(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.round(places, digits)

    flat: BaseGeometry = shapely.force_2d(shape)
    turned: BaseGeometry = shapely.orient_polygons(shapely.transform(flat, cut))
    return turned
