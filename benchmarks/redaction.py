"""How fast redaction is, beside decoding and encoding alone and beside another program, and what it leaves in sight.

Frames a second of one core: frames by seconds of CPU time, of all threads and processes together. Everything in one
run on one machine, since only the ratios mean much elsewhere.
"""

import concurrent.futures
import dataclasses
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from benchmarks import footage, leak, peers
from benchmarks.footage import RATE
from benchmarks.table import Row
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.cli.progress import Report
from watchglass.detect.detector import Detector
from watchglass.ingest.decode import Decoder
from watchglass.model.media import TICKS_PER_SECOND, Packet, StreamInfo, Ticks
from watchglass.pipeline.file import redact_file
from watchglass.pipeline.keep import begins_fragment
from watchglass.pipeline.sight import AtOnce, Direct, Looks, Sight, SightOptions
from watchglass.redact import encode
from watchglass.redact.cells import Geometry, work_in_one_thread
from watchglass.redact.encode import ViewEncoder
from watchglass.redact.plate import Plate
from watchglass.redact.redactor import Redactor
from watchglass.redact.shown import ShownFrame
from watchglass.track.tracker import Tracker

SIZES = ((640, 480), (1280, 960))
TARGET = 150.0  # frames/s of a core, at the first size
REFERENCE = 571.0  # frames/s of a core that decoding and encoding alone do on the machine that the target was set on

_SHORT, _LONG = 10, 40  # frames given to the program that is slow; what it needs to start is in both
_KEY_EVERY = RATE  # frames: a view has a keyframe a second


def rows(tell: Report) -> list[Row]:
    """Frames a second at both sizes and, where the labels are at hand, exposed heads of vtest.avi."""
    found = []
    for size in SIZES:
        found += _speeds(size, tell)
    return found + _heads(tell)


def _speeds(size: tuple[int, int], tell: Report) -> list[Row]:
    street = footage.scaled(*size, tell)
    name = f"{size[0]}x{size[1]}, people in every frame"
    ways: dict[str, Callable[[Path], float]] = {
        f"{name}: redaction as live, on a busy machine": _as_live_busy,
        f"{name}: redaction as live, on an idle machine": _as_live_idle,
        f"{name}: redaction of a file, both passes": _as_file,
        f"{name}: decode and encode alone": decode_and_encode,
    }
    found = []
    rates = {}
    for done, (what, way) in enumerate(ways.items()):
        tell(name, done, len(ways) + 1)
        value = rates[way] = _in_a_process(way, street)
        goal = TARGET if way is _as_live_busy and size == SIZES[0] else 0.0
        found.append(Row(what, _rate(value), f">= {goal:.0f}" if goal else "", value >= goal))
    found.append(_beside(name, rates[_as_live_busy] / rates[decode_and_encode], size))
    what = f"{name}: {peers.DEFACE}"
    try:
        program = peers.deface(tell)
    except peers.NotToBeHadError as error:
        return [*found, Row(what, f"left out: {error}", "", True)]
    cpu, wall = deface(program, street)
    tell(name, len(ways) + 1, len(ways) + 1)
    return [*found, Row(what, f"{_rate(cpu)}, {wall:.1f} on all cores", "", True)]


def _beside(name: str, ratio: float, size: tuple[int, int]) -> Row:
    """How much of the speed of decoding and encoding alone is left: what the target means on another machine."""
    goal = TARGET / REFERENCE if size == SIZES[0] else 0.0
    what = f"{name}: redaction as live, on a busy machine, beside decode and encode alone"
    return Row(what, f"{ratio:.2f}", f">= {goal:.2f}" if goal else "", ratio >= goal)


def _in_a_process(way: Callable[[Path], float], street: Path) -> float:
    """The figure that `way` finds in a process in which nothing else happens: a progress bar costs, too."""
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(way, street).result()


def _as_live_busy(street: Path) -> float:
    return as_live(street, _Busy(Direct(footage.detector())))


def _as_live_idle(street: Path) -> float:
    return as_live(street, AtOnce(Direct(footage.detector())))


def _as_file(street: Path) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return as_file(street, Path(folder) / "view.mp4", footage.detector())


def _rate(value: float) -> str:
    return f"{value:.1f} frames/s of a core" if value < 10 else f"{value:.0f} frames/s of a core"


class _Busy(AtOnce):
    """A detector that others keep busy: sight asks it no oftener than it must."""

    load = 1.0


def as_live(street: Path, looks: Looks) -> float:
    """Frames a second of one core from packets to samples, by the classes of the watch arm, with a known plate.

    The detector answers in this process, so that its work is in the figure.
    """
    work_in_one_thread()
    info, packets = demuxed(street)
    plate = Plate(Geometry(info.width, info.height))
    for _ in _shown(info, packets, plate, looks):
        """The first time through it is learnt."""
    encoder = ViewEncoder(info.width, info.height, RATE)
    packets = [_later(packet, len(packets)) for packet in packets]
    began = time.process_time()
    count, length = 0, TICKS_PER_SECOND
    for shown in _shown(info, packets, plate, looks):
        count += 1
        length += TICKS_PER_SECOND // RATE
        if keyframe := begins_fragment(shown, length, TICKS_PER_SECOND // RATE, 1.0):
            length = 0
        encoder.encode(shown, keyframe=keyframe)
    return count / (time.process_time() - began)


def _later(packet: Packet, frames: int) -> Packet:
    """The packet when all is played once more: a plate goes on learning, which costs time, only while time goes on."""
    return dataclasses.replace(
        packet,
        pts=Ticks(packet.pts + frames * TICKS_PER_SECOND // RATE),
        wall=WallUs(packet.wall + frames * MICROSECONDS // RATE),
    )


def sight_of(plate: Plate, width: int, height: int, looks: Looks, options: SightOptions | None = None) -> Sight:
    """Everything between a decoded frame and a shown one, put together as for a live view."""
    return Sight(looks, Tracker(width, height), Redactor(plate), options or SightOptions())


def _shown(info: StreamInfo, packets: list[Packet], plate: Plate, looks: Looks) -> Iterator[ShownFrame]:
    decoder = Decoder(info)
    sight = sight_of(plate, info.width, info.height, looks)
    for packet in packets:
        for decoded in decoder.decode(packet):
            frame = decoded.frame
            yield from sight.take(frame, frame.pts / TICKS_PER_SECOND, damaged=decoded.damaged)
    yield from sight.finish()


def demuxed(path: Path) -> tuple[StreamInfo, list[Packet]]:
    """A file as a recorder hands it on: what its decoder must know, and its packets."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        context = video.codec_context
        info = StreamInfo(context.name, context.extradata or b"", video.width, video.height, float(RATE))
        packets = [
            Packet(
                bytes(packet),
                Ticks(number * TICKS_PER_SECOND // RATE),
                WallUs(number * MICROSECONDS // RATE),
                bool(packet.is_keyframe),
            )
            for number, packet in enumerate(one for one in container.demux(video) if one.size)
        ]
    return info, packets


def as_file(street: Path, target: Path, detector: Detector) -> float:
    """Frames a second of one core of `watchglass redact`, which reads a file twice."""
    began = time.process_time()
    report = redact_file(street, target, detector, lambda _: None)
    return report.frames / (time.process_time() - began)


def decode_and_encode(street: Path) -> float:
    """Frames a second of one core, with a thread each and the encoder set as the view's is."""
    info, packets = demuxed(street)
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = info.width, info.height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, TICKS_PER_SECOND), Fraction(RATE)
    encoder.options = dict(encode._OPTIONS)  # noqa: SLF001 - whatever they are, they must be the same
    encoder.gop_size = 10 * RATE
    decoder = av.CodecContext.create(info.codec, "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.extradata, decoder.thread_count = info.extradata, 1
    began = time.process_time()
    count = 0
    for packet in packets:
        coded = av.Packet(packet.data)
        coded.pts = coded.dts = packet.pts
        for frame in decoder.decode(coded):
            count += 1
            frame.time_base = encoder.time_base
            frame.pict_type = PictureType.I if count % _KEY_EVERY == 1 else PictureType.NONE
            encoder.encode(frame)
    encoder.encode(None)
    return count / (time.process_time() - began)


def deface(program: Path, street: Path) -> tuple[float, float]:
    """Frames a second of one core, and of all of them by the wall clock, without what it needs to start."""
    costs = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (_SHORT, _LONG):
            clip = Path(folder) / f"{count}.mp4"
            footage.remux(street, clip, count // RATE, 0, lambda *_: None)
            before, began = os.times(), time.perf_counter()
            peers.run_deface(program, clip, clip.with_suffix(".out.mp4"))
            after, wall = os.times(), time.perf_counter() - began
            user, system = after.children_user, after.children_system
            costs.append((user + system - before.children_user - before.children_system, wall))
    (short, short_wall), (long, long_wall) = costs
    more = _LONG - _SHORT
    return more / max(1e-3, long - short), more / max(1e-3, long_wall - short_wall)


def _heads(tell: Report) -> list[Row]:
    street, labels = footage.street(tell), footage.truth(tell)
    if labels is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        view = Path(folder) / "view.mp4"
        redact_file(street, view, footage.detector(), lambda now: tell(f"vtest.avi: {now.step}", now.done, now.total))
        tell("vtest.avi: looking for heads", 0, 0)
        found = leak.measure_files(street, view, labels)
    heads = found.exposed_heads
    ratio = found.masked / found.people
    return [
        Row("exposed heads, vtest.avi", f"{heads} of {found.labels}", "0", heads == 0),
        Row("masked / people", f"{ratio:.1f}", "<= 2.5", ratio <= 2.5),
    ]
