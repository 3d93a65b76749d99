import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tests.unit.redact.frames import GEOMETRY, everywhere, nowhere
from watchglass.model.vision import Box
from watchglass.redact.cells import Geometry, Grid, Small
from watchglass.redact.plate import Plate, PlateOptions, Signs

STEP = 0.2
OPTIONS = PlateOptions()
PLACE = Box(40, 24, 64, 72)
INSIDE = GEOMETRY.cells(PLACE)
ROUND = GEOMETRY.cells(PLACE, 0.25, 0.1)
INNER = GEOMETRY.cells(PLACE, -0.2, -0.1)


def street(light: float = 0.0, seed: int = 1) -> Small:
    """An empty street in squares of 4 pixels, each of its own grey, and the sensor's noise."""
    width, height = GEOMETRY.small
    grey = np.random.default_rng(1).integers(60, 180, GEOMETRY.grid)
    noise = np.random.default_rng(seed).normal(0, 2, (height, width))
    y = np.kron(grey, np.ones((4, 4))) + noise + light
    return Small(y.clip(0, 255).astype(np.uint8), *(np.full((height, width), 128, np.uint8) for _ in range(2)))


def with_thing(picture: Small, place: Box = PLACE, *, level: int = 30, u: int = 150) -> Small:
    rows, columns = (slice(4 * cells.start, 4 * cells.stop) for cells in GEOMETRY.cells(place))
    y, chroma = picture.y.copy(), picture.u.copy()
    y[rows, columns], chroma[rows, columns] = level, u
    return Small(y, chroma, picture.v)


@dataclasses.dataclass
class Watch:
    """Drives a plate as the redactor does: compare, learn, and twice a second the detector's answer."""

    plate: Plate = dataclasses.field(default_factory=lambda: Plate(GEOMETRY))
    steps: int = 0
    asked: list[Box] = dataclasses.field(default_factory=list)

    @property
    def time(self) -> float:
        return self.steps * STEP

    def go(
        self,
        seconds: float,
        picture: Callable[[float], Small] | Small | None = None,
        *,
        signs: Sequence[Box] = (),
        sure: Sequence[Box] = (),
        covered: Sequence[Box] = (),
        answers: bool = True,
        close: bool | None = None,
    ) -> Grid:
        """Let time pass. `close` is what close looks say of every place that is asked about: somebody or nobody."""
        strange = nowhere()
        for _ in range(round(seconds / STEP)):
            now = picture(self.time) if callable(picture) else picture or street(seed=self.steps % 5)
            strange = self.plate.strange(now)[0]
            self.plate.learn(now, self.time, strange, GEOMETRY.marked(covered))
            if answers and self.steps % 2 == 0:
                self.plate.suspect(Signs(signs, sure), self.time, strange, self.plate.is_likely)
                places = self.plate.places_to_look_at(self.time, strange)
                self.asked += places[:1]
                if places and close is not None:
                    self.plate.looked(places[0], self.time, person=close)
            self.steps += 1
        return strange


def learnt(seconds: float = OPTIONS.settle + 2) -> Watch:
    watch = Watch()
    watch.go(seconds)
    assert watch.plate.known.all()
    watch.asked.clear()
    return watch


def long_learnt() -> Watch:
    """A scene that was seen empty for so long that only what lasts `replace` seconds can take its place."""
    return learnt(OPTIONS.replace + OPTIONS.settle)


LOOKING = 1.5 * OPTIONS.looks_change * OPTIONS.looks_apart
"""Seconds that the close looks at a change take, at two or three answers a second."""


class TestLearns:
    def test_at_first_everything_is_strange(self) -> None:
        plate = Plate(GEOMETRY)
        assert plate.strange(street())[0].all()
        assert plate.strange(Small(*(np.zeros_like(plane) for plane in street().planes())))[0].all()  # black too
        assert (plate.ready, plate.complete, plate.progress) == (False, False, 0.0)

    def test_an_empty_scene_in_as_long_as_it_takes_to_settle(self) -> None:
        watch = Watch()
        watch.go(OPTIONS.settle - STEP)
        assert not watch.plate.known.any()
        watch.go(3 * STEP)
        assert watch.plate.known.all()
        assert (watch.plate.ready, watch.plate.complete, watch.plate.progress) == (True, True, 1.0)
        assert not watch.plate.strange(street(seed=9))[0].any()
        assert np.abs(watch.plate.picture.y.astype(int) - street(seed=9).y).mean() < 4

    def test_nothing_without_the_detector(self) -> None:
        """Somebody may stand there: only an answer says that nobody does."""
        watch = Watch()
        watch.go(60, answers=False)
        assert not watch.plate.known.any()

    def test_nothing_once_the_detector_falls_silent(self) -> None:
        watch = Watch()
        watch.go(0.4)
        watch.go(60, answers=False)
        assert not watch.plate.known.any()

    def test_nothing_where_it_never_is_the_same(self) -> None:
        watch = Watch()
        watch.go(30, lambda time: with_thing(street(), level=round(time * 1000) % 230, u=128))
        assert not watch.plate.known[INSIDE].any()
        assert watch.plate.known.sum() == watch.plate.known.size - watch.plate.known[INSIDE].size

    def test_a_few_levels_of_noise_do_not_matter(self) -> None:
        watch = learnt()
        assert not watch.plate.strange(street(light=OPTIONS.luma - 8, seed=3))[0].any()

    def test_more_often_than_five_times_a_second_is_not_looked(self) -> None:
        plate = Plate(GEOMETRY)
        for number in range(100):
            plate.suspect(Signs([]), number * 0.01, nowhere(), plate.is_likely)
            plate.learn(street(seed=number), number * 0.01, everywhere(), nowhere())
        assert plate._likely.gained.max() == pytest.approx(0.8, abs=0.21)

    def test_a_hole_in_time_counts_as_two_samples_at_most(self) -> None:
        watch = Watch()
        watch.go(1.0)
        watch.steps += round(1000 / STEP)
        watch.plate.suspect(Signs([]), watch.time, nowhere(), watch.plate.is_likely)
        watch.go(2 * STEP)
        assert not watch.plate.known.any()


class TestRefusesWhereSomebodyMayBe:
    def test_a_place_with_a_sign_is_not_learnt_and_all_else_is(self) -> None:
        watch = Watch()
        watch.go(60, lambda _: with_thing(street()), signs=[PLACE], close=True)
        assert not watch.plate.known[ROUND].any()
        outside = everywhere()
        outside[ROUND] = False
        assert watch.plate.known[outside].all()

    def test_nor_one_under_a_cover(self) -> None:
        watch = Watch()
        watch.go(60, lambda _: with_thing(street()), covered=[PLACE], close=True)
        assert not watch.plate.known[INSIDE].any()

    def test_a_sign_holds_until_the_next_answer_however_late(self) -> None:
        """On a still picture the detector is asked every two seconds: the sign may not run out between."""
        watch = Watch()
        for _ in range(20):
            watch.go(STEP, lambda _: with_thing(street()), signs=[PLACE])
            if watch.steps % 2 == 0:
                watch.steps += 1
            watch.go(2.0 - STEP, lambda _: with_thing(street()), answers=False)
            watch.steps += watch.steps % 2
        assert not watch.plate.known[ROUND].any()

    def test_what_comes_back_after_each_passer_by_is_learnt(self) -> None:
        """A busy place: somebody is before it for one second in five, never twice the same."""
        watch = Watch()
        for number in range(12):
            passer = with_thing(street(), level=20 + number * 17)
            watch.go(1.0, passer, signs=[PLACE])
            watch.go(4.0)
        assert watch.plate.known[INSIDE].all()
        assert not watch.plate.strange(street(seed=8))[0].any()

    def test_somebody_who_stands_there_between_is_not(self) -> None:
        """Seen two seconds of three, gone for one: the place is theirs more than it is empty."""
        watch = Watch()
        for _ in range(30):
            watch.go(2.0, lambda _: with_thing(street()), signs=[PLACE])
            watch.go(1.0, lambda _: with_thing(street()))
        assert not watch.plate.known[INNER].any()


class TestLastingChange:
    """Something new in a scene that is known."""

    def test_it_is_strange_at_once(self) -> None:
        strange = learnt().plate.strange(with_thing(street()))[0]
        assert strange[INSIDE].all()
        assert strange.sum() == strange[INSIDE].size

    def test_it_is_asked_about_only_when_it_has_lasted(self) -> None:
        watch = long_learnt()
        watch.go(OPTIONS.replace - 1, lambda _: with_thing(street()))
        assert watch.asked == []
        watch.go(2, lambda _: with_thing(street()))
        assert watch.asked != []
        for place in watch.asked:
            assert place.left >= PLACE.left - 1e-6
            assert place.bottom <= PLACE.bottom + 1e-6

    def test_the_sooner_the_less_the_scene_itself_was_seen(self) -> None:
        """Who was in the picture from the start and walks away leaves a scene that is known badly."""
        watch = learnt()
        watch.go(OPTIONS.replace / 2, lambda _: with_thing(street()))
        assert watch.asked != []

    def test_it_is_taken_in_once_enough_close_looks_have_found_nobody(self) -> None:
        watch = long_learnt()
        watch.go(
            OPTIONS.replace + (OPTIONS.looks_change - 2) * OPTIONS.looks_apart,
            lambda _: with_thing(street()),
            close=False,
        )
        assert watch.plate.strange(with_thing(street()))[0][INSIDE].all()
        watch.go(LOOKING, lambda _: with_thing(street()), close=False)
        assert len(watch.asked) == OPTIONS.looks_change
        assert not watch.plate.strange(with_thing(street()))[0].any()
        assert watch.plate.strange(street())[0][INSIDE].all()  # and when it leaves, its place is strange

    def test_it_is_never_taken_in_without_a_close_look(self) -> None:
        watch = learnt()
        watch.go(4 * OPTIONS.replace, lambda _: with_thing(street()))
        assert watch.plate.strange(with_thing(street()))[0][INSIDE].all()

    def test_nor_while_close_looks_find_somebody(self) -> None:
        """The detector has lost them on the whole frame, and sees them in a part of it."""
        watch = learnt()
        watch.go(4 * OPTIONS.replace, lambda _: with_thing(street()), close=True)
        assert watch.plate.strange(with_thing(street()))[0][INSIDE].all()
        assert len(watch.asked) > 1

    def test_a_large_place_is_looked_at_in_parts(self) -> None:
        watch = learnt()
        large = Box(0, 0, 64, 60)
        watch.go(OPTIONS.replace + 2, lambda _: with_thing(street(), large))
        strange = watch.plate.strange(with_thing(street(), large))[0]
        places = watch.plate.places_to_look_at(watch.time, strange)
        assert len(places) == 4  # 16 x 15 cells in parts of 12
        assert max(place.width for place in places) == 48
        assert max(place.height for place in places) == 48

    def test_when_it_leaves_the_scene_is_known_at_once(self) -> None:
        watch = learnt()
        watch.go(10, lambda _: with_thing(street()))
        assert not watch.plate.strange(street(seed=7))[0].any()


class TestSeenInACloseLook:
    def test_somebody_in_debt_stays_in_debt(self) -> None:
        """Seen faintly for a minute, found in a close look, then missed for a while: that look is no merit."""
        watch = Watch()
        watch.go(60, lambda _: with_thing(street()), signs=[PLACE], close=True)
        assert watch.asked
        watch.go(3 * OPTIONS.settle, lambda _: with_thing(street()))
        middle = GEOMETRY.cells(PLACE, -0.2, -0.1)
        assert not watch.plate.known[middle].any()

    def test_a_second_time_through_begins_with_what_is_seen_in_it(self) -> None:
        """Times begin anew, and what was surely seen at a later time of the first is not yet to come."""
        watch = Watch()
        watch.go(100, covered=[PLACE])
        watch.plate.close()
        again = Watch(watch.plate)
        again.go(12, lambda _: with_thing(street()), signs=[PLACE], sure=[PLACE])
        again.go(20, lambda _: with_thing(street()), signs=[PLACE], sure=[PLACE], close=False)
        assert not again.plate.known[INNER].any()


class TestDoubt:
    """Rule R2: where a person's track ended inside the picture, nothing is absorbed."""

    def doubted(self) -> Watch:
        watch = learnt()
        watch.go(1, lambda _: with_thing(street()), signs=[PLACE])
        watch.plate.doubt(PLACE, watch.time)
        return watch

    def test_one_close_look_is_not_enough(self) -> None:
        watch = self.doubted()
        watch.go(2 * OPTIONS.replace, lambda _: with_thing(street()))
        for count in range(1, OPTIONS.looks_change):
            watch.plate.looked(PLACE, watch.time, person=False)
            watch.go(1, lambda _: with_thing(street()))
            assert watch.plate.strange(with_thing(street()))[0][INSIDE].all(), f"after {count} looks"
        watch.plate.looked(PLACE, watch.time, person=False)
        watch.go(1, lambda _: with_thing(street()))
        assert not watch.plate.strange(with_thing(street()))[0][INSIDE].any()

    def test_somebody_in_a_close_look_begins_the_count_anew_and_makes_it_three_times_as_long(self) -> None:
        watch = self.doubted()
        watch.go(OPTIONS.replace + 1, lambda _: with_thing(street()))
        clear = [False] * (OPTIONS.looks_change - 1)
        more = [False] * (OPTIONS.escalate * OPTIONS.looks_change - 1)
        for person in (*clear, True, *more):
            watch.plate.looked(PLACE, watch.time, person=person)
            watch.go(1, lambda _: with_thing(street()))
            assert watch.plate.strange(with_thing(street()))[0][INSIDE].all()
        for _ in range(5):  # the first ones did not count while the scene was still the likelier
            watch.plate.looked(PLACE, watch.time, person=False)
            watch.go(1, lambda _: with_thing(street()))
        assert not watch.plate.strange(with_thing(street()))[0][INSIDE].any()

    def test_it_ends_when_the_place_is_empty_again(self) -> None:
        watch = self.doubted()
        watch.go(1)
        assert not watch.plate._doubt.any()

    def test_a_place_that_looks_as_the_plate_does_holds_nobody(self) -> None:
        """A track may end over a place that somebody has left already."""
        watch = learnt()
        watch.plate.doubt(PLACE, watch.time)
        assert watch.plate._doubt[GEOMETRY.cells(PLACE, -0.1, -0.02)].all()
        watch.go(STEP)
        assert not watch.plate._doubt.any()

    def test_what_has_changed_since_is_no_longer_they(self) -> None:
        watch = learnt()
        watch.go(1, lambda _: with_thing(street()), signs=[PLACE])
        seen = watch.time - STEP
        watch.go(2, lambda _: with_thing(street(), level=200))
        watch.plate.doubt(PLACE, seen)
        assert not watch.plate._doubt[INSIDE].any()


class TestStillScenes:
    """Where all is known, and looks as it is known, a plate is learnt from once a second."""

    def samples(self, watch: Watch, seconds: float, **what: Any) -> int:
        found = set()
        for _ in range(round(seconds / STEP)):
            watch.go(STEP, **what)
            found.add(watch.plate._sampled)
        return len(found)

    def test_once_a_second(self) -> None:
        assert self.samples(learnt(), 10) == 11  # the one before among them

    def test_and_at_once_as_soon_as_something_differs(self) -> None:
        watch = learnt()
        watch.go(0.8)
        watch.go(STEP, with_thing(street()))
        assert watch.plate._sampled == pytest.approx(watch.time - STEP)
        assert self.samples(watch, 4, picture=with_thing(street())) == 20

    def test_and_once_more_when_it_does_no_longer(self) -> None:
        watch = learnt()
        watch.go(STEP, with_thing(street()))
        watch.go(STEP)
        assert watch.plate._sampled == pytest.approx(watch.time - STEP)

    def test_what_was_seen_for_long_has_as_much_merit_as_ever(self) -> None:
        """So that what comes to stand there does not take its place the sooner."""
        watch = learnt()
        before = watch.plate._likely.gained.copy()
        watch.go(10)
        np.testing.assert_allclose(watch.plate._likely.gained - before, 10, atol=1)

    def test_not_while_there_is_anything_unknown(self) -> None:
        watch = Watch()
        assert self.samples(watch, 2) == 10

    @staticmethod
    def with_a_gap() -> Watch:
        """All is known but a place where somebody stood all the time."""
        watch = learnt()
        known = everywhere()
        known[2:4, 2:4] = False
        watch.plate.known = known
        watch.plate._likely.gained[2:4, 2:4] = watch.plate._other.gained[2:4, 2:4] = 0.0
        assert watch.plate.complete
        return watch

    def test_what_is_not_known_is_learnt_as_carefully_as_ever(self) -> None:
        """Whoever fidgets there, to and fro once a second, would look the same at each step of a second."""
        watch = self.with_a_gap()

        def fidgeting(time: float) -> Small:
            picture = street(seed=round(time / STEP) % 5)
            y = picture.y.copy()
            y[8:16, 8:16] = (30, 60, 90, 120, 150)[round(time / STEP) % 5]
            return Small(y, picture.u, picture.v)

        assert self.samples(watch, 7, picture=fidgeting) == 35
        assert not watch.plate.known[2:4, 2:4].any()

    def test_slow_light_is_followed_as_fast(self) -> None:
        """One corner gets 12 levels lighter in a minute and a half: slower than a plate follows, in either way."""
        corner = Box(0, 0, 24, 24)

        def lit(time: float) -> Small:
            picture = street(seed=round(time / STEP) % 5)
            rows, columns = (slice(4 * cells.start, 4 * cells.stop) for cells in GEOMETRY.cells(corner))
            y = picture.y.copy()
            y[rows, columns] += np.uint8(min(40.0, 12 * (time - 6) / 90))
            return Small(y, picture.u, picture.v)

        watch = learnt()
        strange = watch.go(300, lit)
        assert not strange.any()


class TestClearedThings:
    def cleared(self) -> Watch:
        """A sign-post in which the detector sees somebody faintly; close looks find nobody."""
        watch = Watch()
        watch.go(20, lambda _: with_thing(street()), signs=[PLACE], close=False)
        return watch

    def test_close_looks_clear_what_only_looks_like_somebody(self) -> None:
        watch = self.cleared()
        assert not watch.plate.strange(with_thing(street()))[0].any()
        assert watch.plate.cleared[INSIDE].all()

    def test_a_sign_on_it_is_no_sign_while_it_is_the_thing_it_was(self) -> None:
        watch = self.cleared()
        before = watch.plate._sign[INSIDE].max()
        watch.go(2, lambda _: with_thing(street()), signs=[PLACE])
        assert watch.plate._sign[INSIDE].max() == before

    def test_but_is_one_as_soon_as_it_looks_different(self) -> None:
        watch = self.cleared()
        watch.go(2, lambda _: with_thing(street(), level=90), signs=[PLACE])
        assert watch.plate._sign[INSIDE].min() > watch.time - 1
        assert watch.plate.strange(with_thing(street(), level=90))[0][INSIDE].all()

    def test_a_thing_nobody_suspected_is_not_called_cleared(self) -> None:
        assert not learnt().plate.cleared.any()


class TestLight:
    def test_a_slow_change_is_followed(self) -> None:
        watch = learnt()
        begin = watch.time
        for _ in range(300):
            strange = watch.go(STEP, lambda time: street(light=(time - begin) / 3, seed=round(time * 5)))
            assert not strange.any()
        assert watch.plate.picture.y.mean() - street().y.mean() > 15  # 20 levels in a minute

    def test_a_sudden_one_is_strange(self) -> None:
        watch = learnt()
        assert watch.plate.strange(street(light=25))[0].all()
        assert watch.plate.strange(street(light=-25))[0].all()

    def test_what_is_covered_is_not_followed(self) -> None:
        watch = learnt()
        begin = watch.time
        watch.go(20, lambda time: street(light=min(12.0, time - begin)), covered=[PLACE])
        before = street().y[24:72, 40:64].mean()
        assert watch.plate.picture.y[24:72, 40:64].mean() == pytest.approx(before, abs=2)
        assert watch.plate.picture.y[80:, 100:].mean() > street().y[80:, 100:].mean() + 8

    def test_a_quick_one_of_the_whole_scene_is_followed_up_to_four_percent_a_second(self) -> None:
        watch = long_learnt()
        begin = watch.time

        def brighter(time: float) -> Small:
            y = (street().y.astype(float) - 16) * (1 + 0.03 * (time - begin)) + 16
            return Small(y.clip(0, 255).astype(np.uint8), street().u, street().v)

        for _ in range(50):
            assert not watch.go(STEP, brighter).any()
        assert brighter(watch.time).y.mean() > street().y.mean() + 25
        assert watch.go(STEP)[5:].mean() > 0.5  # and back at once is a sudden change

    def test_somebody_who_comes_while_it_changes_is_strange(self) -> None:
        watch = long_learnt()
        begin = watch.time

        def darker(time: float) -> Small:
            y = (street().y.astype(float) - 16) * (1 - 0.03 * (time - begin)) + 16
            return Small(y.clip(0, 255).astype(np.uint8), street().u, street().v)

        strange = watch.go(10, lambda time: with_thing(darker(time), u=128), covered=[PLACE])
        assert strange[INSIDE].all()
        around = GEOMETRY.marked([PLACE], 0.17, 0.09)  # what is beside a cover follows a little later
        assert not (strange & ~around).any()


class TestDebt:
    """What is seen inside somebody's box loses twice what it could have gained, and it is remembered."""

    def test_who_was_seen_long_and_is_then_missed_is_not_learnt_for_as_long(self) -> None:
        watch = Watch()
        watch.go(12, lambda _: with_thing(street()), signs=[PLACE])
        watch.go(30, lambda _: with_thing(street()))
        assert not watch.plate.known[INNER].any()

    def test_but_not_for_ever(self) -> None:
        watch = Watch()
        watch.go(60, lambda _: with_thing(street()), signs=[PLACE])
        watch.go(OPTIONS.debt + OPTIONS.settle + 2, lambda _: with_thing(street()))
        assert watch.plate.known[INSIDE].all()

    def test_the_place_behind_them_does_not_pay_for_it(self) -> None:
        watch = Watch()
        watch.go(12, lambda _: with_thing(street()), signs=[PLACE])
        watch.go(OPTIONS.settle + 2)
        assert watch.plate.known[INSIDE].all()
        assert not watch.plate.strange(street(seed=8))[0].any()


class TestSure:
    def test_who_was_surely_and_often_seen_is_no_matter_for_close_looks(self) -> None:
        """Whole pictures showed a person there: that a part of one does not is no argument."""
        watch = Watch()
        watch.go(12, lambda _: with_thing(street()), signs=[PLACE], sure=[PLACE])
        watch.go(20, lambda _: with_thing(street()), signs=[PLACE], sure=[PLACE], close=False)
        assert not watch.plate.known[INNER].any()
        assert not watch.plate.cleared[INNER].any()

    def test_who_was_seen_faintly_is(self) -> None:
        watch = Watch()
        watch.go(32, lambda _: with_thing(street()), signs=[PLACE], close=False)
        assert watch.plate.known[INSIDE].all()


class TestRestless:
    def turns(self, count: int, signs: Sequence[Box] = ()) -> Watch:
        """Something waves into a place and out of it again."""
        watch = learnt()
        for _ in range(count):
            watch.go(2 * STEP, lambda _: with_thing(street()), signs=signs)
            watch.go(1.6, signs=signs)
        return watch

    def test_what_leaves_the_plate_and_comes_back_three_times_is(self) -> None:
        assert not self.turns(3).plate.restless.any()  # each counts a little less with time
        watch = self.turns(4)
        assert watch.plate.restless[INSIDE].all()
        assert watch.plate.restless.sum() == watch.plate.restless[INSIDE].size

    def test_not_where_somebody_is(self) -> None:
        assert not self.turns(6, [PLACE]).plate.restless.any()

    def test_it_is_forgotten_after_a_while(self) -> None:
        watch = self.turns(4)
        watch.go(OPTIONS.forgets)
        assert not watch.plate.restless.any()


class TestReady:
    def known_in(self, share: float) -> Watch:
        """A scene of which a share holds still: the rest is a tree in the wind."""
        columns = round(share * GEOMETRY.grid[1])
        tree = Box(columns * 4, 0, 128, 96)
        watch = Watch()
        watch.go(OPTIONS.settle + 1, lambda time: with_thing(street(), tree, level=round(time * 1000) % 230, u=128))
        assert watch.plate.known.mean() == pytest.approx(columns / GEOMETRY.grid[1])
        return watch

    def test_when_nearly_all_is_known(self) -> None:
        assert self.known_in(0.95).plate.ready
        plate = self.known_in(0.80).plate
        assert not plate.ready
        assert plate.progress == pytest.approx(plate.known.mean() / OPTIONS.ready)
        assert not plate.complete

    def test_later_with_less(self) -> None:
        def wind(time: float) -> Small:
            return with_thing(street(), Box(88, 0, 128, 96), level=round(time * 1000) % 230, u=128)

        watch = self.known_in(0.70)
        watch.go(OPTIONS.late, wind)
        assert watch.plate.ready
        assert watch.plate.strange(wind(watch.time))[0][:, 23:].all()  # what is not known stays covered

    def test_never_with_little(self) -> None:
        watch = self.known_in(0.40)
        watch.go(
            2 * OPTIONS.late, lambda time: with_thing(street(), Box(52, 0, 128, 96), level=round(time * 1000) % 230)
        )
        assert not watch.plate.ready


class TestPauseAndForget:
    def test_after_a_pause_nothing_is_known_to_have_lasted(self) -> None:
        """Somebody whose track ended may have moved in the hole, and another may stand there just like them."""
        watch = Watch()
        watch.go(OPTIONS.settle - 1, with_thing(street()), signs=[PLACE], close=False)
        watch.plate.pause()
        watch.go(OPTIONS.settle - 1, with_thing(street()), signs=[PLACE], close=False)
        assert watch.asked == []
        assert not watch.plate.known[INSIDE].any()
        watch.go(1 + 1.5 * OPTIONS.looks, with_thing(street()), signs=[PLACE], close=False)
        assert watch.asked != []
        assert watch.plate.known[INSIDE].all()

    def test_after_a_pause_everything_may_have_changed(self) -> None:
        watch = learnt()
        assert not watch.plate.changing(watch.time - STEP, 2.0).any()
        watch.plate.pause()
        watch.go(5 * STEP)
        assert watch.plate.changing(watch.time, 2.0).all()
        watch.go(10 * STEP)
        assert not watch.plate.changing(watch.time, 2.0).any()

    def test_forgetting_is_to_start_over(self) -> None:
        watch = learnt()
        watch.plate.doubt(PLACE, watch.time)
        watch.plate.forget()
        assert not watch.plate.known.any()
        assert not watch.plate.cleared.any()
        assert not watch.plate._doubt.any()
        assert not watch.plate.ready
        assert watch.plate.strange(street())[0].all()
        watch.go(OPTIONS.settle - STEP)
        assert not watch.plate.known.any()
        watch.go(1)
        assert watch.plate.known.all()


class TestKept:
    def test_it_is_taken_up_as_it_was(self) -> None:
        watch = learnt()
        watch.plate.cleared[INSIDE] = True
        again = Plate(GEOMETRY)
        assert again.restore(watch.plate.kept())
        np.testing.assert_array_equal(again.picture.y, watch.plate.picture.y)
        np.testing.assert_array_equal(again.known, watch.plate.known)
        np.testing.assert_array_equal(again.cleared, watch.plate.cleared)
        assert not again.strange(street(seed=6))[0].any()
        assert again.ready

    @pytest.mark.parametrize(
        "change",
        [
            lambda arrays: arrays.pop("known"),
            lambda arrays: arrays.pop("y"),
            lambda arrays: arrays.update(y=arrays["y"][:-4]),
            lambda arrays: arrays.update(u=arrays["u"].astype(np.float32)),
            lambda arrays: arrays.update(known=arrays["known"].astype(np.uint8)),
            lambda arrays: arrays.update(cleared=arrays["cleared"][:, :-1]),
            lambda arrays: arrays.update(v=arrays["v"].ravel()),
        ],
    )
    def test_one_that_does_not_fit_is_refused_and_changes_nothing(
        self, change: Callable[[dict[str, object]], object]
    ) -> None:
        arrays = learnt().plate.kept()
        change(arrays)  # type: ignore[arg-type]  # wrong on purpose
        plate = Plate(GEOMETRY)
        assert not plate.restore(arrays)
        assert not plate.known.any()
        assert not plate.picture.y.any()

    def test_one_of_another_size_is_refused(self) -> None:
        assert not Plate(Geometry(640, 360)).restore(learnt().plate.kept())

    def test_it_is_the_caller_s_arrays_no_longer(self) -> None:
        watch = learnt()
        arrays = watch.plate.kept()
        again = Plate(GEOMETRY)
        assert again.restore(arrays)
        again.forget()
        assert watch.plate.known.all()
