import contextlib
import resource
import signal
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.unit.evidence.material import RATE, SEI, START, at, encoded, keep, level
from tests.unit.evidence.test_footage import Kept
from watchglass.base.clock import WallUs
from watchglass.base.errors import BadInputError, CannotWriteError, MissingInputError, UsageError
from watchglass.evidence.export import Exported, Progress, export_view
from watchglass.evidence.footage import Hole
from watchglass.model.media import TICKS_PER_SECOND
from watchglass.store.disks import DiskAwayError
from watchglass.store.fmp4 import boxes
from watchglass.store.nal import kind, split_length_prefixed


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "data")
    yield made
    made.engine.dispose()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "clip.mp4"


def export(kept: Kept, start: WallUs, end: WallUs, out: Path, progress: Progress = lambda _share: None) -> Exported:
    return export_view(kept.folder, kept.views.segments(kept.camera, start, end), start, end, out, progress)


def seconds_shown(path: Path) -> list[int]:
    """Brightness of the middle frame of each second that plays, and proof that all frames are there in time."""
    with av.open(str(path)) as file:
        frames = list(file.decode(video=0))
    times = [Fraction(frame.pts or 0) * (frame.time_base or 0) for frame in frames]
    assert times == [Fraction(number, RATE) for number in range(len(frames))]
    assert len(frames) % RATE == 0
    return [round(float(frames[place].to_ndarray(format="gray").mean())) for place in range(5, len(frames), RATE)]


def assert_levels(path: Path, seconds: list[int]) -> None:
    shown = seconds_shown(path)
    assert len(shown) == len(seconds)
    for got, wanted in zip(shown, seconds, strict=True):
        assert abs(got - level(wanted)) <= 3


def units(path: Path) -> set[int]:
    """Kinds of NAL units in a file."""
    with av.open(str(path)) as file:
        return {kind(unit) for packet in file.demux(video=0) for unit in split_length_prefixed(bytes(packet))}


def comment(path: Path) -> str:
    with av.open(str(path)) as file:
        return file.metadata["comment"]


def test_the_very_pictures_cut_at_seconds(kept: Kept, out: Path) -> None:
    keep(kept.views, kept.camera, range(4))
    keep(kept.views, kept.camera, range(4, 8))
    exported = export(kept, at(1.2), at(5.5), out)
    assert exported == Exported(at(1), at(6), (), 5.0, transcoded=False)
    assert_levels(out, [1, 2, 3, 4, 5])
    with av.open(str(out)) as file:
        assert [stream.type for stream in file.streams] == ["video"]
        assert file.duration == 5_000_000
    assert [path.name for path in out.parent.iterdir()] == ["clip.mp4"]


def test_bytes_are_those_that_were_kept(kept: Kept, out: Path) -> None:
    keep(kept.views, kept.camera, range(3))
    export(kept, at(1), at(3), out)  # the second second on: no SEI that would go
    with av.open(str(out)) as file:
        copied = [bytes(packet) for packet in file.demux(video=0) if packet.size]
    assert copied == [sample.data for sample in encoded(3)[1][RATE:]]


def test_can_be_played_while_it_loads(kept: Kept, out: Path) -> None:
    keep(kept.views, kept.camera, range(2))
    export(kept, START, at(2), out)
    kinds = [box.kind for box in boxes(out.read_bytes())]
    assert kinds.index("moov") < kinds.index("mdat")
    assert "moof" not in kinds


def test_no_sei_goes_out(kept: Kept, out: Path) -> None:
    source = kept.folder.root / keep(kept.views, kept.camera, range(2)).path
    assert SEI in units(source)  # else this would prove nothing
    export(kept, START, at(2), out)
    assert SEI not in units(out)
    assert units(out) <= {1, 5}


def test_gaps_are_skipped_and_named(kept: Kept, out: Path) -> None:
    keep(kept.views, kept.camera, range(2))
    keep(kept.views, kept.camera, range(2), run_start=7.5, run="run-2")
    exported = export(kept, at(-1), at(10), out)
    assert exported.holes == (Hole(at(-1), START), Hole(at(2), at(7.5)), Hole(at(9.5), at(10)))
    assert exported.seconds == 4.0
    assert_levels(out, [0, 1, 0, 1])
    assert comment(out) == (
        "watchglass: the view from 2027-01-15T07:59:59.000Z to 2027-01-15T08:00:10.000Z. "
        "Nothing was kept from 2027-01-15T07:59:59.000Z to 2027-01-15T08:00:00.000Z. "
        "Nothing was kept from 2027-01-15T08:00:02.000Z to 2027-01-15T08:00:07.500Z. "
        "Nothing was kept from 2027-01-15T08:00:09.500Z to 2027-01-15T08:00:10.000Z."
    )


def test_many_gaps_are_counted(kept: Kept, out: Path) -> None:
    for number in range(53):
        keep(kept.views, kept.camera, range(1), run_start=number * 2.0, run=f"run-{number}")
    export(kept, START, at(105), out)
    assert comment(out).count("Nothing was kept") == 50
    assert comment(out).endswith("And 2 more gaps.")


def test_another_size_is_fitted_into_the_first(kept: Kept, out: Path) -> None:
    keep(kept.views, kept.camera, range(2))
    keep(kept.views, kept.camera, range(2), run_start=2, run="run-2", size=(64, 128))
    exported = export(kept, START, at(4), out)
    assert exported.transcoded
    with av.open(str(out)) as file:
        frames = list(file.decode(video=0))
        assert (file.streams.video[0].width, file.streams.video[0].height) == (96, 64)
    assert [(frame.width, frame.height) for frame in frames] == [(96, 64)] * 4 * RATE
    times = [Fraction(frame.pts or 0) * (frame.time_base or 0) for frame in frames]
    assert times == [Fraction(number, RATE) for number in range(4 * RATE)]
    tall = frames[3 * RATE + 5].to_ndarray(format="gray")
    assert abs(float(tall[8:-8, 40:56].mean()) - level(1)) <= 4  # 32 x 64 in the middle
    assert float(tall[:, :24].mean()) < 24  # black beside it
    assert units(out) <= {1, 5}


def test_two_segments_that_share_a_moment_play_on(kept: Kept, out: Path) -> None:
    keep(kept.views, kept.camera, range(3))
    keep(kept.views, kept.camera, range(2), run_start=2.9, run="run-2")
    exported = export(kept, START, at(9), out)
    assert exported.seconds == 5.0
    assert_levels(out, [0, 1, 2, 0, 1])


def test_progress_rises_to_one(kept: Kept, out: Path) -> None:
    keep(kept.views, kept.camera, range(5))
    told: list[float] = []
    export(kept, START, at(5), out, told.append)
    assert told == sorted(told)
    assert len(told) == 6
    assert told[-1] == 1.0


@pytest.mark.parametrize(("start", "end"), [(20.0, 30.0), (-5.0, 0.0)])
def test_an_empty_span_is_said(kept: Kept, out: Path, start: float, end: float) -> None:
    keep(kept.views, kept.camera, range(2))
    with pytest.raises(MissingInputError, match=r"Nothing is kept of this camera between 2027-01-15T0\S+ and 2027"):
        export(kept, at(start), at(end), out)
    assert list(out.parent.iterdir()) == []


def test_a_span_that_ends_before_it_begins(kept: Kept, out: Path) -> None:
    with pytest.raises(UsageError, match="ends before it begins"):
        export(kept, at(2), at(2), out)


def test_giving_up_leaves_the_old_file_as_it_was(kept: Kept, out: Path) -> None:
    keep(kept.views, kept.camera, range(5))
    out.write_bytes(b"old")

    def enough(share: float) -> None:
        if share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(kept, START, at(5), out, enough)
    assert [path.read_bytes() for path in out.parent.iterdir()] == [b"old"]


def test_a_finished_export_replaces_the_old_file(kept: Kept, out: Path) -> None:
    keep(kept.views, kept.camera, range(1))
    out.write_bytes(b"old")
    export(kept, START, at(1), out)
    assert_levels(out, [0])


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (b"avc1\0\0\0\0", b"xxxx"),  # a codec that nobody knows; the boxes are still whole
        (b"mdat", b"mdat\xff\xff\xff\xff"),  # the first NAL unit is longer than its sample
    ],
)
def test_damage_names_the_segment_and_leaves_nothing(kept: Kept, out: Path, where: bytes, what: bytes) -> None:
    path = kept.folder.root / keep(kept.views, kept.camera, range(2)).path
    data = bytearray(path.read_bytes())
    place = data.index(where)
    data[place : place + len(what)] = what
    path.write_bytes(data)
    with pytest.raises(BadInputError, match=path.name):
        export(kept, START, at(2), out)
    assert list(out.parent.iterdir()) == []


def test_retention_that_is_faster_is_a_gap(kept: Kept, out: Path) -> None:
    first = keep(kept.views, kept.camera, range(2))
    second = keep(kept.views, kept.camera, range(2, 4))
    keep(kept.views, kept.camera, range(4, 6))

    def delete(share: float) -> None:
        if share > 0 and (kept.folder.root / second.path).exists():
            kept.views.delete([first, second])

    exported = export(kept, START, at(6), out, delete)
    assert exported.holes == (Hole(START, at(4)),)
    assert_levels(out, [4, 5])
    assert "from 2027-01-15T08:00:00.000Z to 2027-01-15T08:00:04.000Z" in comment(out)


def test_footage_that_goes_all_the_time_is_said(kept: Kept, out: Path) -> None:
    segments = [keep(kept.views, kept.camera, range(1), run_start=n, run=f"run-{n}") for n in range(12)]
    left = iter(segments[1:])

    def delete(_share: float) -> None:
        kept.views.delete([next(left)])

    with pytest.raises(MissingInputError, match="choose a later start"):
        export(kept, START, at(12), out, delete)
    assert list(out.parent.iterdir()) == []


@contextlib.contextmanager
def small_files() -> Iterator[None]:
    """No file may grow beyond 3,000 bytes: what a disk does that is full, but for the number of the error.

    Only around what is tested: pytest's own output may go to a file.
    """
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_that_refuses_is_said_and_leaves_nothing(kept: Kept, out: Path) -> None:
    keep(kept.views, kept.camera, range(40))
    segments = kept.views.segments(kept.camera, START, at(40))
    with small_files(), pytest.raises(CannotWriteError, match=r"clip\.mp4"):
        export_view(kept.folder, segments, START, at(40), out)
    assert list(out.parent.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(kept: Kept, tmp_path: Path) -> None:
    keep(kept.views, kept.camera, range(1))
    with pytest.raises(CannotWriteError, match="nowhere"):
        export(kept, START, at(1), tmp_path / "nowhere" / "clip.mp4")


def test_media_time_of_a_long_run_does_not_matter(kept: Kept, out: Path) -> None:
    writer_start = 7
    keep(kept.views, kept.camera, range(writer_start, writer_start + 2))
    export(kept, START, at(20), out)
    with av.open(str(out)) as file:
        first = next(packet for packet in file.demux(video=0))
        assert first.pts == 0
        assert first.time_base == Fraction(1, TICKS_PER_SECOND)


def test_over_two_disks(tmp_path: Path, out: Path) -> None:
    (tmp_path / "b").mkdir()
    kept = Kept(tmp_path / "data", [tmp_path / "b"])
    keep(kept.views, kept.camera, range(3))
    (tmp_path / "b").rename(tmp_path / "away")
    keep(kept.views, kept.camera, range(3, 5))
    with pytest.raises(DiskAwayError, match=f"The disk {tmp_path / 'b'} is missing"):
        export(kept, START, at(5), out)  # not a clip that is silent about what is missing
    assert not out.exists()
    (tmp_path / "away").rename(tmp_path / "b")
    assert not export(kept, START, at(5), out).holes
    assert_levels(out, list(range(5)))
    kept.engine.dispose()
