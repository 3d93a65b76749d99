import itertools
import os
import random
import subprocess
import sys
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests import clips, footage
from watchglass.base.errors import BadInputError, MissingInputError, WatchglassError
from watchglass.ingest.decode import Decoded
from watchglass.ingest.whole import VideoFile
from watchglass.model.media import TICKS_PER_SECOND


def number(decoded: Decoded) -> int:
    return footage.number_of(np.repeat(decoded.frame.y[:, :, None], 3, axis=2))


def sentence(path: Path, kind: type[WatchglassError]) -> str:
    """What a person is told of this file."""
    with pytest.raises(kind) as caught, VideoFile(path) as video:
        list(video.decode())
    told = caught.value.sentence
    assert str(path) in told
    assert told.endswith(".")
    assert "\n" not in told
    return told


class TestWholeFiles:
    @pytest.mark.parametrize(
        ("codec", "kind"),
        [("libx264", "mp4"), ("libx264", "mkv"), ("libx264", "ts"), ("libx265", "mp4"), ("mpeg4", "avi")],
    )
    def test_every_frame_once_in_order(self, codec: str, kind: str, tmp_path: Path) -> None:
        path = footage.make(tmp_path / f"film.{kind}", codec=codec, frames=30, bframes=2 if codec == "libx264" else 0)
        with VideoFile(path) as video:
            decoded = list(video.decode())
        assert [number(one) for one in decoded] == list(range(30))
        assert not any(one.damaged for one in decoded)
        assert not any(one.frame.jump for one in decoded)
        assert {one.frame.y.shape for one in decoded} == {(240, 320)}
        assert {one.frame.v.shape for one in decoded} == {(120, 160)}

    def test_what_is_known_before_it_is_read(self, tmp_path: Path) -> None:
        with VideoFile(footage.make(tmp_path / "film.mp4", frames=30, rate=12)) as video:
            assert (video.width, video.height, video.frames_estimate) == (320, 240, 30)
            assert video.rate == Fraction(12)

    def test_the_count_is_guessed_where_the_container_has_none(self, tmp_path: Path) -> None:
        with VideoFile(footage.make(tmp_path / "film.mkv", frames=50, rate=25)) as video:
            assert 48 <= video.frames_estimate <= 52

    def test_a_rate_that_no_camera_has_is_not_believed(self, tmp_path: Path) -> None:
        with VideoFile(footage.make(tmp_path / "film.mkv", frames=10, rate=1000)) as video:
            assert video.rate == 10

    def test_words_in_it_that_are_no_text_do_not_matter(self, tmp_path: Path) -> None:
        path = tmp_path / "film.mkv"
        uneven(path, [0, 1, 2])
        data = path.read_bytes()
        assert b"Lavf" in data
        path.write_bytes(data.replace(b"Lavf", b"\xff\xfe\xc3\x28"))
        with VideoFile(path) as video:
            assert len(list(video.decode())) == 3

    def test_as_often_as_asked(self, tmp_path: Path) -> None:
        with VideoFile(footage.make(tmp_path / "film.mp4", frames=10)) as video:
            next(video.decode())  # a pass that is broken off costs the others nothing
            assert [[number(one) for one in video.decode()] for _ in range(2)] == [list(range(10))] * 2

    def test_times_are_those_of_an_even_rate(self, tmp_path: Path) -> None:
        path = tmp_path / "uneven.mkv"
        uneven(path, [0, 1, 2, 40, 41, 300])
        with VideoFile(path) as video:
            frames = [one.frame for one in video.decode()]
            assert len(frames) == 6
            expected = [round(place / video.rate * TICKS_PER_SECOND) for place in range(6)]
        assert [frame.pts for frame in frames] == expected
        assert all(before.wall < after.wall for before, after in itertools.pairwise(frames))

    def test_odd_sides_are_made_even(self, tmp_path: Path) -> None:
        path = tmp_path / "odd.mkv"
        with av.open(str(path), "w") as output:
            stream = output.add_stream("ffv1", rate=10)
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height, stream.pix_fmt = 161, 121, "yuv444p"
            frame = av.VideoFrame.from_ndarray(footage.picture(5, 161, 121), "rgb24")
            output.mux(stream.encode(frame))
            output.mux(stream.encode())
        with VideoFile(path) as video:
            assert (video.width, video.height) == (160, 120)
            (one,) = video.decode()
        assert one.frame.y.shape == (120, 160)
        assert one.frame.u.shape == one.frame.v.shape == (60, 80)

    @pytest.mark.parametrize("degrees", [90, 180, 270])
    def test_a_phone_that_was_held_upright(self, degrees: int, tmp_path: Path) -> None:
        """Its file is turned by whoever shows it; people in it are to be found as they stand."""
        plain = clips.make(tmp_path / "plain.mp4", frames=3)
        turned = clips.turned(plain, tmp_path / "turned.mp4", degrees)
        with VideoFile(plain) as lying, VideoFile(turned) as upright:
            assert (upright.width, upright.height) == ((160, 120) if degrees == 180 else (120, 160))
            for before, after in zip(lying.decode(), upright.decode(), strict=True):
                for name in ("y", "u", "v"):
                    stored, shown = getattr(before.frame, name), getattr(after.frame, name)
                    assert np.array_equal(np.rot90(stored, -degrees // 90), shown)
                    assert shown.flags.c_contiguous

    def test_pixels_that_are_not_square(self, tmp_path: Path) -> None:
        with VideoFile(clips.make(tmp_path / "wide.mp4", frames=2, aspect=Fraction(16, 11))) as video:
            assert video.aspect == Fraction(16, 11)
        with VideoFile(clips.turned(tmp_path / "wide.mp4", tmp_path / "high.mp4", 90)) as video:
            assert video.aspect == Fraction(11, 16)
        with VideoFile(clips.make(tmp_path / "square.mp4", frames=2)) as video:
            assert video.aspect == 1

    def test_a_picture_that_changes_its_size_keeps_the_first(self, tmp_path: Path) -> None:
        first = footage.make(tmp_path / "first.ts", frames=10)
        second = footage.make(tmp_path / "second.ts", frames=10, width=480, height=360)
        both = tmp_path / "both.ts"
        both.write_bytes(first.read_bytes() + second.read_bytes())
        with VideoFile(both) as video:
            decoded = list(video.decode())
        assert len(decoded) == 20
        assert {one.frame.y.shape for one in decoded} == {(240, 320)}

    def test_a_wrong_ending_does_not_matter(self, tmp_path: Path) -> None:
        path = footage.make(tmp_path / "film.mp4", frames=10).rename(tmp_path / "film.txt")
        with VideoFile(path) as video:
            assert len(list(video.decode())) == 10

    def test_sound_beside_the_picture_does_not_matter(self, tmp_path: Path) -> None:
        with VideoFile(footage.make(tmp_path / "film.mp4", frames=10, audio=True)) as video:
            assert len(list(video.decode())) == 10

    @pytest.mark.parametrize(
        "name", ["http:film.mp4", "concat:a|b.mp4", "-i.mp4", "%03d.mp4", "Straße ☂.mp4", os.fsdecode(b"\xff.mp4")]
    )
    def test_a_name_is_a_name(self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """libav takes some for addresses, or for patterns of names."""
        monkeypatch.chdir(tmp_path)
        footage.make(tmp_path / "film.mp4", frames=5).rename(tmp_path / name)
        with VideoFile(Path(name)) as video:
            assert len(list(video.decode())) == 5


class TestDamagedFiles:
    def test_cut_short_gives_what_is_there(self, tmp_path: Path) -> None:
        whole = footage.make(tmp_path / "film.mkv", frames=50, gop=10)
        cut = footage.truncated(whole, tmp_path / "cut.mkv", whole.stat().st_size * 6 // 10)
        with VideoFile(cut) as video:
            numbers = [number(one) for one in video.decode()]
        assert 20 <= len(numbers) < 50
        assert numbers == list(range(len(numbers)))

    def test_every_frame_before_the_cut_is_there(self, tmp_path: Path) -> None:
        whole = footage.make(tmp_path / "film.mp4", frames=50, gop=50)
        place, size = places(whole)[30]
        with VideoFile(footage.truncated(whole, tmp_path / "cut.mp4", place + size // 2)) as video:
            assert [number(one) for one in video.decode()] == list(range(30))

    def test_a_demuxer_that_gives_up_leaves_the_decoder_to_be_emptied(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = footage.make(tmp_path / "film.mp4", frames=30, bframes=3)
        with VideoFile(path) as video:
            monkeypatch.setattr(video, "_open", lambda: Torn(path))
            assert [number(one) for one in video.decode()] == list(range(30))

    def test_frames_are_damaged_until_the_next_keyframe(self, tmp_path: Path) -> None:
        path = footage.make(tmp_path / "film.mp4", frames=30, gop=10)
        place, size = places(path)[13]
        data = bytearray(path.read_bytes())
        for offset in range(place + size // 4, place + size, 10):
            data[offset] ^= 0xFF
        path.write_bytes(data)
        with VideoFile(path) as video:
            decoded = list(video.decode())
        sound = [number(one) for one in decoded if not one.damaged]
        assert sound == [*range(13), *range(20, 30)]
        assert len(decoded) >= 29

    def test_scribbled(self, tmp_path: Path) -> None:
        whole = footage.make(tmp_path / "film.ts", frames=50, gop=10)
        for seed in range(5):
            bad = footage.scribbled(whole, tmp_path / "bad.ts", seed)
            with VideoFile(bad) as video:
                assert any(one.damaged for one in video.decode())

    def test_no_picture_in_it_can_be_decoded(self, tmp_path: Path) -> None:
        path = footage.make(tmp_path / "film.mp4", frames=10)
        data = bytearray(path.read_bytes())
        for place, size in places(path):
            data[place : place + size] = bytes(size)
        path.write_bytes(data)
        assert "no picture that can be decoded" in sentence(path, BadInputError)


class TestWhatIsNoVideo:
    def test_nothing_there(self, tmp_path: Path) -> None:
        assert "does not exist" in sentence(tmp_path / "gone.mp4", MissingInputError)

    def test_a_name_that_no_file_can_have(self) -> None:
        sentence(Path("film\0.mp4"), MissingInputError)

    def test_a_folder(self, tmp_path: Path) -> None:
        assert "is a folder" in sentence(tmp_path, MissingInputError)

    def test_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "empty.mp4").touch()
        assert "not a video" in sentence(tmp_path / "empty.mp4", BadInputError)

    @pytest.mark.parametrize("name", ["notes.txt", "notes.mp4", "notes.m3u8", "notes.sdp"])
    def test_text(self, name: str, tmp_path: Path) -> None:
        (tmp_path / name).write_text("A man walks into a bar.\n" * 200)
        sentence(tmp_path / name, BadInputError)

    def test_noise(self, tmp_path: Path) -> None:
        for seed in range(5):
            sentence(footage.noise(tmp_path / "noise.mp4", seed), BadInputError)

    def test_sound_alone(self, tmp_path: Path) -> None:
        assert "holds no video" in sentence(footage.make_sound(tmp_path / "song.mp4"), BadInputError)

    def test_a_wave_file(self, tmp_path: Path) -> None:
        path = tmp_path / "sound.wav"
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes(8000))
        sentence(path, BadInputError)

    def test_a_codec_nobody_knows(self, tmp_path: Path) -> None:
        bad = footage.unknown_codec(footage.make(tmp_path / "film.mp4", frames=5), tmp_path / "bad.mp4")
        assert "codec" in sentence(bad, BadInputError)

    def test_an_mp4_without_its_index(self, tmp_path: Path) -> None:
        whole = footage.make(tmp_path / "film.mp4", frames=20)
        sentence(footage.truncated(whole, tmp_path / "cut.mp4", 600), BadInputError)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_no_permission(self, tmp_path: Path) -> None:
        path = footage.make(tmp_path / "film.mp4", frames=5)
        path.chmod(0)
        assert "may not be read" in sentence(path, MissingInputError)

    def test_no_permission_as_libav_says_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """For those who run tests as root."""

        def refuse(*_arguments: object, **_more: object) -> None:
            raise av.error.PermissionError(13, "Permission denied")

        path = footage.make(tmp_path / "film.mp4", frames=5)
        monkeypatch.setattr(av, "open", refuse)
        assert "may not be read" in sentence(path, MissingInputError)

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.mp4")
        assert "not a file" in sentence(tmp_path / "pipe.mp4", MissingInputError)

    def test_a_device_without_end(self) -> None:
        assert "not a file" in sentence(Path("/dev/zero"), MissingInputError)

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n"),
            ("list.ffconcat", "ffconcat version 1.0\nfile {secret}\n"),
            ("list.sdp", "v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"),
        ],
    )
    def test_a_playlist_leads_nowhere(self, name: str, text: str, tmp_path: Path) -> None:
        """A file from elsewhere must not make us open other files of this machine, or connections."""
        footage.make(tmp_path / "secret.ts", frames=5)
        (tmp_path / name).write_text(text.format(secret="secret.ts"))
        sentence(tmp_path / name, BadInputError)


class TestHostileFiles:
    """Whatever is in a file: frames, or one of our errors, and soon."""

    @given(data=st.binary(max_size=400))
    @example(data=b"\x00\x00\x00\x01\x67")
    @example(data=b"\x00\x00\x00\x08ftyp\x00\x00\x00\x08moov")
    @example(data=b"RIFF\xff\xff\xff\xffAVI LIST")
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_random_bytes(self, data: bytes, tmp_path: Path) -> None:
        assert survives(data, tmp_path / "random.mp4")

    @given(seed=st.integers(0, 2**32), share=st.sampled_from([0.0005, 0.01, 0.2]), kind=st.sampled_from(["mp4", "mkv"]))
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_files_with_some_bytes_changed(self, seed: int, share: float, kind: str, tmp_path: Path) -> None:
        whole = tmp_path / f"whole.{kind}"
        if not whole.exists():
            footage.make(whole, frames=6, width=64, height=48, gop=3)
        data = bytearray(whole.read_bytes())
        dice = random.Random(seed)  # noqa: S311 - faults, not secrets
        for _ in range(max(1, round(len(data) * share))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        assert survives(bytes(data), tmp_path / "changed")

    def test_nothing_is_said_on_standard_error(self, tmp_path: Path) -> None:
        """libav's own words are no sentences for people."""
        bad = footage.scribbled(footage.make(tmp_path / "film.ts", frames=20), tmp_path / "bad.ts", 1)
        script = "import sys; from pathlib import Path; from watchglass.ingest.whole import VideoFile\n"
        script += "print(len(list(VideoFile(Path(sys.argv[1])).decode())))"
        ran = subprocess.run([sys.executable, "-c", script, str(bad)], capture_output=True, text=True, check=True)
        assert int(ran.stdout) > 0
        assert ran.stderr == ""


class Torn:
    """A container that fails where its file ends, as some do."""

    def __init__(self, path: Path) -> None:
        self._container = av.open(str(path))
        self.streams = self._container.streams

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._container.close()

    def demux(self, stream: av.VideoStream) -> Iterator[object]:
        yield from (packet for packet in self._container.demux(stream) if packet.size)
        raise av.error.InvalidDataError(1094995529, "Invalid data found when processing input")


def survives(data: bytes, path: Path) -> bool:
    path.write_bytes(data)
    try:
        with VideoFile(path) as video:
            decoded = list(itertools.islice(video.decode(), 50))
    except (BadInputError, MissingInputError) as error:
        return str(path) in error.sentence
    return {one.frame.y.shape for one in decoded} == {(video.height, video.width)}


def places(path: Path) -> list[tuple[int, int]]:
    """Where each packet lies in the file, and its size."""
    with av.open(str(path)) as container:
        return [(packet.pos or 0, packet.size) for packet in container.demux(video=0) if packet.size]


def uneven(path: Path, places: list[int]) -> None:
    """A file whose frames are at these tenths of a second."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=10, options={"bf": "0", "preset": "ultrafast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for count, place in enumerate(places):
            frame = av.VideoFrame.from_ndarray(footage.picture(count), "rgb24")
            frame.pts, frame.time_base = place, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
