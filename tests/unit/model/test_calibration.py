import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT
from watchglass.base.errors import UsageError
from watchglass.model.calibration import SEEN, Calibration, Ground
from watchglass.model.place import Point

ROAD = ((0.2, 0.9), (0.8, 0.9), (0.6, 0.3), (0.4, 0.3))
METRES = ((0.0, 0.0), (10.0, 0.0), (10.0, 40.0), (0.0, 40.0))


def calibration(
    image: tuple[tuple[float, float], ...] = ROAD, ground: tuple[tuple[float, float], ...] = METRES
) -> Calibration:
    return Calibration(tuple(Point(*one) for one in image), tuple(Ground(*one) for one in ground))


@pytest.mark.parametrize("corner", range(4))
def test_its_points_are_where_they_were_measured(corner: int) -> None:
    place = calibration().place(Point(*ROAD[corner]))
    assert place is not None
    assert (place.x, place.y) == pytest.approx(METRES[corner], abs=1e-9)


def test_lines_stay_lines_and_what_is_nearer_is_larger() -> None:
    found = [calibration().place(Point(0.5, y)) for y in (0.9, 0.6, 0.3)]
    assert all(place is not None and place.x == pytest.approx(5) for place in found)
    along = [place.y for place in found if place]
    assert along[1] - along[0] < along[2] - along[1]
    assert along == pytest.approx([0, 10, 40])


def test_above_the_horizon_is_no_ground() -> None:
    assert calibration().place(Point(0.5, 0.0)) is None  # where the sides of the road meet
    assert calibration().place(Point(0.5, -0.1)) is None
    assert calibration().speed(Point(0.5, 0.5), Point(0.5, 0.0), 1) is None


def test_a_speed_has_its_error() -> None:
    speed = calibration().speed(Point(0.5, 0.9), Point(0.5, 0.6), 1)
    assert speed is not None
    assert speed.kmh == pytest.approx(36)
    assert 0.02 * 36 < speed.error < 6
    far = calibration().speed(Point(0.5, 0.36), Point(0.5, 0.3), 1)
    assert far is not None
    assert far.error > speed.error  # a point is more metres there
    longer = calibration().speed(Point(0.5, 0.9), Point(0.5, 0.6), 2)
    assert longer is not None
    assert longer.kmh == pytest.approx(18)
    assert longer.error == pytest.approx(speed.error / 2)
    assert calibration().speed(Point(0.5, 0.9), Point(0.5, 0.6), 0) is None


def test_a_point_that_was_set_wrong_is_within_the_error_that_is_told() -> None:
    right = calibration().speed(Point(0.5, 0.85), Point(0.5, 0.5), 1)
    assert right is not None
    for corner in range(4):
        moved = [list(point) for point in ROAD]
        moved[corner][1] -= SEEN
        wrong = calibration(tuple((x, y) for x, y in moved)).speed(Point(0.5, 0.85), Point(0.5, 0.5), 1)
        assert wrong is not None
        assert abs(wrong.kmh - right.kmh) < right.error


@given(st.floats(0.3, 0.7), st.floats(0.31, 0.89), st.floats(0, 2 * math.pi), st.booleans())
def test_how_the_ground_is_turned_or_seen_does_not_matter(x: float, y: float, turn: float, mirrored: bool) -> None:
    sign = -1 if mirrored else 1
    turned = tuple(
        (across * math.cos(turn) - along * math.sin(turn), sign * (across * math.sin(turn) + along * math.cos(turn)))
        for across, along in METRES
    )
    speeds = [calibration(ground=one).speed(Point(0.5, 0.6), Point(x, y), 1) for one in (METRES, turned)]
    assert speeds[0] is not None
    assert speeds[1] is not None
    assert speeds[0].kmh == pytest.approx(speeds[1].kmh, abs=1e-6)


@pytest.mark.parametrize(
    ("image", "ground", "what"),
    [
        (ROAD[:3], METRES[:3], "needs four points"),
        (ROAD, METRES[:3], "needs four points"),
        (
            ((0.2, 0.9), (0.5, 0.6), (0.8, 0.3), (0.4, 0.3)),
            METRES,
            "Points 1, 2 and 3 of the calibration are in line in the picture: move one",
        ),
        (ROAD, ((0, 0), (10, 0), (20, 0.1), (0, 40)), "Points 1, 2 and 3 of the calibration are in line on the ground"),
        ((*ROAD[:3], ROAD[2]), METRES, "in line in the picture"),
        (ROAD, (*METRES[:3], METRES[2]), "lie 0 to .* m from each other"),
        (ROAD, tuple((x * 100, y * 100) for x, y in METRES), "take points that are 1 to 1000 m apart"),
        (ROAD, (*METRES[:3], (math.nan, 40)), "are metres"),
        (ROAD, (*METRES[:3], (math.inf, 40)), "are metres"),
        ((*ROAD[:3], (1.4, 0.3)), METRES, "has a point at 1.4, 0.3"),
        ((ROAD[0], ROAD[2], ROAD[1], ROAD[3]), METRES, "must go round a piece of ground"),
        (ROAD, (METRES[0], METRES[2], METRES[1], METRES[3]), "must go round a piece of ground"),
        (((0.2, 0.9), (0.8, 0.9), (0.5, 0.8), (0.4, 0.3)), METRES, "must go round a piece of ground"),
    ],
)
def test_what_is_none_is_refused(
    image: tuple[tuple[float, float], ...], ground: tuple[tuple[float, float], ...], what: str
) -> None:
    with pytest.raises(UsageError, match=what):
        calibration(image, ground)


EXAMPLES: dict[str, Any] = json.loads((ROOT / "web/src/rules/calibrations.json").read_bytes())
"""What the console reckons by itself while somebody draws; a test of the front end reads the same file."""


def _drawn(example: dict[str, Any]) -> Calibration:
    return calibration(*(tuple((x, y) for x, y in example[of]) for of in ("image", "ground")))


@pytest.mark.parametrize("example", EXAMPLES["told"])
def test_the_console_tells_the_same_speeds_and_errors(example: dict[str, Any]) -> None:
    for way in example["ways"]:
        speed = _drawn(example).speed(Point(*way["before"]), Point(*way["after"]), way["seconds"])
        told = speed and {"kmh": pytest.approx(speed.kmh, abs=1e-5), "error": pytest.approx(speed.error, abs=1e-5)}
        assert way["told"] == told


@pytest.mark.parametrize("example", EXAMPLES["refused"])
def test_the_console_refuses_with_the_same_sentences(example: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as refused:
        _drawn(example)
    assert str(refused.value) == example["says"]
