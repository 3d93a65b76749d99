"""The recorder is killed twenty-five times while eight cameras record."""

import pytest

from benchmarks import soak
from benchmarks.soak import Kill, Outcome
from tests.rtsp import needs_rtsp_server
from watchglass.base.clock import WallUs
from watchglass.model.record import Gap, GapCause

FINE = Kill(number=0, camera=1, lost=1.0, outage=3.0, cause=GapCause.US)


@pytest.mark.camera
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_but_a_second_is_lost() -> None:
    needs_rtsp_server()
    outcome = soak.run(kills=25, seed=7, cameras=8, tell=lambda *_: None)
    assert list(outcome.problems) == []
    assert len(outcome.kills) == 25 * 8
    assert max(kill.lost for kill in outcome.kills) <= soak.MOST_LOST + soak.SLACK
    assert {kill.cause for kill in outcome.kills} == {GapCause.US}
    assert outcome.held


@pytest.mark.parametrize(
    ("kill", "held"),
    [
        (FINE, True),
        (Kill(0, 1, 1.2, 3.0, GapCause.US), False),
        (Kill(0, 1, 1.0, 4.1, GapCause.US), False),
        (Kill(0, 1, 1.0, 3.0, GapCause.NETWORK), False),
    ],
)
def test_what_holds(kill: Kill, held: bool) -> None:
    assert Outcome([FINE, kill], 10, 1, []).held == held
    assert all(row.met for row in Outcome([FINE, kill], 10, 1, []).rows()) == held


def test_a_problem_does_not_hold() -> None:
    assert not Outcome([FINE], 10, 1, ["Segment 1 is not what was sent."]).held


def test_frames_that_are_missing_within_a_run_are_found() -> None:
    assert list(soak._holes(1, [[0, 1, 2], [5, 6]])) == []
    assert len(list(soak._holes(1, [[0, 1, 2], [5, 7]]))) == 1


def test_a_kill_without_a_gap_is_no_good_sign() -> None:
    gap = Gap(1, 1, WallUs(10_000_000), WallUs(14_000_000), GapCause.US)
    assert soak._cost(0, 1, WallUs(11_000_000), 0.5, [gap]) == Kill(0, 1, 0.5, 3.0, GapCause.US)
    with pytest.raises(LookupError, match="kill 1 is no gap"):
        soak._cost(0, 1, WallUs(20_000_000), 0.5, [gap])
