"""How many cameras there are that neither of two sources has: capture and recapture.

A camera of each source is taken for the same one where they lie within 15 m of each other. Pairs are made nearest first, each
camera once. That pairing is stable: no two cameras that were not paired are nearer to each other than to those they got. An exact
assignment of least total length would find a pair more here and there by breaking near pairs up along a street full of
cameras, and each pair too many makes the estimate too small.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from pyproj import Transformer
from scipy.spatial import cKDTree

from watchglass.census.values import Camera, Figure, Numbers
from watchglass.model.precision import Z

WITHIN = 15.0
"""Metres between what two sources say of one camera: the error of a phone's place, twice."""

FEW = 7
"""Pairs from which on Chapman's estimator has next to no bias (Robson and Regier 1964)."""

BREAKS = (
    "It holds only if the two sources were made independently of each other and every camera could have been in either: one "
    "made from the other makes it too small, and so do cameras that both miss for the same reason (in courtyards, small ones); "
    "cameras that only one could have (a register has the city's own alone) make it too large."
)


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """Two cameras that are taken for one: where they stand in their sources, and how far apart they are, in metres."""

    first: int
    second: int
    metres: float


@dataclasses.dataclass(frozen=True, slots=True)
class Recaptured:
    """How many cameras each source has, how many both, and the estimate of all; None where there can be none, and why."""

    first: int
    second: int
    both: int
    all: Figure | None
    words: str


def pair(first: Sequence[Camera], second: Sequence[Camera], within: float = WITHIN) -> tuple[Pair, ...]:
    """Cameras of both sources, nearest first; of equal distances the earlier in the files. A line that stands for
    several cameras is paired as often.
    """
    ours, theirs = _units(first), _units(second)
    if not len(ours) or not len(theirs):
        return ()
    near = cKDTree(_earth(first)[ours]).sparse_distance_matrix(
        cKDTree(_earth(second)[theirs]), within, output_type="coo_matrix"
    )
    free_ours, free_theirs = np.ones(len(ours), bool), np.ones(len(theirs), bool)
    pairs = []
    for at in np.lexsort((near.col, near.row, near.data)):
        one, other = near.row[at], near.col[at]
        if free_ours[one] and free_theirs[other]:
            free_ours[one] = free_theirs[other] = False
            pairs.append(Pair(int(ours[one]), int(theirs[other]), float(near.data[at])))
    return tuple(pairs)


def recapture(first: Sequence[Camera], second: Sequence[Camera], within: float = WITHIN) -> Recaptured:
    """How many cameras there are, seen by either source or by none."""
    return estimate(
        sum(camera.count for camera in first), sum(camera.count for camera in second), len(pair(first, second, within))
    )


def estimate(first: int, second: int, both: int) -> Recaptured:
    """Chapman's estimator (1951) with Seber's variance (1970) and the log-normal interval of Chao (1987, Biometrics 43:783),
    whose lower end is never less than what was seen.
    """
    if not first or not second:
        which = "Neither source has" if not first and not second else "One of the two sources does not have"
        return Recaptured(
            first, second, both, None, f"{which} any camera here: nothing can be said of what is missing."
        )
    if not both:
        words = (
            "The two sources have no camera in common: what both miss cannot be estimated, only that it may be much."
        )
        return Recaptured(first, second, both, None, words)
    value = (first + 1) * (second + 1) / (both + 1) - 1
    seen = first + second - both
    unseen = value - seen
    if both in {first, second}:
        words = f"All cameras of one source are in the other: the estimate is what was seen, and no interval can be drawn. {BREAKS}"
        return Recaptured(first, second, both, Figure(value, how="Chapman, no interval"), words)
    variance = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    spread = math.exp(Z * math.sqrt(math.log1p(variance / unseen**2)))
    how = f"95 %, Chapman and Chao, {both} of {first} and {second} in both"
    figure = Figure(value, seen + unseen / spread, seen + unseen * spread, how)
    few = f"Only {both} in both: fewer than {FEW} make the estimate too small on average. " if both < FEW else ""
    words = (
        f"Of {first} and {second} cameras {both} are in both sources; there are about {value:,.0f} "
        f"({figure.low:,.0f} to {figure.high:,.0f}). {few}{BREAKS}"
    )
    return Recaptured(first, second, both, figure, words)


def _units(cameras: Sequence[Camera]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The place in the source of each single camera."""
    return np.repeat(np.arange(len(cameras)), [camera.count for camera in cameras])


def _earth(cameras: Sequence[Camera]) -> Numbers:
    """Places in metres from the middle of the earth: over 15 m the straight line and the ground differ by no micrometre,
    and neither poles nor the date line are in the way.
    """
    towards = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    longitudes, latitudes = [one.longitude for one in cameras], [one.latitude for one in cameras]
    return np.column_stack(towards.transform(longitudes, latitudes, np.zeros(len(cameras))))
