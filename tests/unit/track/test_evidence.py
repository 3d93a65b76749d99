import pytest

from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.track.evidence import SURE, with_people_found
from watchglass.track.tracker import TrackerOptions

BIKE = Box(100, 100, 180, 160)
RIDER = Box(120, 60, 160, 150)
ASIDE = Box(300, 60, 340, 150)
OTHERS = [label for label in ObjectClass if label is not ObjectClass.PERSON]


def thing(label: ObjectClass = ObjectClass.VEHICLE, box: Box = BIKE, score: float = 0.6) -> Detection:
    return Detection(box, label, score)


def person(box: Box = RIDER, score: float = 0.06) -> Detection:
    return Detection(box, ObjectClass.PERSON, score)


def scores(*found: Detection, new: bool = True) -> list[float]:
    return [one.score for one in with_people_found(found, lambda _: new)]


@pytest.mark.parametrize("label", OTHERS)
def test_a_faint_person_on_anything_is_sure(label: ObjectClass) -> None:
    assert scores(thing(label), person()) == [0.6, SURE]


def test_that_is_enough_for_a_track_of_its_own() -> None:
    assert TrackerOptions().begin <= SURE


@pytest.mark.parametrize("box", [Box(115, 110, 135, 150), Box(90, 90, 190, 170), RIDER])
def test_inside_it_round_it_or_upon_it(box: Box) -> None:
    assert scores(thing(), person(box)) == [0.6, SURE]


@pytest.mark.parametrize("box", [ASIDE, Box(181, 100, 221, 160), Box(150, 10, 190, 105)])
def test_beside_it_a_faint_person_stays_faint(box: Box) -> None:
    assert scores(thing(), person(box)) == [0.6, 0.06]


def test_nor_where_nothing_is_new() -> None:
    """A parked car that looks a little like somebody, as it does every day."""
    assert scores(thing(), person(), new=False) == [0.6, 0.06]


def test_where_something_is_new_is_asked_of_the_person_s_place() -> None:
    asked: list[Box] = []

    def is_new(box: Box) -> bool:
        asked.append(box)
        return box == RIDER

    found = with_people_found([thing(), person(), person(BIKE)], is_new)
    assert [one.score for one in found] == [0.6, SURE, 0.06]
    assert asked == [RIDER, BIKE]


def test_somebody_alone_is_no_evidence_for_another() -> None:
    assert scores(person(score=0.9), person()) == [0.9, 0.06]


@pytest.mark.parametrize("score", [SURE, 0.4, 0.9])
def test_who_is_sure_already_stays_as_sure(score: float) -> None:
    assert scores(thing(), person(score=score)) == [0.6, score]


def test_nothing_is_left_out_or_changed_otherwise() -> None:
    found = [thing(), person(), person(ASIDE), thing(ObjectClass.ANIMAL, ASIDE.moved(200, 0), 0.3)]
    made = with_people_found(iter(found), lambda _: True)
    assert [(one.box, one.label) for one in made] == [(one.box, one.label) for one in found]
    assert found[1].score == 0.06
    assert with_people_found([], lambda _: True) == []
