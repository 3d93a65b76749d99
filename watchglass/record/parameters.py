"""Parameter sets of an H.264 or H.265 stream: where they come from, which are in force, and the MP4 header of them.

They are NAL units that a decoder must have before any picture: SPS and PPS (ITU-T H.264, 7.3.2), and VPS before them
(ITU-T H.265, 7.3.2). A stream gives them beside the packets, in the demuxer's extradata, or in the packets, or in
both; section numbers of `avcC` and `hvcC` are those of ISO/IEC 14496-15:2017. What is damaged is left out.
"""

import dataclasses
import struct
from collections.abc import Iterable, Iterator

from watchglass.base.errors import BadInputError
from watchglass.model.media import StreamInfo
from watchglass.store import fmp4
from watchglass.store.nal import Bits, split_annexb, unprotected

_H264, _HEVC = "h264", "hevc"
_H264_KINDS = (7, 8)  # SPS, PPS
_HEVC_KINDS = (32, 33, 34)  # VPS, SPS, PPS
_MOST = {7: 32, 8: 256, 32: 16, 33: 16, 34: 64}  # how many of a kind there can be: their numbers begin at 0
_HIGH_PROFILES = frozenset({100, 110, 122, 144, 244, 44, 83, 86, 118, 128})  # H.264, 7.3.2.1.1
_BRANDS = b"iso6iso5mp41"  # iso6: composition offsets with a sign


@dataclasses.dataclass(frozen=True, slots=True)
class _Sps:
    """What an SPS says that a header repeats."""

    number: int
    width: int
    height: int
    chroma: int
    depths: tuple[int, int]  # of luma and chroma, less 8


class ParameterSets:
    """The parameter sets in force in one run."""

    def __init__(self, info: StreamInfo) -> None:
        """Take those of the extradata. BadInputError if the codec is neither H.264 nor H.265."""
        if info.codec not in {_H264, _HEVC}:
            raise BadInputError(f"Video in {info.codec} cannot be kept as it is: set the camera to H.264 or H.265.")
        self._hevc = info.codec == _HEVC
        self._info = info
        self._kinds = _HEVC_KINDS if self._hevc else _H264_KINDS
        self.is_set = bytes(self._kind(byte) in self._kinds for byte in range(256))
        """By a NAL unit's first byte: 1 if `look` wants it."""
        self.version = 0
        """Rises whenever a set in force is another than before."""
        self.length_size = _length_size(self._hevc, info.extradata)
        """Bytes of the lengths before the NAL units of a packet; 0 if they come with start codes."""
        self._sets: dict[tuple[int, int], bytes] = {}  # by kind and number, the latest last
        self._others: list[bytes] = []  # SEI messages of the extradata, for which hvcC has room
        extra = _listed(self._hevc, info.extradata) if self.length_size else split_annexb(info.extradata)
        for unit in extra:
            if self.is_set[unit[0]]:
                self.look(unit)
            elif self._hevc and self.length_size:
                self._others.append(unit)

    @property
    def complete(self) -> bool:
        """There is one of each kind, so that a decoder can begin."""
        return all(self._of(kind) for kind in self._kinds)

    def look(self, unit: bytes) -> None:
        """Take a set that came along: in place of that of its kind and number, if there was one."""
        if unit in self._sets.values() or len(unit) >= 1 << 16:
            return
        kind = self._kind(unit[0])
        try:
            number = self._number(kind, unit)
        except ValueError:
            return
        if number < _MOST[kind]:
            self._sets.pop((kind, number), None)
            self._sets[kind, number] = unit
            self.version += 1

    def init_segment(self) -> bytes:
        """`ftyp` and `moov` with the sets in force, which must be `complete`. Width and height are the newest SPS's.

        The sample entries are `avc3` and `hev1` (5.4.2, 8.4.1): those whose samples may hold parameter sets as well, as
        cameras' packets do. `avc1` and `hvc1` would have them taken out of the samples, which then were not the camera's
        any more. Players treat both alike, but for Apple's, which want `hvc1`.
        """
        sps = (self._hevc_sps if self._hevc else self._h264_sps)(self._of(self._kinds[-2])[-1])
        kind, config = (b"hev1", self._hvcc(sps)) if self._hevc else (b"avc3", self._avcc(sps))
        entry = fmp4.sample_entry(kind, sps.width, sps.height, config)
        return fmp4.header(_BRANDS, b"original", sps.width, sps.height, entry)

    def _of(self, kind: int) -> list[bytes]:
        return [unit for (this, _), unit in self._sets.items() if this == kind]

    def _kind(self, byte: int) -> int:
        return byte >> 1 & 0x3F if self._hevc else byte & 0x1F

    def _number(self, kind: int, unit: bytes) -> int:
        """The number of a set. ValueError if it is damaged, as far as we look at it."""
        if kind == 7:
            return self._h264_sps(unit).number
        if kind == 33:
            return self._hevc_sps(unit).number
        bits = Bits(unit)
        if kind == 32:
            bits.skip(16)
            return bits.take(4)
        bits.skip(8 if kind == 8 else 16)
        return bits.exp_golomb()

    def _h264_sps(self, unit: bytes) -> _Sps:
        bits = Bits(unit)
        bits.skip(32)  # the unit's head, profile, constraints, level
        number = bits.exp_golomb()
        chroma, luma_depth, chroma_depth, apart = 1, 0, 0, False
        if unit[1] in _HIGH_PROFILES:
            chroma = bits.exp_golomb()
            apart = chroma == 3 and bits.take(1) == 1  # separate_colour_plane_flag
            luma_depth, chroma_depth = bits.exp_golomb(), bits.exp_golomb()
            bits.skip(1)
            if bits.take(1):
                _skip_scaling_lists(bits, 12 if chroma == 3 else 8)
        bits.exp_golomb()  # log2_max_frame_num_minus4
        _skip_picture_order(bits)
        bits.exp_golomb()  # max_num_ref_frames
        bits.skip(1)
        columns, rows = bits.exp_golomb() + 1, bits.exp_golomb() + 1
        fields = 2 - bits.take(1)  # frame_mbs_only_flag
        bits.skip(1 if fields == 1 else 2)
        across, down = (1, 1) if apart else _subsampling(chroma)
        left, right, top, bottom = _crop(bits)
        width, height = 16 * columns - across * (left + right), fields * (16 * rows - down * (top + bottom))
        return _checked(_Sps(number, width, height, chroma, (luma_depth, chroma_depth)))

    def _hevc_sps(self, unit: bytes) -> _Sps:
        bits = Bits(unit)
        bits.skip(16 + 4)
        layers = bits.take(3)  # sps_max_sub_layers_minus1
        bits.skip(1 + 96)  # profile_tier_level, 7.3.3
        present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
        bits.skip(2 * (8 - layers) if layers else 0)
        bits.skip(sum(88 * profile + 8 * level for profile, level in present))
        number, chroma = bits.exp_golomb(), bits.exp_golomb()
        apart = chroma == 3 and bits.take(1) == 1
        width, height = bits.exp_golomb(), bits.exp_golomb()
        left, right, top, bottom = _crop(bits)
        across, down = (1, 1) if apart else _subsampling(chroma)
        width, height = width - across * (left + right), height - down * (top + bottom)
        return _checked(_Sps(number, width, height, chroma, (bits.exp_golomb(), bits.exp_golomb())))

    def _avcc(self, sps: _Sps) -> bytes:
        """AVCDecoderConfigurationRecord, 5.3.3.1, lengths of 4 bytes."""
        spss, ppss = self._of(7)[-31:], self._of(8)[-255:]
        head = bytes((1, *spss[-1][1:4], 0xFC | 3, 0xE0 | len(spss))) + _each(spss) + bytes((len(ppss),)) + _each(ppss)
        if spss[-1][1] in _HIGH_PROFILES:
            luma, chroma = sps.depths
            head += bytes((0xFC | sps.chroma, 0xF8 | luma, 0xF8 | chroma, 0))
        return fmp4.box(b"avcC", head)

    def _hvcc(self, sps: _Sps) -> bytes:
        """HEVCDecoderConfigurationRecord, 8.3.3.1, lengths of 4 bytes; no array is complete, as `hev1` allows."""
        plain = unprotected(self._of(33)[-1])
        layers, nested = (plain[2] >> 1 & 7) + 1, plain[2] & 1
        luma, chroma = sps.depths
        head = b"\x01" + plain[3:15] + bytes((0xF0, 0, 0xFC, 0xFC | sps.chroma, 0xF8 | luma, 0xF8 | chroma, 0, 0))
        head += bytes((layers << 3 | nested << 2 | 3,))
        arrays = [(kind, self._of(kind)) for kind in self._kinds]
        arrays += [(self._kind(unit[0]), [unit]) for unit in self._others]
        parts = [bytes((kind,)) + struct.pack(">H", len(units)) + _each(units) for kind, units in arrays]
        return fmp4.box(b"hvcC", head, bytes((len(arrays),)), *parts)


def _each(units: Iterable[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(unit)) + unit for unit in units)


def _length_size(hevc: bool, extradata: bytes) -> int:
    """As libav tells `avcC` and `hvcC` from start codes. 0 for start codes."""
    if hevc:
        listed = len(extradata) >= 23 and (any(extradata[:2]) or extradata[2] > 1)
        return (extradata[21] & 3) + 1 if listed else 0
    return (extradata[4] & 3) + 1 if len(extradata) >= 7 and extradata[0] == 1 else 0


def _listed(hevc: bool, extradata: bytes) -> Iterator[bytes]:
    """The NAL units of an `avcC` or `hvcC`, as far as they are whole."""
    place = 23 if hevc else 5
    for array in range(min(extradata[22], 64) if hevc else 2):
        if hevc:
            count = int.from_bytes(extradata[place + 1 : place + 3], "big")
            place += 3
        else:
            count = (extradata[place] & 0x1F if array == 0 else extradata[place]) if place < len(extradata) else 0
            place += 1
        for _ in range(count):
            size = int.from_bytes(extradata[place : place + 2], "big")
            place += 2 + size
            if place > len(extradata):
                return
            if size:
                yield extradata[place - size : place]


def _skip_scaling_lists(bits: Bits, count: int) -> None:
    for index in range(count):
        last = following = 8
        for _ in range((16 if index < 6 else 64) if bits.take(1) else 0):
            if following:
                code = bits.exp_golomb()
                delta = (code + 1) // 2 if code % 2 else -(code // 2)
                following = (last + delta) % 256
                last = following or last


def _skip_picture_order(bits: Bits) -> None:
    kind = bits.exp_golomb()  # pic_order_cnt_type
    if kind == 0:
        bits.exp_golomb()
    elif kind == 1:
        bits.skip(1)
        bits.exp_golomb()
        bits.exp_golomb()
        for _ in range(min(bits.exp_golomb(), 255)):
            bits.exp_golomb()


def _crop(bits: Bits) -> tuple[int, int, int, int]:
    if not bits.take(1):
        return 0, 0, 0, 0
    return bits.exp_golomb(), bits.exp_golomb(), bits.exp_golomb(), bits.exp_golomb()


def _subsampling(chroma: int) -> tuple[int, int]:
    return 2 if chroma in {1, 2} else 1, 2 if chroma == 1 else 1


def _checked(sps: _Sps) -> _Sps:
    sizes = 0 < sps.width < 1 << 16 and 0 < sps.height < 1 << 16
    if not sizes or sps.chroma > 3 or max(sps.depths) > 7:
        raise ValueError("a parameter set is damaged")
    return sps
