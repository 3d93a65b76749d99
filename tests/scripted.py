"""Streams that do as a script says, for tests of what reads them."""

import dataclasses
import threading
from collections.abc import Callable, Generator, Sequence

from watchglass.base.clock import SimulatedClock
from watchglass.base.errors import WatchglassError
from watchglass.ingest.stream import Demuxed, StreamRequest
from watchglass.model.camera import Health
from watchglass.model.media import Packet, StreamInfo

INFO = StreamInfo("h264", b"extradata", 320, 240, 25.0)


@dataclasses.dataclass
class Attempt:
    """One connection: what opening raises, or packets, each after its seconds, and how it ends.

    `wait` holds the stream open, after its packets, until it is stopped.
    """

    refuse: WatchglassError | None = None
    packets: Sequence[tuple[float, Demuxed | Callable[[], Demuxed]]] = ()
    end: WatchglassError | None = None
    lost: Sequence[int] = ()
    wait: bool = False
    info: StreamInfo = INFO


class ScriptedStream:
    def __init__(self, attempt: Attempt, clock: SimulatedClock, stop: threading.Event) -> None:
        self.info = attempt.info
        self.lost = 0
        self.closed = 0
        self._attempt = attempt
        self._clock = clock
        self._stop = stop

    def packets(self) -> Generator[Demuxed, None, None]:
        for number, (seconds, packet) in enumerate(self._attempt.packets):
            self._clock.advance(seconds)
            self.lost = self._attempt.lost[number] if number < len(self._attempt.lost) else self.lost
            yield packet() if callable(packet) else packet
        if self._attempt.wait:
            self._stop.wait()
        if self._attempt.end is not None:
            raise self._attempt.end

    def close(self) -> None:
        self.closed += 1


class ScriptedOpener:
    """Opens the streams of a script, one after the other; sets `stop` when there are no more."""

    def __init__(self, clock: SimulatedClock, script: Sequence[Attempt]) -> None:
        self._clock = clock
        self._script = list(script)
        self.at: list[float] = []  # when each attempt was made
        self.requests: list[StreamRequest] = []
        self.streams: list[ScriptedStream] = []

    def __call__(self, request: StreamRequest, stop: threading.Event) -> ScriptedStream:
        self.at.append(self._clock.monotonic())
        self.requests.append(request)
        attempt = self._script.pop(0)
        if not self._script:
            stop.set()
        if attempt.refuse is not None:
            raise attempt.refuse
        stream = ScriptedStream(attempt, self._clock, stop)
        self.streams.append(stream)
        return stream


class Told:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.runs: list[tuple[StreamInfo, str]] = []
        self.packets: list[Packet] = []
        self.health: list[Health] = []

    def on_run(self, info: StreamInfo, run: str) -> None:
        self.runs.append((info, run))

    def on_packet(self, packet: Packet) -> None:
        self.packets.append(packet)

    def on_health(self, health: Health) -> None:
        self.health.append(health)


def demuxed(ticks: int | None, data: bytes = b"frame", *, keyframe: bool = False, jump: bool = False) -> Demuxed:
    return Demuxed(data, ticks, keyframe, jump)
