"""Real footage of x264 and x265, remuxed and read back; made-up packets only for what an encoder would never write."""

import io
import itertools
import random
import struct
import subprocess
import time
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import clips, footage
from tests.remuxed import KINDS, RATE, STEP, Run, demuxed, remuxed, run, wall, whole
from tests.rtsp import RtspServer, needs_rtsp_server
from watchglass.base.clock import WallUs
from watchglass.base.errors import BadInputError
from watchglass.camera.url import parse_source
from watchglass.ingest.open import open_stream
from watchglass.model.camera import Transport
from watchglass.model.media import TICKS_PER_SECOND, Packet, StreamInfo, Ticks
from watchglass.record import remux
from watchglass.record.remux import Fragment, Remuxer
from watchglass.store import fmp4
from watchglass.store.nal import length_prefixed, split_annexb, split_length_prefixed


def packets_of(data: bytes) -> list["av.Packet[av.VideoStream]"]:
    with av.open(io.BytesIO(data), "r", format="mp4") as container:
        return [packet for packet in container.demux(container.streams.video[0]) if packet.size]


def units_of(run: Run) -> list[list[bytes]]:
    split = split_length_prefixed if run[0].extradata[:1] == b"\x01" else split_annexb
    return [split(packet.data) for packet in run[1]]


def decode_times(fragments: Iterable[Fragment]) -> list[int]:
    """As they are written, to the end of each fragment; offsets are checked on the way."""
    found = []
    for fragment in fragments:
        boxes = {
            box.kind: fragment.data[box.offset + 8 : box.end] for box in fmp4._within(fragment.data, "moof", "traf")
        }
        (at,) = struct.unpack_from(">Q", boxes["tfdt"], 4)
        flags, count = struct.unpack_from(">2I", boxes["trun"])
        assert boxes["trun"][0] == (1 if flags & 0x800 else 0)  # offsets with a sign
        layout = ">3Ii" if flags & 0x800 else ">3I"
        rows = list(struct.iter_unpack(layout, boxes["trun"][12:]))
        assert len(rows) == count == fragment.frames
        for duration, *_ in rows:
            assert duration >= 1
            found.append(at)
            at += duration
        found.append(at)
    return found


def check_times(fragments: Sequence[Fragment]) -> None:
    for fragment in fragments:
        times = decode_times([fragment])
        assert all(before < after for before, after in itertools.pairwise(times))
    starts = [decode_times([fragment])[0] for fragment in fragments]
    ends = [decode_times([fragment])[-1] for fragment in fragments]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


# ---- real footage


@pytest.mark.parametrize("suffix", ["mp4", "ts", "mkv"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_nal_units_are_the_cameras_own(kind: str, suffix: str) -> None:
    source = run(kind, suffix)
    fragments, remuxer = remuxed(source)
    assert remuxer.dropped == 0
    back = [split_length_prefixed(bytes(packet)) for packet in packets_of(whole(fragments))]
    assert back == units_of(source)
    assert sum(fragment.frames for fragment in fragments) == len(source[1])


@pytest.mark.parametrize("suffix", ["mp4", "ts"])
@pytest.mark.parametrize("kind", KINDS)
def test_times_and_keyframes_are_those_of_the_packets(kind: str, suffix: str) -> None:
    source = run(kind, suffix)
    fragments, _ = remuxed(source)
    back = packets_of(whole(fragments))
    assert [packet.pts for packet in back] == [packet.pts for packet in source[1]]
    assert [packet.is_keyframe for packet in back] == [packet.keyframe for packet in source[1]]
    assert {packet.time_base for packet in back} == {Fraction(1, TICKS_PER_SECOND)}
    dts = [packet.dts for packet in back if packet.dts is not None]
    assert len(set(dts)) == len(back)
    assert dts == sorted(dts)
    assert all(packet.dts <= packet.pts for packet in back if packet.dts is not None and packet.pts is not None)
    check_times(fragments)


@pytest.mark.parametrize("suffix", ["mp4", "ts"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_decoder_shows_the_same_pictures(kind: str, suffix: str) -> None:
    source = run(kind, suffix)
    fragments, _ = remuxed(source)
    with av.open(io.BytesIO(whole(fragments)), "r", format="mp4") as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (source[0].width, source[0].height)
        shown = [frame.to_ndarray() for frame in container.decode(stream)]
    expected = _decoded(source)
    assert len(shown) == len(expected) == len(source[1])
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(shown, expected, strict=True))


def _decoded(run: Run) -> list[np.ndarray]:
    context = av.CodecContext.create(run[0].codec, "r")
    assert isinstance(context, av.VideoCodecContext)
    context.extradata = run[0].extradata
    frames = [frame for packet in run[1] for frame in context.decode(av.Packet(packet.data))]
    return [frame.to_ndarray() for frame in frames + context.decode(None)]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("suffix", ["mp4", "ts"])
@pytest.mark.parametrize("kind", KINDS)
def test_ffprobe_finds_nothing_to_say(kind: str, suffix: str, late: bool, tmp_path: Path) -> None:
    fragments, _ = remuxed(run(kind, suffix))
    keyframes = [n for n, fragment in enumerate(fragments) if fragment.keyframe]
    later = fragments[keyframes[-1] if late else 0 :]
    path = tmp_path / "clip.mp4"
    path.write_bytes(whole(later))
    command = ["ffprobe", "-v", "warning", "-show_entries", "packet=pts", "-of", "csv=p=0", str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stderr == ""
    assert len(told.stdout.split()) == sum(fragment.frames for fragment in later)


@pytest.mark.parametrize("kind", ["plain", "long GOP"])
def test_fragments_of_a_second_each(kind: str) -> None:
    source = run(kind, "ts")
    fragments, _ = remuxed(source)
    assert [fragment.frames for fragment in fragments] == [25, 25, 25, 25, 10]
    assert [fragment.duration_ticks for fragment in fragments] == [90_000] * 4 + [10 * STEP]
    assert [fragment.keyframe for fragment in fragments] == [kind == "plain" or n == 0 for n in range(5)]
    first = source[1][0].wall
    assert [fragment.start - first for fragment in fragments] == [n * 1_000_000 for n in range(5)]
    assert [fragment.end - first for fragment in fragments] == [*(n * 1_000_000 for n in range(1, 5)), 4_400_000]
    # Without frames out of order it is laid out as a view is.
    assert [at.duration_ticks for at in fmp4.fragments_of(io.BytesIO(whole(fragments))).fragments] == [
        fragment.duration_ticks for fragment in fragments
    ]


@pytest.mark.parametrize("kind", ["open GOP", "long GOP with B-frames", "hevc with B-frames"])
def test_frames_out_of_order_make_no_seam(kind: str) -> None:
    source = run(kind, "mp4")
    fragments, _ = remuxed(source)
    assert all(fragment.duration_ticks <= remux.LONGEST for fragment in fragments)
    assert all(before.end == after.start for before, after in itertools.pairwise(fragments))
    assert sum(fragment.duration_ticks for fragment in fragments) == len(source[1]) * STEP
    ends, starts = [decode_times([one])[-1] for one in fragments], [decode_times([one])[0] for one in fragments]
    assert ends[:-1] == starts[1:]


def test_a_fragment_is_given_out_a_packet_later_without_frames_out_of_order() -> None:
    info, packets = run("plain", "ts")
    remuxer = Remuxer(info)
    assert [n for n, packet in enumerate(packets) if remuxer.take(packet)] == [25, 50, 75, 100]
    assert [fragment.frames for fragment in remuxer.rest()] == [10]
    assert remuxer.rest() == []


@pytest.mark.camera
@pytest.mark.parametrize(("codec", "parser"), [(footage.H264, "h264"), (footage.H265, "h265")])
def test_what_an_rtsp_camera_sends(codec: str, parser: str, tmp_path: Path) -> None:
    needs_rtsp_server()
    file = footage.make(tmp_path / "street.mp4", codec=codec, frames=100, rate=RATE, gop=10)
    with RtspServer({"/street": file}, codec=parser) as server:
        source, _ = parse_source(server.url("/street"))
        stream = open_stream(source, None, Transport.TCP, camera="Gate")
        read = list(itertools.islice(stream.packets(), 30))
        stream.close()
    packets = [Packet(one.data, Ticks(n * STEP), wall(n * STEP), one.keyframe) for n, one in enumerate(read)]
    fragments, remuxer = remuxed((stream.info, packets))
    assert remuxer.dropped == 0
    back = [split_length_prefixed(bytes(packet)) for packet in packets_of(whole(fragments))]
    assert back == [split_length_prefixed(packet.data) for packet in packets]


# ---- forms of packets


def annexb(units: Iterable[bytes], code: bytes = b"\0\0\0\1", after: bytes = b"") -> bytes:
    return b"".join(code + unit + after for unit in units)


@pytest.mark.parametrize("code", [b"\0\0\1", b"\0\0\0\1", b"\0\0\0\0\0\1"])
@pytest.mark.parametrize("after", [b"", b"\0", b"\0\0\0"])
def test_start_codes_of_any_length_and_zeros_after_units(code: bytes, after: bytes) -> None:
    info, packets = run("slices", "ts")
    changed = [_with(packet, annexb(split_annexb(packet.data), code, after)) for packet in packets]
    assert whole(remuxed((info, changed))[0]) == whole(remuxed((info, packets))[0])


def _with(packet: Packet, data: bytes, *, jump: bool = False) -> Packet:
    return Packet(data, packet.pts, packet.wall, packet.keyframe, jump)


@pytest.mark.parametrize(("kind", "place"), [("slices", 4), ("hevc", 21)])
@pytest.mark.parametrize("size", [2, 3])
def test_lengths_of_any_size(kind: str, place: int, size: int) -> None:
    info, packets = run(kind, "mp4")
    extradata = bytearray(info.extradata)
    extradata[place] = extradata[place] & 0xFC | size - 1
    other = StreamInfo(info.codec, bytes(extradata), info.width, info.height, info.rate)
    changed = [
        _with(packet, b"".join(len(unit).to_bytes(size, "big") + unit for unit in split_length_prefixed(packet.data)))
        for packet in packets
    ]
    assert whole(remuxed((other, changed))[0]) == whole(remuxed((info, packets))[0])


@pytest.mark.parametrize("kind", ["slices", "hevc"])
def test_the_header_is_the_same_from_start_codes_extradata_or_packets(kind: str) -> None:
    info, packets = run(kind, "ts")
    without = StreamInfo(info.codec, b"", info.width, info.height, info.rate)
    assert whole(remuxed((without, packets))[0]) == whole(remuxed((info, packets))[0])


@pytest.mark.parametrize(("kind", "entry"), [("open GOP", b"avcC"), ("hevc", b"hvcC")])
def test_the_header_says_what_the_encoders_own_file_said(kind: str, entry: bytes) -> None:
    info, packets = run(kind, "mp4")
    data = whole(remuxed((info, packets))[0])
    with av.open(io.BytesIO(data), "r", format="mp4") as container:
        ours = bytearray(container.streams.video[0].codec_context.extradata or b"")
    theirs = bytearray(info.extradata)
    if entry == b"hvcC":
        assert ours[23] & 0x7F == theirs[23] & 0x7F == 32
        for record in (ours, theirs):
            record[13:15] = record[15:16] = record[19:21] = b""  # segmentation, parallelism, rate: hints
            record[:] = bytes(
                byte & 0x7F if byte & 0x80 and byte & 0x7F in {32, 33, 34, 39} else byte for byte in record
            )
    assert ours == theirs
    assert (b"hev1" if entry == b"hvcC" else b"avc3") in data


def test_a_codec_that_cannot_be_kept_as_it_is() -> None:
    for codec in ("mjpeg", "mpeg4", "av1", ""):
        with pytest.raises(BadInputError, match=r"H\.264 or H\.265"):
            Remuxer(StreamInfo(codec, b"", 640, 480))


# ---- where fragments begin


def test_before_the_first_keyframe_all_is_dropped_and_counted() -> None:
    info, packets = run("plain", "ts")
    fragments, remuxer = remuxed((info, packets[7:]))
    assert remuxer.dropped == 25 - 7
    assert [fragment.keyframe for fragment in fragments] == [True] * 4
    assert fragments[0].start == packets[25].wall
    assert decode_times(fragments)[0] == packets[25].pts


def test_a_keyframe_without_parameter_sets_anywhere_is_dropped_as_well() -> None:
    _, packets = run("plain", "mp4")
    start_codes = [_with(packet, annexb(split_length_prefixed(packet.data))) for packet in packets]
    fragments, remuxer = remuxed((StreamInfo("h264", b"", 160, 120), start_codes))
    assert fragments == []
    assert remuxer.dropped == len(packets)


def test_other_parameter_sets_bring_another_header() -> None:
    info, small = run("plain", "ts")
    _, large = run("plain", "ts", width=320)
    packets = small[:40] + [_later(packet, 40 * STEP) for packet in large]
    fragments, _ = remuxed((info, packets))
    sizes = []
    for _, group in itertools.groupby(fragments, key=lambda fragment: id(fragment.init)):
        same = list(group)
        assert same[0].keyframe
        with av.open(io.BytesIO(whole(same)), "r", format="mp4") as container:
            video = container.streams.video[0]
            sizes.append((video.width, video.height, len(list(container.decode(video)))))
        _assert_header_size(same[0].init, sizes[-1][0])
    assert sizes == [(160, 120, 40), (320, 120, 110)]
    assert [fragment.frames for fragment in fragments[:3]] == [25, 15, 25]


def _later(packet: Packet, ticks: int) -> Packet:
    pts = Ticks(packet.pts + ticks)
    return Packet(packet.data, pts, wall(pts), packet.keyframe)


def _assert_header_size(init: bytes, width: int, height: int = 120) -> None:
    place = init.index(b"tkhd") + 4
    assert struct.unpack_from(">2I", init, place + 76) == (width << 16, height << 16)


def test_parameter_sets_that_are_repeated_bring_none() -> None:
    fragments, _ = remuxed(run("plain", "ts"))
    assert len({id(fragment.init) for fragment in fragments}) == 1


@pytest.mark.parametrize(
    ("codec", "options", "width", "height", "pixels"),
    [
        ("libx264", "interlaced=1", 160, 120, "yuv420p"),
        ("libx264", "cqm=jvt:sps-id=3", 130, 98, "yuv420p"),
        ("libx264", "bframes=0", 150, 118, "yuv444p"),
        ("libx264", "bframes=0", 150, 119, "yuv422p10le"),
        ("libx264", "bframes=0", 162, 98, "gray"),
        ("libx265", "keyint=5", 150, 118, "yuv420p"),
        ("libx265", "temporal-layers=3:bframes=4", 150, 118, "yuv444p10le"),
    ],
)
@pytest.mark.parametrize("suffix", ["mp4", "ts"])
def test_a_header_has_the_size_and_depth_of_the_sps(
    codec: str, options: str, width: int, height: int, pixels: str, suffix: str, tmp_path: Path
) -> None:
    name = {"libx264": "x264-params", "libx265": "x265-params"}[codec]
    settings = {name: options + (":log-level=none" if codec == "libx265" else "")}
    path = tmp_path / f"clip.{suffix}"
    info, packets = demuxed(
        clips.make(path, codec=codec, frames=6, rate=RATE, width=width, height=height, pixels=pixels, options=settings)
    )
    fragments, _ = remuxed((StreamInfo(info.codec, info.extradata, 16, 16, info.rate), packets))
    _assert_header_size(fragments[0].init, width, height)
    theirs = info.extradata
    if suffix == "mp4" and codec == "libx264":
        assert theirs in fragments[0].init
    elif suffix == "mp4":
        ours = fragments[0].init[fragments[0].init.index(b"hvcC") + 4 :]
        assert ours[:13] == theirs[:13]
        assert ours[16:19] == theirs[16:19]  # chroma and depths
        assert ours[21] == theirs[21]  # layers


def test_the_newest_sps_is_the_one_in_force(tmp_path: Path) -> None:
    packets: list[Packet] = []
    for n, (number, width) in enumerate([(0, 160), (1, 320), (0, 240)]):
        path = tmp_path / f"{n}.ts"
        options = {"x264-params": f"bframes=0:sps-id={number}"}
        _, more = demuxed(clips.make(path, frames=25, rate=RATE, width=width, options=options))
        packets += [_later(packet, n * TICKS_PER_SECOND) for packet in more]
    fragments, _ = remuxed((StreamInfo("h264", b"", 160, 120, RATE), packets))
    assert len(fragments) == 3
    for fragment, width in zip(fragments, (160, 320, 240), strict=True):
        _assert_header_size(fragment.init, width)


def test_parameter_sets_between_keyframes_wait_for_the_next_one() -> None:
    info, packets = run("plain", "ts")
    other = next(unit for unit in units_of(run("plain", "ts", width=320))[0] if unit[0] & 31 == 7)
    between = [*packets[:30], _with(packets[30], annexb([other]) + packets[30].data), *packets[31:]]
    between[35] = _with(between[35], between[35].data, jump=True)
    fragments, _ = remuxed((info, between))
    assert [fragment.keyframe for fragment in fragments] == [True, True, False, True, True, True]
    assert len({id(fragment.init) for fragment in fragments}) == 1  # at the next keyframe the old ones are back


def test_a_jump_lets_a_fragment_go_at_once() -> None:
    info, packets = run("B-frames", "mp4")
    remuxer = Remuxer(info)
    for packet in packets[:40]:
        remuxer.take(packet)
    fragment = remuxer.take(_with(packets[40], packets[40].data, jump=True))
    assert fragment is not None
    assert fragment.frames == 15


def test_a_jump_ends_the_fragment_before_it_and_leaves_a_hole() -> None:
    info, packets = run("long GOP", "ts")
    after = [_later(packet, 20 * TICKS_PER_SECOND) for packet in packets[60:]]
    after[0] = _with(after[0], after[0].data, jump=True)
    fragments, _ = remuxed((info, packets[:60] + after))
    assert [fragment.frames for fragment in fragments] == [25, 25, 10, 25, 25]
    hole = fragments[3].start - fragments[2].end
    assert hole == 20_000_000
    assert fragments[2].duration_ticks == 10 * STEP
    check_times(fragments)


def test_a_jump_at_once_after_a_cut_loses_nothing() -> None:
    info, packets = run("open GOP", "mp4")
    for place in range(38, 46):
        jumping = [*packets[:place], _with(packets[place], packets[place].data, jump=True), *packets[place + 1 :]]
        fragments, _ = remuxed((info, jumping))
        back = [split_length_prefixed(bytes(packet)) for packet in packets_of(whole(fragments))]
        assert back == units_of((info, packets))
        check_times(fragments)


def test_a_jump_of_a_packet_that_is_dropped_is_kept() -> None:
    info, packets = run("long GOP", "ts")
    torn = Packet(b"", packets[10].pts, packets[10].wall, False, jump=True)
    fragments, remuxer = remuxed((info, [*packets[:10], torn, *packets[11:]]))
    assert fragments[0].frames == 10
    assert remuxer.dropped == 1


@pytest.mark.parametrize("step", [0, -1, 1])
def test_times_that_stand_still_or_run_back_are_moved_apart(step: int) -> None:
    info, packets = run("long GOP", "ts")
    same = [Packet(p.data, Ticks(90_000 + n * step), wall(90_000 + n), p.keyframe) for n, p in enumerate(packets)]
    fragments, remuxer = remuxed((info, same))
    check_times(fragments)
    assert remuxer.dropped == 0
    times = [packet.pts for packet in packets_of(whole(fragments))]
    assert len(set(times)) == len(packets)


def test_a_fragment_is_never_large(monkeypatch: pytest.MonkeyPatch) -> None:
    info, packets = run("long GOP", "ts")
    largest = len(packets[0].data) + 100
    monkeypatch.setattr(remux, "LARGEST", largest)
    packets = [*packets[:3], _with(packets[3], packets[3].data + b"\x80" * largest), *packets[4:]]
    fragments, remuxer = remuxed((info, packets))
    sizes = [sum(len(bytes(packet)) for packet in packets_of(fragment.init + fragment.data)) for fragment in fragments]
    assert len(sizes) > 5
    assert all(size <= largest for size in sizes)
    assert sum(fragment.frames for fragment in fragments) == len(packets) - 1
    assert remuxer.dropped == 1


def test_a_still_frame_lasts_until_the_next_one() -> None:
    info, packets = run("long GOP", "ts")
    slow = [Packet(p.data, Ticks(n * 450_000), wall(n * 450_000), p.keyframe) for n, p in enumerate(packets[:5])]
    fragments, _ = remuxed((info, slow))
    assert [(fragment.frames, fragment.duration_ticks) for fragment in fragments[:-1]] == [(1, 450_000)] * 4
    assert all(before.end == after.start for before, after in itertools.pairwise(fragments))


# ---- nonsense

SPS, PPS = (unit for unit in split_annexb(run("plain", "ts")[0].extradata) if unit[0] & 31 in {7, 8})
BEGIN = Packet(annexb([SPS, PPS, b"\x65\x88\x80"]), Ticks(0), wall(0), True)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\1", b"\0\0\0\1\0\0\0\1", bytes(100), b"\x65" * 100])
def test_packets_without_a_nal_unit_are_counted(data: bytes) -> None:
    remuxer = Remuxer(StreamInfo("h264", b"", 160, 120))
    remuxer.take(BEGIN)
    assert remuxer.take(Packet(data, Ticks(STEP), wall(STEP), False)) is None
    assert remuxer.dropped == 1
    assert [fragment.frames for fragment in remuxer.rest()] == [1]


@pytest.mark.parametrize(
    "data", [b"\0", b"\0\0\0\2\x41", b"\0\0\0\1\x41\0", b"\xff" * 9, b"\0\0\0\1\x41\0\0\0\2\x41", bytes(8)]
)
def test_torn_lengths_are_counted(data: bytes) -> None:
    info, packets = run("plain", "mp4")
    fragments, remuxer = remuxed((info, [packets[0], Packet(data, Ticks(STEP), wall(STEP), False)]))
    assert remuxer.dropped == 1
    assert [fragment.frames for fragment in fragments] == [1]


@pytest.mark.parametrize("unit", [b"\0\0\1\x41", b"\0\0\0\1", b"\0\0\1", b"\0"])
def test_huge_packets_take_no_time(unit: bytes) -> None:
    for length, data in itertools.product((0, 4), [unit * (4 << 20), unit * (20 << 20)]):
        extradata = run("plain", "mp4")[0].extradata if length else b""
        remuxer = Remuxer(StreamInfo("h264", extradata, 160, 120))
        before = time.process_time()
        assert remuxer.take(Packet(data, Ticks(0), wall(0), True)) is None
        assert time.process_time() - before < 0.5
        assert remuxer.dropped == 1


@given(st.binary(max_size=80))
def test_any_parameter_sets_give_a_header_or_none(tail: bytes) -> None:
    for codec, heads in (
        ("h264", [b"\x67\x64\x00\x1f", b"\x68"]),
        ("hevc", [b"\x40\x01", b"\x42\x01\x01", b"\x44\x01"]),
    ):
        for extradata in (tail, annexb([head + tail for head in heads]), b"\x01" + tail, heads[0] + tail):
            remuxer = Remuxer(StreamInfo(codec, extradata, 160, 120))
            remuxer.take(BEGIN)
            remuxer.rest()


@given(st.integers(0, 1 << 32), st.sampled_from(KINDS), st.sampled_from(["mp4", "ts"]))
@settings(max_examples=50)
def test_any_damage_is_counted_and_leaves_fragments_in_order(seed: int, kind: str, suffix: str) -> None:
    """Bytes, times and marks of real packets changed at random."""
    chance = random.Random(seed)  # noqa: S311 - the same damage in every run
    info, packets = run(kind, suffix)
    damaged = []
    for packet in packets[:60]:
        data = bytearray(packet.data)
        for _ in range(chance.choice((0, 0, 1, 5))):
            data[chance.randrange(min(len(data), 60))] = chance.choice((0, 0, 1, 7, 0x67, 0x68, chance.randrange(256)))
        far = chance.choice((0,) * 20 + (STEP, -STEP, -90_000, 1 << 31, 1 << 40, -(1 << 40), 1 << 63))
        keyframe = chance.random() < 0.1 or packet.keyframe
        pts = packet.pts + far
        damaged.append(Packet(bytes(data), Ticks(pts), wall(pts), keyframe, chance.random() < 0.03))
    fragments, remuxer = remuxed((info, damaged))
    assert sum(fragment.frames for fragment in fragments) + remuxer.dropped == len(damaged)
    check_times(fragments)
    assert all(fragment.start < fragment.end and fragment.duration_ticks > 0 for fragment in fragments)


@given(st.lists(st.tuples(st.binary(max_size=60), st.integers(-(1 << 70), 1 << 70), st.booleans(), st.booleans())))
def test_any_bytes_at_any_time(packets: list[tuple[bytes, int, bool, bool]]) -> None:
    for info, first in ((run("plain", "mp4")), (run("hevc", "mp4")), (run("hevc", "ts"))):
        told = [Packet(data, Ticks(pts), WallUs(pts), keyframe, jump) for data, pts, keyframe, jump in packets]
        fragments, remuxer = remuxed((info, [first[0], *told]))
        assert sum(fragment.frames for fragment in fragments) + remuxer.dropped == len(packets) + 1
        check_times(fragments)


@given(st.lists(st.binary(min_size=1, max_size=12).filter(lambda unit: unit[-1] and b"\0\0\0" not in unit), min_size=1))
def test_both_forms_of_a_packet_give_the_same_sample(units: list[bytes]) -> None:
    units = [unit for unit in units if b"\0\0\1" not in unit and unit[0]]
    if units:
        begin = Remuxer(StreamInfo("h264", b"", 160, 120))
        begin.take(BEGIN)
        begin.take(Packet(annexb(units), Ticks(STEP), wall(STEP), False))
        (fragment,) = begin.rest()
        assert fragment.data.endswith(length_prefixed(units))
        assert fragment.frames == 2
