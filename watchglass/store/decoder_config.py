"""What a decoder must know before the first picture, as MP4 files have it: ISO/IEC 14496-15:2017, lengths of four bytes."""

import struct
from collections.abc import Iterable, Sequence

from watchglass.store.nal import unprotected
from watchglass.store.sps import HIGH_PROFILES, Sps

_SPS_OF_HEVC = 33


def avcc(spss: Sequence[bytes], ppss: Sequence[bytes], sps: Sps) -> bytes:
    """AVCDecoderConfigurationRecord (5.3.3.1) of H.264's parameter sets; `sps` is the last of them, read.

    Of more than it has room for, the last are taken. There must be one of each.
    """
    spss, ppss = spss[-31:], ppss[-255:]
    head = bytes((1, *spss[-1][1:4], 0xFC | 3, 0xE0 | len(spss))) + _each(spss) + bytes((len(ppss),)) + _each(ppss)
    if spss[-1][1] in HIGH_PROFILES:
        luma, chroma = sps.depths
        head += bytes((0xFC | sps.chroma, 0xF8 | luma, 0xF8 | chroma, 0))
    return head


def hvcc(arrays: Sequence[tuple[int, Sequence[bytes]]], sps: Sps) -> bytes:
    """HEVCDecoderConfigurationRecord (8.3.3.1) of H.265's parameter sets by type; `sps` is the last of them, read.

    No array is said to be complete, as `hev1` allows. There must be an SPS.
    """
    last = next(units[-1] for kind, units in arrays if kind == _SPS_OF_HEVC)
    plain = unprotected(last)
    layers, nested = (plain[2] >> 1 & 7) + 1, plain[2] & 1
    luma, chroma = sps.depths
    head = b"\x01" + plain[3:15] + bytes((0xF0, 0, 0xFC, 0xFC | sps.chroma, 0xF8 | luma, 0xF8 | chroma, 0, 0))
    head += bytes((layers << 3 | nested << 2 | 3, len(arrays)))
    parts = [bytes((kind,)) + struct.pack(">H", len(units)) + _each(units) for kind, units in arrays]
    return head + b"".join(parts)


def _each(units: Iterable[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(unit)) + unit for unit in units)
