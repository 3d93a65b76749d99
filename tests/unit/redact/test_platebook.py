import numpy as np
import pytest

from tests.unit.redact.frames import GEOMETRY, everywhere, noise
from watchglass.model.frame import RawFrame
from watchglass.redact.cells import Geometry, Small, shrink
from watchglass.redact.plate import Plate
from watchglass.redact.platebook import PlateBook, PlateBookOptions

OPTIONS = PlateBookOptions()
DAY, NIGHT, PRESET = 1, 2, 3


def frame(seed: int, geometry: Geometry = GEOMETRY) -> RawFrame:
    return noise(seed, width=geometry.width, height=geometry.height)


def look(seed: int, geometry: Geometry = GEOMETRY) -> Small:
    """How the scene looks by day, by night, from another preset: each wholly different from the others."""
    return shrink(frame(seed, geometry), geometry)


def plate(seed: int, *, known: float = 1.0, geometry: Geometry = GEOMETRY) -> Plate:
    one = Plate(geometry)
    y, u, v = look(seed, geometry).planes()
    grid = np.zeros(geometry.grid, np.bool_)
    grid[: round(known * len(grid))] = True
    assert one.restore({"y": y, "u": u, "v": v, "known": grid, "cleared": np.zeros_like(grid)})
    return one


def book(*seeds: int) -> PlateBook:
    one = PlateBook()
    for seed in seeds:
        one.put(plate(seed))
    return one


def kept(one: PlateBook) -> list[int]:
    """Which looks are in it, in order."""
    return [next(seed for seed in range(40) if np.array_equal(found["y"], look(seed).y)) for found in one.looks]


class TestRecall:
    def test_the_look_that_the_frame_has_is_taken_up(self) -> None:
        one, present = book(NIGHT, DAY, PRESET), plate(7)
        assert one.recall(present, look(DAY))
        assert present.ready
        assert not present.strange(look(DAY))[0].any()
        assert present.strange(look(7))[0].mean() > 0.9

    def test_what_it_was_before_is_kept_in_its_place(self) -> None:
        one, present = book(NIGHT, DAY, PRESET), plate(7)
        one.recall(present, look(DAY))
        assert kept(one) == [NIGHT, PRESET, 7]
        assert one.recall(present, look(7))
        assert kept(one) == [NIGHT, PRESET, DAY]

    def test_one_that_is_not_ready_is_not(self) -> None:
        one = book(NIGHT, DAY)
        assert one.recall(Plate(GEOMETRY), look(DAY))
        assert kept(one) == [NIGHT]

    def test_where_none_is_like_it_nothing_changes(self) -> None:
        one, present = book(NIGHT, DAY), plate(7)
        assert not one.recall(present, look(PRESET))
        assert kept(one) == [NIGHT, DAY]
        assert not present.strange(look(7))[0].any()

    def test_an_empty_book_has_none(self) -> None:
        present = plate(7)
        assert not PlateBook().recall(present, look(DAY))
        assert present.ready

    @pytest.mark.parametrize(("share", "found"), [(0.20, True), (0.30, False)])
    def test_a_quarter_of_it_may_be_different(self, share: float, found: bool) -> None:
        """People and parked cars; more than that is another scene."""
        rows = round(share * 96)
        now = look(DAY)
        now.y[:rows] = 255 - now.y[:rows]
        now.u[:rows] = 255 - now.u[:rows]
        assert book(NIGHT, DAY).recall(plate(7), now) == found

    def test_the_likest_of_several_is(self) -> None:
        one = PlateBook()
        for rows in (12, 0, 8):
            arrays = {name: array.copy() for name, array in plate(DAY).kept().items()}
            arrays["y"][:rows] = 255 - arrays["y"][:rows].astype(int)
            arrays["u"][:rows] = 255 - arrays["u"][:rows].astype(int)
            one.looks.append(arrays)
        present = Plate(GEOMETRY)
        assert one.recall(present, look(DAY))
        np.testing.assert_array_equal(present.picture.y, look(DAY).y)

    def test_only_what_it_knows_is_compared(self) -> None:
        one = PlateBook()
        one.put(plate(DAY, known=0.75))
        now = look(DAY)
        now.y[72:] = 255 - now.y[72:]
        present = Plate(GEOMETRY)
        assert one.recall(present, now)
        assert not present.known[18:].any()  # and stays covered

    def test_one_that_knows_little_of_the_scene_is_no_look_of_it(self) -> None:
        one = PlateBook()
        one.looks.append(plate(DAY, known=0.5).kept())
        assert not one.recall(plate(7), look(DAY))

    def test_one_of_another_size_is_passed_over(self) -> None:
        """The camera's stream was changed to another resolution."""
        one = PlateBook()
        one.put(plate(DAY, geometry=Geometry(160, 96)))
        assert len(one.looks) == 1
        assert not one.recall(plate(7), look(DAY))
        one.put(plate(DAY))
        assert one.recall(plate(7), look(DAY))


class TestPut:
    @pytest.mark.parametrize(("known", "looks"), [(0.95, 1), (0.5, 0), (0.0, 0)])
    def test_only_what_is_enough_to_show_a_view(self, known: float, looks: int) -> None:
        one = PlateBook()
        one.put(plate(DAY, known=known))
        assert len(one.looks) == looks

    def test_the_one_unused_for_longest_goes_first(self) -> None:
        one, present = book(*range(10, 10 + OPTIONS.most)), plate(7)
        assert one.recall(present, look(10))  # the oldest one is in use again
        assert one.recall(present, look(11))
        assert kept(one) == [*range(12, 10 + OPTIONS.most), 7, 10]
        one.put(plate(30))
        assert kept(one) == [*range(13, 10 + OPTIONS.most), 7, 10, 30]

    def test_it_is_the_plate_s_no_longer(self) -> None:
        one, present = PlateBook(), plate(DAY)
        one.put(present)
        present.forget()
        present.known[:] = False
        assert one.looks[0]["known"].all()
        np.testing.assert_array_equal(one.looks[0]["known"], everywhere())
