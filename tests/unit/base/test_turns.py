import threading

import pytest

from watchglass.base.turns import Turns

PATIENCE = 10.0


class Worker:
    """A thread that takes a turn, and keeps it until told to go on."""

    def __init__(self, turns: Turns, had: list[str], name: str) -> None:
        self.has, self.done = threading.Event(), threading.Event()
        self._turns, self._had, self._name = turns, had, name
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        with self._turns:
            self._had.append(self._name)
            self.has.set()
            assert self.done.wait(PATIENCE)

    def end(self) -> None:
        self.done.set()
        self.thread.join(PATIENCE)


def waiting(turns: Turns, count: int) -> None:
    """Until so many wait: whoever asks takes the lock to queue up, so looking under it is enough."""
    deadline = threading.Event()
    for _ in range(int(PATIENCE / 0.001)):
        with turns._lock:
            if len(turns._waiting) == count:
                return
        deadline.wait(0.001)
    raise AssertionError(f"{len(turns._waiting)} wait instead of {count}")


def test_they_come_in_the_order_of_asking() -> None:
    turns, had = Turns(), list[str]()
    workers = [Worker(turns, had, "0")]
    assert workers[0].has.wait(PATIENCE)
    for number in range(1, 6):
        workers.append(Worker(turns, had, str(number)))
        waiting(turns, number)
    assert had == ["0"]
    for worker in workers:
        assert worker.has.wait(PATIENCE)
        worker.end()
    assert had == ["0", "1", "2", "3", "4", "5"]


def test_one_that_comes_again_waits_for_those_before() -> None:
    turns, had = Turns(), list[str]()
    other: Worker | None = None
    for number in range(3):
        with turns:
            had.append(f"mine {number}")
            if number == 0:
                other = Worker(turns, had, "other")
                other.done.set()
                waiting(turns, 1)
    assert other is not None
    other.end()
    assert had == ["mine 0", "other", "mine 1", "mine 2"]


def test_so_many_at_a_time() -> None:
    turns, had = Turns(2), list[str]()
    first, second = Worker(turns, had, "a"), Worker(turns, had, "b")
    assert first.has.wait(PATIENCE)
    assert second.has.wait(PATIENCE)
    third = Worker(turns, had, "c")
    waiting(turns, 1)
    assert not third.has.is_set()
    second.end()
    assert third.has.wait(PATIENCE)
    first.end()
    third.end()
    with turns, turns:
        """Both are free again."""


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns()
    with pytest.raises(KeyError), turns:
        raise KeyError
    with turns:
        """It is free."""
