"""Keeping one stream open for ever: connect, read, say how it is, and connect again after a wait that grows.

The loop runs on one thread and ends soon after its stop event is set; packets of a stream that is pumped come on the pump's. It knows neither rings nor the catalogue:
what it has to say goes to a `StreamSink`.
"""

import collections
import contextlib
import secrets
import threading
from collections.abc import Callable
from typing import Protocol

import structlog

from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.base.errors import RefusedError, WatchglassError
from watchglass.ingest.clock import Irregularity, MediaClock
from watchglass.ingest.sound import SoundClock
from watchglass.ingest.stream import (
    Demuxed,
    DemuxedSound,
    Opener,
    OpenStream,
    PumpedStream,
    SoundingStream,
    StreamRequest,
)
from watchglass.model.camera import Health, HealthState, Transport
from watchglass.model.media import Packet, SoundInfo, SoundPacket, StreamInfo

_log = structlog.get_logger()

WAITS = (1.0, 1.0, 1.0, 1.0, 1.0, 5.0, 10.0, 60.0)  # seconds before each new attempt; the last for all that follow
JITTER = 0.2  # of a wait, either way: a hundred cameras behind one switch must not all come at once
HEALTHY = 60.0  # seconds of packets after which the waits begin anew, and a fault of the past is forgotten
_EARLY = 64  # packets of sound that may wait for a picture
CLOCK_SET = 2 * MICROSECONDS  # a step of the machine's clock from which on a new run begins


class StreamSink(Protocol):
    """Who is told of a stream. Called on the thread that reads, for all streams maybe: so it must not wait itself."""

    def on_run(self, info: StreamInfo, run: str) -> None:
        """A new run begins; the packets that follow belong to it."""

    def on_packet(self, packet: Packet) -> None:
        """The next packet of the run; the first of a run has `jump`."""

    def on_health(self, health: Health) -> None:
        """The stream's health is another now."""


class SoundSink(Protocol):
    """Who keeps the sound of a stream: none of those who pass its pictures on (rule R7). Called as a `StreamSink`."""

    def on_sound_run(self, info: SoundInfo) -> None:
        """The run that has just begun has sound of this kind."""

    def on_sound(self, packet: SoundPacket) -> None:
        """The next packet of sound of the run."""


def random_run() -> str:
    """A run's number: 16 hex digits that say nothing."""
    return secrets.token_hex(8)


def wait_before(attempt: int, jitter: float) -> float:
    """Seconds to wait before attempt number `attempt` (1 is the first after a failure); `jitter` is in 0..1."""
    return WAITS[min(attempt, len(WAITS)) - 1] * (1 + JITTER * (2 * jitter - 1))


class _Degrading:
    """What is wrong with packets that come nevertheless, until it has been well for a while."""

    def __init__(self, request: StreamRequest) -> None:
        self._camera = request.camera
        self._transport = request.transport
        self._cause = ""
        self._until = 0.0
        self._lost = 0

    def look(self, now: float, irregularity: Irregularity | None, lost: int) -> str:
        """The cause at `now` as a sentence, empty when all is well."""
        if irregularity is not None:
            self._cause = (
                f"Camera {self._camera} sends wrong timestamps (they {irregularity}): times are taken from arrival; "
                "set the camera's clock or renew its firmware."
            )
            self._until = now + HEALTHY
        elif lost > self._lost:
            self._cause = self._losing()
            self._until = now + HEALTHY
        self._lost = lost
        return self._cause if now < self._until else ""

    def _losing(self) -> str:
        if self._transport is Transport.UDP:
            return f"Packets of camera {self._camera} are lost on the network: choose TCP for it, or mend the network."
        return (  # over TCP the network loses nothing: a camera drops what it cannot get rid of
            f"Camera {self._camera} leaves packets out: it sends more than its network takes. Choose a lower bit rate "
            "in its settings, or mend the network."
        )


class Connection:
    """One stream of one camera, kept open."""

    def __init__(
        self,
        request: Callable[[], StreamRequest],
        opener: Opener,
        sink: StreamSink,
        clock: Clock,
        *,
        jitter: Callable[[], float] = lambda: secrets.randbelow(1001) / 1000,
        new_run: Callable[[], str] = random_run,
        sound: SoundSink | None = None,
    ) -> None:
        """`request` is asked before each attempt, so that a camera's new name is known to its errors.

        Sound goes to `sound`, if the request asks for it, and nowhere else.
        """
        self._request = request
        self._opener = opener
        self._sink = sink
        self._clock = clock
        self._jitter = jitter
        self._new_run = new_run
        self._sound = sound
        self._health = Health(HealthState.STARTING, clock.wall_us())
        self._lost_before = self._lost = 0
        self._run: _Run | None = None

    @property
    def lost(self) -> int:
        """RTP packets that the network has lost since this began, over all connections. Any thread may ask."""
        return self._lost_before + self._lost

    @property
    def gain(self) -> float | None:
        """What the camera's clock gains on ours, as `MediaClock.gain`. Any thread may ask."""
        run = self._run
        return run.gain if run else None

    def run(self, stop: threading.Event) -> None:
        """Read the stream until `stop` is set."""
        self._sink.on_health(self._health)
        attempt = 0
        while not stop.is_set():
            begun = self._clock.monotonic()
            fault: Exception | None = None
            try:
                self._read(stop)
            except WatchglassError as error:
                fault = error
            except Exception as error:  # noqa: BLE001 - nobody foresaw it: told, and tried again no sooner than others
                _log.exception("a stream broke", camera=self._request().camera)
                fault = error
            if stop.is_set():
                return
            if self._clock.monotonic() - begun >= HEALTHY and self._health.state is not HealthState.DOWN:
                attempt = 0
            # Cameras lock an account after a few wrong passwords: asking again soon would keep its owner out.
            attempt = len(WAITS) if isinstance(fault, RefusedError) else attempt + 1
            self._set_health(HealthState.DOWN, self._cause(fault))
            self._clock.wait(stop, wait_before(attempt, self._jitter()))

    def _read(self, stop: threading.Event) -> None:
        request = self._request()
        with contextlib.closing(self._opener(request, stop)) as stream:
            degrading = _Degrading(request)
            sound = self._sound if request.sound else None
            run = self._run = _Run(stream, self._sink, self._clock, self._new_run, sound)
            soundless = _why_soundless(stream, request) if sound else ""
            self._lost_before, self._lost = self.lost, 0

            def take(packet: Demuxed) -> None:
                irregularity = run.take(packet)
                self._lost = stream.lost
                cause = degrading.look(self._clock.monotonic(), irregularity, self._lost) or soundless
                self._set_health(HealthState.DEGRADED if cause else HealthState.UP, cause)

            if isinstance(stream, PumpedStream):
                stream.pumped(take)
                return
            # Generators of ours hold interrupts and counters; they are closed here, not when they are collected.
            with contextlib.closing(stream.packets()) as packets:
                for packet in packets:
                    if stop.is_set():
                        return
                    take(packet)

    def _cause(self, fault: Exception | None) -> str:
        """Why the stream is down."""
        if isinstance(fault, WatchglassError):
            return fault.sentence
        camera = self._request().camera
        if fault is None:
            return f"Camera {camera} ended its stream."
        return (
            f"Watchglass itself failed with what camera {camera} sends ({type(fault).__name__}), and tries again: the log "
            "tells the rest. Please report it."
        )

    def _set_health(self, state: HealthState, cause: str) -> None:
        if (state, cause) == (self._health.state, self._health.cause):
            return
        # A new cause of the same state is told, but the state is as old as it was.
        since = self._health.since if state is self._health.state else self._clock.wall_us()
        self._health = Health(state, since, cause)
        _log.info("health", camera=self._request().camera, state=str(state), cause=cause)
        self._sink.on_health(self._health)


def _why_soundless(stream: OpenStream, request: StreamRequest) -> str:
    """Why a stream whose sound is to be kept has none that can be, as a sentence; empty if it has."""
    found = stream.sound if isinstance(stream, SoundingStream) else None
    if found is None:
        why = "sends no sound that can be read"
    elif found.can_be_kept:
        return ""
    else:
        why = f"sends sound that cannot be kept as it is ({found.codec})"
    return f"Camera {request.camera} {why}: switch its microphone on there and choose AAC, or keep no sound of it."


class _Run:
    """Places packets in time, run after run: the machine's clock being set begins a new one."""

    def __init__(
        self,
        stream: OpenStream,
        sink: StreamSink,
        clock: Clock,
        new_run: Callable[[], str],
        sound: SoundSink | None = None,
    ) -> None:
        self._stream = stream
        self._sink = sink
        self._sound = sound
        self._sound_info: SoundInfo | None = None
        self._sound_clock = SoundClock()
        self._early: collections.deque[DemuxedSound] = collections.deque(maxlen=_EARLY)
        if sound and isinstance(stream, SoundingStream):
            self._sound_info = stream.sound
            stream.hear(self._hear)
        self._clock = clock
        self._new_run = new_run
        self._media: MediaClock | None = None
        self._ahead = 0  # of wall time before the monotonic clock, in microseconds

    @property
    def gain(self) -> float | None:
        return self._media.gain if self._media else None

    def take(self, packet: Demuxed) -> Irregularity | None:
        """Pass a packet on in its place; what is wrong with its time, if anything is."""
        arrival = self._clock.wall_us()
        ahead = arrival - round(self._clock.monotonic() * MICROSECONDS)
        if self._media is None or abs(ahead - self._ahead) >= CLOCK_SET:
            self._media = MediaClock(self._stream.info.rate)
            self._begin()
        self._ahead = ahead
        placed = self._media.place(packet.ticks, WallUs(arrival), jump=packet.jump)
        self._sound_clock.follow(packet.ticks, placed.pts)
        self._sink.on_packet(Packet(packet.data, placed.pts, placed.wall, packet.keyframe, placed.jump))
        while self._early and self._sound_clock.known:
            self._hear(self._early.popleft())
        return placed.irregularity

    def _begin(self) -> None:
        self._sound_clock = SoundClock()
        self._sink.on_run(self._stream.info, self._new_run())
        if self._sound and self._sound_info:
            self._sound.on_sound_run(self._sound_info)

    def _hear(self, packet: DemuxedSound) -> None:
        if not self._sound_clock.known:  # libav gives the first picture no time: it is told by the second
            self._early.append(packet)
            return
        pts = self._sound_clock.place(packet.ticks, packet.duration)
        if self._sound and pts is not None:
            self._sound.on_sound(SoundPacket(packet.data, pts, packet.duration))
