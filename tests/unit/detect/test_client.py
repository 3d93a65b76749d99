import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.detect.serving import PATIENCE, LevelDetector, grey
from watchglass.base import wire
from watchglass.base.clock import SystemClock
from watchglass.detect import client as module
from watchglass.detect.client import AWAY, FAILING, MUTE, DetectorClient, Line
from watchglass.detect.message import Kind, Reply
from watchglass.detect.serve import DetectorServer
from watchglass.model.camera import Protection


class QuickClock(SystemClock):
    """The machine's clock, on which nobody waits long; `ahead` lets seconds pass."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(min(seconds, 0.01))


class NotingLine(Line):
    """A line that can be waited for."""

    def __init__(self, client: DetectorClient, camera: int) -> None:
        super().__init__(client, camera)
        self.changed = threading.Condition()

    def came(self, reply: Reply) -> None:
        with self.changed:
            super().came(reply)
            self.changed.notify_all()

    def next_replies(self, count: int = 1) -> list[Reply]:
        got: list[Reply] = []

        def enough() -> bool:
            got.extend(self.replies())
            return len(got) >= count

        with self.changed:
            assert self.changed.wait_for(enough, PATIENCE), got
        return got


class Pair:
    """A detector and a client of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = QuickClock()
        self.detector = LevelDetector()
        self.server: DetectorServer | None = None
        self.client = DetectorClient(path, self.clock)

    def serve(self) -> None:
        self.server = DetectorServer(self.path, self.detector, SystemClock())
        self.server.start()

    def stop_serving(self) -> None:
        if self.server is not None:
            self.server.close()
        self.server = None

    def until_gone(self) -> None:
        with self.client._changed:
            assert self.client._changed.wait_for(lambda: not self.client._here, PATIENCE)

    def until_here(self) -> None:
        with self.client._changed:
            assert self.client._changed.wait_for(lambda: self.client._here, PATIENCE)


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setattr(module, "Line", NotingLine)
    made = Pair(tmp_path / "detector.sock")
    made.client.start()
    yield made
    made.detector.release()
    made.client.close()
    made.stop_serving()


def line_of(pair: Pair, camera: int = 1) -> NotingLine:
    line = pair.client.line(camera)
    assert isinstance(line, NotingLine)
    return line


class TestClient:
    def test_brings_each_camera_its_own_answers(self, pair: Pair) -> None:
        pair.serve()
        pair.until_here()
        lines = {camera: line_of(pair, camera) for camera in (1, 2)}
        asked = {camera: line.ask(Kind.WHOLE, grey(camera)) for camera, line in lines.items()}
        for camera, line in lines.items():
            (reply,) = line.next_replies()
            assert (reply.ask, reply.camera) == (asked[camera], camera)
            assert reply.found is not None
            assert reply.found[0].score == pytest.approx(camera / 100)

    def test_knows_what_the_detector_is(self, pair: Pair) -> None:
        before = pair.client.introduction
        pair.serve()
        pair.until_here()
        said = pair.client.introduction
        assert before is None
        assert said is not None
        assert (said.name, said.protection, said.sides) == ("level", Protection.FULL, pair.detector.sides)

    def test_nobody_waits_while_it_is_not_there(self, pair: Pair) -> None:
        line = line_of(pair)
        for level in range(100):
            line.ask(Kind.WHOLE, grey(level))
            line.ask(Kind.CLOSE, grey(level))
        assert line.replies() == []
        assert len(pair.client._outbox) == 2
        assert (pair.client.trouble, pair.client.load) == (AWAY, 1.0)

    def test_finds_it_again_after_it_was_gone(self, pair: Pair) -> None:
        pair.serve()
        pair.until_here()
        pair.stop_serving()
        pair.until_gone()
        assert pair.client.trouble == AWAY
        pair.detector.protection = Protection.REDUCED
        pair.serve()
        pair.until_here()
        assert pair.client.trouble == ""
        assert pair.client.introduction is not None
        assert pair.client.introduction.protection is Protection.REDUCED
        line = line_of(pair)
        asked = line.ask(Kind.WHOLE, grey())
        assert line.next_replies()[0].ask == asked

    def test_what_was_asked_of_the_one_before_is_not_answered(self, pair: Pair) -> None:
        line = line_of(pair)
        line.ask(Kind.WHOLE, grey(1))  # nobody is there
        pair.serve()
        pair.until_here()
        asked = line.ask(Kind.WHOLE, grey(2))
        assert [reply.ask for reply in line.next_replies()] == [asked]
        assert pair.detector.seen == [2]

    def test_says_that_it_does_not_answer(self, pair: Pair) -> None:
        pair.serve()
        pair.until_here()
        pair.detector.hold()
        line = line_of(pair)
        line.ask(Kind.WHOLE, grey())
        pair.detector.until_seen(1)
        assert pair.client.trouble == ""
        pair.clock.ahead += 2.1
        assert pair.client.trouble == MUTE
        pair.detector.release()
        line.next_replies()
        assert pair.client.trouble == ""

    def test_says_that_it_fails(self, pair: Pair) -> None:
        pair.serve()
        pair.until_here()
        pair.detector.failing = True
        line = line_of(pair)
        line.ask(Kind.WHOLE, grey())
        assert line.next_replies()[0].found is None
        assert pair.client.trouble == FAILING
        pair.detector.failing = False
        line.ask(Kind.WHOLE, grey())
        line.next_replies()
        assert pair.client.trouble == ""

    def test_a_line_that_was_made_anew_gets_no_answers_of_the_old(self, pair: Pair) -> None:
        pair.serve()
        pair.until_here()
        pair.detector.hold()
        old = line_of(pair)
        old.ask(Kind.WHOLE, grey(1))
        pair.detector.until_seen(1)
        new = line_of(pair)
        asked = new.ask(Kind.WHOLE, grey(2))
        pair.detector.release()
        assert new.next_replies(2)[-1].ask == asked
        assert old.replies() == []


class Frozen:
    """A detector's process that was stopped with SIGSTOP: the kernel takes in what fits, and nothing comes back."""

    def __init__(self, path: Path, *, introduces: bool) -> None:
        self._listener = wire.listen(path)
        self.connection: socket.socket | None = None
        if introduces:
            self._thread = threading.Thread(target=self._introduce, daemon=True)
            self._thread.start()

    def _introduce(self) -> None:
        self.connection, _ = self._listener.accept()
        head = {"type": "detector", "name": "x", "protection": "full", "model_hash": "", "note": ""}
        self.connection.sendall(wire.encode({**head, "whole": 416, "close": 256, "enlarge": True}))

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self._listener.close()


@pytest.mark.parametrize("introduces", [True, False])
def test_a_frozen_detector_holds_up_neither_cameras_nor_the_end(tmp_path: Path, introduces: bool) -> None:
    frozen = Frozen(tmp_path / "detector.sock", introduces=introduces)
    client = DetectorClient(tmp_path / "detector.sock", QuickClock())
    client.start()
    line = client.line(1)
    if introduces:
        with client._changed:
            assert client._changed.wait_for(lambda: client._here, PATIENCE)
    for _ in range(20):  # 1.6 MB each: far more than a socket holds
        line.ask(Kind.WHOLE, grey(0, 1280, 832))
    assert line.replies() == []
    client.close()
    assert all(not thread.is_alive() for thread in client._threads)
    frozen.close()


def test_closing_before_anything_was_there(tmp_path: Path) -> None:
    client = DetectorClient(tmp_path / "detector.sock", QuickClock())
    client.start()
    client.close()
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_detector_is_left_and_tried_again(tmp_path: Path) -> None:
    """Whatever listens there: the next connection is another."""
    listener = wire.listen(tmp_path / "detector.sock")
    client = DetectorClient(tmp_path / "detector.sock", QuickClock())
    client.start()
    listener.settimeout(PATIENCE)
    for junk in (b"\xff" * 100, wire.encode({"type": "found"}), b""):
        connection, _ = listener.accept()
        connection.sendall(junk)
        connection.close()
    assert client.introduction is None
    client.close()
    listener.close()
