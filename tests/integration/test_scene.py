"""Rules R1 to R3 on a stage: who comes, stands, rides, sits down or gets out of a car is seen in no frame that is shown.

Everything is measured as footage is (benchmarks/leak.py), against the truth of the stage and its empty street.
"""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from benchmarks import leak
from benchmarks.leak import Picture
from tests import cutouts
from tests.directed import Directed, Performance, glimpses, learnt, misnames, mostly, perform, sees
from tests.stage import KINDS, Actor, Look, Path2D, Place, Stage, block, figure, stands, walks
from watchglass.detect.yolox import YoloxDetector
from watchglass.model.vision import Box, ObjectClass
from watchglass.pipeline.sight import Direct
from watchglass.redact.redactor import RedactOptions
from watchglass.redact.shown import COLOURS, ShownFrame

GROUND: tuple[Place, ...] = ((70, 180), (150, 235), (235, 190), (310, 240))
"""Four places to stand, far enough apart."""


def ground(backdrop: Picture, place: Place) -> float:
    """The luma of the street behind somebody who stands there."""
    across, down = (round(value) for value in place)
    return float(backdrop[0, down - 60 : down, across - 12 : across + 12].mean())


def one_of_each(backdrop: Picture, at: dict[Place, Path2D]) -> list[Actor]:
    """Four figures, dressed in checks, stripes, noise, and the ground's own light."""
    return [
        Actor(track, figure(kind, ground=ground(backdrop, place), seed=track), at[place])
        for track, (kind, place) in enumerate(zip(KINDS, at, strict=True), start=1)
    ]


def assert_nobody_seen(done: Performance, least_labels: int) -> None:
    found = done.leak()
    assert found.labels >= least_labels
    assert (found.exposed_heads, found.exposed_bodies, found.exposed_tracks) == (0, 0, 0), found


def head(box: Box) -> tuple[slice, slice]:
    """Rows and columns of a head, as far as the leak measure looks at it."""
    return (
        slice(int(box.top + 0.04 * box.height), int(box.top + 0.2 * box.height)),
        slice(int(box.left + 0.3 * box.width), int(box.left + 0.7 * box.width)),
    )


def share_of(colour: ObjectClass, shown: ShownFrame, box: Box) -> float:
    """How much of a head is filled with the colour of a class."""
    rows, columns = head(box)
    half = slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2)
    y, u, v = COLOURS[colour]
    same_chroma = (np.abs(shown.u[half].astype(int) - u) <= 2) & (np.abs(shown.v[half].astype(int) - v) <= 2)
    same_luma = np.abs(shown.y[rows, columns].astype(int) - y) <= 2
    return float(min(same_chroma.mean(), same_luma.mean()))


def heads_in_colour_of_people(done: Performance, track: int) -> list[float]:
    """For each open frame with somebody well inside it, how much of the head has a person's colour."""
    stage = done.stage
    actor = next(one for one in stage.actors if one.track == track)
    boxes = {number: actor.box(number) for number in done.open()}
    return [
        share_of(ObjectClass.PERSON, done.shown[number], box)
        for number, box in boxes.items()
        if box is not None and box.left > 8 and box.right < stage.width - 8
    ]


class TestStanding:
    """Nobody who stands still becomes part of the empty street, however little a detector sees of them."""

    @pytest.mark.slow
    def test_ten_minutes_after_walking_in(self, backdrop: Picture) -> None:
        rate, come = 2.5, 60
        paths = {place: walks((come, (place[0] - 200, place[1])), (come + 30, place)) for place in GROUND}
        stage = Stage(backdrop, one_of_each(backdrop, paths), rate=rate, light=lambda number: 8 * np.sin(number / 300))
        says = dict.fromkeys(range(1, 5), glimpses(0.3, 0.12))
        answers = Directed(stage, says, dict.fromkeys(says, mostly(0.8)))
        count = come + 30 + round(600 * rate)
        done = perform(stage, answers, count, every=20)
        assert len(done.open()) >= 600 * rate // 20
        assert_nobody_seen(done, 2 * len(done.open()))

    def test_from_the_first_frame_on(self, backdrop: Picture) -> None:
        stage = Stage(backdrop, one_of_each(backdrop, {place: stands(place) for place in GROUND}), rate=2.5)
        says = dict.fromkeys(range(1, 5), glimpses(0.3, 0.12))
        answers = Directed(stage, says, dict.fromkeys(says, mostly(0.8)))
        done = perform(stage, answers, round(180 * stage.rate), every=10)
        assert len(done.open()) >= 30
        assert_nobody_seen(done, 2 * len(done.open()))
        self.assert_not_in_the_plate(done)

    @staticmethod
    def assert_not_in_the_plate(done: Performance) -> None:
        """Between their heads and their ankles nothing is known of the street: nobody has ever seen it there."""
        plate, stage = done.plate, done.stage
        number = max(done.shown)
        for _, box in stage.boxes(number):
            across, down = 0.3 * box.width, 0.12 * box.height
            middle = Box(box.left + across, box.top + down, box.right - across, box.bottom - down)
            cells = plate.geometry.cells(middle)
            assert not plate.known[cells].any()

    def test_in_front_of_a_branch_in_the_wind(self, backdrop: Picture) -> None:
        place = GROUND[2]
        branch = Box(place[0] - 45, place[1] - 80, place[0] + 45, place[1] - 10)
        figures = [Actor(1, figure("noise"), walks((150, (-20, place[1])), (210, place)))]
        stage = Stage(backdrop, figures, branch=branch)
        answers = Directed(stage, {1: glimpses(0.4, 0.15)}, {1: mostly(0.8)})
        done = perform(stage, answers, 210 + 90 * 5, every=10)
        assert_nobody_seen(done, least_labels=45)

    def test_the_measure_would_see_them(self, backdrop: Picture) -> None:
        """What all of the above rests on: without redaction every figure counts as exposed."""
        stage = Stage(backdrop, one_of_each(backdrop, {place: stands(place) for place in GROUND}))
        numbers = range(5)

        def pictures() -> list[Picture]:
            return [stage.picture(number) for number in numbers]

        found = leak.measure(lambda: iter(pictures()), lambda: iter(pictures()), stage.truth(numbers), backdrop)
        assert (found.exposed_heads, found.exposed_bodies, found.labels) == (20, 20, 20)


class TestMisnamed:
    """Person evidence wins over every other class, and what is not the empty street is covered whatever its name."""

    def test_a_rider(self, backdrop: Picture) -> None:
        across = walks((60, (-30, 200)), (140, (420, 200)))
        bicycle = Actor(1, block(46, 26, 60), across, ObjectClass.VEHICLE)
        rider = Actor(2, figure("stripes", 20, 56), lambda number: lifted(across, number, 14))
        stage = Stage(backdrop, [bicycle, rider])
        answers = Directed(stage, {2: misnames(ObjectClass.VEHICLE, 0.7, 0.12, grow=0.3)}, {2: mostly(0.9)})
        done = perform(stage, answers, 150, plate=learnt(stage))
        assert_nobody_seen(done, least_labels=60)
        heads = heads_in_colour_of_people(done, track=2)
        assert len(heads) > 50
        assert float(np.mean([share > 0.9 for share in heads])) > 0.9

    @pytest.mark.parametrize("vehicles", [False, True], ids=["filled", "car drawn"])
    def test_a_driver(self, backdrop: Picture, vehicles: bool) -> None:
        """Seen only through the windscreen, from the chest up, and hardly by the detector."""
        across = walks((60, (-60, 220)), (150, (450, 220)))
        car = Actor(1, block(110, 48, 80), across, ObjectClass.VEHICLE)
        driver = Actor(2, figure("checks", 22, 52).upper(0.5), lambda number: lifted(across, number, 20))
        stage = Stage(backdrop, [car, driver])
        answers = Directed(stage, {1: sees(0.8), 2: glimpses(0.3, 0.1)}, {2: mostly(0.7)})
        done = perform(stage, answers, 160, plate=learnt(stage), options=RedactOptions(vehicles=vehicles))
        assert_nobody_seen(done, least_labels=60)

    def test_a_dog_with_its_owner(self, backdrop: Picture) -> None:
        across = walks((60, (-60, 200)), (160, (420, 200)))
        owner = Actor(1, figure("noise"), across)
        dog = Actor(2, block(30, 20, 50), lambda number: aside(across, number, 36), ObjectClass.ANIMAL)
        stage = Stage(backdrop, [owner, dog])
        answers = Directed(stage, {1: misnames(ObjectClass.ANIMAL, 0.8, 0.15, grow=0.6)}, {1: mostly(0.9)})
        done = perform(stage, answers, 170, plate=learnt(stage))
        assert_nobody_seen(done, least_labels=60)
        heads = heads_in_colour_of_people(done, track=1)
        assert float(np.mean([share > 0.9 for share in heads])) > 0.9


def lifted(path: Path2D, number: int, by: float) -> Place | None:
    place = path(number)
    return (place[0], place[1] - by) if place else None


def aside(path: Path2D, number: int, by: float) -> Place | None:
    place = path(number)
    return (place[0] + by, place[1]) if place else None


class TestWhatPeopleDo:
    """Each with a detector that sees people well while they walk upright, and faintly when they do not."""

    def test_sits_down_and_lies_down(self, backdrop: Picture) -> None:
        upright, place = figure("checks"), GROUND[1]
        sitting, lying = upright.sized(26, 40), upright.lying()

        def look(number: int) -> Look:
            return upright if number < 110 else sitting if number < 300 else lying

        figures = [Actor(1, look, walks((60, (-20, place[1])), (100, place)))]
        stage = Stage(backdrop, figures)
        answers = Directed(
            stage,
            {1: lambda actor, box, n: (sees(0.8) if box.height > 50 else glimpses(0.4, 0.12))(actor, box, n)},
            {1: mostly(0.7)},
        )
        done = perform(stage, answers, 600, plate=learnt(stage), every=5)
        assert_nobody_seen(done, least_labels=100)

    def test_two_pass_each_other(self, backdrop: Picture) -> None:
        figures = [
            Actor(1, figure("stripes"), walks((60, (-20, 205)), (130, (410, 205)))),
            Actor(2, figure("checks"), walks((60, (410, 200)), (130, (-20, 200)))),
        ]
        stage = Stage(backdrop, figures)

        def hidden(actor: Actor, box: Box, look: int) -> bool:
            """While they overlap, the detector has one box for both: the front one's."""
            return actor.track == 2 and abs(box.left + box.right - stage.width) < 60

        answers = Directed(
            stage, {1: sees(), 2: lambda actor, box, n: [] if hidden(actor, box, n) else sees()(actor, box, n)}
        )
        done = perform(stage, answers, 140, plate=learnt(stage))
        assert_nobody_seen(done, least_labels=110)

    def test_gets_out_of_a_car(self, backdrop: Picture) -> None:
        car_path = walks((60, (-60, 225)), (100, (190, 225)))
        car = Actor(1, block(110, 48, 80), car_path, ObjectClass.VEHICLE)
        out = Actor(
            2, figure("noise"), walks((140, (190, 215)), (160, (120, 235)), (420, (120, 235)), (460, (-30, 235)))
        )
        stage = Stage(backdrop, [car, out])
        answers = Directed(stage, {1: sees(0.8), 2: glimpses(0.5, 0.2)}, {2: mostly(0.8)})
        done = perform(stage, answers, 470, plate=learnt(stage), every=3)
        assert_nobody_seen(done, least_labels=90)

    def test_leaves_a_bag(self, backdrop: Picture) -> None:
        """The bag may become part of the street after a while, its owner may not, nor what was behind the owner."""
        place = GROUND[1]
        owner = Actor(
            1, figure("checks"), walks((60, (-20, place[1])), (90, place), (250, place), (300, (420, place[1])))
        )
        bag = Actor(2, block(16, 14, 40), stands((place[0] + 16, place[1]), first=95), ObjectClass.THING)
        stage = Stage(backdrop, [bag, owner])
        answers = Directed(stage, {1: glimpses(0.5, 0.3)}, {1: mostly(0.8)})
        done = perform(stage, answers, 700, plate=learnt(stage), every=5)
        assert_nobody_seen(done, least_labels=40)
        after = {number: shown for number, shown in done.shown.items() if 300 < number < 300 + 5 * 20}
        assert all(
            shows_flat(shown, Box(place[0] + 10, place[1] - 12, place[0] + 22, place[1] - 2))
            for shown in after.values()
        )


def shows_flat(shown: ShownFrame, box: Box) -> bool:
    """Whether a place is filled in one colour."""
    part = shown.y[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    return float(part.std()) < 2.0


@pytest.mark.slow
class TestRealPeople:
    """Cut out of footage, motionless but for the sensor's noise, before the person model."""

    RATE = 2.5

    @pytest.fixture
    def cast(self, street: Path) -> list[Look]:
        if not street.with_name("gt.txt").is_file():
            pytest.skip("the labels of PETS09-S2L1 belong beside the footage")
        return [
            one.look.tall(height) for one, height in zip(cutouts.people(street, 4), (120, 150, 130, 170), strict=True)
        ]

    @pytest.mark.parametrize("first", [True, False], ids=["from the first frame on", "after walking in"])
    def test_two_minutes(self, street: Path, cast: list[Look], person_model: Path, first: bool) -> None:
        places: list[Place] = [(120, 330), (330, 450), (520, 330), (660, 540)]
        paths = {place: stands(place) if first else walks((50, (-60, place[1])), (90, place)) for place in places}
        actors = [Actor(track, look, path) for track, (look, path) in enumerate(zip(cast, paths.values(), strict=True))]
        stage = Stage(cutouts.empty_street(street), actors, rate=self.RATE)
        done = perform(stage, Direct(YoloxDetector(person_model, threads=2)), 300, every=10)
        assert_nobody_seen(done, least_labels=70)
        assert dataclasses.replace(stage, actors=()).truth([0]) == {1: []}
