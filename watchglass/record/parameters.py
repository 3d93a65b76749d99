"""Parameter sets of an H.264 or H.265 stream: where they come from, which are in force, and the MP4 header of them.

They are NAL units that a decoder must have before any picture: SPS and PPS (ITU-T H.264, 7.3.2), and VPS before them
(ITU-T H.265, 7.3.2). A stream gives them beside the packets, in the demuxer's extradata, or in the packets, or in
both; section numbers of `avcC` and `hvcC` are those of ISO/IEC 14496-15:2017. What is damaged is left out.
"""

from collections.abc import Iterator

from watchglass.base.errors import BadInputError
from watchglass.model.media import SoundInfo, StreamInfo
from watchglass.store import fmp4
from watchglass.store.decoder_config import avcc, hvcc
from watchglass.store.nal import Bits, split_annexb
from watchglass.store.sps import Sps, sps_of_h264, sps_of_hevc

_H264, _HEVC = "h264", "hevc"
_H264_KINDS = (7, 8)  # SPS, PPS
_HEVC_KINDS = (32, 33, 34)  # VPS, SPS, PPS
_MOST = {7: 32, 8: 256, 32: 16, 33: 16, 34: 64}  # how many of a kind there can be: their numbers begin at 0
_BRANDS = b"iso6iso5mp41"  # iso6: composition offsets with a sign


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

    def init_segment(self, sound: SoundInfo | None = None) -> bytes:
        """`ftyp` and `moov` with the sets in force, which must be `complete`. Width and height are the newest SPS's.

        With a media track for `sound`, which must be such as can be kept.

        The sample entries are `avc3` and `hev1` (5.4.2, 8.4.1): those whose samples may hold parameter sets as well, as
        cameras' packets do. `avc1` and `hvc1` would have them taken out of the samples, which then were not the camera's
        any more. Players treat both alike, but for Apple's, which want `hvc1`.
        """
        sps = (sps_of_hevc if self._hevc else sps_of_h264)(self._of(self._kinds[-2])[-1])
        entry = fmp4.sample_entry(b"hev1" if self._hevc else b"avc3", sps.width, sps.height, self._config(sps))
        heard = fmp4.aac_entry(sound.extradata, sound.rate, sound.channels) if sound else None
        return fmp4.header(_BRANDS, b"original", sps.width, sps.height, entry, heard)

    def _config(self, sps: Sps) -> bytes:
        if not self._hevc:
            return fmp4.box(b"avcC", avcc(self._of(7), self._of(8), sps))
        arrays = [(kind, self._of(kind)) for kind in self._kinds]
        arrays += [(self._kind(unit[0]), [unit]) for unit in self._others]
        return fmp4.box(b"hvcC", hvcc(arrays, sps))

    def _of(self, kind: int) -> list[bytes]:
        return [unit for (this, _), unit in self._sets.items() if this == kind]

    def _kind(self, byte: int) -> int:
        return byte >> 1 & 0x3F if self._hevc else byte & 0x1F

    def _number(self, kind: int, unit: bytes) -> int:
        """The number of a set. ValueError if it is damaged, as far as we look at it."""
        if kind == 7:
            return sps_of_h264(unit).number
        if kind == 33:
            return sps_of_hevc(unit).number
        bits = Bits(unit)
        if kind == 32:
            bits.skip(16)
            return bits.take(4)
        bits.skip(8 if kind == 8 else 16)
        return bits.exp_golomb()


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
