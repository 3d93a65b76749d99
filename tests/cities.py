"""Made-up towns, and what cameras in them see, worked out by rays: slowly, and in another way than the census does it."""

import math

import numpy as np
import shapely

from watchglass.census.optics import Eyes
from watchglass.census.values import BANDS, Numbers, Shapes

CHEST = 1.4


def eyes(
    places: list[tuple[float, float]],
    *,
    height: float = 4.0,
    reach: float = 48.0,
    start: float = 0.0,
    width: float = 360.0,
) -> Eyes:
    """Cameras at some places, all alike."""
    number = len(places)
    at = np.array(places, float).reshape(-1, 2)
    reaches = reach * BANDS[0] / np.array(BANDS, float)
    return Eyes(
        x=at[:, 0],
        y=at[:, 1],
        counts=np.ones(number),
        heights=np.full(number, height),
        reaches=np.repeat(reaches[None], number, axis=0),
        sector_of=np.arange(number),
        starts=np.full(number, start),
        widths=np.full(number, width),
    )


def houses(seed: int, number: int, side: float) -> tuple[Shapes, Numbers]:
    """Houses of many forms, on plots of a square town: L-shaped, round a courtyard, turned, touching, of all heights."""
    generator = np.random.default_rng(seed)
    plots = math.ceil(math.sqrt(number))
    pitch = side / plots
    shapes = []
    for place in range(number):
        middle = ((place % plots + 0.5) * pitch, (place // plots + 0.5) * pitch)
        x, y = generator.uniform(0.3, 1.0, 2) * pitch * 0.5
        kind = generator.integers(3)
        house = shapely.box(-x, -y, x, y)
        if kind == 1:
            house = shapely.difference(house, shapely.box(0, 0, x, y))
        elif kind == 2:
            house = shapely.difference(house, shapely.box(-x / 2, -y / 2, x / 2, y / 2))
        angle = generator.choice([0.0, generator.uniform(0, math.tau)])
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        shapes.append(_turned(house, turn, middle))
    return np.array(shapes, dtype=object), generator.choice([1.0, 3.0, 3.9, 4.0, 6.0, 20.0], number)


def _turned(house: shapely.Geometry, turn: Numbers, middle: tuple[float, float]) -> shapely.Geometry:
    return shapely.transform(house, lambda at: at @ turn.T + middle)


def outside(seed: int, number: int, side: float, shapes: Shapes) -> list[tuple[float, float]]:
    """Places between houses."""
    generator = np.random.default_rng(seed)
    tree = shapely.STRtree(shapes)
    found: list[tuple[float, float]] = []
    while len(found) < number:
        at = (float(generator.uniform(0, side)), float(generator.uniform(0, side)))
        if not len(tree.query(shapely.Point(at), predicate="intersects")):
            found.append(at)
    return found


def seen_by_rays(
    at: tuple[float, float],
    lens: float,
    far: float,
    shapes: Shapes,
    heights: Numbers,
    sector: tuple[float, float] = (0, 360),
) -> float:
    """Area that a camera sees, by ten rays a degree."""
    number = round(sector[1] * 10)
    angles = np.radians(sector[0] + (np.arange(number) + 0.5) * sector[1] / number)
    along = np.stack([np.sin(angles), np.cos(angles)], 1)
    hidden = [np.full((number, 1), far)], [np.full((number, 1), np.inf)]
    for house, roof in zip(shapes, heights, strict=True):
        if house.distance(shapely.Point(at)) <= far:
            begin, end = _inside(np.array(at), along, house)
            # The line over the roof comes down to a chest's height there.
            stretch = np.inf if roof >= lens else max(1.0, (lens - CHEST) / (lens - roof))
            hidden[0].append(begin)
            hidden[1].append(end * stretch)
    begin, end = np.minimum(np.concatenate(hidden[0], axis=1), far), np.concatenate(hidden[1], axis=1)
    order = np.argsort(begin, axis=1)
    begin, end = np.take_along_axis(begin, order, 1), np.take_along_axis(end, order, 1)
    upto = np.maximum.accumulate(end, axis=1)
    upto = np.minimum(np.concatenate([np.zeros((number, 1)), upto[:, :-1]], axis=1), far)
    seen = np.maximum(begin**2 - upto**2, 0).sum()  # the integral of 2 r dr over what lies between
    return float(seen) * math.radians(sector[1]) / number / 2


def _inside(at: Numbers, along: Numbers, house: shapely.Geometry) -> tuple[Numbers, Numbers]:
    """From where to where rays are in a house: where each crosses outlines, two by two; infinite where it does not."""
    rings, ring = shapely.get_coordinates(shapely.get_rings([house]), return_index=True)
    same = ring[1:] == ring[:-1]
    one, other = (rings[:-1] - at)[same], (rings[1:] - at)[same]
    across_one = along[:, :1] * one[:, 1] - along[:, 1:] * one[:, 0]
    across_other = along[:, :1] * other[:, 1] - along[:, 1:] * other[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = across_one / (across_one - across_other)
        ahead = along @ one.T + part * (along @ (other - one).T)
    crossed = ((across_one > 0) != (across_other > 0)) & (ahead > 0)
    where = np.sort(np.where(crossed, ahead, np.inf), axis=1)
    where = where[:, : where.shape[1] // 2 * 2]
    return where[:, ::2], where[:, 1::2]
