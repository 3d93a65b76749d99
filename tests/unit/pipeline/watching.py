"""The watch arm between a recorder and a console, for tests: real sockets, generated packets, a scripted detector."""

import contextlib
import dataclasses
import functools
import io
import socket
import threading
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import sqlalchemy as sa

from tests import footage
from tests.footage import Picture
from tests.stage import Stage
from tests.unit.pipeline.support import ScriptedDetector, ScriptedSource, pictures
from watchglass.base import wire
from watchglass.base.clock import MICROSECONDS, SystemClock, WallUs
from watchglass.base.wire import Message
from watchglass.model.camera import ViewState, ViewStatus
from watchglass.model.event import Happening
from watchglass.model.media import TICKS_PER_SECOND, Packet, StreamInfo, Ticks
from watchglass.pipeline.clerk import Clerk
from watchglass.pipeline.publish import Publisher
from watchglass.pipeline.watch import Watcher, WatchOptions, WatchTools
from watchglass.record.ring import Ring, Subscription
from watchglass.record.serve import PacketServer
from watchglass.store.cameras import Cameras
from watchglass.store.counts import Counts
from watchglass.store.events import Events
from watchglass.store.folder import DataFolder
from watchglass.store.rules import Rules
from watchglass.store.views import Views

WIDTH, HEIGHT, RATE, GOP = 192, 144, 10, 10
FILM = 150  # frames
PATIENCE = 20.0  # seconds that a test waits for what comes soon


@functools.cache
def film(width: int = WIDTH, height: int = HEIGHT, frames: int = FILM) -> tuple[StreamInfo, list[bytes]]:
    """Figures that walk through a street, as a camera's packets: one a frame, every tenth a keyframe."""
    drawn = (footage.picture(number, width, height) for number in range(frames))
    return _encoded((av.VideoFrame.from_ndarray(one, "rgb24") for one in drawn), width, height)


def staged(stage: Stage, frames: int) -> tuple[StreamInfo, list[bytes]]:
    """What happens on a stage, as a camera's packets."""

    def planes(number: int) -> Picture:
        frame = stage.frame(number)
        rows = [plane.reshape(-1, stage.width) for plane in (frame.y, frame.u, frame.v)]
        return np.concatenate(rows).astype(np.uint8)

    drawn = (av.VideoFrame.from_ndarray(planes(number), "yuv420p") for number in range(frames))
    return _encoded(drawn, stage.width, stage.height)


def _encoded(frames: Iterable[av.VideoFrame], width: int, height: int) -> tuple[StreamInfo, list[bytes]]:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.gop_size = Fraction(1, RATE), Fraction(RATE), GOP
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "scenecut=0", "crf": "16"}
    packets = []
    for number, frame in enumerate(frames):
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    info = StreamInfo("h264", bytes(encoder.extradata or b""), width, height, float(RATE))
    return info, [bytes(packet) for packet in packets]


class QuickClock(SystemClock):
    """The machine's clock, on which nobody waits long."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(min(seconds, 0.01))


class NotingCameras(Cameras):
    """The catalogue's cameras, and what was said of a camera's view."""

    def __init__(self, engine: sa.Engine, folder: DataFolder) -> None:
        super().__init__(engine, folder)
        self.said: list[tuple[int, ViewStatus]] = []
        self.changed = threading.Condition()
        self._looked = 0

    def revision(self) -> int:
        with self.changed:
            self._looked += 1
            self.changed.notify_all()
        return super().revision()

    def until_looked(self) -> None:
        """Wait until the watcher has looked at the catalogue as it is now, and has done what follows."""
        with self.changed:
            since = self._looked
            assert self.changed.wait_for(lambda: self._looked > since + 2, PATIENCE)

    def set_view_status(self, id: int, status: ViewStatus) -> None:  # noqa: A002
        super().set_view_status(id, status)
        with self.changed:
            self.said.append((id, status))
            self.changed.notify_all()

    def until(self, true: Callable[[ViewStatus], bool], camera: int = 1, since: int = 0) -> ViewStatus:
        """The first status, of those from place `since` on, of which it is true."""

        def found() -> list[ViewStatus]:
            return [status for number, status in self.said[since:] if number == camera and true(status)]

        with self.changed:
            assert self.changed.wait_for(found, PATIENCE), self.said[since:]
            return found()[0]

    def until_state(self, state: ViewState, camera: int = 1, since: int = 0) -> ViewStatus:
        return self.until(lambda status: status.state is state, camera, since)


class AttendedRing(Ring):
    """A ring that says when somebody takes from it: what comes before that is for nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.attended = threading.Event()

    def subscribe(self) -> Subscription:
        subscription = super().subscribe()
        self.attended.set()
        return subscription


class Recorder:
    """What offers packets: a real server of rings."""

    def __init__(self, path: Path, clock: SystemClock) -> None:
        self._path, self._clock = path, clock
        self._start = clock.wall_us()
        self.rings: dict[int, AttendedRing] = {}
        self.place = 0  # of the next frame
        self.server = self._serve()

    def _serve(self) -> PacketServer:
        server = PacketServer(self._path, lambda camera, _role: self.rings.get(camera))
        server.start()
        return server

    def begin(self, camera: int = 1, info: StreamInfo | None = None, run: str = "run", *, fresh: bool = False) -> None:
        """A camera is there, or begins anew; `fresh` where nobody is to take part who did before."""
        if fresh or camera not in self.rings:
            self.rings[camera] = AttendedRing()
        self.rings[camera].start_run(info or film()[0], run)

    def feed(
        self,
        count: int,
        camera: int = 1,
        data: Iterable[bytes] | None = None,
        spoil: Callable[[int, bytes], bytes] = lambda _place, coded: coded,
    ) -> range:
        """Hand out `count` more frames, once somebody takes them; their numbers."""
        assert self.rings[camera].attended.wait(PATIENCE)
        coded = list(data or film()[1])
        numbers = range(self.place, self.place + count)
        for place in numbers:
            number = place % len(coded)
            packet = Packet(
                spoil(place, coded[number]),
                Ticks(place * TICKS_PER_SECOND // RATE),
                self.wall(place),
                number % GOP == 0,
                jump=number == 0,  # the film begins again
            )
            self.rings[camera].put(packet)
        self.place += count
        return numbers

    def rewind(self, seconds: int) -> None:
        """What comes from now on was taken longer ago."""
        self._start = WallUs(self._start - seconds * MICROSECONDS)

    def be_now(self) -> None:
        """What comes next is taken now."""
        self._start = WallUs(self._clock.wall_us() - self.place * MICROSECONDS // RATE)

    def skip(self, frames: int) -> None:
        """Nothing comes for a while."""
        self.place += frames

    def wall(self, place: int) -> WallUs:
        return WallUs(self._start + place * MICROSECONDS // RATE)

    def place_of(self, wall: int) -> int:
        return round((wall - self._start) * RATE / MICROSECONDS)

    def stop(self) -> None:
        """Go away, as a recorder that is killed."""
        self.server.close()

    def start(self) -> None:
        self.server = self._serve()


@dataclasses.dataclass
class ShownRun:
    """What a console was sent of one run of a view."""

    camera: int
    width: int
    height: int
    wall: int
    data: bytes
    chunk_walls: list[int]


class Console:
    """Listens to a watcher, all the time, as the console does."""

    def __init__(self, path: Path) -> None:
        self._connection = wire.connect(path)
        self._changed = threading.Condition()
        self.messages: list[Message] = []
        self.ended = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        for message in wire.messages(self._connection):
            with self._changed:
                self.messages.append(message)
                self._changed.notify_all()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def until(self, true: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(true, PATIENCE)

    def until_seen(self, wall: int, camera: int = 1) -> None:
        """Wait until what was taken at `wall`, or later, is on the screen."""
        self.until(
            lambda: any(
                head["type"] == "chunk" and head["camera"] == camera and head["wall_us"] + head["duration_us"] > wall
                for head, _ in reversed(self.messages)
            )
        )

    def kinds(self, camera: int = 1) -> list[str]:
        return [head["type"] for head, _ in self.messages if head["camera"] == camera]

    def runs(self, camera: int = 1) -> list[ShownRun]:
        runs: list[ShownRun] = []
        for head, payload in list(self.messages):
            if head["camera"] != camera:
                continue
            if head["type"] == "format":
                runs.append(ShownRun(camera, head["width"], head["height"], head["wall_us"], payload, []))
            elif head["type"] == "chunk":
                runs[-1].data += payload
                runs[-1].chunk_walls.append(head["wall_us"])
        return runs

    def frames(self, recorder: Recorder, camera: int = 1) -> dict[int, Picture]:
        """What was on the screen, by the number of the camera's frame."""
        found: dict[int, Picture] = {}
        for run in self.runs(camera):
            if run.chunk_walls:
                with_times = zip(pictures(run.data), times(run.data), strict=True)
                found |= {recorder.place_of(run.wall + round(at * MICROSECONDS)): one for one, at in with_times}
        return found

    def close(self) -> None:
        with contextlib.suppress(OSError):  # the watcher has ended it
            self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        self._connection.close()


def times(data: bytes) -> list[float]:
    """Seconds of each frame since the run began."""
    with av.open(io.BytesIO(data), "r") as container:
        return [float(frame.time or 0.0) for frame in container.decode(video=0)]


class Watching:
    """A watcher on a thread, its recorder, its console, its catalogue."""

    def __init__(self, folder: DataFolder, cameras: NotingCameras, views: Views, detector: ScriptedDetector) -> None:
        self.folder, self.cameras, self.views, self.detector = folder, cameras, views, detector
        self.clock = QuickClock()
        self.options = WatchOptions()
        self.recorder = Recorder(folder.run / "recorder.sock", self.clock)
        engine = cameras._engine
        self.rules, self.events, self.counts = Rules(engine), Events(engine), Counts(engine)
        self.told: list[Happening] = []  # what was handed on after it was written
        self._clerks: list[Clerk] = []
        self._threads: list[tuple[threading.Thread, threading.Event]] = []
        self._consoles: list[Console] = []

    def start(self, index: int = 0, count: int = 1) -> Console:
        """Start a watcher; what it shows."""
        path = self.folder.run / f"watcher-{index}.sock"
        clerk = Clerk(self.rules, self.events, self.counts, self.clock, hand_on=self.told.extend)
        clerk.start()
        self._clerks.append(clerk)
        tools = WatchTools(
            folder=self.folder,
            cameras=self.cameras,
            views=self.views,
            clock=self.clock,
            detector=ScriptedSource(self.detector),
            publisher=Publisher(path),
            clerk=clerk,
            socket=self.folder.run / "recorder.sock",
            options=self.options,
        )
        console = Console(path)
        self._consoles.append(console)
        self.watcher = Watcher(index, count, tools)
        stop = threading.Event()
        thread = threading.Thread(target=self.watcher.run, args=(stop, lambda: None), daemon=True)
        thread.start()
        self._threads.append((thread, stop))
        return console

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true of which nobody tells."""
        pause = threading.Event()
        for _ in range(round(PATIENCE / 0.01)):
            if true():
                return
            pause.wait(0.01)
        raise AssertionError("it did not come to pass")

    def until_ruled(self) -> None:
        """Wait until the rules are known as they are now."""
        revision = self.rules.revision()
        self.until(lambda: all(clerk._revision == revision for clerk in self._clerks))

    def stop(self) -> None:
        """Stop every watcher."""
        for _, stop in self._threads:
            stop.set()
        for thread, _ in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        self._threads.clear()
        for clerk in self._clerks:
            clerk.close()
        self._clerks.clear()

    def close(self) -> None:
        self.detector.release()
        self.stop()
        self.recorder.stop()
        for console in self._consoles:
            console.close()
