import math

import numpy as np
import pytest

from watchglass.census.optics import (
    STATED,
    Chances,
    Known,
    alone,
    drawn,
    filled,
    known,
    leaning,
    longest,
    reach,
    sentences,
)
from watchglass.census.plane import Plane
from watchglass.census.values import BANDS, Camera, Mount, Setting, View

PLANE = Plane(12.37, 51.34)
NOWHERE = np.array([np.nan])


def of(**tags: object) -> Known:
    return known([Camera("node/1", "map", 12.37, 51.34, **tags)], PLANE)  # type: ignore[arg-type] # by name


def sector(given: Known, away: float = math.nan) -> tuple[float, float]:
    eyes = filled(given, np.array([away]))
    assert list(eyes.sector_of) == [0]
    return float(eyes.starts[0]), float(eyes.widths[0])


def test_reach_is_where_pixels_per_metre_fall_below_the_band() -> None:
    # 1,920 pixels over 90 degrees: at 48 m the picture is 96 m wide, 20 pixels a metre.
    (found,) = reach(np.array([1920.0]), np.array([90.0]), np.array([1.4]))
    assert found == pytest.approx([960 / band for band in BANDS])
    (above,) = reach(np.array([1920.0]), np.array([90.0]), np.array([5.4]))
    assert above == pytest.approx([math.sqrt((960 / band) ** 2 - 16) if 960 / band > 4 else 0 for band in BANDS])


def test_a_wide_lens_is_not_blind_and_a_wider_one_never_sees_farther() -> None:
    angles = np.arange(1, 361, dtype=float)
    found = reach(np.full(360, 1920.0), angles, np.full(360, 4.0))
    assert (np.diff(found, axis=0) <= 1e-9).all()
    assert found[359, 0] == pytest.approx(1920 / 20 / math.tau, rel=0.02)  # pixels over the whole circle
    assert found[0, 0] == pytest.approx(STATED.farthest, rel=1e-4)


def test_one_camera_alone_sees_a_quarter_of_a_circle() -> None:
    assert alone() == pytest.approx(math.pi / 4 * (48**2 - 2.6**2))


def test_tags_are_taken_at_their_word() -> None:
    assert sector(of(mount=Mount.FIXED, views=(View(90, 90),))) == pytest.approx((45, 90))
    assert sector(of(views=(View(90, 90),), angle=30.0)) == pytest.approx((75, 30))
    assert sector(of(mount=Mount.FIXED, views=(View(350, 20),))) == pytest.approx((350, 30))
    assert sector(of(mount=Mount.DOME, views=(View(90, 90),))) == pytest.approx((0, 360))
    assert sector(of(mount=Mount.PANNING, views=(View(90, 270),))) == pytest.approx((90, 180))
    assert sector(of(mount=Mount.FIXED, views=(View(0, 360),))) == pytest.approx((0, 360))
    two = filled(of(views=(View(0, 0), View(270, 300))), NOWHERE)
    assert list(two.sector_of) == [0, 0]
    assert two.starts == pytest.approx([315, 270])
    assert two.widths == pytest.approx([90, 30])
    narrow = filled(of(views=(View(350, 20),)), NOWHERE)
    assert narrow.reaches[0, 0] == pytest.approx(reach(np.array([1920.0]), np.array([30.0]), np.array([4.0]))[0, 0])


def test_a_camera_without_a_direction_looks_away_from_its_wall_else_anywhere_but_always_the_same() -> None:
    assert sector(of(), away=200.0) == pytest.approx((155, 90))
    assert sector(of()) == sector(of())
    starts = filled(
        known([Camera(f"node/{n}", "map", 12.37, 51.34) for n in range(400)], PLANE), np.full(400, np.nan)
    ).starts
    assert np.histogram(starts, 4, (0, 360))[0].min() > 70


def test_directions_are_those_of_the_plane() -> None:
    beside = known([Camera("node/1", "map", 15.37, 51.34, views=(View(90, 90),))], PLANE)
    assert beside.starts[0] == pytest.approx(90 - 3 * math.sin(math.radians(51.34)), abs=0.01)


def test_cameras_indoors_are_left_out_and_the_others_keep_their_place() -> None:
    cameras = [
        Camera("node/1", "map", 12.37, 51.34, setting=Setting.INDOOR),
        Camera("node/2", "map", 12.37, 51.34, views=(View(1, 1),), count=3),
    ]
    found = known(cameras, PLANE)
    assert (list(found.index), list(found.counts), list(found.view_of)) == ([1], [3], [0])
    assert len(known([], PLANE).x) == 0


def test_some_of_them_are_what_they_were() -> None:
    cameras = [Camera(f"node/{n}", "map", 12.37, 51.34, views=(View(n, n + 5),) * n) for n in range(4)]
    every = known(cameras, PLANE)
    eyes, some = filled(every, np.full(4, 10.0)), filled(every.of(np.array([3, 1])), np.full(2, 10.0))
    chosen = eyes.of(np.array([3, 1]))
    assert list(chosen.sector_of) == [1, 0, 0, 0]
    assert sorted(zip(chosen.sector_of, chosen.starts, strict=True)) == sorted(
        zip(some.sector_of, some.starts, strict=True)
    )


def test_what_tags_say_is_never_drawn_and_draws_are_by_id_alone() -> None:
    said = {"mount": Mount.FIXED, "angle": 70.0, "height": 5.0, "pixels": 2560, "views": (View(10, 10),)}
    full = of(**said)
    for draw in range(5):
        eyes = drawn(full, NOWHERE, Chances.of(full, 5, seed=1), draw)
        assert (eyes.starts[0], eyes.widths[0], eyes.heights[0]) == pytest.approx((335, 70, 5))
    cameras = [Camera(f"node/{n}", "map", 12.37, 51.34) for n in range(6)]
    every, some = known(cameras, PLANE), known(cameras[::-2], PLANE)
    one, other = (
        drawn(every, np.full(6, np.nan), Chances.of(every, 5, 1), 3),
        drawn(some, np.full(3, np.nan), Chances.of(some, 5, 1), 3),
    )
    assert list(one.starts[5::-2]) == list(other.starts)
    assert list(one.heights[5::-2]) == list(other.heights)
    assert list(drawn(every, np.full(6, np.nan), Chances.of(every, 5, 2), 3).heights) != list(one.heights)


def test_draws_come_from_the_whole_of_their_ranges_and_lean_both_ways() -> None:
    every = known([Camera(f"node/{n}", "map", 12.37, 51.34) for n in range(500)], PLANE)
    chances = Chances.of(every, 20, seed=7)
    heights = [drawn(every, np.full(500, 90.0), chances, draw).heights for draw in range(20)]
    for some in heights:
        assert some.min() >= 3
        assert some.max() <= 6
    means = [float(some.mean()) for some in heights]
    assert min(means) < 3.5
    assert max(means) > 5.5
    looks = drawn(every, np.full(500, 90.0), chances, 0)
    middles = (looks.starts + looks.widths / 2)[looks.widths < 360] % 360  # they hang on walls, and look away from them
    assert middles.min() == pytest.approx(0, abs=3)
    assert middles.max() == pytest.approx(180, abs=3)
    round_ = [int((drawn(every, np.full(500, 90.0), chances, draw).widths == 360).sum()) for draw in range(20)]
    assert min(round_) < 100
    assert max(round_) > 400
    assert (reach(np.array([3840.0]), np.array([60.0]), np.array([3.0]))[0, 0] <= longest(every) + 1e-9).all()


def test_leaning_moves_the_mean() -> None:
    chance = np.random.default_rng(1).random(100_000)
    assert leaning(chance, 0.5, (3, 6)).mean() == pytest.approx(4.5, abs=0.01)
    assert leaning(chance, 0.0, (0, 1)).mean() == pytest.approx(0.05, abs=0.01)
    assert leaning(chance, 1.0, (0, 1)).mean() == pytest.approx(0.95, abs=0.01)


def test_each_assumption_is_said_with_how_many_it_stood_in_for() -> None:
    cameras = [
        Camera("node/1", "map", 12.37, 51.34),
        Camera("node/2", "map", 12.37, 51.34, mount=Mount.DOME, height=3.0, angle=80.0, pixels=1920),
    ]
    said = sentences(known(cameras, PLANE), np.array([np.nan, 5.0, np.nan]))
    assert said[0] == "Taken to look one way: 1 of 2 cameras (range: one way or all around)."
    assert said[1].startswith("Taken to look away from a wall within 3 m, else anywhere: 1 of 2 cameras")
    assert "Angle of view taken as 90°: 1 of 2 cameras (range: 60 to 110°)." in said
    assert "Width of the picture taken as 1,920 pixels: 1 of 2 cameras (range: 1,280 to 3,840)." in said
    assert "Height taken as 8 m: 2 of 3 buildings (range: 4 to 15 m)." in said
    nothing = sentences(known(cameras[1:], PLANE), np.array([5.0]))
    assert len(nothing) == 1
    assert "1.4 m above level ground" in nothing[0]
