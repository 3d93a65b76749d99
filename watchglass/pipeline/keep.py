"""Keeping and publishing one camera's view: encode, cut into chunks and fragments, write segments, note gaps.

Live chunks last at most 0.2 s and are sent at once; at rest there are fragments of 1 s in segments of a minute. Both
come from the same encoded samples.
"""

import dataclasses
import secrets

import structlog

from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.base.errors import CannotWriteError, DiskFullError, WatchglassError
from watchglass.model.media import TICKS_PER_SECOND, Ticks, ViewSample
from watchglass.model.record import GapCause
from watchglass.pipeline.publish import Publisher
from watchglass.redact.encode import ViewEncoder
from watchglass.redact.shown import ShownFrame
from watchglass.store import fmp4
from watchglass.store.views import SegmentWriter, Views

_log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class KeepOptions:
    """Lengths in seconds. `retry` is how long after a disk error the next segment is tried."""

    chunk: float = 0.2
    fragment: float = 1.0
    segment: float = 60.0
    retry: float = 10.0
    hole: float = 1.5


class ViewKeeper:
    """One camera's view on its way to disk and screen. Used from one thread; errors of the disk stay inside."""

    def __init__(
        self, camera: int, views: Views, publisher: Publisher, clock: Clock, options: KeepOptions | None = None
    ) -> None:
        self._camera = camera
        self._views = views
        self._publisher = publisher
        self._clock = clock
        self._options = options or KeepOptions()
        self._run: _Run | None = None
        self._writer: SegmentWriter | None = None
        self._covered: str | None = None
        self._kept_until: WallUs | None = views.latest(camera)
        self._retry_at = float("-inf")
        self._absence: tuple[GapCause, str] = (GapCause.US, "watchglass was not watching this camera.")

    def show(self, shown: ShownFrame, rate: float) -> None:
        """Take in the next shown frame. A frame of another size begins a new run."""
        run = self._run
        if run is None or (run.encoder.format.width, run.encoder.format.height) != (shown.width, shown.height):
            self.end()
            run = self._begin(shown, rate)
        if shown.covered != self._covered:
            self._note_cover(shown)
        self._send(run, run.take(shown, self._options))
        if run.whole:
            self._write(run, run.whole.pop())

    def absent(self, cause: GapCause, detail: str) -> None:
        """Nothing comes from the camera: from the last kept moment on there is a gap, until a frame comes again."""
        self.end()
        self._absence = (cause, detail)
        self._views.open_gap(self._camera, self._kept_until or self._clock.wall_us(), cause, detail)

    def end(self) -> None:
        """The run has ended: write what is left and close the segment."""
        run, self._run = self._run, None
        if run is None:
            return
        self._send(run, run.rest())
        if fragment := run.last_fragment():
            self._write(run, fragment)
        self._close()
        if self._covered is not None and self._kept_until is not None:
            self._views.end_cover(self._camera, self._kept_until)
        self._covered = None

    def _begin(self, shown: ShownFrame, rate: float) -> "_Run":
        encoder = ViewEncoder(shown.width, shown.height, rate)
        run = _Run(secrets.token_hex(8), encoder, fmp4.init_segment(encoder.format), shown.pts, rate)
        self._publisher.format(self._camera, run.name, encoder.format, run.init, Ticks(0), shown.wall)
        self._run = run
        return run

    def _note_cover(self, shown: ShownFrame) -> None:
        self._covered = shown.covered
        if shown.covered is None:
            self._views.end_cover(self._camera, shown.wall)
        else:
            self._views.begin_cover(self._camera, shown.wall, shown.covered)

    def _send(self, run: "_Run", samples: list[ViewSample]) -> None:
        if samples:
            run.chunks += 1
            duration = sum(sample.duration for sample in samples) * MICROSECONDS // TICKS_PER_SECOND
            data = fmp4.fragment(run.chunks, samples)
            keyframe = samples[0].keyframe
            self._publisher.chunk(self._camera, data, samples[0].wall, duration, keyframe=keyframe)

    def _write(self, run: "_Run", samples: list[ViewSample]) -> None:
        if self._clock.monotonic() < self._retry_at:
            return
        start, last = samples[0].wall, samples[-1]
        end = WallUs(last.wall + last.duration * MICROSECONDS // TICKS_PER_SECOND)
        try:
            if self._writer is not None and start - self._writer.start >= self._options.segment * MICROSECONDS:
                self._close()
            if self._writer is None:
                self._writer = self._views.begin(self._camera, run.name, start, run.init)
                self._note_hole(start)
            self._writer.append(fmp4.fragment(run.fragments, samples), end)
        except (DiskFullError, CannotWriteError) as error:
            self._give_up(error, start)
            return
        run.fragments += 1
        self._kept_until = end

    def _note_hole(self, start: WallUs) -> None:
        """Whatever was missing until now is over; time that nobody accounted for becomes a gap with its cause."""
        if self._kept_until is not None and start - self._kept_until > self._options.hole * MICROSECONDS:
            self._views.open_gap(self._camera, self._kept_until, *self._absence)
        self._views.close_gap(self._camera, start)
        self._absence = (GapCause.NETWORK, "The stream was interrupted.")

    def _give_up(self, error: WatchglassError, start: WallUs) -> None:
        """The disk refuses: say so, leave a gap with the cause, go on live, and try again after a while."""
        _log.error("the view is not being kept", camera=self._camera, cause=error.sentence)
        self._writer = None
        self._retry_at = self._clock.monotonic() + self._options.retry
        self._absence = (GapCause.DISK, error.sentence)
        try:
            self._views.open_gap(self._camera, self._kept_until or start, *self._absence)
        except WatchglassError as second:  # the catalogue is on the same full disk; the hole is noted when it ends
            _log.error("the gap cannot be noted yet", camera=self._camera, cause=second.sentence)

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None and not writer.closed:
            try:
                writer.close()
            except (DiskFullError, CannotWriteError) as error:
                _log.error("a segment could not be closed", camera=self._camera, cause=error.sentence)


class _Run:
    """An unbroken stretch of a view: its encoder, and samples that are not yet a whole chunk or fragment."""

    def __init__(self, name: str, encoder: ViewEncoder, init: bytes, first: Ticks, rate: float) -> None:
        self.name, self.encoder, self.init = name, encoder, init
        self.chunks = 0
        self.fragments = 1
        self.whole: list[list[ViewSample]] = []
        self._first = first
        self._usual = round(TICKS_PER_SECOND / max(1.0, rate))
        self._fragment: list[ViewSample] = []
        self._chunk: list[ViewSample] = []
        self._newest: ViewSample | None = None

    def take(self, shown: ShownFrame, options: KeepOptions) -> list[ViewSample]:
        """Encode a frame; the samples of a chunk if one is full now. `whole` then holds a fragment if one is."""
        start = self._fragment[0].pts if self._fragment else None
        elapsed = Ticks(shown.pts - self._first)
        keyframe = start is None or elapsed - start >= round(options.fragment * TICKS_PER_SECOND) - self._usual // 2
        encoded = self.encoder.encode(shown, keyframe=keyframe)
        sample = dataclasses.replace(encoded, pts=elapsed, duration=self._usual)
        self._measure(sample)
        ready: list[ViewSample] = []
        if keyframe and self._chunk:
            ready, self._chunk = self._chunk, []
        self._chunk.append(sample)
        if keyframe and self._fragment:
            self.whole.append(self._fragment)
            self._fragment = []
        self._fragment.append(sample)
        span = sum(one.duration for one in self._chunk)
        if not ready and span + self._usual > round(options.chunk * TICKS_PER_SECOND) + self._usual // 4:
            ready, self._chunk = self._chunk, []
        return ready

    def rest(self) -> list[ViewSample]:
        """Samples of an unfinished chunk."""
        ready, self._chunk = self._chunk, []
        return ready

    def last_fragment(self) -> list[ViewSample]:
        """Samples of an unfinished fragment."""
        rest, self._fragment = self._fragment, []
        return rest

    def _measure(self, sample: ViewSample) -> None:
        """The sample before lasts until this one begins, and so will the next ones, more or less."""
        if self._fragment:
            before = self._fragment[-1]
            self._fragment[-1] = dataclasses.replace(before, duration=max(1, sample.pts - before.pts))
            if 0 < sample.pts - before.pts < TICKS_PER_SECOND:
                self._usual = sample.pts - before.pts
