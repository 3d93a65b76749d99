import errno
import hashlib
import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.store.faults import FaultyFiles
from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import SimulatedClock, WallUs
from watchglass.base.durable import Files
from watchglass.base.errors import CannotWriteError, DiskFullError, UsageError
from watchglass.model.camera import Camera
from watchglass.model.record import SegmentState
from watchglass.store.cameras import Cameras
from watchglass.store.folder import DataFolder
from watchglass.store.views import SegmentWriter, Views, check

FOREVER = WallUs(1 << 60)


def second(number: int) -> WallUs:
    return WallUs(number * 1_000_000)


class CountingFiles(Files):
    """Counts the fsyncs of files."""

    def __init__(self) -> None:
        self.syncs = 0

    def sync(self, descriptor: int) -> None:
        self.syncs += 1
        super().sync(descriptor)


class FailingOnce(Files):
    """Fails once in one method, with one error number, when armed."""

    def __init__(self, method: str, number: int) -> None:
        self.method, self.number, self.armed = method, number, False

    def _fail(self, method: str) -> None:
        if self.armed and method == self.method:
            self.armed = False
            raise OSError(self.number, os.strerror(self.number))

    def write(self, descriptor: int, data: bytes) -> None:
        if self.armed and self.method == "write":
            super().write(descriptor, data[:17])
        self._fail("write")
        super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self._fail("sync")
        super().sync(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        self._fail("truncate")
        super().truncate(descriptor, size)


def test_a_closed_segment_is_what_its_row_says(
    folder: DataFolder, engine: sa.Engine, views: Views, camera: Camera
) -> None:
    writer = views.begin(camera.id, "run", second(100), INIT)
    parts = [fake_fragment(0), fake_fragment(1) + fake_fragment(2)]  # two at once are whole as well
    for number, part in enumerate(parts):
        writer.append(part, second(101 + 2 * number))
    segment = writer.close()
    data = (folder.root / segment.path).read_bytes()
    assert data == INIT + b"".join(parts)
    assert (segment.state, segment.start, segment.end) == (SegmentState.CLOSED, second(100), second(103))
    assert (segment.size, segment.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert segment == views.segment(segment.id)
    assert segment.path.startswith("views/1/19700101/000140-")
    assert (folder.root / segment.path).stat().st_mode & 0o777 == 0o600
    assert check(engine, folder, deep=True) == []


def test_an_open_segment_can_be_read_while_it_grows(views: Views, camera: Camera) -> None:
    writer = views.begin(camera.id, "run", second(0), INIT)
    assert views.segments(camera.id, WallUs(0), FOREVER) == []  # nothing in it yet
    for number in range(3):
        writer.append(fake_fragment(number), second(number + 1))
        (segment,) = views.segments(camera.id, WallUs(0), FOREVER)
        assert (segment.state, segment.end, segment.size) == (SegmentState.OPEN, second(number + 1), writer.size)
        assert views.segment(segment.id) == segment


def test_files_are_synced_every_five_seconds_and_at_the_end(
    engine: sa.Engine, folder: DataFolder, clock: SimulatedClock, camera: Camera
) -> None:
    files = CountingFiles()
    writer = Views(engine, folder, clock, files).begin(camera.id, "run", second(0), INIT)
    counts = []
    for number in range(12):
        clock.advance(1)
        clock.step_wall(-100)  # wall time is not what counts
        writer.append(fake_fragment(number), second(number + 1))
        counts.append(files.syncs)
    assert counts == [1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3]
    writer.close()
    assert files.syncs == 4


def test_a_segment_without_fragments_is_garbage(
    engine: sa.Engine, folder: DataFolder, views: Views, camera: Camera
) -> None:
    segment = views.begin(camera.id, "run", second(0), INIT).close()
    assert (segment.state, segment.sha256) == (SegmentState.GARBAGE, None)
    assert views.segments(camera.id, WallUs(0), FOREVER) == []
    assert check(engine, folder, deep=True) == []
    views.settle()
    assert not (folder.root / segment.path).exists()


def test_an_end_that_goes_back_does_not_shorten_a_segment(views: Views, camera: Camera) -> None:
    writer = views.begin(camera.id, "run", second(10), INIT)
    writer.append(fake_fragment(0), second(11))
    writer.append(fake_fragment(1), second(5))
    assert writer.close().end == second(11)


@pytest.mark.parametrize(
    "wrong",
    [b"", b"x", INIT, fake_fragment(0)[:-1], fake_fragment(0) + b"\0", fake_fragment(0)[100:], fake_fragment(0) + INIT],
)
def test_what_is_not_whole_fragments_never_gets_in(wrong: bytes, views: Views, camera: Camera) -> None:
    writer = views.begin(camera.id, "run", second(0), INIT)
    writer.append(fake_fragment(0), second(1))
    with pytest.raises(UsageError, match="whole fragments"):
        writer.append(wrong, second(2))
    writer.append(fake_fragment(1), second(2))
    assert writer.close().size == len(INIT) + 2 * len(fake_fragment(0))


def test_a_closed_writer_takes_nothing_more(views: Views, camera: Camera) -> None:
    writer = views.begin(camera.id, "run", second(0), INIT)
    writer.append(fake_fragment(0), second(1))
    segment = writer.close()
    assert writer.close() == segment
    assert writer.closed
    with pytest.raises(ValueError, match="closed"):
        writer.append(fake_fragment(1), second(2))


def three_seconds(
    engine: sa.Engine, folder: DataFolder, clock: SimulatedClock, camera: Camera, files: Files
) -> SegmentWriter:
    writer = Views(engine, folder, clock, files).begin(camera.id, "run", second(0), INIT)
    for number in range(3):
        writer.append(fake_fragment(number), second(number + 1))
    return writer


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, DiskFullError),
        (errno.EDQUOT, DiskFullError),
        (errno.EIO, CannotWriteError),
        (errno.EROFS, CannotWriteError),
    ],
)
def test_when_the_disk_refuses_a_fragment_the_ones_before_are_kept_and_closed(
    number: int,
    error: type[Exception],
    engine: sa.Engine,
    folder: DataFolder,
    clock: SimulatedClock,
    camera: Camera,
    views: Views,
) -> None:
    files = FailingOnce("write", number)
    writer = three_seconds(engine, folder, clock, camera, files)
    files.armed = True
    with pytest.raises(error, match=r"camera 'Front door' \(/.*views/1/19700101/000000-") as raised:
        writer.append(fake_fragment(3), second(4))
    assert isinstance(raised.value.__cause__, OSError)
    (segment,) = views.segments(camera.id, WallUs(0), FOREVER)
    assert (segment.state, segment.end) == (SegmentState.CLOSED, second(3))
    assert views.path(segment).read_bytes() == INIT + b"".join(fake_fragment(n) for n in range(3))
    assert check(engine, folder, deep=True) == []
    assert writer.close() == segment  # says so once


def test_after_a_failed_sync_only_what_an_earlier_one_made_sure_of_is_claimed(
    engine: sa.Engine, folder: DataFolder, clock: SimulatedClock, camera: Camera, views: Views
) -> None:
    files = FailingOnce("sync", errno.EIO)
    writer = three_seconds(engine, folder, clock, camera, files)
    clock.advance(5)
    writer.append(fake_fragment(3), second(4))  # synced
    writer.append(fake_fragment(4), second(5))
    files.armed = True
    with pytest.raises(CannotWriteError, match="Front door"):
        writer.close()
    (segment,) = views.segments(camera.id, WallUs(0), FOREVER)
    assert (segment.state, segment.end) == (SegmentState.CLOSED, second(4))
    assert check(engine, folder, deep=True) == []


def test_a_disk_that_refuses_even_the_truncation_leaves_it_to_the_next_begin(
    engine: sa.Engine, folder: DataFolder, clock: SimulatedClock, camera: Camera, views: Views
) -> None:
    class Refusing(FailingOnce):
        def _fail(self, method: str) -> None:
            if self.armed and method in {"write", "truncate"}:
                raise OSError(errno.EIO, os.strerror(errno.EIO))

    files = Refusing("write", errno.EIO)
    writer = three_seconds(engine, folder, clock, camera, files)
    files.armed = True
    with pytest.raises(CannotWriteError):
        writer.append(fake_fragment(3), second(4))
    assert writer.closed
    assert check(engine, folder, deep=True) == []  # open, and readable up to its last whole fragment
    files.armed = False
    views.begin(camera.id, "next", second(10), INIT)
    (segment,) = views.segments(camera.id, WallUs(0), FOREVER)
    assert (segment.state, segment.end) == (SegmentState.CLOSED, second(3))
    assert check(engine, folder, deep=True) == []


class FullCatalogue:
    """Makes the catalogue's disk full, as far as SQLite can tell: whatever writes may not add a page to the file."""

    def __init__(self, engine: sa.Engine) -> None:
        self.full = False
        sa.event.listen(engine, "before_cursor_execute", self._execute)

    def _execute(self, connection: sa.Connection, _cursor: object, statement: str, *_rest: object) -> None:
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {1 if self.full else 1 << 30}")
        if self.full and statement.startswith(("INSERT", "UPDATE", "DELETE")):
            cursor.execute("CREATE TABLE filler AS SELECT zeroblob(1000000)")  # SQLite itself raises SQLITE_FULL


def test_a_catalogue_that_is_full_stops_no_recording_and_loses_none(
    engine: sa.Engine, folder: DataFolder, clock: SimulatedClock, camera: Camera, views: Views
) -> None:
    catalogue = FullCatalogue(engine)
    writer = three_seconds(engine, folder, clock, camera, Files())
    catalogue.full = True
    clock.advance(5)
    writer.append(fake_fragment(3), second(4))  # the sync that should tell the catalogue: it goes on
    with pytest.raises(DiskFullError, match="catalogue"):
        writer.close()
    with pytest.raises(DiskFullError, match="catalogue"):
        views.begin(camera.id, "next", second(10), INIT)
    catalogue.full = False
    assert check(engine, folder, deep=True) == []
    views.begin(camera.id, "next", second(10), INIT)
    (segment,) = views.segments(camera.id, WallUs(0), FOREVER)
    assert (segment.state, segment.end) == (SegmentState.CLOSED, second(4))
    assert check(engine, folder, deep=True) == []


def test_a_file_whose_row_cannot_be_written_is_not_left_behind(
    engine: sa.Engine, folder: DataFolder, camera: Camera, views: Views
) -> None:
    FullCatalogue(engine).full = True
    with pytest.raises(DiskFullError):
        views.begin(camera.id, "run", second(0), INIT)
    assert [path for path in folder.views.rglob("*") if path.is_file()] == []


def test_a_camera_that_is_removed_takes_its_open_segment_with_it(
    engine: sa.Engine, folder: DataFolder, clock: SimulatedClock, camera: Camera, views: Views, cameras: Cameras
) -> None:
    writer = three_seconds(engine, folder, clock, camera, Files())
    cameras.remove(camera.id)
    clock.advance(5)
    writer.append(fake_fragment(3), second(4))  # its watcher has not heard of it yet
    assert writer.close().state is SegmentState.GARBAGE
    views.settle()
    assert check(engine, folder, deep=True) == []
    assert [path for path in folder.views.rglob("*") if path.is_file()] == []


def test_real_errors_of_a_real_device_are_understood(tmp_path: Path) -> None:
    """/dev/full refuses every write as a full disk does."""
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="space") as raised:
            FaultyFiles().write(full, b"x")
    finally:
        os.close(full)
    assert raised.value.errno == errno.ENOSPC
