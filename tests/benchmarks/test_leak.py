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


SIGN = np.s_[16:104, 96:152]
_STRIPES = np.where(np.arange(16, 104)[:, None] // 8 % 2, 60, 200) + np.zeros((1, 56), int)


def with_sign(picture: Picture, shade: int = 0) -> Picture:
    """A sign in front of whoever is there."""
    picture[0][SIGN] = _STRIPES - shade
    picture[1][SIGN] = picture[2][SIGN] = 128
    return picture


def behind_sign() -> Iterator[Picture]:
    return (with_sign(STREET.picture(number)) for number in range(FRAMES))


BEHIND: leak.Labels = {
    number: [label for label in labels if label.track == 1]
    for number, labels in STREET.truth(FRAMES).items()
    if number in {12, 13, 14}  # wholly
}


def fading(picture: Picture, number: int) -> Picture:
    """Covers that begin in the middle of a head and are solid five pixels further down."""
    for _, box in STREET.boxes(number):
        rows, columns = place(box, 4)
        solid = np.clip((np.arange(rows.start, rows.stop) - box.top - 0.08 * box.height) / 5, 0, 1)[:, None]
        for plane, level in zip(picture, COVER, strict=True):
            plane[rows, columns] = np.rint(level * solid + plane[rows, columns] * (1 - solid))
    return picture


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


class TestCountsTricks:
    """Views made to look well to a measure of single pixels. Each shows somebody, and is counted."""

    def test_an_echo_where_they_were(self) -> None:
        """Covered where they are, shown where they were six frames ago."""

        def echoing(picture: Picture, boxes: list[Box], number: int) -> None:
            flat(picture, boxes, number)
            past = STREET.picture(number - 6)
            for _, box in STREET.boxes(number - 6) if number >= 6 else []:
                if all(box.overlap(now) == 0 for now in boxes):
                    picture[:, *place(box)] = past[:, *place(box)]

        found = measured(STREET, echoing)
        gone = [n for n in range(FRAMES - 6) for _, box in STREET.boxes(n) if not _stands_in_the_way(box, n + 6)]
        assert found.exposed_heads == len(gone) > FRAMES
        assert found.elsewhere > measured(STREET, flat).elsewhere + 0.02

    @pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
    def test_somebody_mixed_into_their_cover(self, share: float) -> None:
        def ghost(picture: Picture, boxes: list[Box], number: int) -> None:
            for box in boxes:
                for plane, level in zip(picture, COVER, strict=True):
                    part = plane[place(box, 4)].astype(float)
                    plane[place(box, 4)] = np.rint(level + share * (part - part.mean())).astype(np.uint8)

        found = measured(CLOSE, ghost)
        assert found.exposed_bodies >= 0.9 * found.labels
        assert found.exposed_heads >= 0.9 * found.labels

    @pytest.mark.parametrize("scene", [STREET, CLOSE], ids=["far", "close"])
    @pytest.mark.parametrize("share", [0.2, 0.3, 0.5])
    def test_somebody_mixed_into_the_scene(self, scene: Scene, share: float) -> None:
        """At a fifth of their contrast most of their pixels are the scene's within what noise is allowed."""

        def half_there(picture: Picture, boxes: list[Box], number: int) -> None:
            for box in boxes:
                part, empty = picture[:, *place(box)], scene.empty()[:, *place(box)].astype(float)
                part[:] = np.rint(empty + share * (part - empty)).astype(np.uint8)

        found = measured(scene, half_there)
        assert found.exposed_bodies >= 0.9 * found.labels
        assert found.exposed_heads >= 0.9 * found.labels

    @pytest.mark.parametrize("square", [1, 2, 4, 8, 24])
    def test_a_checkerboard(self, square: int) -> None:
        def checkered(picture: Picture, boxes: list[Box], number: int) -> None:
            shown = picture.copy()
            flat(picture, boxes, number)
            rows, columns = np.indices(picture.shape[1:]) // square
            np.copyto(picture, shown, where=(rows + columns) % 2 == 0)

        found = measured(CLOSE, checkered)
        assert found.exposed_heads == found.exposed_bodies == found.labels

    def test_a_grating_that_moves(self) -> None:
        """A sixth of the rows in each frame, never the same: nobody on any picture, somebody on the film."""

        def grating(picture: Picture, boxes: list[Box], number: int) -> None:
            shown = picture.copy()
            flat(picture, boxes, number)
            rows = np.arange(picture.shape[1]) // 8 % 6 == number % 6
            picture[:, rows] = shown[:, rows]

        found = measured(CLOSE, grating)
        assert found.exposed_heads >= found.labels - 4
        assert found.exposed_bodies >= found.labels - 4

    def test_a_cover_no_wider_than_what_is_measured(self) -> None:
        def narrow(picture: Picture, boxes: list[Box], number: int) -> None:
            slim = [
                Box(box.left + 0.27 * box.width, box.top, box.right - 0.27 * box.width, box.bottom) for box in boxes
            ]
            flat(picture, slim, number)

        found = measured(Scene([Person(1, walk((20, 20), (6, 0)), width=60, height=150)]), narrow)
        assert (found.exposed_heads, found.exposed_bodies) == (0, found.labels)

    @pytest.mark.parametrize("scene", [STREET, CLOSE], ids=["far", "close"])
    def test_somebody_painted_in_the_colours_of_covers(self, scene: Scene) -> None:
        palette = np.array([COVER, OTHER, (42, 132, 125)], np.uint8)

        def painted(picture: Picture, boxes: list[Box], number: int) -> None:
            for box in boxes:
                steps = np.searchsorted([90, 130], picture[0][place(box)])
                picture[:, *place(box)] = palette[steps].transpose(2, 0, 1)

        found = measured(scene, painted)
        assert found.exposed_heads >= 0.9 * found.labels
        assert found.exposed_bodies >= 0.9 * found.labels

    def test_one_flat_colour_of_their_own(self) -> None:
        """A coat without a texture is no cover, however often it is seen."""
        plain = Scene([Person(1, walk((20, 20), (6, 0)), width=60, height=150)])

        def coat(number: int) -> Picture:
            picture = plain.picture(number)
            for _, box in plain.boxes(number):
                picture[:, *place(box)] = np.array((40, 120, 140), np.uint8)[:, None, None]
            return picture

        def clear() -> Iterator[Picture]:
            return (coat(number) for number in range(FRAMES))

        assert leak.measure(clear, clear, plain.truth(FRAMES)).exposed_heads == FRAMES

    def test_somebody_painted_into_the_scene_for_good(self) -> None:
        """They stand there from frame 12 on; the view has shown them from the first, so they are in its median."""
        comes = Scene([Person(1, walk((100, 60), (0, 0), first=12))])

        def poisoned(picture: Picture, boxes: list[Box], number: int) -> None:
            picture[:] = comes.picture(12)

        assert measured(comes, poisoned).exposed_heads == FRAMES - 12

    def test_somebody_without_a_label_most_of_the_time(self) -> None:
        """The median has them; the scene as it was without them tells."""
        still = Scene([Person(1, walk((100, 60), (0, 0)))])
        late = {number: labels for number, labels in still.truth(FRAMES).items() if number > 20}
        found = leak.measure(still.pictures(FRAMES), still.pictures(FRAMES), late, still.empty())
        assert found.exposed_heads == FRAMES - 20

    @pytest.mark.parametrize("scene", [STREET, CLOSE], ids=["far", "close"])
    def test_somebody_drawn_as_if_they_were_writing(self, scene: Scene) -> None:
        def inked(picture: Picture, boxes: list[Box], number: int) -> None:
            shown = picture.copy()
            picture[:] = np.array((42, 132, 125), np.uint8)[:, None, None]
            for box in boxes[:1]:
                picture[0][place(box)] = np.where(shown[0][place(box)] > 115, 190, 42)

        found = measured(scene, inked)
        assert found.exposed_heads >= 0.9 * FRAMES  # one person


def _stands_in_the_way(box: Box, number: int) -> bool:
    return any(box.overlap(other) > 0 for _, other in STREET.boxes(number))


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

    def test_the_line_between_two_covers(self) -> None:
        """It may run through a head: half of it is another's cover."""

        def side_by_side(picture: Picture, boxes: list[Box], number: int) -> None:
            flat(picture, boxes, number)
            for box in boxes:
                for plane, level in zip(picture, OTHER, strict=True):
                    plane[place(Box(box.left + box.width / 2, box.top, box.right, box.bottom))] = level

        found = measured(STREET, side_by_side)
        assert (found.exposed_heads, found.exposed_bodies) == (0, 0)

    def test_writing_across_somebody_on_a_frame_covered_whole(self) -> None:
        def written(picture: Picture, boxes: list[Box], number: int) -> None:
            picture[:] = np.array((42, 132, 125), np.uint8)[:, None, None]
            for box in boxes:
                cv2.putText(picture[0], "MW", (int(box.left), int(box.top) + 20), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 190, 2)

        found = measured(STREET, written)
        assert (found.covered_frames, found.exposed_heads, found.exposed_bodies) == (FRAMES, 0, 0)

    def test_somebody_whom_the_original_does_not_show(self) -> None:
        nobody = [STREET.empty()] * FRAMES
        found = leak.measure(lambda: iter(nobody), lambda: iter(nobody), STREET.truth(FRAMES))
        assert (found.labels, found.unseen, found.exposed_heads) == (2 * FRAMES, 2 * FRAMES, 0)
        assert measured(STREET, nothing).unseen == 0

    def test_the_empty_street_where_somebody_was_taken_out(self) -> None:
        def emptied(picture: Picture, boxes: list[Box], number: int) -> None:
            picture[:] = STREET.empty()

        found = measured(STREET, emptied)
        assert (found.exposed_heads, found.exposed_bodies) == (0, 0)

    def test_the_sign_that_somebody_stood_behind(self) -> None:
        """It is there when they are gone, and a cloud that passes makes it strange; it is no echo of them."""

        def redacted() -> Iterator[Picture]:
            for number in range(FRAMES):
                picture = STREET.picture(number)
                flat(picture, [box for _, box in STREET.boxes(number)], number)
                yield with_sign(picture, shade=30 if number in {19, 20} else 0)

        found = leak.measure(behind_sign, redacted, STREET.truth(FRAMES), with_sign(STREET.empty()))
        assert (found.exposed_heads, found.exposed_bodies) == (0, 0)

    def test_the_soft_edge_of_a_cover_before_somebody_behind_a_sign(self) -> None:
        """They can't be seen without any cover; before somebody who can, the same edge shows them."""
        hidden = leak.measure(
            behind_sign,
            lambda: (fading(with_sign(STREET.picture(number)), number) for number in range(FRAMES)),
            BEHIND,
            with_sign(STREET.empty()),
        )
        assert (hidden.labels, hidden.unseen, hidden.exposed_heads) == (3, 3, 0)
        shown = leak.measure(
            STREET.pictures(FRAMES),
            lambda: (fading(STREET.picture(number), number) for number in range(FRAMES)),
            BEHIND,
            STREET.empty(),
        )
        assert (shown.labels, shown.unseen, shown.exposed_heads) == (3, 0, 3)

    def test_what_is_no_edge_beside_a_cover_before_somebody_behind_a_sign(self) -> None:
        """As narrow and as near as an edge, in light and dark that neither the cover nor the sign has."""

        def redacted() -> Iterator[Picture]:
            for number in range(FRAMES):
                picture = fading(with_sign(STREET.picture(number)), number)
                if number + 1 in BEHIND:
                    rows, columns = place(STREET.boxes(number)[0][1])
                    top = rows.start + round(0.08 * (rows.stop - rows.start))
                    stripes = np.where(np.arange(columns.start, columns.stop) % 4 < 2, 20, 235)
                    picture[0][top : top + 5, columns] = stripes
                yield picture

        found = leak.measure(behind_sign, redacted, BEHIND, with_sign(STREET.empty()))
        assert found.exposed_heads == 3

    def test_somebody_else_before_somebody_behind_a_sign(self) -> None:
        """A head that is strange through and through is no edge."""

        def redacted() -> Iterator[Picture]:
            for number in range(FRAMES):
                first, second = (box for _, box in STREET.boxes(number))
                picture = with_sign(STREET.picture(number))
                flat(picture, [first, second], number)
                if number + 1 in BEHIND:
                    picture[:, *place(first)] = STREET.picture(number)[:, *place(second)]
                yield picture

        found = leak.measure(behind_sign, redacted, BEHIND, with_sign(STREET.empty()))
        assert found.exposed_heads == 3

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

    def test_the_empty_scene_may_be_given_as_a_picture(self, tmp_path: Path) -> None:
        """Somebody stands there all the time and has a label on the last frames only."""
        still = Scene([Person(1, walk((100, 60), (0, 0)))])
        video, plate, truth = tmp_path / "a.mkv", tmp_path / "empty.png", tmp_path / "gt.txt"
        _write(video, [still.picture(number) for number in range(FRAMES)], (320, 240))
        frame = av.VideoFrame.from_ndarray(still.empty(), format="yuv444p")
        assert cv2.imwrite(str(plate), frame.to_ndarray(format="bgr24"))
        truth.write_text("23,1,100,60,32,80\n24,1,100,60,32,80\n", encoding="ascii")
        assert leak.measure_files(video, video, truth, plate).exposed_heads == 2
        assert leak.measure_files(video, video, truth).exposed_heads == 0  # the median has them

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
