import cv2
import numpy as np
import pytest

from tests.unit.redact.frames import noise
from watchglass.base.clock import WallUs
from watchglass.model.frame import Plane, RawFrame
from watchglass.model.media import Ticks
from watchglass.redact.align import Aligner, AlignOptions, Shift, moved_back

WIDTH, HEIGHT = 200, 152
EDGE = 16
OPTIONS = AlignOptions()
SHIFTS: list[Shift] = [(1, 0), (0, -1), (2, 3), (-3, 1), (-2, -3), (3, -3)]


def scene(seed: int = 3) -> Plane:
    """Something to hold on to, larger than the picture by an edge all round."""
    dice = np.random.default_rng(seed).integers(20, 230, (HEIGHT + 2 * EDGE, WIDTH + 2 * EDGE), dtype=np.uint8)
    return cv2.GaussianBlur(dice, (0, 0), 2.5).astype(np.uint8, copy=False)


def view(shift: Shift = (0, 0), seed: int = 3) -> Plane:
    """The picture of a camera that has moved so that its scene lies `shift` to the right and below."""
    across, down = shift
    return scene(seed)[EDGE - down : EDGE - down + HEIGHT, EDGE - across : EDGE - across + WIDTH].copy()


def anchored(step: int = 1) -> Aligner:
    aligner = Aligner(step)
    aligner.anchor(view())
    assert aligner.anchored
    return aligner


class TestMeasure:
    @pytest.mark.parametrize("shift", SHIFTS)
    def test_whole_pixels_are_found(self, shift: Shift) -> None:
        assert anchored().measure(view(shift), 0.0) == shift

    @pytest.mark.parametrize("step", [2, 5])
    def test_they_are_told_in_pixels_of_the_frame(self, step: int) -> None:
        assert anchored(step).measure(view((2, -1)), 0.0) == (2 * step, -step)

    def test_parts_of_a_small_pixel_are_whole_ones_of_a_large_frame(self) -> None:
        by = np.array([[1.0, 0.0, 1.4], [0.0, 1.0, 0.0]])
        moved = cv2.warpAffine(view(), by, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        assert anchored(5).measure(moved.astype(np.uint8), 0.0) == (7, 0)

    def test_a_scene_that_stays_has_none(self) -> None:
        assert anchored().measure(view(), 0.0) == (0, 0)

    def test_nor_has_one_with_noise_alone(self) -> None:
        noisy = view() + np.random.default_rng(1).normal(0, 4, (HEIGHT, WIDTH))
        assert anchored().measure(noisy.clip(0, 255).astype(np.uint8), 0.0) == (0, 0)

    def test_people_in_front_of_some_of_it_do_not_matter(self) -> None:
        picture = view((2, 1))
        picture[:, : WIDTH // 3] = noise(9, width=WIDTH, height=HEIGHT).y[:, : WIDTH // 3]
        assert anchored().measure(picture, 0.0) == (2, 1)

    def test_nor_do_people_who_were_moved_themselves(self) -> None:
        """Three of the nine places went the other way: they are outvoted."""
        picture = view((2, 1))
        picture[: HEIGHT // 3] = view((-3, -3))[: HEIGHT // 3]
        assert anchored().measure(picture, 0.0) == (2, 1)

    def test_light_does_not_matter(self) -> None:
        assert anchored().measure((view((2, 1)) * 0.6).astype(np.uint8), 0.0) == (2, 1)

    @pytest.mark.parametrize("picture", [view(seed=4), view((14, 14)), np.full((HEIGHT, WIDTH), 100, np.uint8)])
    def test_what_is_not_the_scene_tells_nothing(self, picture: Plane) -> None:
        assert anchored().measure(picture, 0.0) == (0, 0)

    def test_a_blank_wall_is_nothing_to_hold_on_to(self) -> None:
        aligner = Aligner(1)
        aligner.anchor(np.full((HEIGHT, WIDTH), 100, np.uint8))
        assert not aligner.anchored
        assert aligner.measure(view((2, 1)), 0.0) == (0, 0)

    @pytest.mark.parametrize("size", [(16, 16), (33, 40), (400, 20)])
    def test_a_tiny_picture_is_no_error(self, size: tuple[int, int]) -> None:
        aligner, luma = Aligner(1), noise(width=size[0], height=size[1]).y
        aligner.anchor(luma)
        assert aligner.measure(luma, 0.0) == (0, 0)

    def test_nothing_is_held_to_before_there_is_an_anchor_or_after_it_is_forgotten(self) -> None:
        aligner = Aligner(1)
        assert aligner.measure(view((2, 1)), 0.0) == (0, 0)
        aligner.anchor(view())
        aligner.forget()
        assert not aligner.anchored
        assert aligner.measure(view((2, 1)), 5.0) == (0, 0)

    def test_the_anchor_is_the_caller_s_picture_no_longer(self) -> None:
        aligner, luma = Aligner(1), view()
        aligner.anchor(luma)
        luma[:] = 0
        assert aligner.measure(view((2, 1)), 0.0) == (2, 1)


class TestHowOften:
    def test_a_steady_camera_is_looked_at_once_a_second(self) -> None:
        aligner = anchored()
        assert aligner.measure(view(), 0.0) == (0, 0)
        assert [aligner.measure(view((2, 1)), time) for time in (0.1, 0.5, 0.9)] == [(0, 0)] * 3
        assert aligner.measure(view((2, 1)), 1.0) == (2, 1)

    def test_a_shaking_one_with_every_frame(self) -> None:
        aligner = anchored()
        assert aligner.measure(view((2, 1)), 0.0) == (2, 1)
        for number, shift in enumerate(SHIFTS, start=1):
            assert aligner.measure(view(shift), number * 0.04) == shift

    def test_until_it_has_been_steady_for_a_while(self) -> None:
        aligner = anchored()
        aligner.measure(view((2, 1)), 0.0)
        steps = round(OPTIONS.unsteady / 0.25)
        for number in range(1, steps + 1):
            assert aligner.measure(view(), number * 0.25) == (0, 0)
        assert aligner.measure(view((2, 1)), OPTIONS.unsteady + 0.25) == (0, 0)
        assert aligner.measure(view((2, 1)), OPTIONS.unsteady + 1.25) == (2, 1)


class TestMovedBack:
    @pytest.mark.parametrize("shift", SHIFTS)
    def test_luma_is_where_it_was_to_the_pixel(self, shift: Shift) -> None:
        half = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
        frame = RawFrame(view(shift), half, half, Ticks(9), WallUs(99), jump=True)
        back = moved_back(frame, shift)
        np.testing.assert_array_equal(back.y[4:-4, 4:-4], view()[4:-4, 4:-4])
        assert (back.pts, back.wall, back.jump) == (9, 99, True)
        assert back.y.dtype == np.uint8

    def test_chroma_moves_half_as_far(self) -> None:
        frame = noise(2)
        back = moved_back(frame, (4, -2))
        np.testing.assert_array_equal(back.u[4:-4, 4:-4], np.roll(frame.u, (1, -2), (0, 1))[4:-4, 4:-4])
        np.testing.assert_array_equal(back.v[4:-4, 4:-4], np.roll(frame.v, (1, -2), (0, 1))[4:-4, 4:-4])

    def test_what_came_in_at_the_edge_is_repeated_from_the_edge(self) -> None:
        frame = noise(2)
        back = moved_back(frame, (-2, 0))  # the scene lies two pixels to the left
        for column in (0, 1):
            np.testing.assert_array_equal(back.y[:, column], frame.y[:, 0])

    def test_a_frame_that_has_not_moved_is_itself(self) -> None:
        frame = noise(2)
        assert moved_back(frame, (0, 0)) is frame
