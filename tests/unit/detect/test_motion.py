"""What moves on a stage whose truth is known: a made street, and things that nobody has a name for."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.stage import HEIGHT, WIDTH, Actor, Look, Stage, block, figure, made_street, raw, stands, walks
from watchglass.detect.motion import EmptyScene, Moving, moving_things
from watchglass.model.vision import Box, Detection, ObjectClass

NONE = np.array([16.0, 128.0, 128.0]).reshape(3, 1, 1)  # no light, and no colour
LATER = 40  # a frame after those of which the scene is learnt


def on(actors: Sequence[Actor]) -> Moving:
    """What moves on frame `LATER`, with everything on the way there seen before."""
    stage = Stage(made_street(), actors)
    scene = EmptyScene()
    for number in range(2 * LATER):
        scene.learn(stage.frame(number))
    scene.close()
    return scene.differs(stage.frame(LATER))


def passing(look: Look, *, y: float = 220, label: ObjectClass = ObjectClass.CAR) -> Actor:
    """Something that drives through the whole picture, and is in its middle on frame `LATER`."""
    return Actor(1, look, walks((0, (-100, y)), (2 * LATER, (WIDTH + 100, y))), label)


def true_box(actor: Actor) -> Box:
    box = actor.box(LATER)
    assert box is not None
    return box


@pytest.mark.parametrize("luma", [40.0, 70.0, 180.0, 225.0])
def test_what_drives_through_is_found_where_it_is(luma: float) -> None:
    car = passing(block(90, 50, luma))
    (found,) = on([car]).boxes
    assert found.overlap(true_box(car)) > 0.8


def test_an_empty_street_has_nothing() -> None:
    assert on([]).boxes == []


def test_what_stands_there_all_the_time_is_part_of_the_scene() -> None:
    assert on([Actor(1, block(90, 50), stands((200, 220)), ObjectClass.CAR)]).boxes == []


@pytest.mark.parametrize("gain", [0.65, 0.85, 1.2, 1.5])
def test_a_camera_that_opens_up_or_shuts_down_makes_nothing_move(gain: float) -> None:
    """As it does when something bright comes: all of the street is another by as much as a car."""
    stage = Stage(made_street(), [])
    scene = EmptyScene()
    for number in range(LATER):
        scene.learn(stage.frame(number))
    scene.close()
    exposed = (stage.picture(LATER).astype(float) - NONE) * gain + NONE
    assert scene.differs(raw(exposed.clip(1, 254).astype("uint8"), 0.0)).boxes == []


def test_a_whole_new_picture_says_nothing_of_what_moves() -> None:
    wall = block(WIDTH, HEIGHT, 200, seed=9)
    assert on([Actor(1, wall, stands((WIDTH / 2, HEIGHT), LATER, LATER), ObjectClass.THING)]).boxes == []


def test_a_shadow_is_nothing() -> None:
    """Darker by a third, of the same colour, with the ground's own pattern in it."""
    street = made_street()
    place = street[:, 180:230, 150:240].astype(float)
    place[0] = (place[0] - 16) * 0.68 + 16
    shadow = block(90, 50)
    shadow.planes[:] = place.astype("uint8")
    assert on([Actor(1, shadow, stands((195, 230), LATER, LATER), ObjectClass.THING)]).boxes == []


def test_two_that_pass_each_other_apart_are_two() -> None:
    cars = [passing(block(90, 50, 200), y=120), passing(block(90, 50, 60), y=220)]
    found = on(cars).boxes
    assert len(found) == 2


class TestThings:
    def test_what_is_somebody_is_no_thing(self) -> None:
        person = passing(figure("checks"), label=ObjectClass.PERSON)
        moving = on([person])
        assert moving_things(moving, [true_box(person)], []) == []
        (thing,) = moving_things(moving, [], [])
        assert thing.label is ObjectClass.MOVING

    def test_half_of_a_car_behind_somebody_is_a_car(self) -> None:
        car = passing(block(120, 60, 200))
        box = true_box(car)
        left = Box(box.left, box.top - 10, box.left + 0.3 * box.width, box.bottom)
        (thing,) = moving_things(on([car]), [left], [])
        assert thing.box.overlap(box) > 0.8

    @pytest.mark.parametrize(
        ("known", "label"),
        [
            (ObjectClass.CAR, ObjectClass.CAR),
            (ObjectClass.BUS, ObjectClass.BUS),
            (ObjectClass.ANIMAL, ObjectClass.ANIMAL),
            (ObjectClass.THING, ObjectClass.MOVING),  # a telephone of a car's size is no telephone
            (ObjectClass.BAG, ObjectClass.MOVING),
        ],
    )
    def test_it_is_what_the_detector_knows_there(self, known: ObjectClass, label: ObjectClass) -> None:
        car = passing(block(90, 50, 200))
        box = true_box(car)
        surest = Detection(box.moved(5, 3), known, 0.8)
        (thing,) = moving_things(
            on([car]), [], [Detection(box, ObjectClass.TRUCK, 0.4) if label is known else surest, surest]
        )
        assert thing.label is label
        (thing,) = moving_things(on([car]), [], [Detection(box.moved(150, 0), known, 0.9)])
        assert thing.label is ObjectClass.MOVING


def test_of_many_frames_about_as_many_are_kept_evenly() -> None:
    """However long a video is: the scene of its second half counts as much as that of its first."""
    scene = EmptyScene()
    before, after = Stage(made_street(), ()), Stage(made_street(), [Actor(1, block(90, 50, 220), stands((200, 220)))])
    for number in range(500):
        scene.learn((before if number < 200 else after).frame(number))
    scene.close()
    assert scene.differs(after.frame(0)).boxes == []
    assert len(scene.differs(before.frame(0)).boxes) == 1
