import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.redact.frames import everywhere, nowhere
from watchglass.model.frame import Plane
from watchglass.model.vision import Box, ObjectClass
from watchglass.redact.cells import Geometry, Grid, pixels
from watchglass.redact.cover import CoverOptions, Labelled, filled, outlined
from watchglass.redact.shown import Shapes

GEOMETRY = Geometry(320, 240)  # the small picture is the frame, a cell is 4 pixels
OPTIONS = CoverOptions()
PERSON, VEHICLE, UNKNOWN = ObjectClass.PERSON, ObjectClass.VEHICLE, ObjectClass.UNKNOWN
SOMEBODY = Box(120, 80, 150, 160)


@dataclasses.dataclass
class Cover:
    shapes: Shapes
    specks: Grid


def cover(strange: Grid, apart: Plane, boxes: Labelled, restless: Grid, options: CoverOptions) -> Cover:
    outline = outlined(strange, boxes, GEOMETRY, restless, options)
    return Cover(filled(outline, apart & outline.region, GEOMETRY, options), outline.specks)


def made(
    strange: Grid | None = None,
    boxes: Labelled | None = None,
    restless: Grid | None = None,
    options: CoverOptions = OPTIONS,
) -> Cover:
    """In a strange cell every pixel differs."""
    empty = nowhere(GEOMETRY)
    strange, restless = empty if strange is None else strange, empty if restless is None else restless
    return cover(strange, apart(pixels(strange)), boxes or [], restless, options)


def apart(differing: Grid) -> Plane:
    return differing.astype(np.uint8) * np.uint8(255)


def cells(*places: tuple[slice, slice] | tuple[int, int]) -> Grid:
    grid = nowhere(GEOMETRY)
    for place in places:
        grid[place] = True
    return grid


THEIR_MIDDLE = cells(np.s_[24:38, 33:35])  # of SOMEBODY's box: well inside of it


def drawn(cover: Cover) -> dict[ObjectClass, Grid]:
    """What is seen of each class, later shapes over earlier ones."""
    seen: dict[ObjectClass, Grid] = {}
    over = np.zeros((240, 320), np.bool_)
    for label, mask in reversed(cover.shapes):
        seen[label] = (mask & ~over) | seen.get(label, False)
        over |= mask
    return seen


def hidden(cover: Cover) -> Grid:
    found: Grid = np.logical_or.reduce([np.zeros((240, 320), np.bool_), *(mask for _, mask in cover.shapes)])
    return found


class TestCapsules:
    def test_a_person_is_covered_where_nothing_differs(self) -> None:
        """Rule R2: somebody in the colours of the wall is covered all the same."""
        found = made(boxes=[(SOMEBODY, PERSON)])
        assert [label for label, _ in found.shapes] == [PERSON]
        mask = found.shapes[0][1]
        head = np.s_[84:100, 129:141]
        assert mask[head].all()
        assert mask[96:150, 120:150].all()

    def test_it_is_an_upright_shape_without_limbs(self) -> None:
        """Each row is one stretch, and no row inside is narrower than half of the widest, which is the hood (R3)."""
        mask = made(boxes=[(SOMEBODY, PERSON)]).shapes[0][1]
        rows = [np.flatnonzero(row) for row in mask if row.any()]
        assert all(row[-1] - row[0] + 1 == len(row) for row in rows)
        widths = [len(row) for row in rows]
        widest = max(widths)
        middle = widths[len(widths) // 4 : -len(widths) // 4]
        assert min(middle) >= widest / 2
        turns = np.sign(np.diff(widths))
        assert (np.diff(turns[turns != 0]) <= 0).all()  # wider, then narrower, never wider again

    def test_the_hood_is_wider_than_any_head(self) -> None:
        """A head that leans out of the box, or that a small box has cut off."""
        mask = made(THEIR_MIDDLE, [(SOMEBODY, PERSON)]).shapes[-1][1]
        assert mask[82:96, 114:156].all()
        assert not mask[120:, :119].any()  # below the bend where hood and capsule meet
        assert not mask[120:, 152:].any()

    def test_there_is_none_where_nothing_differs(self) -> None:
        """Whoever was there has gone on, and what is held there shows nobody."""
        mask = made(boxes=[(SOMEBODY, PERSON)]).shapes[-1][1]
        columns = np.flatnonzero(mask.any(axis=0))
        assert (columns[0], columns[-1]) == pytest.approx((120, 150), abs=1)

    def test_margins_are_shares_of_the_box(self) -> None:
        mask = made(THEIR_MIDDLE, [(SOMEBODY, PERSON)]).shapes[-1][1]
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert columns[0] == pytest.approx(120 - 0.35 * 30, abs=1)
        assert columns[-1] == pytest.approx(150 + 0.35 * 30, abs=1)
        assert rows[0] == pytest.approx(80 - 0.4 * 0.28 * 80, abs=1)
        assert rows[-1] == pytest.approx(160, abs=1)

    @settings(deadline=None, max_examples=60)
    @given(st.floats(-60, 330), st.floats(-60, 250), st.floats(4, 200), st.floats(4, 200))
    def test_the_middle_of_every_box_is_covered_if_it_is_in_the_picture(
        self, left: float, top: float, width: float, height: float
    ) -> None:
        mask = hidden(made(boxes=[(Box(left, top, left + width, top + height), PERSON)]))
        x, y = left + width / 2, top + height / 2
        if 0 <= x < 320 and 0 <= y < 240:
            assert mask[int(y), int(x)]

    @settings(deadline=None, max_examples=60)
    @given(st.floats(0, 280), st.floats(0, 140), st.floats(14, 60), st.floats(30, 150))
    def test_the_head_of_every_box_is_covered(self, left: float, top: float, width: float, height: float) -> None:
        """Top 4 to 20 % in the middle 40 %: what the measure of leaks looks at."""
        mask = hidden(made(boxes=[(Box(left, top, left + width, top + height), PERSON)]))
        rows = slice(int(top + 0.04 * height), int(top + 0.2 * height))
        columns = slice(int(left + 0.3 * width), int(left + 0.7 * width))
        assert mask[rows, columns].mean() >= 0.97

    def test_two_who_overlap_have_one_outline(self) -> None:
        found = made(boxes=[(SOMEBODY, PERSON), (SOMEBODY.moved(15, 5), PERSON)])
        assert [label for label, _ in found.shapes] == [PERSON]

    @pytest.mark.parametrize("label", [ObjectClass.VEHICLE, ObjectClass.ANIMAL, ObjectClass.THING])
    def test_others_have_none(self, label: ObjectClass) -> None:
        """They are drawn by what differs from the plate alone: a parked car that is in it is scenery."""
        assert made(boxes=[(SOMEBODY, label)]).shapes == []


class TestWhatDiffers:
    def test_nothing_strange_and_nobody_there_is_nothing_covered(self) -> None:
        found = made()
        assert found.shapes == []
        assert not found.specks.any()

    def test_every_strange_cell_is_hidden(self) -> None:
        strange = cells(np.s_[10:20, 30:34])
        found = made(strange)
        assert [label for label, _ in found.shapes] == [UNKNOWN]
        assert found.shapes[0][1][pixels(strange)].all()

    @settings(deadline=None, max_examples=40)
    @given(st.integers(0, 2**32 - 1), st.floats(0.01, 0.5), st.booleans())
    def test_every_pixel_that_differs_in_a_strange_cell_is_filled_if_it_is_no_speck(
        self, seed: int, share: float, somebody: bool
    ) -> None:
        """The rule R1 itself, over scenes of all kinds: what differs from the plate is not shown."""
        dice = np.random.default_rng(seed)
        strange: Grid = dice.random(GEOMETRY.grid) < share
        restless: Grid = dice.random(GEOMETRY.grid) < 0.1
        boxes: Labelled = [(SOMEBODY, PERSON), (Box(200, 100, 280, 150), VEHICLE)] if somebody else []
        differing: Grid = dice.random((240, 320)) < 0.4
        found = cover(strange, apart(differing), boxes, restless, OPTIONS)
        assert hidden(found)[differing & pixels(strange & ~found.specks)].all()
        assert not (found.specks & ~strange).any()
        if somebody:
            assert not found.specks[GEOMETRY.cells(SOMEBODY)].any()

    def test_the_edge_is_smoothed_outwards(self) -> None:
        strange = cells(np.s_[10:20, 30:34])
        mask = made(strange).shapes[0][1]
        extra = mask & ~pixels(strange)
        assert 0 < extra.sum() < pixels(strange).sum()
        assert mask[38:82, 122:134].all()  # two pixels further
        assert not mask[:38].any()
        assert not mask[38, 118]  # and round at the corner

    def test_a_person_s_edge_a_little_further_out(self) -> None:
        """Where the small picture is the frame, a head has a few pixels and none of its noise was averaged away."""
        strange = cells(np.s_[27:35, 38:40])  # to the right of the capsule
        mask = drawn(made(strange, [(SOMEBODY, PERSON)]))[PERSON]
        assert mask[110:140, 152:167].all()
        assert not mask[110:140, 168:].any()

    def test_what_lies_near_together_on_somebody_is_one(self) -> None:
        """Two legs, six pixels apart: which of them is before the other says how somebody walks (R3)."""
        legs: Grid = np.zeros((240, 320), np.bool_)
        legs[160:176, 124:130] = legs[160:176, 136:142] = True
        strange = cells(np.s_[40:44, 31:36])
        found = cover(strange, apart(legs), [(SOMEBODY, PERSON)], nowhere(GEOMETRY), OPTIONS)
        assert drawn(found)[PERSON][160:176, 124:142].all()

    def test_where_no_pixel_differs_nothing_is_hidden(self) -> None:
        """A cell may be strange for the half of it: the rest is shown as the scene was."""
        strange, differing = cells(np.s_[10:20, 30:34]), np.zeros((240, 320), np.bool_)
        differing[40:80, 120:128] = True
        mask = hidden(cover(strange, apart(differing), [], nowhere(GEOMETRY), OPTIONS))
        assert mask[40:80, 120:128].all()
        assert not mask[:, 131:].any()

    def test_all_of_the_picture(self) -> None:
        assert made(everywhere(GEOMETRY)).shapes[0][1].all()


class TestSpecks:
    @pytest.mark.parametrize(
        ("places", "speck"),
        [
            ([(10, 10)], True),
            ([(10, 10), (10, 11)], True),
            ([(10, 10), (11, 11)], True),  # corner to corner
            ([(10, 10), (10, 11), (10, 12)], False),
            ([(10, 10), (20, 20)], True),  # two of one cell
        ],
    )
    def test_one_or_two_cells_are_noise(self, places: list[tuple[int, int]], speck: bool) -> None:
        strange = cells(*places)
        found = made(strange)
        assert bool(found.specks.any()) == speck
        assert bool(found.shapes) != speck
        if speck:
            np.testing.assert_array_equal(found.specks, strange)

    def test_not_beside_somebody(self) -> None:
        """A hand is a cell or two."""
        beside = cells((30, 40), (20, 28))  # 160, 120: two cells from the box; 112, 80: two to the left
        found = made(beside, boxes=[(SOMEBODY, PERSON)])
        assert not found.specks.any()
        assert hidden(found)[pixels(beside)].all()


class TestRestless:
    """What leaves the plate all the time with nobody near: a tape, a branch in the wind."""

    PLACE = cells(np.s_[10:20, 60:70])

    def test_it_is_not_drawn(self) -> None:
        found = made(self.PLACE, restless=self.PLACE)
        assert found.shapes == []
        np.testing.assert_array_equal(found.specks, self.PLACE)

    def test_nor_does_it_hang_together_with_what_is(self) -> None:
        """But for what is right beside that: somebody who passes a tape covers some of it."""
        other = cells(np.s_[10:20, 70:75])
        found = made(self.PLACE | other, restless=self.PLACE)
        np.testing.assert_array_equal(found.specks, cells(np.s_[10:20, 60:69]))
        assert hidden(found)[pixels(other)].all()
        assert not hidden(found)[40:80, 240:272].any()

    def test_noise_draws_none_of_it(self) -> None:
        noise = cells((10, 70))
        found = made(self.PLACE | noise, restless=self.PLACE)
        np.testing.assert_array_equal(found.specks, self.PLACE | noise)

    def test_but_where_somebody_is(self) -> None:
        place = cells(np.s_[22:30, 31:36])
        found = made(place, [(SOMEBODY, PERSON)], restless=everywhere(GEOMETRY))
        assert not found.specks.any()
        assert hidden(found)[pixels(place)].all()

    def test_nothing_is_hidden_by_it_that_did_not_differ(self) -> None:
        assert not made(restless=everywhere(GEOMETRY)).specks.any()


class TestClasses:
    STRANGE = cells(np.s_[18:42, 28:40])

    def test_what_differs_takes_the_colour_of_what_was_found_there(self) -> None:
        place = Box(112, 72, 160, 168)
        for label in (ObjectClass.VEHICLE, ObjectClass.ANIMAL, ObjectClass.THING):
            assert list(drawn(made(self.STRANGE, [(place, label)]))) == [label]

    def test_person_evidence_wins(self) -> None:
        """A rider, a driver, somebody called an animal."""
        for label in (ObjectClass.VEHICLE, ObjectClass.ANIMAL, ObjectClass.THING):
            for boxes in ([(SOMEBODY, PERSON), (SOMEBODY, label)], [(SOMEBODY, label), (SOMEBODY, PERSON)]):
                seen = drawn(made(self.STRANGE, boxes))
                assert seen[PERSON][84:156, 124:146].all()
                assert not any(mask[84:156, 124:146].any() for other, mask in seen.items() if other is not PERSON)

    def test_an_animal_before_a_vehicle_before_a_thing(self) -> None:
        place = Box(112, 72, 160, 168)
        boxes: Labelled = [(place, ObjectClass.ANIMAL), (place, VEHICLE), (place, ObjectClass.THING)]
        assert list(drawn(made(self.STRANGE, boxes))) == [ObjectClass.ANIMAL]

    @pytest.mark.parametrize(("label", "beyond"), [(PERSON, 240), (VEHICLE, 180)])
    def test_a_colour_ends_near_whom_it_is_of(self, label: ObjectClass, beyond: int) -> None:
        tape = cells(np.s_[30:32, 28:78])
        seen = drawn(made(tape, [(SOMEBODY, label)]))
        assert seen[UNKNOWN][120:128, beyond:300].all()
        assert seen[label][120:128, 125:145].all()

    def test_what_is_not_learnt_yet_is_unknown_and_not_a_person(self) -> None:
        known = everywhere(GEOMETRY)
        known[:, 60:] = False
        seen = drawn(made(~known, [(SOMEBODY, PERSON)]))
        assert seen[UNKNOWN][:, 244:].all()
        assert PERSON not in seen or seen[PERSON][:, 244:].sum() == 0

    def test_all_is_somebody_for_a_detector_that_cannot_tell(self) -> None:
        found = made(self.STRANGE, [(Box(112, 72, 160, 168), VEHICLE)], options=CoverOptions(all_people=True))
        assert list(drawn(found)) == [PERSON]

    def test_what_lies_between_two_is_covered(self) -> None:
        """One outline round them all (R3)."""
        two = [cells(np.s_[20:40, 20:40]), cells(np.s_[20:40, 42:60])]
        boxes: Labelled = [(Box(80, 80, 160, 160), VEHICLE), (Box(168, 80, 240, 160), ObjectClass.ANIMAL)]
        found = made(two[0] | two[1], boxes)
        assert hidden(found)[90:150, 80:240].all()

    def test_shapes_come_least_protected_first(self) -> None:
        strange = self.STRANGE | cells(np.s_[50:56, 60:70]) | cells(np.s_[4:8, 60:70])
        found = made(strange, [(SOMEBODY, PERSON), (Box(240, 200, 280, 224), VEHICLE)])
        assert list(reversed(drawn(found))) == [UNKNOWN, VEHICLE, PERSON]
        order = [UNKNOWN, VEHICLE, PERSON]
        places = [order.index(label) for label, _ in found.shapes]
        assert places == sorted(places)
