import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from watchglass.redact.guard import CoverReason, Guard, GuardOptions, Look

OPTIONS = GuardOptions()
STEP = 0.1
SHOWN = None


def look(time: float, **what: float) -> Look:
    values: dict[str, float] = {
        "plate_ready": True,
        "changed": 0.0,
        "moving": True,
        "jump": False,
        "damaged": False,
        **what,
    }
    return Look(time, **values)  # type: ignore[arg-type]  # bools and a share, by name


def settled(time: float = 10.0) -> Guard:
    """A guard that has shown a frame just before `time`, with an answer at that moment."""
    guard = Guard()
    guard.answered(time)
    guard.decide(look(time - 2.0))
    assert guard.decide(look(time - 0.1)) is SHOWN
    return guard


class TestStart:
    def test_it_starts_covered(self) -> None:
        assert Guard().decide(look(0.0)) is CoverReason.START

    def test_and_stays_so_until_the_detector_has_answered_on_a_frame_as_late(self) -> None:
        guard = Guard()
        guard.answered(1.0)
        assert guard.decide(look(1.1)) is CoverReason.START  # the answer is of an earlier frame
        guard.answered(1.5)
        assert guard.decide(look(1.2)) is CoverReason.START  # settling
        assert guard.decide(look(1.5)) is CoverReason.START
        assert guard.decide(look(1.7)) is SHOWN

    def test_a_plate_that_is_not_ready(self) -> None:
        guard = Guard()
        guard.answered(0.5)
        assert guard.decide(look(0.0, plate_ready=False)) is CoverReason.LEARNING


class TestHeartbeat:
    @pytest.mark.parametrize(
        ("moving", "after", "reason"),
        [
            (False, 3.9, SHOWN),
            (False, 4.1, CoverReason.DETECTOR),
            (True, 0.7, SHOWN),
            (True, 0.9, CoverReason.DETECTOR),
        ],
    )
    def test_silence_covers_sooner_where_something_moves(
        self, moving: bool, after: float, reason: CoverReason | None
    ) -> None:
        assert settled(10.0).decide(look(10.0 + after, moving=moving)) is reason

    def test_a_frame_of_which_nothing_else_is_said_counts_as_moving(self) -> None:
        assert settled(10.0).decide(Look(10.9, True, 0.0)) is CoverReason.DETECTOR

    def test_a_later_answer_counts_for_a_frame_that_waited(self) -> None:
        """Frames are shown 0.8 s late: what the detector said of a later one is known by then (R4)."""
        guard = settled(10.0)
        guard.answered(11.7)
        assert guard.decide(look(11.0, moving=True)) is SHOWN
        assert guard.decide(look(12.6, moving=True)) is CoverReason.DETECTOR

    def test_an_answer_far_in_the_future_is_none(self) -> None:
        guard = settled(10.0)
        guard.answered(13.0)
        assert guard.decide(look(11.5, moving=True)) is CoverReason.DETECTOR

    def test_it_shows_again_once_answers_come(self) -> None:
        guard = settled(10.0)
        assert guard.decide(look(15.0)) is CoverReason.DETECTOR
        guard.answered(15.2)
        assert guard.decide(look(15.2)) is CoverReason.DETECTOR
        assert guard.decide(look(15.51)) is SHOWN

    def test_answers_may_come_in_any_order(self) -> None:
        guard = settled(10.0)
        for time in (11.6, 10.8, 11.2):
            guard.answered(time)
        assert [guard.decide(look(time, moving=True)) for time in (10.5, 11.0, 11.9)] == [SHOWN] * 3

    def test_answers_are_forgotten_after_a_while(self) -> None:
        guard = Guard()
        for number in range(10_000):
            guard.answered(number * STEP)
        assert len(guard._answers) <= 64


class TestTrouble:
    @pytest.mark.parametrize(
        ("what", "reason"),
        [
            ({"damaged": True}, CoverReason.DECODE),
            ({"plate_ready": False}, CoverReason.LEARNING),
            ({"changed": 0.51}, CoverReason.CHANGED),
            ({"jump": True}, CoverReason.JUMP),
        ],
    )
    def test_each_covers_at_once_and_until_it_has_settled(self, what: dict[str, float], reason: CoverReason) -> None:
        guard = settled(10.0)
        for time in (10.1, 10.3, 10.5, 10.7):
            guard.answered(time)
        assert guard.decide(look(10.1, **what)) is reason
        assert guard.decide(look(10.2)) is reason
        assert guard.decide(look(10.59)) is reason
        assert guard.decide(look(10.7)) is SHOWN

    def test_half_of_the_picture_may_change(self) -> None:
        assert settled(10.0).decide(look(10.1, changed=0.5)) is SHOWN

    def test_after_a_jump_only_an_answer_on_what_follows_counts(self) -> None:
        guard = settled(10.0)
        assert guard.decide(look(10.1, jump=True)) is CoverReason.JUMP
        for time in (10.2, 10.7, 11.5):
            assert guard.decide(look(time)) is CoverReason.JUMP
        guard.answered(11.6)
        assert guard.decide(look(11.6)) is CoverReason.JUMP  # settling
        assert guard.decide(look(12.1)) is SHOWN

    def test_trouble_upon_trouble_begins_the_settling_anew(self) -> None:
        guard = settled(10.0)
        guard.answered(10.6)
        assert guard.decide(look(10.1, damaged=True)) is CoverReason.DECODE
        assert guard.decide(look(10.5, changed=0.9)) is CoverReason.CHANGED
        assert guard.decide(look(10.9)) is CoverReason.CHANGED
        assert guard.decide(look(11.0)) is SHOWN

    def test_a_jump_in_a_damaged_frame_is_not_forgotten(self) -> None:
        guard = settled(10.0)
        assert guard.decide(look(10.1, jump=True, damaged=True)) is CoverReason.DECODE
        assert guard.decide(look(10.7)) is CoverReason.JUMP


@pytest.mark.parametrize(
    ("ready", "changed", "jump", "damaged", "answer"),
    list(itertools.product([True, False], [0.0, 0.2, 0.5, 0.6], [True, False], [True, False], ["near", "far", "none"])),
)
def test_every_way_a_frame_can_be(ready: bool, changed: float, jump: bool, damaged: bool, answer: str) -> None:
    """Shown only when all is well: the whole table, on a guard that showed the frame before."""
    guard = settled(10.0) if answer != "none" else Guard()
    time = {"near": 10.1, "far": 14.5, "none": 10.1}[answer]
    decided = guard.decide(Look(time, ready, changed, jump=jump, damaged=damaged))
    well = ready and changed <= 0.5 and not jump and not damaged and answer == "near"
    assert (decided is SHOWN) == well


class Watched(RuleBasedStateMachine):
    """Whatever happens in whatever order, a frame is shown if and only if rule R5 allows it, told here anew.

    Times are whole sixteenths of a second, so that there is no rounding on either side.
    """

    def __init__(self) -> None:
        super().__init__()
        self.guard = Guard()
        self.time = 0.0
        self.answers: list[float] = []
        self.trouble = float("-inf")  # the last frame on which something was wrong
        self.since: float | None = 0.0  # an answer on the frame of then or a later one is still needed

    @rule(late=st.sampled_from([-2.0, -0.75, -0.125, 0.0, 0.125, 0.5, 0.75, 0.875, 3.0]))
    def answer(self, late: float) -> None:
        """On a frame that waits still, or on one that was decided long ago."""
        self.answers.append(self.time + late)
        self.guard.answered(self.time + late)

    @rule(
        after=st.sampled_from([0.0625, 0.125, 0.4375, 0.5, 1.0, 4.5]),
        ready=st.sampled_from([True, True, True, False]),
        changed=st.sampled_from([0.0, 0.0, 0.01, 0.5, 0.7]),
        moving=st.booleans(),
        jump=st.sampled_from([False, False, False, True]),
        damaged=st.sampled_from([False, False, False, True]),
    )
    def frame(self, after: float, ready: bool, changed: float, moving: bool, jump: bool, damaged: bool) -> None:
        self.time += after
        decided = self.guard.decide(Look(self.time, ready, changed, moving, jump=jump, damaged=damaged))
        assert (decided is SHOWN) == self.may_be_shown(
            ready and changed <= OPTIONS.changed and not jump and not damaged, moving, jump
        )

    @rule(frames=st.integers(5, 12), moving=st.booleans())
    def all_is_well(self, frames: int, moving: bool) -> None:
        """For a while, so that the machine gets out of trouble often enough."""
        for _ in range(frames):
            self.answer(0.125)
            self.frame(0.125, True, 0.0, moving, False, False)

    def may_be_shown(self, sound: bool, moving: bool, jump: bool) -> bool:
        """The rule: the frame is sound, the detector looked at one that late since the start or the last jump, and at
        one near enough; and all of that is so for half a second.
        """
        if jump:
            self.since = self.time
        if sound and self.since is not None and max(self.answers, default=-1.0) >= max(self.time, self.since):
            self.since = None
        near = any(abs(answer - self.time) <= (0.8 if moving else 4.0) for answer in self.answers)
        if not (sound and self.since is None and near):
            self.trouble = self.time
        return self.time - self.trouble >= 0.5


TestWatched = Watched.TestCase
TestWatched.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


@pytest.mark.parametrize("moving", [True, False])
def test_on_an_ordinary_street_every_frame_is_shown_after_the_start(moving: bool) -> None:
    """The guard may not be right by covering all."""
    guard = Guard()
    wait = 0.4 if moving else 2.0
    shown = []
    for number in range(300):
        now = number * STEP
        if number % round(wait / STEP) == 0:
            guard.answered(now)
        if now >= 0.8:
            shown.append(guard.decide(look(now - 0.8, moving=moving)) is SHOWN)
    first = shown.index(True)
    assert first <= round((0.5 + wait) / STEP) + 1
    assert all(shown[first:])
