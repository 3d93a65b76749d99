import uuid

import pytest

from tests.unit.rules.staged import BEGIN, SIZE, person, rule
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.event import Change, Happening, RuleKind
from watchglass.model.look import Look
from watchglass.rules.followed import Followed
from watchglass.rules.sentry import GRACE, TELL, Lasting, Moment, Steady


def moment(now: float) -> Moment:
    return Moment(now, WallUs(BEGIN + round(now * MICROSECONDS)), SIZE, SIZE, [])


def somebody(key: int = 1, score: float = 0.7) -> Followed:
    return Followed(key, person(0.5, 0.5, score=score), Look(0, BEGIN, SIZE, SIZE))


@pytest.fixture
def lasting() -> Lasting:
    return Lasting(rule(RuleKind.INTRUSION), uuid.uuid4)


def changes(happenings: list[Happening]) -> list[Change]:
    return [one.change for one in happenings]


def test_an_event_lasts_from_the_first_to_the_last_moment_at_which_it_is_met(lasting: Lasting) -> None:
    [began] = lasting.meet(moment(1), [somebody()], "x")
    assert began.change is Change.BEGAN
    assert began.event.end is None
    assert lasting.meet(moment(3), [somebody()], "x") == []
    assert lasting.miss(moment(3 + GRACE - 0.1)) == []
    [ended] = lasting.miss(moment(3 + GRACE))
    assert ended.event.id == began.event.id
    assert ended.event.start == moment(1).wall
    assert ended.event.end == moment(3).wall
    assert lasting.miss(moment(99)) == []


def test_it_tells_of_a_better_score_and_of_others_but_not_at_every_look(lasting: Lasting) -> None:
    lasting.meet(moment(0), [somebody(score=0.7)], "x")
    assert lasting.meet(moment(0.5), [somebody(score=0.9)], "x") == []
    [changed] = lasting.meet(moment(1), [somebody(score=0.8)], "x")
    assert (changed.change, changed.event.score) == (Change.CHANGED, 0.9)
    assert lasting.meet(moment(2.5), [somebody(score=0.92)], "x") == []
    [changed] = lasting.meet(moment(3), [somebody(2)], "two")
    assert (changed.event.tracks, changed.event.detail) == (2, "two")


def test_the_end_says_what_was_not_told(lasting: Lasting) -> None:
    lasting.meet(moment(0), [somebody(score=0.7)], "x")
    lasting.meet(moment(0.5), [somebody(2, 0.9)], "x")
    [ended] = lasting.finish(None)
    assert (ended.event.score, ended.event.tracks) == (0.9, 2)


def test_it_tells_now_and_then_that_it_still_lasts(lasting: Lasting) -> None:
    lasting.meet(moment(0), [somebody()], "x")
    assert lasting.meet(moment(TELL - 0.1), [somebody()], "x") == []
    [still] = lasting.meet(moment(TELL), [somebody()], "x")
    assert (still.change, still.seen) == (Change.CHANGED, moment(TELL).wall)


def test_a_clock_that_was_set_back_ends_nothing_before_it_began(lasting: Lasting) -> None:
    lasting.meet(moment(10), [somebody()], "x")
    [ended] = lasting.finish(moment(5).wall)
    assert ended.event.end == ended.event.start


def test_media_time_that_begins_anew_neither_ends_it_nor_keeps_it_for_ever(lasting: Lasting) -> None:
    lasting.meet(moment(1000), [somebody()], "x")
    lasting.rebase()
    assert lasting.miss(moment(0)) == []
    assert changes(lasting.miss(moment(GRACE))) == [Change.ENDED]


def test_together_is_how_many_at_a_time() -> None:
    lasting = Lasting(rule(RuleKind.CROWDING, count=2), uuid.uuid4, together=True)
    lasting.meet(moment(0), [somebody(1), somebody(2)], "x")
    lasting.meet(moment(1), [somebody(3), somebody(4)], "x")
    assert lasting.finish(None)[0].event.tracks == 2


def test_steady_bears_short_breaks_alone() -> None:
    steady = Steady(1.0)
    assert steady.feed(0, False) is None
    assert steady.feed(1, True) == 0
    assert steady.feed(2, True) == 1
    assert steady.feed(3, False) == 1
    assert steady.feed(3.5, True) == 2.5
    assert steady.feed(4.6, False) is None
    assert steady.feed(5, True) == 0
