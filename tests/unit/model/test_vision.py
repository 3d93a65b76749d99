import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.model.vision import DRAWN, Box, Detection, ObjectClass, Track

sides = st.floats(-2000, 2000, allow_nan=False, width=32)
sizes = st.floats(0.5, 2000, allow_nan=False, width=32)
boxes = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height), sides, sides, sizes, sizes
)


def test_a_box_ends_one_past_its_last_pixel() -> None:
    box = Box(10, 20, 30, 60)
    assert (box.width, box.height, box.area) == (20, 40, 800)


def test_a_box_turned_inside_out_has_no_area() -> None:
    assert Box(30, 20, 10, 60).area == 0
    assert Box(30, 60, 10, 20).area == 0  # both sides negative: their product is not
    assert Box(30, 60, 10, 20).overlap(Box(0, 0, 100, 100)) == 0


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        (Box(0, 0, 10, 10), 1.0),
        (Box(5, 0, 15, 10), 50 / 150),
        (Box(5, 5, 15, 15), 25 / 175),
        (Box(0, 0, 20, 20), 100 / 400),
        (Box(10, 0, 20, 10), 0.0),  # they touch
        (Box(40, 40, 50, 50), 0.0),
        (Box(5, 5, 5, 5), 0.0),
    ],
)
def test_overlap_is_intersection_over_union(other: Box, overlap: float) -> None:
    assert Box(0, 0, 10, 10).overlap(other) == pytest.approx(overlap)


@given(boxes, boxes)
def test_overlap_is_the_same_from_both_sides_and_at_most_one(one: Box, other: Box) -> None:
    assert one.overlap(other) == pytest.approx(other.overlap(one))
    assert 0 <= one.overlap(other) <= 1 + 1e-6
    assert one.overlap(one) == pytest.approx(1)


def test_boxes_of_nothing_do_not_overlap() -> None:
    assert Box(5, 5, 5, 5).overlap(Box(5, 5, 5, 5)) == 0


def test_moved_and_scaled() -> None:
    assert Box(1, 2, 3, 4).moved(10, -2) == Box(11, 0, 13, 2)
    assert Box(1, 2, 3, 4).scaled(2, 0.5) == Box(2, 1, 6, 2)


def test_neither_detection_nor_track_says_who() -> None:
    """What is known of somebody on a frame: where, what, how sure; a track adds a number that is forgotten with it."""
    assert [field.name for field in dataclasses.fields(Detection)] == ["box", "label", "score"]
    assert [field.name for field in dataclasses.fields(Track)] == ["number", "box", "label", "score", "missed"]


def test_classes_that_are_drawn_apart() -> None:
    assert [str(one) for one in DRAWN] == ["person", "vehicle", "animal", "thing", "unknown"]
    drawn = {str(one): str(one.drawn) for one in ObjectClass if one not in DRAWN}
    vehicles = dict.fromkeys(("bicycle", "motorcycle", "car", "bus", "truck"), "vehicle")
    assert drawn == {**vehicles, "bag": "thing", "moving thing": "unknown"}
