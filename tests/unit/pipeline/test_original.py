"""Originals on their way to disk: bit by bit what the camera sent, for custodians alone, and at no camera's cost."""

import contextlib
import dataclasses
import fractions
import functools
import io
import sqlite3
import threading
from collections.abc import Iterator, Sequence

import av
import pytest
import sqlalchemy as sa

from tests import footage, originals
from tests.unit.store.faults import FaultyFiles
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.durable import DISK, Files
from watchglass.model.camera import COUNTS_ONLY, SWITCHED_OFF, Camera, Health, HealthState
from watchglass.model.media import TICKS_PER_SECOND, Packet, SoundInfo, SoundPacket, StreamInfo, Ticks
from watchglass.model.record import Gap, GapCause, Segment, SegmentState
from watchglass.pipeline.original import TOO_SLOW, Desk, DeskOptions, OriginalKeeper
from watchglass.pipeline.shelve import NOT_RUNNING
from watchglass.seal.identity import Identity
from watchglass.seal.segment import OpenedSegment
from watchglass.seal.shares import Custody, Shares
from watchglass.store.check import check
from watchglass.store.database import open_originals
from watchglass.store.folder import DataFolder
from watchglass.store.nal import split_annexb
from watchglass.store.originals import Originals

RATE = 5
NOON = 1_800_000_000 * MICROSECONDS
EVER = WallUs(1 << 60)
IDENTITIES = [Identity(bytes([number]) * 96) for number in (1, 2, 3)]
CUSTODY = Custody(tuple(one.recipient for one in IDENTITIES), 2)
OTHERS = Custody((IDENTITIES[0].recipient,), 1)


@functools.cache
def film(frames: int = 200) -> tuple[StreamInfo, tuple[bytes, ...]]:
    """A stream and its packets, Annex B, a keyframe a second."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = 192, 64, "yuv420p"
    codec.time_base, codec.framerate = fractions.Fraction(1, RATE), fractions.Fraction(RATE)
    codec.gop_size = RATE
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "scenecut=0"}
    packets = []
    for number in range(frames):
        frame = av.VideoFrame.from_ndarray(footage.picture(number, 192, 64), "rgb24")
        frame.pts = number
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return StreamInfo("h264", bytes(codec.extradata or b""), 192, 64, float(RATE)), tuple(packets)


class Recording:
    """A desk, a camera, and time: frame n is taken n / RATE seconds after noon."""

    def __init__(self, engine: sa.Engine, folder: DataFolder, clock: SimulatedClock, camera: Camera) -> None:
        self.engine, self.folder, self.clock, self.camera = engine, folder, clock, camera
        self.own = open_originals(folder)
        self.files = FaultyFiles()
        self.originals = self.made(self.files)
        self.custody: Custody | None = CUSTODY
        self.options = DeskOptions(shelve=dataclasses.replace(DeskOptions().shelve, segment=10.0))
        self.begin()

    def made(self, files: Files = DISK) -> Originals:
        return Originals(self.own, self.folder, self.clock, files, catalogue=self.engine)

    def begin(self) -> None:
        """A new process."""
        self.desk = Desk(self.originals, lambda: self.custody, self.clock, self.options)
        self.desk.renew_custody()
        self.desk.start()
        self.keeper = OriginalKeeper(self.camera.id, self.camera.name, self.desk)

    def run(self, name: str = "run", info: StreamInfo | None = None) -> None:
        self.keeper.on_run(info or film()[0], name)

    def feed(self, frames: Sequence[int], jump: bool = False) -> None:
        for number in frames:
            wall = WallUs(NOON + number * MICROSECONDS // RATE)
            pts = Ticks(number * TICKS_PER_SECOND // RATE)
            self.keeper.on_packet(Packet(film()[1][number], pts, wall, number % RATE == 0, jump))

    def settle(self) -> None:
        """Until all that was put is done."""
        done = threading.Event()
        self.desk.put(self.camera.id, lambda _place: done.set())
        assert done.wait(30)

    def stop(self) -> None:
        self.keeper.end()
        assert self.desk.stop(30)

    def segments(self) -> list[Segment]:
        return self.originals.segments(self.camera.id, WallUs(0), EVER)

    def spans(self) -> list[tuple[float, float]]:
        return [((one.start - NOON) / MICROSECONDS, (one.end - NOON) / MICROSECONDS) for one in self.segments()]

    def gaps(self) -> list[tuple[float, float | None, GapCause, str]]:
        return [_plain(gap) for gap in self.originals.gaps(self.camera.id, WallUs(0), EVER)]

    def frames(self) -> list[int]:
        """Numbers of all frames that are kept, as two custodians see them, decoded."""
        return [number for segment in self.segments() for number in self.numbers(segment)]

    def numbers(self, segment: Segment) -> list[int]:
        return originals.numbers(originals.video_of(self.folder, segment, IDENTITIES))

    def units(self) -> list[bytes]:
        """NAL units of all packets that are kept."""
        videos = (originals.video_of(self.folder, segment, IDENTITIES) for segment in self.segments())
        return [unit for video in videos for packet in originals.units(video) for unit in packet]

    def opened(self, segment: Segment) -> OpenedSegment:
        return originals.opened(self.folder, segment, IDENTITIES)


def _plain(gap: Gap) -> tuple[float, float | None, GapCause, str]:
    end = None if gap.end is None else (gap.end - NOON) / MICROSECONDS
    return (gap.start - NOON) / MICROSECONDS, end, gap.cause, gap.detail


@pytest.fixture
def recording(engine: sa.Engine, folder: DataFolder, clock: SimulatedClock, camera: Camera) -> Iterator[Recording]:
    made = Recording(engine, folder, clock, camera)
    yield made
    made.files.mend()
    made.desk.stop(30)
    made.own.dispose()


def test_every_bit_that_the_camera_sent_is_kept(recording: Recording) -> None:
    recording.run()
    recording.feed(range(100))
    recording.stop()
    assert recording.units() == [unit for packet in film()[1][:100] for unit in split_annexb(packet)]
    assert recording.frames() == list(range(100))
    assert recording.gaps() == []
    assert all(not recording.opened(segment).ended_early for segment in recording.segments())
    assert check(recording.engine, recording.folder, deep=True) == []


def test_segments_follow_one_another_without_a_hole(recording: Recording) -> None:
    recording.run()
    recording.feed(range(200))
    recording.stop()
    spans = recording.spans()
    assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]
    assert (spans[0][0], spans[-1][1]) == (0, 40)
    # The first is shorter, by another length for each camera, so that not all of them end at the same time.
    assert 2 <= spans[0][1] < 10
    assert {end - start for start, end in spans[1:-1]} == {10}


def test_without_custodians_nothing_is_kept_and_nothing_is_missing(recording: Recording) -> None:
    recording.custody = None
    recording.desk.renew_custody()
    recording.run()
    recording.feed(range(50))
    recording.keeper.on_health(Health(HealthState.DOWN, WallUs(NOON), "It does not answer."))
    recording.stop()
    assert (recording.segments(), recording.gaps()) == ([], [])
    assert not [path for path in recording.folder.originals.rglob("*") if path.is_file()]


def test_a_camera_of_which_counts_alone_are_kept_has_no_original(recording: Recording) -> None:
    recording.run()
    recording.feed(range(12))
    recording.keeper.allowed = False
    recording.feed(range(12, 40))
    recording.settle()
    assert {segment.state for segment in recording.segments()} == {SegmentState.CLOSED}
    recording.keeper.on_health(Health(HealthState.DOWN, WallUs(NOON), "It does not answer."))
    recording.run("next")
    recording.keeper.allowed = True
    recording.feed(range(42, 60))
    recording.stop()
    assert recording.frames() == [*range(10), *range(45, 60)]
    assert recording.gaps() == [(2, 9, GapCause.OFF, COUNTS_ONLY)]


AAC = SoundInfo("aac", b"\x15\x88", 8000, 1)


def speak(recording: Recording, frames: Sequence[int]) -> None:
    """Feed frames, each with a packet of sound that says its number."""
    for number in frames:
        recording.feed([number])
        pts = Ticks(number * TICKS_PER_SECOND // RATE)
        recording.keeper.on_sound(SoundPacket(b"sound %d" % number, pts, TICKS_PER_SECOND // RATE))


def heard(recording: Recording) -> list[list[int]]:
    """Numbers of the packets of sound in each segment that has a media track of it."""
    found = []
    for segment in recording.segments():
        with av.open(io.BytesIO(originals.video_of(recording.folder, segment, IDENTITIES)), "r") as container:
            for stream in container.streams.audio:
                packets = [bytes(packet) for packet in container.demux(stream) if packet.size]
                found.append([int(packet.removeprefix(b"sound ")) for packet in packets])
    return found


def test_sound_is_kept_beside_the_pictures(recording: Recording) -> None:
    recording.run()
    recording.keeper.on_sound_run(AAC)
    speak(recording, range(200))
    recording.stop()
    assert len(heard(recording)) == len(recording.segments()) > 3
    assert [number for segment in heard(recording) for number in segment] == list(range(200))
    assert recording.frames() == list(range(200))
    assert (recording.gaps(), check(recording.engine, recording.folder, deep=True)) == ([], [])


def test_where_the_run_has_no_sound_there_is_no_media_track_of_it(recording: Recording) -> None:
    recording.run()
    recording.keeper.on_sound_run(AAC)
    recording.run("next")
    speak(recording, range(50))
    recording.stop()
    assert (recording.frames(), heard(recording)) == (list(range(50)), [])


@pytest.mark.parametrize("both", [False, True])
def test_sound_that_may_not_be_kept_any_more_is_not(recording: Recording, both: bool) -> None:
    recording.run()
    recording.keeper.on_sound_run(AAC)
    speak(recording, range(12))
    recording.keeper.sound_allowed = False
    recording.keeper.allowed = not both
    speak(recording, range(12, 50))
    recording.keeper.allowed = True
    speak(recording, range(50, 100))
    recording.stop()
    assert recording.frames() == [*range(10), *range(50, 100)] if both else list(range(100))
    spoken = [number for segment in heard(recording) for number in segment]
    assert spoken == list(range(10 if both else 12))


def test_without_custodians_no_sound_is_kept_either(recording: Recording) -> None:
    recording.custody = None
    recording.desk.renew_custody()
    recording.run()
    recording.keeper.on_sound_run(AAC)
    speak(recording, range(50))
    recording.stop()
    assert recording.segments() == []


def test_a_recorder_that_was_killed_leaves_both_media_tracks(recording: Recording) -> None:
    """What is in the file up to its last whole fragment; torn bytes behind it are cut."""
    recording.run()
    recording.keeper.on_sound_run(AAC)
    speak(recording, range(64))  # nothing of it is closed: six seconds in a segment of ten
    recording.settle()
    (last,) = [segment for segment in recording.segments() if segment.state is SegmentState.OPEN]
    with (recording.folder.root / last.path).open("ab") as file:
        file.write(b"wgch\x02torn")
    recording.files.let_go()
    recording.originals = recording.made()
    recording.originals.recover()
    frames = recording.frames()
    assert frames == list(range(frames[-1] + 1))
    assert frames[-1] >= 58
    assert [number for segment in heard(recording) for number in segment] == frames
    assert {segment.state for segment in recording.segments()} == {SegmentState.CLOSED}


def test_a_stalled_camera_of_which_counts_alone_are_kept_leaves_no_original_open(recording: Recording) -> None:
    recording.run()
    recording.feed(range(12))
    recording.keeper.allowed = False
    recording.keeper.on_health(Health(HealthState.DOWN, WallUs(NOON), "It does not answer."))
    recording.settle()
    assert {segment.state for segment in recording.segments()} == {SegmentState.CLOSED}
    assert [gap[2:] for gap in recording.gaps()] == [(GapCause.OFF, COUNTS_ONLY)]
    assert recording.frames() == list(range(10))  # nor is what was still on its way kept


def test_keeping_begins_with_the_next_keyframe_once_there_are_custodians(recording: Recording) -> None:
    recording.custody = None
    recording.desk.renew_custody()
    recording.run()
    recording.feed(range(23))
    recording.custody = CUSTODY
    recording.desk.renew_custody()
    recording.feed(range(23, 60))
    recording.stop()
    assert recording.frames() == list(range(25, 60))
    assert recording.gaps() == []


def test_other_custodians_get_a_segment_of_their_own(recording: Recording) -> None:
    recording.run()
    recording.feed(range(11))
    recording.settle()
    recording.custody = OTHERS
    recording.desk.renew_custody()
    recording.feed(range(11, 40))
    recording.stop()
    one, *others = recording.segments()
    assert recording.numbers(one) == list(range(10))
    assert recording.gaps() == []
    assert recording.frames() == list(range(40))
    found = [Shares.parse(path.read_bytes()) for path in sorted(recording.folder.shares.rglob("*.shares"))]
    assert [len(shares.sealed) for shares in found] == [3] + [1] * len(others)


def test_a_camera_that_is_down_is_a_gap(recording: Recording) -> None:
    recording.run()
    recording.feed(range(50))
    recording.keeper.on_health(Health(HealthState.DOWN, WallUs(NOON), "It does not answer."))
    recording.settle()
    assert recording.gaps() == [(10, None, GapCause.CAMERA, "It does not answer.")]
    recording.run("next")
    recording.feed(range(100, 120))
    recording.stop()
    assert recording.frames() == [*range(50), *range(100, 120)]
    assert recording.gaps() == [(10, 20, GapCause.CAMERA, "It does not answer.")]
    assert len({segment.run for segment in recording.segments()}) == 2


def test_a_stream_that_ends_late_does_not_disturb_its_successor(recording: Recording) -> None:
    recording.run("first")
    recording.feed(range(20))
    before, recording.keeper = recording.keeper, OriginalKeeper(recording.camera.id, "Gate", recording.desk)
    recording.run("second")
    recording.feed(range(20, 33))
    before.end()
    recording.feed(range(33, 50))
    recording.stop()
    assert recording.frames() == [*range(15), *range(20, 50)]
    assert [gap[:2] for gap in recording.gaps()] == [(3, 4)]


def test_another_cause_begins_another_gap(recording: Recording) -> None:
    recording.run()
    recording.feed(range(50))
    recording.keeper.on_health(Health(HealthState.DOWN, WallUs(NOON), "It does not answer."))
    recording.settle()
    recording.clock.advance(30)  # from noon
    recording.keeper.end(off=SWITCHED_OFF)
    recording.settle()
    assert recording.gaps() == [
        (10, 30, GapCause.CAMERA, "It does not answer."),
        (30, None, GapCause.OFF, SWITCHED_OFF),
    ]


def test_a_camera_that_is_switched_off_is_a_gap_on_purpose(recording: Recording) -> None:
    recording.run()
    recording.feed(range(50))
    recording.keeper.end(off=SWITCHED_OFF)
    recording.settle()
    assert recording.gaps() == [(10, None, GapCause.OFF, SWITCHED_OFF)]


def test_what_is_off_when_the_recorder_starts_is_a_gap_on_purpose_from_then_on(recording: Recording) -> None:
    recording.run()
    recording.feed(range(50))
    recording.stop()
    recording.clock.advance(60)
    recording.begin()
    recording.desk.off(recording.camera.id, SWITCHED_OFF)
    recording.settle()
    assert recording.gaps() == [(10, 60, GapCause.US, NOT_RUNNING), (60, None, GapCause.OFF, SWITCHED_OFF)]
    assert recording.desk.stop(30)
    recording.custody = None
    recording.begin()
    recording.desk.off(2, SWITCHED_OFF)
    recording.settle()
    assert recording.originals.gaps(2, WallUs(0), EVER) == []  # where none is to be kept, none is missing


def test_a_codec_that_cannot_be_kept_is_a_gap_that_says_so(recording: Recording) -> None:
    recording.run(info=StreamInfo("mjpeg", b"", 192, 64, 5.0))
    recording.feed(range(3))
    recording.settle()
    ((_, end, cause, detail),) = recording.gaps()
    assert (end, cause) == (None, GapCause.CAMERA)
    assert detail.startswith("Camera Gate: ")


def test_killed_it_has_lost_a_second_at_most_and_says_since_when(recording: Recording) -> None:
    recording.run()
    recording.feed(range(48))
    recording.settle()
    recording.files.let_go()  # what the kernel does then; no file is closed by us
    recording.originals = recording.made()
    recording.originals.recover()
    assert recording.frames() == list(range(45))  # of the rest there was no second yet
    assert recording.opened(recording.segments()[-1]).ended_early
    recording.files = FaultyFiles()
    recording.begin()
    recording.run("next")
    recording.feed(range(50, 80))
    recording.stop()
    assert recording.frames() == [*range(45), *range(50, 80)]
    assert recording.gaps() == [(9, 10, GapCause.US, NOT_RUNNING)]  # however short
    assert check(recording.engine, recording.folder, deep=True) == []


class Stuck(FaultyFiles):
    """A disk that does not come back from a write until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.free, self.reached = threading.Event(), threading.Event()

    def write(self, descriptor: int, data: bytes) -> None:
        self.reached.set()
        assert self.free.wait(30)
        super().write(descriptor, data)


@pytest.fixture
def slow(engine: sa.Engine, folder: DataFolder, clock: SimulatedClock, camera: Camera) -> Iterator[Recording]:
    made = Recording(engine, folder, clock, camera)
    made.desk.stop(30)
    made.files = Stuck()
    made.originals = made.made(made.files)
    made.options = DeskOptions(waiting=12 * max(map(len, film()[1])), shelve=made.options.shelve)
    made.begin()
    yield made
    made.files.free.set()
    made.desk.stop(30)
    made.own.dispose()


def test_a_disk_that_stands_still_holds_up_nobody_and_costs_what_did_not_fit(slow: Recording) -> None:
    files = slow.files
    assert isinstance(files, Stuck)
    slow.run()
    slow.feed(range(6))
    assert files.reached.wait(30)
    slow.feed(range(6, 101))  # returns at once, though the disk stands still
    size, jobs = slow.desk.waiting(slow.camera.id)
    assert size <= slow.options.waiting
    assert jobs < 10  # what is lost takes no memory, however long it lasts
    files.free.set()
    slow.settle()
    slow.feed(range(101, 120))
    slow.stop()
    frames = slow.frames()
    assert frames[:5] == list(range(5))
    assert frames[-15:] == list(range(105, 120))
    ((start, end, cause, detail),) = slow.gaps()
    assert (cause, detail) == (GapCause.DISK, TOO_SLOW)
    missing = sorted(set(range(120)) - set(frames))
    assert missing == list(range(round(start * RATE), round((end or 0) * RATE)))
    assert check(slow.engine, slow.folder, deep=True) == []


def test_a_full_disk_is_a_gap_and_recording_goes_on_once_there_is_space(recording: Recording) -> None:
    recording.run()
    recording.feed(range(26))
    recording.settle()
    recording.files.at, recording.files.fault = len(recording.files.steps) + 1, "full"
    recording.feed(range(26, 41))
    recording.settle()
    recording.files.mend()
    recording.clock.advance(20)
    recording.feed(range(41, 80))
    recording.stop()
    ((start, end, cause, detail),) = recording.gaps()
    assert cause is GapCause.DISK
    assert "No space is left for the original of camera 'Gate'" in detail
    missing = sorted(set(range(80)) - set(recording.frames()))
    assert missing == list(range(round(start * RATE), round((end or 0) * RATE)))


def test_a_process_that_stops_with_the_catalogue_in_its_hand_costs_nothing(recording: Recording) -> None:
    """As a watcher may that is frozen in the middle of a transaction."""
    with contextlib.closing(sqlite3.connect(recording.folder.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        recording.run()
        recording.feed(range(40))
        recording.keeper.on_health(Health(HealthState.DOWN, WallUs(NOON), "It does not answer."))
        recording.stop()
        other.execute("ROLLBACK")
    assert recording.frames() == list(range(40))
    assert [gap[2] for gap in recording.gaps()] == [GapCause.CAMERA]


def test_one_cameras_fault_costs_no_other(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours, of a kind that nobody has thought of: that camera begins anew, and the desk works on."""
    begin = recording.originals.begin
    broken = [True]

    def faulty(*arguments: object) -> object:
        if broken:
            broken.pop()
            raise ZeroDivisionError
        return begin(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(recording.originals, "begin", faulty)
    recording.run()
    recording.feed(range(31))
    recording.stop()
    assert recording.frames() == list(range(5, 31))


def test_segments_are_closed_when_the_recorder_stops(recording: Recording) -> None:
    recording.run()
    recording.feed(range(33))
    recording.stop()
    assert {segment.state for segment in recording.segments()} == {SegmentState.CLOSED}
    assert recording.frames() == list(range(33))
