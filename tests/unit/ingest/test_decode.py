import dataclasses
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.video.reformatter import ColorRange

from tests import footage
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import BadInputError
from watchglass.ingest.decode import Decoded, DecodeOptions, Decoder, planes, view_size
from watchglass.model.frame import RawFrame
from watchglass.model.media import TICKS_PER_SECOND, Packet, StreamInfo, Ticks

NOON = 1_800_000_000 * MICROSECONDS
RATE = 25
STEP = TICKS_PER_SECOND // RATE


def stream(path: Path) -> tuple[StreamInfo, list[Packet]]:
    """What the recorder would hand over of a file: packets in decode order."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        context = video.codec_context
        info = StreamInfo(context.name, bytes(context.extradata or b""), context.width, context.height, RATE)
        packets: list[Packet] = []
        for coded in container.demux(video):
            if coded.size:
                assert coded.pts is not None
                pts = round(coded.pts * coded.time_base * TICKS_PER_SECOND)
                packets.append(Packet(bytes(coded), Ticks(pts), wall(pts), coded.is_keyframe, jump=not packets))
    first = min(packet.pts for packet in packets)
    return info, [dataclasses.replace(one, pts=Ticks(one.pts - first), wall=wall(one.pts - first)) for one in packets]


def wall(pts: int) -> WallUs:
    return WallUs(NOON + pts * MICROSECONDS // TICKS_PER_SECOND)


def everything(decoder: Decoder, packets: Iterable[Packet]) -> list[Decoded]:
    return [decoded for packet in packets for decoded in decoder.decode(packet)] + list(decoder.finish())


def number(frame: RawFrame) -> int:
    """The number that `footage.picture` drew: its strip is black and white."""
    return footage.number_of(np.repeat(frame.y[:, :, None], 3, axis=2))


def encoded(
    pixels: str, width: int, height: int, codec: str = "libx264", colours: ColorRange = ColorRange.UNSPECIFIED
) -> tuple[StreamInfo, list[Packet]]:
    """Ten frames of a grey ramp with a coloured patch, as a camera with this pixel format would send them."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, pixels
    encoder.time_base, encoder.framerate = Fraction(1, RATE), Fraction(RATE)
    if codec == "libx264":
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "4"}
    encoder.color_range = colours
    picture = footage.picture(0, width, height, figures=0)
    picture[height // 2 :, : width // 2] = (200, 40, 40)
    packets = []
    for place in range(10):
        frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=pixels, dst_color_range=colours)
        frame.pts, frame.time_base = place, Fraction(1, RATE)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return (
        StreamInfo(codec.removeprefix("lib").replace("x264", "h264"), bytes(encoder.extradata or b""), width, height),
        [
            Packet(bytes(one), Ticks((one.pts or 0) * STEP), wall((one.pts or 0) * STEP), one.is_keyframe, not place)
            for place, one in enumerate(packets)
        ],
    )


def assert_plain(frame: RawFrame) -> None:
    """YUV 4:2:0 with even sides, as the model promises."""
    assert frame.width % 2 == frame.height % 2 == 0
    for plane in (frame.u, frame.v):
        assert plane.shape == (frame.height // 2, frame.width // 2)
    assert {plane.dtype for plane in (frame.y, frame.u, frame.v)} == {np.dtype(np.uint8)}


def middle(plane: npt.NDArray[np.uint8]) -> float:
    """The level in the middle of the coloured patch."""
    height, width = plane.shape
    return float(plane[height * 5 // 8 : height * 7 // 8, width // 8 : width * 3 // 8].mean())


@pytest.fixture(scope="module", params=[("libx264", "mp4"), ("libx265", "mp4"), ("mpeg4", "avi")], ids=lambda p: p[0])
def camera(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[StreamInfo, list[Packet]]:
    codec, kind = request.param
    path = tmp_path_factory.mktemp("camera") / f"camera.{kind}"
    return stream(footage.make(path, codec=codec, frames=30, gop=10))


@pytest.fixture(scope="module")
def h264(tmp_path_factory: pytest.TempPathFactory) -> tuple[StreamInfo, list[Packet]]:
    return stream(footage.make(tmp_path_factory.mktemp("camera") / "camera.mp4", frames=30, gop=10))


@pytest.fixture(scope="module")
def usual() -> RawFrame:
    """What other forms of the same picture must come to."""
    info, packets = encoded("yuv420p", 320, 240)
    return everything(Decoder(info), packets)[0].frame


class TestWholeStreams:
    def test_every_frame_comes_once_in_order_with_its_time(self, camera: tuple[StreamInfo, list[Packet]]) -> None:
        info, packets = camera
        decoded = everything(Decoder(info), packets)
        assert [number(one.frame) for one in decoded] == list(range(30))
        assert [one.frame.pts for one in decoded] == [place * STEP for place in range(30)]
        assert [one.frame.wall for one in decoded] == [wall(place * STEP) for place in range(30)]
        assert not any(one.damaged for one in decoded)
        for one in decoded:
            assert_plain(one.frame)
            assert (one.frame.width, one.frame.height) == (320, 240)

    def test_only_the_first_frame_after_a_hole_is_a_jump(self, camera: tuple[StreamInfo, list[Packet]]) -> None:
        info, packets = camera
        assert [one.frame.jump for one in everything(Decoder(info), packets)] == [True] + [False] * 29

    @pytest.mark.parametrize("codec", ["libx264", "libx265"])
    def test_reordered_frames_come_out_in_order_of_time(self, codec: str, tmp_path: Path) -> None:
        info, packets = stream(footage.make(tmp_path / "b.mp4", codec=codec, frames=30, gop=15, bframes=3))
        assert [packet.pts for packet in packets] != sorted(packet.pts for packet in packets)
        decoded = everything(Decoder(info), packets)
        assert [number(one.frame) for one in decoded] == list(range(30))
        assert [one.frame.wall for one in decoded] == [wall(place * STEP) for place in range(30)]

    def test_no_frame_is_held_back_where_none_is_reordered(self, h264: tuple[StreamInfo, list[Packet]]) -> None:
        info, packets = h264
        decoder = Decoder(info)
        assert [len(list(decoder.decode(packet))) for packet in packets] == [1] * 30

    def test_frames_outlive_their_decoder(self, h264: tuple[StreamInfo, list[Packet]]) -> None:
        """The planes are the decoder's own memory, which it must not use again while a frame waits to be shown."""
        info, packets = h264
        decoder = Decoder(info)
        decoded = everything(decoder, packets)
        copies = [one.frame.y.copy() for one in decoded]
        del decoder
        everything(Decoder(info), packets)
        assert all((one.frame.y == copy).all() for one, copy in zip(decoded, copies, strict=True))


class TestForms:
    """Whatever a camera sends, what comes out is limited range, 4:2:0, with even sides."""

    @pytest.mark.parametrize("pixels", ["yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"])
    def test_other_samplings_and_depths(self, pixels: str, usual: RawFrame) -> None:
        info, packets = encoded(pixels, 320, 240)
        for one in everything(Decoder(info), packets):
            assert_plain(one.frame)
            for plane, expected in zip(_planes(one.frame), _planes(usual), strict=True):
                assert np.abs(plane.astype(int) - expected.astype(int)).mean() < 3

    @pytest.mark.parametrize(
        ("pixels", "codec"), [("yuvj420p", "libx264"), ("yuvj422p", "mjpeg"), ("yuvj420p", "mjpeg")]
    )
    def test_full_range(self, pixels: str, codec: str, usual: RawFrame) -> None:
        info, packets = encoded(pixels, 320, 240, codec, ColorRange.JPEG)
        frame = everything(Decoder(info), packets)[0].frame
        assert_plain(frame)
        for plane, expected in zip(_planes(frame), _planes(usual), strict=True):
            assert middle(plane) == pytest.approx(middle(expected), abs=3)
        assert np.percentile(frame.y, 1) >= 16  # the strip's black was 0, and is 16 in limited range
        assert np.percentile(frame.y, 99) <= 235

    def test_full_range_that_only_a_flag_tells(self) -> None:
        """As AV1 decoders say it."""
        white = av.VideoFrame.from_ndarray(np.full((72, 64), 255, np.uint8), "yuv420p")
        white.color_range = ColorRange.JPEG
        assert planes(white, 1280)[0].max() == 235

    def test_wider_than_asked_for(self) -> None:
        info, packets = encoded("yuv420p", 640, 360)
        frame = everything(Decoder(info, DecodeOptions(widest=250)), packets)[0].frame
        assert (frame.width, frame.height) == (250, 140)
        assert_plain(frame)
        assert middle(frame.v) > middle(frame.u) + 30

    @pytest.mark.parametrize(("width", "height"), [(321, 241), (320, 241), (321, 240)])
    def test_odd_sides(self, width: int, height: int) -> None:
        info, packets = encoded("yuv444p", width, height)
        frame = everything(Decoder(info), packets)[0].frame
        assert (frame.width, frame.height) == (320, 240)
        assert_plain(frame)

    def test_a_plain_frame_is_not_copied(self) -> None:
        frame = av.VideoFrame(64, 48, "yuv420p")
        rows = np.frombuffer(memoryview(frame.planes[0]), np.uint8)
        assert np.shares_memory(planes(frame, 1280)[0], rows)

    def test_padding_of_lines_is_no_picture(self) -> None:
        """A width that is no multiple of the decoder's alignment leaves bytes at each line's end."""
        info, packets = encoded("yuv420p", 322, 242)
        frame = everything(Decoder(info), packets)[0].frame
        assert (frame.width, frame.height) == (322, 242)
        assert_plain(frame)
        assert number(frame) == 0

    @pytest.mark.parametrize(
        ("size", "widest", "expected"),
        [
            ((640, 480), 1280, (640, 480)),
            ((1280, 720), 1280, (1280, 720)),
            ((1282, 722), 1280, (1280, 720)),
            ((3840, 2160), 1280, (1280, 720)),
            ((2592, 1944), 1280, (1280, 960)),
            ((641, 481), 1280, (640, 480)),
            ((4000, 20), 1000, (1000, 16)),  # never so flat that there is nothing to encode
        ],
    )
    def test_size_of_a_view(self, size: tuple[int, int], widest: int, expected: tuple[int, int]) -> None:
        assert view_size(*size, widest) == expected


class TestHoles:
    def test_a_jump_drops_what_the_decoder_holds(self, tmp_path: Path) -> None:
        """Reordered frames of before the hole, which would come out after it, belong to another scene."""
        info, packets = stream(footage.make(tmp_path / "b.mp4", frames=30, gop=15, bframes=3))
        keyframe = [place for place, packet in enumerate(packets) if packet.keyframe][1]
        assert keyframe == 15
        later = [dataclasses.replace(packets[keyframe], jump=True), *packets[keyframe + 1 :]]
        decoder = Decoder(info)
        before = [one for packet in packets[:12] for one in decoder.decode(packet)]
        after = everything(decoder, later)
        assert len(before) < 12
        assert [number(one.frame) for one in after] == list(range(15, 30))
        assert [one.frame.jump for one in after] == [True] + [False] * 14
        assert [one.frame.wall for one in after] == [wall(place * STEP) for place in range(15, 30)]

    def test_what_was_damaged_before_a_jump_is_not_after_it(self, h264: tuple[StreamInfo, list[Packet]]) -> None:
        info, packets = h264
        decoder = Decoder(info)
        assert any(one.damaged for packet in _broken(packets, 13)[:15] for one in decoder.decode(packet))
        jumped = [dataclasses.replace(packets[20], jump=True), *packets[21:]]
        assert not any(one.damaged for one in everything(decoder, jumped))

    @pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4"])
    def test_a_jump_between_keyframes_shows_nothing_as_sound_before_the_next(self, codec: str, tmp_path: Path) -> None:
        """Timestamps that leap are a jump too, wherever they leap."""
        info, packets = stream(footage.make(tmp_path / "camera.mkv", codec=codec, frames=30, gop=10))
        leaping = [*packets[:13], dataclasses.replace(packets[13], jump=True), *packets[14:]]
        decoded = everything(Decoder(info), leaping)
        assert [one.frame.pts // STEP for one in decoded if not one.damaged] == [*range(13), *range(20, 30)]

    def test_frames_without_a_time_of_their_own_get_the_newest(self, h264: tuple[StreamInfo, list[Packet]]) -> None:
        """Times of packets that never become frames are forgotten after a while, the newest last."""
        info, packets = h264
        decoder = Decoder(info)
        list(decoder.decode(packets[0]))
        for place in range(200):
            late = Ticks((1000 + place) * STEP)
            list(decoder.decode(Packet(b"\x00\x00\x00\x05nono", late, wall(late), False)))
        assert len(decoder._walls) <= 64
        assert wall(1199 * STEP) in decoder._walls.values()


class TestDamage:
    @pytest.mark.parametrize("place", [13, 17])
    def test_until_the_next_keyframe(self, h264: tuple[StreamInfo, list[Packet]], place: int) -> None:
        info, packets = h264
        decoded = everything(Decoder(info), _broken(packets, place))
        damaged = [one.frame.pts // STEP for one in decoded if one.damaged]
        assert set(range(place + 1, 20)) <= set(damaged) <= set(range(place, 20))
        assert {one.frame.pts // STEP for one in decoded} >= set(range(30)) - {place}

    def test_of_a_keyframe_itself(self, h264: tuple[StreamInfo, list[Packet]]) -> None:
        info, packets = h264
        decoded = everything(Decoder(info), _broken(packets, 10))
        sound = [one.frame.pts // STEP for one in decoded if not one.damaged]
        assert set(range(10)) | set(range(20, 30)) <= set(sound)
        assert not set(range(11, 20)) & set(sound)

    @pytest.mark.parametrize("codec", ["libx265", "mpeg4"])
    def test_of_other_codecs_shows_no_frame_as_sound_that_is_not(self, codec: str, tmp_path: Path) -> None:
        info, packets = stream(footage.make(tmp_path / "camera.mkv", codec=codec, frames=30, gop=10))
        cut = dataclasses.replace(packets[13], data=packets[13].data[: len(packets[13].data) // 2])
        decoded = everything(Decoder(info), [*packets[:13], cut, *packets[14:]])
        sound = [one.frame.pts // STEP for one in decoded if not one.damaged]
        assert sound == [*range(13), *range(20, 30)]

    def test_noise_in_place_of_packets_hurts_nobody(self, camera: tuple[StreamInfo, list[Packet]]) -> None:
        info, packets = camera
        dice = np.random.default_rng(7)
        decoder = Decoder(info)
        for packet in packets[:20]:
            noise = dice.integers(0, 256, int(dice.integers(1, 3000)), np.uint8).tobytes()
            list(decoder.decode(dataclasses.replace(packet, data=noise)))
        keyframe = dataclasses.replace(packets[20], jump=True)
        decoded = everything(decoder, [keyframe, *packets[21:]])
        assert [number(one.frame) for one in decoded] == list(range(20, 30))
        assert not any(one.damaged for one in decoded)

    def test_an_empty_packet_is_not_the_end(self, h264: tuple[StreamInfo, list[Packet]]) -> None:
        info, packets = h264
        empty = dataclasses.replace(packets[5], data=b"")
        decoded = everything(Decoder(info), [*packets[:10], empty, *packets[10:]])
        assert [number(one.frame) for one in decoded] == list(range(30))

    def test_decoders_read_zeros_after_a_packets_end(self, tmp_path: Path) -> None:
        """libav reads up to 64 bytes further; what lies there by chance made sound MPEG-4 frames damaged."""
        info, packets = stream(footage.make(tmp_path / "camera.avi", codec="mpeg4", frames=30, gop=10))
        for length in range(600, 12_000, 300):  # leaves rubbish behind where the next packets will lie
            bytearray(b"\xff" * length).clear()
            assert not any(one.damaged for one in everything(Decoder(info), packets))


class TestCodecs:
    @pytest.mark.parametrize("name", ["no-such-codec", "", "h264_of_the_future"])
    def test_unknown(self, name: str) -> None:
        with pytest.raises(BadInputError, match=f"cannot decode '{name}'"):
            Decoder(StreamInfo(name, b"", 320, 240))

    def test_sound_is_no_video(self) -> None:
        with pytest.raises(BadInputError, match="'aac' is not a video codec"):
            Decoder(StreamInfo("aac", b"", 320, 240))

    def test_nothing_to_decode(self) -> None:
        assert list(Decoder(StreamInfo("h264", b"", 320, 240)).finish()) == []


def _planes(frame: RawFrame) -> tuple[npt.NDArray[np.uint8], ...]:
    return frame.y, frame.u, frame.v


def _broken(packets: list[Packet], place: int) -> list[Packet]:
    """The packets, one of them with every tenth of its later bytes turned over."""
    data = bytearray(packets[place].data)
    for offset in range(len(data) // 4, len(data), 10):
        data[offset] ^= 0xFF
    return [*packets[:place], dataclasses.replace(packets[place], data=bytes(data)), *packets[place + 1 :]]
