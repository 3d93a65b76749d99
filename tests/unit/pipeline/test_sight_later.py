"""Sight with a detector that answers later, out of turn, or never: nothing is shown that it would not show at once."""

import collections
import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from tests.scene import RATE, Scene, Truthful, sight_of, view, walk
from tests.unit.pipeline.test_sight import BUSY, HALF, LEARNT, STANDING, measured, open_share
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.look import SceneSigns
from watchglass.model.vision import Box, Detection
from watchglass.pipeline.sight import CloseAnswer, Looks, Sight, SightOptions, WholeAnswer, _Closer
from watchglass.redact.cells import Geometry
from watchglass.redact.guard import CoverReason
from watchglass.redact.plate import Plate
from watchglass.redact.redactor import Redactor
from watchglass.redact.shown import ShownFrame
from watchglass.track.tracker import Tracker


@dataclasses.dataclass
class Later(Looks):
    """Answers `delay` frames after it was asked. `frozen`: nothing comes until it goes on, and then all at once."""

    truth: Truthful
    delay: int = 1
    frozen: range = range(0)
    backwards: bool = False
    busy: float = 0.0
    forgotten: int = 0
    asked: collections.deque[tuple[int, WholeAnswer | CloseAnswer]] = dataclasses.field(
        default_factory=collections.deque
    )
    frame: int = -1

    @property
    def protection(self) -> Protection:
        return self.truth.protection

    @property
    def load(self) -> float:
        return self.busy

    def ask(self, frame: RawFrame, time: float) -> None:
        self.asked.append((self.frame + 1, WholeAnswer(time, self.truth.whole(frame, time))))

    def ask_closer(self, frame: RawFrame, time: float, place: Box) -> None:
        self.asked.append((self.frame, CloseAnswer(time, place, self.truth.close(frame, place))))

    def answers(self) -> Iterator[WholeAnswer | CloseAnswer]:
        self.frame += 1
        if self.frame in self.frozen:
            return
        ready = [answer for at, answer in self.asked if at + self.delay <= self.frame]
        self.asked = collections.deque((at, one) for at, one in self.asked if at + self.delay > self.frame)
        yield from reversed(ready) if self.backwards else ready

    def forget(self) -> None:
        self.forgotten += 1


def sight(scene: Scene, looks: Looks, tracker: Tracker | None = None) -> Sight:
    redactor = Redactor(Plate(Geometry(scene.width, scene.height)))
    return Sight(looks, tracker or Tracker(scene.width, scene.height), redactor, SightOptions())


class RisingTracker(Tracker):
    """A tracker that minds being told of the past."""

    told = float("-inf")

    def update(self, detections, time):  # type: ignore[no-untyped-def]
        assert time > self.told
        self.told = time
        return super().update(detections, time)


class TestNobodyIsSeen:
    @pytest.mark.parametrize("delay", [1, 2, 3])
    def test_by_a_detector_that_takes_its_time(self, delay: int) -> None:
        """0.2 to 0.6 s: the view is not covered for it either, once it is there."""
        shown = view(BUSY, sight(BUSY, Later(Truthful(BUSY), delay)), LEARNT + 100)
        found = measured(BUSY, shown)
        assert (found.exposed_heads, found.exposed_bodies) == (0, 0)
        assert found.labels > 200
        assert open_share(shown[LEARNT:-4]) == 1.0  # for the last ones no answer could come any more

    def test_who_is_found_late_is_covered_before_as_far_as_frames_still_wait(self) -> None:
        hidden = Scene([])
        someone = dataclasses.replace(STANDING.people[0], at=walk((100, 80), (0, 0), first=LEARNT))
        truth = Truthful(Scene([someone]))
        shown = view(hidden, sight(hidden, Later(truth, 2)), LEARNT + 30)
        first = next(number for number, one in enumerate(shown) if one.covered is None and one.masked > 0)
        found = next(round(time * RATE) for time in truth.looks if time * RATE >= LEARNT)
        assert first == found + 2 - 4  # 0.8 s before the answer, which came two frames after the look

    def test_answers_that_come_too_late_open_nothing(self) -> None:
        shown = view(BUSY, sight(BUSY, Later(Truthful(BUSY), delay=5)), LEARNT + 40)
        assert open_share(shown) == 0

    def test_while_it_is_frozen_every_frame_is_covered_and_then_no_longer(self) -> None:
        frozen = range(LEARNT + 20, LEARNT + 50)
        looks = Later(Truthful(BUSY), 1, frozen)
        shown = view(BUSY, sight(BUSY, looks), LEARNT + 80)
        reasons = [one.covered for one in shown]
        # The last answer was on a frame at most 0.6 s before; 0.8 s after that one nothing is known any more.
        assert set(reasons[frozen.start + 4 : frozen.stop - 8]) == {CoverReason.DETECTOR.value}
        assert set(reasons[frozen.stop + 4 :]) == {None}
        assert measured(BUSY, shown).exposed_heads == 0

    def test_answers_in_the_wrong_order_never_reach_the_tracker(self) -> None:
        frozen = range(LEARNT + 20, LEARNT + 24)
        tracker = RisingTracker(BUSY.width, BUSY.height)
        looks = Later(Truthful(BUSY), 0, frozen, backwards=True)
        shown = view(BUSY, sight(BUSY, looks, tracker), LEARNT + 60)
        assert tracker.told > LEARNT / RATE
        assert measured(BUSY, shown).exposed_heads == 0

    def test_an_answer_on_what_was_before_a_jump_opens_nothing(self) -> None:
        """What was asked before is forgotten, and an answer that comes all the same is on no frame of ours."""
        looks = Later(Truthful(BUSY), 2)
        one = sight(BUSY, looks)
        jump = LEARNT + 40
        shown: list[ShownFrame] = []
        for number in range(LEARNT + 80):
            before = looks.forgotten
            shown += one.take(BUSY.frame(number, jump=number == jump), number / RATE)
            assert looks.forgotten == before + (number == jump)
            if number == jump:
                assert one.covers(number / RATE) == []
                looks.asked.clear()
                looks.frozen = range(jump, jump + 10)
                looks.asked.append((jump - 3, WholeAnswer((jump - 1) / RATE, [])))
        assert {one.covered for one in shown[jump : jump + 8]} == {CoverReason.JUMP.value}
        assert measured(BUSY, shown).exposed_heads == 0


class TestCloserLooks:
    @pytest.mark.parametrize(("near", "known"), [(0.2, False), (0.19, True)])
    def test_are_taken_in_when_they_come(self, near: float, known: bool) -> None:
        looks = Later(Truthful(STANDING, lambda _, __: 0.06, near), 2)
        one = sight(STANDING, looks)
        view(STANDING, one, HALF)
        cells = one.redactor.plate.geometry.cells(Box(140, 150, 172, 230), -0.1, -0.1)
        assert one.redactor.plate.known[cells].all() == known

    @pytest.mark.parametrize(("track", "counted"), [(3, True), (77, False)])
    def test_that_nobody_was_there_counts_only_while_the_place_looks_the_same(self, track: int, counted: bool) -> None:
        """Somebody steps in front of the thing that was looked at: nobody was found there, and that was before."""
        one = sight_of(STANDING, Truthful(STANDING, lambda _, __: 0.06, 0.0))
        plate, number = one.redactor.plate, 0
        while plate._looks.max() < 2:
            list(one.take(STANDING.frame(number), number / RATE))
            number += 1
        time, place = (number - 1) / RATE, Box(140, 150, 172, 230)
        one._closer = _Closer(time, place, STANDING.frame(number - 1))
        frame = Scene([dataclasses.replace(STANDING.people[0], track=track)]).frame(number)
        one.redactor.push(frame, number / RATE, [])
        before = plate._looks.copy()
        one._answered_close(CloseAnswer(time, place, 0.0), frame)
        assert (plate._looks > before).any() == counted

    def test_an_answer_that_nobody_waits_for_is_passed_over(self) -> None:
        one = sight_of(STANDING, Truthful(STANDING))
        one._answered_close(CloseAnswer(0.0, Box(0, 0, 50, 50), 0.0), STANDING.frame(0))
        assert not one.redactor.plate._looks.any()

    def test_are_fewer_while_the_detector_is_busy(self) -> None:
        counts = []
        for busy in (0.0, 0.9):
            truth = Truthful(STANDING, lambda _, __: 0.06, 0.8)
            view(STANDING, sight(STANDING, Later(truth, 1, busy=busy)), HALF)
            counts.append(len(truth.close_looks))
        assert 0 < counts[1] <= HALF / RATE / 2
        assert counts[1] < counts[0] / 2


def test_a_busy_detector_is_not_asked_sooner() -> None:
    truth = Truthful(BUSY)
    view(BUSY, sight(BUSY, Later(truth, 1, busy=0.6)), LEARNT + 60)
    gaps = np.diff([time for time in truth.looks if time > (LEARNT + 2) / RATE])
    assert gaps == pytest.approx(np.full(len(gaps), 0.6))


def test_what_is_never_answered_is_not_kept() -> None:
    """A detector may be gone for hours, and each question holds a frame."""
    one = sight(BUSY, Later(Truthful(BUSY), frozen=range(1 << 30)))
    view(BUSY, one, LEARNT + 40)
    assert len(one._asked) <= 2


class Curious:
    """A witness who wants looks often, and remembers what it was told."""

    def __init__(self, *, often: bool = True) -> None:
        self.often = often
        self.wants_signs = False
        self.told: list[tuple[float, list[Detection]]] = []
        self.jumps = 0

    def looked(self, frame: RawFrame, time: float, found: Sequence[Detection], signs: SceneSigns | None) -> None:
        self.told.append((time, list(found)))

    def jumped(self) -> None:
        self.jumps += 1


class TestWitness:
    def seen_by(self, witness: Curious, scene: Scene, looks: Looks | Truthful, frames: int) -> None:
        redactor = Redactor(Plate(Geometry(scene.width, scene.height)))
        watching = Sight(looks, Tracker(scene.width, scene.height), redactor, SightOptions(), witness)
        for number in range(frames):
            list(watching.take(scene.frame(number, jump=number == LEARNT), number / RATE))

    @pytest.mark.parametrize(("often", "busy", "apart"), [(True, 0.5, 0.4), (True, 0.6, 0.6), (False, 0.0, 0.6)])
    def test_looks_as_often_as_it_is_wanted_while_something_moves(self, often: bool, busy: float, apart: float) -> None:
        """As far as the detector keeps up."""
        later = Later(Truthful(BUSY), busy=busy)
        self.seen_by(Curious(often=often), BUSY, later, LEARNT + 60)
        times = [time for time in later.truth.looks if time > LEARNT / RATE + 4]  # by then all who are there are known
        assert np.median(np.diff(times)) == pytest.approx(apart)

    def test_a_still_street_is_looked_at_seldom_all_the_same(self) -> None:
        truth = Truthful(Scene([]))
        self.seen_by(Curious(), Scene([]), truth, LEARNT + HALF)
        times = [time for time in truth.looks if time > LEARNT / RATE + 12]
        assert np.diff(times) == pytest.approx(np.full(len(times) - 1, 3.0))

    def test_is_told_of_each_answer_in_order_with_all_that_was_found(self) -> None:
        """The faint ones as well, of whom covers make nothing."""
        witness, truth = Curious(), Truthful(BUSY, lambda _track, _number: 0.12)
        self.seen_by(witness, BUSY, Later(truth), LEARNT + 40)
        times = [time for time, _ in witness.told]
        assert times == sorted(times)
        assert set(times) <= set(truth.looks)
        assert len(times) > 20
        assert {round(one.score, 2) for _, found in witness.told for one in found} == {0.12}

    def test_is_told_of_a_jump(self) -> None:
        witness = Curious()
        self.seen_by(witness, BUSY, Truthful(BUSY), LEARNT + 10)
        assert witness.jumps == 1
