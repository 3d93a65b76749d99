from pathlib import Path

import pytest

from benchmarks.labelled import Label
from benchmarks.scores import Boxes, Scores, scored, scores


def walk(track: int, *frames: int, y: float = 0) -> dict[int, list[Label]]:
    return {frame: [Label(track, 10 * frame, y, 20, 40)] for frame in frames}


def both(*every: Boxes) -> Boxes:
    return {frame: [one for boxes in every for one in boxes.get(frame, ())] for frame in range(1, 11)}


TRUTH = both(walk(1, *range(1, 11)), walk(2, *range(1, 11), y=200))


def test_the_truth_itself_is_right() -> None:
    found = scores(TRUTH, TRUTH)
    assert found == Scores(labels=20, missed=0, false=0, switches=0, idf1=1.0)
    assert found.mota == 1.0


def test_nothing_found_is_all_missed() -> None:
    assert scores(TRUTH, {}) == Scores(20, 20, 0, 0, 0.0)


def test_a_new_number_in_the_middle_is_one_switch_and_half_of_a_track() -> None:
    found = scores(TRUTH, both(walk(7, *range(1, 6)), walk(8, *range(6, 11)), walk(2, *range(1, 11), y=200)))
    assert (found.missed, found.false, found.switches) == (0, 0, 1)
    assert found.idf1 == pytest.approx(15 / 20)
    assert found.mota == pytest.approx(19 / 20)


def test_a_box_beside_somebody_is_false_and_they_are_missed() -> None:
    found = scores(TRUTH, both(walk(1, *range(1, 11), y=25), walk(2, *range(1, 11), y=200)))
    assert (found.missed, found.false) == (10, 10)


def test_who_has_a_box_keeps_it_while_it_fits() -> None:
    """A second one that fits better comes for two frames: it is false, and nobody was mixed up."""
    near = both(walk(1, *range(1, 11), y=8), walk(3, 4, 5), walk(2, *range(1, 11), y=200))
    found = scores(TRUTH, near)
    assert (found.missed, found.false, found.switches) == (0, 2, 0)


def test_labels_that_do_not_count_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "gt.txt"
    path.write_text("1,9,10.5,20,30,40,1,-1,-1,0\n1,4,1,2,3,4,0,-1,-1,0\n2,9,11,20,30,40,1,-1,-1,0\n")
    assert scored(path) == {1: [Label(9, 10.5, 20, 30, 40)], 2: [Label(9, 11, 20, 30, 40)]}
