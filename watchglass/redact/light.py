"""The light of a moment beside that of the usual: what is brighter or darker, bluer or paler, because of sun and shade, not of things."""

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from watchglass.model.frame import Plane
from watchglass.redact.cells import Grid, Small

Floats = npt.NDArray[np.float32]

BLACK = 16  # luma of limited range
NO_COLOUR = 128.0  # of U and V
_MOST, _SPREAD = 0.7, 8.0  # share of the cells that say what the light is; levels by which they must differ for a veil
_AROUND = 21  # cells, of which light has half


@dataclasses.dataclass(frozen=True, slots=True)
class Light:
    """What the light of a moment makes of the usual: `level`, a gain, and a veil for all of the picture; `gain`, which has that in
    it, and colours `u` and `v` of each pixel.
    """

    level: float
    veil: float
    gain: Floats
    u: Floats
    v: Floats

    def on(self, usual: Small) -> Small:
        """The usual in this light."""
        luma, *colours = (plane.astype(np.float32) for plane in usual.planes())
        half = _resized(self.gain, colours[0].shape)
        return Small(
            _levels((luma - BLACK) * self.gain + BLACK + self.veil),
            *(
                _levels((plane - NO_COLOUR) * half + NO_COLOUR + _resized(shade, plane.shape))
                for plane, shade in zip(colours, (self.u, self.v), strict=True)
            ),
        )

    def overall(self, planes: Sequence[Floats]) -> tuple[Floats, ...]:
        """Planes (Y, U, V) of the usual in as much of this light as all of the picture has."""
        luma, *colours = planes
        return (
            (luma - BLACK) * self.level + (BLACK + self.veil),
            *((plane - NO_COLOUR) * self.level + NO_COLOUR for plane in colours),
        )

    def off(self, now: Small) -> Small:
        """What is seen in this light, in the usual one."""
        luma, *colours = (plane.astype(np.float32) for plane in now.planes())
        half = _resized(self.gain, colours[0].shape)
        return Small(
            _levels((luma - BLACK - self.veil) / self.gain + BLACK),
            *(
                _levels((plane - NO_COLOUR - _resized(shade, plane.shape)) / half + NO_COLOUR)
                for plane, shade in zip(colours, (self.u, self.v), strict=True)
            ),
        )


def _levels(plane: Floats) -> Plane:
    return np.clip(np.rint(plane), 0, 255).astype(np.uint8)


def _resized(plane: Floats, shape: tuple[int, ...]) -> Floats:
    if plane.shape == shape:
        return plane
    return cv2.resize(plane, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)


def light_of(usual: Small, known: Grid, now: Small) -> Light:
    """How the scene is lit beside the usual: brighter or darker, behind a veil of rain or haze, and in part by the sun, in part not.

    What is lit another way than all of the picture is told from things by its size: half of all around a cell must be so too.
    """
    rows, columns = known.shape
    then, there = (
        [cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32) for plane in one.planes()]
        for one in (usual, now)
    )
    light, veil = _light(then[0][known] - BLACK, there[0][known] - BLACK)
    wanted = light * (then[0] - BLACK) + veil
    ratio = np.log2(np.maximum(there[0] - BLACK, 4) / np.maximum(wanted, 4))
    gain = light * np.exp2(_around(np.where(known, ratio, 0), 1.0))
    shades = (
        _around(np.where(known, here - NO_COLOUR - (before - NO_COLOUR) * gain, 0), 16.0)
        for here, before in zip(there[1:], then[1:], strict=True)
    )
    shape = now.y.shape
    return Light(light, veil, _resized(gain.astype(np.float32), shape), *(_resized(shade, shape) for shade in shades))


def _around(cells: Floats, most: float) -> Floats:
    """The median of what is around each cell, bounded by `most`."""
    steps = np.clip(np.rint(cells * (127 / most)) + 128, 0, 255).astype(np.uint8)
    middle = cv2.blur(cv2.medianBlur(steps, _AROUND).astype(np.float32), (5, 5)).astype(np.float32, copy=False)
    found: Floats = (middle - 128) * np.float32(most / 127)
    return found


def _light(then: Floats, there: Floats) -> tuple[float, float]:
    """How much brighter cells are than usual, and by how many levels even black ones are, as most of them have it."""
    bright = then > 10
    if not bright.any():
        return 1.0, 0.0
    light = _bounded(float(np.median(there[bright] / then[bright])))
    off = np.abs(there - light * then)
    most = off <= np.quantile(off, _MOST)
    spread = float(then[most].std())
    if spread < _SPREAD:  # a scene of one brightness: a veil and a light are the same there
        return light, 0.0
    light = _bounded(float(np.cov(then[most], there[most])[0, 1]) / spread**2)
    return light, float(np.median(there[most] - light * then[most]))


def _bounded(light: float) -> float:
    return min(1.6, max(1 / 1.6, light))
