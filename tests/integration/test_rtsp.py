"""Against a real RTSP server, GStreamer's, and against sockets that behave like broken cameras."""

import itertools
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests import footage
from tests.rtsp import RtspServer, certificate, closed_port, mute_server, needs_rtsp_server
from watchglass.base.clock import SystemClock
from watchglass.base.errors import (
    BadInputError,
    MissingInputError,
    RefusedError,
    UnreachableError,
    WatchglassError,
)
from watchglass.camera.url import parse_source
from watchglass.ingest import connection as connecting
from watchglass.ingest import log
from watchglass.ingest.connection import Connection
from watchglass.ingest.open import SystemOpener, open_stream, probe
from watchglass.ingest.stream import Demuxed, IngestOptions, OpenStream, StreamRequest, TlsPolicy
from watchglass.model.camera import Credentials, Health, HealthState, Source, SourceKind, StreamRole, Transport
from watchglass.model.media import Packet, StreamInfo

pytestmark = [pytest.mark.camera, pytest.mark.timeout(90)]

PATIENCE = 30.0  # seconds that a test waits for an event
PASSWORD = "p@ss:w/rd %ü&hunter2"
SECRETS = ("hunter2", "p%40ss", "s3cr3t-user")
ADMIN = Credentials("s3cr3t-user", PASSWORD)
RATE = 25


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty seconds: longer than any test looks at it, for the server's streams end with their file."""
    return footage.make(tmp_path_factory.mktemp("h264") / "street.mp4", frames=1000, rate=RATE, gop=10, width=192)


@pytest.fixture(scope="module")
def street_h265(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("h265") / "street.mp4"
    return footage.make(path, codec=footage.H265, frames=200, rate=RATE, gop=10)


@pytest.fixture(autouse=True)
def no_credentials_are_logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Holds for every test here: whatever is logged or printed, by us or by libav, names nobody."""
    caplog.set_level(logging.DEBUG)
    log.redirect()
    with capture_logs() as logs:
        yield
    said = f"{logs} {caplog.text} {capfd.readouterr()}"
    assert not [secret for secret in SECRETS if secret in said]


Serve = Callable[..., RtspServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    needs_rtsp_server()
    servers: list[RtspServer] = []

    def start(file: Path, **options: object) -> RtspServer:
        servers.append(RtspServer({"/street": file}, **options))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


def read(stream: OpenStream, count: int) -> list[Demuxed]:
    try:
        return list(itertools.islice(stream.packets(), count))
    finally:
        stream.close()


def opened(
    url: str,
    transport: Transport = Transport.TCP,
    credentials: Credentials | None = None,
    options: IngestOptions | None = None,
) -> OpenStream:
    source, typed = parse_source(url)
    return open_stream(source, credentials or typed, transport, camera="Gate", options=options)


def refusal(url: str, credentials: Credentials | None = None, options: IngestOptions | None = None) -> WatchglassError:
    """What opening raises; that it names the camera and no secret, and drags nothing behind it, holds for all."""
    with pytest.raises(WatchglassError) as caught:
        opened(url, credentials=credentials, options=options).close()
    error = caught.value
    assert "Gate" in error.sentence
    assert not [secret for secret in SECRETS if secret in repr(error)]
    assert error.__context__ is None
    assert error.__cause__ is None
    return error


class TestStreams:
    @pytest.mark.parametrize("transport", list(Transport))
    def test_h264(self, serve: Serve, street: Path, transport: Transport) -> None:
        stream = opened(serve(street).url("/street"), transport)
        assert (stream.info.codec, stream.info.width, stream.info.height) == ("h264", 192, 240)
        assert stream.info.rate == RATE
        assert stream.info.extradata
        self.check(read(stream, 30), 10)
        assert stream.lost == 0

    def test_h265(self, serve: Serve, street_h265: Path) -> None:
        stream = opened(serve(street_h265, codec="h265").url("/street"))
        assert (stream.info.codec, stream.info.width, stream.info.height) == ("hevc", 320, 240)
        self.check(read(stream, 30), 10)

    @staticmethod
    def check(packets: list[Demuxed], gop: int) -> None:
        assert [n for n, packet in enumerate(packets) if packet.keyframe] == list(range(0, len(packets), gop))
        ticks = [packet.ticks for packet in packets[1:]]  # libav gives none, or 0, for the first
        assert ticks == [n * 90_000 // RATE for n in range(1, len(packets))]

    def test_a_probe_tells_without_reading(self, serve: Serve, street: Path) -> None:
        source, _ = parse_source(serve(street).url("/street"))
        assert [(role, info.codec) for role, info in probe("Gate", [(StreamRole.MAIN, source)])] == [
            (StreamRole.MAIN, "h264")
        ]


class TestEncryption:
    def test_a_camera_that_signed_for_itself_is_taken(self, serve: Serve, street: Path, tmp_path: Path) -> None:
        url = serve(street, **certificate(tmp_path)).url("/street")
        assert url.startswith("rtsps://")
        assert len(read(opened(url), 5)) == 5

    def test_unless_its_certificate_must_be_vouched_for(self, serve: Serve, street: Path, tmp_path: Path) -> None:
        url = serve(street, **certificate(tmp_path)).url("/street")
        error = refusal(url, options=IngestOptions(tls=TlsPolicy.VERIFIED))
        assert isinstance(error, UnreachableError)
        assert "encryption" in error.sentence

    def test_a_camera_without_it(self, serve: Serve, street: Path) -> None:
        error = refusal(serve(street).url("/street").replace("rtsp:", "rtsps:"), ADMIN)
        assert "encryption" in error.sentence

    def test_with_a_password(self, serve: Serve, street: Path, tmp_path: Path) -> None:
        server = serve(street, user=ADMIN.username, password=PASSWORD, **certificate(tmp_path))
        assert len(read(opened(server.url("/street"), credentials=ADMIN), 5)) == 5


@pytest.mark.parametrize("auth", ["digest", "basic"])
class TestPasswords:
    def test_the_right_one(self, auth: str, serve: Serve, street: Path) -> None:
        server = serve(street, user=ADMIN.username, password=PASSWORD, auth=auth)
        assert len(read(opened(server.url("/street"), credentials=ADMIN), 5)) == 5

    @pytest.mark.parametrize("password", ["", "s3cr3t-user", PASSWORD + "x"])
    def test_a_wrong_one(self, auth: str, password: str, serve: Serve, street: Path) -> None:
        server = serve(street, user=ADMIN.username, password=PASSWORD, auth=auth)
        error = refusal(server.url("/street"), Credentials(ADMIN.username, password))
        assert isinstance(error, RefusedError)
        assert "refuses this user name and password" in error.sentence

    def test_none_at_all(self, auth: str, serve: Serve, street: Path) -> None:
        error = refusal(serve(street, user=ADMIN.username, password=PASSWORD, auth=auth).url("/street"))
        assert isinstance(error, RefusedError)
        assert "asks for a user name and password" in error.sentence


class TestWhatIsNotThere:
    def test_a_wrong_path(self, serve: Serve, street: Path) -> None:
        error = refusal(serve(street).url("/nothing"), ADMIN)
        assert isinstance(error, MissingInputError)
        assert "path" in error.sentence

    def test_a_closed_port(self) -> None:
        error = refusal(f"rtsp://127.0.0.1:{closed_port()}/a", ADMIN)
        assert isinstance(error, UnreachableError)
        assert "refuses connections" in error.sentence

    def test_a_name_that_nobody_knows(self) -> None:
        error = refusal("rtsp://camera.invalid/a", ADMIN)
        assert isinstance(error, UnreachableError)
        assert "camera.invalid" in error.sentence

    @pytest.mark.parametrize("scheme", ["rtsp", "rtsps"])
    def test_a_port_that_accepts_and_says_nothing(self, scheme: str) -> None:
        with mute_server() as port:
            error = refusal(f"{scheme}://127.0.0.1:{port}/a", ADMIN, IngestOptions(connect_timeout=0.5))
        assert isinstance(error, UnreachableError)
        assert "did not answer" in error.sentence

    def test_a_port_that_speaks_something_else(self) -> None:
        with mute_server(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as port:
            error = refusal(f"rtsp://127.0.0.1:{port}/a", ADMIN, IngestOptions(connect_timeout=1.0))
        assert isinstance(error, BadInputError | UnreachableError)


class Watching:
    """A sink on which a test can wait."""

    def __init__(self) -> None:
        self.health: list[Health] = []
        self.runs: list[str] = []
        self.packets: list[Packet] = []
        self._told = threading.Condition()

    def on_run(self, info: StreamInfo, run: str) -> None:
        with self._told:
            self.runs.append(run)
            self._told.notify()

    def on_packet(self, packet: Packet) -> None:
        with self._told:
            self.packets.append(packet)
            self._told.notify()

    def on_health(self, health: Health) -> None:
        with self._told:
            self.health.append(health)
            self._told.notify()

    def until(self, true: Callable[[], bool]) -> None:
        with self._told:
            assert self._told.wait_for(true, PATIENCE), (self.health, len(self.packets))

    def state(self) -> HealthState:
        return self.health[-1].state


@pytest.fixture
def keep_open(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Watching]]:
    """Keep a URL open with a `Connection` on a thread; end it, and see it end, after the test."""
    monkeypatch.setattr(connecting, "WAITS", (0.1,))
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def begin(url: str, options: IngestOptions | None = None, credentials: Credentials | None = None) -> Watching:
        watching, clock = Watching(), SystemClock()
        request = StreamRequest("Gate", Source(SourceKind.RTSP, url), credentials)
        connection = Connection(lambda: request, SystemOpener(clock, options), watching, clock)
        threads.append(threading.Thread(target=connection.run, args=(stop,), daemon=True))
        threads[-1].start()
        return watching

    yield begin
    stop.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


class TestConnections:
    def test_a_camera_that_restarts_comes_back_as_another_run(
        self, serve: Serve, street: Path, keep_open: Callable[..., Watching]
    ) -> None:
        server = serve(street, user=ADMIN.username, password=PASSWORD)
        watching = keep_open(server.url("/street"), credentials=ADMIN)
        watching.until(lambda: len(watching.packets) > 20)
        assert [health.state for health in watching.health] == [HealthState.STARTING, HealthState.UP]
        server.kill()
        watching.until(lambda: watching.state() is HealthState.DOWN)
        assert "Gate" in watching.health[-1].cause
        watching.until(lambda: "refuses connections" in watching.health[-1].cause)
        before = len(watching.packets)
        server.start()
        watching.until(lambda: watching.state() is HealthState.UP)
        watching.until(lambda: len(watching.packets) > before + 20)
        first, second = watching.runs
        assert first != second
        assert watching.packets[before].jump
        assert watching.packets[before].pts == 0
        for run in (watching.packets[:before], watching.packets[before:]):
            assert [packet.pts for packet in run] == [n * 90_000 // RATE for n in range(len(run))]
            assert all(after.wall > earlier.wall for earlier, after in itertools.pairwise(run))

    def test_a_camera_that_connects_and_sends_nothing_is_down(self, keep_open: Callable[..., Watching]) -> None:
        with mute_server() as port:
            watching = keep_open(f"rtsp://127.0.0.1:{port}/a", IngestOptions(connect_timeout=0.3), ADMIN)
            watching.until(lambda: watching.state() is HealthState.DOWN)
        assert "did not answer" in watching.health[-1].cause

    def test_a_camera_that_falls_silent_is_down_and_comes_back(
        self, serve: Serve, street: Path, keep_open: Callable[..., Watching]
    ) -> None:
        server = serve(street)
        watching = keep_open(server.url("/street"), IngestOptions(connect_timeout=1.0, silence=1.0))
        watching.until(lambda: len(watching.packets) > 20)
        server.freeze()
        watching.until(lambda: watching.state() is HealthState.DOWN)
        assert "no video for 1 s" in watching.health[-1].cause
        server.thaw()
        watching.until(lambda: len(watching.runs) == 2)
        watching.until(lambda: watching.state() is HealthState.UP)

    def test_a_camera_whose_stream_ends_says_so(
        self, serve: Serve, tmp_path: Path, keep_open: Callable[..., Watching]
    ) -> None:
        # After its file the server keeps the connection and says goodbye by RTCP only.
        short = footage.make(tmp_path / "short.mp4", frames=25, rate=RATE, gop=10)
        watching = keep_open(serve(short).url("/street"), IngestOptions(silence=2.0))
        watching.until(lambda: watching.state() is HealthState.DOWN)
        assert len(watching.packets) == 25
        watching.until(lambda: len(watching.runs) == 2)

    def test_a_stop_does_not_wait_for_a_camera_that_never_answered(self, keep_open: Callable[..., Watching]) -> None:
        # Its own limits are ten minutes; the fixture sees the thread end.
        with mute_server() as port:
            keep_open(f"rtsp://127.0.0.1:{port}/a", IngestOptions(connect_timeout=600, silence=600)).until(lambda: True)

    @pytest.mark.parametrize("encrypted", [False, True])
    def test_a_stop_does_not_wait_for_a_camera_that_hangs(
        self, encrypted: bool, serve: Serve, street: Path, tmp_path: Path, keep_open: Callable[..., Watching]
    ) -> None:
        server = serve(street, **(certificate(tmp_path) if encrypted else {}))
        watching = keep_open(server.url("/street"), IngestOptions(connect_timeout=600, silence=600))
        watching.until(lambda: len(watching.packets) > 5)
        server.freeze()
        count = -1
        while count != len(watching.packets):  # what was on its way has come
            count = len(watching.packets)
            threading.Event().wait(0.2)
