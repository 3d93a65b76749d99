"""The door to libav's demuxers: open, say what the stream is, read packets, let go. One thread a stream."""

import contextlib
import re
import threading
from collections.abc import Callable, Generator, Mapping
from fractions import Fraction

import av
import av.audio.stream
import av.container
import av.error
import av.logging
import av.stream
import av.video.stream

from watchglass.base.clock import Clock
from watchglass.base.errors import WatchglassError
from watchglass.camera.url import scrub
from watchglass.ingest import faults
from watchglass.ingest.interrupt import install, interruptible
from watchglass.ingest.log import losses_of_this_thread
from watchglass.ingest.stream import MAX_PACKET, Demuxed, DemuxedSound, IngestOptions, StreamRequest
from watchglass.model.camera import SourceKind
from watchglass.model.media import TICKS_PER_SECOND, SoundInfo, StreamInfo

MAX_SIDE = 16_384  # pixels, of a picture that a decoder of ours would take
FASTEST = 1000.0  # frames a second; rates beyond are what a demuxer makes up

_DUMPED_CODEC = re.compile(r"Video: ([\w.-]+(?: \([\w.-]{4} / 0x[0-9A-F]+\))?)")

Container = av.container.InputContainer


class LibavStream:
    """A stream read by libav. Of sound it reads only what was asked for, and can be kept."""

    lost = 0

    def __init__(
        self, container: Container, request: StreamRequest, options: IngestOptions, stop: threading.Event, clock: Clock
    ) -> None:
        """Take over `container`, closing it when there is no usable video in it (BadInputError)."""
        self._container = container
        self._request = request
        self._options = options
        self._stop = stop
        self._clock = clock
        self._take_sound: Callable[[DemuxedSound], None] | None = None
        try:
            self._video = _video(container, request)
            self.info = _info(self._video, request)
        except WatchglassError:
            self.close()
            raise
        self._audio = next(iter(container.streams.audio), None) if request.sound else None
        self.sound = _sound_info(self._audio) if self._audio else None

    def hear(self, take: Callable[[DemuxedSound], None]) -> None:
        """Hand sound to `take`, from the thread that reads `packets`."""
        if self.sound and self.sound.can_be_kept:
            self._take_sound = take

    def packets(self) -> Generator[Demuxed, None, None]:
        """Packets as they come. At its end a file returns, a camera raises UnreachableError."""
        fault: WatchglassError | None = None
        try:
            # The demuxer is closed while the stop can still interrupt it: it takes its time limit back as it closes.
            with (
                interruptible(self._stop),
                losses_of_this_thread() as losses,
                contextlib.closing(self._demux()) as demuxer,
            ):
                seen = self._clock.monotonic()
                for packet in demuxer:
                    if self._stop.is_set():
                        return
                    if not packet.size:  # PyAV marks the end with an empty packet
                        continue
                    if packet.stream is self._video:
                        self.lost = losses.count
                        yield self._demuxed(packet)
                        seen = self._clock.monotonic()
                    elif self._clock.monotonic() - seen <= self._options.silence:
                        self._heard(packet)
                    else:  # libav waits for packets of any kind; a camera that only sends sound is gone as well
                        fault = faults.silent(self._request, self._options.silence)
                        break
        except av.error.FFmpegError as error:
            if not self._stop.is_set():
                fault = faults.reading_fault(error, self._request, self._options.silence)
        # Raised out here, the new error has no __context__ in which the URL could travel on.
        if fault is None and self._request.source.kind is not SourceKind.FILE and not self._stop.is_set():
            fault = faults.ended(self._request)
        if fault is not None:
            raise fault

    def _demux(self) -> Generator["av.Packet[av.stream.Stream]", None, None]:
        heard = self._container.streams.audio if self._audio else ()
        yield from self._container.demux(self._video, *heard)  # PyAV types it as an iterator, which could not be closed

    def _heard(self, packet: "av.Packet[av.stream.Stream]") -> None:
        if self._take_sound is None or packet.stream is not self._audio:
            return
        pts = packet.pts if packet.pts is not None else packet.dts
        ticks = None if pts is None else _ticks(pts, packet.time_base)
        self._take_sound(DemuxedSound(bytes(packet), ticks, _ticks(packet.duration or 0, packet.time_base)))

    def _demuxed(self, packet: "av.Packet[av.stream.Stream]") -> Demuxed:
        if packet.size > MAX_PACKET:
            raise faults.unusable(self._request, f"has a frame of {packet.size} bytes, which no camera sends.")
        pts = packet.pts if packet.pts is not None else packet.dts
        ticks = None if pts is None else _ticks(pts, packet.time_base)
        return Demuxed(bytes(packet), ticks, packet.is_keyframe)

    def close(self) -> None:
        """Say goodbye to the camera and free what libav holds."""
        self._container.close()


def open_libav(
    url: str,
    request: StreamRequest,
    options: IngestOptions,
    stop: threading.Event,
    settings: Mapping[str, str],
    clock: Clock,
    container_format: str | None = None,
) -> LibavStream:
    """Open `url`, which may hold credentials and is therefore never shown, with libav's `settings`."""
    install()
    started = clock.monotonic()
    fault: WatchglassError
    try:
        with interruptible(stop):
            container = av.open(
                url,
                mode="r",
                format=container_format,
                options=dict(settings),
                timeout=(options.connect_timeout, options.silence),
                metadata_errors="replace",
            )
    except av.error.FFmpegError as error:
        # An interrupted RTSP handshake is reported as invalid data, so the time that passed decides.
        late = clock.monotonic() - started >= options.connect_timeout
        fault = faults.opening_fault(error, request, options.connect_timeout, late=late)
    except (ValueError, UnicodeError):  # av.open refuses a name with a zero byte or a lone surrogate in it
        fault = faults.unusable(request, "cannot be a file or an address.")
    else:
        return LibavStream(container, request, options, stop, clock)
    raise fault


def _video(container: Container, request: StreamRequest) -> av.video.stream.VideoStream:
    streams = [stream for stream in container.streams.video if not _is_cover_picture(stream)]
    if not streams:
        kinds = sorted({stream.type for stream in container.streams})
        raise faults.unusable(request, f"has no video in it, only {', '.join(kinds) or 'nothing'}: choose another.")
    stream = streams[0]
    if getattr(stream, "codec_context", None) is None:  # PyAV's types do not say that there may be no decoder
        name = _codec_name(container)
        raise faults.unusable(request, f"uses a codec that cannot be decoded here ({name}): choose H.264 or H.265.")
    return stream


def _codec_name(container: Container) -> str:
    """What libav calls a codec that it has no decoder for, and its four letters. PyAV tells neither but in a dump."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        dump = str(container.dumps_format())  # type: ignore[attr-defined]
    finally:
        av.logging.set_level(level)
    found = _DUMPED_CODEC.search(dump)
    return scrub(found[1]) if found else "an unknown one"


def _is_cover_picture(stream: av.video.stream.VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _info(stream: av.video.stream.VideoStream, request: StreamRequest) -> StreamInfo:
    context = stream.codec_context
    if context.name == "rawvideo":
        raise faults.unusable(request, "gives uncompressed pictures only: choose MJPEG, H.264 or H.265.")
    if not (0 < context.width <= MAX_SIDE and 0 < context.height <= MAX_SIDE):
        size = f"{context.width}x{context.height}"
        raise faults.unusable(request, f"does not say the size of its {context.name} picture ({size}): choose H.264.")
    return StreamInfo(
        codec=context.name,
        extradata=bytes(context.extradata or b""),
        width=context.width,
        height=context.height,
        rate=_rate(stream.average_rate) or _rate(stream.guessed_rate),
    )


def _sound_info(stream: av.audio.stream.AudioStream) -> SoundInfo:
    context = getattr(stream, "codec_context", None)
    if context is None:  # as of video: there may be no decoder
        return SoundInfo("unknown", b"", 0, 0)
    extradata = bytes(context.extradata or b"")
    return SoundInfo(context.name, extradata, context.sample_rate or 0, context.layout.nb_channels)


def _rate(rate: Fraction | None) -> float:
    value = float(rate) if rate else 0.0
    return value if 0.0 < value <= FASTEST else 0.0


def _ticks(pts: int, time_base: Fraction) -> int:
    return pts * time_base.numerator * TICKS_PER_SECOND // time_base.denominator
