import threading
from collections.abc import Iterable

import pytest

from watchglass.base.clock import SystemClock
from watchglass.base.errors import UnreachableError
from watchglass.ingest.pump import Pump
from watchglass.ingest.stream import Demuxed

GATHER = 0.005
PATIENCE = 20.0


class Scripted:
    """A stream whose steps are written down; after the last it says nothing more."""

    def __init__(self, *steps: Iterable[int] | Exception) -> None:
        self._steps = list(steps)
        self.done = threading.Event()

    def step(self) -> list[Demuxed]:
        if not self._steps:
            self.done.set()
            return []
        step = self._steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return [Demuxed(b"x", number, keyframe=False) for number in step]


class Reader:
    """A thread that reads a stream through the pump."""

    def __init__(self, pump: Pump, stream: Scripted) -> None:
        self.taken: list[int | None] = []
        self.threads: set[int] = set()
        self.error: Exception | None = None
        self.stop = threading.Event()
        self._pump, self._stream = pump, stream
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def take(self, packet: Demuxed) -> None:
        self.taken.append(packet.ticks)
        self.threads.add(threading.get_ident())

    def _read(self) -> None:
        try:
            self._pump.read(self._stream, self.take, self.stop)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            self.error = error

    def end(self) -> None:
        self.stop.set()
        self.join()

    def join(self) -> None:
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@pytest.fixture
def pump() -> Pump:
    return Pump(SystemClock(), GATHER)


def test_packets_of_all_streams_come_in_order_on_one_thread(pump: Pump) -> None:
    streams = [Scripted([1, 2], [], [3]), Scripted([10], [11, 12])]
    readers = [Reader(pump, stream) for stream in streams]
    for stream in streams:
        assert stream.done.wait(PATIENCE)
    for reader in readers:
        reader.end()
    assert [reader.taken for reader in readers] == [[1, 2, 3], [10, 11, 12]]
    assert len(readers[0].threads | readers[1].threads) == 1
    assert readers[0].threads != {readers[0].thread.ident}


def test_what_one_stream_raises_is_raised_where_it_is_read_and_ends_no_other(pump: Pump) -> None:
    broken, other = Scripted([1], UnreachableError("Camera Gate is gone.")), Scripted([10], [11], [12], [13])
    readers = [Reader(pump, broken), Reader(pump, other)]
    readers[0].join()
    assert isinstance(readers[0].error, UnreachableError)
    assert other.done.wait(PATIENCE)
    readers[1].end()
    assert (readers[0].taken, readers[1].taken) == ([1], [10, 11, 12, 13])


def test_a_fault_of_whoever_takes_is_raised_as_well(pump: Pump) -> None:
    reader = Reader(pump, Scripted([1]))

    def fail(_packet: Demuxed) -> None:
        raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="ours"):
        pump.read(Scripted([1]), fail, threading.Event())
    reader.end()


def test_when_all_have_ended_the_next_one_is_read_again(pump: Pump) -> None:
    for _ in range(3):
        stream = Scripted([1])
        reader = Reader(pump, stream)
        assert stream.done.wait(PATIENCE)
        reader.end()
        assert reader.taken == [1]


def test_a_stream_that_was_stopped_is_not_read_any_more(pump: Pump) -> None:
    stop = threading.Event()
    stop.set()
    taken: list[Demuxed] = []
    pump.read(Scripted([1]), taken.append, stop)
    assert taken == []
