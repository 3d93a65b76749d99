import asyncio
import socket
import stat
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchglass.base import wire
from watchglass.base.wire import Head, TornMessageError

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_heads = st.dictionaries(st.text(max_size=10), _json, max_size=4)

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def over_a_socket(data: bytes) -> list[wire.Message]:
    """What the other side makes of these bytes, after which we are gone."""
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            thread = threading.Thread(target=ours.sendall, args=(data,))
            thread.start()
            thread.join()
        return list(wire.messages(theirs))


@settings(deadline=None)
@given(_heads, st.binary(max_size=2000))
def test_a_message_arrives_as_it_was_sent(head: Head, payload: bytes) -> None:
    assert over_a_socket(wire.encode(head, payload)) == [(head, payload)]


def test_the_layout_is_the_one_in_the_docstring() -> None:
    assert wire.encode({"a": 1}, b"xyz") == b"\0\0\0\x07\0\0\0\x03" + b'{"a":1}' + b"xyz"
    assert wire.encode({}) == b"\0\0\0\x02\0\0\0\0{}"


def test_messages_follow_one_another_however_they_are_cut(pair: Pair) -> None:
    ours, theirs = pair
    data = wire.encode({"n": 1}, b"a" * 1000) + wire.encode({"n": 2}) + wire.encode({"n": 3}, b"b")

    def drip() -> None:
        for at in range(0, len(data), 7):
            ours.sendall(data[at : at + 7])
        ours.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=drip)
    thread.start()
    found = list(wire.messages(theirs))
    thread.join()
    assert found == [({"n": 1}, b"a" * 1000), ({"n": 2}, b""), ({"n": 3}, b"b")]


def test_a_message_cut_anywhere_is_left_out() -> None:
    whole = wire.encode({"n": 1}, b"ab")
    for cut in range(len(whole)):
        assert over_a_socket(whole + whole[:cut]) == [({"n": 1}, b"ab")]


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">II", wire.MAX_HEAD + 1, 0),
        struct.pack(">II", 2, wire.MAX_PAYLOAD + 1),
        struct.pack(">II", 0xFFFFFFFF, 0xFFFFFFFF),
        struct.pack(">II", 0, 0),
        struct.pack(">II", 2, 0) + b"[]",
        struct.pack(">II", 1, 0) + b"{",
        struct.pack(">II", 1, 0) + b"\xff",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_not_one_of_ours_is_refused_before_memory_is_taken_for_it(data: bytes, pair: Pair) -> None:
    ours, theirs = pair
    ours.sendall(data)
    with pytest.raises(TornMessageError):
        wire.receive(theirs)

    async def read() -> wire.Message:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await wire.read(reader)

    with pytest.raises(TornMessageError):
        asyncio.run(read())


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes_are_messages_or_nothing(data: bytes) -> None:
    for head, _payload in over_a_socket(data):
        assert isinstance(head, dict)


def test_brackets_in_brackets_are_not_ours(pair: Pair) -> None:
    ours, theirs = pair
    head = b"[" * 50_000
    ours.sendall(struct.pack(">II", len(head), 0) + head)
    with pytest.raises(TornMessageError, match="not JSON"):
        wire.receive(theirs)


def test_asyncio_reads_the_same_messages() -> None:
    async def read() -> list[wire.Message]:
        reader = asyncio.StreamReader()
        reader.feed_data(wire.encode({"n": 1}, b"a") + wire.encode({"n": 2}) + wire.encode({"n": 3}, b"cut")[:-1])
        reader.feed_eof()
        found = [await wire.read(reader), await wire.read(reader)]
        with pytest.raises(TornMessageError, match="closed"):
            await wire.read(reader)
        return found

    assert asyncio.run(read()) == [({"n": 1}, b"a"), ({"n": 2}, b"")]


def test_only_the_owner_may_connect(tmp_path: Path) -> None:
    path = tmp_path / "run" / "recorder.sock"
    with wire.listen(path) as server, wire.connect(path) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(wire.encode({"hello": True}))
            assert wire.receive(accepted) == ({"hello": True}, b"")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_socket_that_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    wire.listen(path).close()
    assert path.exists()
    with pytest.raises(ConnectionRefusedError):
        wire.connect(path)
    with wire.listen(path), wire.connect(path):
        pass


def test_nobody_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        wire.connect(tmp_path / "nobody.sock")
