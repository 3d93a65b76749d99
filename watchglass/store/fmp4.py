"""Fragmented MP4 of one H.264 view: written, and read back from files that may be torn. Bytes alone, no codec.

The boxes of originals are made here as well; theirs may have a second media track, of sound. A view's reader takes no such file.

Boxes are those of ISO/IEC 14496-12 (section numbers below are of its 2015 edition), samples and `avcC` those of
ISO/IEC 14496-15; the limits that browsers set are in https://www.w3.org/TR/mse-byte-stream-format-isobmff/.

    ftyp moov(mvhd trak mvex)      the init segment: how samples are encoded, no sample itself
    moof(mfhd traf) mdat           one fragment, as often as it takes; the first of a file begins with a keyframe

A view has no B-frames: frames are decoded in the order in which they are shown, and pts is also the decode time.
"""

import dataclasses
import itertools
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from watchglass.model.media import TICKS_PER_SECOND, ViewFormat, ViewSample
from watchglass.store import nal

_TRACK, _SOUND_TRACK = 1, 2
_IDENTITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4  # language `und`, 8.4.2.3

# sample_flags, 8.8.3.1: what a sample depends on, and whether it is no sync sample.
KEYFRAME = 0x02000000
OTHER_FRAME = 0x01010000

_TFHD_DEFAULT_BASE_IS_MOOF = 0x020000
_TRUN_DATA_OFFSET = 0x000001
_TRUN_DURATION = 0x000100
_TRUN_SIZE = 0x000200
_TRUN_FLAGS = 0x000400
_TRUN_OFFSET = 0x000800
_TRUN_OURS = _TRUN_DATA_OFFSET | _TRUN_DURATION | _TRUN_SIZE | _TRUN_FLAGS
_ROW = struct.Struct(">3I")
_ROW_WITH_OFFSET = struct.Struct(">3Ii")

_SPS, _PPS = 7, 8
_HIGH_PROFILES = frozenset({100, 110, 122, 144, 244, 44, 83, 86, 118, 128})  # H.264, 7.3.2.1.1
_LARGEST_FRAGMENT = 1 << 30
_LARGEST_MOOF = 1 << 20  # one of ours has 12 bytes a frame


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box: its four letters, and what is in it."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box that begins with a version and flags, 4.2."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def init_segment(format: ViewFormat) -> bytes:  # noqa: A002  (the word of the glossary)
    """`ftyp` and `moov` of a run of a view, timescale 90 kHz. ValueError if `format` holds no usable SPS and PPS."""
    if len(format.sps) < 4 or nal.kind(format.sps) != _SPS or not format.pps or nal.kind(format.pps) != _PPS:
        raise ValueError("a view's format needs an H.264 SPS and PPS without start codes")
    if not (0 < format.width < 1 << 16 and 0 < format.height < 1 << 16):
        raise ValueError(f"a view of {format.width} x {format.height} pixels does not fit an MP4 file")
    entry = sample_entry(b"avc1", format.width, format.height, _avcc(format), box(b"pasp", struct.pack(">2I", 1, 1)))
    # iso5: default-base-is-moof (8.8.7); avc1: 14496-15.
    return header(b"iso5iso6mp41avc1", b"view", format.width, format.height, entry)


def header(
    brands: bytes, name: bytes, width: int, height: int, entry: bytes, sound_entry: bytes | None = None
) -> bytes:
    """`ftyp` and `moov` of one track of `width` x `height` pixels (each under 65536), timescale 90 kHz.

    The first of the compatible `brands` is the major one; `name` is what the tracks call themselves, `entry` says how
    samples are encoded. With a `sound_entry` there is a second track, of sound, with the same timescale.
    """
    ftyp = box(b"ftyp", brands[:4], struct.pack(">I", 0), brands)
    traks, trexs = [_trak(name, width, height, entry)], [_trex(_TRACK)]
    if sound_entry is not None:
        traks.append(_sound_trak(name, sound_entry))
        trexs.append(_trex(_SOUND_TRACK))
    return ftyp + box(b"moov", _mvhd(len(traks)), *traks, box(b"mvex", *trexs))


def sample_entry(kind: bytes, width: int, height: int, *parts: bytes) -> bytes:
    """A VisualSampleEntry, 12.1.3, with these boxes in it."""
    return box(
        kind,
        struct.pack(">6xH16x2H", 1, width, height),
        struct.pack(">2I4xH32xHh", 0x480000, 0x480000, 1, 24, -1),  # 72 dpi, one frame a sample, 24 bits of colour
        *parts,
    )


def aac_entry(config: bytes, rate: int, channels: int) -> bytes:
    """An MP4AudioSampleEntry, ISO/IEC 14496-14, 5.6, of AAC with this AudioSpecificConfig (under 100 bytes)."""
    decoder = struct.pack(">2B3x2I", 0x40, 5 << 2 | 1, 0, 0) + _descriptor(5, config)  # AAC, an audio stream
    stream = struct.pack(">HB", _SOUND_TRACK, 0) + _descriptor(4, decoder) + _descriptor(6, b"\x02")
    rate = rate << 16 if rate < 1 << 16 else 0  # 16.16; of higher ones only the config tells
    head = struct.pack(">6xH8x2H4xI", 1, channels, 16, rate)  # 12.2.3 of 14496-12; the 16 means nothing here
    return box(b"mp4a", head, full_box(b"esds", 0, 0, _descriptor(3, stream)))


def _descriptor(tag: int, body: bytes) -> bytes:
    """A descriptor of ISO/IEC 14496-1, 7.2.6: under 128 bytes, so that its size is one byte."""
    return bytes((tag, len(body))) + body


def _trex(track: int) -> bytes:
    return full_box(b"trex", 0, 0, struct.pack(">5I", track, 1, 0, 0, 0))


def _mvhd(tracks: int) -> bytes:
    times = struct.pack(">4I", 0, 0, TICKS_PER_SECOND, 0)
    rest = struct.pack(">IH10x", 0x10000, 0x100) + _IDENTITY + bytes(24)
    return full_box(b"mvhd", 0, 0, times, rest, struct.pack(">I", tracks + 1))


def _trak(name: bytes, width: int, height: int, entry: bytes) -> bytes:
    tkhd = full_box(
        b"tkhd",
        0,
        3,  # enabled, in the movie
        struct.pack(">5I8x4H", 0, 0, _TRACK, 0, 0, 0, 0, 0, 0),
        _IDENTITY,
        struct.pack(">2I", width << 16, height << 16),
    )
    return box(b"trak", tkhd, _mdia(b"vide", name, full_box(b"vmhd", 0, 1, bytes(8)), entry))


def _sound_trak(name: bytes, entry: bytes) -> bytes:
    numbers = struct.pack(">5I8x4H", 0, 0, _SOUND_TRACK, 0, 0, 0, 0, 0x100, 0)  # at full volume
    tkhd = full_box(b"tkhd", 0, 3, numbers, _IDENTITY, bytes(8))
    return box(b"trak", tkhd, _mdia(b"soun", name, full_box(b"smhd", 0, 0, bytes(4)), entry))


def _mdia(kind: bytes, name: bytes, media_header: bytes, entry: bytes) -> bytes:
    mdhd = full_box(b"mdhd", 0, 0, struct.pack(">4I2H", 0, 0, TICKS_PER_SECOND, 0, _UNDETERMINED, 0))
    hdlr = full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, kind), name, b"\0")
    here = full_box(b"url ", 0, 1)  # the samples are in this file
    dinf = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), here))
    return box(b"mdia", mdhd, hdlr, box(b"minf", media_header, dinf, _stbl(entry)))


def _stbl(entry: bytes) -> bytes:
    none = struct.pack(">I", 0)
    return box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        full_box(b"stts", 0, 0, none),
        full_box(b"stsc", 0, 0, none),
        full_box(b"stsz", 0, 0, none, none),
        full_box(b"stco", 0, 0, none),
    )


def _avcc(format: ViewFormat) -> bytes:  # noqa: A002
    """AVCDecoderConfigurationRecord, 14496-15, 5.3.3.1: lengths of 4 bytes, one SPS, one PPS."""
    sps, pps = format.sps, format.pps
    head = bytes((1, sps[1], sps[2], sps[3], 0xFC | 3, 0xE0 | 1)) + struct.pack(">H", len(sps)) + sps
    head += bytes((1,)) + struct.pack(">H", len(pps)) + pps
    if sps[1] in _HIGH_PROFILES:
        chroma, luma_depth, chroma_depth = _sps_depths(sps)
        head += bytes((0xFC | chroma, 0xF8 | luma_depth, 0xF8 | chroma_depth, 0))
    return box(b"avcC", head)


def _sps_depths(sps: bytes) -> tuple[int, int, int]:
    """chroma_format_idc, bit_depth_luma_minus8 and bit_depth_chroma_minus8 of a high profile's SPS (7.3.2.1.1)."""
    bits = nal.Bits(sps)
    try:
        bits.skip(32)  # the unit's head, profile, constraints, level
        bits.exp_golomb()  # seq_parameter_set_id
        chroma = bits.exp_golomb()
        bits.skip(1 if chroma == 3 else 0)  # separate_colour_plane_flag
        luma_depth, chroma_depth = bits.exp_golomb(), bits.exp_golomb()
    except ValueError as error:
        raise ValueError("the SPS of a view is cut short") from error
    if chroma > 3 or luma_depth > 6 or chroma_depth > 6:
        raise ValueError("the SPS of a view is damaged")
    return chroma, luma_depth, chroma_depth


def fragment(sequence: int, samples: Sequence[ViewSample]) -> bytes:
    """`moof` and `mdat` with these samples. `sequence` rises by one for each fragment of a run (from 1, 8.8.5).

    A sample lasts until the next one's pts, so that times stay exact; only of the last one `duration` counts.
    ValueError if there is no sample, or pts do not rise.
    """
    if not samples:
        raise ValueError("a fragment has at least one sample")
    durations = [after.pts - before.pts for before, after in itertools.pairwise(samples)]
    durations.append(samples[-1].duration)
    if min(durations) <= 0 or max(durations) >= 1 << 32 or samples[0].pts < 0:
        raise ValueError("the samples of a fragment follow one another in time")
    size = sum(len(sample.data) for sample in samples)
    if size >= _LARGEST_FRAGMENT:
        raise ValueError(f"a fragment of {size} bytes is too large")
    rows = [
        (duration, len(sample.data), KEYFRAME if sample.keyframe else OTHER_FRAME)
        for sample, duration in zip(samples, durations, strict=True)
    ]
    return moof_and_mdat(sequence, samples[0].pts, rows, [sample.data for sample in samples])


@dataclasses.dataclass(frozen=True, slots=True)
class SoundRun:
    """The sound of a fragment: decode time of its first sample, and duration and data of each."""

    start: int
    samples: Sequence[tuple[int, bytes]]


def moof_and_mdat(
    sequence: int,
    start: int,
    rows: Sequence[tuple[int, ...]],
    media: Iterable[bytes | memoryview],
    sound: SoundRun | None = None,
) -> bytes:
    """A fragment that begins at decode time `start`, with a row for each sample, in order of decoding.

    A row is the sample's duration, size and flags (8.8.3.1) and, in every row or in none, its composition offset,
    which may be negative (version 1 of 8.8.8). `media` is what the samples hold, in pieces of any size. Samples of sound,
    at least one where there is a `sound`, follow in the same `mdat`.
    """
    flags, version, layout = _TRUN_OURS, 0, _ROW
    if len(rows[0]) > 3:
        flags, version, layout = _TRUN_OURS | _TRUN_OFFSET, 1, _ROW_WITH_OFFSET
    table = b"".join([layout.pack(*row) for row in rows])
    size = sum(row[1] for row in rows)
    trafs = [_Traf(_TRACK, start, len(rows), version, flags, table)]
    pieces = [*media]
    places = [0]
    if sound is not None:
        table = b"".join([_ROW.pack(duration, len(data), KEYFRAME) for duration, data in sound.samples])
        trafs.append(_Traf(_SOUND_TRACK, sound.start, len(sound.samples), 0, _TRUN_OURS, table))
        places.append(size)
        size += sum(len(data) for _, data in sound.samples)
        pieces += [data for _, data in sound.samples]
    mfhd = full_box(b"mfhd", 0, 0, struct.pack(">I", sequence & 0xFFFFFFFF))
    offset = 8 + len(mfhd) + sum(traf.size for traf in trafs) + 8  # of what `mdat` holds, from the beginning of `moof`
    moof = box(b"moof", mfhd, *(traf.to_bytes(offset + place) for traf, place in zip(trafs, places, strict=True)))
    return b"".join([moof, struct.pack(">I4s", 8 + size, b"mdat"), *pieces])


@dataclasses.dataclass(frozen=True, slots=True)
class _Traf:
    """The samples of one track in a fragment, 8.8.6."""

    track: int
    start: int
    count: int
    version: int
    flags: int
    table: bytes

    @property
    def size(self) -> int:
        return 8 + 16 + 20 + 20 + len(self.table)  # itself, tfhd, tfdt, trun

    def to_bytes(self, offset: int) -> bytes:
        """As a box; the samples lie `offset` bytes from where `moof` begins."""
        tfhd = full_box(b"tfhd", 0, _TFHD_DEFAULT_BASE_IS_MOOF, struct.pack(">I", self.track))
        tfdt = full_box(b"tfdt", 1, 0, struct.pack(">Q", self.start))
        trun = full_box(b"trun", self.version, self.flags, struct.pack(">Ii", self.count, offset), self.table)
        return box(b"traf", tfhd, tfdt, trun)


@dataclasses.dataclass(frozen=True, slots=True)
class BoxAt:
    """A whole box: its four-character kind, where it begins, its size with and of its head, in bytes."""

    kind: str
    offset: int
    size: int
    head: int = 8

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclasses.dataclass(frozen=True, slots=True)
class FragmentAt:
    """A whole fragment of a file: where it lies in bytes, and its media time in ticks of 1/90000 s."""

    offset: int
    size: int
    start_ticks: int
    duration_ticks: int

    @property
    def end(self) -> int:
        return self.offset + self.size

    @property
    def end_ticks(self) -> int:
        return self.start_ticks + self.duration_ticks


@dataclasses.dataclass(frozen=True, slots=True)
class FileLayout:
    """What can be read of a file: `init_size` bytes of init segment (0 if it is not whole), then whole fragments."""

    init_size: int
    fragments: list[FragmentAt]

    @property
    def end(self) -> int:
        """Bytes up to the end of the last whole fragment; what follows is torn."""
        return self.fragments[-1].end if self.fragments else self.init_size


def boxes(data: bytes | memoryview, start: int = 0, end: int | None = None) -> Iterator[BoxAt]:
    """The boxes that lie one after another in `data[start:end]`. Ends before the first that is torn or makes no sense.

    A size of 0, the box that goes on to the end of the file (4.2), counts as torn: we never write one, and a tail
    of zeros after a power cut looks the same.
    """
    end = len(data) if end is None else min(end, len(data))
    while start < end:
        box = _head(data[start : min(start + 16, end)], start)
        if box is None or box.end > end:
            return
        yield box
        start = box.end


def _head(raw: bytes | memoryview, offset: int) -> BoxAt | None:
    if len(raw) < 8:
        return None
    size, kind = struct.unpack_from(">I4s", raw)
    head = 8
    if size == 1:
        if len(raw) < 16:
            return None
        (size,) = struct.unpack_from(">Q", raw, 8)
        head = 16
    if size < head:
        return None
    return BoxAt(kind.decode("latin-1"), offset, size, head)


def fragments_of(file: BinaryIO) -> FileLayout:
    """Where the init segment and the whole fragments of a view's file lie. A torn or foreign tail is left out.

    Reads heads and `moof` boxes alone, never the media. OSError from the file passes through.
    """
    end = file.seek(0, 2)
    init_size = 0
    fragments: list[FragmentAt] = []
    moof: tuple[BoxAt, _Moof] | None = None
    for box in _boxes_of(file, end):
        if box.kind == "moov" and not init_size:
            init_size = box.end
        elif box.kind == "moof" and init_size and moof is None:
            content = _moof(_read(file, box))
            if content is None:
                break
            moof = box, content
        elif box.kind == "mdat" and moof is not None and sum(moof[1].sizes) == box.size - box.head:
            begin = moof[0].offset
            fragments.append(FragmentAt(begin, box.end - begin, moof[1].start, moof[1].duration))
            moof = None
        elif box.kind != "ftyp" or init_size:
            break  # nothing else is of our writing
    return FileLayout(init_size, fragments)


def _boxes_of(file: BinaryIO, end: int) -> Iterator[BoxAt]:
    offset = 0
    while offset < end:
        file.seek(offset)
        box = _head(file.read(16), offset)
        if box is None or box.end > end:
            return
        yield box
        offset = box.end


def _read(file: BinaryIO, box: BoxAt) -> bytes:
    if box.size > _LARGEST_MOOF:
        return b""
    file.seek(box.offset)
    return file.read(box.size)


@dataclasses.dataclass(frozen=True, slots=True)
class _Moof:
    start: int
    duration: int
    sizes: list[int]


def _moof(data: bytes) -> _Moof | None:
    """Times and sample sizes of a `moof`; None if it is not one of ours: one track, one run, `tfdt` before it."""
    start = None
    for box in _within(data, "moof", "traf"):
        body = data[box.offset + box.head : box.end]
        if box.kind == "tfdt" and len(body) == 12 and body[0] == 1:
            (start,) = struct.unpack_from(">Q", body, 4)
        elif box.kind == "trun" and start is not None:
            return _trun(body, start)
    return None


def _within(data: bytes, outer: str, inner: str) -> Iterator[BoxAt]:
    """The boxes inside each `inner` box inside each `outer` box."""
    for box in boxes(data):
        for child in boxes(data, box.offset + box.head, box.end) if box.kind == outer else ():
            if child.kind == inner:
                yield from boxes(data, child.offset + child.head, child.end)


def _trun(body: bytes, start: int) -> _Moof | None:
    if len(body) < 12:
        return None
    flags, count = struct.unpack_from(">2I", body)
    if flags != _TRUN_OURS or len(body) != 12 + 12 * count:
        return None
    rows = list(struct.iter_unpack(">3I", body[12:]))
    duration = sum(row[0] for row in rows)
    return _Moof(start, duration, [row[1] for row in rows]) if duration else None


def sound(data: bytes) -> bool:
    """True if the samples of a whole fragment are whole NAL units: what a power cut left as zeros is found out.

    A NAL unit never holds three zero bytes in a row, nor ends in one (H.264, 7.4.1), so a block of the disk that
    was never written shows, wherever it lies.
    """
    moof = _moof(data)
    media = next((data[box.offset + box.head : box.end] for box in boxes(data) if box.kind == "mdat"), None)
    if moof is None or media is None or sum(moof.sizes) != len(media):
        return False
    place = 0
    for size in moof.sizes:
        try:
            units = nal.split_length_prefixed(media[place : place + size])
        except ValueError:
            return False
        if not units or any(not unit or not unit[-1] or b"\x00\x00\x00" in unit for unit in units):
            return False
        place += size
    return True
