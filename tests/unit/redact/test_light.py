"""Light is told from things: by size, and because it changes what is there in proportion."""

import numpy as np
import numpy.typing as npt
import pytest

from watchglass.redact.cells import CELL, Grid, Small
from watchglass.redact.light import BLACK, NO_COLOUR, light_of

ROWS, COLUMNS = 36, 48
KNOWN: Grid = np.ones((ROWS, COLUMNS), np.bool_)


def street() -> Small:
    """Of many brightnesses, with colours."""
    dice = np.random.default_rng(3)
    blocks = dice.integers(60, 180, (ROWS // 2, COLUMNS // 2)).astype(np.uint8)
    luma = np.kron(blocks, np.ones((2 * CELL, 2 * CELL), np.uint8))
    u, v = (np.full((luma.shape[0] // 2, luma.shape[1] // 2), level, np.uint8) for level in (110, 140))
    return Small(luma, u, v)


def shaded(street: Small, share: npt.NDArray[np.float64]) -> Small:
    """In so much of its light, by pixel."""
    luma, u, v = (plane.astype(float) for plane in street.planes())
    half = share[::2, ::2]
    planes = ((luma - BLACK) * share + BLACK, *((one - NO_COLOUR) * half + NO_COLOUR for one in (u, v)))
    return Small(*(np.rint(plane).astype(np.uint8) for plane in planes))


def apart(one: Small, other: Small) -> float:
    """Levels between two pictures, where they are furthest apart but for a hundredth."""
    pairs = zip(one.planes(), other.planes(), strict=True)
    return max(float(np.quantile(np.abs(a.astype(int) - b), 0.99)) for a, b in pairs)


@pytest.mark.parametrize("share", [0.7, 1.0, 1.25])
def test_all_of_it_in_another_light(share: float) -> None:
    usual = street()
    now = shaded(usual, np.full(usual.y.shape, share))
    light = light_of(usual, KNOWN, now)
    assert apart(light.on(usual), now) <= 3
    assert apart(light.off(now), usual) <= 4


def test_one_half_in_the_sun_and_one_in_the_shade() -> None:
    usual = street()
    share = np.tile(np.where(np.arange(usual.y.shape[1]) < usual.y.shape[1] // 2, 1.0, 0.6), (usual.y.shape[0], 1))
    now = shaded(usual, share)
    near = np.abs(np.arange(usual.y.shape[1]) - usual.y.shape[1] // 2) < 6 * CELL  # its edge is not as sharp here
    off = np.abs(light_of(usual, KNOWN, now).on(usual).y.astype(int) - now.y)[:, ~near]
    assert np.quantile(off, 0.99) <= 8  # half of what makes a pixel another


def test_a_thing_is_no_light() -> None:
    usual = street()
    now = shaded(usual, np.full(usual.y.shape, 0.8))
    thing = np.s_[60:80, 100:120]
    now.y[thing] = 30
    light = light_of(usual, KNOWN, now)
    assert np.abs(light.on(usual).y[thing].astype(int) - now.y[thing]).mean() > 20
    assert apart(light.on(usual), shaded(usual, np.full(usual.y.shape, 0.8))) <= 3


def test_what_is_not_known_says_nothing() -> None:
    usual = street()
    known = KNOWN.copy()
    known[:, : COLUMNS // 2] = False
    share = np.tile(np.where(np.arange(usual.y.shape[1]) < usual.y.shape[1] // 2, 0.3, 1.0), (usual.y.shape[0], 1))
    light = light_of(usual, known, shaded(usual, share))
    assert np.abs(light.gain - 1).max() < 0.05
