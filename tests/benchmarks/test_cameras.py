"""How a benchmark of cameras counts, without any camera."""

import threading
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import cameras
from benchmarks.cameras import Camera, Listener, Result, frames_in, listening
from watchglass.base.clock import WallUs
from watchglass.model.media import Ticks, ViewFormat, ViewSample
from watchglass.pipeline.publish import Publisher
from watchglass.store import fmp4

FINE = Camera(rate=10.0, delay=1.2, covered=0.0)
CHUNK = fmp4.fragment(
    1, [ViewSample(b"\0\0\0\x01\x65", Ticks(9000 * number), 9000, WallUs(0), number == 0) for number in range(3)]
)


class TestLate:
    @pytest.mark.parametrize("camera", [FINE, Camera(9.5, 2.0, 0.1)], ids=["with room to spare", "just not"])
    def test_not_late(self, camera: Camera) -> None:
        assert not camera.late
        assert Result(1, [camera], Counter()).held

    @pytest.mark.parametrize(
        "camera",
        [Camera(9.4, 1.0, 0.0), Camera(10.0, 2.1, 0.0), Camera(10.0, 1.0, 0.2)],
        ids=["too slow", "too old", "covered whole"],
    )
    def test_late(self, camera: Camera) -> None:
        assert camera.late
        assert not Result(2, [FINE, camera], Counter()).held

    def test_one_of_which_nothing_came_is_late(self) -> None:
        result = Result(2, [FINE], Counter())
        assert not result.held
        assert str(result).startswith("1 late")

    def test_one_that_was_never_ready_is_late(self) -> None:
        assert not Result(2, [FINE, FINE], Counter(), unready=1).held


class TestListener:
    def test_frames_of_a_chunk_are_counted(self) -> None:
        assert frames_in(CHUNK) == 3
        assert frames_in(b"") == frames_in(CHUNK[:20]) == 0

    def test_the_newest_frame_tells_the_delay(self) -> None:
        """It began when two thirds of the chunk had passed."""
        listener = Listener()
        head = {"type": "chunk", "camera": 7, "wall_us": 1_000_000, "duration_us": 300_000}
        listener.take(head, CHUNK, 2_000_000)
        assert not listener.frames  # not yet
        listener.begin()
        listener.take({"type": "aim", "camera": 7}, b"", 2_000_000)
        listener.take(head, CHUNK, 2_000_000)
        listener.end()
        listener.take(head, CHUNK, 2_000_000)
        assert listener.frames == {7: 3}
        assert listener.delays == {7: [0.8]}

    def test_it_hears_every_watcher(self, tmp_path: Path) -> None:
        publishers = [Publisher(tmp_path / f"watcher-{index}.sock") for index in range(2)]
        view = ViewFormat(64, 48, b"\x67\x4d\x40\x1f", b"\x68")
        try:
            for number, publisher in enumerate(publishers):
                publisher.format(number, "run", view, b"", Ticks(0), WallUs(0))
            with listening(tmp_path) as listener:
                listener.begin()
                for number, publisher in enumerate(publishers):
                    publisher.chunk(number, CHUNK, WallUs(0), 300_000, keyframe=True)
                for _ in range(500):
                    if len(listener.frames) == 2:
                        break
                    threading.Event().wait(0.01)
        finally:
            for publisher in publishers:
                publisher.close()
        assert listener.frames == {0: 3, 1: 3}


class Scripted:
    """A machine that holds so many cameras."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.tried: list[int] = []

    def measure(self, count: int, *_: object) -> Result:
        self.tried.append(count)
        return Result(count, [FINE if count <= self.limit else Camera(5.0, 9.0, 0.0)] * count, Counter())


@pytest.mark.parametrize(
    ("limit", "fair", "tried"),
    [
        (1000, 20, [18, 22, 26, 31, 39]),
        (25, 20, [18, 22, 26]),
        (12, 6, [18, 14, 10]),
        (12, 12, [18, 14, 10, 12]),  # what is asked for on such a machine is tried in any case
        (0, 6, [18, 14, 10, 7, 5, 3, 2]),
    ],
)
def test_the_search_ends(limit: int, fair: int, tried: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Scripted(limit)

    class Running:
        def __enter__(self) -> Scripted:
            return machine

        def __exit__(self, *_: object) -> None:
            """Nothing runs."""

    monkeypatch.setattr(cameras, "running", lambda *_: Running())
    assert [result.count for result in cameras.search([], 18, fair, lambda *_: None)] == tried
