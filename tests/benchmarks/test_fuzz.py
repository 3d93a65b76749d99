"""Each target with its seeds and some hundred damaged inputs, always the same; and how the run of ten minutes counts."""

import random
from pathlib import Path

import pytest

from benchmarks import fuzz, fuzz_worker
from benchmarks.fuzz import Result
from benchmarks.fuzz_targets import AS_IT_IS, TARGETS, Target, named, take_segment
from watchglass.seal.segment import OpenedSegment


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - damage, no secrets


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_nothing_but_documented_errors_comes_out(target: Target) -> None:
    seeds = target.seeds()
    assert max(map(len, seeds)) <= target.longest
    for seed in [b"", b"\0", *seeds]:
        target.take(seed)
    given = fuzz_worker.mutate(target.take, seeds, dice(7), lambda count: count < 300, target.longest)
    assert given == (300, None)


def test_a_fault_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A reader that believes every byte: something else opens than was sealed."""
    monkeypatch.setattr(OpenedSegment, "content", lambda self: iter([b"somebody else's"]))
    (target,) = named(["sealed-segment"])
    count, broken = fuzz_worker.mutate(target.take, target.seeds(), dice(7), lambda count: count < 300, target.longest)
    assert broken is not None
    assert count <= 300
    assert "AssertionError" in capsys.readouterr().err
    with pytest.raises(AssertionError):
        take_segment(broken)


def test_a_process_of_its_own_leaves_what_broke(tmp_path: Path) -> None:
    """Nobody has such a target: the worker ends with an error, and its words are the finding."""
    result = fuzz.fuzz(Target("no-such", take_segment, list), 1.0, None, tmp_path)
    assert result.findings == [str(tmp_path / "findings" / "no-such.log")]
    assert "KeyError: 'no-such'" in result.words
    assert not result.row().met


def test_a_process_of_its_own_counts(tmp_path: Path) -> None:
    result = fuzz.fuzz(named(["camera-url"])[0], 0.2, None, tmp_path)
    assert result.findings == []
    assert result.executions > 0
    assert result.row().met


def test_what_libfuzzer_says_is_read() -> None:
    said = "#2\tINITED cov: 5 ft: 5 corp: 1/1b\n#9\tDONE   cov: 212 ft: 700 corp: 61/12Kb lim: 4096\n"
    said += "stat::number_of_executed_units: 12345\n"
    result = fuzz._result(TARGETS[0], 60, said, [])
    assert result == Result("sealed-segment", 60, 12345, 212, 61, [])
    assert result.row().what == "sealed-segment: 12,345 inputs in 60 s, coverage 212, corpus 61"


def test_changes_are_the_same_for_a_seed_and_change_something() -> None:
    first = [fuzz_worker.changed(AS_IT_IS * 20, [b"other"], dice(number)) for number in range(20)]
    again = [fuzz_worker.changed(AS_IT_IS * 20, [b"other"], dice(number)) for number in range(20)]
    assert first == again
    assert len(set(first)) > 15
