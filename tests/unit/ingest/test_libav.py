import contextlib
import itertools
import threading
from pathlib import Path

import av
import pytest

from tests import footage
from watchglass.base.clock import Clock, SimulatedClock, SystemClock
from watchglass.base.errors import BadInputError, MissingInputError, UnreachableError
from watchglass.ingest import libav
from watchglass.ingest.libav import LibavStream, open_libav
from watchglass.ingest.stream import Demuxed, DemuxedSound, IngestOptions, StreamRequest
from watchglass.model.camera import Source, SourceKind
from watchglass.model.media import StreamInfo


def open_file(
    path: Path, stop: threading.Event | None = None, *, sound: bool = False, clock: Clock | None = None
) -> LibavStream:
    request = StreamRequest("Gate", Source(SourceKind.FILE, str(path)), sound=sound)
    return open_libav(str(path), request, IngestOptions(), stop or threading.Event(), {}, clock or SystemClock())


def read_all(path: Path) -> tuple[StreamInfo, list[Demuxed]]:
    stream = open_file(path)
    try:
        return stream.info, list(stream.packets())
    finally:
        stream.close()


@pytest.mark.parametrize(
    ("codec", "ending", "name"),
    [
        (footage.H264, "mp4", "h264"),
        (footage.H264, "mkv", "h264"),
        (footage.H265, "mp4", "hevc"),
        ("mpeg4", "avi", "mpeg4"),
    ],
)
def test_a_stream_says_what_it_is(codec: str, ending: str, name: str, tmp_path: Path) -> None:
    path = footage.make(tmp_path / f"street.{ending}", codec=codec, frames=12, rate=10, gop=5)
    info, packets = read_all(path)
    assert (info.codec, info.width, info.height, info.rate) == (name, 320, 240, 10.0)
    assert info.extradata
    assert len(packets) == 12
    assert [number for number, packet in enumerate(packets) if packet.keyframe] == [0, 5, 10]
    ticks = [packet.ticks or 0 for packet in packets]
    assert [after - before for before, after in itertools.pairwise(ticks)] == [9000] * 11


def test_presentation_times_of_b_frames_are_kept(tmp_path: Path) -> None:
    _, packets = read_all(footage.make(tmp_path / "b.mp4", frames=20, bframes=2))
    ticks = [packet.ticks for packet in packets if packet.ticks is not None]
    assert ticks != sorted(ticks)
    assert sorted(ticks) == [n * 3600 for n in range(20)]


def test_sound_beside_the_picture_is_left_out(tmp_path: Path) -> None:
    _, packets = read_all(footage.make(tmp_path / "both.mp4", frames=20, audio=True))
    assert len(packets) == 20


def test_sound_that_is_not_asked_for_is_left_out_even_if_somebody_listens(tmp_path: Path) -> None:
    heard: list[DemuxedSound] = []
    with contextlib.closing(open_file(footage.make(tmp_path / "both.mp4", frames=20, audio=True))) as stream:
        stream.hear(heard.append)
        assert (stream.sound, len(list(stream.packets())), heard) == (None, 20, [])


def test_sound_that_is_asked_for_comes_bit_by_bit(tmp_path: Path) -> None:
    path = footage.make(tmp_path / "both.mp4", frames=50, audio=True)
    heard: list[DemuxedSound] = []
    with contextlib.closing(open_file(path, sound=True)) as stream:
        assert stream.sound is not None
        assert (stream.sound.codec, stream.sound.rate, stream.sound.can_be_kept) == ("aac", 8000, True)
        stream.hear(heard.append)
        assert len(list(stream.packets())) == 50
    with av.open(str(path)) as container:
        sent = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    assert [packet.data for packet in heard] == sent
    assert {packet.duration for packet in heard} == {1024 * 90_000 // 8000}
    assert {(after.ticks or 0) - (before.ticks or 0) for before, after in itertools.pairwise(heard)} == {11520}


def test_a_camera_that_sends_sound_alone_is_silent(tmp_path: Path) -> None:
    """libav waits for packets of any kind, so its own limit does not tell."""
    clock = SimulatedClock()
    path = footage.make(tmp_path / "both.mp4", frames=6, rate=2, audio=True)  # sound comes in between
    with contextlib.closing(open_file(path, sound=True, clock=clock)) as stream:
        stream.hear(lambda _: clock.advance(6.0))
        packets = stream.packets()
        with pytest.raises(UnreachableError, match=r"Gate.*has sent no video for 10 s"):
            for _ in packets:
                pass


def test_sound_alone_is_no_camera(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"Gate.*no video in it, only audio"):
        open_file(footage.make_sound(tmp_path / "sound.mp4"))


def test_an_unknown_codec_is_named(street: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"Gate.*codec.*zzzz"):
        open_file(footage.unknown_codec(street, tmp_path / "unknown.mp4"))


def test_a_file_of_no_length_is_damaged(tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(BadInputError, match="Gate"):
        open_file(empty)


@pytest.mark.parametrize("name", ["nothing.mp4", "no\0name.mp4", "no\udcff.mp4"])
def test_a_file_that_is_not_there_is_missing_or_cannot_be(name: str, tmp_path: Path) -> None:
    with pytest.raises((MissingInputError, BadInputError), match="Gate"):
        open_file(tmp_path / name)


def read_or_refuse(path: Path) -> tuple[list[Demuxed], BadInputError | None]:
    """The packets of a damaged file, or what is said of it. Anything else is a fault of ours."""
    try:
        return read_all(path)[1], None
    except BadInputError as error:
        return [], error


def test_a_file_cut_short_anywhere_is_read_up_to_there_or_refused(street: Path, tmp_path: Path) -> None:
    whole = [packet.data for packet in read_all(street)[1]]
    counts = []
    for share in range(0, 100, 2):
        cut = footage.truncated(street, tmp_path / "cut.mp4", street.stat().st_size * share // 100)
        packets, fault = read_or_refuse(cut)
        assert fault is None or "Gate" in fault.sentence
        # All but the last, which may be cut itself, are whole.
        assert [packet.data for packet in packets[:-1]] == whole[: max(0, len(packets) - 1)]
        counts.append(len(packets))
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert 40 < counts[-1] < 50


@pytest.mark.parametrize("share", range(0, 100, 8))
def test_a_file_whose_index_is_cut_off_is_refused(tmp_path: Path, share: int) -> None:
    whole = footage.make(tmp_path / "street.mov", frames=10)  # its index comes last
    with pytest.raises(BadInputError, match="Gate"):
        read_all(footage.truncated(whole, tmp_path / "cut.mov", whole.stat().st_size * share // 100))


@pytest.mark.parametrize("share", range(4, 100, 8))
def test_a_transport_stream_cut_short_anywhere_is_read_to_its_end(tmp_path: Path, share: int) -> None:
    whole = footage.make(tmp_path / "street.ts", frames=25, gop=5)
    cut = footage.truncated(whole, tmp_path / "cut.ts", whole.stat().st_size * share // 100)
    _, packets = read_all(cut)
    assert 0 < len(packets) < 25


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("ending", ["mp4", "ts", "mkv", "avi"])
def test_bytes_that_mean_nothing_are_refused(seed: int, ending: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="Gate"):
        read_all(footage.noise(tmp_path / f"noise.{ending}", seed))


@pytest.mark.parametrize("seed", range(25))
def test_a_file_with_wrong_bytes_in_it_does_no_harm(seed: int, street: Path, tmp_path: Path) -> None:
    path = footage.scribbled(street, tmp_path / "scribbled.mp4", seed, share=0.002)
    packets, fault = read_or_refuse(path)
    assert all(packet.data for packet in packets)
    assert fault is None or ("Gate" in fault.sentence and fault.__context__ is None)


def test_a_frame_larger_than_any_cameras_is_refused(street: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libav, "MAX_PACKET", 100)
    with pytest.raises(BadInputError, match="no camera sends"):
        read_all(street)


def test_a_picture_larger_than_any_cameras_is_refused(street: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libav, "MAX_SIDE", 319)
    with pytest.raises(BadInputError, match="320x240"):
        open_file(street)


def test_a_stop_ends_the_reading(street: Path) -> None:
    stop = threading.Event()
    stream = open_file(street, stop)
    packets = stream.packets()
    next(packets)
    stop.set()
    assert list(packets) == []
    stream.close()
    stream.close()


def test_after_a_stop_the_same_thread_opens_another(street: Path) -> None:
    # PyAV refuses to go on ("clock has been changed") if the leap of the stopped stream is seen by the next.
    stop = threading.Event()
    stream = open_file(street, stop)
    for _ in stream.packets():
        stop.set()
    stream.close()
    assert len(read_all(street)[1]) == 50
