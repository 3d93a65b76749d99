"""Sound goes to whoever keeps it, in its place beside the pictures, and to nobody else."""

import threading
from collections.abc import Callable, Generator, Sequence

import pytest

from tests.scripted import INFO, Told, demuxed
from watchglass.base.clock import MICROSECONDS, SimulatedClock
from watchglass.ingest.connection import Connection
from watchglass.ingest.stream import Demuxed, DemuxedSound, StreamRequest
from watchglass.model.camera import HealthState, Source, SourceKind
from watchglass.model.media import Packet, SoundInfo, SoundPacket

START = 1_800_000_000 * MICROSECONDS
SOURCE = Source(SourceKind.RTSP, "rtsp://10.0.0.5/a")
AAC = SoundInfo("aac", b"\x15\x88", 8000, 1)
STEP = 3600

Sent = Demuxed | DemuxedSound | Callable[[], Demuxed]


class Stream:
    """One that sends pictures and sound as a script says, then holds."""

    info = INFO
    lost = 0

    def __init__(self, sent: Sequence[Sent], sound: SoundInfo | None) -> None:
        self.sound = sound
        self._sent = sent
        self._take: Callable[[DemuxedSound], None] | None = None

    def hear(self, take: Callable[[DemuxedSound], None]) -> None:
        self._take = take

    def packets(self) -> Generator[Demuxed, None, None]:
        for one in self._sent:
            if isinstance(one, DemuxedSound):
                if self._take:
                    self._take(one)
            else:
                yield one() if callable(one) else one

    def close(self) -> None:
        pass


class Keeper:
    def __init__(self) -> None:
        self.runs: list[SoundInfo] = []
        self.heard: list[SoundPacket] = []

    def on_sound_run(self, info: SoundInfo) -> None:
        self.runs.append(info)

    def on_sound(self, packet: SoundPacket) -> None:
        self.heard.append(packet)


def play(
    sent: Sequence[Sent], sound: SoundInfo | None = AAC, *, asked: bool = True, clock: SimulatedClock | None = None
) -> tuple[Told, Keeper]:
    told, keeper, stop = Told(), Keeper(), threading.Event()
    clock = clock or SimulatedClock(START)

    class Once(SimulatedClock):
        def wait(self, event: threading.Event, seconds: float) -> bool:
            stop.set()
            return True

    clock.wait = Once.wait.__get__(clock)  # type: ignore[method-assign] # it connects once
    request = StreamRequest("Gate", SOURCE, sound=asked)
    Connection(lambda: request, lambda *_: Stream(sent, sound), told, clock, sound=keeper).run(stop)
    return told, keeper


def picture(number: int) -> Demuxed:
    return demuxed(number * STEP, b"picture", keyframe=number == 0)


def test_it_is_placed_beside_the_pictures_and_passed_by_their_sink() -> None:
    sent: list[Sent] = [picture(10), DemuxedSound(b"a", 36_100, 1920), picture(11), DemuxedSound(b"b", 38_020, 1920)]
    told, keeper = play(sent)
    assert keeper.runs == [AAC]
    assert keeper.heard == [SoundPacket(b"a", 100, 1920), SoundPacket(b"b", 2020, 1920)]  # type: ignore[arg-type]
    assert [packet.data for packet in told.packets] == [b"picture"] * 2
    assert all(type(packet) is Packet for packet in told.packets)
    assert told.health[1].state is HealthState.UP


def test_sound_that_comes_before_a_picture_has_told_the_time_waits_for_one() -> None:
    sent: list[Sent] = [DemuxedSound(b"a", 0, 1920), demuxed(None), DemuxedSound(b"b", 1920, 1920), picture(1)]
    _, keeper = play(sent)
    assert [packet.data for packet in keeper.heard] == [b"a", b"b"]
    assert keeper.heard[1].pts - keeper.heard[0].pts == 1920


def test_where_it_was_not_asked_for_nobody_gets_any() -> None:
    told, keeper = play([picture(0), DemuxedSound(b"a", 0), picture(1)], asked=False)
    assert (keeper.runs, keeper.heard) == ([], [])
    assert told.health[1].state is HealthState.UP


@pytest.mark.parametrize(
    ("sound", "words"),
    [(None, "sends no sound"), (SoundInfo("pcm_alaw", b"", 8000, 1), r"cannot be kept as it is (pcm_alaw)")],
)
def test_where_there_is_none_to_be_kept_health_says_so_and_pictures_come(sound: SoundInfo | None, words: str) -> None:
    told, _ = play([picture(n) for n in range(3)], sound)
    assert len(told.packets) == 3
    assert told.health[1].state is HealthState.DEGRADED
    assert words in told.health[1].cause
    assert "Gate" in told.health[1].cause


def test_a_run_that_begins_because_the_clock_was_set_has_sound_as_well() -> None:
    clock = SimulatedClock(START)

    def set_clock() -> Demuxed:
        clock.step_wall(3600.0)
        return picture(2)

    sent: list[Sent] = [picture(0), DemuxedSound(b"a", 0, 1920), set_clock, DemuxedSound(b"b", 2 * STEP, 1920)]
    told, keeper = play(sent, clock=clock)
    assert (len(told.runs), keeper.runs) == (2, [AAC, AAC])
    assert [packet.pts for packet in keeper.heard] == [0, 0]
