"""Invented towns with invented cameras, for tests of what a census looks like. No place of this world is meant."""

import dataclasses
import math
import random
from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from watchglass.census.values import BANDS, Area, Camera, Census, Figure, Measures, Mount, Remark, Setting

_FIRST = ("Ash", "Birk", "Cold", "Dun", "Elm", "Fen", "Gold", "Hazel", "Iron", "Kings", "Long", "Mill")
_SECOND = ("bridge", "bury", "ford", "ham", "haven", "leigh", "mouth", "stead", "ton", "well")
HOW = "95 %, bootstrap over 214 cells"
DRAWS = "all of 20 draws of missing tags"


@dataclasses.dataclass(frozen=True)
class Towns:
    """A census, and what it was made of."""

    census: Census
    areas: tuple[Area, ...]
    cameras: tuple[Camera, ...]
    seen: dict[int, BaseGeometry]


def names(count: int) -> list[str]:
    """So many names, all different."""
    some = [first + second for second in _SECOND for first in _FIRST]
    return [
        some[index % len(some)] + (f" {index // len(some) + 1}" if index >= len(some) else "") for index in range(count)
    ]


def towns(count: int, cameras: int = 40, seed: int = 1, called: Sequence[str] | None = None) -> Towns:
    """So many towns side by side, with about so many cameras each; by the same seed always the same."""
    chance = random.Random(seed)  # noqa: S311 -- towns, no secrets
    measured: list[Measures] = []
    areas: list[Area] = []
    placed: list[Camera] = []
    across = math.ceil(math.sqrt(count))
    for index, name in enumerate(called or names(count)):
        middle = (-30.0 + 0.16 * (index % across), 45.0 + 0.11 * (index // across))
        people = int(10 ** chance.uniform(4, 6.2))
        own = max(1, int(cameras * chance.lognormvariate(0, 0.6)))
        here = [_camera(chance, middle, len(placed) + one) for one in range(own)]
        placed += here
        boundary = _outline(chance, middle)
        areas.append(Area(name, boundary, people))
        measured.append(_measures(chance, name, people, here))
    ranked = sorted(measured, key=lambda one: -one.figures["per-1000"].value)
    return Towns(
        _census([_ranked(chance, one, ranked.index(one) + 1, count) for one in measured]),
        tuple(areas),
        tuple(placed),
        _seen(placed[:400]),
    )


def _outline(chance: random.Random, middle: tuple[float, float]) -> shapely.Polygon:
    corners = []
    for turn in range(48):
        reach = 0.045 * (1 + 0.25 * math.sin(3 * turn / 48 * math.tau) + chance.uniform(-0.05, 0.05))
        angle = turn / 48 * math.tau
        corners.append((middle[0] + 1.4 * reach * math.cos(angle), middle[1] + reach * math.sin(angle)))
    return shapely.Polygon(corners)


def _camera(chance: random.Random, middle: tuple[float, float], number: int) -> Camera:
    mount = chance.choice([Mount.FIXED, Mount.FIXED, Mount.DOME, Mount.PANNING, None])
    away, angle = abs(chance.gauss(0, 0.013)), chance.uniform(0, math.tau)
    return Camera(
        f"node/{number}",
        "towns.osm.pbf",
        round(middle[0] + 1.4 * away * math.cos(angle), 7),
        round(middle[1] + away * math.sin(angle), 7),
        mount,
        setting=chance.choice([Setting.PUBLIC, Setting.OUTDOOR]),
        zone=chance.choice(["town", "traffic", "shop", None]),
        owned=chance.random() < 0.2,
    )


def _measures(chance: random.Random, name: str, people: int, here: list[Camera]) -> Measures:
    count, km2 = len(here), round(people / chance.uniform(2000, 6000), 1)

    def about(value: float, spread: float, how: str = HOW) -> Figure:
        return Figure(
            value, value * (1 - spread * chance.uniform(0.6, 1)), value * (1 + spread * chance.uniform(0.6, 1.3)), how
        )

    figures = {
        "cameras": Figure(count),
        "per-1000": about(1000 * count / people, 0.25),
        "per-km2": about(count / km2, 0.25),
        "effective": about(count * 0.71, 0.3, DRAWS),
    }
    share = min(0.6, 0.02 + count / people * 40)
    for band in BANDS:
        part = share * {20: 1, 40: 0.6, 80: 0.33, 125: 0.2, 250: 0.07}[band]
        ending = "" if band == BANDS[0] else f"-{band}"
        figures[f"public-seen{ending}"] = about(part, 0.2, DRAWS)
        figures[f"walks-seen{ending}"] = about(part * 1.2, 0.2, DRAWS)
    figures["owned"] = Figure(sum(one.owned for one in here) / count)
    return Measures(name, people, km2, figures, {"crime index": round(chance.uniform(20, 70), 1)})


def _ranked(chance: random.Random, one: Measures, rank: int, most: int) -> Measures:
    low, high = max(1, rank - chance.randint(0, 3)), min(most, rank + chance.randint(0, 4))
    return dataclasses.replace(
        one, figures={**one.figures, "rank-per-1000": Figure(rank, low, high, "95 %, bootstrap")}
    )


def _census(measured: list[Measures]) -> Census:
    remarks = (
        *(
            Remark("towns.osm.pbf", f"node/{number}", f'the direction "N{number}" is none', False)
            for number in range(130)
        ),
        Remark("people.csv", "line 7", "the population is 0", False),
        Remark("towns.osm.pbf", "node/9000", "lies outside every boundary", True),
    )
    return Census(
        made="2026-05-04T10:30:00Z",
        inputs=("towns.osm.pbf", "people.csv"),
        areas=tuple(measured),
        assumptions=(
            "Where a camera's kind is not said, it is taken to be fixed.",
            "Where the angle of view is not said, it is taken to be 90 degrees; draws are from 60 to 110.",
        ),
        remarks=remarks,
        notes=(
            "The map holds the cameras that people have entered: there are more.",
            "From these figures it cannot be concluded that cameras make a place safer, or less safe.",
        ),
    )


def _seen(cameras: Sequence[Camera]) -> dict[int, BaseGeometry]:
    """Round views, smaller by each band."""
    points = shapely.MultiPoint([(one.longitude, one.latitude) for one in cameras])
    return {band: points.buffer(0.0012 * 20 / band) for band in (20, 80, 250)}
