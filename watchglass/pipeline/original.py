"""Keeping originals: what main streams send, remuxed, sealed and written, for all cameras of the recorder.

    camera's thread: packet -> Remuxer -> fragment -> queue        never waits
    one desk for the disk:      queue -> Shelver -> sealed segment, or a gap with its cause

A disk that is slow, full or gone costs footage of those cameras whose queues are full, and a gap that says so; it costs no
camera its view, for that has its own way.
"""

import collections
import contextlib
import dataclasses
import threading
from collections.abc import Callable

import structlog

from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.base.errors import BadInputError, WatchglassError
from watchglass.model.camera import COUNTS_ONLY, Health, HealthState
from watchglass.model.media import Packet, SoundInfo, SoundPacket, StreamInfo
from watchglass.model.record import GapCause
from watchglass.pipeline.shelve import Piece, ShelveOptions, Shelver, Writer
from watchglass.record.remux import Fragment, Remuxer
from watchglass.seal.shares import Custody
from watchglass.store.originals import Originals
from watchglass.store.shelf import ORIGINALS

_log = structlog.get_logger(__name__)

TOO_SLOW = "The disk is too slow: what this camera sent could not be written in time."
_GOLDEN = 0.6180339887
_LEAST_FIRST = 0.2  # of a segment's length
_PAST = 8  # runs that are remembered to be over


@dataclasses.dataclass(frozen=True, slots=True)
class DeskOptions:
    """`waiting` is how many bytes of a camera may wait for the disk: 8 MiB are 20 s at 3 Mbit/s."""

    waiting: int = 8 << 20
    shelve: ShelveOptions = dataclasses.field(
        default_factory=lambda: ShelveOptions(hole=ORIGINALS.hole_us / MICROSECONDS)
    )


Job = Callable[["_Place"], None]


class OriginalKeeper:
    """One camera's main stream on its way to the desk. Used from the stream's thread; no call waits."""

    def __init__(self, camera: int, name: str, desk: "Desk") -> None:
        self._camera, self._name, self._desk = camera, name, desk
        self.allowed = True
        """Whether the camera's purpose allows an original. Any thread may set it; it is heeded from the next packet on."""
        self.sound_allowed = True
        """Whether sound may be kept with it. Any thread may set it."""
        self._sound: SoundInfo | None = None
        self._remuxer: Remuxer | None = None
        self._info: StreamInfo | None = None
        self._run = ""
        self._putting = False  # there may be an open segment
        self._seen_until: WallUs | None = None

    def on_run(self, info: StreamInfo, run: str) -> None:
        """A new connection. One whose codec can't be remuxed is not kept, and a gap says why."""
        self._finish()
        self._run, self._info, self._sound = run, info, None

    def on_sound_run(self, info: SoundInfo) -> None:
        """The run has sound of this kind; said before its first packet."""
        self._sound = info

    def on_packet(self, packet: Packet) -> None:
        """The next packet of the run."""
        if not (self.allowed and self._desk.keeps):  # it is not kept, so it costs nothing either
            self._remuxer = None
            self._stop_keeping()
            return
        if self._remuxer is None and self._info is not None:
            self._open(self._info)
        if self._remuxer is not None and (fragment := self._remuxer.take(packet)):
            self._put(fragment)

    def on_sound(self, packet: SoundPacket) -> None:
        """The next packet of sound: kept beside the pictures, where they are kept."""
        if self._remuxer is not None and self.allowed and self.sound_allowed and self._desk.keeps:
            self._remuxer.hear(packet)

    def on_health(self, health: Health) -> None:
        """While the camera is down there is a gap."""
        if health.state is HealthState.DOWN:
            self._finish()
            if self.allowed:
                self._absent(GapCause.CAMERA, health.cause)
            else:
                self._stop_keeping()

    def end(self, *, off: str = "") -> None:
        """No more is to come: the camera is gone or changed, or it is `off` on purpose, for that reason."""
        self._finish()
        if off and self.allowed:
            self._absent(GapCause.OFF, off)
        run = self._run
        self._desk.put(self._camera, lambda place: place.close(run))

    def _stop_keeping(self) -> None:
        """No original may be kept any more, or nobody could open it: close the one that is open, and forget its key."""
        if not self._putting:
            return
        self._putting = False
        if self.allowed:
            self._desk.put(self._camera, _Place.close)
        else:
            self._absent(GapCause.OFF, COUNTS_ONLY)

    def _open(self, info: StreamInfo) -> None:
        try:
            self._remuxer = Remuxer(info, self._sound if self.sound_allowed else None)
        except BadInputError as error:
            self._info = None
            self._absent(GapCause.CAMERA, f"Camera {self._name}: {error.sentence}")

    def _finish(self) -> None:
        """The run is over: what is left of it is kept, if anything may be."""
        remuxer, self._remuxer, self._info = self._remuxer, None, None
        for fragment in remuxer.rest() if remuxer and self.allowed else ():
            self._put(fragment)

    def _put(self, fragment: Fragment) -> None:
        piece = Piece(self._run, fragment.init, fragment.data, fragment.start, fragment.end, fragment.keyframe)
        self._seen_until = piece.end
        self._putting = True
        self._desk.put_piece(self._camera, piece)

    def _absent(self, cause: GapCause, detail: str) -> None:
        since, self._seen_until = self._seen_until, None
        if self._desk.keeps:
            self._desk.put(self._camera, lambda place: place.absent(since, cause, detail))
        else:  # where originals are not kept at all, none is missing
            self._desk.put(self._camera, _Place.close)


class Desk:
    """Writes all originals of one disk, in one thread. `put` may be called from any thread, and never waits."""

    def __init__(
        self,
        originals: Originals,
        custody: Callable[[], Custody | None],
        clock: Clock,
        options: DeskOptions | None = None,
    ) -> None:
        self._originals, self._read_custody, self._clock = originals, custody, clock
        self._custody: Custody | None = None
        self._options = options or DeskOptions()
        self._changed = threading.Condition()
        self._jobs: collections.deque[tuple[int, int, Job]] = collections.deque()
        self._waiting: collections.Counter[int] = collections.Counter()  # bytes, by camera
        self._skipping: set[int] = set()  # cameras that lost something and wait for a fragment that begins anew
        self._places: dict[int, _Place] = {}  # the desk's thread alone
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="originals", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def renew_custody(self) -> None:
        """Ask again who can open what is sealed from now on. WatchglassError if that cannot be read: it stays as it was."""
        self._custody = self._read_custody()

    @property
    def keeps(self) -> bool:
        """Whether originals are kept: there are custodians (rule S1)."""
        return self._custody is not None

    def stop(self, seconds: float) -> bool:
        """Write what waits, close all segments; whether that was done in time."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def put(self, camera: int, job: Job, size: int = 0) -> None:
        """Have something done at a camera's place, after all that was put before."""
        with self._changed:
            self._jobs.append((camera, size, job))
            self._waiting[camera] += size
            self._changed.notify()

    def off(self, camera: int, detail: str) -> None:
        """Nothing of this camera is to be kept, from now on; where originals are not kept at all, that is no news."""
        if self.keeps:
            self.put(camera, lambda place: place.absent(None, GapCause.OFF, detail))

    def put_piece(self, camera: int, piece: Piece) -> None:
        """Have a fragment kept; if too many wait, it is lost, and so are those that could not be played without it."""
        custody, size = self._custody, len(piece.data)
        if custody is None:  # nobody could ever open it (rule S1)
            return
        with self._changed:
            full = self._waiting[camera] + size > self._options.waiting and self._waiting[camera] > 0
            lost_before = camera in self._skipping
            if full or (lost_before and not piece.begins):
                self._skipping.add(camera)
            else:
                self._skipping.discard(camera)
        if full and not lost_before:
            self.put(camera, lambda place: place.lost(piece.start))
        elif not full and not (lost_before and not piece.begins):
            self.put(camera, lambda place: place.keep(piece, custody), size)

    def waiting(self, camera: int) -> tuple[int, int]:
        """Bytes of a camera that wait for the disk, and how many things are to be done for it."""
        with self._changed:
            return self._waiting[camera], sum(job[0] == camera for job in self._jobs)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            camera, size, do = job
            try:
                do(self._place(camera))
            except WatchglassError as error:
                _log.error("an original is not kept", camera=camera, cause=error.sentence)
            except Exception:  # noqa: BLE001 - a fault of ours at one camera must not end the recording of all others
                _log.exception("keeping an original broke and begins anew", camera=camera)
                self._drop(camera)
            with self._changed:
                self._waiting[camera] -= size
        for camera in list(self._places):
            self._drop(camera)

    def _next(self) -> tuple[int, int, Job] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._stopping)
            return self._jobs.popleft() if self._jobs else None

    def _drop(self, camera: int) -> None:
        """Let go of a place and its file."""
        place = self._places.pop(camera, None)
        with contextlib.suppress(Exception):  # whatever broke may break again; recovery closes the file then
            if place:
                place.close()

    def _place(self, camera: int) -> "_Place":
        if camera not in self._places:
            self._places[camera] = _Place(camera, self._originals, self._clock, self._options.shelve)
        return self._places[camera]


class _Place:
    """What the desk knows of one camera. WatchglassError if the catalogue cannot be read when it is made."""

    def __init__(self, camera: int, originals: Originals, clock: Clock, options: ShelveOptions) -> None:
        self._camera, self._originals = camera, originals
        self._to: Custody | None = None
        self._run = ""
        self._past: collections.deque[str] = collections.deque(maxlen=_PAST)
        self._shelver = Shelver(camera, originals, self._begin, clock, options)
        # Segments of many cameras that began together would all end together, and the disk has its minute of work at once.
        share = _LEAST_FIRST + (1 - _LEAST_FIRST) * (camera * _GOLDEN % 1)
        self._first, self._usual = options.segment * share, options.segment
        self._begun = 0

    def keep(self, piece: Piece, custody: Custody) -> None:
        """Keep a fragment. Other custodians than before begin with the next segment, at the next keyframe."""
        if piece.run != self._run:
            if piece.run in self._past:  # of a stream that hung, and ends when its successor has long been recording
                return
            self._past.append(self._run)
            self._run = piece.run
        if custody != self._to and (piece.begins or self._to is None):
            self._shelver.close()  # what follows is sealed to others
            self._to = custody
        self._shelver.put(piece, self._first if self._begun <= 1 else self._usual)
        self._shelver.notes.write()

    def absent(self, since: WallUs | None, cause: GapCause, detail: str) -> None:
        """The camera sends nothing from `since` on."""
        self._shelver.close()
        self._shelver.absent(since, cause, detail)

    def lost(self, start: WallUs) -> None:
        """Fragments from `start` on were not written."""
        _log.error("the disk is too slow for an original", camera=self._camera)
        self._shelver.lost(start, GapCause.DISK, TOO_SLOW)

    def close(self, run: str | None = None) -> None:
        """Close the open segment, if it is of this run, where one is named."""
        if run in {None, self._run}:
            self._shelver.close()

    def _begin(self, run: str, start: WallUs, init: bytes) -> Writer:
        if self._to is None:
            raise RuntimeError("an original begins in keep(), which says to whom it is sealed")
        self._begun += 1
        return self._originals.begin(self._camera, run, start, init, self._to)
