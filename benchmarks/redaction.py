"""How fast redaction is beside decoding and encoding alone, and what it leaves in sight, on real footage."""

import os
import tempfile
import time
from pathlib import Path

import av

from benchmarks import leak
from benchmarks.table import Row
from watchglass.app.detector import person_detector
from watchglass.base import assets
from watchglass.base.assets import STREET_FOOTAGE, Places
from watchglass.pipeline.file import redact_file
from watchglass.settings import Settings

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "assets"


def rows() -> list[Row]:
    """Frames a second and, where the labels are at hand, exposed heads of vtest.avi."""
    places = Places.of(os.environ, _BESIDE if _BESIDE.is_dir() else None)
    street = assets.obtain(STREET_FOOTAGE, places, lambda *_: None)
    detector = person_detector(Settings(Path("unused"), assets=places.given))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "view.mp4"
        began = time.process_time()
        report = redact_file(street, out, detector, lambda _: None)
        ours = report.frames / (time.process_time() - began)
        alone = _decode_and_encode(street, Path(folder) / "plain.mp4")
        found = [
            Row(f"redaction of a file, {detector.name}, both passes", f"{ours:.0f} frames/s of a core", "", True),
            Row("decode and encode alone", f"{alone:.0f} frames/s of a core", "", True),
        ]
        if truth := _truth(street):
            result = leak.measure_files(street, out, truth)
            heads = result.exposed_heads
            found.append(Row("exposed heads, vtest.avi", f"{heads} of {result.labels}", "0", heads == 0))
            found.append(Row("masked / people", f"{result.masked / result.people:.1f}", "", True))
    return found


def _truth(street: Path) -> Path | None:
    """The labels beside the footage; they may be used for tests only and are never shipped."""
    labels = street.parent / "gt.txt"
    return labels if labels.exists() else None


def _decode_and_encode(source: Path, target: Path) -> float:
    """Frames a second of CPU time with one thread each."""
    began = time.process_time()
    count = 0
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        video = container.streams.video[0]
        stream = out.add_stream("libx264", rate=video.average_rate, options={"preset": "veryfast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
        for frame in container.decode(video):
            frame.pict_type = av.video.frame.PictureType.NONE
            frame.pts = None
            out.mux(stream.encode(frame))
            count += 1
        out.mux(stream.encode(None))
    return count / (time.process_time() - began)
