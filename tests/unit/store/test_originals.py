"""Originals: sealed as they are written, readable by custodians alone, and as hard to lose as views."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.originals import opened, shares_of
from tests.unit.store.faults import FaultyFiles, KilledError, PowerCutFiles
from tests.unit.store.footage import INIT
from tests.unit.store.script import CAMERA, GENUINE, Script
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.durable import DISK, Files
from watchglass.base.errors import DiskFullError, MissingInputError, UsageError, WatchglassError
from watchglass.model.camera import Camera
from watchglass.model.record import GapCause, Segment, SegmentState
from watchglass.seal.identity import Identity
from watchglass.seal.shares import Custody
from watchglass.store import kept as kept_spans
from watchglass.store.cameras import Cameras
from watchglass.store.check import check
from watchglass.store.database import open_originals
from watchglass.store.folder import DataFolder
from watchglass.store.originals import Originals
from watchglass.store.shelf import ORIGINALS
from watchglass.store.views import Views

Opener = Callable[[DataFolder], sa.Engine]
IDENTITIES = [Identity(bytes([number]) * 96) for number in (1, 2, 3)]
CUSTODY = Custody(tuple(one.recipient for one in IDENTITIES), 2)
FOREVER = WallUs(1 << 60)


def kept(folder: DataFolder, originals: Originals) -> list[bytes]:
    """All fragments that are kept, opened."""
    found = []
    for segment in originals.segments(CAMERA, WallUs(0), FOREVER):
        init, *fragments = opened(folder, segment, IDENTITIES).content()
        assert init == INIT
        found += fragments
    return found


def script_of(originals: Originals, clock: SimulatedClock) -> Script:
    return Script(originals, lambda start: originals.begin(CAMERA, "run", start, INIT, CUSTODY), clock)


def made(folder: DataFolder, engine: sa.Engine, clock: SimulatedClock, files: Files = DISK) -> Originals:
    """Originals with a catalogue of their own; commits count as steps of `files`."""
    own = open_originals(folder)
    _OPEN.append(own)
    if isinstance(files, FaultyFiles):
        files.watch(own)
    return Originals(own, folder, clock, files, catalogue=engine)


_OPEN: list[sa.Engine] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Catalogues that a test opened."""
    yield
    while _OPEN:
        _OPEN.pop().dispose()


def steps_of_a_run(fresh: Callable[[], DataFolder], open_engine: Opener) -> list[str]:
    folder, clock, files = fresh(), SimulatedClock(), FaultyFiles()
    engine = open_engine(folder)
    script_of(made(folder, engine, clock, files), clock).run()
    files.let_go()
    return files.steps


def test_shares_come_first_when_a_segment_begins_and_go_first_when_it_is_deleted(
    fresh: Callable[[], DataFolder], open_engine: Opener
) -> None:
    steps = steps_of_a_run(fresh, open_engine)
    folders, new = ["make_folder", "sync_folder"] * 2, ["create", "write", "sync", "sync_folder"]
    begin = [*new, *new, "commit"]
    close = ["write", "sync", "sync_folder", "commit"]
    assert steps == [
        *[*folders, *new, *folders, *new, "commit"],
        *["write"] * 5,
        *["sync", "commit"],  # five seconds have gone by
        *["write"] * 2,
        *close,
        *begin,
        *["write"] * 2,
        *close,
        # Garbage; shares overwritten, unlinked, synced; then the file, and the row.
        *["commit", "overwrite", "unlink", "sync_folder", "unlink", "sync_folder", "commit"],
        *begin,
        *["write"] * 3,
    ]


STEPS = 65


def test_every_step_is_tried(fresh: Callable[[], DataFolder], open_engine: Opener) -> None:
    assert len(steps_of_a_run(fresh, open_engine)) == STEPS - 1


@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_killed_at_any_step_nothing_that_was_appended_is_lost(
    at: int, fresh: Callable[[], DataFolder], open_engine: Opener
) -> None:
    folder, clock, files = fresh(), SimulatedClock(), FaultyFiles(at)
    engine = open_engine(folder)
    originals = made(folder, engine, clock, files)
    script = script_of(originals, clock)
    with contextlib.suppress(KilledError):
        script.run()
    files.let_go()
    found = _restarted(folder, open_engine, clock)
    assert [data for data in script.appended if data not in found and data not in script.deleting] == []


@pytest.mark.parametrize("tail", ["lost", "holes"])
@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_after_a_power_cut_at_any_step_what_was_synced_is_there(
    at: int, tail: str, fresh: Callable[[], DataFolder], open_engine: Opener
) -> None:
    folder, clock, files = fresh(), SimulatedClock(), PowerCutFiles(at)
    engine = open_engine(folder)
    originals = made(folder, engine, clock, files)
    script = script_of(originals, clock)
    with contextlib.suppress(KilledError):
        script.run()
    files.cut(tail)
    found = _restarted(folder, open_engine, clock)
    assert [data for data in script.synced if data not in found and data not in script.deleting] == []


@pytest.mark.parametrize("fault", ["full", "error"])
@pytest.mark.parametrize("at", range(1, STEPS))
def test_a_disk_that_refuses_at_any_step_costs_nothing_that_is_whole(
    at: int, fault: str, fresh: Callable[[], DataFolder], open_engine: Opener
) -> None:
    folder, clock, files = fresh(), SimulatedClock(), FaultyFiles(at, fault)
    engine = open_engine(folder)
    originals = made(folder, engine, clock, files)
    script = script_of(originals, clock)
    with contextlib.suppress(WatchglassError):
        script.run()
    problems = check(engine, folder, deep=True)
    assert [problem for problem in problems if "belongs to no" not in problem and "opens no" not in problem] == []
    files.mend()
    assert script_of(originals, clock).record(range(20, 22), close=True) is not None  # without a restart
    files.let_go()
    found = _restarted(folder, open_engine, clock)
    assert [data for data in script.synced if data not in found and data not in script.deleting] == []


def _restarted(folder: DataFolder, open_engine: Opener, clock: SimulatedClock) -> list[bytes]:
    """A new process: after its recovery all invariants hold, nothing is open, and all that is kept can be opened."""
    engine = open_engine(folder)
    originals = made(folder, engine, clock)
    assert kept_spans.renew(_OPEN[-1], ORIGINALS) == []  # they fit at every moment, not only after recovery
    originals.recover()
    assert kept_spans.renew(_OPEN[-1], ORIGINALS) == []
    assert check(engine, folder, deep=True) == []
    segments = originals.segments(CAMERA, WallUs(0), FOREVER)
    assert {segment.state for segment in segments} <= {SegmentState.CLOSED}
    found = kept(folder, originals)
    assert all(fragment in GENUINE for fragment in found)
    originals.recover()
    assert originals.segments(CAMERA, WallUs(0), FOREVER) == segments
    return found


@pytest.fixture
def originals(engine: sa.Engine, folder: DataFolder, clock: SimulatedClock) -> Originals:
    return made(folder, engine, clock)


def record(originals: Originals, clock: SimulatedClock, seconds: range = range(3)) -> Segment:
    segment = script_of(originals, clock).record(seconds, close=True)
    assert segment is not None
    return segment


class TestContent:
    def test_is_what_was_written_for_any_two_custodians(
        self, folder: DataFolder, originals: Originals, clock: SimulatedClock
    ) -> None:
        segment = record(originals, clock)
        for who in ((0, 1), (2, 0), (1, 2)):
            found = opened(folder, segment, [IDENTITIES[number] for number in who])
            assert list(found.content()) == [INIT, *GENUINE[:3]]
            assert not found.ended_early

    def test_is_nowhere_in_the_clear(self, folder: DataFolder, originals: Originals, clock: SimulatedClock) -> None:
        record(originals, clock)
        files = [path for path in folder.root.rglob("*") if path.is_file()]
        assert len(files) > 3
        for path in files:
            content = path.read_bytes()
            assert not any(GENUINE[0][at : at + 64] in content for at in range(0, len(GENUINE[0]) - 64, 64)), path

    def test_has_a_key_of_its_own(self, folder: DataFolder, originals: Originals, clock: SimulatedClock) -> None:
        one, other = record(originals, clock), record(originals, clock)
        shares_of(folder, other).write_bytes(shares_of(folder, one).read_bytes())
        with pytest.raises(WatchglassError, match="key does not open"):
            opened(folder, other, IDENTITIES)

    def test_of_one_that_was_killed_ended_early(
        self, folder: DataFolder, engine: sa.Engine, clock: SimulatedClock
    ) -> None:
        files = FaultyFiles()
        script_of(made(folder, engine, clock, files), clock).record(range(2), close=False)
        files.let_go()
        again = made(folder, engine, clock)
        again.recover()
        (segment,) = again.segments(CAMERA, WallUs(0), FOREVER)
        found = opened(folder, segment, IDENTITIES)
        assert found.ended_early
        assert list(found.content()) == [INIT, *GENUINE[:2]]
        assert segment.end - segment.start == 2 * MICROSECONDS  # exactly: chunks say until when they last


class TestDeletion:
    def test_leaves_nothing(self, folder: DataFolder, originals: Originals, clock: SimulatedClock) -> None:
        originals.delete([record(originals, clock)])
        assert not [path for top in (folder.originals, folder.shares) for path in top.rglob("*") if path.is_file()]

    def test_overwrites_shares_before_it_unlinks_them(
        self, folder: DataFolder, engine: sa.Engine, clock: SimulatedClock
    ) -> None:
        """Another name of the same file shows what was in it."""
        originals = made(folder, engine, clock)
        segment = record(originals, clock)
        other = folder.root / "other-name"
        other.hardlink_to(shares_of(folder, segment))
        assert any(other.read_bytes())
        originals.delete([segment])
        assert not any(other.read_bytes())

    def test_goes_on_though_shares_cannot_be_overwritten(
        self, folder: DataFolder, engine: sa.Engine, clock: SimulatedClock
    ) -> None:
        class Worn(Files):
            def overwrite(self, path: Path) -> None:
                raise OSError(5, "Input/output error")

        originals = made(folder, engine, clock, Worn())
        segment = record(originals, clock)
        originals.delete([segment])
        assert not shares_of(folder, segment).exists()
        assert not (folder.root / segment.path).exists()

    def test_goes_on_though_the_file_is_stuck(
        self, folder: DataFolder, originals: Originals, clock: SimulatedClock
    ) -> None:
        """Shares are gone even if the file can't be unlinked: it is noise then."""
        segment = record(originals, clock)
        path = folder.root / segment.path
        path.unlink()
        path.mkdir()
        with pytest.raises(WatchglassError, match="Cannot delete"):
            originals.delete([segment])
        assert not shares_of(folder, segment).exists()

    def test_of_a_camera_takes_its_originals_along(
        self, folder: DataFolder, originals: Originals, cameras: Cameras, clock: SimulatedClock
    ) -> None:
        segment = record(originals, clock)
        originals.open_gap(CAMERA, clock.wall_us(), GapCause.CAMERA)
        cameras.remove(CAMERA)
        originals.settle()
        assert originals.gaps(CAMERA, WallUs(0), FOREVER) == []
        assert not (folder.root / segment.path).exists()
        assert not shares_of(folder, segment).exists()


class TestCheck:
    def problems(self, folder: DataFolder, engine: sa.Engine, *, deep: bool = False) -> list[str]:
        return [problem.split(") ", 1)[-1] for problem in check(engine, folder, deep=deep)]

    def test_is_content_with_what_is_whole(
        self, folder: DataFolder, engine: sa.Engine, originals: Originals, clock: SimulatedClock
    ) -> None:
        record(originals, clock)
        script_of(originals, clock).record(range(3), close=False)
        assert self.problems(folder, engine, deep=True) == []

    def test_finds_shares_that_are_gone(
        self, folder: DataFolder, engine: sa.Engine, originals: Originals, clock: SimulatedClock
    ) -> None:
        shares_of(folder, record(originals, clock)).unlink()
        assert self.problems(folder, engine) == ["has no shares: nobody can open it."]

    def test_finds_shares_that_are_damaged(
        self, folder: DataFolder, engine: sa.Engine, originals: Originals, clock: SimulatedClock
    ) -> None:
        path = shares_of(folder, record(originals, clock))
        path.write_bytes(path.read_bytes()[:-1])
        (problem,) = self.problems(folder, engine)
        assert problem == "has shares that are of no use: This file of shares is damaged, or was cut short."

    def test_finds_shares_that_were_swapped(
        self, folder: DataFolder, engine: sa.Engine, originals: Originals, clock: SimulatedClock
    ) -> None:
        one, other = record(originals, clock), record(originals, clock)
        shares_of(folder, one).write_bytes(shares_of(folder, other).read_bytes())
        assert self.problems(folder, engine) == ["has the shares of another segment: nobody can open it."]

    @pytest.mark.parametrize("place", [0, 70, 130, 20_000, -1])
    def test_finds_every_changed_byte(
        self, place: int, folder: DataFolder, engine: sa.Engine, originals: Originals, clock: SimulatedClock
    ) -> None:
        path = folder.root / record(originals, clock).path
        content = bytearray(path.read_bytes())
        content[place] ^= 1
        path.write_bytes(content)
        assert len(self.problems(folder, engine, deep=True)) == 1

    def test_names_a_segment_whose_header_is_damaged(
        self, folder: DataFolder, engine: sa.Engine, originals: Originals, clock: SimulatedClock
    ) -> None:
        path = folder.root / record(originals, clock).path
        content = bytearray(path.read_bytes())
        content[70] ^= 1
        path.write_bytes(content)
        (problem,) = check(engine, folder)
        assert path.name in problem
        assert "cannot be opened by anybody: This sealed segment is damaged at its beginning." in problem


class TestRecovery:
    def test_takes_in_a_file_that_lost_its_row(
        self, folder: DataFolder, engine: sa.Engine, originals: Originals, clock: SimulatedClock
    ) -> None:
        """Its header says when it began, to the microsecond."""
        clock.advance(0.123456)
        segment = record(originals, clock)
        with _OPEN[-1].begin() as connection:
            connection.execute(sa.text("DELETE FROM originals"))
        originals.recover()
        (found,) = originals.segments(CAMERA, WallUs(0), FOREVER)
        assert (found.start, found.end, found.path) == (segment.start, segment.end, segment.path)
        assert list(opened(folder, found, IDENTITIES).content()) == [INIT, *GENUINE[:3]]

    def test_keeps_what_opens_a_file_that_is_elsewhere(
        self, folder: DataFolder, originals: Originals, clock: SimulatedClock
    ) -> None:
        """The disk of originals is not mounted: an empty folder is there instead."""
        closed = record(originals, clock)
        script_of(originals, clock).record(range(3), close=False)
        folder.originals.rename(folder.root.parent / "unmounted")
        DataFolder.open(folder.root)
        originals.recover()
        originals.settle()
        assert shares_of(folder, closed).exists()
        assert len(list(folder.shares.rglob("*.shares"))) == 2
        folder.originals.rmdir()
        (folder.root.parent / "unmounted").rename(folder.originals)
        assert list(opened(folder, closed, IDENTITIES).content()) == [INIT, *GENUINE[:3]]

    def test_keeps_what_an_older_catalogue_knows_nothing_of(
        self, folder: DataFolder, engine: sa.Engine, originals: Originals, clock: SimulatedClock
    ) -> None:
        """A backup of the list of cameras was put back, from before this one was added."""
        segment = record(originals, clock)
        with engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM cameras"))
        originals.recover()
        originals.settle()
        assert list(opened(folder, segment, IDENTITIES).content()) == [INIT, *GENUINE[:3]]

    @pytest.mark.parametrize("place", [9, 70, 110])
    def test_leaves_what_it_cannot_make_sense_of(
        self, place: int, folder: DataFolder, originals: Originals, clock: SimulatedClock
    ) -> None:
        """A newer version, a damaged header, a damaged first chunk; the catalogue knows nothing of the file."""
        segment = record(originals, clock)
        path = folder.root / segment.path
        content = bytearray(path.read_bytes())
        content[place] ^= 3
        path.write_bytes(content)
        with _OPEN[-1].begin() as connection:
            connection.execute(sa.text("DELETE FROM originals"))
        originals.recover()
        assert path.read_bytes() == content
        assert shares_of(folder, segment).exists()

    def test_removes_shares_of_what_never_was(
        self, folder: DataFolder, engine: sa.Engine, originals: Originals, clock: SimulatedClock
    ) -> None:
        lost = shares_of(folder, record(originals, clock)).with_name("000000-00000000.shares")
        lost.write_bytes(b"made for nothing")
        assert check(engine, folder) == [f"File {lost.relative_to(folder.root)} opens no segment."]
        originals.recover()
        assert not lost.exists()
        assert check(engine, folder) == []

    def test_does_not_mix_up_views_and_originals(
        self, folder: DataFolder, engine: sa.Engine, originals: Originals, clock: SimulatedClock, camera: Camera
    ) -> None:
        views = Views(engine, folder, clock)
        original = record(originals, clock)
        writer = views.begin(camera.id, "run", WallUs(0), INIT)
        writer.append(GENUINE[0], WallUs(MICROSECONDS))
        view = writer.close()
        views.recover()
        originals.recover()
        assert views.segments(CAMERA, WallUs(0), FOREVER) == [view]
        assert originals.segments(CAMERA, WallUs(0), FOREVER) == [original]
        assert (views.kept_bytes(), originals.kept_bytes()) == (view.size, original.size)


def test_nothing_but_fragments_gets_in(originals: Originals, clock: SimulatedClock) -> None:
    writer = originals.begin(CAMERA, "run", clock.wall_us(), INIT, CUSTODY)
    with pytest.raises(ValueError, match="0 bytes"):
        writer.append(b"", clock.wall_us())
    with pytest.raises(UsageError, match="not whole fragments"):
        writer._writer.append(b"not a chunk", clock.wall_us())


def test_a_camera_that_is_gone_is_said_to_be(originals: Originals, folder: DataFolder, cameras: Cameras) -> None:
    cameras.remove(CAMERA)
    with pytest.raises(MissingInputError, match="no camera"):
        originals.begin(CAMERA, "run", WallUs(0), INIT, CUSTODY)
    assert not [path for path in folder.shares.rglob("*") if path.is_file()]


def test_a_full_disk_names_the_original(engine: sa.Engine, folder: DataFolder, clock: SimulatedClock) -> None:
    originals = made(folder, engine, clock, FaultyFiles(1, "full"))
    with pytest.raises(DiskFullError, match=r"the original of camera 'Front door'"):
        originals.begin(CAMERA, "run", WallUs(0), INIT, CUSTODY)
