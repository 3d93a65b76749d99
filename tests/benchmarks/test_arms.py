"""Every watcher stands still for some seconds while dead cameras are tried; and how the run of five minutes counts."""

import dataclasses
import json
from pathlib import Path

import pytest

from benchmarks import arms
from benchmarks.arms import Outcome, Part, Use
from benchmarks.soak import RATE
from tests.dead_cameras import WAYS, dead_cameras
from tests.rtsp import needs_rtsp_server

PART = Part(
    live=8,
    dead=50,
    frozen=300.0,
    frames=100,
    segments=8,
    use=Use(0.02, 60, 70, 60),
    lags=[0.01] * 99 + [0.4],
    behind=1.2,
    told={"refuses": 10},
    problems=[],
)


@pytest.mark.camera
@pytest.mark.slow
def test_nothing_is_lost() -> None:
    needs_rtsp_server()
    outcome = arms.run(seconds=2, cameras=2, dead=len(WAYS), alone=0, tell=lambda *_: None, starting=40)
    assert outcome.problems == []
    assert outcome.held
    assert json.loads(json.dumps(dataclasses.asdict(outcome)))["alone"] is None
    together = outcome.together
    assert together.frames >= 2 * 2 * RATE
    # Those that fail at once; how long the others are waited for is another matter.
    assert {"refuses", "has no such name"} <= set(together.told)


@pytest.mark.parametrize(
    ("runs", "received", "sentence"),
    [
        ({"a": [0, 1, 2]}, {"a": 2}, ""),
        ({"a": [0, 1, 2]}, {"a": 1}, ""),  # what came after the last that was heard of
        ({"a": [0, 1, 2]}, {"a": 3}, "lacks 1 of 4 frames"),
        ({"a": [1, 2]}, {"a": 2}, "lacks 1 of 3 frames"),
        ({"a": [0, 2]}, {"a": 2}, "lacks 1 of 3 frames"),
        ({"a": [0, 1, 1, 2]}, {"a": 2}, "has some twice"),
        ({"a": [0, 1], "b": [0]}, {"a": 1}, "has 2 runs instead of one"),
        ({}, {"a": 1}, "has 0 runs"),
    ],
)
def test_what_is_missing_is_found(runs: dict[str, list[int]], received: dict[str, int], sentence: str) -> None:
    found = arms.lacking(3, runs, received)
    assert [sentence in one for one in found] == [True] * bool(sentence)


def test_frames_that_look_alike_tell_nothing() -> None:
    assert arms.told_apart([b"a", b"b", b"a", b"c"]) == {b"b": 1, b"c": 3}


def test_what_holds() -> None:
    slower = dataclasses.replace(PART, lags=[1.0] * 50 + [2.0] * 50)
    broken = dataclasses.replace(PART, problems=["Camera 3 has 2 runs instead of one."])
    assert Outcome(PART).held
    assert Outcome(PART, PART).held
    assert not Outcome(slower, PART).held
    assert not Outcome(broken).held
    assert not Outcome(PART, broken).held
    assert not Outcome(dataclasses.replace(PART, frames=0)).held
    assert str(PART.use) == "2.0 % of a core, 60 threads, 70 files (60 sockets)"


def test_dead_cameras_come_in_all_ways() -> None:
    with dead_cameras(2 * len(WAYS)) as found:
        assert [way for way, _ in found] == [*WAYS, *WAYS]
        assert len({url for _, url in found}) == len(found)


def test_a_process_that_stands_still_is_told_from_one_that_does_not() -> None:
    assert not arms._is_stopped(int(Path("/proc/self").readlink().name))
