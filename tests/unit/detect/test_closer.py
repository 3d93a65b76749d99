import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.clock import WallUs
from watchglass.detect.closer import alike, closer_look, part
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.media import Ticks
from watchglass.model.vision import Box, Detection, ObjectClass


def frame(width: int, height: int) -> RawFrame:
    """Luma tells the column and row modulo 16, chroma the same at half size."""

    def plane(wide: int, high: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        return (np.arange(wide)[None, :] % 16 * 16 + np.arange(high)[:, None] % 16).astype(np.uint8)

    y, half = plane(width, height), plane(width // 2, height // 2)
    return RawFrame(y, half, half.copy(), Ticks(9), WallUs(8))


@dataclasses.dataclass
class Scripted:
    """Says what it was told to, and remembers what it was shown."""

    answers: list[Detection]
    shown: list[RawFrame] = dataclasses.field(default_factory=list)
    closely: list[bool] = dataclasses.field(default_factory=list)
    name: str = "scripted"
    protection: Protection = Protection.FULL
    model_hash: str = ""

    def detect(self, frame: RawFrame, *, close: bool = False) -> list[Detection]:
        self.shown.append(frame)
        self.closely.append(close)
        return self.answers


class TestPart:
    @pytest.mark.parametrize(
        ("place", "corner", "size"),
        [
            (Box(300, 200, 360, 260), (240, 140), (180, 180)),  # three times as wide, in the middle
            (Box(310, 210, 330, 220), (272, 166), (96, 96)),  # no smaller than 96
            (Box(0, 0, 60, 60), (0, 0), (180, 180)),  # pushed in from the corner
            (Box(580, 420, 640, 480), (460, 300), (180, 180)),
            (Box(0, 0, 640, 480), (0, 0), (640, 480)),  # never more than there is
            (Box(100, 100, 130, 200), (0, 0), (300, 300)),  # the longer side decides
        ],
    )
    def test_is_a_square_round_the_place(self, place: Box, corner: tuple[int, int], size: tuple[int, int]) -> None:
        cut, left, top = part(frame(640, 480), place)
        assert (left, top) == corner
        assert (cut.width, cut.height) == size

    @given(
        st.floats(-50, 700), st.floats(-50, 530), st.floats(1, 300), st.floats(1, 300),
        st.sampled_from([(640, 480), (64, 48), (96, 96), (1920, 1080), (16, 16)]),
    )  # fmt: skip
    def test_holds_the_place_s_pixels_in_all_planes(
        self, left: float, top: float, width: float, height: float, size: tuple[int, int]
    ) -> None:
        whole = frame(*size)
        cut, at_left, at_top = part(whole, Box(left, top, left + width, top + height))
        assert at_left % 2 == at_top % 2 == cut.width % 2 == cut.height % 2 == 0
        assert 0 <= at_left <= at_left + cut.width <= whole.width
        assert 0 <= at_top <= at_top + cut.height <= whole.height
        np.testing.assert_array_equal(cut.y, whole.y[at_top:, at_left:][: cut.height, : cut.width])
        for mine, theirs in ((cut.u, whole.u), (cut.v, whole.v)):
            assert mine.shape == (cut.height // 2, cut.width // 2)
            np.testing.assert_array_equal(
                mine, theirs[at_top // 2 :, at_left // 2 :][: cut.height // 2, : cut.width // 2]
            )

    def test_is_of_the_same_time(self) -> None:
        cut, _, _ = part(frame(640, 480), Box(10, 10, 20, 20))
        assert (cut.pts, cut.wall) == (9, 8)


class TestAlike:
    PLACE = Box(100.5, 80, 163, 150)

    def changed(self, plane: str, at: tuple[slice, slice], by: int) -> RawFrame:
        made = frame(640, 480)
        other = getattr(made, plane).copy()
        other[at] = np.clip(other[at].astype(int) + by, 0, 255)
        return dataclasses.replace(made, **{plane: other})

    def test_the_same(self) -> None:
        assert alike(frame(640, 480), frame(640, 480), self.PLACE)

    @pytest.mark.parametrize(
        ("plane", "at"),
        [
            ("y", np.s_[80:88, 100:108]),
            ("y", np.s_[142:150, 155:163]),
            ("u", np.s_[50:58, 60:68]),
            ("v", np.s_[67:75, 73:81]),
        ],
    )
    def test_something_small_is_another(self, plane: str, at: tuple[slice, slice]) -> None:
        assert not alike(frame(640, 480), self.changed(plane, at, 60), self.PLACE)

    def test_what_changes_beside_it_does_not_matter(self) -> None:
        assert alike(frame(640, 480), self.changed("y", np.s_[0:78, :], 90), self.PLACE)
        assert alike(frame(640, 480), self.changed("y", np.s_[:, 165:], 90), self.PLACE)

    def test_noise_is_no_change(self) -> None:
        dice = np.random.default_rng(2)
        one, other = (
            dataclasses.replace(frame(640, 480), y=(100 + dice.normal(0, 4, (480, 640))).astype(np.uint8))
            for _ in range(2)
        )
        assert alike(one, other, self.PLACE)

    def test_a_place_outside_the_picture_is_never_the_same(self) -> None:
        assert not alike(frame(640, 480), frame(640, 480), Box(700, 10, 720, 30))


class TestCloserLook:
    PLACE = Box(300, 200, 360, 260)  # the part begins at 240, 140: the place is 60..120 in it

    def score(self, *answers: Detection) -> float:
        return closer_look(Scripted(list(answers)), frame(640, 480), self.PLACE)

    def test_is_given_the_part_and_not_the_frame(self) -> None:
        detector = Scripted([])
        closer_look(detector, frame(640, 480), self.PLACE)
        assert [(one.width, one.height) for one in detector.shown] == [(180, 180)]
        assert detector.closely == [True]

    def test_is_the_likeliest_person_that_touches_the_place(self) -> None:
        inside = Detection(Box(70, 70, 100, 110), ObjectClass.PERSON, 0.4)
        edge = Detection(Box(119, 119, 170, 170), ObjectClass.PERSON, 0.6)
        assert self.score(inside, edge) == 0.6

    @pytest.mark.parametrize(
        "box",
        [Box(0, 60, 60, 120), Box(120, 60, 180, 120), Box(60, 0, 120, 60), Box(60, 120, 120, 180)],
        ids=["left", "right", "above", "below"],
    )
    def test_somebody_beside_the_place_is_no_answer(self, box: Box) -> None:
        assert self.score(Detection(box, ObjectClass.PERSON, 0.9)) == 0.0

    def test_a_thing_in_the_place_is_nobody(self) -> None:
        assert self.score(Detection(Box(70, 70, 100, 110), ObjectClass.THING, 0.9)) == 0.0

    def test_nothing_found_is_nobody(self) -> None:
        assert self.score() == 0.0
