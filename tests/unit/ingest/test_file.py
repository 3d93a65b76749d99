import itertools
import os
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from tests import footage
from watchglass.base.clock import SimulatedClock
from watchglass.base.errors import BadInputError, MissingInputError
from watchglass.ingest import file
from watchglass.ingest.file import LATE, LONGEST_HOLD, FileStream
from watchglass.ingest.stream import Demuxed, IngestOptions, StreamRequest
from watchglass.model.camera import Source, SourceKind
from watchglass.model.media import TICKS_PER_SECOND, StreamInfo

STEP = 3600


def play(path: Path, clock: SimulatedClock | None = None, stop: threading.Event | None = None) -> FileStream:
    request = StreamRequest("Gate", Source(SourceKind.FILE, str(path)))
    return FileStream(request, IngestOptions(), stop or threading.Event(), clock or SimulatedClock())


def take(stream: FileStream, count: int) -> list[Demuxed]:
    packets = list(itertools.islice(stream.packets(), count))
    stream.close()
    return packets


class Round:
    """One time through a file that is not there."""

    info = StreamInfo("h264", b"", 320, 240, 25.0)

    def __init__(self, ticks: list[int | None]) -> None:
        self._ticks = ticks

    def packets(self) -> Generator[Demuxed, None, None]:
        for ticks in self._ticks:
            yield Demuxed(b"x", ticks, keyframe=False)

    def close(self) -> None:
        pass


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[list[int | None]]:
    """What is opened, round by round; the last is repeated."""
    script: list[list[int | None]] = []
    monkeypatch.setattr(file, "_open_once", lambda *_: Round(script.pop(0) if len(script) > 1 else script[0]))
    return script


def test_frames_come_at_the_files_own_pace(street: Path) -> None:
    clock = SimulatedClock()
    stream = play(street, clock)
    at = [clock.monotonic() for _ in itertools.islice(stream.packets(), 50)]
    assert at == pytest.approx([n * 0.04 for n in range(50)])
    stream.close()


def test_it_begins_again_at_its_end_and_time_goes_on(street: Path) -> None:
    clock = SimulatedClock()
    packets = take(play(street, clock), 130)
    assert [packet.ticks for packet in packets] == [n * STEP for n in range(130)]
    assert [n for n, packet in enumerate(packets) if packet.jump] == [50, 100]
    assert all(packets[n].keyframe and packets[n].data == packets[0].data for n in (50, 100))
    assert clock.monotonic() == pytest.approx(129 * 0.04)


def test_b_frames_are_sent_in_their_order(tmp_path: Path) -> None:
    packets = take(play(footage.make(tmp_path / "b.mp4", frames=30, bframes=2)), 60)
    ticks = [packet.ticks for packet in packets if packet.ticks is not None]
    assert sorted(ticks) == [n * STEP for n in range(60)]
    assert not any(packet.jump for packet in packets[:30])


def test_frames_without_a_time_get_one(rounds: list[list[int | None]], street: Path) -> None:
    rounds += [[None, None, 900_000, None, 907_200], [None]]
    packets = take(play(street), 7)
    assert [packet.ticks for packet in packets] == [0, STEP, 2 * STEP, 3 * STEP, 4 * STEP, 5 * STEP, 6 * STEP]


def test_frames_missed_while_we_were_stopped_are_skipped(street: Path) -> None:
    clock = SimulatedClock()
    stream = play(street, clock)
    packets = stream.packets()
    first = [next(packets) for _ in range(10)]
    clock.advance(LATE + 60)
    then = [next(packets) for _ in range(50)]
    assert then[0].jump
    assert then[0].ticks == pytest.approx(clock_ticks(clock) - 49 * STEP, abs=2)
    ticks = [packet.ticks or 0 for packet in then]
    assert [after - before for before, after in itertools.pairwise(ticks)] == [STEP] * 49
    assert [n for n, packet in enumerate([*first, *then]) if packet.jump] == [10, 50]
    stream.close()


def clock_ticks(clock: SimulatedClock) -> float:
    return clock.monotonic() * TICKS_PER_SECOND


def test_being_a_little_late_is_made_up_for(street: Path) -> None:
    clock = SimulatedClock()
    packets = play(street, clock).packets()
    next(packets)
    clock.advance(1.0)
    assert [next(packets).jump for _ in range(40)] == [False] * 40
    assert clock.monotonic() == pytest.approx(40 * 0.04)


def test_hostile_times_hold_nothing_up_for_long(rounds: list[list[int | None]], street: Path) -> None:
    rounds += [[0, 10**15, 10**15 + STEP, -(10**15), 0]]
    clock = SimulatedClock()
    packets = take(play(street, clock), 5)
    assert len(packets) == 5
    assert clock.monotonic() <= 5 * LONGEST_HOLD


def test_a_file_of_no_frames_is_refused(rounds: list[list[int | None]], street: Path) -> None:
    rounds += [[]]
    with pytest.raises(BadInputError, match="no frames"):
        take(play(street), 1)


def test_a_single_frame_is_shown_at_a_usual_pace(rounds: list[list[int | None]], street: Path) -> None:
    rounds += [[0]]
    clock = SimulatedClock()
    take(play(street, clock), 26)
    assert clock.monotonic() == pytest.approx(1.0)


def test_a_stop_ends_the_wait(street: Path) -> None:
    stop = threading.Event()

    class Stopping(SimulatedClock):
        def wait(self, event: threading.Event, seconds: float) -> bool:
            if self.monotonic() > 0.5:
                event.set()
            return super().wait(event, seconds)

    packets = list(play(street, Stopping(), stop).packets())
    assert 10 < len(packets) < 20


def test_a_file_that_goes_away_is_missing_at_the_next_round(street: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(street.read_bytes())
    stream = play(copy)
    packets = stream.packets()
    next(packets)
    copy.unlink()
    with pytest.raises(MissingInputError, match=r"Gate.*copy\.mp4"):
        list(packets)
    stream.close()


def test_a_damaged_file_is_played_up_to_the_damage(street: Path, tmp_path: Path) -> None:
    cut = footage.truncated(street, tmp_path / "cut.mp4", street.stat().st_size // 2)
    packets = take(play(cut), 60)
    assert [packet.ticks for packet in packets] == [n * STEP for n in range(60)]
    assert 10 < [packet.jump for packet in packets].index(True) < 50


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_file_is_not_opened(kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = Path("/dev/zero")
    with pytest.raises(BadInputError, match="not a file"):
        play(path)


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"Gate.*street\.mp4"):
        play(tmp_path / "street.mp4")


def test_a_playlist_cannot_name_other_files_or_hosts(street: Path, tmp_path: Path) -> None:
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{street}\n#EXT-X-ENDLIST\n")
    with pytest.raises(BadInputError):
        play(playlist)
    concat = tmp_path / "list.ffconcat"
    concat.write_text(f"ffconcat version 1.0\nfile '{street}'\n")
    with pytest.raises(BadInputError):
        play(concat)


def test_the_camera_knows_what_it_plays(street: Path) -> None:
    stream = play(street)
    assert stream.info.codec == "h264"
    assert stream.lost == 0
    stream.close()
