"""RTP packets as cameras make them, for tests: RFC 3550, RFC 6184, RFC 7798."""

import struct
from collections.abc import Iterable, Sequence


def rtp(number: int, stamp: int, payload: bytes, *, marker: bool = False, kind: int = 96, flags: int = 0x80) -> bytes:
    """One packet; `number` and `stamp` wrap as they do on the wire."""
    return struct.pack(">BBHII", flags, kind | marker << 7, number & 0xFFFF, stamp & 0xFFFFFFFF, 0xCAFE) + payload


def interleaved(packet: bytes, channel: int = 0) -> bytes:
    """As it stands between RTSP messages."""
    return struct.pack(">cBH", b"$", channel, len(packet)) + packet


def payloads_h264(units: Sequence[bytes], most: int, *, aggregate: bool = False) -> list[bytes]:
    """Payloads of at most `most` bytes, but for aggregates: of one unit each, or fragments; or all small ones in one."""
    if aggregate:
        return [b"\x18" + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)]
    return [payload for unit in units for payload in _fragments(unit, most, 1)]


def payloads_h265(units: Sequence[bytes], most: int, *, aggregate: bool = False) -> list[bytes]:
    """The same for H.265."""
    if aggregate:
        return [b"\x60\x01" + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)]
    return [payload for unit in units for payload in _fragments(unit, most, 2)]


def packets(payloads: Iterable[bytes], stamp: int, first: int = 0) -> list[bytes]:
    """An access unit's packets, the last with the marker."""
    every = list(payloads)
    return [rtp(first + place, stamp, payload, marker=place == len(every) - 1) for place, payload in enumerate(every)]


def _fragments(unit: bytes, most: int, head: int) -> list[bytes]:
    if len(unit) <= most:
        return [unit]
    rest = unit[head:]
    parts = [rest[place : place + most] for place in range(0, len(rest), most)]
    made = []
    for place, part in enumerate(parts):
        marks = (place == 0) << 7 | (place == len(parts) - 1) << 6
        if head == 1:
            made.append(bytes((unit[0] & 0xE0 | 28, marks | unit[0] & 0x1F)) + part)
        else:
            kind = unit[0] >> 1 & 0x3F
            made.append(bytes((unit[0] & 0x81 | 49 << 1, unit[1], marks | kind)) + part)
    return made
