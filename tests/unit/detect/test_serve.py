import select
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.unit.detect.serving import PATIENCE, LevelDetector, grey
from watchglass.base import wire
from watchglass.base.clock import SimulatedClock, SystemClock
from watchglass.base.wire import TornMessageError
from watchglass.detect.message import (
    Introduction,
    Kind,
    LookRequest,
    Reply,
    introduction_from_wire,
    reply_from_wire,
    request_to_wire,
)
from watchglass.detect.picture import Picture
from watchglass.detect.serve import DetectorServer, _Load
from watchglass.model.camera import Protection
from watchglass.model.vision import Box, Detection, ObjectClass


class Asker:
    """A watcher, as far as the socket goes."""

    def __init__(self, path: Path) -> None:
        self.connection = wire.connect(path)
        self.connection.settimeout(PATIENCE)
        self.introduction = introduction_from_wire(wire.receive(self.connection)[0])

    def ask(self, camera: int, ask: int, picture: Picture, kind: Kind = Kind.WHOLE) -> None:
        self.connection.sendall(wire.encode(*request_to_wire(LookRequest(camera, kind, ask, picture))))

    def reply(self) -> Reply:
        return reply_from_wire(*wire.receive(self.connection))


@pytest.fixture
def detector() -> Iterator[LevelDetector]:
    made = LevelDetector()
    yield made
    made.release()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "detector.sock"


@pytest.fixture
def server(path: Path, detector: LevelDetector) -> Iterator[DetectorServer]:
    made = DetectorServer(path, detector, SystemClock(), note="It is a test.")
    made.start()
    yield made
    made.close()


@pytest.fixture
def asker(server: DetectorServer, path: Path) -> Iterator[Asker]:
    made = Asker(path)
    yield made
    made.connection.close()


class TestServer:
    def test_only_its_owner_may_ask(self, server: DetectorServer, path: Path) -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def test_says_what_it_is(self, asker: Asker, detector: LevelDetector) -> None:
        assert asker.introduction == Introduction(
            "level", Protection.FULL, detector.model_hash, detector.sides, "It is a test."
        )

    @pytest.mark.parametrize("kind", Kind)
    def test_answers_what_was_asked(self, asker: Asker, kind: Kind) -> None:
        asker.ask(7, 3, grey(40), kind)
        reply = asker.reply()
        assert (reply.camera, reply.kind, reply.ask) == (7, kind, 3)
        (found,) = reply.found or []
        assert (found.box, found.label) == (Box(0, 0, 32, 48), ObjectClass.PERSON)
        assert found.score == pytest.approx(0.4)
        assert 0 <= reply.load <= 1

    def test_a_slow_detector_looks_at_the_newest_frame_only(self, path: Path, detector: LevelDetector) -> None:
        server = DetectorServer(path, detector, SystemClock(), workers=2)
        server.start()
        asker = Asker(path)
        detector.hold()
        asker.ask(1, 1, grey(1))
        detector.until_seen(1)
        for ask in range(2, 9):
            asker.ask(1, ask, grey(ask))
        asker.ask(2, 50, grey(50))  # of the same connection, for the other worker: by then all before it has come
        detector.until_seen(2)
        detector.release()
        replies = [asker.reply() for _ in range(3)]
        assert [reply.ask for reply in replies if reply.camera == 1] == [1, 8]
        assert sorted(detector.seen) == [1, 8, 50]
        asker.connection.close()
        server.close()

    def test_a_failure_is_told_as_one_and_the_next_look_goes_on(self, asker: Asker, detector: LevelDetector) -> None:
        detector.failing = True
        asker.ask(1, 1, grey())
        assert asker.reply().found is None
        detector.failing = False
        asker.ask(1, 2, grey())
        assert asker.reply().found

    def test_several_workers_look_at_once(self, path: Path, detector: LevelDetector) -> None:
        server = DetectorServer(path, detector, SystemClock(), workers=2)
        server.start()
        asker = Asker(path)
        detector.hold()
        asker.ask(1, 1, grey())
        asker.ask(2, 2, grey())
        detector.until_seen(2)
        detector.release()
        assert {asker.reply().ask, asker.reply().ask} == {1, 2}
        asker.connection.close()
        server.close()

    def test_one_watcher_that_leaves_costs_the_other_nothing(
        self, server: DetectorServer, path: Path, asker: Asker, detector: LevelDetector
    ) -> None:
        detector.hold()
        leaving = Asker(path)
        leaving.ask(1, 1, grey(11))
        detector.until_seen(1)
        leaving.connection.close()
        asker.ask(1, 2, grey(22))
        detector.release()
        assert asker.reply().ask == 2

    @pytest.mark.parametrize(
        "junk", [b"\xff" * 64, wire.encode({"type": "subscribe"}), wire.encode({"type": "look", "width": 4}, b"x")]
    )
    def test_who_sends_something_else_is_cut_off(
        self, server: DetectorServer, path: Path, asker: Asker, junk: bytes
    ) -> None:
        other = Asker(path)
        other.connection.sendall(junk)
        with pytest.raises((TornMessageError, ConnectionResetError)):
            other.reply()
        other.connection.close()
        asker.ask(1, 1, grey())
        assert asker.reply().ask == 1

    def test_a_watcher_that_does_not_read_is_cut_off_and_the_others_go_on(
        self, server: DetectorServer, path: Path, asker: Asker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        crowd = [Detection(Box(0, 0, 1, 1), ObjectClass.PERSON, 0.5)] * 20_000
        monkeypatch.setattr(LevelDetector, "find", lambda _self, made: crowd if made[0, 0] == 1 else [])
        deaf = Asker(path)
        deaf.ask(1, 1, grey(1))
        asker.ask(1, 2, grey(2))
        assert asker.reply().ask == 2
        hung_up = select.poll()
        hung_up.register(deaf.connection, select.POLLRDHUP)
        assert hung_up.poll(30_000)  # milliseconds: reading before that would be reading in time
        with deaf.connection, pytest.raises((TornMessageError, ConnectionResetError)):
            deaf.reply()  # the beginning of it only

    def test_hangs_up_and_removes_its_socket(self, server: DetectorServer, path: Path, asker: Asker) -> None:
        server.close()
        with pytest.raises((TornMessageError, ConnectionResetError)):
            asker.reply()
        assert not path.exists()

    def test_does_not_wait_for_a_look_when_it_ends(
        self, server: DetectorServer, asker: Asker, detector: LevelDetector
    ) -> None:
        detector.hold()
        asker.ask(1, 1, grey())
        detector.until_seen(1)
        server.close()
        with pytest.raises((TornMessageError, ConnectionResetError)):
            asker.reply()

    def test_takes_the_place_of_one_that_was_killed(self, path: Path, detector: LevelDetector) -> None:
        path.parent.mkdir(mode=0o700)
        left = socket.socket(socket.AF_UNIX)
        left.bind(str(path))
        left.close()
        server = DetectorServer(path, detector, SystemClock())
        server.start()
        Asker(path).connection.close()
        server.close()


class TestLoad:
    def load(self, took: float, every: float, worked: float, workers: int = 1) -> float:
        clock = SimulatedClock()
        load = _Load(clock, workers)
        for _ in range(100):
            clock.advance(every)
            load.note(took, worked)
        return load.now()

    def test_is_the_share_of_time_that_looks_take(self) -> None:
        assert self.load(0.02, 0.1, 0.02) == pytest.approx(0.2)
        assert self.load(0.02, 0.1, 0.02, workers=2) == pytest.approx(0.1)
        assert self.load(0.1, 0.1, 0.1) == pytest.approx(1.0)

    def test_or_of_a_look_that_waits_for_a_core(self) -> None:
        assert self.load(0.04, 0.4, 0.01) == pytest.approx(0.75, abs=1e-3)

    def test_is_never_more_than_all(self) -> None:
        assert self.load(0.5, 0.1, 0.0) == 1.0

    def test_before_the_first_look_it_is_nothing(self) -> None:
        assert _Load(SimulatedClock(), 1).now() == 0.0


def test_pictures_are_what_tests_take_them_for() -> None:
    assert grey(5).shape == (72, 64)
    np.testing.assert_array_equal(grey(5), 5)
