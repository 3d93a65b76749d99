import base64
import contextlib
import io
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import sync_playwright

from tests.unit.store.footage import HEIGHT, INIT, RATE, WIDTH, Footage, fake_fragment, footage
from watchglass.base.clock import WallUs
from watchglass.model.media import TICKS_PER_SECOND, Ticks, ViewFormat, ViewSample
from watchglass.store import fmp4
from watchglass.store.fmp4 import BoxAt, FileLayout, boxes, fragment, fragments_of, init_segment, sound

SMALL = INIT + fake_fragment(0) + fake_fragment(1) + fake_fragment(2)


def layout(data: bytes) -> FileLayout:
    return fragments_of(io.BytesIO(data))


def in_groups(footage: Footage, frames: int) -> bytes:
    groups = [footage.samples[at : at + frames] for at in range(0, len(footage.samples), frames)]
    return init_segment(footage.format) + b"".join(fragment(n + 1, group) for n, group in enumerate(groups))


def decoded(data: bytes) -> list[av.VideoFrame]:
    with av.open(io.BytesIO(data), "r", format="mp4") as container:
        assert [stream.type for stream in container.streams] == ["video"]
        return list(container.decode(video=0))


# ---- what decoders make of it


@pytest.mark.parametrize("frames", [RATE, 2, 1, 40], ids=["1 s", "0.2 s chunks", "frame by frame", "all in one"])
@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_ffmpeg_reads_back_every_frame_at_its_time(profile: str, frames: int) -> None:
    source = footage(profile=profile)
    shown = decoded(in_groups(source, frames))
    assert len(shown) == len(source.pictures)
    assert [frame.pts for frame in shown] == [sample.pts for sample in source.samples]
    assert {frame.time_base for frame in shown} == {Fraction(1, TICKS_PER_SECOND)}
    assert [frame.key_frame for frame in shown] == [sample.keyframe for sample in source.samples]
    for frame, picture in zip(shown, source.pictures, strict=True):
        assert np.abs(frame.to_ndarray(format="rgb24").astype(int) - picture).mean() < 3


def test_a_file_that_begins_late_in_a_run_keeps_the_times_of_the_run() -> None:
    source = footage()
    late = init_segment(source.format) + fragment(3, source.samples[20:30]) + fragment(4, source.samples[30:])
    with av.open(io.BytesIO(late), "r", format="mp4") as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [packet.pts for packet in packets] == [sample.pts for sample in source.samples[20:]]
    assert [packet.dts for packet in packets] == [packet.pts for packet in packets]
    assert [bytes(packet) for packet in packets] == [sample.data for sample in source.samples[20:]]


def test_the_header_says_what_the_encoder_said() -> None:
    source = footage()
    with av.open(io.BytesIO(in_groups(source, RATE)), "r", format="mp4") as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.codec_context.name) == (WIDTH, HEIGHT, "h264")
        avcc = bytes(stream.codec_context.extradata or b"")
    with av.open(io.BytesIO(_remuxed(source)), "r", format="mp4") as container:
        theirs = bytes(container.streams.video[0].codec_context.extradata or b"")
    assert avcc == theirs  # byte for byte what FFmpeg's own muxer writes


def _remuxed(source: Footage) -> bytes:
    """The same samples, muxed by FFmpeg."""
    out = io.BytesIO()
    ours = av.open(io.BytesIO(in_groups(source, RATE)), "r", format="mp4")
    with ours, av.open(out, "w", format="mp4") as muxer:
        stream = muxer.add_stream_from_template(ours.streams.video[0])
        for packet in ours.demux(video=0):
            if packet.size:
                packet.stream = stream
                muxer.mux(packet)
    return out.getvalue()


# ---- what we write


def test_the_bytes_of_an_init_segment_are_those_of_the_standard() -> None:
    kinds = []

    def walk(start: int, end: int, depth: int) -> None:
        for box in boxes(INIT, start, end):
            kinds.append("  " * depth + box.kind)
            if box.kind in {"moov", "trak", "mdia", "minf", "dinf", "stbl", "mvex"}:
                walk(box.offset + 8, box.end, depth + 1)

    walk(0, len(INIT), 0)
    assert " ".join(line.strip() for line in kinds) == (
        "ftyp moov mvhd trak tkhd mdia mdhd hdlr minf vmhd dinf dref stbl stsd stts stsc stsz stco mvex trex"
    )
    sizes = {box.kind: box.size for box in boxes(INIT, 8 + 24 + 8, len(INIT))}
    assert sizes["mvhd"] == 108  # version 0, 8.2.2.2
    assert INIT[INIT.index(b"tkhd") - 4 :][:4] == struct.pack(">I", 92)
    assert INIT[INIT.index(b"avcC") + 4 :][:22].hex() == "0142c01effe100076742c01eda050601000468ce3c80"[:44]


def test_a_fragment_points_at_its_own_media() -> None:
    data = fragment(7, footage().samples[:5])
    trun = next(box for box in fmp4._within(data, "moof", "traf") if box.kind == "trun")
    count, offset = struct.unpack_from(">Ii", data, trun.offset + 12)
    assert count == 5
    assert data[offset:] == b"".join(sample.data for sample in footage().samples[:5])
    assert data[offset - 4 : offset] == b"mdat"
    assert data[data.index(b"mfhd") + 8 :][:4] == struct.pack(">I", 7)
    flags = [row[2] for row in struct.iter_unpack(">3I", data[trun.offset + 20 : trun.end])]
    assert flags == [0x02000000, 0x01010000, 0x01010000, 0x01010000, 0x01010000]


def test_a_sample_lasts_until_the_next_one() -> None:
    samples = [_sample(0, 9), _sample(10, 9), _sample(31, 9)]
    (only,) = layout(INIT + fragment(1, samples)).fragments
    assert (only.start_ticks, only.duration_ticks) == (0, 40)
    (later,) = layout(INIT + fragment(1, [_sample(1 << 40, 5)])).fragments
    assert (later.start_ticks, later.end_ticks) == (1 << 40, (1 << 40) + 5)


@pytest.mark.parametrize(
    "samples",
    [
        [],
        [(10, 5), (10, 5)],
        [(10, 5), (9, 5)],
        [(0, 0)],
        [(-1, 5)],
        [(0, 5), (1 << 32, 5)],
    ],
)
def test_samples_that_do_not_follow_one_another_are_refused(samples: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="sample"):
        fragment(1, [_sample(*times) for times in samples])


def _sample(pts: int, duration: int) -> ViewSample:
    return ViewSample(b"\0\0\0\x01\x65", Ticks(pts), duration, WallUs(0), True)


SPS_HIGH = footage().format.sps


@pytest.mark.parametrize(
    ("width", "height", "sps", "pps"),
    [
        (64, 48, b"", b"\x68\xce"),
        (64, 48, b"\x67\x42\xc0", b"\x68\xce"),
        (64, 48, b"\x00\x00\x01\x67\x42\xc0", b"\x68\xce"),  # with a start code
        (64, 48, b"\x67\x42\xc0\x1e\xda", b""),
        (64, 48, b"\x67\x42\xc0\x1e\xda", b"\x67\x42"),
        (64, 48, b"\x67\x64\x00\x1f", b"\x68\xce"),  # high profile, cut short
        (64, 48, b"\x67\x64\x00\x1f\x00\x00\x00", b"\x68\xce"),
        (64, 48, b"\x67\x64\x00\x1f\x81\xff", b"\x68\xce"),  # chroma_format_idc 62
        (0, 48, SPS_HIGH, b"\x68\xce"),
        (64, 65536, SPS_HIGH, b"\x68\xce"),
    ],
)
def test_a_format_that_no_decoder_could_use_is_refused(width: int, height: int, sps: bytes, pps: bytes) -> None:
    with pytest.raises(ValueError, match="view"):
        init_segment(ViewFormat(width, height, sps, pps))


@given(st.binary(min_size=1, max_size=40))
def test_any_sps_of_a_high_profile_is_written_or_refused(rest: bytes) -> None:
    sps = b"\x67\x64\x00\x1f" + rest
    with contextlib.suppress(ValueError):
        assert sps in init_segment(ViewFormat(64, 48, sps, b"\x68\xce"))


# ---- what we read


def test_the_layout_of_a_whole_file() -> None:
    found = layout(SMALL)
    assert found.init_size == len(INIT)
    assert found.end == len(SMALL)
    assert [(at.start_ticks, at.duration_ticks) for at in found.fragments] == [
        (0, 90_000),
        (90_000, 90_000),
        (180_000, 90_000),
    ]
    assert [at.offset for at in found.fragments] == [len(INIT), found.fragments[0].end, found.fragments[1].end]
    assert SMALL[found.fragments[1].offset : found.fragments[1].end] == fake_fragment(1)


def test_a_file_cut_anywhere_has_the_fragments_before_the_cut() -> None:
    whole = layout(SMALL)
    for cut in range(len(SMALL) + 1):
        found = layout(SMALL[:cut])
        assert found.init_size == (len(INIT) if cut >= len(INIT) else 0)
        assert found.fragments == [at for at in whole.fragments if at.end <= cut]
        assert found.end <= cut


@pytest.mark.parametrize(
    "tail",
    [
        b"\0" * 4096,  # blocks that were never written
        b"\0\0\0\0moof",  # size 0: to the end of the file
        b"\0\0\0\x01moof" + b"\xff" * 8 + b"\0" * 100,  # 64 bits, huge
        b"\0\0\0\x01moof\0\0\0\0\0\0\0\0" + b"\0" * 100,  # 64 bits, smaller than its head
        b"\0\0\0\x01moof\0\0",  # 64 bits, cut
        b"\0\0\0\x07moof" + b"\0" * 100,  # smaller than its head
        b"\xff\xff\xff\xffmdat" + b"\0" * 100,
        b"\0\0\0\x08mdat",  # media of no fragment
        b"\0\0\0\x08moof\0\0\0\x08mdat",  # nothing in it
        b"\0\0\0\x08free" + fake_fragment(3),  # not of our writing
        INIT,  # a second beginning
        fake_fragment(3)[:-1],
        fake_fragment(3).replace(b"tfdt", b"tfdx"),
        fake_fragment(3).replace(b"traf", b"trak"),
        fake_fragment(3)[:-53] + struct.pack(">I4s", 9, b"mdat") + b"x",  # media of another size
    ],
)
def test_a_tail_that_makes_no_sense_is_left_out(tail: bytes) -> None:
    assert layout(SMALL + tail) == layout(SMALL)


@pytest.mark.parametrize("field", ["flags", "count", "duration"])
def test_a_run_of_samples_that_is_not_ours_ends_the_file(field: str) -> None:
    damaged = bytearray(fake_fragment(3))
    at = damaged.index(b"trun")
    place = {"flags": at + 7, "count": at + 11, "duration": at + 16}[field]
    damaged[place : place + 4] = bytes(4) if field == "duration" else b"\x7f" + damaged[place + 1 : place + 4]
    assert layout(SMALL + bytes(damaged)) == layout(SMALL)


def test_a_moof_too_large_to_be_ours_is_not_read() -> None:
    class Counting(io.BytesIO):
        most = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            Counting.most = max(Counting.most, len(data))
            return data

    huge = struct.pack(">I4s", (1 << 20) + 1, b"moof") + bytes((1 << 20) - 7)
    assert fragments_of(Counting(SMALL + huge)) == layout(SMALL)
    assert Counting.most < 1000


def test_boxes_with_64_bit_sizes_are_read() -> None:
    data = struct.pack(">I4sQ", 1, b"mdat", 20) + b"abcd" + struct.pack(">I4s", 8, b"free")
    assert list(boxes(data)) == [BoxAt("mdat", 0, 20, 16), BoxAt("free", 20, 8)]
    for size in (0, 8, 15):  # smaller than its own head
        assert list(boxes(struct.pack(">I4sQ", 1, b"mdat", size) + bytes(20))) == []


@given(st.binary(max_size=300))
def test_any_bytes_have_a_layout(data: bytes) -> None:
    for box in boxes(data):
        assert box.size >= box.head
        assert box.end <= len(data)
    assert layout(data).end <= len(data)
    assert layout(INIT + data).init_size == len(INIT)
    assert not sound(data) or data


@given(st.data())
def test_any_damage_leaves_a_layout_inside_the_file(data: st.DataObject) -> None:
    damaged = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(SMALL) - 4))
        value = data.draw(st.sampled_from([0, 1, 7, 8, 16, 0x7FFFFFFF, 0xFFFFFFFF]) | st.integers(0, 0xFFFFFFFF))
        struct.pack_into(">I", damaged, at, value)
    found = layout(bytes(damaged))
    ends = [found.init_size, *(at.end for at in found.fragments)]
    starts = [at.offset for at in found.fragments]
    assert all(end <= start for end, start in zip(ends, starts, strict=False))
    assert ends == sorted(ends)
    assert ends[-1] <= len(SMALL)


# ---- what a power cut leaves


def test_whole_fragments_are_sound() -> None:
    assert sound(fake_fragment(0))
    source = footage()
    assert sound(fragment(1, source.samples[:RATE]))
    assert sound(fragment(1, source.samples))


@pytest.mark.parametrize("block", [4, 16, 512])
def test_a_block_of_zeros_anywhere_in_the_media_is_found(block: int) -> None:
    data = fragment(1, footage().samples[:RATE])
    begin = data.index(b"mdat") + 4
    missed = []
    for at in range(begin, len(data) - block + 1, max(1, block // 4)):
        torn = data[:at] + bytes(block) + data[at + block :]
        if torn != data and sound(torn):
            missed.append(at)
    assert missed == []


def test_media_shorter_than_its_samples_is_not_sound() -> None:
    data = fake_fragment(0)
    assert not sound(data[:-1])
    assert not sound(b"")
    assert not sound(data[data.index(b"mdat") - 4 :])


# ---- what a browser makes of it

_CHROMIUM = Path("/usr/bin/chromium")
_PLAY = """async ([parts, codec]) => {
    const video = document.querySelector("video");
    const source = new MediaSource();
    video.src = URL.createObjectURL(source);
    await new Promise((done) => source.addEventListener("sourceopen", done, { once: true }));
    const buffer = source.addSourceBuffer(`video/mp4; codecs="${codec}"`);
    for (const part of parts) {
        const updated = new Promise((done) => buffer.addEventListener("updateend", done, { once: true }));
        buffer.appendBuffer(Uint8Array.from(atob(part), (character) => character.charCodeAt(0)));
        await updated;
        if (video.error) throw new Error(video.error.message);
    }
    source.endOfStream();
    const ended = new Promise((done) => video.addEventListener("ended", done, { once: true }));
    await video.play();
    await ended;
    const spans = [...Array(buffer.buffered.length).keys()];
    return {
        buffered: spans.map((at) => [buffer.buffered.start(at), buffer.buffered.end(at)]),
        size: [video.videoWidth, video.videoHeight],
        frames: video.getVideoPlaybackQuality().totalVideoFrames,
        error: video.error && video.error.message,
    };
}"""


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("frames", [RATE, 2], ids=["1 s", "0.2 s chunks"])
def test_chromium_plays_it_through_media_source(frames: int) -> None:
    if not _CHROMIUM.exists():
        pytest.skip(f"{_CHROMIUM} is not installed: apt-get install chromium")
    source = footage()
    groups = [source.samples[at : at + frames] for at in range(0, len(source.samples), frames)]
    parts = [init_segment(source.format), *(fragment(n + 1, group) for n, group in enumerate(groups))]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        try:
            page = browser.new_page()
            page.set_content("<video muted></video>")
            encoded = [base64.b64encode(part).decode() for part in parts]
            shown = page.evaluate(_PLAY, [encoded, source.format.codec])
        finally:
            browser.close()
    assert shown == {"buffered": [[0, 4]], "size": [WIDTH, HEIGHT], "frames": len(source.samples), "error": None}
