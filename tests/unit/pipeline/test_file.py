import os
import resource
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests import footage
from tests.unit.pipeline.support import ScriptedDetector, likeness, pictures
from watchglass.base.errors import (
    BadInputError,
    CannotWriteError,
    DiskFullError,
    MissingInputError,
    WatchglassError,
)
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.pipeline.file import Progress, Report, redact_file
from watchglass.redact.filewriter import ViewFile
from watchglass.redact.guard import CoverReason

WIDTH, HEIGHT = 192, 144
SECONDS, RATE = 9, 10
FRAMES = SECONDS * RATE


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Figures that walk through a street, long enough to learn the street behind them."""
    path = tmp_path_factory.mktemp("source") / "street.mp4"
    return footage.make(path, frames=FRAMES, rate=RATE, width=WIDTH, height=HEIGHT)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return footage.make(
        tmp_path_factory.mktemp("source") / "short.mp4", frames=15, rate=RATE, gop=5, width=WIDTH, height=HEIGHT
    )


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Alone in its folder: whatever else is there afterwards was left behind."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "view.mp4"


def redact(
    source: Path,
    target: Path,
    detector: ScriptedDetector | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Report:
    return redact_file(source, target, detector or ScriptedDetector(), tell)


class TestView:
    @pytest.fixture(scope="class")
    @staticmethod
    def made(source: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
        target = tmp_path_factory.mktemp("view") / "view.mp4"
        return target, redact(source, target)

    def test_has_as_many_frames_of_the_same_size_and_rate(self, made: tuple[Path, Report]) -> None:
        target, report = made
        with av.open(str(target), "r") as container:
            stream = container.streams.video[0]
            assert (stream.width, stream.height, stream.frames) == (WIDTH, HEIGHT, FRAMES)
            assert stream.average_rate == Fraction(RATE)
            assert stream.codec_context.name == "h264"
            times = [frame.time for frame in container.decode(stream)]
        assert times == pytest.approx([place / RATE for place in range(FRAMES)])
        assert (report.frames, report.width, report.height, report.rate) == (FRAMES, WIDTH, HEIGHT, RATE)

    def test_shows_the_street_and_nobody_in_it(self, made: tuple[Path, Report], source: Path) -> None:
        target, report = made
        view = pictures(target.read_bytes())
        assert min(likeness(raw, number) for number, raw in enumerate(pictures(source.read_bytes()))) > 0.6
        assert max(likeness(picture, number) for number, picture in enumerate(view)) < 0.3
        street = footage.picture(0, WIDTH, HEIGHT, figures=0)
        corner = (slice(126, 142), slice(10, 60))  # where no figure comes
        assert all(np.abs(picture[corner].astype(int) - street[corner]).mean() < 8 for picture in view)
        assert report.covered == {}  # known from the first frame on, since the file is read twice

    def test_report(self, made: tuple[Path, Report]) -> None:
        _, report = made
        assert 0.02 < report.masked < 0.5
        assert (report.detector, report.model_sha256, report.protection) == ("scripted", "ab" * 32, "full")

    def test_has_no_sound_and_no_words(self, made: tuple[Path, Report]) -> None:
        target, _ = made
        with av.open(str(target), "r") as container:
            assert [stream.type for stream in container.streams] == ["video"]
            assert set(container.metadata) <= {"major_brand", "minor_version", "compatible_brands", "encoder"}

    def test_persons_are_covered_in_their_colour(self, source: Path, target: Path) -> None:
        def everybody(_frame: object) -> list[Detection]:
            return [Detection(Box(80, 112, 96, 136), ObjectClass.PERSON, 0.9)]

        assert redact(source, target, ScriptedDetector(everybody)).frames == FRAMES
        picture = pictures(target.read_bytes())[60]
        red, green, blue = (float(picture[116:132, 84:92, channel].mean()) for channel in range(3))
        assert red > green + 40 > blue


class TestReport:
    def test_a_file_too_short_to_learn_is_covered_whole(self, short: Path, target: Path) -> None:
        report = redact(short, target)
        assert report.covered == {CoverReason.LEARNING.value: 15}
        assert report.masked == 1.0
        assert max(likeness(picture, number) for number, picture in enumerate(pictures(target.read_bytes()))) < 0.1

    def test_damaged_frames_are_covered(self, source: Path, tmp_path: Path, target: Path) -> None:
        with av.open(str(source), "r") as container:
            place, size = [(packet.pos or 0, packet.size) for packet in container.demux(video=0) if packet.size][60]
        data = bytearray(source.read_bytes())
        for offset in range(place + size // 4, place + size, 10):
            data[offset] ^= 0xFF
        (tmp_path / "bad.mp4").write_bytes(data)
        report = redact(tmp_path / "bad.mp4", target)
        assert report.covered[CoverReason.DECODE.value] >= 10
        assert max(likeness(picture, number) for number, picture in enumerate(pictures(target.read_bytes())[:60])) < 0.3

    def test_a_still_scene_is_shown_as_it_is(self, tmp_path: Path, target: Path) -> None:
        path = tmp_path / "still.mkv"
        with av.open(str(path), "w") as output:
            stream = output.add_stream("libx264", rate=RATE)
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
            for _ in range(100):
                frame = av.VideoFrame.from_ndarray(footage.picture(0, 160, 120, figures=0), "rgb24")
                output.mux(stream.encode(frame))
            output.mux(stream.encode())
        report = redact(path, target)
        assert (report.frames, report.covered, report.masked) == (100, {}, 0.0)


class TestWork:
    def test_progress_tells_of_both_passes(self, short: Path, target: Path) -> None:
        told: list[Progress] = []
        redact(short, target, tell=told.append)
        steps = ["Learning the empty scene", "Writing the view"]
        assert [(one.step, one.done, one.total) for one in told] == [(s, n, 15) for s in steps for n in range(1, 16)]

    def test_the_model_sees_each_picture_once(self, source: Path, target: Path) -> None:
        detector = ScriptedDetector()
        asked: list[int] = []

        def tell(now: Progress) -> None:
            if now.step == "Writing the view" and now.done == 1:
                asked.append(detector.asked)

        redact(source, target, detector, tell)
        assert asked[0] >= SECONDS  # more than one look a second where something moves
        assert detector.asked - asked[0] <= asked[0] // 4

    def test_an_existing_view_is_replaced(self, short: Path, target: Path) -> None:
        target.write_bytes(b"an earlier view")
        redact(short, target)
        assert len(pictures(target.read_bytes())) == 15
        assert list(target.parent.iterdir()) == [target]

    def test_the_source_is_not_changed(self, short: Path, target: Path) -> None:
        before = short.read_bytes()
        redact(short, target)
        assert short.read_bytes() == before


def fails(source: Path, target: Path, kind: type[BaseException], **more: object) -> BaseException:
    """The redaction fails like this; then nothing is left behind, and what was there before still is."""
    target.write_bytes(b"an earlier view")
    with pytest.raises(kind) as caught:
        redact(source, target, **more)  # type: ignore[arg-type]  # passed on as they are
    assert target.read_bytes() == b"an earlier view"
    target.unlink()
    with pytest.raises(kind):
        redact(source, target, **more)  # type: ignore[arg-type]
    assert list(target.parent.iterdir()) == []
    if isinstance(caught.value, WatchglassError):
        assert caught.value.sentence.endswith(".")
    return caught.value


class TestFailures:
    def test_what_is_no_video(self, target: Path, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("no video\n" * 100)
        assert "notes.txt" in str(fails(tmp_path / "notes.txt", target, BadInputError))

    def test_what_is_not_there(self, target: Path, tmp_path: Path) -> None:
        assert "gone.mp4" in str(fails(tmp_path / "gone.mp4", target, MissingInputError))

    @pytest.mark.parametrize("step", ["Learning the empty scene", "Writing the view"])
    @pytest.mark.parametrize("number", [1, 15])
    def test_somebody_presses_ctrl_c(self, short: Path, target: Path, step: str, number: int) -> None:
        def interrupt(now: Progress) -> None:
            if (now.step, now.done) == (step, number):
                raise KeyboardInterrupt

        fails(short, target, KeyboardInterrupt, tell=interrupt)

    def test_the_file_goes_away_between_the_passes(self, short: Path, target: Path, tmp_path: Path) -> None:
        copy = tmp_path / "copy.mp4"

        def take_away(now: Progress) -> None:
            copy.write_bytes(short.read_bytes())
            if now.done == now.total:
                copy.unlink()

        copy.write_bytes(short.read_bytes())
        target.write_bytes(b"an earlier view")
        with pytest.raises(MissingInputError):
            redact(copy, target, tell=take_away)
        assert [path.read_bytes() for path in target.parent.iterdir()] == [b"an earlier view"]

    def test_the_detector_fails(self, short: Path, target: Path) -> None:
        """On a file nothing is lost by saying so and ending."""
        detector = ScriptedDetector()
        detector.failing = True
        fails(short, target, RuntimeError, detector=detector)

    def test_the_disk_is_full(self, short: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        written = 0

        def write(_self: ViewFile, _shown: object) -> None:
            nonlocal written
            written += 1
            if written % 5 == 0:
                raise DiskFullError(f"There is no space left for {target}. Free some, or name another place.")

        monkeypatch.setattr(ViewFile, "write", write)
        fails(short, target, DiskFullError)

    def test_the_system_refuses_to_write_more(self, short: Path, target: Path) -> None:
        """A limit of the process stands for the disk's: libav's own error comes out as a sentence of ours."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
        try:
            error = fails(short, target, CannotWriteError)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert str(target) in str(error)


class TestPlaces:
    """What stands against writing there is said before any work is done."""

    @pytest.fixture(autouse=True)
    def _no_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.detector = ScriptedDetector()

    def refused(self, source: Path, target: Path) -> str:
        with pytest.raises(CannotWriteError) as caught:
            redact(source, target, self.detector)
        assert self.detector.asked == 0
        assert str(target) in caught.value.sentence
        return caught.value.sentence

    def test_a_folder_that_is_not_there(self, short: Path, tmp_path: Path) -> None:
        assert f"no folder {tmp_path / 'gone'}" in self.refused(short, tmp_path / "gone" / "view.mp4")
        assert not (tmp_path / "gone").exists()

    def test_a_folder_itself(self, short: Path, tmp_path: Path) -> None:
        assert "is a folder" in self.refused(short, tmp_path)

    def test_a_folder_that_is_not_ours(self, short: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        if os.geteuid():
            target.parent.chmod(0o500)
        else:  # root may write anywhere
            monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != target.parent)
        assert "may not write" in self.refused(short, target)


def test_a_place_that_takes_no_files_after_all(short: Path) -> None:
    with pytest.raises(CannotWriteError, match=r"^/proc/view.mp4 cannot be written"):
        redact(short, Path("/proc/view.mp4"))
