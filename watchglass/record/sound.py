"""Sound beside the pictures of an original: the camera's own packets, each a sample of a second media track (rule S2)."""

import itertools

from watchglass.model.media import SoundPacket
from watchglass.store.fmp4 import SoundRun

LARGEST_PACKET = 64 * 1024  # bytes; a frame of AAC has at most 768 a channel
MOST = 8192  # packets in a fragment: more than a minute of the fastest
MOST_BYTES = 4 * 1024 * 1024  # in a fragment

_LONGEST = 600 * 90_000  # ticks between two packets of a fragment; durations have 32 bits
_LATEST = 1 << 62
_DEFAULT_STEP = 1920  # ticks, of 1024 samples at 48 kHz


class SoundWaiting:
    """Packets of sound that came while a fragment was being made."""

    def __init__(self) -> None:
        self.packets: list[SoundPacket] = []
        self._size = 0

    def add(self, packet: SoundPacket) -> bool:
        """Take a packet; False if it, or all of them together, would be more than any camera sends."""
        size = len(packet.data)
        fits = 0 < size <= LARGEST_PACKET and self._size + size <= MOST_BYTES and len(self.packets) < MOST
        if fits:
            self.packets.append(packet)
            self._size += size
        return fits


class SoundTimes:
    """Decode times of a run's sound: those of the packets, unless they do not rise. One thread.

    A packet lasts until the next one of its fragment; the last one as long as it says, or as the one before.
    """

    def __init__(self) -> None:
        self._end = 0  # the first time that is free
        self._step = _DEFAULT_STEP

    def run_of(self, packets: list[SoundPacket]) -> SoundRun | None:
        """The sound of the next fragment; None if there is none."""
        if not packets:
            return None
        times = [min(max(packets[0].pts, self._end), _LATEST)]
        for packet in packets[1:]:
            free = times[-1] + 1
            times.append(min(max(packet.pts, free), free + _LONGEST))
        durations = [after - before for before, after in itertools.pairwise(times)]
        self._step = min(packets[-1].duration, _LONGEST) or (durations[-1] if durations else self._step)
        durations.append(max(1, self._step))
        self._end = times[-1] + durations[-1]
        return SoundRun(times[0], [(length, one.data) for length, one in zip(durations, packets, strict=True)])
