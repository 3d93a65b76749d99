"""Keeping and publishing one camera's view: encode, cut into chunks and fragments, write segments, note gaps.

Live chunks last at most 0.2 s and are sent at once; at rest there are fragments of 1 s in segments of a minute. Both
come from the same encoded samples.
"""

import dataclasses
import functools
import secrets

from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.model.media import TICKS_PER_SECOND, Ticks, ViewSample
from watchglass.model.record import GapCause
from watchglass.pipeline.publish import Publisher
from watchglass.pipeline.shelve import Piece, ShelveOptions, Shelver
from watchglass.redact.encode import ViewEncoder
from watchglass.redact.shown import ShownFrame
from watchglass.store import fmp4
from watchglass.store.views import Views


@dataclasses.dataclass(frozen=True, slots=True)
class KeepOptions:
    """Lengths of a live chunk and of a fragment in seconds, and how fragments are kept. A hole begins a new run as well."""

    chunk: float = 0.2
    fragment: float = 1.0
    shelve: ShelveOptions = dataclasses.field(default_factory=ShelveOptions)


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
        self._options = options or KeepOptions()
        self._shelver = Shelver(camera, views, functools.partial(views.begin, camera), clock, self._options.shelve)
        self._run: _Run | None = None
        self._covered: str | None = None
        self._seen_until: WallUs | None = None  # end of the newest frame, whether it could be kept or not
        # Of a keeper that was killed:
        self._shelver.notes.add(self._views.end_cover, self._shelver.kept_until or WallUs(0))

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
        self._shelver.notes.write()

    def absent(self, cause: GapCause, detail: str) -> None:
        """Nothing comes from the camera: from the last moment seen on there is a gap, until a frame comes again."""
        self.end()
        start, self._seen_until = self._seen_until, None
        self._shelver.absent(start, cause, detail)

    def end(self) -> None:
        """The run has ended: write what is left and close the segment."""
        run, self._run = self._run, None
        if run is None:
            return
        self._send(run, run.rest())
        if fragment := run.last_fragment():
            self._write(run, fragment)
        self._shelver.close()
        if self._covered is not None:
            self._shelver.notes.add(self._views.end_cover, run.end)
        self._covered = None

    def _breaks_off(self, run: "_Run", shown: ShownFrame, rate: float) -> bool:
        size = run.encoder.format.width, run.encoder.format.height
        longest = max(self._options.shelve.hole, 3 / rate)  # a camera may be slow
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
            self._shelver.notes.add(self._views.end_cover, shown.wall)
        else:
            self._shelver.notes.add(self._views.begin_cover, shown.wall, shown.covered)

    def _send(self, run: "_Run", samples: list[ViewSample]) -> None:
        if samples:
            run.chunks += 1
            duration = sum(sample.duration for sample in samples) * MICROSECONDS // TICKS_PER_SECOND
            data = fmp4.fragment(run.chunks, samples)
            keyframe = samples[0].keyframe
            self._publisher.chunk(self._camera, data, samples[0].wall, duration, keyframe=keyframe)

    def _write(self, run: "_Run", samples: list[ViewSample]) -> None:
        data = fmp4.fragment(run.fragments, samples)
        run.fragments += 1
        self._shelver.put(Piece(run.name, run.init, data, samples[0].wall, _end(samples[-1])))


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
