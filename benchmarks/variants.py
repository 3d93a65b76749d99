"""The table of docs/privacy.md: what is left in sight of the labelled street, of its degraded copies, and by other ways.

    python -m benchmarks.variants [--only NAME ...] [--jobs N] [--print]

Redacts and measures each (benchmarks/leak.py), several at a time, and writes the table between the marks in
docs/privacy.md. With --only the other rows stay as they were measured last (bench-results/variants.json).
"""

import argparse
import concurrent.futures
import dataclasses
import datetime as dt
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import cv2

from benchmarks import footage, leak, peers, recorded
from benchmarks.degrade import VARIANTS
from benchmarks.labelled import Frames, Labels, Picture, frames, labels, whole
from benchmarks.redaction import sight_of
from watchglass.base.clock import MICROSECONDS, SystemClock
from watchglass.base.errors import WatchglassError
from watchglass.cli.progress import Report, reporting
from watchglass.detect.detector import Detector
from watchglass.detect.hog import HogDetector
from watchglass.ingest.whole import VideoFile
from watchglass.model.media import TICKS_PER_SECOND, ViewSample
from watchglass.pipeline.file import redact_file
from watchglass.pipeline.sight import AtOnce, Direct, SightOptions
from watchglass.redact.cells import Geometry, work_in_one_thread
from watchglass.redact.encode import ViewEncoder
from watchglass.redact.plate import Plate
from watchglass.redact.shown import ShownFrame
from watchglass.store import fmp4

PAGE = footage.ROOT / "docs" / "privacy.md"
KEPT = footage.ROOT / "bench-results" / "variants.json"
BEGIN, END = "<!-- table of benchmarks.variants -->", "<!-- end of table -->"

_BLUR = 4.0  # pixels, sigma: the strength that programs for it use on people of this size
_SQUARE = 8  # pixels of a mosaic
_FRAGMENT = 10  # frames

RECORDED = "recorded"

OURS = {
    "plain": "as it is",
    "half": "half its width and height",
    "lowrate": "at 150 kbit/s",
    "dark": "very dark, with a sensor's noise",
    "shake": "shaking by up to 3 pixels",
    "drop": "with every 20th frame lost",
    "slow": "only every third frame",
    "mid": "beginning in the middle",
    "flash": "35 % brighter in 4 frames of 60",
    "reduced": "as it is, without the person model",
    "live": "as it is, live, from the first frame on",
    RECORDED: "as it is, sent by a real RTSP camera, recorded and watched, once it is shown",
}
"""What watchglass redacts, by name; all but the last two are files, which are read twice."""

OTHERS = {
    "untouched": "not redacted",
    "blur": "every labelled person blurred",
    "mosaic": "every labelled person in squares of 8 pixels",
    "deface": "faces found and blurred by deface 1.5.0",
}
"""Other ways, on the sample video as it is. The first three know from the labels where everybody is."""


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """A row of the table; counts of labels and frames. `why_not` where it could not be measured."""

    heads: int = 0
    bodies: int = 0
    labels: int = 0
    unseen: int = 0
    masked: float = 0.0  # times the area of people
    covered: float = 0.0  # share of frames
    ready: float = 0.0  # seconds until it was shown, where that was waited for
    why_not: str = ""

    @classmethod
    def of(cls, found: leak.Leak) -> "Found":
        return cls(
            heads=found.exposed_heads,
            bodies=found.exposed_bodies,
            labels=found.labels,
            unseen=found.unseen,
            masked=round(found.masked / found.people, 2) if found.people else 0.0,
            covered=round(found.covered_frames / found.frames, 4),
        )


def measure(name: str) -> Found:
    """Measure one row. Runs in a process of its own: one thread each, so that several fit beside one another."""
    work_in_one_thread()
    try:
        return _through_recorder() if name == RECORDED else _measure(name)
    except (WatchglassError, FileNotFoundError, ValueError, RuntimeError, peers.NotToBeHadError) as error:
        return Found(why_not=error.sentence if isinstance(error, WatchglassError) else str(error))


def _measure(name: str) -> Found:
    source, truth = footage.variant(name if name in VARIANTS else "plain", _quietly)
    if name in _WAYS:
        boxes = labels(truth)
        return Found.of(leak.measure(lambda: frames(source), _changed(source, boxes, _WAYS[name]), boxes))
    with tempfile.TemporaryDirectory() as folder:
        view = Path(folder) / "view.mp4"
        if name == "deface":
            peers.run_deface(peers.deface(_quietly), source, view)
        elif name == "live":
            redact_live(source, view, footage.detector())
        else:
            redact_file(source, view, HogDetector() if name == "reduced" else footage.detector(), lambda _: None)
        return Found.of(leak.measure_files(source, view, truth))


def _through_recorder() -> Found:
    with recorded.street(_quietly) as street:
        found = Found.of(leak.measure(street.original, street.redacted, street.truth))
    return dataclasses.replace(found, ready=round(street.ready, 1))


def redact_live(source: Path, target: Path, detector: Detector) -> None:
    """The view of a video as somebody sees it who looks from the first frame on: read once, nothing learnt before."""
    with VideoFile(source) as video, target.open("wb") as out:
        plate, looks = Plate(Geometry(video.width, video.height)), AtOnce(Direct(detector))
        sight = sight_of(plate, video.width, video.height, looks, SightOptions.of(detector))

        def shown() -> Iterator[ShownFrame]:
            for number, decoded in enumerate(video.decode()):
                yield from sight.take(decoded.frame, float(number / video.rate), damaged=decoded.damaged)
            yield from sight.finish()

        encoder = ViewEncoder(video.width, video.height, float(video.rate))
        out.write(fmp4.init_segment(encoder.format))
        for number, samples in enumerate(_tens(shown(), encoder), start=1):
            samples[-1] = dataclasses.replace(samples[-1], duration=round(TICKS_PER_SECOND / video.rate))
            out.write(fmp4.fragment(number, samples))


def _tens(shown: Iterator[ShownFrame], encoder: ViewEncoder) -> Iterator[list[ViewSample]]:
    samples: list[ViewSample] = []
    for frame in shown:
        samples.append(encoder.encode(frame, keyframe=not samples))
        if len(samples) == _FRAGMENT:
            yield samples
            samples = []
    if samples:
        yield samples


def blurred(picture: Picture) -> Picture:
    """A part of a picture under a Gaussian blur."""
    for plane in picture:
        plane[:] = cv2.GaussianBlur(plane, (0, 0), _BLUR)
    return picture


def squares(picture: Picture) -> Picture:
    """A part of a picture in mosaic."""
    for plane in picture:
        down, across = plane.shape
        coarse = cv2.resize(plane, (max(1, across // _SQUARE), max(1, down // _SQUARE)), interpolation=cv2.INTER_AREA)
        plane[:] = cv2.resize(coarse, (across, down), interpolation=cv2.INTER_NEAREST)
    return picture


_WAYS: dict[str, Callable[[Picture], Picture]] = {"untouched": lambda part: part, "blur": blurred, "mosaic": squares}


def _changed(source: Path, boxes: Labels, change: Callable[[Picture], Picture]) -> Frames:
    def all_frames() -> Iterator[Picture]:
        for number, picture in enumerate(frames(source), start=1):
            for label in boxes.get(number, ()):
                part = picture[:, *whole(label, picture.shape)]
                if part.size:
                    part[:] = change(part.copy())
            yield picture

    return all_frames


def table(found: Mapping[str, Found], when: str) -> str:
    """All rows that were measured, in Markdown."""
    lines = [
        "| the sample video | heads in sight | bodies in sight | masked / people | frames covered whole |",
        "|---|---|---|---|---|",
        *_lines({name: f"watchglass: {words}" for name, words in OURS.items()}, found),
        *_lines(OTHERS, found),
    ]
    notes = [f"Measured on {when} by `make privacy-table`, by the measure [below](#what-the-measure-is)."]
    plain = found.get("untouched", Found())
    if plain.labels:
        notes.append(
            f"{plain.labels - plain.heads:,} of the heads are not in sight where nothing is redacted: they are behind something, "
            "or look like the ground behind them."
        )
    return "\n".join([*lines, "", *notes])


def _lines(words: Mapping[str, str], found: Mapping[str, Found]) -> Iterator[str]:
    for name, what in words.items():
        if (one := found.get(name)) is None:
            continue
        if one.why_not:
            yield f"| {what} | not measured: {one.why_not} | | | |"
            continue
        waited = f" (after {one.ready:.0f} s)" if one.ready else ""
        masked = f"{one.masked:.1f}" if one.masked else "-"
        yield (
            f"| {what}{waited} | {one.heads:,} of {one.labels:,} | {one.bodies:,} of {one.labels:,} "
            f"| {masked} | {one.covered:.0%} |"
        )


def written(page: str, rows: str) -> str:
    """The page with the table between its marks. ValueError if it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{PAGE} has no place for the table: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{rows}\n{END}{after}"


def measure_all(names: list[str], jobs: int, tell: Report) -> dict[str, Found]:
    """Measure so many at a time."""
    footage.street(tell)
    found = {}
    with concurrent.futures.ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(measure, name): name for name in names if name != RECORDED}
        for done, future in enumerate(concurrent.futures.as_completed(waiting), start=1):
            found[waiting[future]] = future.result()
            tell("Redacting and measuring", done, len(names))
        if RECORDED in names:  # a camera does not wait, so it has the machine for itself
            found[RECORDED] = pool.submit(measure, RECORDED).result()
    return {name: found[name] for name in names}


def _quietly(*_: object) -> None:
    """Work in a process beside others, of which none has the screen."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*OURS, *OTHERS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="so many at a time")
    parser.add_argument("--print", action="store_true", help="print the table instead of writing it")
    options = parser.parse_args()
    with reporting() as tell:
        found = measure_all(options.only or names, options.jobs, tell)
    KEPT.parent.mkdir(exist_ok=True)
    earlier = json.loads(KEPT.read_text()) if options.only and KEPT.exists() else {}
    kept = earlier | {name: dataclasses.asdict(one) for name, one in found.items()}
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    now = dt.datetime.fromtimestamp(SystemClock().wall_us() / MICROSECONDS, dt.UTC)
    rows = table({name: Found(**one) for name, one in kept.items()}, f"{now:%Y-%m-%d}")
    print(rows)
    if not options.print:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), rows), encoding="utf-8")
    return int(any(one.why_not for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
