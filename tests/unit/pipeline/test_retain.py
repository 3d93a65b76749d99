import dataclasses
import datetime as dt
import pickle
import threading
import zoneinfo
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from tests.scripted import INFO, demuxed
from watchglass.base.clock import MICROSECONDS, SimulatedClock, SystemClock, WallUs
from watchglass.base.errors import BadInputError, DiskFullError, MissingInputError, UnreachableError
from watchglass.ingest.connection import Connection
from watchglass.ingest.stream import Demuxed, DemuxedSound, StreamRequest
from watchglass.model.camera import (
    COUNTS_ONLY,
    PRIVACY_HOURS,
    SWITCHED_OFF,
    Camera,
    Credentials,
    Health,
    HealthState,
    Source,
    SourceKind,
    StreamRole,
    Transport,
    ViewPolicy,
)
from watchglass.model.hours import PrivacyHours
from watchglass.model.media import Packet, SoundInfo
from watchglass.pipeline import retain
from watchglass.pipeline.original import Desk
from watchglass.pipeline.retain import Recorder, plans
from watchglass.record.client import PacketSubscription, subscribe
from watchglass.record.figures import heard
from watchglass.record.message import Gone, HealthChange, Notice, Run
from watchglass.seal.identity import Identity
from watchglass.seal.shares import Custody
from watchglass.store.originals import Originals

MAIN = Source(SourceKind.RTSP, "rtsp://10.0.0.5/main")
SUB = Source(SourceKind.RTSP, "rtsp://10.0.0.5/sub")
SPOKEN = DemuxedSound(b"speech", 3600, 1920)
PATIENCE = 20.0  # seconds that a test waits for an event which comes at once


class Shifted(SystemClock):
    """A clock that shows another time."""

    def __init__(self, moment: dt.datetime) -> None:
        self._ahead = round(moment.timestamp() * MICROSECONDS) - super().wall_us()

    def forward(self, **length: float) -> None:
        self._ahead += round(dt.timedelta(**length).total_seconds() * MICROSECONDS)

    def wall_us(self) -> WallUs:
        return WallUs(super().wall_us() + self._ahead)


class Book:
    """Cameras in memory, with the recorder's view of the store."""

    def __init__(self, *cameras: Camera) -> None:
        self.cameras = {camera.id: camera for camera in cameras}
        self.secrets: dict[int, Credentials] = {}
        self.unreadable: set[int] = set()
        self.health: list[tuple[int, StreamRole, Health]] = []
        self.number = 1
        self.broken: Exception | None = None
        self.refused: Exception | None = None  # of what is written
        self.looked = 0
        self._changed = threading.Condition()

    def change(self, *cameras: Camera) -> None:
        self.cameras = {camera.id: camera for camera in cameras}
        self.number += 1

    def revision(self) -> int:
        with self._changed:
            self.looked += 1
            self._changed.notify_all()
        if self.broken is not None:
            raise self.broken
        return self.number

    def all(self) -> list[Camera]:
        return list(self.cameras.values())

    def credentials(self, id: int) -> Credentials | None:  # noqa: A002
        if id in self.unreadable:
            raise BadInputError("The file with the password is damaged.")
        return self.secrets.get(id)

    def set_health(self, id: int, role: StreamRole, health: Health) -> None:  # noqa: A002
        if self.broken is not None or self.refused is not None:
            raise self.broken or self.refused or AssertionError
        if id not in self.cameras:
            raise MissingInputError("There is no such camera.")
        with self._changed:
            self.health.append((id, role, health))
            self._changed.notify_all()

    def until(self, true: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(true, PATIENCE)

    def states(self, camera: int, role: StreamRole) -> list[HealthState]:
        return [health.state for id_, role_, health in self.health if (id_, role_) == (camera, role)]


class LiveStream:
    """A stream that a test feeds: packets come when it says so."""

    lost = 0

    def __init__(self, request: StreamRequest, stop: threading.Event) -> None:
        self.info = INFO
        self.request = request
        self.stop = stop
        self.closed = threading.Event()
        self._fed = threading.Condition()
        self._waiting: list[Demuxed | DemuxedSound | Exception] = []
        self.sound = SoundInfo("aac", b"\x15\x88", 8000, 1) if request.sound else None
        self.spoken = 0
        self._take: Callable[[DemuxedSound], None] | None = None

    def hear(self, take: Callable[[DemuxedSound], None]) -> None:
        self._take = take

    def feed(self, *packets: Demuxed | DemuxedSound | Exception) -> None:
        with self._fed:
            self._waiting += packets
            self._fed.notify()

    def packets(self) -> Generator[Demuxed, None, None]:
        while not self.stop.is_set():
            with self._fed:
                self._fed.wait_for(lambda: self._waiting, 0.01)
                waiting, self._waiting = self._waiting, []
            for packet in waiting:
                if isinstance(packet, Exception):
                    raise packet
                if isinstance(packet, Demuxed):
                    yield packet
                elif self._take:
                    self._take(packet)
                    self.spoken += 1

    def close(self) -> None:
        self.closed.set()


class Opener:
    """Opens `LiveStream`s and remembers them in order."""

    def __init__(self, desk: Desk | None = None) -> None:
        self._desk = desk
        self.kept: list[bool] = []  # whether originals were kept when a stream was opened
        self.streams: list[LiveStream] = []
        self.hang: threading.Event | None = None
        self._opened = threading.Condition()

    def __call__(self, request: StreamRequest, stop: threading.Event) -> LiveStream:
        if self.hang is not None:
            self.hang.wait(PATIENCE)  # as a name server does that does not answer: nothing interrupts it
            raise UnreachableError("Camera Gate has no name.")
        with self._opened:
            self.kept.append(self._desk is not None and self._desk.keeps)
            self.streams.append(LiveStream(request, stop))
            self._opened.notify_all()
            return self.streams[-1]

    def stream(self, source: Source, nth: int = 0) -> LiveStream:
        def found() -> list[LiveStream]:
            return [stream for stream in self.streams if stream.request.source == source]

        with self._opened:
            assert self._opened.wait_for(lambda: len(found()) > nth, PATIENCE)
            return found()[nth]


class House:
    def __init__(self) -> None:
        self.kept = threading.Event()
        self.broken = False

    def run(self) -> None:
        self.kept.set()
        if self.broken:
            raise OSError("the disk is gone")


class Running:
    """A recorder on a thread of its own."""

    def __init__(self, folder: Path, *cameras: Camera, desk: Desk | None = None) -> None:
        self.book, self.opener, self.house = Book(*cameras), Opener(desk), House()
        self.path = folder / "run" / "recorder.sock"
        self.recorder = Recorder(self.book, self.house, self.path, SystemClock(), self.opener, desk=desk)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.recorder.run, args=(self._stop,))
        self._joined: list[PacketSubscription] = []

    def start(self) -> None:
        self._thread.start()
        self.book.until(lambda: self.book.looked > 0)

    def stop(self) -> bool:
        """Whether it ended."""
        for subscription in self._joined:
            subscription.close()
        self._stop.set()
        self._thread.join(PATIENCE)
        return not self._thread.is_alive()

    def watch(self, camera: int, role: StreamRole) -> PacketSubscription:
        self._joined.append(subscribe(self.path, camera, role))
        return self._joined[-1]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Running]]:
    monkeypatch.setattr(retain, "POLL", 0.01)
    running: list[Running] = []

    def begin(
        *cameras: Camera, prepare: Callable[[Running], object] = lambda _: None, desk: Desk | None = None
    ) -> Running:
        running.append(Running(tmp_path, *cameras, desk=desk))
        prepare(running[-1])
        running[-1].start()
        return running[-1]

    yield begin
    for one in running:
        assert one.stop()


Start = Callable[..., Running]
CUSTODY = Custody((Identity(bytes([1]) * 96).recipient,), 1)


def desk_of(custody: Callable[[], Custody | None]) -> Desk:
    """A desk that is never asked to write anything: these cameras send nothing."""
    return Desk(cast("Originals", None), custody, SystemClock())


GATE = Camera(1, "Gate", MAIN, SUB)


def until_packet(notices: PacketSubscription) -> list[Notice]:
    """Notices up to the first packet."""
    got: list[Notice] = []
    for notice in notices:
        got.append(notice)
        if isinstance(notice, Packet):
            break
    return got


def key(ticks: int = 0, data: bytes = b"key") -> Demuxed:
    return demuxed(ticks, data, keyframe=True)


class TestPlans:
    def test_two_sources_are_two_streams_and_only_the_sub_is_watched(self) -> None:
        main, sub = plans(GATE, None)
        assert (main.source, main.roles, main.watched) == (MAIN, (StreamRole.MAIN,), False)
        assert (sub.source, sub.roles, sub.watched) == (SUB, (StreamRole.SUB,), True)

    def test_without_a_sub_the_main_is_watched(self) -> None:
        (only,) = plans(Camera(1, "Gate", MAIN), None)
        assert (only.roles, only.watched) == ((StreamRole.MAIN,), True)

    def test_the_same_source_is_opened_once(self) -> None:
        (only,) = plans(Camera(1, "Gate", MAIN, MAIN), None)
        assert (only.roles, only.watched) == ((StreamRole.MAIN, StreamRole.SUB), True)

    def test_a_password_is_not_in_what_a_plan_prints(self) -> None:
        assert "hunter2" not in repr(plans(GATE, Credentials("admin", "hunter2")))

    @pytest.mark.parametrize("policy", ViewPolicy)
    def test_what_may_be_seen_is_no_reason_to_open_a_stream_anew(self, policy: ViewPolicy) -> None:
        assert plans(dataclasses.replace(GATE, policy=policy), None) == plans(GATE, None)


class TestSound:
    SOUNDING = dataclasses.replace(GATE, sound=True)

    def test_it_is_asked_for_where_a_person_turned_it_on_and_of_the_main_stream_alone(self) -> None:
        assert [plan.sound for plan in plans(GATE, None)] == [False, False]
        assert [plan.sound for plan in plans(self.SOUNDING, None)] == [True, False]
        (only,) = plans(dataclasses.replace(self.SOUNDING, sub=MAIN), None)
        assert only.sound

    @pytest.mark.parametrize("change", [{"policy": ViewPolicy.COUNTS}, {"enabled": False}, {"off": PRIVACY_HOURS}])
    def test_of_a_camera_that_keeps_counts_only_or_is_off_it_is_not(self, change: dict[str, Any]) -> None:
        assert not any(plan.sound for plan in plans(dataclasses.replace(self.SOUNDING, **change), None))

    def test_without_originals_it_is_not_even_asked_for(self, start: Start) -> None:
        running = start(self.SOUNDING)
        assert not running.opener.stream(MAIN).request.sound

    def test_turning_it_on_and_off_opens_the_main_stream_anew(self, start: Start) -> None:
        running = start(GATE, desk=desk_of(lambda: CUSTODY))
        first, sub = running.opener.stream(MAIN), running.opener.stream(SUB)
        running.book.change(self.SOUNDING)
        second = running.opener.stream(MAIN, 1)
        assert first.closed.wait(PATIENCE)
        running.book.change(GATE)
        third = running.opener.stream(MAIN, 2)
        assert second.closed.wait(PATIENCE)
        assert [stream.request.sound for stream in (first, second, third, sub)] == [False, True, False, False]
        assert not sub.stop.is_set()

    def test_turned_off_it_is_not_kept_even_of_a_stream_that_cannot_be_opened_anew(self, start: Start) -> None:
        running = start(self.SOUNDING, desk=desk_of(lambda: CUSTODY))
        stream = running.opener.stream(MAIN)
        (keeper,) = [one._keeper for one in running.recorder._streams.values() if one._keeper]
        allowed = [keeper.sound_allowed]
        running.book.unreadable.add(1)
        running.book.change(GATE)
        looked = running.book.looked
        running.book.until(lambda: running.book.looked > looked + 1)
        assert [*allowed, keeper.sound_allowed] == [True, False]
        assert not stream.stop.is_set()

    def test_no_watcher_ever_gets_any(self, start: Start) -> None:
        """Rule R7: what is heard goes past the ring, from which all that watchers get is taken."""
        running = start(dataclasses.replace(self.SOUNDING, sub=None), desk=desk_of(lambda: None))
        stream = running.opener.stream(MAIN)
        notices = running.watch(1, StreamRole.MAIN)
        stream.feed(key(), *(one for n in range(1, 20) for one in (SPOKEN, demuxed(n * 3600, b"picture"))))
        got: list[Notice] = []
        for notice in notices:
            got.append(notice)
            if sum(isinstance(one, Packet) for one in got) == 20:
                break
        assert stream.spoken == 19  # and somebody was there to hear it
        assert b"speech" not in b"".join(pickle.dumps(one) for one in got)
        assert {type(one) for one in got} == {HealthChange, Run, Packet}
        assert {one.data for one in got if isinstance(one, Packet)} == {b"key", b"picture"}


class TestTrouble:
    def test_one_camera_whose_password_cannot_be_read_holds_up_no_other(self, start: Start) -> None:
        running = start(
            Camera(1, "Yard", SUB), Camera(2, "Gate", MAIN), prepare=lambda running: running.book.unreadable.add(1)
        )
        running.opener.stream(MAIN).feed(key())
        assert isinstance(until_packet(running.watch(2, StreamRole.MAIN))[-1], Packet)
        running.book.unreadable.clear()
        running.opener.stream(SUB)  # and it is opened once that can be read

    def test_a_camera_whose_password_cannot_be_read_any_more_goes_on(self, start: Start) -> None:
        running = start(Camera(1, "Yard", SUB))
        stream = running.opener.stream(SUB)
        running.book.unreadable.add(1)
        running.book.change(Camera(1, "Yard", SUB), Camera(2, "Gate", MAIN))
        running.opener.stream(MAIN)
        assert not stream.stop.is_set()


class TestPackets:
    def test_who_can_open_originals_is_known_before_a_camera_can_fail(self, start: Start) -> None:
        """One that refuses at once would have no gap: where nobody can open an original, none is missing."""
        running = start(GATE, desk=desk_of(lambda: CUSTODY))
        running.opener.stream(SUB)
        running.opener.stream(MAIN)
        assert running.opener.kept == [True, True]

    def test_cameras_are_opened_though_nobody_knows_who_can_open_originals(self, start: Start) -> None:
        def unreadable() -> Custody | None:
            raise BadInputError("The catalogue is damaged.")

        running = start(GATE, desk=desk_of(unreadable))
        running.opener.stream(SUB)
        assert not running.opener.kept[0]

    def test_a_watcher_gets_what_the_camera_sends(self, start: Start) -> None:
        running = start(GATE)
        sub = running.opener.stream(SUB)
        notices = running.watch(1, StreamRole.SUB)
        assert next(notices).health.state is HealthState.STARTING  # type: ignore[union-attr]
        sub.feed(key(data=b"picture"))
        got = [notice for notice in until_packet(notices) if not isinstance(notice, HealthChange)]
        assert isinstance(got[0], Run)
        assert got[0].info == INFO
        assert isinstance(got[1], Packet)
        assert (got[1].data, got[1].jump, got[1].pts) == (b"picture", True, 0)

    def test_a_camera_without_a_sub_is_watched_by_its_main(self, start: Start) -> None:
        running = start(Camera(1, "Gate", MAIN))
        running.opener.stream(MAIN).feed(key())
        assert isinstance(until_packet(running.watch(1, StreamRole.MAIN))[-1], Packet)

    def test_one_source_for_both_roles_serves_both(self, start: Start) -> None:
        running = start(Camera(1, "Gate", MAIN, MAIN))
        running.opener.stream(MAIN).feed(key())
        for role in StreamRole:
            assert isinstance(until_packet(running.watch(1, role))[-1], Packet)
        assert len(running.opener.streams) == 1
        running.book.until(lambda: HealthState.UP in running.book.states(1, StreamRole.SUB))
        running.book.until(lambda: HealthState.UP in running.book.states(1, StreamRole.MAIN))

    def test_a_main_that_nobody_watches_keeps_nothing(self, start: Start) -> None:
        running = start(GATE)
        running.opener.stream(MAIN).feed(key(), *(demuxed(n * 3600) for n in range(1, 100)))
        running.book.until(lambda: HealthState.UP in running.book.states(1, StreamRole.MAIN))
        assert running.recorder._rings[1, StreamRole.MAIN].kept == 0

    def test_one_camera_that_breaks_does_not_disturb_another(self, start: Start) -> None:
        other = Source(SourceKind.RTSP, "rtsp://10.0.0.6/main")
        running = start(Camera(1, "Gate", MAIN), Camera(2, "Yard", other))
        running.opener.stream(MAIN).feed(UnreachableError("Camera Gate is gone."))
        running.opener.stream(other).feed(key())
        assert isinstance(until_packet(running.watch(2, StreamRole.MAIN))[-1], Packet)
        running.book.until(lambda: running.book.states(1, StreamRole.MAIN)[-1:] == [HealthState.DOWN])


class TestFollowing:
    def test_a_camera_that_is_added_is_opened_with_what_it_needs(self, start: Start) -> None:
        running = start()
        running.book.secrets[1] = Credentials("admin", "hunter2")
        running.book.change(Camera(1, "Gate", MAIN, transport=Transport.UDP))
        request = running.opener.stream(MAIN).request
        assert request == StreamRequest("Gate", MAIN, Credentials("admin", "hunter2"), Transport.UDP)

    def test_a_camera_that_is_removed_is_closed_and_gone(self, start: Start) -> None:
        running = start(GATE)
        streams = [running.opener.stream(MAIN), running.opener.stream(SUB)]
        notices = running.watch(1, StreamRole.SUB)
        next(notices)
        running.book.change()
        assert list(notices)[-1] == Gone()
        assert all(stream.closed.wait(PATIENCE) for stream in streams)
        assert list(running.watch(1, StreamRole.SUB)) == [Gone()]

    def test_a_camera_that_is_switched_off_says_so_once(self, start: Start) -> None:
        running = start(GATE)
        stream = running.opener.stream(SUB)
        running.book.change(Camera(1, "Gate", MAIN, SUB, enabled=False))
        assert stream.closed.wait(PATIENCE)
        running.book.until(lambda: running.book.states(1, StreamRole.SUB)[-1:] == [HealthState.OFF])
        running.book.change(Camera(1, "Front gate", MAIN, SUB, enabled=False))
        looked = running.book.looked
        running.book.until(lambda: running.book.looked > looked + 2)
        assert running.book.states(1, StreamRole.SUB).count(HealthState.OFF) == 1

    def test_of_whom_no_original_is_to_be_kept_is_said_once_at_the_start(self, tmp_path: Path) -> None:
        said: list[tuple[int, str]] = []

        class Notes(Desk):
            def __init__(self) -> None:
                super().__init__(None, lambda: None, SystemClock())  # type: ignore[arg-type]

            def off(self, camera: int, detail: str) -> None:
                said.append((camera, detail))

        off, counting = Camera(2, "Yard", MAIN, enabled=False), Camera(3, "Door", MAIN, policy=ViewPolicy.COUNTS)
        book = Book(GATE, off, counting)
        recorder = Recorder(book, House(), tmp_path / "socket", SystemClock(), Opener(), desk=Notes())
        recorder._follow()
        book.change(dataclasses.replace(GATE, enabled=False), off, counting)  # its stream ends, and says so itself
        recorder._follow()
        recorder._desk = None  # it was never started
        recorder._end_all()
        assert said == [(2, SWITCHED_OFF), (3, COUNTS_ONLY)]

    def test_in_its_privacy_hours_a_camera_is_off_and_after_them_it_is_opened_again(self, tmp_path: Path) -> None:
        """By the time alone: the catalogue says nothing new."""
        clock = Shifted(dt.datetime(2026, 11, 2, 7, 59, 30, tzinfo=dt.UTC))
        camera = Camera(1, "Gate", MAIN, privacy_hours=PrivacyHours.parse("mon-fri 09:00-17:00"))
        book, opener = Book(camera), Opener()
        zone = zoneinfo.ZoneInfo("Europe/Berlin")  # an hour ahead
        recorder = Recorder(book, House(), tmp_path / "socket", clock, opener, zone=zone)
        recorder._follow()
        first = opener.stream(MAIN)
        recorder._follow()
        assert not first.stop.is_set()
        clock.forward(minutes=1)
        recorder._follow()
        assert first.stop.is_set()
        assert recorder._ending[0].off == PRIVACY_HOURS
        assert book.states(1, StreamRole.MAIN)[-1] is HealthState.OFF
        assert recorder._rings == {}
        clock.forward(hours=8)
        recorder._follow()
        assert not opener.stream(MAIN, 1).stop.is_set()
        recorder._end_all()
        assert len(opener.streams) == 2

    def test_privacy_hours_that_could_not_be_noted_end_nevertheless(self, tmp_path: Path) -> None:
        """The catalogue takes nothing, as on a full disk, and then again: the camera must not stay dark for it."""
        clock = Shifted(dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC))
        book, opener = Book(Camera(1, "Gate", MAIN, privacy_hours=PrivacyHours.parse("13:00-14:00"))), Opener()
        recorder = Recorder(book, House(), tmp_path / "socket", clock, opener)
        recorder._follow()
        first = opener.stream(MAIN)
        clock.forward(hours=1)
        book.refused = RuntimeError("database is full")
        for _ in range(2):
            with pytest.raises(RuntimeError):
                recorder._follow()
        assert first.stop.is_set()
        clock.forward(hours=1)
        book.refused = None
        recorder._follow()
        assert not opener.stream(MAIN, 1).stop.is_set()
        recorder._end_all()

    def test_privacy_hours_begin_though_the_catalogue_cannot_be_read(self, tmp_path: Path) -> None:
        clock = Shifted(dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC))
        rests, works = Camera(1, "Gate", MAIN, privacy_hours=PrivacyHours.parse("13:00-14:00")), Camera(2, "Yard", SUB)
        book, opener = Book(rests, works), Opener()
        recorder = Recorder(book, House(), tmp_path / "socket", clock, opener)
        recorder._follow()
        clock.forward(hours=1)
        book.broken = RuntimeError("disk I/O error")
        with pytest.raises(RuntimeError):
            recorder._follow()
        assert opener.stream(MAIN).stop.is_set()
        assert not opener.stream(SUB).stop.is_set()
        clock.forward(hours=1)
        book.broken = None
        recorder._follow()
        assert not opener.stream(MAIN, 1).stop.is_set()
        recorder._end_all()

    def test_a_camera_whose_privacy_hours_it_is_at_the_start_is_not_opened(self, tmp_path: Path) -> None:
        clock = Shifted(dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC))
        camera = Camera(1, "Gate", MAIN, privacy_hours=PrivacyHours.parse("00:00-24:00"))
        book, opener = Book(camera), Opener()
        recorder = Recorder(book, House(), tmp_path / "socket", clock, opener)
        recorder._follow()
        assert (opener.streams, book.states(1, StreamRole.MAIN)) == ([], [HealthState.OFF])
        book.change(dataclasses.replace(camera, privacy_hours=None))
        recorder._follow()
        opener.stream(MAIN)
        recorder._end_all()

    def test_a_camera_that_is_switched_on_again_is_opened(self, start: Start) -> None:
        running = start(Camera(1, "Gate", MAIN, enabled=False))
        running.book.until(lambda: running.book.states(1, StreamRole.MAIN) == [HealthState.OFF])
        assert running.opener.streams == []
        running.book.change(Camera(1, "Gate", MAIN))
        running.opener.stream(MAIN)
        running.book.until(lambda: running.book.states(1, StreamRole.MAIN)[-1] is HealthState.STARTING)

    def test_a_new_password_opens_it_anew(self, start: Start) -> None:
        running = start(Camera(1, "Gate", MAIN))
        first = running.opener.stream(MAIN)
        running.book.secrets[1] = Credentials("admin", "new")
        running.book.change(Camera(1, "Gate", MAIN))
        assert running.opener.stream(MAIN, 1).request.credentials == Credentials("admin", "new")
        assert first.closed.wait(PATIENCE)

    def test_a_new_name_does_not_break_the_stream(self, start: Start) -> None:
        running = start(Camera(1, "Gate", MAIN))
        first = running.opener.stream(MAIN)
        running.book.change(Camera(1, "Front gate", MAIN))
        looked = running.book.looked
        running.book.until(lambda: running.book.looked > looked + 2)
        assert not first.stop.is_set()
        assert running.recorder._streams[plans(Camera(1, "", MAIN), None)[0]].name == "Front gate"

    def test_what_did_not_change_goes_on(self, start: Start) -> None:
        running = start(GATE)
        first = running.opener.stream(SUB)
        running.book.change(GATE, Camera(2, "Yard", Source(SourceKind.FILE, "/v.mp4")))
        running.opener.stream(Source(SourceKind.FILE, "/v.mp4"))
        assert not first.stop.is_set()

    def test_a_thread_that_breaks_is_started_again(
        self, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        broke: list[object] = []
        monkeypatch.setattr(threading, "excepthook", broke.append)
        run = Connection.run

        def run_or_break(connection: Connection, stop: threading.Event) -> None:
            if not broke:
                raise ZeroDivisionError("a fault of ours")
            run(connection, stop)

        monkeypatch.setattr(Connection, "run", run_or_break)
        running = start(Camera(1, "Gate", MAIN))
        running.opener.stream(MAIN).feed(key())
        assert isinstance(until_packet(running.watch(1, StreamRole.MAIN))[-1], Packet)
        assert len(broke) == 1


class TestHealth:
    def test_it_is_written_when_it_changes(self, start: Start) -> None:
        running = start(Camera(1, "Gate", MAIN))
        stream = running.opener.stream(MAIN)
        running.book.until(lambda: running.book.states(1, StreamRole.MAIN) == [HealthState.STARTING])
        stream.feed(key())
        running.book.until(lambda: running.book.states(1, StreamRole.MAIN)[1:] == [HealthState.UP])
        stream.feed(*(demuxed(n * 3600) for n in range(1, 50)))
        stream.feed(UnreachableError("Camera Gate is gone."))
        running.book.until(lambda: running.book.states(1, StreamRole.MAIN)[2:] == [HealthState.DOWN])
        assert running.book.health[-1][2].cause == "Camera Gate is gone."

    def test_only_the_newest_is_written(self) -> None:
        book, clock = Book(Camera(1, "Gate", MAIN)), SimulatedClock()
        recorder = Recorder(book, House(), Path("/nowhere"), clock, Opener())
        recorder._follow()
        (stream,) = recorder._streams.values()
        stream.end()
        assert stream.join(PATIENCE)
        for state in (HealthState.UP, HealthState.DOWN, HealthState.UP):
            stream.on_health(Health(state, WallUs(1)))
        recorder._write_health(threading.Event())
        recorder._write_health(threading.Event())
        assert book.states(1, StreamRole.MAIN) == [HealthState.UP]

    def test_a_catalogue_that_fails_costs_nothing_and_is_told_later(self, start: Start) -> None:
        running = start(Camera(1, "Gate", MAIN))
        stream = running.opener.stream(MAIN)
        running.book.until(lambda: len(running.book.health) == 1)
        running.book.broken = RuntimeError("database is locked")
        stream.feed(key())
        assert isinstance(until_packet(running.watch(1, StreamRole.MAIN))[-1], Packet)
        looked = running.book.looked
        running.book.until(lambda: running.book.looked > looked + 2)
        running.book.broken = None
        running.book.until(lambda: running.book.states(1, StreamRole.MAIN)[1:] == [HealthState.UP])


class TestFigures:
    def test_streams_are_told_of_every_while(self, tmp_path: Path) -> None:
        clock, book = SimulatedClock(), Book(GATE)
        recorder = Recorder(book, House(), tmp_path / "recorder.sock", clock, Opener())
        recorder._follow()
        told = {(1, StreamRole.MAIN), (1, StreamRole.SUB)}

        def heard_now() -> set[tuple[int, StreamRole]]:
            recorder._tell_figures()
            return {(one.camera, one.role) for one in heard(tmp_path, clock.wall_us())}

        assert heard_now() == told
        book.change()
        recorder._follow()
        clock.advance(9.9)
        assert heard_now() == told  # still what was told before
        clock.advance(0.1)
        assert heard_now() == set()
        recorder._end_all()

    def test_where_they_cannot_be_told_nobody_is_troubled(self, tmp_path: Path) -> None:
        recorder = Recorder(Book(), House(), tmp_path / "gone" / "recorder.sock", SimulatedClock(), Opener())
        with capture_logs() as logs:
            recorder._tell_figures()
        assert logs == []


class TestStopping:
    def test_a_camera_that_hangs_does_not_hold_up_the_end(self, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retain, "PATIENCE", 0.05)
        hang = threading.Event()

        def hanging(running: Running) -> None:
            running.opener.hang = hang

        running = start(GATE, prepare=hanging)
        assert running.stop()
        assert not running.path.exists()
        hang.set()

    def test_streams_are_closed(self, start: Start) -> None:
        running = start(GATE)
        streams: Sequence[LiveStream] = [running.opener.stream(MAIN), running.opener.stream(SUB)]
        assert running.stop()
        assert all(stream.closed.is_set() for stream in streams)


class TestHousekeeping:
    def test_it_is_done_from_the_start(self, start: Start) -> None:
        assert start().house.kept.wait(PATIENCE)

    def test_it_may_fail(self, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retain, "HOUSEKEEPING", 0.01)

        def broken(running: Running) -> None:
            running.house.broken = True

        running = start(prepare=broken)
        assert running.house.kept.wait(PATIENCE)
        running.house.kept.clear()
        assert running.house.kept.wait(PATIENCE)

    @pytest.mark.parametrize(
        ("error", "trace"),
        [
            (DiskFullError("No space is left for the catalogue."), False),
            (OSError("the disk is gone"), False),
            (ZeroDivisionError("a fault of ours"), True),
        ],
    )
    def test_what_a_person_can_mend_is_said_in_a_sentence(self, tmp_path: Path, error: Exception, trace: bool) -> None:
        def fail() -> None:
            raise error

        recorder = Recorder(Book(), House(), tmp_path / "recorder.sock", SimulatedClock(), Opener())
        with capture_logs() as logs:
            assert not recorder._attempt("housekeeping failed", fail)
        (line,) = logs
        assert line["event"] == "housekeeping failed"
        assert line.get("exc_info", False) == trace
        assert trace or line["cause"] == str(error)
