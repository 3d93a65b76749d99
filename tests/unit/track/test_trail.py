import numpy as np
import pytest

from watchglass.model.place import Point
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.track.follow import Followed, Sighting
from watchglass.track.trail import Trail, trails


def sighting(
    frame: int, left: float, label: ObjectClass = ObjectClass.PERSON, score: float = 0.8, top: float = 100
) -> Sighting:
    return Sighting(frame, Detection(Box(left, top, left + 20, top + 60), label, score))


def followed(*sightings: Sighting) -> Followed:
    one = Followed(sightings[0].frame, 0.0, sightings[0].found)
    one.sightings = list(sightings)
    return one


class TestTrail:
    def test_where_it_was_hidden_it_went_straight_on(self) -> None:
        trail = Trail.of([sighting(3, 0), sighting(4, 10), sighting(8, 50)], rate=1)
        assert (trail.first, trail.last) == (3, 8)
        assert trail.boxes[:, 0].tolist() == [0, 10, 20, 30, 40, 50]
        assert trail.scores.tolist() == [0.8, 0.8, 0, 0, 0, 0.8]
        assert trail.at(5) is not None
        assert trail.at(2) is None
        assert trail.at(9) is None

    def test_a_box_that_jumps_is_brought_back(self) -> None:
        jumping = [sighting(frame, 10 * frame + (6 if frame % 2 else -6)) for frame in range(20)]
        trail = Trail.of(jumping, rate=10)
        middle = trail.boxes[3:-3, 0] - 10 * np.arange(3, 17)
        assert np.abs(middle).max() < 2
        assert trail.boxes[0].tolist() == [-6, 100, 14, 160]  # at its ends nothing is known of both sides

    def test_it_is_what_it_was_called_most_surely(self) -> None:
        looks = [sighting(frame, 0, ObjectClass.CAR, 0.9) for frame in range(3)]
        looks += [sighting(frame, 0, ObjectClass.TRUCK, 0.4) for frame in range(3, 8)]
        trail = Trail.of(looks, rate=10)
        assert trail.label is ObjectClass.CAR
        assert trail.score == 0.9

    def test_the_anchor_is_the_middle_of_the_lower_edge(self) -> None:
        trail = Trail.of([sighting(0, 90)], rate=10)
        assert trail.anchors(200, 320) == [Point(0.5, 0.5)]

    def test_who_is_cut_off_by_the_edge_is_as_large_as_before(self) -> None:
        """Walking out to the right: the box grows narrower, and the middle of the person still goes on."""
        looks = [
            Sighting(n, Detection(Box(100 + 10 * n, 40, min(200, 140 + 10 * n), 90), ObjectClass.PERSON, 0.9))
            for n in range(10)
        ]
        xs = [point.x for point in Trail.of(looks, rate=1).anchors(200, 100)]
        assert xs == pytest.approx([min(1.0, (120 + 10 * n) / 200) for n in range(10)])

    def test_no_anchor_lies_outside(self) -> None:
        """Feet below the picture walk along its edge."""
        looks = [
            Sighting(n, Detection(Box(10 * n, 60 - 4 * n, 10 * n + 20, 100), ObjectClass.PERSON, 0.9)) for n in range(9)
        ]
        assert {point.y for point in Trail.of(looks, rate=1).anchors(200, 100)} == {1.0}


class TestTrails:
    def test_who_stirs_is_one(self) -> None:
        walks = followed(*(sighting(frame, 3 * frame) for frame in range(30)))
        stands = followed(*(sighting(frame, 100 + frame % 2) for frame in range(30)))
        found = trails([walks, stands], rate=10)
        assert [one.boxes[0, 0] for one in found] == [0]

    def test_who_was_seen_for_a_moment_is_none(self) -> None:
        brief = followed(*(sighting(frame, 20 * frame) for frame in range(3)))
        longer = followed(*(sighting(frame, 20 * frame) for frame in range(4)))
        assert trails([brief], rate=10) == []
        assert len(trails([longer], rate=10)) == 1
