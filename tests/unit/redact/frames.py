"""Frames for tests of redaction: even ones, and ones of noise in which every pixel is a secret."""

import numpy as np

from watchglass.base.clock import WallUs
from watchglass.model.frame import RawFrame
from watchglass.model.media import Ticks
from watchglass.redact.cells import Geometry, Grid, Small
from watchglass.redact.shown import ShownFrame, cover_whole, draw

WIDTH, HEIGHT = 128, 96
GEOMETRY = Geometry(WIDTH, HEIGHT)


def even(level: int = 100, *, u: int = 128, v: int = 128, width: int = WIDTH, height: int = HEIGHT) -> RawFrame:
    half = (height // 2, width // 2)
    return RawFrame(
        np.full((height, width), level, np.uint8),
        np.full(half, u, np.uint8),
        np.full(half, v, np.uint8),
        Ticks(0),
        WallUs(0),
    )


def noise(seed: int = 0, *, width: int = WIDTH, height: int = HEIGHT, pts: int = 0, jump: bool = False) -> RawFrame:
    dice = np.random.default_rng(seed)
    half = (height // 2, width // 2)
    return RawFrame(
        dice.integers(0, 256, (height, width), dtype=np.uint8),
        dice.integers(0, 256, half, dtype=np.uint8),
        dice.integers(0, 256, half, dtype=np.uint8),
        Ticks(pts),
        WallUs(pts * 11),
        jump,
    )


def small(level: int = 100, u: int = 128, v: int = 128, geometry: Geometry = GEOMETRY) -> Small:
    width, height = geometry.small
    planes = (np.full((height, width), value, np.uint8) for value in (level, u, v))
    return Small(*planes)


def nowhere(geometry: Geometry = GEOMETRY) -> Grid:
    return np.zeros(geometry.grid, np.bool_)


def everywhere(geometry: Geometry = GEOMETRY) -> Grid:
    return np.ones(geometry.grid, np.bool_)


def shown(seed: int = 0, *, pts: int = 0, width: int = WIDTH, height: int = HEIGHT) -> ShownFrame:
    """A frame with nothing covered: only a test may ask for that."""
    return draw(noise(seed, width=width, height=height, pts=pts), [])


def covered(reason: str = "Learning the empty scene", *, pts: int = 0) -> ShownFrame:
    return cover_whole(noise(pts=pts), reason)
