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
