import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.leak import Picture
from tests.scene import RATE, Person, Scene, raw, seen, walk
from watchglass.base.clock import WallUs
from watchglass.model.vision import Box, ObjectClass
from watchglass.redact.cells import Geometry, shrink
from watchglass.redact.cover import Labelled
from watchglass.redact.guard import CoverReason
from watchglass.redact.plate import Plate, Signs
from watchglass.redact.redactor import RedactOptions, Redactor
from watchglass.redact.shown import COLOURS, ShownFrame

EMPTY = Scene([])
SOMEBODY = Scene([Person(1, walk((100, 80), (0, 0)))])
BOX = Box(100, 80, 132, 160)
PERSON = ObjectClass.PERSON
LEARNING = 8  # seconds: more than a plate and a first answer take


@dataclasses.dataclass
class Drive:
    """A redactor, frame by frame, with a detector that answers (or not) and boxes that are covered."""

    redactor: Redactor = dataclasses.field(default_factory=lambda: Redactor(Plate(Geometry(EMPTY.width, EMPTY.height))))
    number: int = 0
    out: list[ShownFrame] = dataclasses.field(default_factory=list)

    def frame(
        self,
        scene: Scene = EMPTY,
        *,
        covered: Labelled | None = None,
        suspects: Sequence[Box] = (),
        answers: bool = True,
        jump: bool = False,
        damaged: bool = False,
    ) -> list[ShownFrame]:
        time = self.number / RATE
        found = self.redactor.push(scene.frame(self.number, jump=jump), time, covered or [], damaged=damaged)
        if answers and not damaged:
            self.redactor.answered(Signs(suspects), found)
        new = list(self.redactor.release(time, lambda _: covered or []))
        self.out += new
        self.number += 1
        return new

    def learn(self) -> "Drive":
        for _ in range(LEARNING * RATE):
            self.frame()
        assert self.out[-1].covered is None
        return self


class TestLookAhead:
    def test_a_frame_is_shown_when_it_has_waited(self) -> None:
        drive = Drive()
        released = [len(drive.frame()) for _ in range(10)]
        assert released == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]  # 0.8 s are four frames

    def test_every_frame_comes_out_once_and_in_order(self) -> None:
        drive = Drive()
        for _ in range(23):
            drive.frame()
        every = [*drive.out, *drive.redactor.drain(lambda _: [])]
        assert [shown.pts for shown in every] == [EMPTY.frame(number).pts for number in range(23)]
        assert [shown.wall for shown in every] == [EMPTY.frame(number).wall for number in range(23)]
        assert list(drive.redactor.drain(lambda _: [])) == []

    def test_covers_are_asked_for_when_it_is_shown(self) -> None:
        """What was found meanwhile counts: that is what waiting is for."""
        drive = Drive().learn()
        drive.frame(SOMEBODY)
        asked: list[float] = []

        def covers(time: float) -> Labelled:
            asked.append(time)
            return [(BOX, PERSON)]

        first = drive.number - 1
        for _ in range(4):
            found = drive.redactor.push(SOMEBODY.frame(drive.number), drive.number / RATE, [])
            drive.redactor.answered(Signs([BOX]), found)
            drive.out += drive.redactor.release(drive.number / RATE, covers)
            drive.number += 1
        assert asked[-1] == pytest.approx(first / RATE)
        assert (seen(drive.out[-1])[0][84:156, 104:128] == COLOURS[PERSON][0]).all()


def taken(scene: Scene, number: int, shown: ShownFrame, rows: slice = slice(None)) -> int:
    """The frame at most a second before `number` whose luma is what is shown in these rows."""
    for back in range(RATE):
        if np.array_equal(scene.frame(number - back).y[rows], shown.y[rows]):
            return number - back
    raise AssertionError(f"what is shown as frame {number} is none of the last second")


@dataclasses.dataclass(frozen=True)
class Elsewhere(Scene):
    """Another street: the same stones the other way round."""

    def picture(self, number: int) -> Picture:
        return np.ascontiguousarray(super().picture(number)[:, ::-1, ::-1])


class TestShown:
    def test_the_empty_street_is_shown_as_it_was_at_most_a_second_before(self) -> None:
        drive = Drive().learn()
        numbers = []
        for _ in range(3 * RATE):
            (shown,) = drive.frame()
            assert shown.masked == 0
            numbers.append(taken(EMPTY, drive.number - 5, shown))
        assert len(set(numbers)) in {3, 4}  # once a second

    def test_what_differs_is_filled_without_any_detector_s_help(self) -> None:
        drive = Drive().learn()
        for _ in range(6):
            drive.frame(SOMEBODY)
        shown = seen(drive.out[-1])
        original = SOMEBODY.picture(drive.number - 5)
        place = np.s_[:, 84:156, 104:128]
        filled = (shown == np.array(COLOURS[ObjectClass.UNKNOWN])[:, None, None]).all(axis=0)
        assert filled[place[1:]].mean() > 0.9
        scenes = np.stack([EMPTY.frame(number).y for number in range(5)])
        assert (filled | (shown[0] == scenes).any(axis=0)).all()  # all else is the scene, with nobody in it
        assert taken(SOMEBODY, drive.number - 5, drive.out[-1], slice(0, 60))
        assert not (shown[place] == original[place]).all()

    def test_somebody_tracked_is_filled_in_the_person_s_colour(self) -> None:
        drive = Drive().learn()
        for _ in range(6):
            drive.frame(SOMEBODY, covered=[(BOX, PERSON)], suspects=[BOX])
        assert (seen(drive.out[-1])[0][84:156, 104:128] == COLOURS[PERSON][0]).all()

    def test_one_cell_of_noise_is_shown_as_the_scene_was(self) -> None:
        drive = Drive().learn()
        for _ in range(6):
            picture = EMPTY.picture(drive.number)
            picture[0, 41:43, 201:203] = 16
            found = drive.redactor.push(raw(picture, drive.number), drive.number / RATE, [])
            drive.redactor.answered(Signs([]), found)
            drive.out += drive.redactor.release(drive.number / RATE, lambda _: [])
            drive.number += 1
        shown = drive.out[-1]
        assert shown.masked == 0
        assert np.abs(shown.y[40:44, 200:204].astype(int) - EMPTY.empty()[0, 40:44, 200:204]).mean() < 6


class TestCovered:
    def reasons(self, drive: Drive, count: int, *, jump: bool = False, damaged: bool = False) -> list[str | None]:
        """Of so many frames, the first of which has the trouble."""
        before = len(drive.out)
        for number in range(count):
            drive.frame(jump=jump and number == 0, damaged=damaged and number == 0)
        return [shown.covered for shown in drive.out[before:]]

    def test_at_first_because_nothing_is_learnt(self) -> None:
        drive = Drive()
        reasons = self.reasons(drive, 20)
        assert set(reasons) == {CoverReason.LEARNING.value}

    def test_then_shown(self) -> None:
        assert set(self.reasons(Drive().learn(), 3)) == {None}

    def test_a_jump(self) -> None:
        reasons = self.reasons(Drive().learn(), 12, jump=True)
        assert reasons[4] == CoverReason.JUMP.value
        assert reasons[:4] == [None] * 4
        assert reasons[-1] is None

    def test_a_damaged_frame(self) -> None:
        reasons = self.reasons(Drive().learn(), 12, damaged=True)
        assert reasons[4:7] == [CoverReason.DECODE.value] * 3  # and until it has settled
        assert reasons[-1] is None

    def test_nothing_is_learnt_from_a_damaged_frame(self) -> None:
        drive = Drive()
        for _ in range(LEARNING * RATE):
            found = drive.redactor.push(EMPTY.frame(drive.number), drive.number / RATE, [], damaged=True)
            drive.redactor.answered(Signs([]), found)
            drive.number += 1
        assert not drive.redactor.plate.known.any()

    def test_silence_of_the_detector(self) -> None:
        drive = Drive().learn()
        for _ in range(8 * RATE):
            drive.frame(answers=False)
        reasons = [shown.covered for shown in drive.out[-8 * RATE :]]
        last = reasons.index(CoverReason.DETECTOR.value)
        assert 4 * RATE <= last <= 6 * RATE  # a still picture
        assert set(reasons[last:]) == {CoverReason.DETECTOR.value}

    def test_and_sooner_where_something_moves(self) -> None:
        drive = Drive().learn()
        for _ in range(4 * RATE):
            drive.frame(SOMEBODY, answers=False)
        reasons = [shown.covered for shown in drive.out[-4 * RATE :]]
        last = reasons.index(CoverReason.DETECTOR.value)
        assert last <= 2 * RATE
        assert set(reasons[last:]) == {CoverReason.DETECTOR.value}

    def test_too_much_at_once(self) -> None:
        drive = Drive().learn()
        bright = Scene([], light=lambda _: 40)
        for _ in range(2 * RATE):
            drive.frame(bright)
        assert drive.out[-1].covered == CoverReason.CHANGED.value

    def test_a_flash_that_comes_again_and_again(self) -> None:
        """It is no thing in the wind, however often every place has left the plate and come back."""
        drive = Drive().learn()
        bright = Scene([], light=lambda _: 40)
        flashes = []
        for _ in range(12):
            for _ in range(2):
                flashes.append(drive.number)
                drive.frame(bright)
            for _ in range(8):
                drive.frame()
        by_time = {shown.pts: shown.covered for shown in drive.out}
        reasons = {by_time[EMPTY.frame(number).pts] for number in flashes}
        assert reasons == {CoverReason.CHANGED.value}
        assert drive.out[-1].covered is None

    def test_a_lasting_change_of_everything_is_another_scene(self) -> None:
        drive = Drive().learn()
        other = Elsewhere([])
        for _ in range(30 * RATE):
            drive.frame(other)
        reasons = [shown.covered for shown in drive.out[-30 * RATE :]]
        after = [one for one, before in zip(reasons[1:], reasons, strict=False) if one != before]
        assert after == [CoverReason.CHANGED.value, CoverReason.LEARNING.value, None]
        given_up = reasons.index(CoverReason.LEARNING.value) / RATE
        assert given_up == pytest.approx(RedactOptions().give_up + 0.8, abs=0.6)
        assert taken(other, drive.number - 5, drive.out[-1])

    def test_one_that_passes_is_not(self) -> None:
        drive = Drive().learn()
        for _ in range(3):
            for _ in range(9 * RATE):
                drive.frame(Elsewhere([]))
            for _ in range(2 * RATE):
                drive.frame()
        assert drive.redactor.plate.known.all()


class TestAim:
    """Rule R7: no raw picture, ever, in which nobody has looked for people."""

    def test_there_is_none_before_the_first_frame(self) -> None:
        assert Drive().redactor.aim([], WallUs(0)) is None

    def test_nor_before_the_detector_s_first_answer(self) -> None:
        drive = Drive()
        for _ in range(10):
            drive.frame(SOMEBODY, answers=False)
        assert drive.redactor.aim([], WallUs(0)) is None

    def test_nor_of_what_comes_after_a_jump_before_it_was_looked_at(self) -> None:
        drive = Drive()
        for _ in range(12):
            drive.frame()
        assert drive.redactor.aim([], WallUs(0)) is not None
        drive.frame(SOMEBODY, answers=False, jump=True)
        assert drive.redactor.aim([], WallUs(0)) is None

    def test_nor_of_a_damaged_frame(self) -> None:
        drive = Drive()
        found = drive.redactor.push(SOMEBODY.frame(0), 0.0, [], damaged=True)
        drive.redactor.answered(Signs([]), found)
        assert drive.redactor.aim([], WallUs(0)) is None

    def test_it_is_64_pixels_wide_with_everybody_covered_who_was_found_on_it(self) -> None:
        drive = Drive()
        for _ in range(12):
            drive.frame(SOMEBODY, suspects=[BOX])
        drive.frame(SOMEBODY, answers=False)  # the next frame is not the one that was looked at
        picture = drive.redactor.aim([], WallUs(7))
        assert picture is not None
        assert (picture.width, picture.height, picture.wall) == (64, 48, 7)
        assert (picture.y[16:32, 20:26] == COLOURS[PERSON][0]).all()

    def test_who_is_tracked_is_covered_too(self) -> None:
        drive = Drive()
        for _ in range(12):
            drive.frame(SOMEBODY)
        picture = drive.redactor.aim([BOX], WallUs(7))
        assert picture is not None
        assert (picture.y[16:32, 20:26] == COLOURS[PERSON][0]).all()

    def test_who_moves_is_covered_though_no_detector_sees_them(self) -> None:
        drive = Drive()
        walking = Scene([Person(1, walk((60, 80), (4, 0)))])
        for _ in range(14):
            drive.frame(walking)
        picture = drive.redactor.aim([], WallUs(7))
        assert picture is not None
        left = 60 + 13 * 4
        shown = picture.y[18:31, (left + 4) // 5 : (left + 30) // 5]
        assert (shown == COLOURS[PERSON][0]).all()

    def test_nor_of_a_picture_that_moves_everywhere(self) -> None:
        """Somebody stands right before the lens."""
        drive = Drive()
        for number in range(14):
            drive.frame(EMPTY if number % 2 else Elsewhere([]))
        assert drive.redactor.aim([], WallUs(0)) is None

    def test_once_half_of_the_plate_is_known_it_is_the_plate(self) -> None:
        drive = Drive()
        for _ in range(6 * RATE):
            drive.frame(SOMEBODY, suspects=[BOX])
        picture = drive.redactor.aim([], WallUs(7))
        assert picture is not None
        assert (picture.width, picture.height) == (320, 240)
        known = drive.redactor.plate.known
        assert not known[20:40, 25:33].any()
        assert (picture.y[80:160, 100:132] == 42).all()


def known_plate(scene: Scene) -> Plate:
    """As it would be after a while."""
    plate = Plate(Geometry(scene.width, scene.height))
    y, u, v = shrink(raw(scene.empty(), 0), plate.geometry).planes()
    if isinstance(scene, Elsewhere):
        y, u, v = (np.ascontiguousarray(plane[::-1, ::-1]) for plane in (y, u, v))
    every = np.ones(plate.geometry.grid, np.bool_)
    assert plate.restore({"y": y, "u": u, "v": v, "known": every, "cleared": ~every})
    return plate


class TestOtherLooks:
    def test_one_that_was_learnt_before_is_shown_again_within_two_seconds(self) -> None:
        """By night under a lamp, from another preset: no learning anew."""
        drive = Drive(Redactor(known_plate(Elsewhere([]))))
        drive.redactor.book.put(known_plate(EMPTY))
        for _ in range(3 * RATE):
            drive.frame(Elsewhere([]))
        for _ in range(5 * RATE):
            drive.frame()
        reasons = [shown.covered for shown in drive.out]
        first = 3 * RATE
        assert reasons[first] == CoverReason.CHANGED.value
        assert reasons[first + 2 * RATE :] == [None] * len(reasons[first + 2 * RATE :])
        assert len(reasons) > first + 3 * RATE
        assert len(drive.redactor.book.looks) == 1  # the other one, for when it comes back

    def test_nothing_of_the_scene_before_is_shown_in_it(self) -> None:
        drive = Drive(Redactor(known_plate(Elsewhere([]))))
        drive.redactor.book.put(known_plate(EMPTY))
        for _ in range(3 * RATE):
            drive.frame(Elsewhere([]))
        for _ in range(5 * RATE):
            drive.frame()
        assert taken(EMPTY, drive.number - 5, drive.out[-1])


class TestShaking:
    def test_a_camera_in_the_wind_is_held_still(self) -> None:
        drive = Drive(Redactor(known_plate(EMPTY)))
        strange = []
        for number in range(4 * RATE):
            picture = EMPTY.picture(number)
            if number >= RATE:
                picture = np.roll(picture, (2, -3), (1, 2)) if number % 2 else np.roll(picture, (-1, 2), (1, 2))
            found = drive.redactor.push(raw(np.ascontiguousarray(picture), number), number / RATE, [])
            drive.redactor.answered(Signs([]), found)
            strange.append(found.strange[2:-2, 2:-2].mean())  # the edges came in from nowhere
        assert max(strange[2 * RATE :]) < 0.02

    def test_one_that_is_not_looks_all_different_without_it(self) -> None:
        plate = known_plate(EMPTY)
        moved = raw(np.ascontiguousarray(np.roll(EMPTY.picture(1), (2, -3), (1, 2))), 1)
        assert plate.strange(shrink(moved, plate.geometry))[0].mean() > 0.2


class TestVehicles:
    @pytest.mark.parametrize("allowed", [False, True])
    def test_are_seen_only_where_they_are_to_be(self, allowed: bool) -> None:
        drive = Drive(Redactor(known_plate(EMPTY), RedactOptions(vehicles=allowed)))
        for _ in range(2 * RATE):
            drive.frame(SOMEBODY, covered=[(BOX, ObjectClass.VEHICLE)])
        shown = drive.out[-1]
        assert shown.covered is None
        filled = shown.y == COLOURS[ObjectClass.VEHICLE][0]
        assert filled[84:118, 104:128].mean() > 0.9
        assert (filled[124:156, 104:128].mean() > 0.9) != allowed

    def test_and_nobody_in_or_on_one(self) -> None:
        drive = Drive(Redactor(known_plate(EMPTY), RedactOptions(vehicles=True)))
        for _ in range(2 * RATE):
            drive.frame(SOMEBODY, covered=[(BOX, ObjectClass.VEHICLE), (BOX, PERSON)])
        assert (drive.out[-1].y[84:156, 104:128] == COLOURS[PERSON][0]).all()


class TestWithoutPictures:
    def test_nothing_is_drawn_and_the_scene_is_learnt_all_the_same(self) -> None:
        plate = Plate(Geometry(EMPTY.width, EMPTY.height))
        drive = Drive(Redactor(plate, RedactOptions(pictures=False)))
        for _ in range(LEARNING * RATE):
            drive.frame()
        assert drive.out == []
        assert list(drive.redactor.drain(lambda _: [])) == []
        assert plate.ready


class TestReducedProtection:
    """A detector that finds too few people for telling them from other things."""

    def drawn(self, drive: Drive, scene: Scene, *, all_people: bool = True) -> int:
        """The luma in the middle of SOMEBODY's place, a look-ahead after a frame of `scene`."""
        for one in (scene, EMPTY, EMPTY, EMPTY, EMPTY):  # 0.8 s are four frames
            found = drive.redactor.push(one.frame(drive.number), drive.number / RATE, [])
            drive.redactor.answered(Signs([]), found, all_people=all_people)
            drive.out += drive.redactor.release(drive.number / RATE, lambda _: [])
            drive.number += 1
        ((_, box),) = SOMEBODY.boxes(0)
        return int(drive.out[-1].y[int((box.top + box.bottom) / 2), int((box.left + box.right) / 2)])

    @pytest.mark.parametrize(("all_people", "colour"), [(False, ObjectClass.UNKNOWN), (True, PERSON)])
    def test_whom_it_misses_is_drawn_as_somebody(self, all_people: bool, colour: ObjectClass) -> None:
        assert self.drawn(Drive().learn(), SOMEBODY, all_people=all_people) == COLOURS[colour][0]

    def test_also_where_many_have_passed(self) -> None:
        """To the plate that is a thing in the wind, and those are not drawn."""
        drive = Drive().learn()
        assert {self.drawn(drive, SOMEBODY) for _ in range(12)} == {COLOURS[PERSON][0]}
        assert drive.redactor.plate.restless.any()
        assert self.drawn(drive, SOMEBODY, all_people=False) != COLOURS[PERSON][0]
