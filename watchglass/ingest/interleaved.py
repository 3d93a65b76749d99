"""Cameras over RTSP/TCP, read with as few system calls as can be: how main streams are recorded.

libavformat reads each RTP packet in three or four small pieces, with a poll before each: for a camera of 3 Mbit/s a
thousand a second of either. Here a stream is read a few times a second, whatever has come by then, and taken apart in
memory (docs/design/ingest.md has the figures). What is unusual is libav's to read: `UnsuitedError`.
"""

import socket
import threading
from collections.abc import Callable, Generator, Sequence

from watchglass.base.clock import Clock
from watchglass.base.errors import WatchglassError
from watchglass.ingest import faults
from watchglass.ingest.pump import Pump
from watchglass.ingest.rtp import TooLargeError, depacketizer
from watchglass.ingest.rtsp_message import INTERLEAVED, NotRtspError, message_at
from watchglass.ingest.rtsp_session import CHUNK, Session, UnsuitedError
from watchglass.ingest.sdp import VideoOffer
from watchglass.ingest.stream import Demuxed, IngestOptions, StreamRequest
from watchglass.model.media import StreamInfo
from watchglass.store.decoder_config import avcc, hvcc
from watchglass.store.sps import Sps, sps_of_h264, sps_of_hevc

_READS = 16  # of one step: 2 MiB, so that no camera keeps the others waiting
_MESSAGES = 16  # of one step: a camera says something every half minute


class InterleavedStream:
    """A stream of H.264 or H.265 over one TCP connection."""

    def __init__(
        self,
        request: StreamRequest,
        options: IngestOptions,
        stop: threading.Event,
        clock: Clock,
        pump: Pump | None = None,
    ) -> None:
        """Connect and start. UnsuitedError if libav must do it; other errors as `Opener` says."""
        self._pump = pump or Pump(clock, options.gather)
        self._request, self._options, self._stop, self._clock = request, options, stop, clock
        self._session = Session(request, options, stop, clock)
        try:
            self.info = _info(self._session.offer)
        except BaseException:
            self.close()
            raise
        self._packets = depacketizer(self._session.offer.codec, self._session.offer.payload_type)
        self._first = b"".join([*self._session.early, self._session.rest])
        self._rest = b""
        self._heard = clock.monotonic()
        self._fault: WatchglassError | None = None

    @property
    def lost(self) -> int:
        """RTP packets that the camera has not sent, by their numbers."""
        return self._packets.lost

    def packets(self) -> Generator[Demuxed, None, None]:
        """Packets as they come; the end of the stream is an UnreachableError."""
        while not self._stop.is_set():
            yield from self.step()
            self._clock.wait(self._stop, self._options.gather)

    def pumped(self, take: Callable[[Demuxed], None]) -> None:
        """Have the pump hand packets to `take` until the stop event is set; raises as `packets`."""
        self._pump.read(self, take, self._stop)

    def step(self) -> list[Demuxed]:
        """What has come since the last step; never waits. UnreachableError and BadInputError as `packets` has them."""
        if self._fault is None:
            self._fault = self._attempt()
        ready, self._packets.ready = self._packets.ready, []
        now = self._clock.monotonic()
        if ready:
            self._heard = now
        elif self._fault is None and now - self._heard > self._options.silence:
            self._fault = faults.silent(self._request, self._options.silence)
        if self._fault is not None and not ready:  # what came before the end comes first
            raise self._fault
        return ready

    def _attempt(self) -> WatchglassError | None:
        """Read, and say how the stream ended if it did. The error carries no other along: it is raised elsewhere."""
        try:
            return None if self._read() else faults.ended(self._request)
        except OSError as error:
            words = error.strerror or type(error).__name__
        except NotRtspError:
            words = "what came is no RTSP"
        except TooLargeError:
            return faults.unusable(self._request, "has a frame that is larger than any camera's.")
        return faults.broken(self._request, words)

    def _read(self) -> bool:
        """Take apart what there is; False at the end. OSError, NotRtspError, TooLargeError."""
        if self._first:
            self._first, self._rest = b"", self._split(self._first)
        for _ in range(_READS):
            try:
                data = self._session.socket.recv(CHUNK, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            if not data:
                return False
            self._rest = self._split(self._rest + data if self._rest else data)
            if len(data) < CHUNK:
                break
        self._session.keep_alive(self._clock.monotonic())
        return True

    def _split(self, data: bytes) -> bytes:
        """Take what is whole, and give back the rest. NotRtspError, TooLargeError, OSError."""
        place, size, channel, messages = 0, len(data), self._session.channel, 0
        while place < size:
            if data[place] == INTERLEAVED:
                place = self._packets.take_interleaved(data, place, channel)
                if place >= size or data[place] == INTERLEAVED:
                    break
            if data[place] in b"\r\n":  # some end messages with more of these than they say
                place += 1
                continue
            found = message_at(data, place)
            if found is None:
                break
            message, place = found
            messages += 1
            if messages > _MESSAGES:
                raise NotRtspError
            self._session.heed(message)
        return data[place:]

    def close(self) -> None:
        """Say goodbye to the camera."""
        self._session.close()


def _info(offer: VideoOffer) -> StreamInfo:
    """What is known beforehand. UnsuitedError if it is too little, or makes no sense."""
    hevc = offer.codec == "hevc"
    kinds = (32, 33, 34) if hevc else (7, 8)
    sets = {
        kind: [unit for unit in offer.parameter_sets if (unit[0] >> 1 & 0x3F if hevc else unit[0] & 0x1F) == kind]
        for kind in kinds
    }
    sps = _read_sps(offer.codec, sets[kinds[-2]]) if all(sets.values()) else None
    if sps is None:
        raise UnsuitedError
    extradata = hvcc(list(sets.items()), sps) if hevc else avcc(sets[7], sets[8], sps)
    return StreamInfo(offer.codec, extradata, sps.width, sps.height, offer.rate or sps.rate)


def _read_sps(codec: str, units: Sequence[bytes]) -> Sps | None:
    try:
        return (sps_of_hevc if codec == "hevc" else sps_of_h264)(units[-1])
    except (IndexError, ValueError):
        return None
