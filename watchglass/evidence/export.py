"""One playable MP4 of the view of a span: the very pictures that were kept, in a new container.

No audio and no SEI goes in, whatever the segments hold (rule R7). Only where the encoding changes within the span, a
new size for instance, the pictures are encoded again.
"""

import contextlib
import dataclasses
import io
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeAlias, cast

import av
import av.error
import av.filter
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from watchglass.base import durable
from watchglass.base.clock import WallUs
from watchglass.base.errors import BadInputError, MissingInputError, UsageError
from watchglass.evidence.footage import DeletedError, Hole, Layouts, Piece, film_of, head_of, holes, iso, pieces
from watchglass.model.media import TICKS_PER_SECOND
from watchglass.model.record import Segment
from watchglass.store import nal
from watchglass.store.folder import DataFolder

Progress = Callable[[float], None]

_SEI: Final = 6  # NAL unit type, H.264 table 7-1
_TRIES: Final = 5
_HOLES_NAMED: Final = 50
_TIME_BASE: Final = Fraction(1, TICKS_PER_SECOND)

VideoPacket: TypeAlias = "Packet[VideoStream]"  # generic for type checkers only
_Split = Callable[[bytes], list[bytes]]
_Join = Callable[[Iterable[bytes]], bytes]


@dataclasses.dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds: from and to on the wall, what is missing between, and how long it plays."""

    start: WallUs
    end: WallUs
    holes: tuple[Hole, ...]
    seconds: float
    transcoded: bool


def export_view(
    folder: DataFolder,
    segments: Iterable[Segment],
    start: WallUs,
    end: WallUs,
    out: Path,
    progress: Progress = lambda _share: None,
) -> Exported:
    """Write the view between `start` and `end` to `out`, replacing what is there. `folder` is the data folder.

    Cut at whole fragments, which are a second long; holes are skipped in playing and named in the file's comment.
    `progress` gets 0..1 now and then; what it raises ends the export. On any failure no file is left.
    MissingInputError when nothing is kept of the span, or a disk is missing; BadInputError when a segment is damaged, DiskFullError and
    CannotWriteError.
    """
    if end <= start:
        raise UsageError("The span ends before it begins; give a later end.")
    wanted = list(segments)
    partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}{durable.PARTIAL}")
    try:
        exported = _try(folder, wanted, start, end, partial, progress)
        _settle(partial, out)
    except OSError as error:
        raise durable.write_error(error, f"the export {out}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    progress(1.0)
    return exported


def _try(
    folder: DataFolder, segments: Sequence[Segment], start: WallUs, end: WallUs, partial: Path, progress: Progress
) -> Exported:
    for _ in range(_TRIES):
        footage = tuple(pieces(Layouts(folder), segments, start, end))
        if not footage:
            raise MissingInputError(f"Nothing is kept of this camera between {iso(start)} and {iso(end)}.")
        try:
            return _Export(folder, footage, start, end, progress).write(partial)
        except DeletedError:
            continue  # the comment must not promise what is gone: begin again with what is left
    raise MissingInputError(
        f"The footage from {iso(start)} on is being deleted because its time is up; choose a later start."
    )


def _settle(partial: Path, out: Path) -> None:
    """Give a whole file its name, for good."""
    descriptor = os.open(partial, os.O_RDONLY | os.O_CLOEXEC)
    try:
        durable.DISK.sync(descriptor)
    finally:
        os.close(descriptor)
    durable.DISK.rename(partial, out)
    durable.DISK.sync_folder(out.parent)


class _DamagedError(Exception):
    """A segment holds something that is no view of ours."""


class _Put:
    """Into the target's only stream, without SEI. `split` and `join` take a packet apart into NAL units, and back."""

    def __init__(self, target: OutputContainer, stream: VideoStream, split: _Split, join: _Join) -> None:
        self.stream = stream
        self._target = target
        self._split = split
        self._join = join

    def __call__(self, packets: Iterable[VideoPacket]) -> None:
        for packet in packets:
            clean = self._clean(packet)
            clean.stream = self.stream
            self._target.mux_one(clean)

    def _clean(self, packet: VideoPacket) -> VideoPacket:
        # Not FFmpeg's filter_units: it writes start codes where an MP4 has lengths, which few players forgive.
        try:
            units = self._split(bytes(packet))
        except ValueError as error:
            raise _DamagedError from error
        wanted = [unit for unit in units if unit and nal.kind(unit) != _SEI]
        if len(wanted) == len(units):
            return packet
        clean = cast("VideoPacket", Packet(self._join(wanted)))
        clean.pts, clean.dts, clean.duration = packet.pts, packet.dts, packet.duration
        clean.time_base, clean.is_keyframe = packet.time_base, packet.is_keyframe
        return clean


class _Export:
    """One attempt: the pieces of the span, written one after another to one file."""

    def __init__(
        self, folder: DataFolder, footage: Sequence[Piece], start: WallUs, end: WallUs, progress: Progress
    ) -> None:
        self._folder = folder
        self._footage = footage
        self._span = start, end
        self._progress = progress
        self._holes = tuple(holes(footage, start, end))
        self._total = sum(piece.size for piece in footage)
        self._done = 0
        self._ticks = 0  # where in playing time the next piece begins
        self._last = -1

    def write(self, path: Path) -> Exported:
        path.unlink(missing_ok=True)  # of an earlier try
        os.close(durable.DISK.create(path))  # with our permissions: FFmpeg would ask the umask
        options = {"movflags": "+faststart"}
        uniform = len({head_of(self._folder, piece) for piece in self._footage}) == 1
        with av.open(str(path), "w", format="mp4", options=options) as target:
            target.metadata.update(self._metadata())
            (self._remux if uniform else self._transcode)(target)
        return Exported(
            self._footage[0].start,
            self._footage[-1].end,
            self._holes,
            self._ticks / TICKS_PER_SECOND,
            transcoded=not uniform,
        )

    def _remux(self, target: OutputContainer) -> None:
        put: _Put | None = None
        for piece in self._footage:
            with self._opened(piece) as (source, video):
                if put is None:
                    stream = target.add_stream_from_template(video)
                    stream.time_base = _TIME_BASE
                    put = _Put(target, stream, nal.split_length_prefixed, nal.length_prefixed)
                put(self._shifted(source, video))

    def _transcode(self, target: OutputContainer) -> None:
        put: _Put | None = None
        for piece in self._footage:
            with self._opened(piece) as (source, video):
                if put is None:
                    stream = _encoder(target, video)
                    put = _Put(target, stream, nal.split_annexb, _annexb)
                width, height = put.stream.width, put.stream.height
                for frame in _fitted(self._decoded(source, video), video, width, height):
                    put(put.stream.encode(frame))
        if put is not None:
            put(put.stream.encode(None))

    @contextlib.contextmanager
    def _opened(self, piece: Piece) -> Iterator[tuple[InputContainer, VideoStream]]:
        """A piece as an MP4 of its own, in memory: the init segment and the fragments wanted."""
        try:
            with av.open(io.BytesIO(film_of(self._folder, piece)), "r", format="mp4") as source:
                if not source.streams.video or getattr(source.streams.video[0], "codec_context", None) is None:
                    raise self._damaged(piece)
                yield source, source.streams.video[0]
        except (av.error.InvalidDataError, _DamagedError) as error:
            raise self._damaged(piece) from error
        self._ticks += piece.fragments[-1].end_ticks - piece.fragments[0].start_ticks

    def _damaged(self, piece: Piece) -> BadInputError:
        path = self._folder.disks.path(piece.segment.path)
        return BadInputError(f"{path} is damaged; export the span before it and the one after it.")

    def _shifted(self, source: InputContainer, video: VideoStream) -> Iterator[VideoPacket]:
        """Packets with playing time instead of the run's media time."""
        offset: int | None = None
        for packet in source.demux(video):
            if packet.dts is None or packet.pts is None:
                continue  # the demuxer's sign that it is done
            if offset is None:
                offset = self._ticks - packet.dts
            self._done += packet.size
            if packet.is_keyframe:
                self._progress(min(0.99, self._done / self._total))
            packet.pts += offset
            packet.dts += offset
            if packet.dts > self._last:  # where two segments share a moment, it is shown once
                self._last = packet.dts
                yield packet

    def _decoded(self, source: InputContainer, video: VideoStream) -> Iterator[VideoFrame]:
        for packet in self._shifted(source, video):
            yield from video.decode(packet)
        yield from video.decode(None)

    def _metadata(self) -> dict[str, str]:
        start, end = self._span
        lines = [f"watchglass: the view from {iso(start)} to {iso(end)}."]
        named = self._holes[:_HOLES_NAMED]
        lines += [f"Nothing was kept from {iso(hole.start)} to {iso(hole.end)}." for hole in named]
        if len(self._holes) > len(named):
            lines.append(f"And {len(self._holes) - len(named)} more gaps.")
        return {"comment": " ".join(lines), "creation_time": iso(self._footage[0].start)}


def _annexb(units: Iterable[bytes]) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def _encoder(target: OutputContainer, first: VideoStream) -> VideoStream:
    """H.264 in the size of the first pictures."""
    rate = first.average_rate or Fraction(10)
    stream = target.add_stream("libx264", rate=rate.limit_denominator(1000))
    stream.width, stream.height = first.width, first.height
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = _TIME_BASE
    stream.time_base = _TIME_BASE
    stream.codec_context.gop_size = max(1, round(float(rate)))
    stream.options = {"preset": "veryfast", "crf": "20", "bf": "0"}
    stream.codec_context.open()
    return stream


def _fitted(frames: Iterator[VideoFrame], video: VideoStream, width: int, height: int) -> Iterator[VideoFrame]:
    """Frames in one size, whole and undistorted, with black where the shape differs."""
    graph = av.filter.Graph()
    source = graph.add_buffer(template=video, time_base=_TIME_BASE)
    scale = graph.add("scale", f"{width}:{height}:force_original_aspect_ratio=decrease")
    pad = graph.add("pad", f"{width}:{height}:(ow-iw)/2:(oh-ih)/2")
    square = graph.add("setsar", "1")
    graph.link_nodes(source, scale, pad, square, graph.add("buffersink")).configure()
    for frame in frames:
        graph.push(frame)
        fitted = graph.vpull()
        fitted.pts, fitted.time_base = frame.pts, _TIME_BASE
        fitted.pict_type = PictureType.NONE
        yield fitted
