"""Tracks of real footage beside its labels, and things counted on it."""

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.labelled import Label
from benchmarks.scores import Boxes, scored, scores
from watchglass.detect.yolox import YoloxDetector
from watchglass.model.place import Direction, Point, Tripwire
from watchglass.model.vision import ObjectClass
from watchglass.pipeline.tracks import FileTracks, track_file

WIDTH, HEIGHT = 768, 576
TRIPWIRES = [Tripwire("across", Point(0.45, 0), Point(0.45, 1)), Tripwire("along", Point(0, 0.55), Point(1, 0.55))]
# Wherever a line is drawn: where people stand and talk one more or less is counted.
EVERYWHERE = [Tripwire("line", Point(part / 20, 0), Point(part / 20, 1)) for part in range(3, 18)]
EVERYWHERE += [Tripwire("line", Point(0, part / 20), Point(1, part / 20)) for part in range(9, 12)]


@pytest.fixture(scope="module")
def truth(street: Path) -> Path:
    path = street.with_name("gt.txt")
    if not path.is_file():
        pytest.skip(f"{path} is not on this machine: the labels of PETS09-S2L1 belong beside the footage")
    return path


@pytest.fixture(scope="module")
def tracks(street: Path, person_model: Path) -> FileTracks:
    return track_file(street, YoloxDetector(person_model, threads=2), lambda _: None)


def ways(labels: Boxes) -> Iterator[list[Point]]:
    """Where everybody's feet were, frame by frame, as far as the picture goes."""
    of: dict[int, list[Label]] = defaultdict(list)
    for frame in sorted(labels):
        for one in labels[frame]:
            of[one.track].append(one)
    for way in of.values():
        yield [Point((one.left + one.width / 2) / WIDTH, min(1.0, (one.top + one.height) / HEIGHT)) for one in way]


def crossings(tripwire: Tripwire, of: Iterable[list[Point]]) -> dict[Direction, int]:
    steps = [tripwire.crossing(*step) for way in of for step in itertools.pairwise(way)]
    return {direction: steps.count(direction) for direction in Direction}


@pytest.mark.timeout(600)
class TestPets2009:
    """795 frames, 19 people who meet, stand together and go behind each other and a lamp."""

    def test_people_are_followed(self, tracks: FileTracks, truth: Path, tmp_path: Path) -> None:
        (tmp_path / "tracks.txt").write_text(tracks.mot())
        found = scores(scored(truth), scored(tmp_path / "tracks.txt"))
        assert found.labels == 4476
        assert found.mota >= 0.80, found
        assert found.idf1 >= 0.75, found

    @pytest.mark.parametrize("tripwire", TRIPWIRES, ids=lambda one: one.name)
    def test_each_direction_is_counted(self, tracks: FileTracks, truth: Path, tripwire: Tripwire) -> None:
        """Within 5 % of what labels say; each way a dozen and more."""
        counted = tracks.crossings([tripwire])[tripwire.name]
        expected = crossings(tripwire, ways(scored(truth)))
        for direction in Direction:
            assert expected[direction] >= 12
            assert abs(counted[direction] - expected[direction]) <= 0.05 * expected[direction], (counted, expected)

    def test_wherever_a_line_is_drawn_about_as_many_are_counted(self, tracks: FileTracks, truth: Path) -> None:
        walks = list(ways(scored(truth)))
        off = [
            abs(tracks.crossings([line])["line"][direction] - crossings(line, walks)[direction])
            for line in EVERYWHERE
            for direction in Direction
        ]
        total = sum(sum(crossings(line, walks).values()) for line in EVERYWHERE)
        assert sum(off) <= 0.05 * total
        assert max(off) <= 2

    def test_all_are_people(self, tracks: FileTracks) -> None:
        assert {one.label for one in tracks.trails} == {ObjectClass.PERSON}

    def test_a_broken_tracker_would_be_seen(self, tracks: FileTracks, truth: Path, tmp_path: Path) -> None:
        """What the scores rest on: trails cut in two are worth less, and so are shifted ones."""
        cut = [
            dataclasses.replace(one, first=one.first + start, boxes=one.boxes[start:end], scores=one.scores[start:end])
            for one in tracks.trails
            for start, end in ((0, len(one.boxes) // 2), (len(one.boxes) // 2, len(one.boxes)))
        ]
        shifted = [dataclasses.replace(one, boxes=one.boxes + np.array([25, 0, 25, 0])) for one in tracks.trails]
        found = []
        for number, trails in enumerate((cut, shifted)):
            path = tmp_path / f"{number}.txt"
            path.write_text(dataclasses.replace(tracks, trails=trails).mot())
            found.append(scores(scored(truth), scored(path)))
        assert found[0].idf1 < 0.70
        assert found[1].mota < 0.30


@pytest.mark.timeout(600)
def test_one_person_at_a_time(street: Path, person_model: Path) -> None:
    """Six people, one after another, come in at the lower left and go out on the right."""
    path = street.parent.parent / "one-by-one-person-detection.mp4"
    if not path.is_file():
        pytest.skip(f"{path} is not on this machine: it is of Intel's sample videos (CC BY 4.0)")
    tracks = track_file(path, YoloxDetector(person_model, threads=2), lambda _: None)
    assert [one.label for one in tracks.trails] == [ObjectClass.PERSON] * 6
    for across in (0.6, 0.7, 0.8):
        counted = tracks.crossings([Tripwire("door", Point(across, 1), Point(across, 0))])["door"]
        assert counted == {Direction.FORWARD: 6, Direction.BACKWARD: 0}
