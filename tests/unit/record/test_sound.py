"""Sound beside pictures: real AAC, remuxed and read back; made-up packets for what no encoder would write."""

import dataclasses
import io
import itertools
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import footage
from tests.remuxed import demuxed, run
from watchglass.model.media import TICKS_PER_SECOND, Packet, SoundInfo, SoundPacket, StreamInfo, Ticks
from watchglass.record.remux import Fragment, Remuxer
from watchglass.record.sound import LARGEST_PACKET, MOST, MOST_BYTES, SoundTimes, SoundWaiting
from watchglass.store import fmp4

STEP = 1024 * TICKS_PER_SECOND // 8000
AAC = SoundInfo("aac", b"\x15\x88", 8000, 1)

Heard = tuple[StreamInfo, list[Packet], SoundInfo, list[SoundPacket]]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """Four seconds of H.264 and AAC, as ingest gives them."""
    path = footage.make(tmp_path_factory.mktemp("film") / "film.mp4", frames=100, audio=True)
    info, pictures = demuxed(path)
    with av.open(str(path)) as container:
        context = container.streams.audio[0].codec_context
        sound = SoundInfo(
            context.name, bytes(context.extradata or b""), context.sample_rate, context.layout.nb_channels
        )
        heard = []
        for packet in container.demux(container.streams.audio[0]):
            if packet.size:
                assert packet.pts is not None
                ticks = int(packet.pts * packet.time_base * TICKS_PER_SECOND)
                heard.append(SoundPacket(bytes(packet), Ticks(ticks), STEP))
    return info, pictures, sound, heard


def remuxed(film: Heard) -> list[Fragment]:
    """What comes is taken in the order of its times, as from a camera."""
    info, pictures, sound, heard = film
    remuxer = Remuxer(info, sound)
    given: list[Fragment] = []
    both: list[Packet | SoundPacket] = [*heard, *pictures]
    for packet in sorted(both, key=lambda one: (one.pts, isinstance(one, SoundPacket))):
        if isinstance(packet, SoundPacket):
            remuxer.hear(packet)
        elif fragment := remuxer.take(packet):
            given.append(fragment)
    return given + remuxer.rest()


def whole(fragments: Sequence[Fragment]) -> bytes:
    return fragments[0].init + b"".join(fragment.data for fragment in fragments)


def packets_of(data: bytes, kind: str) -> list[tuple[int, bytes]]:
    with av.open(io.BytesIO(data), "r", format="mp4") as container:
        stream = container.streams.get({kind: 0})[0]
        return [(packet.pts or 0, bytes(packet)) for packet in container.demux(stream) if packet.size]


def test_packets_of_sound_are_the_cameras_own_at_their_times(film: Heard) -> None:
    _, _, _, heard = film
    kept = packets_of(whole(remuxed(film)), "audio")
    expected = [(packet.pts, packet.data) for packet in heard if packet.pts >= 0]
    assert kept == expected
    assert len(kept) > 25


def test_pictures_are_the_same_with_sound_and_without(film: Heard) -> None:
    info, pictures, _, _ = film
    silent = remuxed((info, pictures, AAC, []))
    assert packets_of(whole(remuxed(film)), "video") == packets_of(whole(silent), "video")
    assert [(one.start, one.end, one.frames) for one in remuxed(film)] == [
        (one.start, one.end, one.frames) for one in silent
    ]


def test_without_sound_to_be_kept_a_file_is_as_it_was(film: Heard) -> None:
    info, pictures, sound, heard = film
    other = dataclasses.replace(sound, codec="pcm_alaw", extradata=b"")
    plain = Remuxer(info)
    before = [one for packet in pictures if (one := plain.take(packet))] + plain.rest()
    assert whole(remuxed((info, pictures, other, heard))) == whole(before)
    with av.open(io.BytesIO(whole(before)), "r") as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_a_decoder_hears_what_was_said(film: Heard) -> None:
    _, _, sound, heard = film
    with av.open(io.BytesIO(whole(remuxed(film))), "r", format="mp4") as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.sample_rate, stream.layout.nb_channels) == (
            "aac",
            8000,
            sound.channels,
        )
        assert bytes(stream.codec_context.extradata or b"") == sound.extradata
        ours = np.concatenate([frame.to_ndarray() for frame in container.decode(stream)], axis=1)
    context = av.CodecContext.create("aac", "r")
    assert isinstance(context, av.AudioCodecContext)
    context.extradata = sound.extradata
    theirs = [
        frame for packet in heard if packet.pts >= 0 for frame in context.decode(av.Packet(packet.data))
    ] + context.decode(None)
    assert np.array_equal(ours, np.concatenate([frame.to_ndarray() for frame in theirs], axis=1))


@pytest.mark.parametrize("first", [0, 1, 3])
def test_ffprobe_finds_nothing_to_say(first: int, film: Heard, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(whole(remuxed(film)[first:]))
    command = [
        "ffprobe",
        "-v",
        "warning",
        "-count_packets",
        "-show_entries",
        "stream=codec_type,start_time,nb_read_packets",
    ]
    told = subprocess.run([*command, "-of", "csv=p=0", str(path)], capture_output=True, text=True, check=True)
    assert told.stderr == ""
    (video, at, _), (audio, from_, _) = [line.split(",") for line in told.stdout.split()]
    assert (video, audio) == ("video", "audio")
    assert abs(float(at) - float(from_)) <= STEP / TICKS_PER_SECOND  # a packet of sound lies across the cut


def test_sound_from_before_the_first_keyframe_is_dropped(film: Heard) -> None:
    info, pictures, sound, _ = film
    remuxer = Remuxer(info, sound)
    remuxer.hear(SoundPacket(b"early", Ticks(0)))
    remuxer.take(dataclasses.replace(pictures[1], keyframe=False))
    remuxer.hear(SoundPacket(b"early", Ticks(0)))
    for picture in pictures[25:]:
        remuxer.take(picture)
        remuxer.hear(SoundPacket(b"late", Ticks(pictures[25].pts - 1)))
        remuxer.hear(SoundPacket(b"in time", picture.pts))
    (last,) = remuxer.rest()
    assert {data for _, data in packets_of(last.init + last.data, "audio")} == {b"in time"}


@given(
    st.lists(st.tuples(st.booleans(), st.integers(-(1 << 70), 1 << 70), st.integers(0, 40)), max_size=60),
    st.lists(st.integers(0, 3), max_size=60),
)
def test_any_sound_at_any_time_leaves_fragments_that_can_be_read(
    heard: list[tuple[bool, int, int]], between: list[int]
) -> None:
    """Nothing raises, no picture is lost for it, and the boxes tell exactly where every sample lies."""
    info, pictures = run("plain", "mp4")
    remuxer, silent = Remuxer(info, AAC), Remuxer(info, AAC)
    given_, plain, taken = [], [], []
    sounds = iter(heard)
    for number, picture in enumerate(pictures[:80]):
        given_ += [one for one in [remuxer.take(picture)] if one]
        plain += [one for one in [silent.take(picture)] if one]
        for near, time, size in itertools.islice(sounds, between[number] if number < len(between) else 0):
            pts = picture.pts + time % 9000 if near else time
            remuxer.hear(SoundPacket(bytes(size), Ticks(pts), size))
            taken += [bytes(size)] if size and pts >= 0 else []
    given_ += remuxer.rest()
    plain += silent.rest()
    floor, read = 0, []
    for ours, theirs in zip(given_, plain, strict=True):
        (video, *sound) = tracks_of(ours.data)
        assert video == tracks_of(theirs.data)[0]
        for start, samples in sound:
            assert start >= floor
            floor = start + sum(duration for duration, _ in samples)
            assert all(duration > 0 for duration, _ in samples)
            read += [data for _, data in samples]
    assert read == taken


def tracks_of(data: bytes) -> list[tuple[int, list[tuple[int, bytes]]]]:
    """Decode time of the first sample, and duration and data of each, of each track of a fragment, by its boxes alone."""
    moof, mdat = fmp4.boxes(data)
    assert (moof.kind, mdat.kind, mdat.end) == ("moof", "mdat", len(data))
    found: list[tuple[int, list[tuple[int, bytes]]]] = []
    used = mdat.offset + 8
    for traf in fmp4.boxes(data, moof.offset + 8, moof.end):
        inner = {box.kind: data[box.offset + 8 : box.end] for box in fmp4.boxes(data, traf.offset + 8, traf.end)}
        if traf.kind == "traf":
            assert struct.unpack_from(">I", inner["tfhd"], 4) == (len(found) + 1,)
            flags, count, place = struct.unpack_from(">2Ii", inner["trun"])
            assert (flags & 0x701, place) == (0x701, used)
            rows = list(struct.iter_unpack(">3Ii" if flags & 0x800 else ">3I", inner["trun"][12:]))
            assert len(rows) == count
            ends = [place, *itertools.accumulate((row[1] for row in rows), initial=place)][1:]
            used = ends[-1]
            samples = [(row[0], data[at:end]) for row, (at, end) in zip(rows, itertools.pairwise(ends), strict=True)]
            found.append((struct.unpack_from(">Q", inner["tfdt"], 4)[0], samples))
    assert used == len(data)
    return found


class TestWaiting:
    def test_what_no_camera_sends_is_left_out(self) -> None:
        waiting = SoundWaiting()
        assert not waiting.add(SoundPacket(b"", Ticks(0)))
        assert not waiting.add(SoundPacket(bytes(LARGEST_PACKET + 1), Ticks(0)))
        assert waiting.packets == []

    @pytest.mark.parametrize(("size", "most"), [(LARGEST_PACKET, MOST_BYTES // LARGEST_PACKET), (1, MOST)])
    def test_there_is_an_end_to_it(self, size: int, most: int) -> None:
        waiting = SoundWaiting()
        packet = SoundPacket(bytes(size), Ticks(0))
        assert [waiting.add(packet) for _ in range(most + 1)] == [True] * most + [False]


class TestTimes:
    def test_a_hole_is_in_the_packet_before_it_and_the_last_lasts_as_it_says(self) -> None:
        times = SoundTimes()
        of = [SoundPacket(b"a", Ticks(at), 100) for at in (0, 100, 500)]
        sound = times.run_of(of)
        assert sound is not None
        assert (sound.start, [duration for duration, _ in sound.samples]) == (0, [100, 400, 100])

    def test_what_runs_back_follows_at_once(self) -> None:
        times = SoundTimes()
        times.run_of([SoundPacket(b"a", Ticks(1000), 100)])
        sound = times.run_of([SoundPacket(b"b", Ticks(at), 0) for at in (900, 950, 1200)])
        assert sound is not None
        assert (sound.start, [duration for duration, _ in sound.samples]) == (1100, [1, 99, 99])

    def test_no_sound_is_none(self) -> None:
        assert SoundTimes().run_of([]) is None
