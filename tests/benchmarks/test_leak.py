"""The measure itself: what it must find, whatever a redaction calls itself, and what it must let pass."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from benchmarks import leak
from benchmarks.leak import Label, Leak, Picture
from tests.scene import Person, Scene, walk
from watchglass.model.vision import Box

FRAMES = 24
COVER = (152, 76, 182)
OTHER = (112, 132, 124)
STREET = Scene([Person(1, walk((0, 20), (9, 0))), Person(2, walk((280, 130), (-9, 0)))])
CLOSE = Scene([Person(3, walk((20, 4), (6, 0)), width=120, height=230, grain=16)])

Redaction = Callable[[Picture, list[Box], int], None]
"""Changes a picture in place, given where everybody is, and the number of the frame."""


def measured(scene: Scene, redaction: Redaction, *, truth: leak.Labels | None = None) -> Leak:
    def redacted() -> Iterator[Picture]:
        for number in range(FRAMES):
            picture = scene.picture(number)
            redaction(picture, [box for _, box in scene.boxes(number)], number)
            yield picture

    return leak.measure(scene.pictures(FRAMES), redacted, truth or scene.truth(FRAMES))


def place(box: Box, margin: int = 0) -> tuple[slice, slice]:
    left, top, right, bottom = (int(side) for side in dataclasses.astuple(box))
    return slice(max(0, top - margin), bottom + margin), slice(max(0, left - margin), right + margin)


def nothing(picture: Picture, boxes: list[Box], number: int) -> None:
    """No redaction at all."""


def brighter(picture: Picture, boxes: list[Box], number: int) -> None:
    for box in boxes:
        picture[0][place(box)] = np.minimum(picture[0][place(box)], 205) + 50


def flat(picture: Picture, boxes: list[Box], number: int) -> None:
    for box in boxes:
        for plane, level in zip(picture, COVER, strict=True):
            plane[place(box, 4)] = level


def blur(picture: Picture, boxes: list[Box], number: int) -> None:
    for box in boxes:
        for plane in picture:
            plane[place(box)] = cv2.GaussianBlur(plane[place(box)], (0, 0), 4)


def mosaic(squares: int) -> Redaction:
    def redaction(picture: Picture, boxes: list[Box], number: int) -> None:
        for box in boxes:
            for plane in picture:
                part = plane[place(box)]
                down, across = part.shape
                coarse = cv2.resize(
                    part, (max(1, across // squares), max(1, down // squares)), interpolation=cv2.INTER_AREA
                )
                plane[place(box)] = cv2.resize(coarse, (across, down), interpolation=cv2.INTER_NEAREST)

    return redaction


def posterised(levels: int, *, mixed: bool = False) -> Redaction:
    """Few levels of luma, no colour; `mixed` puts the levels into another order, so that light is not light."""

    def redaction(picture: Picture, boxes: list[Box], number: int) -> None:
        order = np.array([2, 0, 3, 1][:levels] if mixed else range(levels))
        for box in boxes:
            steps = (cv2.GaussianBlur(picture[0][place(box)], (0, 0), 2).astype(int) * levels // 256).astype(int)
            picture[0][place(box)] = 40 + order[steps] * 180 // levels
            picture[1][place(box)] = picture[2][place(box)] = 128

    return redaction


def late(scene: Scene, by: int) -> Redaction:
    def redaction(picture: Picture, boxes: list[Box], number: int) -> None:
        flat(picture, [box for _, box in scene.boxes(max(0, number - by))], number)

    return redaction


class TestFinds:
    @pytest.mark.parametrize(
        "redaction", [nothing, brighter, blur, mosaic(6)], ids=["none", "brighter", "blur", "mosaic"]
    )
    def test_people_who_can_be_seen(self, redaction: Redaction) -> None:
        found = measured(STREET, redaction)
        assert found.labels == 2 * FRAMES
        assert found.exposed_heads >= 0.9 * found.labels
        assert found.exposed_bodies >= 0.9 * found.labels
        assert (found.tracks, found.exposed_tracks) == (2, 2)

    @pytest.mark.parametrize(
        "redaction",
        [nothing, blur, mosaic(24), posterised(4), posterised(2), posterised(4, mixed=True)],
        ids=["none", "blur", "mosaic", "four levels", "two levels", "four levels in another order"],
    )
    def test_somebody_close_and_smooth(self, redaction: Redaction) -> None:
        """Large and without a fine texture: flat nearly everywhere under each of these, and known at a glance."""
        found = measured(CLOSE, redaction)
        assert found.labels == FRAMES
        assert found.exposed_heads >= 0.9 * found.labels
        assert found.exposed_bodies >= 0.9 * found.labels

    def test_covers_one_frame_late(self) -> None:
        fast = Scene([Person(1, walk((0, 20), (24, 0), last=11))])
        found = measured(fast, late(fast, 1))
        assert found.exposed_heads == found.labels - 1  # on the first frame they were where they are
        assert measured(fast, late(fast, 0)).exposed_heads == 0

    def test_one_head_on_one_frame(self) -> None:
        def all_but_one(picture: Picture, boxes: list[Box], number: int) -> None:
            flat(picture, boxes if number != 7 else boxes[1:], number)

        found = measured(STREET, all_but_one)
        assert (found.exposed_heads, found.exposed_bodies, found.exposed_tracks) == (1, 1, 1)

    def test_a_head_over_a_covered_body(self) -> None:
        def headless(picture: Picture, boxes: list[Box], number: int) -> None:
            flat(picture, [Box(box.left, box.top + 24, box.right, box.bottom) for box in boxes], number)

        found = measured(STREET, headless)
        assert (found.exposed_heads, found.exposed_bodies) == (found.labels, 0)

    def test_somebody_who_never_moves(self) -> None:
        """They are in the median of the video, which is no excuse: it is taken where nobody is labelled."""
        still = Scene([Person(1, walk((100, 60), (0, 0)))])
        assert measured(still, nothing).exposed_heads == FRAMES

    def test_somebody_on_a_frame_that_is_covered_but_for_them(self) -> None:
        def hole(picture: Picture, boxes: list[Box], number: int) -> None:
            shown = picture[:, *place(boxes[0])].copy()
            picture[:] = np.array(COVER, np.uint8)[:, None, None]
            picture[:, *place(boxes[0])] = shown

        found = measured(STREET, hole)
        assert found.exposed_heads == FRAMES  # one of the two
        assert found.covered_frames == FRAMES


class TestLetsPass:
    def test_flat_covers(self) -> None:
        found = measured(STREET, flat)
        assert (found.exposed_heads, found.exposed_bodies, found.exposed_tracks) == (0, 0, 0)
        assert found.covered_frames == 0
        assert found.people == pytest.approx(2 * 32 * 80 / (320 * 240), abs=1e-3)
        assert found.people < found.masked < 1.6 * found.people

    def test_flat_covers_over_somebody_close(self) -> None:
        assert measured(CLOSE, flat).exposed_heads == 0

    def test_covers_of_two_colours_that_do_not_follow_what_is_under_them(self) -> None:
        def halves(picture: Picture, boxes: list[Box], number: int) -> None:
            flat(picture, boxes, number)
            for box in boxes:
                for plane, level in zip(picture, OTHER, strict=True):
                    plane[place(Box(box.left, box.top + box.height / 2, box.right, box.bottom))] = level

        found = measured(STREET, halves)
        assert (found.exposed_heads, found.exposed_bodies) == (0, 0)

    def test_the_empty_street_where_somebody_was_taken_out(self) -> None:
        def emptied(picture: Picture, boxes: list[Box], number: int) -> None:
            picture[:] = STREET.empty()

        found = measured(STREET, emptied)
        assert (found.exposed_heads, found.exposed_bodies) == (0, 0)

    def test_frames_covered_whole(self) -> None:
        def whole(picture: Picture, boxes: list[Box], number: int) -> None:
            picture[:] = np.array((42, 132, 125), np.uint8)[:, None, None]
            cv2.putText(picture[0], "Learning", (100, 110), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 190)

        found = measured(STREET, whole)
        assert (found.covered_frames, found.exposed_heads) == (FRAMES, 0)
        assert (found.masked, found.people) == (1.0, 0.0)

    def test_labels_too_small_to_show_anybody(self) -> None:
        far = {number: [Label(1, 50, 50, 8, 14)] for number in range(1, FRAMES + 1)}
        assert measured(STREET, nothing, truth=far).labels == 0


class TestFiles:
    def test_videos_of_unlike_length_are_refused(self) -> None:
        with pytest.raises(ValueError, match="shorter"):
            leak.measure(STREET.pictures(5), STREET.pictures(4), STREET.truth(5))

    def test_labels_are_read_as_motchallenge_has_them(self, tmp_path: Path) -> None:
        path = tmp_path / "gt.txt"
        path.write_text("2,7,1.5,2,3,4,1,-1,-1,-1\n\n1,8,0,0,5,6\n2,9,1,1,2\n2,9,5,6,7,8,0\n", encoding="ascii")
        assert leak.labels(path) == {
            1: [Label(8, 0, 0, 5, 6)],
            2: [Label(7, 1.5, 2, 3, 4), Label(9, 5, 6, 7, 8)],
        }

    def test_a_smaller_view_is_compared_at_full_size(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        original, view, truth = tmp_path / "a.mkv", tmp_path / "b.mkv", tmp_path / "gt.txt"
        _write(original, [STREET.picture(number) for number in range(FRAMES)], (320, 240))
        covered = []
        for number in range(FRAMES):
            covered.append(STREET.picture(number))
            flat(covered[-1], [box for _, box in STREET.boxes(number)], number)
        _write(view, covered, (160, 120))
        lines = [
            f"{number},{label.track},{label.left},{label.top},{label.width},{label.height}"
            for number, found in STREET.truth(FRAMES).items()
            for label in found
        ]
        truth.write_text("\n".join(lines), encoding="ascii")
        assert leak.measure_files(original, view, truth).exposed_heads == 0
        assert leak.measure_files(original, original, truth).exposed_heads >= 1.8 * FRAMES


def _write(path: Path, pictures: list[Picture], size: tuple[int, int]) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=5)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv444p"
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="yuv444p")
            out.mux(stream.encode(frame.reformat(*size)))
        out.mux(stream.encode(None))


def test_the_variance_is_that_of_each_pixels_neighbourhood() -> None:
    plane = np.random.default_rng(1).integers(0, 256, (12, 15), dtype=np.uint8)
    around = np.pad(plane, 2, mode="edge").astype(float)
    expected = [[around[row : row + 5, column : column + 5].var() for column in range(15)] for row in range(12)]
    np.testing.assert_allclose(leak.variance(plane), expected, atol=0.05)
