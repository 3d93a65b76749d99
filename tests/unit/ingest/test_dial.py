"""Against real sockets of this machine: one that answers, one that refuses, one whose queue is full and that says nothing."""

import contextlib
import itertools
import socket
from collections.abc import Iterator

import pytest

from watchglass.ingest.dial import Address, dial


def address_of(listening: socket.socket) -> Address:
    return (socket.AF_INET, socket.SOCK_STREAM, 0, "", listening.getsockname())


@pytest.fixture
def answers() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def refuses() -> Address:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return address_of(listening)


@pytest.fixture
def silent() -> Iterator[Address]:
    """Linux answers nothing to who comes when the queue of those that wait to be accepted is full."""
    with socket.socket() as listening, contextlib.ExitStack() as waiting:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(8):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(listening.getsockname())
        yield address_of(listening)


def always() -> bool:
    return True


def times(count: int) -> Iterator[bool]:
    return itertools.chain(itertools.repeat(True, count), itertools.repeat(False))


def test_the_only_address(answers: socket.socket) -> None:
    with dial([address_of(answers)], always) as connection:
        assert connection.getpeername() == answers.getsockname()
        assert not connection.getblocking()


def test_one_that_says_nothing_keeps_nobody_from_the_next(silent: Address, answers: socket.socket) -> None:
    with dial([silent, address_of(answers)], always) as connection:
        assert connection.getpeername() == answers.getsockname()


def test_one_that_refuses_does_not_either(refuses: Address, answers: socket.socket) -> None:
    with dial([refuses, address_of(answers)], always) as connection:
        assert connection.getpeername() == answers.getsockname()


def test_where_all_refuse_it_says_so(refuses: Address) -> None:
    with pytest.raises(ConnectionRefusedError):
        dial([refuses, refuses], always)


def test_where_there_is_no_way_at_all_it_says_why(answers: socket.socket) -> None:
    nowhere = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("255.255.255.255", 554))
    with pytest.raises(OSError, match=r".+"):
        dial([nowhere], always)
    with dial([nowhere, address_of(answers)], always) as connection:
        assert connection.getpeername() == answers.getsockname()


def test_a_host_without_addresses() -> None:
    with pytest.raises(OSError, match="no address"):
        dial([], always)


def test_gives_up_when_told_and_leaves_nothing_open(silent: Address) -> None:
    before = open_sockets()
    asked = times(2)
    with pytest.raises(TimeoutError):
        dial([silent], lambda: next(asked))
    assert open_sockets() == before


def open_sockets() -> int:
    count = 0
    for number in range(3, 256):
        with contextlib.suppress(OSError), socket.socket(fileno=number) as one:
            count += 1
            one.detach()
    return count
