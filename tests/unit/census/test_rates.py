import dataclasses
import math

import h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from watchglass.census.rates import BARE, DRAWS, rate
from watchglass.census.values import Area, Camera
from watchglass.model.precision import wilson

TOWN = box(13.3, 52.45, 13.5, 52.55)
"""About 13.6 by 11.1 km."""


def camera(name: object, longitude: float = 13.4, latitude: float = 52.5, **parts: object) -> Camera:
    return dataclasses.replace(Camera(f"node/{name}", "map.osm.pbf", longitude, latitude), **parts)  # type: ignore[arg-type]


def scattered(number: int, seed: int = 1) -> list[Camera]:
    rng = np.random.default_rng(seed)
    places = zip(rng.uniform(13.3, 13.5, number), rng.uniform(52.45, 52.55, number), strict=True)
    return [camera(at, float(longitude), float(latitude)) for at, (longitude, latitude) in enumerate(places)]


class TestRate:
    def test_counts_divided_by_people_ground_and_streets(self) -> None:
        area = Area("A", population=2000, km2=4.0, street_km=10.0, cameras=50)
        figures = rate(area).measures.figures
        assert {name: round(figure.value, 9) for name, figure in figures.items()} == {
            "cameras": 50,
            "per-1000": 25,
            "per-100": 2.5,
            "per-km2": 12.5,
            "per-street-km": 5,
        }

    def test_a_bare_number_has_no_interval_and_says_so(self) -> None:
        rated = rate(Area("A", population=2000, cameras=50))
        assert rated.draws is None
        for figure in rated.measures.figures.values():
            assert (figure.low, figure.high, figure.how) == (None, None, BARE)

    def test_nobody_living_there_leaves_out_the_rates_by_people_alone(self) -> None:
        assert set(rate(Area("A", population=0, km2=4.0, cameras=50)).measures.figures) == {"cameras", "per-km2"}

    def test_nothing_known_gives_no_figure(self) -> None:
        assert rate(Area("A", population=100)).measures.figures == {}

    def test_the_ground_is_measured_where_there_is_a_boundary(self) -> None:
        """A square of a degree on the equator has 12,309 km² (Karney 2013's geodesics: GeographicLib's Planimeter says so)."""
        there = rate(Area("A", boundary=box(0, 0, 1, 1), km2=1.0)).measures
        assert there.km2 is not None
        assert math.isclose(there.km2, 12_308.778, rel_tol=1e-6)

    def test_holes_are_no_ground_whichever_way_round_they_go(self) -> None:
        ring, hole = [(0, 0), (0, 1), (1, 1), (1, 0)], [(0.2, 0.2), (0.2, 0.8), (0.8, 0.8), (0.8, 0.2)]
        found = {
            round(rate(Area("A", boundary=Polygon(outer, [inner]))).measures.km2 or 0, 6)
            for outer in (ring, ring[::-1])
            for inner in (hole, hole[::-1])
        }
        [km2] = found
        assert math.isclose(km2, 12_308.778 * 0.64, rel_tol=1e-3)

    def test_a_line_that_stands_for_several_counts_as_several(self) -> None:
        figures = rate(Area("A", TOWN), [camera(1, count=5, owned=True), camera(2)]).measures.figures
        assert figures["cameras"].value == 6
        assert figures["owned"].value == 5 / 6


class TestInterval:
    def test_holds_the_count_and_its_rates_alike(self) -> None:
        figures = rate(Area("A", TOWN, population=10_000), scattered(300)).measures.figures
        count, per = figures["cameras"], figures["per-1000"]
        assert count.low is not None
        assert count.high is not None
        assert count.low < 300 < count.high
        assert per.low == pytest.approx(count.low / 10)
        assert per.high == pytest.approx(count.high / 10)
        cells = len(h3.geo_to_cells(TOWN, 8))
        assert count.how.startswith("95 %, bootstrap over ")
        assert cells <= int(count.how.split()[4]) <= cells + 40, "those on the edge have their middle outside"

    def test_is_that_of_the_sum_of_draws(self) -> None:
        """n cells drawn with replacement: the variance of the sum is n times the variance of the cells, in the limit normal."""
        cells = sorted(h3.geo_to_cells(TOWN, 8))
        counts = np.arange(len(cells)) % 7
        cameras = [
            camera(f"{at}-{n}", *reversed(h3.cell_to_latlng(cell)))
            for at, cell in enumerate(cells)
            for n in range(counts[at])
        ]
        rated = rate(Area("A", TOWN), cameras)
        assert rated.draws is not None
        assert len(rated.draws) == DRAWS
        spread = math.sqrt(len(cells) * counts.var())
        assert rated.draws.mean() == pytest.approx(counts.sum(), abs=4 * spread / math.sqrt(DRAWS))
        assert rated.draws.std() == pytest.approx(spread, rel=0.08)

    def test_is_wider_where_the_same_cameras_stand_in_few_places(self) -> None:
        spread = rate(Area("A", TOWN), scattered(200)).measures.figures["cameras"]
        heap = [camera(at, 13.35 + 0.05 * (at % 2)) for at in range(200)]
        heaped = rate(Area("A", TOWN), heap).measures.figures["cameras"]
        for one in (spread, heaped):
            assert one.low is not None
            assert one.high is not None
        assert (heaped.high or 0) - (heaped.low or 0) > 3 * ((spread.high or 0) - (spread.low or 0))

    def test_covers_the_truth_as_often_as_it_says(self) -> None:
        """Of towns whose cells are drawn from one distribution, 95 % of intervals hold its mean; of 200, 180 and more."""
        cells = sorted(h3.geo_to_cells(TOWN, 8))
        rng, held = np.random.default_rng(7), 0
        for town in range(200):
            counts = rng.poisson(3, len(cells))
            cameras = [
                camera(at, *reversed(h3.cell_to_latlng(cell)), count=int(counts[at]))
                for at, cell in enumerate(cells)
                if counts[at]
            ]
            figure = rate(Area("A", TOWN), cameras, seed=town).measures.figures["cameras"]
            held += (figure.low or 0) <= 3 * len(cells) <= (figure.high or 0)
        assert held >= 180

    def test_is_the_same_for_the_same_seed_and_another_for_another(self) -> None:
        cameras = scattered(100)
        first, again, other = (rate(Area("A", TOWN), cameras, seed).draws for seed in (1, 1, 2))
        assert first is not None
        assert again is not None
        assert other is not None
        assert (first == again).all()
        assert not (first == other).all()

    @given(st.lists(st.tuples(st.floats(13.31, 13.49), st.floats(52.46, 52.54), st.integers(1, 50)), max_size=20))
    def test_always_holds_the_value(self, places: list[tuple[float, float, int]]) -> None:
        cameras = [camera(at, x, y, count=count) for at, (x, y, count) in enumerate(places)]
        for figure in rate(Area("A", TOWN, population=1000), cameras).measures.figures.values():
            assert (figure.low is None) == (figure.high is None)
            if figure.low is not None and figure.high is not None:
                assert figure.low <= figure.value <= figure.high

    def test_there_is_none_of_no_camera_nor_of_one_cell(self) -> None:
        nobody = rate(Area("A", TOWN)).measures.figures["cameras"]
        assert (nobody.value, nobody.low) == (0, None)
        assert "no camera in any of" in nobody.how
        small = box(13.4, 52.5, 13.4001, 52.5001)
        alone = rate(Area("A", small), [camera(1, 13.40005, 52.50005, count=9)]).measures.figures["cameras"]
        assert (alone.value, alone.low) == (9, None)
        assert "one cell" in alone.how

    def test_a_place_without_a_boundary_says_that_empty_cells_are_missing(self) -> None:
        figure = rate(Area("A"), scattered(50)).measures.figures["cameras"]
        assert "cells that have cameras" in figure.how


class TestShares:
    def test_are_wilsons(self) -> None:
        cameras = [
            camera(at, owned=at < 15, purpose="traffic" if at < 81 else None, signed=at < 20) for at in range(148)
        ]
        figures = rate(Area("A", TOWN), cameras).measures.figures
        owned, interval = figures["owned"], wilson(15, 148)
        assert (owned.value, owned.low, owned.high) == (15 / 148, interval.low, interval.high)
        assert (round(interval.low, 4), round(interval.high, 4)) == (0.0624, 0.1605)
        assert figures["purposed"].value == 81 / 148
        assert figures["signed"].how == "95 %, Wilson, 20 of 148"

    def test_of_signs_that_nobody_spoke_of_it_is_said(self) -> None:
        figures = rate(Area("A", TOWN), [camera(1, signed=True), camera(2), camera(3, signed=False)]).measures.figures
        assert figures["signed"].how == "95 %, Wilson, 1 of 3; of 1 nobody has said"
