"""What is made of figures; that they are taken right is seen beside ffmpeg's own."""

import os

from benchmarks import recording
from benchmarks.recording import Recording, Sample


def of(cpu: float, memory: float, cameras: int = 20, gaps: tuple[str, ...] = ()) -> Recording:
    samples = (Sample(0.0, 1.0, memory - 5), Sample(60.0, 1.0 + 60 * cpu, memory))
    return Recording(cameras, 60.0, cpu, samples, tuple(number / 100 for number in range(100)), gaps)


def met(*of_each: Recording | None) -> dict[str, tuple[str, bool]]:
    ours, one, theirs = of_each
    assert ours is not None
    return {row.what: (row.figure, row.met) for row in recording.table(ours, one, theirs)}


def test_half_of_ffmpegs_cost_is_enough_and_more_is_not() -> None:
    enough, more = (met(of(cpu, 130.0), of(0.01, 111.0, 1), of(0.2, 280.0)) for cpu in (0.1, 0.11))
    assert enough["sealed originals, 20 cameras"] == ("0.50% of a core each: 0.50 of ffmpeg's", True)
    assert not more["sealed originals, 20 cameras"][1]
    assert enough["its memory"] == ("1.0 MB each, and 110 MB", True)
    assert not met(of(0.1, 211.0), of(0.01, 111.0, 1), None)["its memory"][1]


def test_a_gap_is_a_failure() -> None:
    assert met(of(0.1, 130.0), None, None)["gaps"] == ("none", True)
    assert met(of(0.1, 130.0, gaps=("camera 1: disk, 2.0 s",)), None, None)["gaps"] == ("camera 1: disk, 2.0 s", False)


def test_delays_are_told_by_their_share() -> None:
    figure = met(of(0.1, 130.0), None, None)["first byte of a fragment read until it is in its file"][0]
    assert figure == "0.50 s in the middle, 0.99 s p99, 0.99 s at most"


def test_a_process_is_measured_by_what_linux_says() -> None:
    before = recording._sample([os.getpid()])
    while recording._sample([os.getpid()]).cpu == before.cpu:
        sum(range(100_000))
    after = recording._sample([os.getpid(), os.getpid()])
    assert after.cpu > 2 * before.cpu
    assert after.memory > before.memory > 1.0
