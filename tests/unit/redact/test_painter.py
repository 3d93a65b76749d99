"""What the painter shows again is what it would have drawn."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.redact.frames import GEOMETRY, everywhere, noise, nowhere, small
from watchglass.base.clock import WallUs
from watchglass.model.frame import Plane, RawFrame
from watchglass.model.media import Ticks
from watchglass.model.vision import Box, ObjectClass
from watchglass.redact import painter
from watchglass.redact.cells import Grid, pixels
from watchglass.redact.cover import CoverOptions, Labelled
from watchglass.redact.painter import Cells, Painter
from watchglass.redact.shown import ShownFrame

PERSON, VEHICLE = ObjectClass.PERSON, ObjectClass.VEHICLE
SOMEBODY = Box(40, 20, 60, 70)
CAR = Box(82, 51, 110.5, 70.5)
STEP = 0.1
OPTIONS = CoverOptions()
STREET = noise(1)


def cells_in(box: Box) -> Grid:
    grid = nowhere()
    grid[GEOMETRY.cells(box)] = True
    return grid


class Easel:
    """A painter and the frames that it is given, a tenth of a second apart."""

    def __init__(self, *, vehicles: bool = False, remembers: bool = True) -> None:
        self.painter = Painter(GEOMETRY, vehicles=vehicles)
        self._remembers = remembers
        self._count = 0

    def draw(  # noqa: PLR0913, RUF100 - all that a frame can have
        self,
        *,
        frame: RawFrame = STREET,
        strange: Grid | None = None,
        boxes: Labelled | None = None,
        known: Grid | None = None,
        restless: Grid | None = None,
        apart: Plane | None = None,
        options: CoverOptions = OPTIONS,
    ) -> ShownFrame:
        strange = nowhere() if strange is None else strange.copy()
        cells = Cells(
            strange,
            nowhere() if restless is None else restless.copy(),
            everywhere() if known is None else known.copy(),
            list(boxes or []),
            options,
        )
        if not self._remembers:
            self.painter._cells = self.painter._outline = self.painter._drawn = None
        frame = dataclasses.replace(frame, pts=Ticks(self._count * 9000), wall=WallUs(self._count))
        self._count += 1
        apart = pixels(strange).view(np.uint8) * np.uint8(255) if apart is None else apart
        return self.painter.draw(frame, self._count * STEP, cells, apart, small())


def planes(shown: ShownFrame) -> tuple[bytes, bytes, bytes, float, str | None]:
    return shown.y.tobytes(), shown.u.tobytes(), shown.v.tobytes(), shown.masked, shown.covered


def test_where_nothing_changes_the_same_is_shown_again() -> None:
    easel = Easel()
    strange, boxes = cells_in(SOMEBODY), [(SOMEBODY, PERSON)]
    first = easel.draw(strange=strange, boxes=boxes)
    second = easel.draw(strange=strange, boxes=boxes)
    assert second.repeats(first)
    assert planes(second) == planes(first)
    assert (second.pts, second.wall) == (9000, 1)


def test_once_a_second_the_scene_is_drawn_anew() -> None:
    easel = Easel()
    shown = [easel.draw(frame=noise(number)) for number in range(21)]
    assert [number for number in range(1, 21) if not shown[number].repeats(shown[number - 1])] == [10, 20]
    assert [number for number in range(21) if shown[number].renewed] == [0, 10, 20]
    np.testing.assert_array_equal(shown[19].y, noise(10).y)


def test_who_moves_by_a_pixel_is_drawn_anew() -> None:
    easel = Easel()
    first = easel.draw(boxes=[(SOMEBODY, PERSON)])
    second = easel.draw(boxes=[(SOMEBODY.moved(1, 0), PERSON)])
    assert not second.repeats(first)
    assert planes(second) != planes(first)


def test_a_parked_car_s_box_that_trembles_is_no_change() -> None:
    easel = Easel()
    first = easel.draw(boxes=[(CAR, VEHICLE)])
    assert easel.draw(boxes=[(CAR.moved(0.2, 0.1), VEHICLE)]).repeats(first)
    assert not easel.draw(boxes=[(CAR.moved(9, 0), VEHICLE)], strange=cells_in(CAR)).repeats(first)


def test_nor_one_that_is_somewhere_else_where_nothing_differs() -> None:
    easel = Easel()
    first = easel.draw()
    second = easel.draw(boxes=[(CAR, VEHICLE)])
    assert second.repeats(first)
    assert easel.draw(boxes=[(CAR.moved(-30, 9), VEHICLE)]).repeats(second)


def test_a_pixel_under_a_cover_that_differs_no_longer_is_a_change() -> None:
    easel = Easel()
    strange = cells_in(CAR)
    first = easel.draw(strange=strange)
    apart = pixels(strange).view(np.uint8) * np.uint8(255)
    rows, columns = np.nonzero(apart)
    apart[rows.max(), columns.max()] = 0
    assert not easel.draw(strange=strange, apart=apart).repeats(first)


def test_a_pixel_elsewhere_is_noise() -> None:
    easel = Easel()
    first = easel.draw()
    apart = np.zeros_like(pixels(nowhere()), np.uint8)
    apart[3, 5] = 255
    assert easel.draw(apart=apart).repeats(first)


def test_what_becomes_known_is_drawn_at_once() -> None:
    easel = Easel()
    unknown = cells_in(CAR)
    first = easel.draw(strange=unknown, known=~unknown)
    second = easel.draw()
    assert not second.repeats(first)
    assert second.masked < first.masked


def test_a_vehicle_that_is_to_be_seen_is_drawn_anew_each_time() -> None:
    easel = Easel(vehicles=True)
    first = easel.draw(strange=cells_in(CAR), boxes=[(CAR, VEHICLE)])
    second = easel.draw(frame=noise(2), strange=cells_in(CAR), boxes=[(CAR, VEHICLE)])
    assert not second.repeats(first)
    assert planes(second) != planes(first)


def test_a_parked_one_is_not() -> None:
    easel = Easel(vehicles=True)
    first = easel.draw(boxes=[(CAR, VEHICLE)])
    assert easel.draw(boxes=[(CAR, VEHICLE)]).repeats(first)


def test_another_scene_is_drawn_anew() -> None:
    easel = Easel()
    easel.draw()
    easel.painter.forget()
    second = easel.draw(frame=noise(3))
    np.testing.assert_array_equal(second.y, noise(3).y)


def test_a_place_that_is_known_otherwise_is_drawn_anew() -> None:
    easel = Easel()
    easel.draw()
    easel.painter.drop(cells_in(CAR))
    second = easel.draw(frame=noise(3))
    np.testing.assert_array_equal(second.y, np.where(pixels(cells_in(CAR)), noise(3).y, STREET.y))


@pytest.mark.parametrize("plane", ["u", "v"])
def test_a_colour_alone_is_a_change(plane: str) -> None:
    easel = Easel()
    first = easel.draw(strange=cells_in(CAR), boxes=[(CAR, VEHICLE)])
    second = easel.draw(strange=cells_in(CAR), boxes=[(CAR, ObjectClass.THING)])
    assert not second.repeats(first)
    assert getattr(second, plane).tobytes() != getattr(first, plane).tobytes()


def out_of_memory(*_: object) -> None:
    raise MemoryError


@pytest.mark.parametrize("step", ["outlined", "grown"])
def test_a_failure_on_the_way_leaves_nothing_half_known(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The next frame must not pass for one whose outline is known."""
    easel = Easel()
    easel.draw()
    with monkeypatch.context() as patched:
        patched.setattr(painter, step, out_of_memory)
        with pytest.raises(MemoryError):
            easel.draw(strange=cells_in(SOMEBODY))
    after = easel.draw(strange=cells_in(SOMEBODY))
    assert after.masked > 0
    assert not easel.painter._clean[GEOMETRY.cells(SOMEBODY)].any()


def test_the_same_reason_is_written_once() -> None:
    one = Painter(GEOMETRY, vehicles=False)
    first = one.cover_whole(noise(1, pts=0), "Learning the empty scene")
    second = one.cover_whole(noise(2, pts=9000), "Learning the empty scene")
    other = one.cover_whole(noise(3, pts=18000), "The stream was interrupted")
    assert second.repeats(first)
    assert (second.covered, second.pts) == (first.covered, 9000)
    assert not other.repeats(second)
    assert other.covered == "The stream was interrupted"
    larger = one.cover_whole(noise(width=160), "The stream was interrupted")
    assert (larger.width, larger.height) == (160, 96)


def test_after_a_covered_frame_the_view_is_what_it_was() -> None:
    easel = Easel()
    before = easel.draw()
    covered = easel.painter.cover_whole(STREET, "The picture could not be decoded")
    after = easel.draw()
    assert not after.repeats(covered)
    assert planes(after) == planes(before)


WAVING = Box(8, 8, 28, 28)
CARS = [CAR.moved(across, down) for across, down in ((0, 0), (0.2, 0.2), (1, 0), (1.7, 0), (2.5, 0), (0, 1), (0, 2))]


@dataclasses.dataclass
class Sight:
    """What there is to be drawn; each step changes one thing of it."""

    somebody: bool = False
    somebody_tracked: bool = False
    car: bool = True
    car_tracked: int = 0  # its box, one of CARS, none where there is none
    waving: bool = False
    in_wind: bool = False
    car_known: bool = True
    all_people: bool = False

    def change(self, what: str) -> None:
        now = getattr(self, what)
        setattr(self, what, not now if isinstance(now, bool) else (now + 1) % (len(CARS) + 1))

    def drawn_at(self, easel: Easel, number: int) -> tuple[bytes, bytes, bytes, float, str | None]:
        strange, boxes = nowhere(), []
        for there, place in ((self.somebody, SOMEBODY), (self.car, CAR), (self.waving, WAVING)):
            strange |= cells_in(place) if there else nowhere()
        if self.somebody_tracked:
            boxes.append((SOMEBODY, PERSON))
        if self.car_tracked < len(CARS):
            boxes.append((CARS[self.car_tracked], VEHICLE))
        shown = easel.draw(
            frame=noise(number),
            strange=strange,
            boxes=boxes,
            restless=cells_in(WAVING) if self.in_wind else nowhere(),
            known=everywhere() if self.car_known else ~cells_in(CAR),
            options=CoverOptions(all_people=self.all_people),
        )
        return planes(shown)


CHANGES = [field.name for field in dataclasses.fields(Sight)]


@pytest.mark.parametrize("vehicles", [False, True])
@given(changes=st.lists(st.sampled_from([*CHANGES, "", ""]), min_size=4, max_size=40))
@settings(max_examples=100, deadline=None)
def test_it_shows_what_one_shows_that_remembers_nothing(vehicles: bool, changes: list[str]) -> None:
    one, other = Easel(vehicles=vehicles), Easel(vehicles=vehicles, remembers=False)
    sight = Sight()
    for number, what in enumerate(changes):
        if what:
            sight.change(what)
        assert sight.drawn_at(one, number) == sight.drawn_at(other, number)


def test_of_a_thing_s_box_only_its_cells_count() -> None:
    """Those that it touches, those that its colour reaches, those round it that are not taken into the background."""
    reaches = [(0.0, 0.0), (OPTIONS.reach_others, OPTIONS.reach_others), (0.15, 0.1)]
    dice = np.random.default_rng(3)
    found = set()
    for _ in range(2000):
        one = CAR.moved(*dice.uniform(-4, 4, 2))
        other = one.moved(*dice.uniform(-0.5, 0.5, 2))
        alike = tuple(
            np.array_equal(GEOMETRY.marked([one], across, down), GEOMETRY.marked([other], across, down))
            for across, down in reaches
        )
        pair = [Cells(nowhere(), nowhere(), everywhere(), [(box, VEHICLE)], OPTIONS) for box in (one, other)]
        assert pair[0].same(pair[1], GEOMETRY) == all(alike)
        found.add(alike)
    assert found >= {(False, True, True), (True, False, True), (True, True, False), (True, True, True)}


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("more", ["", *CHANGES])
def test_each_change_is_drawn(what: str, more: str) -> None:
    """The same for each change by itself, on top of each other one, until the scene was looked at anew after it."""
    one, other = Easel(), Easel(remembers=False)
    sight = Sight()
    for number in range(24):
        if number == 2 and more:
            sight.change(more)
        if number == 5 or (what == "car_tracked" and number in range(6, 12)):
            sight.change(what)
        assert sight.drawn_at(one, number) == sight.drawn_at(other, number)
