"""Encoded media on its way from a camera to whoever watches it. Media time is 90 kHz ticks, wall time is WallUs."""

import dataclasses
from typing import NewType

from watchglass.base.clock import WallUs

Ticks = NewType("Ticks", int)
"""Media time: ticks of 1/90000 s since the start of a run."""

TICKS_PER_SECOND = 90_000


@dataclasses.dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a decoder must know before the first packet.

    `codec` is FFmpeg's decoder name (h264, hevc, mpeg4, mjpeg ...), `extradata` what the demuxer gave with it,
    `rate` the nominal frames a second (0.0 where the stream does not say).
    """

    codec: str
    extradata: bytes
    width: int
    height: int
    rate: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Packet:
    """One encoded access unit. `wall` is when its frame was taken, on our clock, rising strictly within a run.

    `pts` is that same time as media time since the run began. `jump` marks the first packet after a hole (dropped
    packets, a reconnect, a loop's end): a decoder must be flushed, and what follows may be another scene.
    """

    data: bytes = dataclasses.field(repr=False)
    pts: Ticks
    wall: WallUs
    keyframe: bool
    jump: bool = False


_LARGEST_CONFIG = 64  # bytes of extradata; an AudioSpecificConfig has two to some twenty


@dataclasses.dataclass(frozen=True, slots=True)
class SoundInfo:
    """What a decoder must know before the first packet of sound. Kept in originals alone (rule R7).

    `codec` is FFmpeg's decoder name, `extradata` what the demuxer gave with it, `rate` samples a second.
    """

    codec: str
    extradata: bytes
    rate: int
    channels: int

    @property
    def can_be_kept(self) -> bool:
        """MP4 holds it as it is: AAC whose AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) is known beforehand."""
        known = 2 <= len(self.extradata) <= _LARGEST_CONFIG and self.rate > 0 and self.channels > 0
        return self.codec == "aac" and known


@dataclasses.dataclass(frozen=True, slots=True)
class SoundPacket:
    """One encoded piece of sound. `pts` is media time of the same run as that of the pictures beside it.

    `duration` is in ticks, 0 where nobody says. No `Packet`, so that none gets to where only pictures may go.
    """

    data: bytes = dataclasses.field(repr=False)
    pts: Ticks
    duration: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class ViewSample:
    """One encoded frame of a view: H.264 in length-prefixed form (ISO 14496-15), one slice of time of it."""

    data: bytes = dataclasses.field(repr=False)
    pts: Ticks
    duration: int
    wall: WallUs
    keyframe: bool


@dataclasses.dataclass(frozen=True, slots=True)
class ViewFormat:
    """How a run of a view is encoded: what an MP4 track header and a browser's decoder need.

    `sps` and `pps` are bare H.264 NAL units without start codes.
    """

    width: int
    height: int
    sps: bytes
    pps: bytes

    @property
    def codec(self) -> str:
        """RFC 6381 name, as in `avc1.64001f`."""
        return f"avc1.{self.sps[1:4].hex()}"
