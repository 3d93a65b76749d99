"""Cameras over RTSP/TCP, read with as few system calls as can be: how main streams are recorded.

libavformat reads each RTP packet in three or four small pieces, with a poll before each: for a camera of 3 Mbit/s a
thousand a second of either. Here a stream is read a few times a second, whatever has come by then, and taken apart in
memory (docs/design/ingest.md has the figures). What is unusual is libav's to read: `UnsuitedError`.
"""

import threading
from collections.abc import Generator, Sequence

from watchglass.base.clock import Clock
from watchglass.base.errors import WatchglassError
from watchglass.ingest import faults
from watchglass.ingest.rtp import TooLargeError, depacketizer
from watchglass.ingest.rtsp_message import INTERLEAVED, NotRtspError, message_at
from watchglass.ingest.rtsp_session import CHUNK, Session, UnsuitedError
from watchglass.ingest.sdp import VideoOffer
from watchglass.ingest.stream import Demuxed, IngestOptions, StreamRequest
from watchglass.model.media import StreamInfo
from watchglass.store.decoder_config import avcc, hvcc
from watchglass.store.sps import Sps, sps_of_h264, sps_of_hevc


class InterleavedStream:
    """A stream of H.264 or H.265 over one TCP connection."""

    def __init__(self, request: StreamRequest, options: IngestOptions, stop: threading.Event, clock: Clock) -> None:
        """Connect and start. UnsuitedError if libav must do it; other errors as `Opener` says."""
        self._request, self._options, self._stop, self._clock = request, options, stop, clock
        self._session = Session(request, options, stop, clock)
        try:
            self.info = _info(self._session.offer)
        except UnsuitedError:
            self.close()
            raise
        self._packets = depacketizer(self._session.offer.codec, self._session.offer.payload_type)

    @property
    def lost(self) -> int:
        """RTP packets that the camera has not sent, by their numbers."""
        return self._packets.lost

    def packets(self) -> Generator[Demuxed, None, None]:
        """Packets as they come; the end of the stream is an UnreachableError."""
        fault: WatchglassError | None = None
        try:
            yield from self._read()
        except OSError as error:
            fault = faults.broken(self._request, error.strerror or type(error).__name__)
        except NotRtspError:
            fault = faults.broken(self._request, "what came is no RTSP")
        except TooLargeError:
            fault = faults.unusable(self._request, "has a frame that is larger than any camera's.")
        # Raised out here, the new error carries no other along.
        if fault is not None and not self._stop.is_set():
            raise fault

    def _read(self) -> Generator[Demuxed, None, None]:
        session, packets, clock, stop = self._session, self._packets, self._clock, self._stop
        receive = session.socket.recv
        gather = self._options.gather
        rest = self._split(b"".join([*session.early, session.rest]))
        heard = clock.monotonic()
        while not stop.is_set():
            if packets.ready:
                heard = clock.monotonic()
                ready, packets.ready = packets.ready, []
                yield from ready
            # All streams are read at the same moments: one wakes the processor, the others find its caches warm.
            session.gather(gather - clock.monotonic() % gather)
            try:
                data = receive(CHUNK)
            except BlockingIOError:  # nothing came for a while
                data = None
            now = clock.monotonic()
            if data == b"":
                raise faults.ended(self._request)
            if data:
                rest = self._split(rest + data if rest else data)
            if now - heard > self._options.silence and not packets.ready:
                raise faults.silent(self._request, self._options.silence)
            session.keep_alive(now)

    def _split(self, data: bytes) -> bytes:
        """Take what is whole, and give back the rest. NotRtspError, TooLargeError, OSError."""
        place, size, channel = 0, len(data), self._session.channel
        while place < size:
            if data[place] == INTERLEAVED:
                place = self._packets.take_interleaved(data, place, channel)
                if place >= size or data[place] == INTERLEAVED:
                    break
            found = message_at(data, place)
            if found is None:
                break
            message, place = found
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
