"""What ingest hands on, and the door through which streams are opened: an `Opener`, real or scripted."""

import dataclasses
import enum
import threading
from collections.abc import Callable, Generator
from typing import Protocol, runtime_checkable

from watchglass.model.camera import Credentials, Source, Transport
from watchglass.model.media import SoundInfo, StreamInfo

MAX_PACKET = 16 * 1024 * 1024
"""Bytes of the largest packet that is taken; a keyframe of a 4K camera has about one."""


class TlsPolicy(enum.StrEnum):
    """Whom to believe behind rtsps://."""

    ANY = "any"
    """Encrypt, and take any certificate: cameras leave the factory with one they signed themselves, for no name."""

    VERIFIED = "verified"
    """Only a certificate that this machine's authorities vouch for, made out to the name in the address."""


@dataclasses.dataclass(frozen=True, slots=True)
class IngestOptions:
    """How patient ingest is; durations in seconds."""

    connect_timeout: float = 10.0  # from the first packet sent to a stream whose size is known
    silence: float = 10.0  # without a packet of video, after which a camera counts as gone
    tls: TlsPolicy = TlsPolicy.ANY
    gather: float = 0.2  # for which packets gather before they are read; half of it is added delay


@dataclasses.dataclass(frozen=True, slots=True)
class StreamRequest:
    """One stream to open. `camera` is the name that people know it by; errors speak of it.

    With `sound`, what it has of that is asked for as well, of a camera over RTSP.
    """

    camera: str
    source: Source
    credentials: Credentials | None = None
    transport: Transport = Transport.TCP
    sound: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class DemuxedSound:
    """One packet of sound as the demuxer gave it. `ticks` as those of `Demuxed`; `duration` is 0 where nobody says."""

    data: bytes = dataclasses.field(repr=False)
    ticks: int | None
    duration: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Demuxed:
    """One access unit as the demuxer gave it, in decode order, before its time is trusted.

    `ticks` is the stream's own presentation time in 1/90000 s from an origin of its own, None where it gives none.
    `jump` is set by sources that know of a hole: a file that begins anew.
    """

    data: bytes = dataclasses.field(repr=False)
    ticks: int | None
    keyframe: bool
    jump: bool = False


class OpenStream(Protocol):
    """A stream that is being read, by one thread."""

    @property
    def info(self) -> StreamInfo:
        """What a decoder must know before the first packet."""

    @property
    def lost(self) -> int:
        """RTP packets that the network has lost so far."""

    def packets(self) -> Generator[Demuxed, None, None]:
        """Packets as they come, until the stop event that it was opened with is set (within about a second).

        A source that ends, falls silent or breaks raises WatchglassError.
        """

    def close(self) -> None:
        """Let go of the camera. May be called twice."""


@runtime_checkable
class PumpedStream(OpenStream, Protocol):
    """A stream that can be read together with others (`ingest/pump.py`)."""

    def pumped(self, take: Callable[[Demuxed], None]) -> None:
        """Hand packets to `take`, which must not wait, until the stop event is set; waits as long. Raises as `packets`."""


@runtime_checkable
class SoundingStream(OpenStream, Protocol):
    """A stream that may have sound beside its video, if that was asked for."""

    @property
    def sound(self) -> SoundInfo | None:
        """What a decoder must know of the sound; None if there is none."""

    def hear(self, take: Callable[[DemuxedSound], None]) -> None:
        """Hand sound that can be kept to `take`, which must not wait, from whoever reads `packets`."""


class Opener(Protocol):
    """How a stream is opened; tests bring their own."""

    def __call__(self, request: StreamRequest, stop: threading.Event) -> OpenStream:
        """Open the stream. Setting `stop` ends the attempt, and later the reading.

        UnreachableError, RefusedError, MissingInputError, BadInputError and UsageError say what is wrong, by the
        camera's name, and never with its credentials.
        """
