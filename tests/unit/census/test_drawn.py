"""What a report's map is drawn of: never more than can be carried."""

import json
from typing import Any

import numpy as np
import pytest
import shapely

from tests.invented import towns
from watchglass.census import drawn
from watchglass.census.drawn import draw
from watchglass.census.values import Area, Camera, Mount


def features(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["features"]
    return found


def cameras(count: int, spread: float = 0.1) -> list[Camera]:
    chance = np.random.default_rng(1)
    places = chance.normal(0, spread, (count, 2))
    return [Camera(f"{row}", "s", 10 + x, 50 + y, Mount.DOME if row % 2 else None) for row, (x, y) in enumerate(places)]


def test_few_cameras_are_dots_by_kind() -> None:
    made = draw([], [], cameras(10), {})
    assert [(one["properties"]["kind"], len(one["geometry"]["coordinates"])) for one in features(made.cameras)] == [
        ("dome", 5),
        ("unknown", 5),
    ]
    assert features(made.hexagons) == []


def test_of_many_there_are_hexagons_too_that_hold_them_all() -> None:
    made = draw([], [], cameras(drawn.MANY + 1), {})
    hexagons = features(made.hexagons)
    assert 100 < len(hexagons) <= drawn.HEXAGONS
    assert sum(one["properties"]["count"] for one in hexagons) == drawn.MANY + 1
    assert max(one["properties"]["count"] for one in hexagons) == made.fullest
    assert len(features(made.cameras)) == 2


def test_a_line_of_a_register_counts_for_all_it_stands_for() -> None:
    some = [*cameras(drawn.MANY), Camera("x", "s", 10, 50, count=100)]
    assert sum(one["properties"]["count"] for one in features(draw([], [], some, {}).hexagons)) == drawn.MANY + 100


def test_of_very_many_there_are_hexagons_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "DOTS", 5000)
    made = draw([], [], cameras(5001), {})
    assert features(made.cameras) == []
    assert features(made.hexagons)


def test_an_outline_is_made_simpler_and_it_is_said_by_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    circle = shapely.Point(10, 50).buffer(0.5, quad_segs=2000)
    assert draw([], [Area("A", circle)], [], {}).moved == 0
    monkeypatch.setattr(drawn, "CORNERS", 500)
    made = draw([], [Area("A", circle)], [], {})
    [one] = features(made.areas)
    kept = shapely.from_geojson(json.dumps(one["geometry"]))
    assert shapely.get_num_coordinates(kept) <= 500
    assert kept.hausdorff_distance(circle) * 111_195 < made.moved + 2 < 100


def test_an_area_tells_its_chief_figures() -> None:
    some = towns(3)
    made = draw(some.census.areas, some.areas, [], {})
    [first, *_] = features(made.areas)
    assert first["properties"]["name"] == "Ashbridge"
    assert first["properties"]["told"][0].startswith("cameras on the map: ")
    assert first["properties"]["told"][1].startswith("cameras per 1,000 people: 1.22 (0.999 to ")


def test_areas_without_an_outline_are_not_drawn() -> None:
    assert features(draw([], [Area("A"), Area("B", shapely.Polygon())], [], {}).areas) == []


def views(count: int) -> shapely.geometry.base.BaseGeometry:
    """What so many cameras see that look into streets: small, and far from each other."""
    chance = np.random.default_rng(1)
    west, south = 10 + chance.random(count) * 0.2, 50 + chance.random(count) * 0.2
    return shapely.union_all(shapely.box(west, south, west + 0.0006, south + 0.0004))


def test_what_is_seen_is_drawn_as_it_is_while_it_fits() -> None:
    made = draw([], [], [], {20: views(100)})
    [one] = features(made.seen)
    assert (made.moved, made.squares) == (0, 0)
    assert shapely.from_geojson(json.dumps(one["geometry"])).area == pytest.approx(views(100).area, rel=0.02)


def test_what_is_seen_by_very_many_is_drawn_in_squares_of_the_same_share(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = views(3000)
    assert shapely.get_num_coordinates(seen) > 10_000
    monkeypatch.setattr(drawn, "CORNERS", 8000)
    made = draw([], [], [], {20: seen, 40: seen})
    for one in features(made.seen):
        kept = shapely.from_geojson(json.dumps(one["geometry"]))
        assert shapely.get_num_coordinates(kept) <= 4000
        assert kept.area == pytest.approx(seen.area, rel=0.1)
    assert 50 < made.squares < 1000
