import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from watchglass.base import wire
from watchglass.base.clock import WallUs
from watchglass.model.camera import Health, HealthState, StreamRole
from watchglass.model.media import Packet, StreamInfo, Ticks
from watchglass.record.message import Gone, HealthChange, Notice, Run, from_wire, subscription
from watchglass.record.ring import Ring, RingLimits, Subscription
from watchglass.record.serve import PacketServer

INFO = StreamInfo("h264", b"extradata", 320, 240, 25.0)


def packet(number: int, size: int = 10, *, keyframe: bool = False) -> Packet:
    return Packet(bytes([number % 256]) * size, Ticks(number), WallUs(number), keyframe)


@pytest.fixture
def rings() -> dict[tuple[int, StreamRole], Ring]:
    return {(1, StreamRole.SUB): Ring(RingLimits(packets=50, size=1_000_000))}


@pytest.fixture
def ring(rings: dict[tuple[int, StreamRole], Ring]) -> Ring:
    ring = rings[1, StreamRole.SUB]
    ring.start_run(INFO, "a")
    return ring


@pytest.fixture
def server(tmp_path: Path, rings: dict[tuple[int, StreamRole], Ring]) -> Iterator[PacketServer]:
    server = PacketServer(tmp_path / "run" / "recorder.sock", lambda camera, role: rings.get((camera, role)))
    server.start()
    yield server
    server.close()


@pytest.fixture
def join(tmp_path: Path, server: PacketServer) -> Iterator[Callable[..., socket.socket]]:
    joined: list[socket.socket] = []

    def connect(head: wire.Head | None = None) -> socket.socket:
        connection = wire.connect(tmp_path / "run" / "recorder.sock")
        connection.settimeout(20)
        connection.sendall(wire.encode(head or subscription(1, StreamRole.SUB)))
        joined.append(connection)
        return connection

    yield connect
    for connection in joined:
        connection.close()


Join = Callable[..., socket.socket]


def take(connection: socket.socket, count: int) -> list[Notice]:
    return [from_wire(*wire.receive(connection)) for _ in range(count)]


def test_a_subscriber_gets_health_run_and_packets(ring: Ring, join: Join) -> None:
    health = Health(HealthState.UP, WallUs(1))
    ring.put_health(health)
    ring.put(packet(0, keyframe=True))
    connection = join()
    assert take(connection, 3) == [
        HealthChange(health),
        Run("a", INFO),
        Packet(packet(0).data, Ticks(0), WallUs(0), keyframe=True, jump=True),
    ]
    ring.put(packet(1))
    assert take(connection, 1) == [packet(1)]


def test_a_camera_that_is_not_there_is_gone(ring: Ring, join: Join) -> None:
    connection = join(subscription(2, StreamRole.SUB))
    assert take(connection, 1) == [Gone()]
    assert connection.recv(1) == b""


def test_a_camera_that_goes_is_gone(ring: Ring, join: Join) -> None:
    ring.put(packet(0, keyframe=True))
    connection = join()
    take(connection, 2)
    ring.end()
    assert take(connection, 1) == [Gone()]
    assert connection.recv(1) == b""


@pytest.mark.parametrize("head", [{"type": "other"}, {"type": "subscribe", "camera": "x"}, {}])
def test_who_sends_something_else_is_hung_up_on(head: wire.Head, ring: Ring, join: Join) -> None:
    assert join(head or {"nothing": 1}).recv(1) == b""


def test_bytes_that_are_no_message_are_hung_up_on(tmp_path: Path, server: PacketServer) -> None:
    with wire.connect(tmp_path / "run" / "recorder.sock") as connection:
        connection.settimeout(20)
        connection.sendall(b"\xff" * 8)
        assert connection.recv(1) == b""


def test_one_who_does_not_read_holds_up_nobody(ring: Ring, join: Join) -> None:
    slow, quick = join(), join()
    ring.put(packet(0, keyframe=True))
    assert [type(notice) for notice in take(slow, 2)] == [Run, Packet]  # it is subscribed, and stops reading
    take(quick, 2)
    # Far more than socket buffers and its queue hold; a put that waited for it would never return.
    for number in range(1, 500):
        ring.put(packet(number, 20_000, keyframe=number % 10 == 0))
        assert [notice.pts for notice in take(quick, 1) if isinstance(notice, Packet)] == [number]
    late = [notice for notice in take(slow, 60) if isinstance(notice, Packet)]
    holes = [n for n in range(1, len(late)) if late[n].pts != late[n - 1].pts + 1]
    assert holes
    assert all(late[n].jump and late[n].keyframe for n in holes)
    assert late[-1].pts > 400


def test_one_who_left_is_forgotten(ring: Ring, join: Join, server: PacketServer) -> None:
    connection = join()
    ring.put(packet(0, keyframe=True))
    take(connection, 2)
    left = threading.Event()
    subscribed = ring._subscriptions[0]
    leave = subscribed._leave

    def leave_and_tell(who: Subscription) -> None:
        leave(who)
        left.set()

    subscribed._leave = leave_and_tell
    connection.close()
    assert left.wait(20)
    assert ring._subscriptions == []


def test_closing_ends_everybody_and_removes_the_socket(
    ring: Ring, join: Join, server: PacketServer, tmp_path: Path
) -> None:
    ring.put(packet(0, keyframe=True))
    connection = join()
    take(connection, 2)
    assert server.subscribers == 1
    server.close()
    assert connection.recv(1) == b""
    assert not (tmp_path / "run" / "recorder.sock").exists()


def test_only_its_owner_may_enter(server: PacketServer, tmp_path: Path) -> None:
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "run" / "recorder.sock").stat().st_mode & 0o777 == 0o600
