import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from tests.scene import RATE, Person, Scene, raw, seen, walk
from watchglass.base.clock import WallUs
from watchglass.model.vision import Box, ObjectClass
from watchglass.redact.cells import Geometry
from watchglass.redact.cover import Labelled
from watchglass.redact.guard import CoverReason
from watchglass.redact.plate import Plate
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
            self.redactor.answered(time, suspects, found)
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
            drive.redactor.answered(drive.number / RATE, [BOX], found)
            drive.out += drive.redactor.release(drive.number / RATE, covers)
            drive.number += 1
        assert asked[-1] == pytest.approx(first / RATE)
        assert (seen(drive.out[-1])[0][84:156, 104:128] == COLOURS[PERSON][0]).all()


class TestShown:
    def test_the_empty_street_is_shown_as_it_is(self) -> None:
        drive = Drive().learn()
        (shown,) = drive.frame()
        number = drive.number - 5
        np.testing.assert_array_equal(shown.y, EMPTY.frame(number).y)
        assert shown.masked == 0

    def test_what_differs_is_filled_without_any_detector_s_help(self) -> None:
        drive = Drive().learn()
        for _ in range(6):
            drive.frame(SOMEBODY)
        shown = seen(drive.out[-1])
        original = SOMEBODY.picture(drive.number - 5)
        place = np.s_[:, 84:156, 104:128]
        assert (shown[place] == np.array(COLOURS[ObjectClass.UNKNOWN])[:, None, None]).all()
        assert (shown[0] != original[0])[:60].sum() == 0

    def test_somebody_tracked_is_filled_in_the_person_s_colour(self) -> None:
        drive = Drive().learn()
        for _ in range(6):
            drive.frame(SOMEBODY, covered=[(BOX, PERSON)], suspects=[BOX])
        assert (seen(drive.out[-1])[0][84:156, 104:128] == COLOURS[PERSON][0]).all()

    def test_one_cell_of_noise_is_shown_as_the_plate(self) -> None:
        drive = Drive().learn()
        for _ in range(6):
            picture = EMPTY.picture(drive.number)
            picture[0, 41:43, 201:203] = 16
            found = drive.redactor.push(raw(picture, drive.number), drive.number / RATE, [])
            drive.redactor.answered(drive.number / RATE, [], found)
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
        assert drive.redactor.reason is CoverReason.LEARNING

    def test_then_shown(self) -> None:
        assert Drive().learn().redactor.reason is None

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
            drive.redactor.answered(drive.number / RATE, [], found)
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

    def test_a_lasting_change_of_everything_is_another_scene(self) -> None:
        drive = Drive().learn()
        bright = Scene([], light=lambda _: 40)
        for _ in range(30 * RATE):
            drive.frame(bright)
        reasons = [shown.covered for shown in drive.out[-30 * RATE :]]
        after = [one for one, before in zip(reasons[1:], reasons, strict=False) if one != before]
        assert after == [CoverReason.CHANGED.value, CoverReason.LEARNING.value, None]
        given_up = reasons.index(CoverReason.LEARNING.value) / RATE
        assert given_up == pytest.approx(RedactOptions().give_up + 0.8, abs=0.6)
        np.testing.assert_array_equal(drive.out[-1].y, bright.frame(drive.number - 5).y)

    def test_one_that_passes_is_not(self) -> None:
        drive = Drive().learn()
        for _ in range(3):
            for _ in range(9 * RATE):
                drive.frame(Scene([], light=lambda _: 40))
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
        drive.frame()
        assert drive.redactor.aim([], WallUs(0)) is not None
        drive.frame(SOMEBODY, answers=False, jump=True)
        assert drive.redactor.aim([], WallUs(0)) is None

    def test_nor_of_a_damaged_frame(self) -> None:
        drive = Drive()
        found = drive.redactor.push(SOMEBODY.frame(0), 0.0, [], damaged=True)
        drive.redactor.answered(0.0, [], found)
        assert drive.redactor.aim([], WallUs(0)) is None

    def test_it_is_64_pixels_wide_with_everybody_covered_who_was_found_on_it(self) -> None:
        drive = Drive()
        drive.frame(SOMEBODY, suspects=[BOX])
        drive.frame(SOMEBODY, answers=False)  # the next frame is not the one that was looked at
        picture = drive.redactor.aim([], WallUs(7))
        assert picture is not None
        assert (picture.width, picture.height, picture.wall) == (64, 48, 7)
        assert (picture.y[16:32, 20:26] == COLOURS[PERSON][0]).all()

    def test_who_is_tracked_is_covered_too(self) -> None:
        drive = Drive()
        drive.frame(SOMEBODY)
        picture = drive.redactor.aim([BOX], WallUs(7))
        assert picture is not None
        assert (picture.y[16:32, 20:26] == COLOURS[PERSON][0]).all()

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
