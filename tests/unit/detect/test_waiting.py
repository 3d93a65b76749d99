import threading

import numpy as np
import pytest

from watchglass.base.clock import SimulatedClock
from watchglass.detect.message import Kind, LookRequest
from watchglass.detect.waiting import PATIENCE, Queue, Waiting

PICTURE = np.zeros((6, 4), np.uint8)


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def queue(clock: SimulatedClock) -> Queue:
    return Queue(clock)


def put(queue: Queue, camera: int, ask: int, kind: Kind = Kind.WHOLE, asker: str = "watcher") -> None:
    queue.put(asker, LookRequest(camera, kind, ask, PICTURE))


def take(queue: Queue) -> Waiting:
    taken = queue.take()
    assert taken is not None
    return taken


def served(queue: Queue) -> int:
    taken = take(queue)
    queue.done(taken)
    return taken.request.ask


class TestQueue:
    def test_first_come_first_served(self, queue: Queue) -> None:
        for camera in (3, 1, 2):
            put(queue, camera, ask=camera * 10)
        assert [served(queue) for _ in range(3)] == [30, 10, 20]

    def test_a_newer_look_takes_the_place_of_an_older_one_in_its_turn(self, queue: Queue) -> None:
        put(queue, 1, ask=1)
        put(queue, 2, ask=2)
        put(queue, 1, ask=3)
        put(queue, 1, ask=4)
        assert [served(queue), served(queue)] == [4, 2]

    def test_no_camera_gets_more_than_its_share(self, queue: Queue) -> None:
        """One that asks all the time, and three that ask again when they were answered."""
        order = []
        for ask in range(4):
            put(queue, ask, ask=ask)
        for _ in range(12):
            taken = take(queue)
            order.append(taken.request.camera)
            for _ in range(5):
                put(queue, 0, ask=99)
            put(queue, taken.request.camera, ask=99)
            queue.done(taken)
        assert order == [0, 1, 2, 3] * 3

    def test_a_camera_s_looks_are_worked_on_one_after_the_other(self, queue: Queue) -> None:
        put(queue, 1, ask=1)
        first = take(queue)
        put(queue, 1, ask=2)
        put(queue, 2, ask=3)
        assert served(queue) == 3
        queue.done(first)
        assert served(queue) == 2

    def test_cameras_of_two_watchers_are_told_apart(self, queue: Queue) -> None:
        put(queue, 1, ask=1, asker="one")
        put(queue, 1, ask=1, asker="other")
        assert [take(queue).asker, take(queue).asker] == ["one", "other"]

    def test_whole_frames_go_first(self, queue: Queue) -> None:
        put(queue, 1, ask=1, kind=Kind.CLOSE)
        put(queue, 2, ask=2)
        put(queue, 2, ask=3, kind=Kind.CLOSE)
        assert [served(queue) for _ in range(3)] == [2, 1, 3]

    def test_but_a_closer_look_does_not_wait_for_ever(self, queue: Queue, clock: SimulatedClock) -> None:
        put(queue, 1, ask=1, kind=Kind.CLOSE)
        clock.advance(PATIENCE)
        put(queue, 2, ask=2)
        assert served(queue) == 2
        clock.advance(0.01)
        put(queue, 2, ask=3)
        assert served(queue) == 1

    def test_who_is_gone_is_not_served(self, queue: Queue) -> None:
        put(queue, 1, ask=1, asker="gone")
        put(queue, 1, ask=2, kind=Kind.CLOSE, asker="gone")
        put(queue, 1, ask=3)
        queue.forget("gone")
        assert served(queue) == 3

    def test_whoever_waits_gets_what_comes(self, queue: Queue) -> None:
        got: list[Waiting | None] = []
        thread = threading.Thread(target=lambda: got.append(queue.take()))
        thread.start()
        put(queue, 1, ask=1)
        thread.join(10)
        assert got[0] is not None
        assert got[0].request.ask == 1

    def test_whoever_waits_goes_when_it_is_closed(self, queue: Queue) -> None:
        got: list[Waiting | None] = []
        threads = [threading.Thread(target=lambda: got.append(queue.take())) for _ in range(3)]
        for thread in threads:
            thread.start()
        queue.close()
        for thread in threads:
            thread.join(10)
        assert got == [None] * 3
        put(queue, 1, ask=1)
        assert queue.take() is None
