"""A camera's own packets as fragmented MP4, without a bit of them changed (rule S2): how originals are recorded.

The NAL units of the samples are those of the packets: the same ones in the same order, SEI messages, delimiters and
parameter sets included. Only what stands between them differs, start codes (ITU-T H.264 and H.265, Annex B) or
lengths of any size becoming lengths of four bytes (ISO/IEC 14496-15). Zeros before a start code belong to no NAL unit.

Packets know when they are shown, not when they are decoded. The decode times of a fragment are the times at which its
frames are shown, put in order, less the delay that frames out of order need; where they would begin before the run
does, or before the fragment before is over, they stand as close as ticks allow. Composition offsets have a sign (ISO/IEC
14496-12, 8.8.8, version 1), but it is needed for nonsense alone: libav moves all times of a file with a negative one.

Sound, where it is kept, is a second media track of the same fragments: pictures alone say where these begin and end.
"""

import collections
import dataclasses
import itertools
import struct

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.media import TICKS_PER_SECOND, Packet, SoundInfo, SoundPacket, StreamInfo
from watchglass.record.parameters import ParameterSets
from watchglass.record.sound import SoundTimes, SoundWaiting
from watchglass.store import fmp4

LENGTH = TICKS_PER_SECOND  # of a fragment, or half a frame less
LONGEST = 2 * TICKS_PER_SECOND  # of a fragment in which frames out of order allow no cut
LARGEST = 16 * 1024 * 1024  # bytes of media in a fragment; a larger packet is no camera's

_REORDER = 16  # frames, the deepest in H.264 and H.265
_LONGEST_FRAME = 10 * TICKS_PER_SECOND  # how long a frame lasts when the next one comes later still
_FARTHEST = 600 * TICKS_PER_SECOND  # back in time; composition offsets have 31 bits
_LATEST = 1 << 62
_MOST_UNITS = 4096  # in a packet; a picture in slices has some dozens
_START = b"\x00\x00\x01"
_LENGTH = struct.Struct(">I")


@dataclasses.dataclass(frozen=True, slots=True)
class Fragment:
    """About a second of a run. `init` is the same object as long as it is the same."""

    init: bytes = dataclasses.field(repr=False)
    """The init segment that this fragment needs."""
    data: bytes = dataclasses.field(repr=False)
    """`moof` and `mdat`; media time is 90 kHz since the run began."""
    start: WallUs
    """When its earliest frame was taken."""
    end: WallUs
    """When its last frame was over: at the next fragment's `start`, unless there is a hole between them."""
    keyframe: bool
    """It begins with a keyframe."""
    frames: int
    duration_ticks: int
    """How long it is shown, in 1/90000 s."""


class Remuxer:
    """Makes fragments of one run's packets, which come in decode order. One thread.

    A fragment ends before each keyframe, before a packet with `jump`, and after about a second of a longer GOP; so not
    every one begins with a keyframe. It is given out when the next one's time is known: a packet later, or a few if
    frames are out of order. Packets before the first keyframe, or before parameter sets are known, cannot be
    decoded and are dropped.
    """

    def __init__(self, info: StreamInfo, sound: SoundInfo | None = None) -> None:
        """BadInputError if the video's codec is neither H.264 nor H.265. `sound` that can't be kept is left out."""
        self.dropped = 0
        """Packets that are in no fragment: before the first keyframe, without a NAL unit, torn, or beyond any size."""
        self._sound = sound if sound and sound.can_be_kept else None
        self._sound_times = SoundTimes()
        self._sound_from: int | None = None  # when the first keyframe is shown
        self._sets = ParameterSets(info)
        self._times = _Times()
        self._step = round(TICKS_PER_SECOND / info.rate) if info.rate > 0 else TICKS_PER_SECOND // 25
        self._groups: collections.deque[_Group] = collections.deque()
        self._init = b""
        self._version = -1  # of the parameter sets in `_init`
        self._hole = False
        self._delay = 0  # from decoding to showing, of frames in order, in ticks
        self._end = 0  # of the latest fragment: the first decode time that is free
        self._sequence = 0

    def take(self, packet: Packet) -> Fragment | None:
        """The next packet; what is given back is whole, and from before it. Raises nothing, whatever the packet holds."""
        self._hole |= packet.jump
        units = _units(packet.data, self._sets.length_size)
        pieces, size = self._pieces(packet.data, units)
        if not 0 < size <= LARGEST or not (self._init or (packet.keyframe and self._sets.complete)):
            self.dropped += 1
            return None
        pts = self._times.place(packet.pts)
        if self._begins_fragment(packet, pts, size):
            self._renew_init(packet)
            if self._sound_from is None:
                self._sound_from = pts
            self._groups.append(_Group(self._init, packet.keyframe, self._hole, self._step))
        self._groups[-1].add(pieces, size, pts, packet)
        self._hole = False
        return self._given() if self._is_ready() else None

    def hear(self, packet: SoundPacket) -> None:
        """The next packet of sound, for the fragment that is being made; none before the first keyframe. Raises nothing."""
        if self._sound is not None and self._groups and packet.pts >= (self._sound_from or 0):
            self._groups[-1].sound.add(packet)

    def rest(self) -> list[Fragment]:
        """What is left at the end of the run: the last fragment, and any that waited for the packets after it."""
        return [self._given() for _ in range(len(self._groups))]

    def _pieces(self, data: bytes, units: list[memoryview]) -> tuple[list[bytes | memoryview], int]:
        """A sample, in pieces, and its size in bytes. Looks out for parameter sets."""
        for unit in units:
            if self._sets.is_set[unit[0]]:
                self._sets.look(bytes(unit))
        size = sum(map(len, units)) + 4 * len(units)
        if self._sets.length_size == 4 and size == len(data):  # they stand in the packet as they will in the sample
            return [data], size
        return [piece for unit in units for piece in (_LENGTH.pack(len(unit)), unit)], size

    def _begins_fragment(self, packet: Packet, pts: int, size: int) -> bool:
        if packet.keyframe or self._hole or not self._groups:
            return True
        group = self._groups[-1]
        if group.size + size > LARGEST or pts - group.low >= LONGEST or group.high - pts >= LONGEST:
            return True
        # What is shown before a frame that was decoded already belongs to its fragment.
        end = pts if self._times.depth == 0 else group.high + group.step
        return pts > group.high and 2 * (end - group.low) >= 2 * LENGTH - group.step

    def _renew_init(self, packet: Packet) -> None:
        """Only at a keyframe: until then the old sets may be in force, and the new ones are in the samples anyway."""
        if packet.keyframe and self._version != self._sets.version:
            self._version = self._sets.version
            init = self._sets.init_segment(self._sound)
            self._init = self._init if init == self._init else init

    def _is_ready(self) -> bool:
        """The oldest fragment has an end that nothing can change: no more frames of its time can come."""
        if len(self._groups) < 2:
            return False
        after = list(itertools.islice(self._groups, 1, None))
        if after[0].after_hole or sum(group.size for group in after) > LARGEST:
            return True
        return sum(len(group.pts) for group in after) > self._times.depth

    def _given(self) -> Fragment:
        group = self._groups.popleft()
        self._delay = max(self._delay, group.delay())
        times = group.decode_times(self._delay, self._end)
        end, wall_end = self._ends(group)
        self._end = max(end - self._delay, times[-1] + 1)
        self._sequence += 1
        rows = group.rows(times, self._end)
        sound = self._sound_times.run_of(group.sound.packets)
        return Fragment(
            group.init,
            fmp4.moof_and_mdat(self._sequence, times[0], rows, group.pieces, sound),
            group.wall_low,
            wall_end,
            group.keyframe,
            len(times),
            end - group.low,
        )

    def _ends(self, group: "_Group") -> tuple[int, WallUs]:
        """When the last frame of a group has been shown: in ticks and in wall time."""
        end = group.high + group.step
        wall_end = group.wall_high + group.step * MICROSECONDS // TICKS_PER_SECOND
        if self._groups:
            following = min(later.low for later in self._groups)
            hole = self._groups[0].after_hole or following - group.high > _LONGEST_FRAME
            if not hole or following < end:
                end, wall_end = following, min(later.wall_low for later in self._groups)
        return max(end, group.high + 1), WallUs(max(wall_end, group.wall_high + 1))


class _Times:
    """Presentation times as they are, unless a file could not hold them, and how far they are out of order."""

    def __init__(self) -> None:
        self.depth = 0  # most frames seen that were decoded before one that is shown earlier
        self._high = -1
        self._given: collections.deque[int] = collections.deque(maxlen=_REORDER)
        self._recent: collections.deque[int] = collections.deque(maxlen=_REORDER)

    def place(self, pts: int) -> int:
        given = pts
        if not self._high - _FARTHEST <= pts < _LATEST or pts in self._given or pts in self._recent:
            pts = self._high + 1
        if pts < self._high:
            self.depth = max(self.depth, sum(other > pts for other in self._recent))
        self._high = max(self._high, pts)
        self._given.append(given)
        self._recent.append(pts)
        return pts


class _Group:
    """The samples of a fragment to be. Times are in ticks, sizes in bytes."""

    def __init__(self, init: bytes, keyframe: bool, after_hole: bool, step: int) -> None:
        self.init = init
        self.keyframe = keyframe
        self.after_hole = after_hole
        self.pieces: list[bytes | memoryview] = []
        self.pts: list[int] = []
        self.size = self.low = self.high = 0
        self.wall_low = self.wall_high = WallUs(0)
        self.sound = SoundWaiting()
        self._nominal = step
        self._looks: list[tuple[int, int]] = []  # size and flags of each sample

    @property
    def step(self) -> int:
        """How long a frame lasts here: on average, or as the stream says if there is only one."""
        count = len(self.pts)
        return max(1, (self.high - self.low) // (count - 1)) if count > 1 else self._nominal

    def add(self, pieces: list[bytes | memoryview], size: int, pts: int, packet: Packet) -> None:
        if self.pts:
            self.low, self.high = min(self.low, pts), max(self.high, pts)
            self.wall_low, self.wall_high = min(self.wall_low, packet.wall), max(self.wall_high, packet.wall)
        else:
            self.low = self.high = pts
            self.wall_low = self.wall_high = packet.wall
        self.pieces += pieces
        self.pts.append(pts)
        self.size += size
        self._looks.append((size, fmp4.KEYFRAME if packet.keyframe else fmp4.OTHER_FRAME))

    def delay(self) -> int:
        """How much earlier frames must be decoded so that none is shown before."""
        return max(ordered - pts for ordered, pts in zip(sorted(self.pts), self.pts, strict=True))

    def decode_times(self, delay: int, floor: int) -> list[int]:
        """A decode time for each sample: rising, none before `floor`."""
        times = []
        for pts in sorted(self.pts):
            times.append(max(pts - delay, floor))
            floor = times[-1] + 1
        return times

    def rows(self, times: list[int], end: int) -> list[tuple[int, ...]]:
        """The samples for `fmp4.moof_and_mdat`; `end` is when the last one is over."""
        durations = [after - before for before, after in itertools.pairwise([*times, end])]
        if times == self.pts:
            return [(duration, *look) for duration, look in zip(durations, self._looks, strict=True)]
        offsets = [pts - time for pts, time in zip(self.pts, times, strict=True)]
        return [(d, *look, offset) for d, look, offset in zip(durations, self._looks, offsets, strict=True)]


def _units(data: bytes, length_size: int) -> list[memoryview]:
    """The NAL units of a packet, none of them empty. None at all if it is torn, or larger than any camera sends."""
    if len(data) > LARGEST:
        return []
    return _units_by_length(data, length_size) if length_size else _units_by_start_code(data)


def _units_by_start_code(data: bytes) -> list[memoryview]:
    # Backwards: one pass over the bytes, and CPython searches twice as fast in this direction.
    view = memoryview(data)
    units: list[memoryview] = []
    end = len(data)
    for _ in range(_MOST_UNITS):
        code = data.rfind(_START, 0, end)
        if code < 0:
            units.reverse()
            return units
        begin = code + 3
        if end > begin and not data[end - 1]:
            end -= 1  # a start code of four bytes follows
            if end > begin and not data[end - 1]:
                end = begin + len(data[begin:end].rstrip(b"\x00"))
        if end > begin:
            units.append(view[begin:end])
        end = code
    return []


def _units_by_length(data: bytes, length_size: int) -> list[memoryview]:
    view = memoryview(data)
    units: list[memoryview] = []
    place = 0
    for _ in range(_MOST_UNITS):
        begin = place + length_size
        place = begin + int.from_bytes(view[place:begin], "big")
        if place > len(data):
            return []
        if place > begin:
            units.append(view[begin:place])
        if place == len(data):
            return units
    return []
