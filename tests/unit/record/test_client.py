import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from watchglass.base import wire
from watchglass.base.clock import WallUs
from watchglass.base.errors import UnreachableError
from watchglass.model.camera import StreamRole
from watchglass.model.media import Packet, StreamInfo, Ticks
from watchglass.record.client import subscribe
from watchglass.record.message import Gone, Run
from watchglass.record.ring import Ring
from watchglass.record.serve import PacketServer

INFO = StreamInfo("hevc", b"extradata", 320, 240, 25.0)
KEY = Packet(b"key", Ticks(0), WallUs(0), keyframe=True, jump=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "recorder.sock"


@pytest.fixture
def ring(path: Path) -> Iterator[Ring]:
    ring = Ring()
    ring.start_run(INFO, "a")
    ring.put(KEY)
    server = PacketServer(path, lambda camera, role: ring if (camera, role) == (1, StreamRole.MAIN) else None)
    server.start()
    yield ring
    server.close()


def test_notices_come_until_the_camera_is_gone(path: Path, ring: Ring) -> None:
    with subscribe(path, 1, StreamRole.MAIN) as notices:
        assert [next(notices), next(notices)] == [Run("a", INFO), KEY]
        ring.end()
        assert list(notices) == [Gone()]
        assert list(notices) == []


def test_an_unknown_camera_is_gone_at_once(path: Path, ring: Ring) -> None:
    with subscribe(path, 2, StreamRole.MAIN) as notices:
        assert list(notices) == [Gone()]


def test_without_a_recorder_it_says_so(path: Path) -> None:
    with pytest.raises(UnreachableError, match="recorder is not running"):
        subscribe(path, 1, StreamRole.MAIN)


def test_it_ends_when_the_recorder_goes_away(path: Path) -> None:
    listener = wire.listen(path)
    with subscribe(path, 1, StreamRole.MAIN) as notices:
        connection, _ = listener.accept()
        connection.sendall(wire.encode({"type": "gone"})[:5])  # killed in the middle of a message
        connection.close()
        assert list(notices) == []
    listener.close()


def test_it_ends_when_something_else_answers(path: Path) -> None:
    listener = wire.listen(path)
    with subscribe(path, 1, StreamRole.MAIN) as notices:
        connection, _ = listener.accept()
        connection.sendall(wire.encode({"type": "surprise"}))
        assert list(notices) == []
        connection.close()
    listener.close()


def test_close_releases_one_who_waits(path: Path, ring: Ring) -> None:
    notices = subscribe(path, 1, StreamRole.MAIN)
    assert [next(notices), next(notices)] == [Run("a", INFO), KEY]
    rest: list[object] = []
    waiting = threading.Thread(target=lambda: rest.extend(notices))
    waiting.start()
    notices.close()
    waiting.join(10)
    assert not waiting.is_alive()
    assert rest == []
    notices.close()
