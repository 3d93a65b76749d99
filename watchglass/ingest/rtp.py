"""From RTP packets to access units: RFC 3550 for the packets, RFC 6184 for H.264 in them, RFC 7798 for H.265.

Access units have their NAL units after their lengths in four bytes, as they are kept. Fast where all is well, for this runs
for each of some 300 packets a second and camera; forgiving where cameras are odd:

- An access unit ends with the marker, or where the time changes; before it holds a slice, neither ends it (some set
  the marker on SEI messages, or give parameter sets a time of their own).
- Who goes on with the same time after a marker sets it on each slice, or has times that stand still: from then on time tells,
  and the first slice of a picture.
- A NAL unit that a lost packet tore is left out; what came whole of its access unit is passed on.
- Where a parameter set has start codes in it, there are several units.
"""

import abc
import struct
from typing import ClassVar

from watchglass.ingest.rtsp_message import INTERLEAVED, INTERLEAVED_HEAD
from watchglass.ingest.stream import MAX_PACKET, Demuxed
from watchglass.store.nal import split_annexb

_HEAD = struct.Struct(">BBHI")
_HEAD_SIZE = 12
_INTERLEAVED = struct.Struct(">BBHBBHI")  # a dollar sign, the channel, the size; then a packet's head
_PLAIN = 0x80  # version 2, no padding, no extension, no contributing sources
_START = b"\x00\x00\x01"
_LENGTH = struct.Struct(">H")
_UNIT = struct.Struct(">I")
_ROOMY = MAX_PACKET - (1 << 16)  # bytes of an access unit that has room for one more packet
_FEW = 3000  # packets that may be missing; more, and the camera has begun to count anew


class TooLargeError(Exception):
    """An access unit grows beyond what any camera sends."""


class Depacketizer(abc.ABC):
    """Puts the packets of one stream together, in the order in which they come. What is whole is in `ready`."""

    PICTURES: ClassVar[frozenset[int]]
    """Types of NAL units that are slices of a picture."""
    KEYS: ClassVar[frozenset[int]]
    """Types of slices from which one can begin to decode."""
    BEFORE: ClassVar[frozenset[int]]
    """Types of units that stand before a picture's first slice: delimiters, parameter sets."""
    HEAD: ClassVar[int]
    """Bytes of a NAL unit's head; the first bit after it says that a slice is its picture's first (ue(v) 0, or a flag)."""
    FRAGMENT: ClassVar[tuple[int, int, int]]
    """A mask for a payload's first byte and what it leaves of a fragment's; where its marks are."""

    def __init__(self, payload_type: int) -> None:
        self.ready: list[Demuxed] = []
        """Access units, their NAL units after their lengths in four bytes; whoever reads takes them out."""
        self.lost = 0
        """Packets that never came."""
        self._type = payload_type
        self._expected = -1  # sequence number
        self._stamp = -1  # of the access unit that is being put together, in 32 bits
        self._ticks = 0  # the same, since the first one, and without an end
        self._pieces: list[bytes] = []
        self._size = 0
        self._unit_at = 0  # where in the pieces the NAL unit begins that comes in fragments
        self._in_fragments = False
        self._picture = self._keyframe = False
        self._finished = -1  # the stamp of the access unit that a marker ended last
        self._by_time = False

    def take_interleaved(self, data: bytes, place: int, channel: int) -> int:
        """Packets of a channel in a row of interleaved frames (RFC 2326, 10.12), from `place` on.

        Where the first frame is that is not whole, or that is none. TooLargeError as `take`.
        """
        unpack, append, size = _INTERLEAVED.unpack_from, self._pieces.append, len(data)
        mask, value, marks = self.FRAGMENT
        marks += INTERLEAVED_HEAD + _HEAD_SIZE
        expected, current = self._expected, self._stamp
        while place + _INTERLEAVED.size <= size:
            dollar, where, length, flags, kind, sequence, stamp = unpack(data, place)
            end = place + INTERLEAVED_HEAD + length
            if dollar != INTERLEAVED or end > size:
                break
            if where != channel:
                place = end
                continue
            if (
                sequence == expected
                and stamp == current
                and self._in_fragments
                and kind == self._type
                and flags == _PLAIN
                and length > marks
                and data[place + 16] & mask == value
                and data[place + marks] < 0x40
                and self._size < _ROOMY
            ):  # the middle of a NAL unit, as nine packets of ten are
                append(data[place + marks + 1 : end])
                self._size += length
                self._expected = expected = sequence + 1 & 0xFFFF
            else:
                self.take(data, place + INTERLEAVED_HEAD, end)
                expected, current = self._expected, self._stamp
            place = end
        return place

    def take(self, data: bytes, begin: int, end: int) -> None:
        """The packet at `data[begin:end]`. What is none is left out. TooLargeError, and none of it is kept."""
        if end - begin < _HEAD_SIZE:
            return
        flags, second, sequence, stamp = _HEAD.unpack_from(data, begin)
        if second & 0x7F != self._type:
            return
        begin += _HEAD_SIZE
        if flags != _PLAIN:
            begin, end = _payload(data, flags, begin, end)
        if sequence != self._expected:
            self._miss(sequence)
        self._expected = sequence + 1 & 0xFFFF
        if stamp != self._stamp:
            self._new_time(stamp)
        elif stamp == self._finished:
            self._by_time = True
        self._size += end - begin
        if self._size > MAX_PACKET:
            self._clear()
            raise TooLargeError
        if end > begin:
            self._unpack(data, begin, end)
        if second & 0x80 and self._picture and not self._by_time:
            self._finished = stamp
            self._finish()

    @abc.abstractmethod
    def _unpack(self, data: bytes, begin: int, end: int) -> None:
        """A packet's payload, which is not empty."""

    def _whole(self, unit: bytes, kind: int) -> None:
        """A NAL unit that came in one piece."""
        if self._in_fragments:
            self._close_unit()
        if kind not in self.PICTURES and _START in unit:
            for part in split_annexb(_START + unit):
                self._cut(self._kind(part), part)
                self._pieces += (_UNIT.pack(len(part)), part)
                self._note(self._kind(part))
            return
        self._cut(kind, unit)
        self._pieces += (_UNIT.pack(len(unit)), unit)
        self._note(kind)

    def _aggregate(self, data: bytes, begin: int, end: int) -> None:
        """NAL units with their lengths before them."""
        while begin + 2 < end:
            (size,) = _LENGTH.unpack_from(data, begin)
            unit = data[begin + 2 : min(begin + 2 + size, end)]
            if len(unit) == size and size:
                self._whole(unit, self._kind(unit))
            begin += 2 + size

    def _fragment(self, head: bytes, kind: int, marks: int, rest: bytes) -> None:
        """A piece of a NAL unit whose head would be `head`; `marks` has bit 7 at its start and bit 6 at its end."""
        if marks & 0x80:
            if self._in_fragments:
                self._close_unit()
            self._cut(kind, head + rest[:1])
            self._in_fragments = True
            self._unit_at = len(self._pieces)
            self._pieces += (b"", head)
            self._note(kind)
        elif not self._in_fragments:
            return  # its start was lost
        self._pieces.append(rest)
        if marks & 0x40:
            self._close_unit()

    def _close_unit(self) -> None:
        """The NAL unit that came in fragments is over: now its length is known."""
        self._in_fragments = False
        first, *rest = self._pieces[self._unit_at + 1 :]
        kind = self._kind(first)
        if kind not in self.PICTURES:  # small, and rarely in fragments
            del self._pieces[self._unit_at :]
            self._whole(b"".join((first, *rest)), kind)
        else:
            self._pieces[self._unit_at] = _UNIT.pack(len(first) + sum(map(len, rest)))

    def _cut(self, kind: int, head: bytes) -> None:
        """Where neither marker nor time tells units apart, the first slice of a picture does, with what stands before it."""
        if self._by_time and self._picture:
            first = kind in self.PICTURES and len(head) > self.HEAD and head[self.HEAD] >= 0x80
            if first or kind in self.BEFORE:
                self._finish()

    def _note(self, kind: int) -> None:
        if kind in self.PICTURES:
            self._picture = True
            if kind in self.KEYS:
                self._keyframe = True

    @abc.abstractmethod
    def _kind(self, unit: bytes) -> int:
        """The type of a NAL unit."""

    def _miss(self, sequence: int) -> None:
        if self._expected >= 0 and (missing := sequence - self._expected & 0xFFFF) <= _FEW:
            self.lost += missing
        if self._in_fragments:
            del self._pieces[self._unit_at :]
            self._in_fragments = self._keyframe = False

    def _new_time(self, stamp: int) -> None:
        if self._picture:
            self._finish()
        if self._stamp >= 0:  # the first is the origin: cameras begin anywhere
            ahead = stamp - self._stamp & 0xFFFFFFFF
            self._ticks += ahead if ahead < 1 << 31 else ahead - (1 << 32)
        self._stamp = stamp

    def _finish(self) -> None:
        if self._in_fragments:
            self._close_unit()
        if self._pieces:
            self.ready.append(Demuxed(b"".join(self._pieces), self._ticks, self._keyframe))
        self._clear()

    def _clear(self) -> None:
        self._pieces.clear()
        self._size = 0
        self._picture = self._keyframe = self._in_fragments = False


class H264Depacketizer(Depacketizer):
    """H.264: single NAL units, STAP-A and FU-A, which is all that cameras use (packetization modes 0 and 1)."""

    PICTURES = frozenset(range(1, 6))
    KEYS = frozenset({5})
    BEFORE = frozenset({7, 8, 9})
    HEAD = 1
    FRAGMENT = (0x1F, 28, 1)

    def _unpack(self, data: bytes, begin: int, end: int) -> None:
        head = data[begin]
        kind = head & 0x1F
        if kind == 28 and end - begin >= 2:
            marks = data[begin + 1]
            kind = marks & 0x1F
            self._fragment(_BYTES[head & 0xE0 | kind], kind, marks, data[begin + 2 : end])
        elif 0 < kind < 24:
            self._whole(data[begin:end], kind)
        elif kind == 24:
            self._aggregate(data, begin + 1, end)

    def _whole(self, unit: bytes, kind: int) -> None:
        super()._whole(unit, kind)
        if kind == 6 and _is_recovery_point(unit):
            self._keyframe = True

    def _kind(self, unit: bytes) -> int:
        return unit[0] & 0x1F


class H265Depacketizer(Depacketizer):
    """H.265: single NAL units, aggregation packets and fragments, without decoding order numbers."""

    PICTURES = frozenset(range(32))
    KEYS = frozenset(range(16, 24))
    BEFORE = frozenset({32, 33, 34, 35})
    HEAD = 2
    FRAGMENT = (0x7E, 49 << 1, 2)

    def _unpack(self, data: bytes, begin: int, end: int) -> None:
        if end - begin < 2:
            return
        kind = data[begin] >> 1 & 0x3F
        if kind == 49 and end - begin >= 3:
            marks = data[begin + 2]
            kind = marks & 0x3F
            head = bytes((data[begin] & 0x81 | kind << 1, data[begin + 1]))
            self._fragment(head, kind, marks, data[begin + 3 : end])
        elif kind == 48:
            self._aggregate(data, begin + 2, end)
        elif kind < 48:
            self._whole(data[begin:end], kind)

    def _kind(self, unit: bytes) -> int:
        return unit[0] >> 1 & 0x3F


_BYTES = [bytes((value,)) for value in range(256)]


def depacketizer(codec: str, payload_type: int) -> Depacketizer:
    """What takes `h264` or `hevc` apart."""
    return H264Depacketizer(payload_type) if codec == "h264" else H265Depacketizer(payload_type)


def _payload(data: bytes, flags: int, begin: int, end: int) -> tuple[int, int]:
    """Where the payload is of a packet with more than the usual in its head (RFC 3550, 5.1); nowhere if it is torn."""
    if flags >> 6 != 2:
        return end, end
    begin += 4 * (flags & 0x0F)
    if flags & 0x10 and begin + 4 <= end:
        begin += 4 + 4 * _LENGTH.unpack_from(data, begin + 2)[0]
    if flags & 0x20 and begin < end:
        end -= data[end - 1]
    return (begin, end) if begin < end else (end, end)


def _is_recovery_point(unit: bytes) -> bool:
    """Whether an SEI of H.264 (7.3.2.3) says that decoding can begin here, without an IDR picture (D.2.8)."""
    place = 1
    while place + 2 < len(unit):
        kind = size = 0
        while place < len(unit) and unit[place] == 0xFF:
            kind += 255
            place += 1
        kind += unit[place] if place < len(unit) else 0
        place += 1
        while place < len(unit) and unit[place] == 0xFF:
            size += 255
            place += 1
        size += unit[place] if place < len(unit) else 0
        place += 1 + size
        if kind == 6:
            return True
    return False
