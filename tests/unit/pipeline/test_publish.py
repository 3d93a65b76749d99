import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from watchglass.base import wire
from watchglass.base.clock import WallUs
from watchglass.base.wire import Head, Message, TornMessageError
from watchglass.model.camera import Counts
from watchglass.model.media import Ticks, ViewFormat
from watchglass.pipeline import publish
from watchglass.pipeline.publish import Publisher

FORMAT = ViewFormat(320, 240, bytes.fromhex("6742c01eda0506"), bytes.fromhex("68ce3c80"))
PATIENCE = 20.0  # seconds that a test waits for what comes at once


class Listener:
    """A console's end of the socket."""

    def __init__(self, path: Path) -> None:
        self.connection = wire.connect(path)
        self.connection.settimeout(PATIENCE)

    def take(self, count: int) -> list[Message]:
        return [wire.receive(self.connection) for _ in range(count)]

    def heads(self, count: int) -> list[Head]:
        return [head for head, _ in self.take(count)]

    def kinds(self, count: int) -> list[tuple[object, bytes]]:
        return [(head["type"], payload) for head, payload in self.take(count)]

    def until_cut(self) -> int:
        """How many messages still came before the connection ended."""
        count = 0
        while True:
            try:
                wire.receive(self.connection)
            except (TornMessageError, ConnectionError):
                return count
            count += 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "watcher-0.sock"


@pytest.fixture
def publisher(path: Path) -> Iterator[Publisher]:
    made = Publisher(path)
    yield made
    made.close()


@pytest.fixture
def listen(path: Path, publisher: Publisher) -> Iterator[Callable[[], Listener]]:
    """A listener that has been taken on: what is published from now on is for it too."""
    made: list[Listener] = []

    def connect() -> Listener:
        listener = Listener(path)
        made.append(listener)
        taken_on(publisher, len([one for one in made if one.connection.fileno() >= 0]))
        return listener

    yield connect
    for listener in made:
        listener.connection.close()


def taken_on(publisher: Publisher, count: int) -> None:
    """Wait until the publisher has taken on so many listeners."""
    until(lambda: len(publisher._listeners) >= count)


def until(true: Callable[[], bool]) -> None:
    """Another thread of the publisher's has no event to wait for: look again and again."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.002)):
        if true():
            return
        pause.wait(0.002)
    raise AssertionError("it did not happen")


def begin(publisher: Publisher, camera: int = 1, run: str = "run-1") -> None:
    publisher.format(camera, run, FORMAT, b"init " + run.encode(), Ticks(0), WallUs(1_000))


def chunk(publisher: Publisher, data: bytes, camera: int = 1, *, keyframe: bool = False) -> None:
    publisher.chunk(camera, data, WallUs(2_000), 200_000, keyframe=keyframe)


Listen = Callable[[], Listener]


class TestMessages:
    def test_what_is_published_is_sent_at_once(self, publisher: Publisher, listen: Listen) -> None:
        listener = listen()
        begin(publisher)
        chunk(publisher, b"first", keyframe=True)
        chunk(publisher, b"second")
        publisher.aim(1, b"png")
        publisher.gone(1)
        assert listener.take(5) == [
            (
                {
                    "type": "format",
                    "camera": 1,
                    "run": "run-1",
                    "codec": "avc1.42c01e",
                    "width": 320,
                    "height": 240,
                    "pts_ticks": 0,
                    "wall_us": 1_000,
                },
                b"init run-1",
            ),
            ({"type": "chunk", "camera": 1, "keyframe": True, "wall_us": 2_000, "duration_us": 200_000}, b"first"),
            ({"type": "chunk", "camera": 1, "keyframe": False, "wall_us": 2_000, "duration_us": 200_000}, b"second"),
            ({"type": "aim", "camera": 1}, b"png"),
            ({"type": "gone", "camera": 1}, b""),
        ]

    def test_several_listeners_get_the_same(self, publisher: Publisher, listen: Listen) -> None:
        listeners = [listen() for _ in range(5)]
        begin(publisher)
        chunk(publisher, b"first", keyframe=True)
        assert {tuple(listener.kinds(2)) for listener in listeners} == {
            (("format", b"init run-1"), ("chunk", b"first")),
        }

    def test_one_that_leaves_costs_the_others_nothing(self, publisher: Publisher, listen: Listen) -> None:
        stays, leaves = listen(), listen()
        begin(publisher)
        leaves.connection.close()
        until(lambda: len(publisher._listeners) == 1)
        chunk(publisher, b"first", keyframe=True)
        assert stays.kinds(2) == [("format", b"init run-1"), ("chunk", b"first")]


class TestLateListeners:
    def test_get_format_and_chunks_from_the_last_keyframe_on(self, publisher: Publisher, listen: Listen) -> None:
        begin(publisher)
        for number in range(12):
            chunk(publisher, b"%d" % number, keyframe=number % 5 == 0)
        listener = listen()
        chunk(publisher, b"12")
        assert listener.kinds(4) == [
            ("format", b"init run-1"),
            ("chunk", b"10"),
            ("chunk", b"11"),
            ("chunk", b"12"),
        ]

    def test_nothing_of_an_earlier_run(self, publisher: Publisher, listen: Listen) -> None:
        begin(publisher)
        chunk(publisher, b"old", keyframe=True)
        begin(publisher, run="run-2")
        listener = listen()
        chunk(publisher, b"new", keyframe=True)
        assert listener.kinds(2) == [("format", b"init run-2"), ("chunk", b"new")]

    def test_the_newest_aiming_picture(self, publisher: Publisher, listen: Listen) -> None:
        publisher.aim(1, b"first")
        publisher.aim(1, b"second")
        assert listen().kinds(1) == [("aim", b"second")]

    def test_nothing_of_a_camera_that_is_gone(self, publisher: Publisher, listen: Listen) -> None:
        begin(publisher, camera=1)
        begin(publisher, camera=2)
        publisher.gone(1)
        assert [head["camera"] for head in listen().heads(1)] == [2]

    def test_of_a_watcher_with_very_many_cameras(self, publisher: Publisher, listen: Listen) -> None:
        """More messages than a listener may lag behind: that is not its fault."""
        for camera in range(100):
            begin(publisher, camera)
            for number in range(5):
                chunk(publisher, b"data", camera, keyframe=number == 0)
        for _ in range(2):  # and whoever comes after it is taken on as well
            assert {head["camera"] for head in listen().heads(600)} == set(range(100))

    def test_chunks_that_are_kept_are_bounded(self, publisher: Publisher, listen: Listen) -> None:
        begin(publisher)
        chunk(publisher, b"key", keyframe=True)
        for _ in range(500):
            chunk(publisher, b"x")
        assert len(publisher._cameras[1].chunks) == publish._CHUNKS_KEPT


class TestListenersThatDoNotRead:
    def test_are_cut_off_and_hold_up_nobody(self, publisher: Publisher, listen: Listen) -> None:
        stuck = listen()
        begin(publisher)
        data = bytes(100_000)
        for number in range(publish._QUEUED * 2):  # the call that would wait for it would never come back
            chunk(publisher, data, keyframe=number == 0)
        until(lambda: not publisher._listeners)
        # What lay in the socket's own buffers still comes, then the end.
        assert stuck.until_cut() < publish._QUEUED

    def test_others_go_on(self, publisher: Publisher, listen: Listen) -> None:
        listen()
        reads = listen()
        begin(publisher)
        assert len(reads.take(1)) == 1
        for _ in range(publish._QUEUED * 2):
            chunk(publisher, bytes(100_000))
            assert len(reads.take(1)) == 1
        until(lambda: len(publisher._listeners) == 1)

    def test_come_back_and_begin_afresh(self, publisher: Publisher, listen: Listen) -> None:
        stuck = listen()
        begin(publisher)
        for number in range(publish._QUEUED * 2):
            chunk(publisher, bytes(100_000), keyframe=number % 5 == 0)
        stuck.connection.close()
        until(lambda: not publisher._listeners)
        assert [head["type"] for head in listen().heads(2)] == ["format", "chunk"]

    def test_one_that_speaks_is_none_of_ours(self, publisher: Publisher, listen: Listen) -> None:
        stranger = listen()
        stranger.connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        until(lambda: not publisher._listeners)
        assert stranger.until_cut() == 0


class TestCounts:
    def test_who_comes_later_is_told_the_latest(self, publisher: Publisher, listen: Listen) -> None:
        publisher.counts(1, Counts(1, 0, 0, 0))
        publisher.counts(1, Counts(2))
        assert listen().heads(1) == [
            {"type": "counts", "camera": 1, "people": 2, "vehicles": None, "animals": None, "things": None}
        ]

    def test_numbers_that_are_not_known_any_more(self, publisher: Publisher, listen: Listen) -> None:
        publisher.counts(1, Counts(2))
        listener = listen()
        publisher.counts(1, None)
        publisher.counts(2, Counts(5))
        assert [(head["camera"], head.get("people")) for head in listener.heads(3)] == [(1, 2), (1, None), (2, 5)]
        assert listen().heads(1)[0]["camera"] == 2


class TestEnds:
    def test_closing_ends_listeners_and_removes_the_socket(
        self, path: Path, publisher: Publisher, listen: Listen
    ) -> None:
        listener = listen()
        begin(publisher)
        publisher.close()
        assert listener.until_cut() <= 1
        assert not path.exists()
        assert not publisher._thread.is_alive()
        with pytest.raises(OSError, match="No such file"):
            wire.connect(path)

    def test_closing_twice_is_fine(self, publisher: Publisher) -> None:
        publisher.close()
        publisher.close()

    def test_publishing_after_the_end_is_nobodys_trouble(self, publisher: Publisher) -> None:
        publisher.close()
        begin(publisher)
        chunk(publisher, b"late", keyframe=True)

    def test_threads_of_listeners_end_with_them(self, publisher: Publisher, listen: Listen) -> None:
        before = threading.active_count()
        for listener in [listen() for _ in range(3)]:
            listener.connection.close()
        until(lambda: threading.active_count() <= before)

    def test_takes_the_place_of_a_watcher_that_was_killed(self, path: Path) -> None:
        left = wire.listen(path)
        left.close()
        publisher = Publisher(path)
        Listener(path).connection.close()
        publisher.close()

    def test_only_its_owner_may_listen(self, path: Path, publisher: Publisher) -> None:
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700

    def test_a_connection_that_cannot_be_accepted_is_not_the_end(
        self, path: Path, publisher: Publisher, listen: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As when too many files are open."""
        monkeypatch.setattr(publish, "_BREATH", 0.001)
        refused = threading.Event()

        class Full(socket.socket):
            def accept(self) -> tuple[socket.socket, object]:
                if refused.is_set():
                    return super().accept()
                refused.set()
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

        server = publisher._server
        publisher._server = Full(server.family, server.type, fileno=os.dup(server.fileno()))
        listen()  # releases the accept that waits
        assert refused.wait(PATIENCE)
        begin(publisher)
        assert listen().kinds(1) == [("format", b"init run-1")]
        server.close()
