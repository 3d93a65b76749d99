"""The retain arm: the recorder process. It opens every stream once, keeps originals, and offers packets to watchers.

One thread a stream reads (`ingest`), and puts packets into that stream's ring (`record`) and, if it is a camera's main
stream, on the desk where originals are sealed and written (`original.py`); the loop here follows the catalogue: cameras
that come, go or change, and health on its way back. What a camera, a watcher or the catalogue does
costs no other camera a second.
"""

import contextlib
import dataclasses
import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog

from watchglass.base import vitals
from watchglass.base.clock import Clock
from watchglass.base.errors import MissingInputError, WatchglassError
from watchglass.base.timekeeping import local_time
from watchglass.ingest import log
from watchglass.ingest.connection import Connection
from watchglass.ingest.stream import Opener, StreamRequest
from watchglass.model.camera import (
    COUNTS_ONLY,
    Camera,
    Credentials,
    Health,
    HealthState,
    Source,
    StreamRole,
    Transport,
    ViewPolicy,
)
from watchglass.model.media import Packet, StreamInfo
from watchglass.pipeline.original import Desk, OriginalKeeper
from watchglass.record.figures import StreamFigures, tell
from watchglass.record.ring import Ring, RingLimits
from watchglass.record.serve import PacketServer

_log = structlog.get_logger()

POLL = 1.0  # seconds between looks at the catalogue; health is written no more often
HOUSEKEEPING = 60.0  # seconds between runs of retention
HEAD_START = 3.0  # seconds before the first: it looks at every row, and cameras are being opened
PATIENCE = 2.0  # seconds that streams have for ending, all together; what hangs then is a daemon thread's


class CameraBook(Protocol):
    """What the recorder needs of `watchglass.store.cameras.Cameras`."""

    def revision(self) -> int:
        """Rises with every change."""

    def all(self) -> list[Camera]:
        """Every camera."""

    def credentials(self, id: int, /) -> Credentials | None:  # noqa: A002 - the store's own name
        """A camera's user name and password."""

    def set_health(self, id: int, role: StreamRole, health: Health, /) -> None:  # noqa: A002 - the store's own name
        """Note a stream's health. MissingInputError if the camera is gone."""


class Housekeeping(Protocol):
    """What the recorder needs of `watchglass.store.retention.Retention`."""

    def run(self) -> object:
        """Delete what is due."""


@dataclasses.dataclass(frozen=True, slots=True)
class _StreamPlan:
    """A stream that should be open. Where two plans differ, the stream is opened anew."""

    camera: int
    roles: tuple[StreamRole, ...]  # both where the substream is the same source or there is none
    source: Source
    credentials: Credentials | None
    transport: Transport
    watched: bool  # watchers read it; of another stream no GOP is kept
    sound: bool = False  # of the main stream, for its original alone (rule R7)


def plans(camera: Camera, credentials: Credentials | None) -> list[_StreamPlan]:
    """What to open for an enabled camera: each source once."""
    watched_role, _ = camera.watched()
    by_source: dict[Source, list[StreamRole]] = {}
    for role, source in camera.streams():
        by_source.setdefault(source, []).append(role)
    return [
        _StreamPlan(
            camera.id,
            tuple(roles),
            source,
            credentials,
            camera.transport,
            watched_role in roles,
            _keeps_sound(camera) and StreamRole.MAIN in roles,
        )
        for source, roles in by_source.items()
    ]


def _keeps_sound(camera: Camera) -> bool:
    return camera.sound and camera.enabled and not camera.off and camera.policy is not ViewPolicy.COUNTS


class _Stream:
    """One open stream: a thread that reads, and the ring that it fills. It is the connection's sink.

    Sound goes to the keeper of its original past it: there is no way into the ring.
    """

    def __init__(
        self,
        plan: _StreamPlan,
        name: str,
        opener: Opener,
        clock: Clock,
        limits: RingLimits,
        keeper: OriginalKeeper | None = None,
    ) -> None:
        self.plan = plan
        self.name = name
        self.off = ""  # why its camera is off, if it ends for that
        self._keeper = keeper
        self.ring = Ring(limits, keep_gop=plan.watched)
        self._lock = threading.Lock()
        self._health: Health | None = None  # newest that the catalogue does not know
        self._stop = threading.Event()
        self._connection = Connection(self._request, opener, self, clock, sound=keeper)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.name = f"camera-{plan.camera}-{plan.roles[0]}"

    def start(self) -> None:
        self._thread.start()

    def allow_original(self, *, allowed: bool, sound: bool) -> None:
        """Whether what it brings may be kept, sealed, and sound with it."""
        if self._keeper:
            self._keeper.allowed = allowed
            self._keeper.sound_allowed = sound

    @property
    def original_allowed(self) -> bool:
        return self._keeper is not None and self._keeper.allowed

    @property
    def sound_allowed(self) -> bool:
        return self._keeper is not None and self._keeper.sound_allowed

    def end(self) -> None:
        """Tell the thread and all subscribers that this is over; does not wait."""
        self._stop.set()
        self.ring.end()

    def join(self, seconds: float) -> bool:
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def figures(self) -> StreamFigures:
        """How it does; of its first role, for what is read once is counted once."""
        return StreamFigures(self.plan.camera, self.plan.roles[0], self._connection.lost, self._connection.gain)

    def new_health(self) -> Health | None:
        """The health that is to be written, once."""
        with self._lock:
            health, self._health = self._health, None
            return health

    def health_not_written(self, health: Health) -> None:
        """Writing failed: offer it again, unless there is a newer one."""
        with self._lock:
            self._health = self._health or health

    def on_run(self, info: StreamInfo, run: str) -> None:
        self.ring.start_run(info, run)
        if self._keeper:
            self._keeper.on_run(info, run)

    def on_packet(self, packet: Packet) -> None:
        self.ring.put(packet)
        if self._keeper:
            self._keeper.on_packet(packet)

    def on_health(self, health: Health) -> None:
        with self._lock:
            self._health = health
        self.ring.put_health(health)
        if self._keeper:
            self._keeper.on_health(health)

    def _work(self) -> None:
        try:
            self._connection.run(self._stop)
        finally:
            if self._keeper:
                self._keeper.end(off=self.off)

    def _request(self) -> StreamRequest:
        plan = self.plan
        sound = plan.sound and self._keeper is not None
        return StreamRequest(self.name, plan.source, plan.credentials, plan.transport, sound)


class Recorder:
    """The recorder process. `run` is its main thread; everything it needs is handed in."""

    def __init__(
        self,
        cameras: CameraBook,
        housekeeping: Housekeeping,
        socket: Path,
        clock: Clock,
        opener: Opener,
        limits: RingLimits | None = None,
        desk: Desk | None = None,
        zone: dt.tzinfo = dt.UTC,
    ) -> None:
        """Without a `desk` no originals are kept. Privacy hours are those of `zone`."""
        self._cameras = cameras
        self._desk = desk
        self._housekeeping = housekeeping
        self._socket = socket
        self._clock = clock
        self._zone = zone
        self._opener = opener
        self._limits = limits or RingLimits()
        self._revision: int | None = None
        self._known: list[Camera] = []  # as the catalogue had them
        self._streams: dict[_StreamPlan, _Stream] = {}
        self._rings: dict[tuple[int, StreamRole], Ring] = {}  # replaced whole, never changed: servers read it
        self._off: dict[int, str] = {}  # cameras whose health says off, and why
        self._ending: list[_Stream] = []
        self._told = float("-inf")  # when figures were

    def run(self, stop: threading.Event) -> None:
        """Record until `stop` is set; then end within three seconds, whatever cameras do."""
        log.redirect()
        server = PacketServer(self._socket, lambda camera, role: self._rings.get((camera, role)))
        server.start()
        if self._desk:
            self._desk.start()
        keeper = threading.Thread(target=self._keep_house, args=(stop,), name="housekeeping", daemon=True)
        keeper.start()
        try:
            while True:
                self._attempt("cannot read the cameras", self._follow)
                self._revive()
                self._write_health(stop)
                self._tell_figures()
                if self._clock.wait(stop, POLL):
                    break
        finally:
            self._end_all()
            server.close()
            keeper.join(0.5)

    def _follow(self) -> None:
        """Open, close and reopen streams as the catalogue and the time say, if they say anything new."""
        revision = self._read()
        cameras = self._as_of_now()
        off = {camera.id: camera.off for camera in cameras if camera.off}
        if revision == self._revision and off == self._off:
            return
        if self._revision is not None:
            self._revision = -1  # if anything below fails, all of it is done again
        purposes = {camera.id: camera.policy is not ViewPolicy.COUNTS for camera in cameras}
        sounding = {camera.id for camera in cameras if _keeps_sound(camera)}
        for plan, stream in self._streams.items():  # first: nothing that fails below may keep what must not be kept
            stream.allow_original(allowed=purposes.get(plan.camera, False), sound=plan.camera in sounding)
        wanted, trouble = self._wanted(cameras)
        self._end_others(wanted, off)
        new: list[_Stream] = []
        for plan, camera in wanted.items():
            if plan in self._streams:
                self._streams[plan].name = camera.name
            else:
                new.append(self._made(plan, camera.name, original=purposes[camera.id], sound=plan.sound))
                late = self._revision is not None  # at the start it is explained below
                if self._desk and late and not purposes[camera.id] and StreamRole.MAIN in plan.roles:
                    self._desk.off(camera.id, COUNTS_ONLY)  # the stream before it may have kept originals
        self._offer()
        if self._desk:
            try:  # before the first of them can fail: what is missing is a gap only where there is something to be kept
                self._desk.renew_custody()
            except WatchglassError as error:
                trouble = error
        for stream in new:
            stream.start()
        self._note_off(off, cameras)
        if self._desk and self._revision is None:
            self._explain_at_start(self._desk, cameras)
        if trouble is not None:
            raise trouble
        self._revision = revision

    def _read(self) -> int:
        """See to it that we know the cameras as they are; the catalogue's revision."""
        try:
            revision = self._cameras.revision()
            if revision != self._revision:
                self._known = self._cameras.all()
        except Exception:  # whatever keeps us from reading it, privacy hours begin
            if self._revision is not None:
                self._revision = -1
                self._end_those_off()
            raise
        return revision

    def _as_of_now(self) -> list[Camera]:
        now = local_time(self._clock, self._zone)
        return [camera.as_of(now) for camera in self._known]

    def _end_those_off(self) -> None:
        off = {camera.id: camera.off for camera in self._as_of_now() if camera.off}
        on = {camera.id: camera for camera in self._known if camera.id not in off}
        self._end_others({plan: on[plan.camera] for plan in self._streams if plan.camera in on}, off)

    def _wanted(self, cameras: list[Camera]) -> tuple[dict[_StreamPlan, Camera], WatchglassError | None]:
        """What is to be open, and what keeps us from knowing it of some camera: that one stays as it is."""
        wanted: dict[_StreamPlan, Camera] = {}
        trouble: WatchglassError | None = None
        for camera in cameras:
            try:
                wanted |= dict.fromkeys(self._planned(camera), camera)
            except WatchglassError as error:
                trouble = error
                wanted |= {plan: camera for plan in self._streams if plan.camera == camera.id and not camera.off}
        return wanted, trouble

    def _end_others(self, wanted: dict[_StreamPlan, Camera], off: dict[int, str]) -> None:
        """End the streams that are not wanted any more; those of cameras that are `off` know why."""
        ending = [self._streams.pop(plan) for plan in list(self._streams) if plan not in wanted]
        self._offer()  # first: nobody is to join a stream that ends
        for stream in ending:
            stream.off = off.get(stream.plan.camera, "")
            stream.end()
        self._ending += ending

    @staticmethod
    def _explain_at_start(desk: Desk, cameras: list[Camera]) -> None:
        """Say of whom no original is to be kept: their streams, if they have any, had none to end, and say nothing."""
        for camera in cameras:
            if camera.off:
                desk.off(camera.id, camera.off)
            elif camera.policy is ViewPolicy.COUNTS:
                desk.off(camera.id, COUNTS_ONLY)

    def _planned(self, camera: Camera) -> list[_StreamPlan]:
        """What to open of a camera. WatchglassError if its credentials cannot be read."""
        return [] if camera.off else plans(camera, self._cameras.credentials(camera.id))

    def _made(self, plan: _StreamPlan, name: str, *, original: bool, sound: bool) -> _Stream:
        """A stream that is still to be started: once it is offered, so that nobody is told that there is none."""
        main = StreamRole.MAIN in plan.roles
        keeper = OriginalKeeper(plan.camera, name, self._desk) if self._desk and main else None
        stream = self._streams[plan] = _Stream(plan, name, self._opener, self._clock, self._limits, keeper)
        stream.allow_original(allowed=original, sound=sound)  # before its first packet
        return stream

    def _offer(self) -> None:
        self._rings = {
            (plan.camera, role): stream.ring for plan, stream in self._streams.items() for role in plan.roles
        }

    def _revive(self) -> None:
        """A thread ends by itself only through a fault of ours: its camera must not stay dark for it."""
        for plan, stream in list(self._streams.items()):
            if stream.join(0):
                _log.error("a stream's thread broke and is started again", camera=stream.name)
                stream.end()
                original, sound = stream.original_allowed, stream.sound_allowed
                again = self._made(plan, stream.name, original=original, sound=sound)
                self._offer()
                again.start()

    def _note_off(self, off: dict[int, str], cameras: list[Camera]) -> None:
        """Say once of cameras that they are off on purpose."""
        for camera in cameras:
            if camera.off and camera.id not in self._off:
                for role, _ in camera.streams():
                    self._cameras.set_health(camera.id, role, Health(HealthState.OFF, self._clock.wall_us()))
        self._off = off

    def _write_health(self, stop: threading.Event) -> None:
        self._ending = [stream for stream in self._ending if not stream.join(0)]
        for stream in self._streams.values():
            if stop.is_set():  # each takes the disk's time
                return
            health = stream.new_health()
            if health is not None and not self._attempt("cannot note health", _noting(self._cameras, stream, health)):
                stream.health_not_written(health)
                return  # each may wait for the catalogue, and cameras that are to be off would wait with it

    def _tell_figures(self) -> None:
        now = self._clock.monotonic()
        if now - self._told < vitals.EVERY:
            return
        self._told = now
        figures = [stream.figures() for stream in self._streams.values()]
        with contextlib.suppress(OSError):  # a full disk only makes it fall silent, as the vitals do
            tell(self._socket.parent, figures, self._clock.wall_us())

    def _keep_house(self, stop: threading.Event) -> None:
        if self._clock.wait(stop, HEAD_START):
            return
        while True:
            self._attempt("housekeeping failed", self._housekeeping.run)
            if self._clock.wait(stop, HOUSEKEEPING):
                return

    def _attempt(self, what: str, action: Callable[[], object]) -> bool:
        """Do something with the catalogue or the disk.

        It may fail in ways of its own (full, locked, gone); cameras must not, so it is logged and tried again at the
        next turn.
        """
        try:
            action()
        except (WatchglassError, OSError) as error:
            _log.error(what, cause=str(error))
            return False
        except Exception:  # noqa: BLE001 - see above; nothing that is tried here may end the recorder
            _log.exception(what)
            return False
        return True

    def _end_all(self) -> None:
        streams = [*self._streams.values(), *self._ending]
        for stream in streams:
            stream.end()
        deadline = self._clock.monotonic() + PATIENCE
        left = [stream.name for stream in streams if not stream.join(deadline - self._clock.monotonic())]
        if left:
            _log.warning("streams did not end in time", cameras=left)
        if self._desk and not self._desk.stop(deadline + PATIENCE / 2 - self._clock.monotonic()):
            _log.warning("originals were not closed in time: the next start closes them")


def _noting(cameras: CameraBook, stream: _Stream, health: Health) -> Callable[[], None]:
    def note() -> None:
        for role in stream.plan.roles:
            try:
                cameras.set_health(stream.plan.camera, role, health)
            except MissingInputError:  # removed since; the next look at the catalogue ends the stream
                return

    return note
