import ast
import copy
import dataclasses
import itertools
import struct
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

import watchglass
from tests.unit.redact.frames import GEOMETRY, HEIGHT, WIDTH, covered, everywhere, noise, nowhere, small
from watchglass.base.clock import WallUs
from watchglass.model.frame import RawFrame
from watchglass.model.media import Ticks
from watchglass.model.vision import DRAWN, Box, ObjectClass
from watchglass.redact.cells import Geometry, Grid, pixels, shrink
from watchglass.redact.guard import CoverReason
from watchglass.redact.shown import (
    COLOURS,
    COVER_COLOUR,
    LONGEST_VEHICLE,
    ShownFrame,
    Vehicles,
    again,
    cover_of_size,
    cover_whole,
    draw,
    plate_picture,
    png,
    thumbnail,
)

PACKAGE = Path(watchglass.__file__).parent


def mask_of(*cells: tuple[int, int]) -> Grid:
    grid = nowhere()
    for cell in cells:
        grid[cell] = True
    return pixels(grid)


class TestByType:
    """Rule R6: only `redact` can make one."""

    @pytest.mark.parametrize("mint", [None, object(), True, "mint", ShownFrame])
    def test_nobody_else_can_make_one(self, mint: object) -> None:
        frame = noise()
        with pytest.raises(TypeError, match=r"made by watchglass\.redact alone"):
            ShownFrame(mint, frame.y, frame.u, frame.v, pts=Ticks(0), wall=WallUs(0), covered=None)

    def test_a_raw_frame_can_not_be_shown_again(self) -> None:
        with pytest.raises(TypeError, match="only a ShownFrame"):
            again(noise(), Ticks(0), WallUs(0))  # type: ignore[arg-type]  # that is the test

    def test_only_one_module_names_the_mint(self) -> None:
        naming = {
            str(path.relative_to(PACKAGE))
            for path in sorted(PACKAGE.rglob("*.py"))
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if _names(node, "_MINT")
        }
        assert naming == {"redact/shown.py"}

    def test_only_one_module_makes_one(self) -> None:
        """Not by copying, by `__new__` or by `replace` either: whoever names the class outside only reads it."""
        calling = {
            str(path.relative_to(PACKAGE))
            for path in sorted(PACKAGE.rglob("*.py"))
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
            and any(
                isinstance(part, ast.Name | ast.Attribute) and _names(part, "ShownFrame") for part in ast.walk(node)
            )
            and not _is_type_check(node)
        }
        assert calling == {"redact/shown.py"}

    def test_pixels_are_encoded_in_redact_and_in_the_export_of_views_alone(self) -> None:
        """Everything that can turn a picture into bytes of video or image, and where it stands."""
        found: dict[str, set[str]] = {}
        for path in sorted(PACKAGE.rglob("*.py")):
            names = {
                node.attr
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.Attribute)
                and node.attr in {"imencode", "imwrite", "VideoWriter", "add_stream", "from_ndarray", "to_image"}
            }
            if names:
                found[str(path.relative_to(PACKAGE))] = names
        assert {module.split("/")[0] for module in found} == {"redact", "evidence"}
        assert found["redact/shown.py"] == {"imencode"}

    def test_the_export_takes_views_and_never_a_camera(self) -> None:
        """Its other door: what it decodes are files of the store, which hold views."""
        imported = {
            name
            for path in (PACKAGE / "evidence").glob("*.py")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
            for name in [node.module or ""]
        }
        assert not {name for name in imported if name.startswith(("watchglass.ingest", "watchglass.model.frame"))}


def _names(node: ast.AST, name: str) -> bool:
    return (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name)


def _is_type_check(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "isinstance"


class TestColours:
    def test_every_class_has_one_and_the_cover_another(self) -> None:
        assert set(COLOURS) == set(DRAWN)
        assert len({*COLOURS.values(), COVER_COLOUR}) == len(DRAWN) + 1

    def test_classes_are_told_apart_by_lightness_alone(self) -> None:
        """For people who see few hues, and on a screen in the sun."""
        lights = sorted(colour[0] for colour in [*COLOURS.values(), COVER_COLOUR])
        assert min(after - before for before, after in itertools.pairwise(lights)) >= 6

    def test_the_person_stands_out_most(self) -> None:
        assert max(COLOURS, key=lambda label: COLOURS[label][0]) is ObjectClass.PERSON

    @pytest.mark.parametrize("colour", [*COLOURS.values(), COVER_COLOUR])
    def test_colours_are_of_limited_range(self, colour: tuple[int, int, int]) -> None:
        assert 16 <= colour[0] <= 235
        assert all(16 <= value <= 240 for value in colour[1:])


class TestDraw:
    def test_nothing_covered_is_the_frame_itself_copied(self) -> None:
        frame = noise(pts=90)
        shown = draw(frame, [])
        for mine, theirs in zip((shown.y, shown.u, shown.v), (frame.y, frame.u, frame.v), strict=True):
            np.testing.assert_array_equal(mine, theirs)
            assert not np.shares_memory(mine, theirs)
        assert (shown.pts, shown.wall, shown.covered, shown.masked) == (90, 990, None, 0.0)

    @pytest.mark.parametrize("label", DRAWN)
    def test_a_shape_is_filled_flat_in_all_planes_and_nothing_else_is_touched(self, label: ObjectClass) -> None:
        frame = noise()
        mask = mask_of((3, 4), (3, 5), (4, 4))
        shown = draw(frame, [(label, mask)])
        half = mask[::2, ::2]
        for mine, theirs, where, level in zip(
            (shown.y, shown.u, shown.v), (frame.y, frame.u, frame.v), (mask, half, half), COLOURS[label], strict=True
        ):
            assert (mine[where] == level).all()
            np.testing.assert_array_equal(mine[~where], theirs[~where])
        assert shown.masked == pytest.approx(48 / (WIDTH * HEIGHT))

    def test_the_original_is_left_as_it_was(self) -> None:
        frame = noise()
        before = copy.deepcopy((frame.y, frame.u, frame.v))
        draw(frame, [(ObjectClass.PERSON, pixels(everywhere()))])
        for mine, theirs in zip((frame.y, frame.u, frame.v), before, strict=True):
            np.testing.assert_array_equal(mine, theirs)

    @pytest.mark.parametrize("other", [label for label in DRAWN if label is not ObjectClass.PERSON])
    def test_the_person_lies_over_every_other_shape_in_whatever_order(self, other: ObjectClass) -> None:
        both = mask_of((3, 4))
        for shapes in ([(other, both), (ObjectClass.PERSON, both)], [(ObjectClass.PERSON, both), (other, both)]):
            shown = draw(noise(), shapes)
            assert (shown.y[12:16, 16:20] == COLOURS[ObjectClass.PERSON][0]).all()

    def test_one_pixel_of_luma_takes_its_chroma_with_it(self) -> None:
        mask = np.zeros((HEIGHT, WIDTH), np.bool_)
        mask[13, 17] = True
        shown = draw(noise(), [(ObjectClass.PERSON, mask)])
        assert (shown.u[6, 8], shown.v[6, 8]) == COLOURS[ObjectClass.PERSON][1:]

    @pytest.mark.parametrize("size", [(320, 240), (642, 362), (768, 576), (1280, 720), (1920, 1080), (578, 1022)])
    def test_masks_of_the_small_picture_cover_no_less_at_full_size(self, size: tuple[int, int]) -> None:
        geometry = Geometry(*size)
        grid = np.zeros(geometry.grid, np.bool_)
        rows, columns = geometry.grid
        grid[rows // 3 : rows // 2, columns // 4 : columns // 2] = True
        shown = draw(noise(width=size[0], height=size[1]), [(ObjectClass.PERSON, pixels(grid))])
        box = geometry.box(slice(rows // 3, rows // 2), slice(columns // 4, columns // 2))
        top, bottom, left, right = (round(side) for side in (box.top, box.bottom, box.left, box.right))
        inner = np.s_[top + 1 : bottom - 1, left + 1 : right - 1]
        assert (shown.y[inner] == COLOURS[ObjectClass.PERSON][0]).all()
        half = np.s_[top // 2 + 1 : bottom // 2 - 1, left // 2 + 1 : right // 2 - 1]
        assert (shown.u[half] == COLOURS[ObjectClass.PERSON][1]).all()
        assert shown.masked == pytest.approx(float(grid.mean()))

    @pytest.mark.parametrize("size", [(640, 480), (768, 576), (320, 240), (642, 362), (1280, 960)])
    def test_a_shape_looks_the_same_however_far_the_next_one_is(self, size: tuple[int, int]) -> None:
        """Work is done only round shapes: with one in each corner that is everywhere."""
        geometry = Geometry(*size)
        width, height = geometry.small
        frame = noise(1, width=size[0], height=size[1])
        dice = np.random.default_rng(2)
        alone = np.zeros((height, width), np.bool_)
        alone[height // 2 : height // 2 + 21, width // 2 : width // 2 + 15] = dice.random((21, 15)) < 0.6
        corners = alone.copy()
        corners[[0, 0, -1, -1], [0, -1, 0, -1]] = True
        one, all_of_it = (draw(frame, [(ObjectClass.PERSON, shape)]) for shape in (alone, corners))
        for here, there in zip((one.y, one.u, one.v), (all_of_it.y, all_of_it.u, all_of_it.v), strict=True):
            middle = tuple(slice(side // 4, -side // 4) for side in here.shape)
            np.testing.assert_array_equal(here[middle], there[middle])
        assert (one.y != frame.y).any()


class TestVehicles:
    """Rule R1: where vehicles are to be seen, they are at capped density, and nobody who sits in one or stands before it."""

    GEOMETRY = Geometry(640, 480)  # two pixels of the frame are one of the small picture
    CAR = Box(160, 160, 460, 320)

    def shape(self, box: Box) -> Grid:
        return pixels(self.GEOMETRY.marked([box]))

    def chessboard(self, square: int) -> RawFrame:
        rows, columns = np.indices((480, 640)) // square
        half = np.full((240, 320), 128, np.uint8)
        luma = np.where((rows + columns) % 2, 220, 30).astype(np.uint8)
        return RawFrame(luma, half, half.copy(), Ticks(0), WallUs(0))

    def drawn(self, frame: RawFrame, *more: tuple[ObjectClass, Grid]) -> ShownFrame:
        scene = noise(5, width=640, height=480)
        return draw(scene, [(ObjectClass.VEHICLE, self.shape(self.CAR)), *more], Vehicles(frame, [self.CAR]))

    def test_the_upper_half_is_filled_flat(self) -> None:
        shown = self.drawn(noise(1, width=640, height=480))
        assert (shown.y[160:240, 160:460] == COLOURS[ObjectClass.VEHICLE][0]).all()
        assert (shown.u[80:120, 80:230] == COLOURS[ObjectClass.VEHICLE][1]).all()
        assert (shown.v[80:120, 80:230] == COLOURS[ObjectClass.VEHICLE][2]).all()
        assert shown.y[240:320, 160:460].std() > 5

    def test_what_is_fine_is_gone_and_what_is_coarse_is_seen(self) -> None:
        lower = np.s_[244:316, 164:456]
        assert self.drawn(self.chessboard(1)).y[lower].std() < 16  # of 95 in the frame
        assert self.drawn(self.chessboard(30)).y[lower].std() > 75

    @pytest.mark.parametrize("seed", range(3))
    def test_there_is_no_more_in_it_than_112_pixels_along_its_longer_side(self, seed: int) -> None:
        """What is left of noise can be made again from 112 columns and a share of as many rows."""
        part = self.drawn(noise(seed, width=640, height=480)).y[240:320, 160:460]
        few = (LONGEST_VEHICLE, int(80 * LONGEST_VEHICLE / 300))
        spectrum = np.abs(np.fft.rfft(part - part.mean(), axis=1)) ** 2
        assert spectrum[:, few[0] // 2 + 8 :].sum() < 0.1 * spectrum.sum()
        original = np.abs(np.fft.rfft(noise(seed, width=640, height=480).y[240:320, 160:460] - 127.5, axis=1)) ** 2
        assert original[:, few[0] // 2 + 8 :].sum() > 0.4 * original.sum()

    def test_one_that_is_small_is_not_made_coarser(self) -> None:
        frame = noise(1, width=640, height=480)
        box = Box(160, 160, 200, 192)
        shown = draw(frame, [(ObjectClass.VEHICLE, self.shape(box))], Vehicles(frame, [box]))
        np.testing.assert_array_equal(shown.y[176:192, 160:200], frame.y[176:192, 160:200])

    @pytest.mark.parametrize("label", [ObjectClass.PERSON, ObjectClass.ANIMAL])
    def test_whoever_is_before_it_is_filled(self, label: ObjectClass) -> None:
        place = Box(280, 200, 320, 320)
        shown = self.drawn(noise(1, width=640, height=480), (label, self.shape(place)))
        assert (shown.y[200:320, 280:320] == COLOURS[label][0]).all()
        assert (shown.u[100:160, 140:160] == COLOURS[label][1]).all()
        assert (shown.v[100:160, 140:160] == COLOURS[label][2]).all()

    @pytest.mark.parametrize("at", [0, 1, 2, 3])
    def test_chroma_of_whoever_is_before_it_is_filled_if_one_of_its_four_pixels_is(self, at: int) -> None:
        """Where the small picture is the frame, so that chroma is coarser than the shapes."""
        frame, car = noise(1), np.ones((HEIGHT, WIDTH), np.bool_)
        person = np.zeros((HEIGHT, WIDTH), np.bool_)
        person[64 + at // 2, 40 + at % 2] = True
        shapes = [(ObjectClass.VEHICLE, car), (ObjectClass.PERSON, person)]
        shown = draw(frame, shapes, Vehicles(frame, [Box(0, 0, WIDTH, HEIGHT)]))
        fills = {COLOURS[label][1:] for label in (ObjectClass.PERSON, ObjectClass.VEHICLE)}
        assert (shown.u[32, 20], shown.v[32, 20]) in fills

    def test_nothing_is_drawn_where_no_shape_is(self) -> None:
        """A box is a guess; what matches the plate there is shown as the scene."""
        scene, frame = noise(5, width=640, height=480), noise(1, width=640, height=480)
        shown = draw(scene, [(ObjectClass.UNKNOWN, self.shape(Box(0, 0, 40, 40)))], Vehicles(frame, [self.CAR]))
        np.testing.assert_array_equal(shown.y[100:], scene.y[100:])

    def test_without_them_all_of_it_is_filled(self) -> None:
        shown = draw(noise(5, width=640, height=480), [(ObjectClass.VEHICLE, self.shape(self.CAR))])
        assert (shown.y[160:320, 160:460] == COLOURS[ObjectClass.VEHICLE][0]).all()

    @pytest.mark.parametrize(
        "box", [Box(-90, -40, 60, 60), Box(600, 440, 900, 700), Box(700, 10, 900, 60), Box(5, 5, 5, 5)]
    )
    def test_one_partly_or_wholly_outside_is_no_error(self, box: Box) -> None:
        frame = noise(1, width=640, height=480)
        shown = draw(frame, [(ObjectClass.VEHICLE, self.shape(Box(0, 0, 640, 480)))], Vehicles(frame, [box]))
        assert shown.masked == 1.0


class TestCoverWhole:
    @pytest.mark.parametrize("reason", [reason.value for reason in CoverReason])
    def test_not_one_pixel_comes_from_the_frame(self, reason: str) -> None:
        first, second = cover_whole(noise(1), reason), cover_whole(noise(2), reason)
        for mine, theirs in zip((first.y, first.u, first.v), (second.y, second.u, second.v), strict=True):
            np.testing.assert_array_equal(mine, theirs)
        assert (first.u == COVER_COLOUR[1]).all()
        assert (first.v == COVER_COLOUR[2]).all()

    def test_it_says_why(self) -> None:
        shown = covered("No answer from the detector")
        assert shown.covered == "No answer from the detector"
        assert shown.masked == 1.0

    def test_it_is_of_the_frame_s_size_and_time(self) -> None:
        shown = cover_whole(noise(pts=180), "x")
        assert (shown.width, shown.height, shown.pts, shown.wall) == (WIDTH, HEIGHT, 180, 1980)
        assert shown.u.shape == shown.v.shape == (HEIGHT // 2, WIDTH // 2)

    @pytest.mark.parametrize("size", [(16, 16), (64, 400), (320, 180), (640, 360), (1920, 1080), (3840, 2160)])
    @pytest.mark.parametrize("reason", [reason.value for reason in CoverReason])
    def test_the_reason_can_be_read_and_stays_within_the_picture(self, size: tuple[int, int], reason: str) -> None:
        shown = cover_of_size(*size, reason, Ticks(0), WallUs(0))
        ink = shown.y != COVER_COLOUR[0]
        assert ink.any()
        assert ink.mean() < 0.25
        if min(size) >= 180:
            assert shown.y.max() > 120
            assert not ink[0].any()
            assert not ink[-1].any()
            assert not ink[:, 0].any()
            assert not ink[:, -1].any()

    def test_other_reasons_are_written_otherwise(self) -> None:
        pictures = {cover_of_size(640, 360, reason.value, Ticks(0), WallUs(0)).y.tobytes() for reason in CoverReason}
        assert len(pictures) == len(CoverReason)


class TestAiming:
    """Rule R7: to aim a camera there is the plate, and before that 64 pixels."""

    def test_more_than_64_pixels_are_refused(self) -> None:
        with pytest.raises(ValueError, match="at most 64 pixels wide"):
            thumbnail(small(), nowhere(), 65, WallUs(0))

    @pytest.mark.parametrize("size", [(320, 240), (640, 360), (576, 1024), (1920, 1080)])
    def test_a_thumbnail_is_64_pixels_wide_and_of_the_same_shape(self, size: tuple[int, int]) -> None:
        geometry = Geometry(*size)
        picture = thumbnail(small(geometry=geometry), np.zeros(geometry.grid, np.bool_), 64, WallUs(5))
        assert picture.width == 64
        assert picture.height % 2 == 0
        assert picture.height == pytest.approx(64 * size[1] / size[0], abs=2)
        assert picture.u.shape == (picture.height // 2, 32)
        assert picture.wall == 5

    def test_people_are_covered_in_it(self) -> None:
        hidden = nowhere()
        hidden[8:20, 8:16] = True
        source = shrink(noise(), GEOMETRY)
        before = source.y.copy()
        picture = thumbnail(source, hidden, 64, WallUs(0))
        assert (picture.y[16:40, 16:32] == COLOURS[ObjectClass.PERSON][0]).all()
        assert (picture.u[8:20, 8:16] == COLOURS[ObjectClass.PERSON][1]).all()
        assert picture.y[:14].std() > 5
        np.testing.assert_array_equal(source.y, before)

    def test_the_plate_is_flat_where_it_is_not_known(self) -> None:
        known = everywhere()
        known[4:10, 6:12] = False
        picture = plate_picture(shrink(noise(), GEOMETRY), known, WallUs(0))
        assert (picture.y[16:40, 24:48] == COVER_COLOUR[0]).all()
        assert (picture.u[8:20, 12:24] == COVER_COLOUR[1]).all()
        assert (picture.v[8:20, 12:24] == COVER_COLOUR[2]).all()
        assert picture.y[:12].std() > 5
        assert picture.covered is None


class TestPng:
    def test_has_no_chunk_but_the_picture(self) -> None:
        data = png(cover_of_size(64, 48, "Learning", Ticks(123), WallUs(456)))
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        kinds, offset = [], 8
        while offset < len(data):
            size, kind = struct.unpack_from(">I4s", data, offset)
            kinds.append(kind)
            offset += 12 + size
        assert offset == len(data)
        assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}

    def test_shows_what_the_frame_shows(self) -> None:
        picture = cv2.imdecode(
            np.frombuffer(png(draw(noise(), [(ObjectClass.PERSON, pixels(everywhere()))])), np.uint8), 1
        )
        assert picture is not None
        assert picture.shape == (HEIGHT, WIDTH, 3)
        expected = av.VideoFrame.from_ndarray(
            np.concatenate(
                [
                    np.full(count, level, np.uint8)
                    for count, level in zip((4, 1, 1), COLOURS[ObjectClass.PERSON], strict=True)
                ]
            ).reshape(3, 2),
            format="yuv420p",
        ).to_ndarray(format="bgr24")[0, 0]
        assert np.abs(picture.astype(int) - expected).max() <= 4


def test_a_shown_frame_cannot_be_given_other_attributes() -> None:
    shown = covered()
    with pytest.raises(AttributeError):
        shown.raw = noise()  # type: ignore[attr-defined]  # that is the test
    assert not dataclasses.is_dataclass(shown)  # `replace` would be a door
