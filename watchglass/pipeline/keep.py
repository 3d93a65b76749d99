"""Keeping and publishing one camera's view: encode, cut into chunks and fragments, write segments, note gaps.

Live chunks last at most 0.2 s and are sent at once; at rest there are fragments of 1 s in segments of a minute. Both
come from the same encoded samples.
"""

import collections
import dataclasses
import secrets
from collections.abc import Callable

import structlog

from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.base.errors import WatchglassError
from watchglass.model.media import TICKS_PER_SECOND, Ticks, ViewSample
from watchglass.model.record import GapCause
from watchglass.pipeline.publish import Publisher
from watchglass.redact.encode import ViewEncoder
from watchglass.redact.shown import ShownFrame
from watchglass.store import fmp4
from watchglass.store.views import SegmentWriter, Views

_log = structlog.get_logger(__name__)


_FOREVER = WallUs(1 << 62)
_NOTES = 1000  # that wait for a catalogue which cannot be written; the oldest go first


@dataclasses.dataclass(frozen=True, slots=True)
class KeepOptions:
    """Lengths in seconds. `retry` is how long after a disk error the next segment, or note, is tried.

    `hole` is how long nothing may come before that is a gap, and a new run.
    """

    chunk: float = 0.2
    fragment: float = 1.0
    segment: float = 60.0
    retry: float = 10.0
    hole: float = 1.5


class ViewKeeper:
    """One camera's view on its way to disk and screen. Used from one thread; errors of the disk stay inside.

    What an earlier keeper left is taken up as it is found; WatchglassError if the catalogue cannot be read.
    """

    def __init__(
        self, camera: int, views: Views, publisher: Publisher, clock: Clock, options: KeepOptions | None = None
    ) -> None:
        self._camera = camera
        self._views = views
        self._publisher = publisher
        self._clock = clock
        self._options = options or KeepOptions()
        self._notes = _Notes(camera, clock, self._options.retry)
        self._run: _Run | None = None
        self._writer: SegmentWriter | None = None
        self._covered: str | None = None
        self._kept_until = _kept_until(views, camera)
        self._seen_until: WallUs | None = None  # end of the newest frame, whether it could be kept or not
        self._retry_at = float("-inf")
        self._gap_lasts = _gap_lasts(views, camera, self._kept_until)
        self._absence: tuple[GapCause, str] = (GapCause.US, "watchglass was not watching this camera.")
        self._notes.add(self._views.end_cover, self._kept_until or WallUs(0))  # of a keeper that was killed

    def show(self, shown: ShownFrame, rate: float) -> None:
        """Take in the next shown frame. One of another size, or one after a hole, begins a new run."""
        run = self._run
        if run is None or self._breaks_off(run, shown, rate):
            self.end()
            run = self._begin(shown, rate)
        if shown.covered != self._covered:
            self._note_cover(shown)
        self._send(run, run.take(shown, self._options))
        self._seen_until = run.end
        if run.whole:
            self._write(run, run.whole.pop())
        self._notes.write()

    def absent(self, cause: GapCause, detail: str) -> None:
        """Nothing comes from the camera: from the last moment seen on there is a gap, until a frame comes again."""
        self.end()
        start, self._seen_until = self._seen_until, None
        if start is None:
            start = WallUs(max(self._clock.wall_us(), self._kept_until or 0))
            self._explain_hole(start)
        self._absence = (cause, detail)
        self._open_gap(start)

    def end(self) -> None:
        """The run has ended: write what is left and close the segment."""
        run, self._run = self._run, None
        if run is None:
            return
        self._send(run, run.rest())
        if fragment := run.last_fragment():
            self._write(run, fragment)
        self._close()
        if self._covered is not None:
            self._notes.add(self._views.end_cover, run.end)
        self._covered = None

    def _breaks_off(self, run: "_Run", shown: ShownFrame, rate: float) -> bool:
        size = run.encoder.format.width, run.encoder.format.height
        longest = max(self._options.hole, 3 / rate)  # a camera may be slow
        return size != (shown.width, shown.height) or shown.wall - run.end > longest * MICROSECONDS

    def _begin(self, shown: ShownFrame, rate: float) -> "_Run":
        encoder = ViewEncoder(shown.width, shown.height, rate)
        run = _Run(secrets.token_hex(8), encoder, fmp4.init_segment(encoder.format), shown.pts, rate)
        self._publisher.format(self._camera, run.name, encoder.format, run.init, Ticks(0), shown.wall)
        self._run = run
        return run

    def _note_cover(self, shown: ShownFrame) -> None:
        self._covered = shown.covered
        if shown.covered is None:
            self._notes.add(self._views.end_cover, shown.wall)
        else:
            self._notes.add(self._views.begin_cover, shown.wall, shown.covered)

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
        start, end = samples[0].wall, _end(samples[-1])
        try:
            if self._writer is not None and start - self._writer.start >= self._options.segment * MICROSECONDS:
                self._close()
            if self._writer is None:
                self._writer = self._views.begin(self._camera, run.name, start, run.init)
                self._explain_hole(start)
                self._close_gap(start)
            self._writer.append(fmp4.fragment(run.fragments, samples), end)
        except WatchglassError as error:  # the disk, the catalogue; or the camera was removed this moment
            self._give_up(error, start)
            return
        run.fragments += 1
        self._kept_until = end

    def _explain_hole(self, start: WallUs) -> None:
        """Time before `start` that nobody has accounted for becomes a gap with its cause."""
        hole = self._options.hole * MICROSECONDS
        if not self._gap_lasts and self._kept_until is not None and start - self._kept_until > hole:
            self._open_gap(self._kept_until)

    def _open_gap(self, start: WallUs) -> None:
        self._notes.add(self._views.open_gap, start, *self._absence)
        self._gap_lasts = True

    def _close_gap(self, start: WallUs) -> None:
        self._notes.add(self._views.close_gap, start)
        self._gap_lasts = False
        self._absence = (GapCause.NETWORK, "The stream was interrupted.")

    def _give_up(self, error: WatchglassError, start: WallUs) -> None:
        """The disk refuses: say so, leave a gap with the cause, go on live, and try again after a while."""
        _log.error("the view is not being kept", camera=self._camera, cause=error.sentence)
        self._retry_at = self._clock.monotonic() + self._options.retry
        if self._writer is None:
            self._explain_hole(start)
        else:
            start = self._writer.end  # less than was appended if the disk could not be made to sync it
            self._close()
        self._absence = (GapCause.DISK, error.sentence)
        self._open_gap(start)

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is None or writer.closed:
            return
        try:
            writer.close()
        except WatchglassError as error:
            _log.error("a segment could not be closed", camera=self._camera, cause=error.sentence)
            if self._kept_until is not None and writer.end < self._kept_until:
                self._kept_until = writer.end
                self._absence = (GapCause.DISK, error.sentence)
                self._open_gap(writer.end)


class _Notes:
    """Gaps and covers for the catalogue, in order. What it cannot take now is offered again after a while."""

    def __init__(self, camera: int, clock: Clock, retry: float) -> None:
        self._camera, self._clock, self._retry = camera, clock, retry
        self._waiting: collections.deque[Callable[[], None]] = collections.deque(maxlen=_NOTES)
        self._retry_at = float("-inf")

    def add(self, note: Callable[..., None], *what: object) -> None:
        """Write `note(camera, *what)` as soon as that is possible."""
        self._waiting.append(lambda: note(self._camera, *what))
        self.write()

    def write(self) -> None:
        """Write what waits, if it is time to try."""
        while self._waiting and self._clock.monotonic() >= self._retry_at:
            try:
                self._waiting[0]()
            except WatchglassError as error:
                _log.error("gaps cannot be noted yet", camera=self._camera, cause=error.sentence)
                self._retry_at = self._clock.monotonic() + self._retry
                return
            self._waiting.popleft()


def _kept_until(views: Views, camera: int) -> WallUs | None:
    """Up to when there is a view in the files; the catalogue's rows are some seconds behind a keeper that was killed."""
    latest = views.latest(camera)
    after = views.segments(camera, latest or WallUs(0), _FOREVER)
    return max((segment.end for segment in after), default=latest)


def _gap_lasts(views: Views, camera: int, since: WallUs | None) -> bool:
    return any(gap.end is None for gap in views.gaps(camera, since or WallUs(0), _FOREVER))


def _end(sample: ViewSample) -> WallUs:
    return WallUs(sample.wall + sample.duration * MICROSECONDS // TICKS_PER_SECOND)


def begins_fragment(shown: ShownFrame, length: int, usual: int, fragment: float) -> bool:
    """Whether a frame begins a fragment, and is a keyframe, after one of `length` ticks; a frame takes `usual` of them.

    That is after `fragment` seconds; sooner where the whole scene is new in it, which costs next to nothing in a keyframe
    and nearly as much as one elsewhere. From then on the two come at the same time.
    """
    full = round(fragment * TICKS_PER_SECOND) - usual // 2
    return length >= full or (shown.renewed and length >= full // 2)


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
        self.end = WallUs(0)  # of the newest frame, as far as that is known

    def take(self, shown: ShownFrame, options: KeepOptions) -> list[ViewSample]:
        """Encode a frame; the samples of a chunk if one is full now. `whole` then holds a fragment if one is."""
        start = self._fragment[0].pts if self._fragment else None
        elapsed = Ticks(shown.pts - self._first)
        keyframe = start is None or begins_fragment(shown, elapsed - start, self._usual, options.fragment)
        encoded = self.encoder.encode(shown, keyframe=keyframe)
        sample = dataclasses.replace(encoded, pts=elapsed, duration=self._usual)
        self._measure(sample)
        self.end = _end(sample)
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
