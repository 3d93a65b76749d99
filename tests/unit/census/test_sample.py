import dataclasses
import re

import numpy as np
import pytest
import shapely

from tests.cities import houses, outside
from watchglass.census import sample
from watchglass.census.optics import STATED, Known, known
from watchglass.census.plane import Plane
from watchglass.census.sample import Range, figures, ranges
from watchglass.census.seeing import Place, Scene, Seen, Work, look, seen_by_area
from watchglass.census.values import Camera, Ground, Mount, View

PLANE = Plane(12.37, 51.34)
SIDE = 240.0
CAMERAS = 24
TOWN = shapely.box(-100, -100, SIDE + 100, SIDE + 100)


def truth(seed: int) -> tuple[Ground, list[Camera]]:
    """A town in which everything is known, as the ranges have it: each thing evenly spread, none knowing of another."""
    generator = np.random.default_rng(seed)
    shapes, _ = houses(seed, number=64, side=SIDE)
    streets = np.array([shapely.LineString([(0, 30 * n), (SIDE, 30 * n)]) for n in range(9)], dtype=object)
    ground = Ground(
        PLANE.in_degrees(shapes),
        generator.uniform(*STATED.buildings, len(shapes)),
        PLANE.in_degrees(streets),
        np.array(["residential"] * len(streets)),
        np.full(len(streets), np.nan),
        np.ones(len(streets), bool),
        PLANE.in_degrees(np.array([shapely.box(100, 100, 130, 130)], dtype=object)),
    )
    longitudes, latitudes = PLANE.degrees(*np.array(outside(seed + 1, CAMERAS, SIDE, shapes)).T)
    cameras = []
    for number in range(CAMERAS):
        direction = float(generator.uniform(0, 360))
        mount = Mount.FIXED if generator.random() < 0.5 else Mount.DOME
        cameras.append(
            Camera(
                f"node/{number}",
                "made up",
                float(longitudes[number]),
                float(latitudes[number]),
                mount=mount,
                views=(View(direction, direction),) if mount is Mount.FIXED else (),
                angle=float(generator.uniform(*STATED.angles)),
                height=float(generator.uniform(*STATED.heights)),
                pixels=int(generator.uniform(*STATED.widths)),
            )
        )
    return ground, cameras


def untagged(ground: Ground, cameras: list[Camera]) -> tuple[Ground, list[Camera]]:
    bare = [Camera(one.id, one.source, one.longitude, one.latitude) for one in cameras]
    return dataclasses.replace(ground, heights=np.full(len(ground.heights), np.nan)), bare


def scene(ground: Ground, cameras: list[Camera], side: float = 500) -> Scene:
    return Scene.of(Place.of(ground, PLANE), known(cameras, PLANE), np.array([TOWN], dtype=object), side=side)


def found(some: Scene) -> Seen:
    return seen_by_area(some, look(some))[0]


def test_ranges_over_missing_tags_contain_the_truth() -> None:
    ground, cameras = truth(1)
    true = figures(found(scene(ground, cameras)))
    bare = scene(*untagged(ground, cameras))
    rows = look(bare)
    (over,) = ranges(bare, rows, Work(), draws=20)
    said = figures(seen_by_area(bare, rows)[0], over)
    assert list(said) == list(true)
    for name, figure in said.items():
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low <= true[name].value <= figure.high, name
        assert figure.low <= figure.value <= figure.high
        assert figure.how == "all of 20 draws of missing tags"
    assert said["effective"].low < 0.8 * true["effective"].value  # type: ignore[operator] # it is there
    assert said["public-seen"].high < 1.0  # type: ignore[operator] # a range that says something


def test_where_nothing_is_missing_there_is_nothing_to_draw() -> None:
    ground, cameras = truth(3)
    some = scene(ground, cameras[:10])
    rows = look(some)
    (over,) = ranges(some, rows, Work(), draws=3)
    for figure in figures(seen_by_area(some, rows)[0], over).values():
        assert figure.low == pytest.approx(figure.value, rel=1e-9)
        assert figure.high == pytest.approx(figure.value, rel=1e-9)


def test_draws_are_the_same_each_time_and_others_with_another_seed() -> None:
    some = scene(*untagged(*truth(4)))
    rows = look(some)
    one, same, other = (ranges(some, rows, Work(), draws=2, seed=seed)[0] for seed in (5, 5, 6))
    assert list(one.low) == list(same.low)
    assert list(one.high) == list(same.high)
    assert list(one.high) != list(other.high)


def test_a_sample_of_tiles_says_what_all_of_them_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "FEWEST", 8)
    some = scene(*untagged(*truth(7)), side=120)
    rows = look(some)
    (every,) = ranges(some, rows, Work(), draws=4, cameras=10**6)
    (part,) = ranges(some, rows, Work(), draws=4, cameras=18)
    tiles = re.fullmatch(
        r"4 draws of missing tags in (\d+) of (\d+) tiles drawn at random, and 2 standard errors", part.how
    )
    assert tiles is not None
    assert 8 <= int(tiles[1]) < int(tiles[2])
    # The sample's range has its own error in it: wider, and not by any number.
    for column in range(6):
        assert part.low[column] <= every.low[column] * 1.05
        assert every.high[column] * 0.95 <= part.high[column] <= every.high[column] * 3


def test_a_ratio_and_its_error_are_carried_to_the_whole() -> None:
    generator = np.random.default_rng(1)
    stated = np.zeros((1, 400, 18))
    stated[0, :, 0] = generator.uniform(50, 150, 400)
    again = stated * np.array([0.5, 2.0])[:, None, None]
    tiles = generator.choice(400, 40, replace=False)
    exact = sample._range(stated, stated[:, tiles], again[:, tiles], 400)
    total = stated[0, :, 0].sum()
    # Each tile changes alike: a sample says it all, though tiles differ.
    assert (exact.low[0], exact.high[0]) == pytest.approx((total / 2, total * 2))
    noisy = again * generator.uniform(0.8, 1.2, again.shape)
    inside = 0
    for _ in range(100):
        tiles = generator.choice(400, 40, replace=False)
        over = sample._range(stated, stated[:, tiles], noisy[:, tiles], 400)
        inside += over.low[0] <= noisy[0, :, 0].sum() <= noisy[1, :, 0].sum() <= over.high[0]
    assert inside >= 88


def test_where_the_sample_has_nothing_at_first_its_sum_is_multiplied() -> None:
    stated, again = np.zeros((1, 100, 18)), np.zeros((1, 100, 18))
    again[0, :, 0] = 3.0
    over = sample._range(stated, stated[:, :20], again[:, :20], 100)
    assert (over.low[0], over.high[0]) == pytest.approx((0, 300))


def test_shares_stay_between_nothing_and_all() -> None:
    bands = (80.0, 40.0, 20.0, 10.0, 0.0)
    one = Seen(bands, 100.0, 90.0, bands, 0.0, (0.0,) * 5, 10.0)
    low, high = np.full(18, -5.0), np.full(18, 1000.0)
    said = figures(one, Range(low, high, "all of 2 draws of missing tags"))
    assert (said["public-seen"].low, said["public-seen"].high) == (0, 1)
    assert said["public-seen-40"].value == pytest.approx(40 / 90)
    assert said["effective"].value == 8
    assert not [name for name in said if name.startswith("walks")]
    assert isinstance(known([], PLANE), Known)
