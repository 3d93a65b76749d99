"""Where cameras stand among buildings. Maps often have them inside an outline, or on it.

One inside a building, or nearer to a wall than 0.3 m, is taken to hang 0.3 m out from the nearest wall; so is one that is
higher than the roof it would stand on: it stands at that roof's edge. Where the next house begins at that wall, the nearest
wall of the whole block is taken.
"""

import dataclasses

import numpy as np
import shapely

from watchglass.census.optics import Indexes
from watchglass.census.values import Numbers
from watchglass.census.viewshed import Flags, Obstacles, foot, united

OUT = 0.3
"""Metres from the wall that a camera hangs on to its lens."""

_BLOCK = 60.0  # metres around a camera in which houses of its block are looked for


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """Where cameras are taken to be. `away` is the direction away from a near wall in degrees, NaN where none is near.

    `moved` are those that were put before a wall; `shut_in` those that stand in a building that no way out was found of:
    they see nothing.
    """

    x: Numbers
    y: Numbers
    away: Numbers
    moved: Flags
    shut_in: Flags


def standing(x: Numbers, y: Numbers, obstacles: Obstacles, wall: float) -> Standing:
    """Where cameras at some places stand; `wall`: how near, in metres, a wall is to be that a camera looks away from it."""
    at = np.stack([x, y], 1)
    placed, out, inside, gap = _walls(at, obstacles, wall)
    moved = inside | (gap < OUT)
    placed = np.where(moved[:, None], placed + OUT * out, at)
    for number in np.flatnonzero(_inside(placed, obstacles)):
        placed[number], out[number] = _of_block(at[number], obstacles)
    shut_in = _inside(placed, obstacles)
    back = shut_in & ~inside  # in a gap narrower than what a camera is moved by
    placed[back], shut_in[back] = at[back], False
    away = np.degrees(np.arctan2(out[:, 0], out[:, 1])) % 360
    return Standing(placed[:, 0], placed[:, 1], away, moved & ~back, shut_in)


def _inside(at: Numbers, obstacles: Obstacles) -> Flags:
    found = np.zeros(len(at), bool)
    found[obstacles.tree.query(shapely.points(at), predicate="intersects")[0]] = True
    return found


def _walls(at: Numbers, obstacles: Obstacles, within: float) -> tuple[Numbers, Numbers, Flags, Numbers]:
    """For each place: the nearest point of the nearest wall, the direction away from it, whether it is inside, and how near.

    For one that is inside, the wall is one of that building's. NaN and infinity where there is no wall near.
    """
    points = shapely.points(at)
    building = np.full(len(at), -1, np.intp)
    near, which = obstacles.tree.query_nearest(points, max_distance=within, all_matches=False)
    building[near] = which
    inner, which = obstacles.tree.query(points, predicate="intersects")
    building[inner] = which
    inside = np.zeros(len(at), bool)
    inside[inner] = True
    some = np.flatnonzero(building >= 0)
    feet, out, gap = np.full((len(at), 2), np.nan), np.full((len(at), 2), np.nan), np.full(len(at), np.inf)
    if len(some):
        feet[some], out[some], gap[some] = _nearest(at[some], inside[some], building[some], obstacles)
    return feet, out, inside, gap


def _nearest(at: Numbers, inside: Flags, building: Indexes, obstacles: Obstacles) -> tuple[Numbers, Numbers, Numbers]:
    walls, of = obstacles.walls_of(building)
    one, other = walls[:, :2] - at[of], walls[:, 2:] - at[of]
    feet = foot(one, other)
    gaps = np.hypot(*feet.T)
    order = np.lexsort((gaps, of))
    best = order[np.searchsorted(of[order], np.arange(len(at)))]
    along, feet, gap = (other - one)[best], feet[best], gaps[best]
    # Buildings are on the left of their walls.
    right = np.stack([along[:, 1], -along[:, 0]], 1) / np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    plain = inside | (gap < OUT)
    out = np.where(plain[:, None], right, -feet / np.maximum(gap, 1e-9)[:, None])
    return feet + at, out, gap


def _of_block(at: Numbers, obstacles: Obstacles) -> tuple[Numbers, Numbers]:
    """Before the nearest wall of the block that a place is in or at; and the direction away from it."""
    here = shapely.Point(at)
    near = obstacles.tree.query(here, predicate="dwithin", distance=_BLOCK)
    # Houses whose walls are said to be some centimetres apart are one block. In its inner corners a camera keeps off both walls.
    parts = shapely.get_parts([united(shapely.buffer(obstacles.shapes[near], 1.01 * OUT, join_style="mitre"))])
    block = np.asarray(parts[[np.argmin(shapely.distance(parts, here))]], dtype=object)
    before, out, _inside_block, _gap = _walls(at[None], Obstacles.of(block, np.zeros(1)), _BLOCK)
    return before[0], out[0]
