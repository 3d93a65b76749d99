"""The watch arm: packets in, redacted view out, one camera a thread.

    packets -> decode -> look (detect, track) -> redact -> encode -> live chunks, segments

The camera's packets come from the recorder; the arm never opens a camera. Whatever fails here, the view is covered or
pauses, and no raw frame leaves the thread.
"""

import contextlib
import dataclasses
import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import structlog

from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.base.errors import BadInputError, UnreachableError, WatchglassError
from watchglass.base.timekeeping import local_time
from watchglass.base.turns import Turns
from watchglass.ingest.decode import Decoded, DecodeOptions, Decoder
from watchglass.model.camera import Camera, Health, HealthState, Protection, ViewPolicy, ViewState, ViewStatus
from watchglass.model.frame import RawFrame
from watchglass.model.media import TICKS_PER_SECOND, Packet
from watchglass.model.record import GapCause
from watchglass.pipeline.clerk import Clerk
from watchglass.pipeline.count import SILENCE, CountTeller, note_purpose
from watchglass.pipeline.keep import ViewKeeper
from watchglass.pipeline.mind import Mind
from watchglass.pipeline.publish import Publisher
from watchglass.pipeline.remote import LookSource
from watchglass.pipeline.sight import Sight, SightOptions
from watchglass.record.client import PacketSubscription, subscribe
from watchglass.record.message import Gone, HealthChange, Run
from watchglass.redact import platefile
from watchglass.redact.cells import Geometry
from watchglass.redact.guard import CoverReason
from watchglass.redact.plate import Plate
from watchglass.redact.platebook import PlateBook
from watchglass.redact.redactor import RedactOptions, Redactor
from watchglass.redact.shown import ShownFrame, png
from watchglass.store.cameras import Cameras
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views
from watchglass.track.tracker import Tracker

_log = structlog.get_logger(__name__)

RECORDER_AWAY = "The recorder is starting."
BROKEN = "Watching this camera failed and begins anew: the log says more."
PATIENCE = 3.0  # seconds that arms have for ending
STATUS_RETRY = 10.0  # seconds after which the state of a view is offered again to a catalogue that refused it


@dataclasses.dataclass(frozen=True, slots=True)
class WatchOptions:
    """`fastest` frames a second are looked at and shown; times in seconds.

    A frame that is `late` by more than that is only decoded, unless none was shown for `least_often` by the clock: where
    there is more to watch than this machine can do, the view gets slower, not later. A picture to aim by is made every `aim`
    seconds, and once the view is shown, which says more, every `aim_shown`: a whole picture as PNG takes as long as two frames.
    """

    fastest: float = 15.5
    late: float = 1.0
    least_often: float = 0.5
    aim: float = 1.0
    aim_shown: float = 10.0
    plate_save: float = 60.0
    retry: float = 0.5
    decode: DecodeOptions = dataclasses.field(default_factory=DecodeOptions)


@dataclasses.dataclass(frozen=True, slots=True)
class WatchTools:
    """What all arms of a watcher process share. They look at frames in `turns`, since there is no more than a core for them."""

    folder: DataFolder
    cameras: Cameras
    views: Views
    clock: Clock
    detector: LookSource
    publisher: Publisher
    clerk: Clerk
    socket: Path
    zone: dt.tzinfo = dt.UTC
    """In which cameras' privacy hours and rules' hours are."""
    turns: Turns = dataclasses.field(default_factory=Turns)
    options: WatchOptions = dataclasses.field(default_factory=WatchOptions)


class WatchArm:
    """Watches one camera until stopped."""

    def __init__(self, camera: Camera, tools: WatchTools) -> None:
        self._camera = camera
        self._tools = tools
        self._stop = threading.Event()
        self._subscription: PacketSubscription | None = None
        self._lock = threading.Lock()
        self._status = _StatusBoard(camera.id, tools)
        self._thread = threading.Thread(target=self._work, name=f"watch-{camera.id}", daemon=True)

    @property
    def camera(self) -> Camera:
        return self._camera

    @property
    def stopping(self) -> bool:
        """Whether it was asked to end; it may take a while."""
        return self._stop.is_set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the arm to end; does not wait."""
        self._stop.set()
        with self._lock:
            if self._subscription:
                self._subscription.close()

    def join(self, seconds: float) -> bool:
        """Wait for the end; False if it has not come by then."""
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def _work(self) -> None:
        eye: _Eye | None = None
        while not self._stop.is_set():
            with self._tolerant():
                if eye is None:
                    eye = self._open_eye()
                self._follow(eye)
            with self._tolerant():
                if eye is not None:
                    eye.end_run()
            self._tools.clock.wait(self._stop, self._tools.options.retry)
        with self._tolerant():
            if eye is not None:
                eye.close()
        self._status.set(ViewState.PAUSED, "Nobody watches this camera at the moment.")
        self._tools.publisher.gone(self._camera.id)

    def _open_eye(self) -> "_Eye":
        tools, camera = self._tools, self._camera
        counts = camera.policy is ViewPolicy.COUNTS
        keeper = (CountTeller if counts else ViewKeeper)(camera.id, tools.views, tools.publisher, tools.clock)
        mind = Mind(camera, tools.clerk, tools.clock, tools.zone)
        return _Eye(camera, tools, keeper, mind, self._status)

    @contextlib.contextmanager
    def _tolerant(self) -> Iterator[None]:
        """Whatever goes wrong in here, viewers are told and the camera is taken up again."""
        try:
            yield
        except UnreachableError:
            self._status.set(ViewState.PAUSED, RECORDER_AWAY)
        except WatchglassError as error:
            _log.error("watching stopped for a moment", camera=self._camera.name, cause=error.sentence)
            self._status.set(ViewState.PAUSED, error.sentence)
        except Exception:  # noqa: BLE001 - a fault of ours must not leave a camera dark until somebody restarts us
            _log.exception("watching broke and begins anew", camera=self._camera.name)
            self._status.set(ViewState.PAUSED, BROKEN)

    def _follow(self, eye: "_Eye") -> None:
        """Take in one subscription, from its first notice to its end."""
        with self._lock:
            if self._stop.is_set():
                return
            self._subscription = subscribe(self._tools.socket, self._camera.id, self._camera.watched()[0])
        with self._subscription as notices:
            for notice in notices:
                match notice:
                    case Run():
                        eye.begin_run(notice)
                    case Packet():
                        eye.see(notice)
                    case HealthChange(health):
                        eye.note_health(health)
                    case Gone():
                        return


class _Eye:
    """Decoder, sight, mind and keeper of one camera, over all runs. Used from the arm's thread alone.

    Of a camera that keeps counts only there is no picture on the disk, not even that of the empty scene.
    """

    def __init__(
        self,
        camera: Camera,
        tools: WatchTools,
        keeper: ViewKeeper | CountTeller,
        mind: Mind,
        status: "_StatusBoard",
    ) -> None:
        self._camera, self._tools, self._keeper, self._mind, self._status = camera, tools, keeper, mind, status
        self._teller = keeper if isinstance(keeper, CountTeller) else None
        self._plate_path = tools.folder.plates / f"camera-{camera.id}.npz"
        if self._teller:
            self._plate_path.unlink(missing_ok=True)
        self._decoder: Decoder | None = None
        self._sight: Sight | None = None
        self._size = (0, 0)
        self._rate = 10.0
        self._time = 0.0
        self._offset = 0.0
        self._shown: float | None = None
        self._shown_at = float("-inf")
        self._aimed = float("-inf")
        self._saved = tools.clock.monotonic()

    def begin_run(self, run: Run) -> None:
        """The stream begins anew. What was learnt stays if the picture has the same size."""
        self.end_run()
        try:
            self._decoder = Decoder(run.info, self._tools.options.decode)
        except BadInputError as error:
            cause = f"Camera {self._camera.name}: {error.sentence}"
            self._keeper.absent(GapCause.CAMERA, cause)
            self._status.set(ViewState.PAUSED, cause)
            return
        rate = run.info.rate if run.info.rate > 0 else 10.0
        self._rate = min(rate, self._tools.options.fastest)
        self._offset = self._time + 1.0
        self._shown = None

    def see(self, packet: Packet) -> None:
        """Decode a packet and show what has its turn."""
        if self._decoder is None:
            return
        for decoded in self._decoder.decode(packet):
            self._see(decoded)

    def end_run(self) -> None:
        """No more frames of this run: show those that wait, close the segment."""
        if self._decoder is not None:
            for decoded in self._decoder.finish():
                self._see(decoded)
            self._decoder = None
        if self._sight is not None:
            self._show(self._sight.finish())
        self._mind.jumped()
        self._keeper.end()

    def note_health(self, health: Health) -> None:
        """The camera's health as the recorder says it; while it is down the view pauses and a gap is kept."""
        if health.state is HealthState.DOWN:
            self.end_run()
            self._mind.rest()
            self._keeper.absent(GapCause.CAMERA, health.cause)
            self._status.set(ViewState.PAUSED, health.cause, since=health.since)

    def close(self) -> None:
        """Nothing more will come."""
        self._mind.rest()
        self.save_plate()

    def save_plate(self) -> None:
        """Keep what was learnt for the next start."""
        self._saved = self._tools.clock.monotonic()
        if self._sight is None or self._teller or not self._sight.redactor.plate.ready:
            return
        try:
            platefile.save(self._sight.redactor.plate, self._sight.redactor.book, self._plate_path)
        except WatchglassError as error:
            _log.warning("the plate is not kept", camera=self._camera.name, cause=error.sentence)

    def _see(self, decoded: Decoded) -> None:
        frame = decoded.frame
        time = self._offset + frame.pts / TICKS_PER_SECOND
        if not self._has_turn(frame, time):
            return
        if time <= self._time:  # two frames of one time: the second adds nothing
            return
        self._shown = self._time = time
        self._shown_at = self._tools.clock.monotonic()
        sight = self._sight_for(frame.width, frame.height)
        with self._tools.turns:
            shown = list(sight.take(frame, time, damaged=decoded.damaged))
        self._mind.passed(frame.wall)
        self._show(shown)
        if self._teller:
            self._tell(self._teller, sight, time)
        else:
            self._show_aim(sight, time, frame.wall)
        if self._tools.clock.monotonic() - self._saved > self._tools.options.plate_save:
            self.save_plate()

    def _has_turn(self, frame: RawFrame, time: float) -> bool:
        """Whether a frame is looked at and shown: none too soon after the last, and where we are late, only now and then.

        That is by the clock and not by media time: what a camera that is far behind has missed goes by in a moment, and
        answers of the detector on it would come when they are of no use any more.
        """
        options, clock = self._tools.options, self._tools.clock
        if self._shown is None or frame.jump:
            return True
        if time - self._shown < 1 / options.fastest - 1e-6:
            return False
        late = clock.wall_us() - frame.wall > options.late * MICROSECONDS
        return not late or clock.monotonic() - self._shown_at >= options.least_often

    def _sight_for(self, width: int, height: int) -> Sight:
        if self._sight is None or self._size != (width, height):
            if self._sight is not None:
                self._show(self._sight.finish())
            self._size = (width, height)
            plate, book = Plate(Geometry(width, height)), PlateBook()
            if platefile.load(plate, book, self._plate_path):
                _log.info("the plate of the last time is taken up", camera=self._camera.name)
            options = RedactOptions(
                vehicles=self._camera.policy is ViewPolicy.VEHICLES,
                pictures=self._camera.policy is not ViewPolicy.COUNTS,
            )
            tracker = Tracker(width, height)
            looks = self._tools.detector.looks(self._camera.id)
            self._sight = Sight(looks, tracker, Redactor(plate, options, book), SightOptions(), self._mind)
        return self._sight

    def _show(self, frames: Iterable[ShownFrame]) -> None:
        for shown in frames:
            self._keeper.show(shown, self._rate)
            if not self._teller:
                self._status.shown(shown, self._sight.redactor.plate if self._sight else None)

    def _tell(self, teller: CountTeller, sight: Sight, time: float) -> None:
        """Numbers are all that there is of this camera."""
        seen = sight.in_sight(time)
        teller.tell(seen, time, self._tools.detector.protection)
        if seen is not None or time - self._offset > SILENCE:
            self._status.told(known=seen is not None)

    def _show_aim(self, sight: Sight, time: float, wall: WallUs) -> None:
        plate, options = sight.redactor.plate, self._tools.options
        if time - self._aimed >= (options.aim_shown if plate.ready else options.aim) and not plate.complete:
            self._aimed = time
            if picture := sight.aim(wall):
                self._tools.publisher.aim(self._camera.id, png(picture))


_UNTIL_ANSWERED = {CoverReason.DETECTOR.value, CoverReason.JUMP.value}  # what a detector that is well would end


class _StatusBoard:
    """What viewers are told of a camera's view; written to the catalogue when it changes, at most once a second."""

    def __init__(self, camera: int, tools: WatchTools) -> None:
        self._camera = camera
        self._tools = tools
        self._known: ViewStatus | None = None
        self._written = float("-inf")
        self._retry_at = float("-inf")

    def shown(self, shown: ShownFrame, plate: Plate | None) -> None:
        """A frame was shown: say how."""
        if self._tools.clock.monotonic() < self._retry_at:  # the catalogue refuses: not again with every frame
            return
        progress = plate.progress if plate else 0.0
        if shown.covered is None:
            state = ViewState.SHOWN
        else:
            state = ViewState.COVERED if plate and plate.ready else ViewState.LEARNING
        self._put(state, self._in_full(shown.covered or ""), None, progress, (shown.width, shown.height))

    def told(self, *, known: bool) -> None:
        """A frame was counted, or could not be."""
        if self._tools.clock.monotonic() >= self._retry_at:
            unknown = ViewState.COVERED, self._in_full(CoverReason.DETECTOR.value)
            self.set(*((ViewState.SHOWN, "") if known else unknown))

    def set(self, state: ViewState, reason: str, since: WallUs | None = None) -> None:
        """Nothing is shown: say why."""
        known = self._known
        self._put(
            state, reason, since, known.progress if known else 0.0, (known.width, known.height) if known else (0, 0)
        )

    def _in_full(self, reason: str) -> str:
        """The reason that is written on a picture, and what is wrong as far as we know."""
        trouble = self._tools.detector.trouble if reason in _UNTIL_ANSWERED else ""
        return f"{reason}: {trouble}" if trouble else reason

    def _put(self, state: ViewState, reason: str, since: WallUs | None, progress: float, size: tuple[int, int]) -> None:
        known, clock = self._known, self._tools.clock
        protection: Protection = self._tools.detector.protection
        now = state, reason, size, protection
        if known is not None and (known.state, known.reason, (known.width, known.height), known.protection) == now:
            coarse = round(known.progress, 2) == round(progress, 2)
            if coarse or clock.monotonic() - self._written < 1.0:
                return
            since = known.since
        status = ViewStatus(state, since or clock.wall_us(), reason, round(progress, 3), protection, *size)
        try:
            self._tools.cameras.set_view_status(self._camera, status)
        except WatchglassError as error:
            _log.warning("the view's state could not be noted", camera=self._camera, cause=error.sentence)
            self._retry_at = clock.monotonic() + STATUS_RETRY
            return
        self._known, self._written = status, clock.monotonic()


class Watcher:
    """One watcher process: an arm for each enabled camera whose id falls to it."""

    def __init__(self, index: int, count: int, tools: WatchTools) -> None:
        self._index, self._count, self._tools = index, count, tools
        self._arms: dict[int, WatchArm] = {}
        self._off: dict[int, str] = {}  # cameras that are known to be off, and why
        self._known: list[Camera] = []  # as the catalogue had them
        self._taken: set[int] = set()  # cameras whose events are ours
        self._revision = -1

    def run(self, stop: threading.Event, ready: Callable[[], None]) -> None:
        """Follow the catalogue until `stop` is set, then end every arm."""
        ready()
        while not stop.is_set():
            try:
                self._follow_catalogue()
            except WatchglassError as error:  # full, locked: what is watched goes on
                _log.error("the cameras cannot be followed at the moment", cause=error.sentence)
            self._tools.clock.wait(stop, 1.0)
        for arm in self._arms.values():
            arm.stop()
        until = self._tools.clock.monotonic() + PATIENCE
        for arm in self._arms.values():
            arm.join(until - self._tools.clock.monotonic())
        self._tools.publisher.close()

    def _follow_catalogue(self) -> None:
        try:
            revision = self._tools.cameras.revision()
            if revision != self._revision:
                self._known = [one for one in self._tools.cameras.all() if one.id % self._count == self._index]
                new = {one.id for one in self._known} - self._taken
                self._tools.clerk.take_over(new)
                self._taken |= new
        except WatchglassError:  # whatever keeps us from reading it, privacy hours begin
            self._revision = -1
            self._end_arms({number: camera for number, camera in self._mine().items() if not camera.off})
            raise
        mine = self._mine()
        resting = {number: camera.off for number, camera in mine.items() if camera.off}
        if revision == self._revision and resting == self._off:
            return
        self._revision = -1  # until all of it is done
        wanted = {number: camera for number, camera in mine.items() if not camera.off}
        ended = self._end_arms(wanted)
        for number, camera in wanted.items():
            if number not in self._arms:
                self._arms[number] = WatchArm(camera, self._tools)
                self._arms[number].start()
        off = {number: why for number, why in resting.items() if number not in self._arms}
        for number, why in off.items():
            if self._off.get(number) != why:
                self._note_off(number, why)
        self._off = off
        if ended:
            self._revision = revision

    def _mine(self) -> dict[int, Camera]:
        """Our cameras as they are to be treated now."""
        now = local_time(self._tools.clock, self._tools.zone)
        return {camera.id: camera.as_of(now) for camera in self._known}

    def _end_arms(self, wanted: dict[int, Camera]) -> bool:
        """End arms of cameras that are gone or changed. False if one hangs: two must not write one camera's view."""
        leaving = [
            arm
            for number, arm in self._arms.items()
            if arm.stopping or number not in wanted or _differs(arm.camera, wanted[number])
        ]
        for arm in leaving:
            arm.stop()
        until = self._tools.clock.monotonic() + PATIENCE
        for arm in leaving:
            if arm.join(until - self._tools.clock.monotonic()):
                del self._arms[arm.camera.id]
            else:
                _log.warning("a camera's watching does not end", camera=arm.camera.name)
        return not any(arm.camera.id in self._arms for arm in leaving)

    def _note_off(self, number: int, why: str) -> None:
        """Off on purpose: no alarm, but a gap with its cause."""
        note_purpose(self._tools.views, self._tools.clock, number, why)
        self._tools.cameras.set_view_status(number, ViewStatus(ViewState.PAUSED, self._tools.clock.wall_us(), why))


def _differs(one: Camera, other: Camera) -> bool:
    """Whether a camera must be watched anew; a new name is no reason, and new privacy hours are none."""
    first, second = (dataclasses.replace(camera, name="", privacy_hours=None) for camera in (one, other))
    return first != second
