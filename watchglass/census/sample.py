"""The range of what cameras see over what tags do not say: all again for some draws, over some tiles of each area.

Of an area with few cameras all tiles are measured again; of others a simple random sample. How a draw changes the sum over the
sample is carried to the whole by the ratio estimator (Cochran, Sampling Techniques, 1977, chapter 6): the whole with the stated
defaults, which is known, times the sample's sum at the draw divided by its sum with the defaults. The estimator's own error
(two standard errors, with the correction for a finite whole) is added to the range at both ends.
"""

import dataclasses

import numpy as np
import shapely

from watchglass.census.optics import BUILDINGS_LEAN, Chances, Indexes, drawn, leaning, longest
from watchglass.census.seeing import Draw, Rows, Scene, Seen, Work, measure
from watchglass.census.standing import Standing
from watchglass.census.tiles import PUBLIC, PUBLIC_SEEN, SEEN, WALKS, WALKS_SEEN
from watchglass.census.values import BANDS, Figure, Numbers

DRAWS = 20
CAMERAS = 2000
"""About so many cameras stand in the tiles that are measured again, in all areas together."""

FEWEST = 20
"""Tiles of each area, at least: of fewer the standard error says little."""


@dataclasses.dataclass(frozen=True, slots=True)
class Range:
    """Least and greatest of each column of sums over all draws, for one area; `how` it was found."""

    low: Numbers
    high: Numbers
    how: str


def ranges(
    scene: Scene, rows: Rows, work: Work, draws: int = DRAWS, cameras: int = CAMERAS, seed: int = 1
) -> tuple[Range, ...]:
    """For each area. `rows` are those of the stated defaults, of all tiles."""
    possible = _possible(scene)
    frames = [np.intersect1d(rows.tile[rows.area == area], possible) for area in range(len(scene.areas))]
    crowd = _crowd(scene)
    share = cameras / max(len(frames), 1)
    chosen = [_chosen(frame, crowd, share, np.random.default_rng([seed, area])) for area, frame in enumerate(frames)]
    tiles = np.unique(np.concatenate([*chosen, np.zeros(0, np.intp)]))
    some = _seeing_into(scene, tiles)
    again = measure(some, tiles, _draws(some, draws, seed), dataclasses.replace(work, simplify=None), _WHAT)
    return tuple(
        _range(_of(rows, area, None), _of(rows, area, chosen[area]), _of(again, area, chosen[area]), len(frames[area]))
        for area in range(len(scene.areas))
    )


def figures(found: Seen, over: Range | None = None) -> dict[str, Figure]:
    """What cameras see of an area, by the names of `values.FIGURES`; with ranges, if they were worked out."""
    low, high, how = (over.low, over.high, over.how) if over else (None, None, "")

    def figure(value: float, column: int, divisor: float, most: float) -> Figure:
        if low is None or high is None:
            return Figure(value)
        ends = min(value, float(low[column]) / divisor), max(value, float(high[column]) / divisor)
        return Figure(value, max(0.0, ends[0]), min(most, ends[1]), how)

    every = {"effective": figure(found.effective, SEEN.start, found.unit, np.inf)}
    for name, shares, whole, columns in (
        ("public-seen", found.public_shares, found.public, PUBLIC_SEEN),
        ("walks-seen", found.walks_shares, found.walks, WALKS_SEEN),
    ):
        for place, share in enumerate(shares or ()):
            key = f"{name}-{BANDS[place]}" if place else name
            every[key] = figure(share, columns.start + place, whole, 1.0)
    return every


_WHAT = "what they see if missing tags say otherwise"


def _possible(scene: Scene) -> Indexes:
    """Tiles that some camera may see into, whatever is drawn; into the others none ever does."""
    far = longest(scene.known, scene.assumed)
    x, y = scene.known.x, scene.known.y
    tiles = shapely.STRtree(scene.tiling.shapes())
    return np.unique(tiles.query(shapely.box(x - far, y - far, x + far, y + far))[1])


def _crowd(scene: Scene) -> Numbers:
    """How many cameras stand in each tile."""
    cells = np.floor(np.stack([scene.known.x, scene.known.y], 1) / scene.tiling.side).astype(np.int64)
    _, which = np.unique(np.concatenate([scene.tiling.cells, cells]), axis=0, return_inverse=True)
    which = which.reshape(-1)
    number = len(scene.tiling.cells)
    counts = np.bincount(which[number:], minlength=int(which.max(initial=0)) + 1)
    return counts[which[:number]].astype(float)


def _chosen(frame: Indexes, crowd: Numbers, cameras: float, generator: np.random.Generator) -> Indexes:
    """All tiles of a frame, or a simple random sample in which about so many cameras stand."""
    total = float(crowd[frame].sum())
    if total <= cameras or len(frame) <= FEWEST:
        return frame
    number = max(FEWEST, round(len(frame) * cameras / total))
    return np.sort(generator.choice(frame, min(number, len(frame)), replace=False))


def _seeing_into(scene: Scene, tiles: Indexes) -> Scene:
    """The scene with those cameras alone that may see into some tiles."""
    far = longest(scene.known, scene.assumed)
    x, y = scene.known.x, scene.known.y
    near = shapely.STRtree(scene.tiling.shapes()[tiles])
    some = np.unique(near.query(shapely.box(x - far, y - far, x + far, y + far))[0])
    stand = Standing(*(getattr(scene.stand, field.name)[some] for field in dataclasses.fields(scene.stand)))
    return dataclasses.replace(scene, known=scene.known.of(some), stand=stand)


def _draws(scene: Scene, draws: int, seed: int) -> list[Draw]:
    chances = Chances.of(scene.known, draws, seed)
    hung = np.where(scene.stand.moved, scene.stand.away, np.nan)
    said = scene.place.obstacles.heights
    found = []
    for draw in range(draws):
        own = np.random.default_rng([seed, draw]).random(len(said))
        heights = leaning(own, float(chances.leans[draw, BUILDINGS_LEAN]), scene.assumed.buildings)
        eyes = drawn(scene.known, hung, chances, draw, scene.assumed)
        found.append((eyes, np.where(np.isnan(said), heights, said)))
    return found


def _of(rows: Rows, area: int, tiles: Indexes | None) -> Numbers:
    """Sums of an area by draw, tile and column; of all its tiles, or of some."""
    own = rows.area == area
    return rows.sums[:, own if tiles is None else own & np.isin(rows.tile, tiles)]


def _range(whole: Numbers, stated: Numbers, again: Numbers, frame: int) -> Range:
    """`whole` and `stated`: with the defaults, all tiles and those of the sample; `again`: the sample at each draw."""
    total, number, draws = whole[0].sum(axis=0), again.shape[1], len(again)
    sums, before = again.sum(axis=1), stated[0].sum(axis=0)
    if number == frame:
        how = f"all of {draws} draws of missing tags"
        ends = np.concatenate([sums, total[None]])
        return Range(ends.min(axis=0), ends.max(axis=0), how)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(before > 0, sums / before, 0)
    # Where the sample has nothing with the defaults, it is as if it had been drawn without knowing more than that.
    estimate = np.where(before > 0, ratio * total, sums * frame / number)
    off = again - np.where(before > 0, ratio, sums / number)[:, None] * np.where(before > 0, stated, 1)
    spread = (off**2).sum(axis=1) / max(number - 1, 1)
    error = 2 * frame * np.sqrt((1 - number / frame) * spread / number)
    low = np.minimum(np.maximum((estimate - error).min(axis=0), 0), total)
    high = np.maximum((estimate + error).max(axis=0), total)
    for some, most in ((PUBLIC_SEEN, total[PUBLIC]), (WALKS_SEEN, total[WALKS])):
        high[some] = np.minimum(high[some], most)
    how = f"{draws} draws of missing tags in {number:,} of {frame:,} tiles drawn at random, and 2 standard errors"
    return Range(low, high, how)
