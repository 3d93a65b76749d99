"""The sample street as the recorder keeps it: sent by a real RTSP camera, recorded, watched, and read back from the store.

Taken is one whole time through the footage, from the first frame on that is not covered whole. Each frame of the view is
set beside the frame that the camera sent at its time: those are told by their coded bytes, as the recorder gave them
to the watcher, so that no clock has to be believed.
"""

import contextlib
import dataclasses
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import av

from benchmarks import footage
from benchmarks.allowed import whole_cover
from benchmarks.footage import RATE
from benchmarks.labelled import Frames, Label, Labels, Picture, frames, labels, picture
from tests.originals import picture_of
from tests.rtsp import RtspServer, why_not
from tests.running import Watchglass
from watchglass.app.machine import PACKETS_SOCKET, Machine, open_machine
from watchglass.base.clock import MICROSECONDS, SystemClock, WallUs
from watchglass.base.errors import MissingInputError, UnreachableError
from watchglass.cli.progress import Report
from watchglass.model.camera import Source, SourceKind, StreamRole, ViewState
from watchglass.model.media import TICKS_PER_SECOND, Packet, Ticks
from watchglass.record.client import PacketSubscription, subscribe
from watchglass.settings import Settings
from watchglass.store import nal

SIZE = (768, 576)  # of the street itself
_READY = 90.0  # seconds in which the view must be shown
_BEYOND = 5.0  # seconds until the last fragment is surely kept


@dataclasses.dataclass(frozen=True, slots=True)
class Recorded:
    """Frame by frame what was sent and what was shown; `truth` counts them from 1. `ready` is in seconds."""

    original: Frames
    redacted: Frames
    truth: Labels
    count: int
    ready: float


@contextlib.contextmanager
def watching(mounts: Mapping[str, Path]) -> Iterator[tuple[Watchglass, Machine, RtspServer]]:
    """RTSP cameras that play files, by path, and a watchglass that knows none of them yet. Its data lasts as long."""
    if reason := why_not():
        raise MissingInputError(f"There can be no RTSP cameras on this machine: {reason}.")
    with (
        tempfile.TemporaryDirectory() as folder,
        RtspServer(dict(mounts)) as server,
        Watchglass(Path(folder) / "data", assets=footage.model_folder()) as system,
    ):
        yield system, open_machine(Settings(system.data), SystemClock()), server


@contextlib.contextmanager
def street(tell: Report) -> Iterator[Recorded]:
    """Record and watch the street; what comes of it can be read until the end of the context."""
    truth = footage.truth(tell)
    if truth is None:
        raise FileNotFoundError("the labels of PETS09-S2L1 belong beside the sample video")
    source = footage.scaled(*SIZE, tell)
    numbers = _numbers(source)
    length = len(numbers) / RATE
    played = footage.long(source, round(2 * length + _READY), 0, tell)
    with tempfile.TemporaryDirectory() as folder:
        with watching({"/street": played}) as (_, machine, server):
            camera = machine.cameras.add("Street", Source(SourceKind.RTSP, server.url("/street"))).id
            with _sent(machine, camera, numbers) as sent:
                _wait(machine, camera, length, tell)
            kept = _copied(machine, camera, Path(folder))
        yield _beside(source, labels(truth), kept, sent)


def _numbers(source: Path) -> dict[bytes, int]:
    """The number of each frame of a file, from 1, by its coded picture."""
    coded = [picture_of(nal.split_length_prefixed(data)) for data, _ in footage.packets_of(source)]
    found = {data: number for number, data in enumerate(coded, start=1)}
    if len(found) < len(coded):
        raise ValueError(f"{source}: two frames have the same bytes, so they cannot be told apart")
    return found


@contextlib.contextmanager
def _sent(machine: Machine, camera: int, numbers: Mapping[bytes, int]) -> Iterator[dict[Ticks, int]]:
    """Which frame came at which media time, as the recorder tells a watcher; complete when the context ends."""
    found: dict[Ticks, int] = {}
    subscription = _subscribed(machine, camera)

    def read() -> None:
        for notice in subscription:
            if isinstance(notice, Packet):
                found[notice.pts] = numbers[picture_of(nal.split_length_prefixed(notice.data))]

    reader = threading.Thread(target=read, name="sent", daemon=True)
    reader.start()
    try:
        yield found
    finally:
        subscription.close()
        reader.join()


def _subscribed(machine: Machine, camera: int) -> PacketSubscription:
    """A subscription to a camera that the recorder may not know yet."""
    until = time.monotonic() + _READY
    while True:
        with contextlib.suppress(UnreachableError):
            subscription = subscribe(machine.folder.run / PACKETS_SOCKET, camera, StreamRole.MAIN)
            for notice in subscription:
                if isinstance(notice, Packet):
                    return subscription
        if time.monotonic() > until:
            raise MissingInputError(f"No picture came through the recorder in {_READY:.0f} s.")
        time.sleep(0.2)


def _wait(machine: Machine, camera: int, length: float, tell: Report) -> None:
    """Until the view has been shown for `length` seconds and all of it is kept."""
    began = time.monotonic()
    while (status := machine.cameras.view_status(camera)) is None or status.state is not ViewState.SHOWN:
        if time.monotonic() - began > _READY:
            raise MissingInputError(f"No view was shown in {_READY:.0f} s.")
        tell("Street: learning its scene", time.monotonic() - began, _READY)
        time.sleep(0.2)
    shown = time.monotonic()
    while (passed := time.monotonic() - shown) < length + _BEYOND:
        tell("Street: recording and watching", passed, length + _BEYOND)
        time.sleep(0.5)


def _copied(machine: Machine, camera: int, folder: Path) -> list[Path]:
    """The segments of the view, oldest first. ValueError if the stream broke off in between."""
    views = machine.views
    segments = views.segments(camera, WallUs(0), WallUs(machine.clock.wall_us() + MICROSECONDS))
    if len({segment.run for segment in segments}) != 1:
        raise ValueError("the camera's stream broke off while it was recorded")
    copies = []
    for number, segment in enumerate(segments):
        copies.append(folder / f"{number}.mp4")
        copies[-1].write_bytes(views.path(segment).read_bytes())
    return copies


def _shown(kept: Sequence[Path]) -> Iterator[tuple[Ticks, Picture]]:
    """All frames of a view with their media time."""
    for path in kept:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                assert frame.time is not None  # every frame of MP4 has one
                yield Ticks(round(frame.time * TICKS_PER_SECOND)), picture(frame)


def _beside(source: Path, boxes: Labels, kept: Sequence[Path], sent: Mapping[Ticks, int]) -> Recorded:
    """Pair what was shown with what was sent, from the first frame that is shown on, once through the footage."""
    times, first = [], None
    for ticks, shown in _shown(kept):
        times.append(ticks)
        if first is None and whole_cover(shown) is None:
            first = ticks
    if first is None:
        raise ValueError("no frame of the view was shown")
    last = first + len(set(sent.values())) * TICKS_PER_SECOND // RATE
    wanted = {ticks: sent[ticks] for ticks in times if first <= ticks < last}

    def original() -> Iterator[Picture]:
        left = iter(wanted.values())
        number = next(left, None)
        while number is not None:
            for here, sight in enumerate(frames(source), start=1):
                if here == number:
                    yield sight
                    number = next(left, None)

    def redacted() -> Iterator[Picture]:
        yield from (shown for ticks, shown in _shown(kept) if ticks in wanted)

    truth: dict[int, Sequence[Label]] = {
        place: boxes.get(number, ()) for place, number in enumerate(wanted.values(), start=1)
    }
    return Recorded(original, redacted, truth, len(wanted), (first - times[0]) / TICKS_PER_SECOND)
