from collections import Counter

from benchmarks import crossings
from benchmarks.crossings import Street
from benchmarks.labelled import Label
from watchglass.model.place import Direction
from watchglass.model.vision import Box, Detection, ObjectClass

STREET = Street(1000, 1000, 61)
# Somebody walks from a quarter of the picture to beyond its middle, over the upright lines at 0.3, 0.4 and 0.5.
WALK = {frame: [Label(1, 250 + frame * 5 - 20, 600, 40, 100)] for frame in range(1, 62)}
RIGHT = Counter({(line, Direction.FORWARD): 1 for line in range(3)})


def test_the_truth_is_each_person_s_changes_of_side() -> None:
    assert crossings.truth(WALK, STREET) == RIGHT


def test_labels_and_perfect_detections_are_counted_as_they_are() -> None:
    assert crossings.counted(crossings.labelled(WALK, STREET), 0.6) == RIGHT
    seen = [
        [Detection(Box(one.left, one.top, one.left + one.width, one.top + one.height), ObjectClass.PERSON, 0.8)]
        for some in WALK.values()
        for one in some
    ]
    for looks in (crossings.followed, crossings.tracked):
        assert crossings.counted(looks(seen, STREET, 1), 0.6) == RIGHT
        assert crossings.counted(looks(seen, STREET, 4, 2), 0.6) == RIGHT
        assert crossings.counted(looks(seen, STREET, 4), 0.9) == Counter()


def test_a_comparison_does_not_let_too_many_make_up_for_too_few() -> None:
    other = Counter({(0, Direction.FORWARD): 3})
    assert crossings.compared(RIGHT, [other]) == "3 crossings, 3 counted; 2 too few, 2 too many"
    assert crossings.compared(RIGHT, [RIGHT, Counter()]) == "3 crossings, 1.5 counted; 1.5 too few, 0 too many"


def test_lines_that_people_walk_along_are_told_apart() -> None:
    assert crossings.upright(RIGHT + Counter({(6, Direction.FORWARD): 2})) == RIGHT
