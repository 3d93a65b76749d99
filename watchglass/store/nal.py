"""NAL units of H.264: from a byte stream with start codes (ITU-T H.264, Annex B) to length prefixes (ISO/IEC 14496-15)."""

import re
import struct
from collections.abc import Iterable

_START = re.compile(rb"\x00\x00\x01")
_LENGTH = struct.Struct(">I")


def split_annexb(data: bytes) -> list[bytes]:
    """NAL units of a byte stream, without start codes (of 3 or 4 bytes) and without the zeros that may follow a unit.

    A NAL unit never ends in a zero byte (7.4.1), so zeros before a start code, or at the end, belong to no unit. What
    comes before the first start code is no unit.
    """
    codes = list(_START.finditer(data))
    ends = [*(code.start() for code in codes[1:]), len(data)]
    units = (data[code.end() : end].rstrip(b"\x00") for code, end in zip(codes, ends, strict=False))
    return [unit for unit in units if unit]


def length_prefixed(nals: Iterable[bytes]) -> bytes:
    """NAL units, each after its length in four bytes, as samples of an MP4 file have them."""
    return b"".join(_LENGTH.pack(len(nal)) + nal for nal in nals)


def split_length_prefixed(data: bytes) -> list[bytes]:
    """NAL units of a sample with lengths of four bytes. ValueError if the lengths do not add up."""
    units = []
    offset = 0
    while offset < len(data):
        end = offset + _LENGTH.size
        if end > len(data):
            raise ValueError("a NAL unit's length is cut short")
        (size,) = _LENGTH.unpack_from(data, offset)
        if size > len(data) - end:
            raise ValueError("a NAL unit is longer than its sample")
        units.append(data[end : end + size])
        offset = end + size
    return units


def kind(nal: bytes) -> int:
    """nal_unit_type of H.264: 5 IDR slice, 6 SEI, 7 SPS, 8 PPS, 9 access unit delimiter."""
    return nal[0] & 0x1F


def unprotected(unit: bytes) -> bytes:
    """Without the bytes that keep start codes from appearing inside a unit (7.4.1 of H.264 and of H.265)."""
    return unit.replace(b"\x00\x00\x03", b"\x00\x00")


class Bits:
    """Reads the head of a NAL unit bit by bit, 1,024 bytes of it at most. ValueError at its end, or for nonsense."""

    def __init__(self, unit: bytes) -> None:
        plain = unprotected(unit[:1024])
        self._value = int.from_bytes(plain, "big")
        self._left = 8 * len(plain)

    def skip(self, count: int) -> None:
        """Leave bits out."""
        self._left -= count
        if self._left < 0:
            raise ValueError("a parameter set is cut short")

    def take(self, count: int) -> int:
        """The next bits, as an unsigned number."""
        self.skip(count)
        return self._value >> self._left & (1 << count) - 1

    def exp_golomb(self) -> int:
        """The next ue(v), 9.1."""
        zeros = self._left - (self._value & (1 << self._left) - 1).bit_length()
        if zeros > 32:
            raise ValueError("a parameter set is damaged")
        self.skip(zeros)
        return self.take(zeros + 1) - 1
