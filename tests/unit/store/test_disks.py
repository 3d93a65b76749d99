"""Further disks: folders of a test stand in for them. Pulled out is renamed away."""

import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.originals import opened, shares_of
from tests.unit.store.footage import INIT, fake_fragment
from tests.unit.store.test_originals import CUSTODY, IDENTITIES
from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.errors import CannotWriteError
from watchglass.model.record import Actor, Deletion, Segment, SegmentState, Through
from watchglass.store import check as check_module
from watchglass.store import disks, retention
from watchglass.store.cameras import Cameras
from watchglass.store.check import Proof, check
from watchglass.store.database import open_database, open_originals
from watchglass.store.disks import MARK, NAME_LENGTH, PREFIX, DiskAwayError, Disks, DiskState
from watchglass.store.folder import DataFolder
from watchglass.store.forecast import Forecast
from watchglass.store.holds import Holds
from watchglass.store.originals import Originals
from watchglass.store.retention import Retention, RetentionOptions
from watchglass.store.room import Room
from watchglass.store.views import Views

EVER = WallUs(1 << 60)
FLOOR = 1 << 20
START = 1_800_000_000
ANNA = Actor("anna", Through.CONSOLE)


def at(second: float) -> WallUs:
    return WallUs(round((START + second) * MICROSECONDS))


class Site:
    """A data folder with a camera, and folders that stand in for further disks. `free` is what is free on each."""

    def __init__(self, folder: DataFolder, places: list[Path], clock: SimulatedClock) -> None:
        self.root, self.places, self.clock = folder.root, places, clock
        self.free = {folder.root: 10 * FLOOR, **dict.fromkeys(places, 20 * FLOOR)}
        self.fixed: set[Path] = set()  # disks on which deleting frees nothing
        self.engines: list[sa.Engine] = []
        self.start()

    def start(self, places: list[Path] | None = None, files: durable.Files = durable.DISK) -> None:
        """Start watchglass (again)."""
        self.stop()
        named = self.places if places is None else places
        self.folder = DataFolder.open(self.root)
        self.folder.disks = Disks(self.root, self.folder.uuid, named, FLOOR, self.free_on)
        self.folder.disks.renew()
        engine, sealed = open_database(self.folder), open_originals(self.folder)
        self.engines = [engine, sealed]
        self.engine, self.room = engine, Room(engine)
        self.views = Views(engine, self.folder, self.clock, files)
        self.originals = Originals(sealed, self.folder, self.clock, files, catalogue=engine)
        self.cameras = Cameras(engine, self.folder, clock=self.clock)
        self.camera = self.cameras.find("Front door").id
        options = RetentionOptions(min_free_bytes=FLOOR, free_space=self.free_on)
        self.retention = Retention(
            self.views, self.cameras, self.folder, self.clock, options, originals=self.originals, room=self.room
        )

    def stop(self) -> None:
        while self.engines:
            self.engines.pop().dispose()

    def free_on(self, place: Path) -> int:
        """`free` less what is kept there."""
        files = [path for part in ("views", "originals") for path in (place / part).rglob("*.*")]
        return self.free[place] - sum(path.stat().st_size for path in files)

    def record(self, second: float = 0, seconds: int = 1) -> Segment:
        writer = self.views.begin(self.camera, "run", at(second), INIT)
        for number in range(seconds):
            writer.append(fake_fragment(number), at(second + number + 1))
        return writer.close()

    def seal(self, second: float = 0) -> Segment:
        writer = self.originals.begin(self.camera, "run", at(second), INIT, CUSTODY)
        writer.append(fake_fragment(0), at(second + 1))
        return writer.close()

    def place_of(self, segment: Segment) -> Path:
        """Which disk a segment's file really lies on."""
        inside = (
            segment.path.removeprefix(segment.path[:NAME_LENGTH] + "/")
            if segment.path.startswith(PREFIX)
            else segment.path
        )
        (place,) = [place for place in self.free if (place / inside).exists()]
        return place

    def kept(self) -> list[Segment]:
        return self.views.segments(self.camera, WallUs(0), EVER)

    def state(self, segment: Segment) -> SegmentState | None:
        """As the catalogue has it; None if it has none."""
        table = self.views.shelf.segments
        with self.engine.connect() as connection:
            state = connection.execute(sa.select(table.c.state).where(table.c.id == segment.id)).scalar()
        return None if state is None else SegmentState(state)

    def problems(self) -> list[str]:
        return check(self.engine, self.folder, deep=True)


@pytest.fixture
def empty(tmp_path: Path) -> list[Path]:
    """Two new disks."""
    places = [tmp_path / "b", tmp_path / "c"]
    for place in places:
        (place / "lost+found").mkdir(parents=True)
    return places


@pytest.fixture
def make(folder: DataFolder, clock: SimulatedClock, request: pytest.FixtureRequest) -> Callable[[list[Path]], Site]:
    def made(places: list[Path]) -> Site:
        site = Site(folder, places, clock)
        request.addfinalizer(site.stop)
        return site

    return made


@pytest.fixture
def site(make: Callable[[list[Path]], Site], empty: list[Path]) -> Site:
    """One with one further disk, on which there is more room."""
    return make(empty[:1])


def pull(place: Path) -> Path:
    """Take a disk out: its folder is empty, as a mount point is then. Where it is now."""
    away = place.with_name(f"{place.name}-away")
    place.rename(away)
    place.mkdir()
    return away


def put_back(away: Path, place: Path) -> None:
    place.rmdir()
    away.rename(place)


def content(site: Site, segment: Segment) -> bytes:
    with site.folder.disks.open(segment.path) as file:
        return file.read()


def states(site: Site) -> list[DiskState]:
    return [disk.state for disk in site.folder.disks.look()[1:]]


class TestWithoutDisks:
    def test_nothing_changes(self, make: Callable[[list[Path]], Site], monkeypatch: pytest.MonkeyPatch) -> None:
        site = make([])
        monkeypatch.setattr(Disks, "_book", lambda _self: pytest.fail("asked for disks"))
        monkeypatch.setattr(site, "free_on", lambda _place: pytest.fail("asked for free space"))
        segment, original = site.record(), site.seal()
        assert segment.path.startswith(f"views/{site.camera}/")
        assert original.path.startswith(f"originals/{site.camera}/")
        assert not site.folder.disks.used
        assert not (site.root / "disks.json").exists()
        assert site.views._lying() == []
        assert site.problems() == []


class TestTakingIn:
    def test_an_empty_folder_becomes_a_disk(self, site: Site, empty: list[Path]) -> None:
        place = empty[0]
        mark = json.loads((place / MARK).read_bytes())
        assert mark == {"format": 1, "uuid": str(uuid.UUID(mark["uuid"])), "data_folder": site.folder.uuid}
        for path in (place, place / "views", place / "originals"):
            assert path.stat().st_mode & 0o777 == 0o700
        assert {path.name for path in place.iterdir()} == {MARK, "views", "originals", "lost+found"}
        before = (place / MARK).read_bytes()
        site.start()
        assert (place / MARK).read_bytes() == before

    def test_one_whose_taking_in_was_cut_short_is_taken_in(
        self, make: Callable[[list[Path]], Site], empty: list[Path]
    ) -> None:
        (empty[0] / "views").mkdir()
        (empty[0] / f".{MARK}.1{durable.PARTIAL}").touch()
        assert states(make(empty[:1])) == [DiskState.OK]

    def test_one_that_comes_later_needs_no_restart(self, make: Callable[[list[Path]], Site], tmp_path: Path) -> None:
        site = make([tmp_path / "later"])
        assert states(site) == [DiskState.MISSING]
        assert not (tmp_path / "later").exists()  # a folder that we made would be on the wrong disk
        (tmp_path / "later").mkdir()
        site.free[tmp_path / "later"] = 20 * FLOOR
        site.retention.run()
        assert states(site) == [DiskState.OK]
        assert site.place_of(site.record()) == tmp_path / "later"

    def test_only_whoever_owns_the_folder_takes_it_in(
        self, make: Callable[[list[Path]], Site], empty: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: empty[0].stat().st_uid + 1)
        site = make(empty[:1])
        assert states(site) == [DiskState.MISSING]
        assert "must belong to the user" in site.problems()[0]
        assert [path.name for path in empty[0].iterdir()] == ["lost+found"]

    def test_one_that_cannot_be_written_keeps_no_other_from_being_taken_in(
        self, make: Callable[[list[Path]], Site], empty: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_folder = durable.Files.make_folder

        def refused(self: durable.Files, path: Path, mode: int = 0o700) -> None:
            if path.is_relative_to(empty[0]):
                raise OSError(5, "Input/output error")
            make_folder(self, path, mode)

        monkeypatch.setattr(durable.Files, "make_folder", refused)
        assert states(make(empty)) == [DiskState.MISSING, DiskState.OK]

    def test_a_copy_is_refused(self, site: Site, empty: list[Path]) -> None:
        (empty[1] / MARK).write_bytes((empty[0] / MARK).read_bytes())
        for part in disks.PARTS:
            (empty[1] / part).mkdir()
        site.start(empty)
        assert states(site) == [DiskState.OK, DiskState.FOREIGN]
        assert "is a copy of" in site.folder.disks.further[1].why

    @pytest.mark.parametrize(
        ("mark", "words"),
        [
            (None, "holds other things"),
            (b"{", "damaged"),
            (b"[]", "damaged"),
            (b'{"format": 1e999, "uuid": "%(a)s", "data_folder": "%(a)s"}', "damaged"),
            (b"[" * 4000, "damaged"),
            (b" " * 5000 + b"{}", "damaged"),
            (b'{"format": 9, "uuid": "%(a)s", "data_folder": "%(a)s"}', "newer watchglass"),
            (b'{"format": 1, "uuid": "%(a)s", "data_folder": "%(a)s"}', "another recorder"),
        ],
    )
    def test_what_is_not_ours_is_left_alone(
        self, make: Callable[[list[Path]], Site], empty: list[Path], mark: bytes | None, words: str
    ) -> None:
        foreign = empty[0]
        (foreign / "holiday.jpg").write_bytes(b"x")
        if mark is not None:
            (foreign / MARK).write_bytes(mark.replace(b"%(a)s", str(uuid.uuid4()).encode()))
        before = {path.name: path.stat().st_mtime_ns for path in foreign.iterdir()}
        site = make(empty)
        assert states(site) == [DiskState.FOREIGN, DiskState.OK]
        segment = site.record()
        assert site.place_of(segment) == empty[1]  # the others go on
        site.retention.run()
        assert {path.name: path.stat().st_mtime_ns for path in foreign.iterdir()} == before
        (problem,) = site.problems()
        assert words in problem
        assert str(foreign) in problem

    def test_a_disk_without_its_folders_is_left_alone(self, site: Site, empty: list[Path], tmp_path: Path) -> None:
        (empty[0] / "views").rmdir()
        assert states(site) == [DiskState.FOREIGN]
        (empty[0] / "views").symlink_to(tmp_path)  # somebody would have the sweep look there
        assert states(site) == [DiskState.FOREIGN]
        assert "not views and originals" in site.folder.disks.further[0].why


class TestWhereASegmentBegins:
    def test_where_most_is_free(self, site: Site, empty: list[Path]) -> None:
        view, original = site.record(), site.seal()
        assert site.place_of(view) == site.place_of(original) == empty[0]
        name = f"{PREFIX}{json.loads((empty[0] / MARK).read_bytes())['uuid'].replace('-', '')[:12]}"
        assert view.path.startswith(f"{name}/views/{site.camera}/")
        assert original.path.startswith(f"{name}/originals/{site.camera}/")
        assert len(original.path) <= 128
        assert site.views.path(view) == empty[0] / view.path.removeprefix(f"{name}/")
        assert site.problems() == []

    def test_what_opens_an_original_stays_in_the_data_folder(self, site: Site, empty: list[Path]) -> None:
        original = site.seal()
        shares = site.originals.shelf.shares_of(site.folder, site.originals.path(original))
        assert shares is not None
        assert shares.is_relative_to(site.folder.shares)
        assert shares.exists()
        assert not list(empty[0].rglob("*.shares"))
        site.originals.sweep()
        assert shares.exists()
        assert opened(site.folder, original, IDENTITIES[:2]) is not None

    def test_a_camera_stays_unless_another_disk_has_twice_as_much_room(self, site: Site, empty: list[Path]) -> None:
        assert site.place_of(site.record(0)) == empty[0]
        site.free[site.root] = 38 * FLOOR
        assert site.place_of(site.record(1)) == empty[0]
        site.free[site.root] = 45 * FLOOR
        assert site.place_of(site.record(2)) == site.root
        site.free[empty[0]] = 60 * FLOOR
        assert site.place_of(site.record(3)) == site.root

    def test_where_all_are_full_the_oldest_goes_next(self, site: Site, empty: list[Path]) -> None:
        site.free = {site.root: 10 * FLOOR, empty[0]: 3 * FLOOR // 2}
        site.record(0)  # in the data folder
        site.free = {site.root: 3 * FLOOR // 2, empty[0]: 10 * FLOOR}
        site.record(7200)  # on the other disk
        site.free = {site.root: 3 * FLOOR // 2, empty[0]: 19 * FLOOR // 10}
        assert site.place_of(site.record(7300)) == site.root  # though the other has more room, and was used last

    def test_one_on_which_nothing_more_can_be_deleted_comes_last(self, site: Site, empty: list[Path]) -> None:
        site.free = {site.root: FLOOR, empty[0]: FLOOR // 2}
        site.record(0)
        assert [disk.root for disk in site.folder.disks.for_new("", lambda _disk: WallUs(0))] == [site.root, empty[0]]

    def test_one_that_refuses_is_passed_over(self, site: Site, empty: list[Path]) -> None:
        class Broken(durable.Files):
            def create(self, path: Path, mode: int = 0o600) -> int:
                if path.is_relative_to(empty[0]):
                    raise OSError(5, "Input/output error")
                return super().create(path, mode)

        site.start(files=Broken())
        assert site.place_of(site.record()) == site.root
        original = site.seal()
        assert site.place_of(original) == site.root
        assert list(site.folder.shares.rglob("*.shares")) == [shares_of(site.folder, original)]

    def test_if_all_refuse_the_first_says_why(self, site: Site, empty: list[Path]) -> None:
        class Broken(durable.Files):
            def create(self, path: Path, mode: int = 0o600) -> int:
                raise OSError(5, "Input/output error")

        site.start(files=Broken())
        with pytest.raises(CannotWriteError, match=f"'Front door'.*{empty[0]}.*Input/output error"):
            site.record()


class TestMissing:
    def test_pulled_out_and_put_back(self, site: Site, empty: list[Path]) -> None:
        there, sealed = site.record(0), site.seal(0)
        site.free[site.root] = 60 * FLOOR
        here = site.record(10)
        before = site.views.kept(site.camera, WallUs(0), EVER)
        away = pull(empty[0])

        assert site.place_of(site.record(20)) == site.root  # recording goes on
        assert site.views.kept(site.camera, WallUs(0), EVER)[:2] == before
        with pytest.raises(DiskAwayError, match=f"The disk {empty[0]} is missing"):
            site.folder.disks.open(there.path)
        (problem,) = site.problems()
        assert problem.startswith(f"The disk {empty[0]} is missing")
        assert problem.endswith("2 segments on it could not be looked at.")

        site.views.recover()
        site.originals.recover()
        assert site.state(here) is SegmentState.CLOSED
        assert site.state(there) is SegmentState.CLOSED
        assert any(site.folder.shares.rglob("*.shares"))
        assert not list(empty[0].iterdir())

        put_back(away, empty[0])
        assert content(site, there).startswith(INIT)
        assert opened(site.folder, sealed, IDENTITIES[:2]) is not None
        assert site.problems() == []

    def test_what_comes_of_age_meanwhile_can_be_opened_by_nobody(self, site: Site, empty: list[Path]) -> None:
        there, sealed = site.record(0), site.seal(0)
        away = pull(empty[0])
        site.clock.advance(400 * 24 * 3600)
        site.retention.run()
        assert site.kept() == []
        assert not list(site.folder.shares.rglob("*.shares"))
        assert site.state(there) is SegmentState.GARBAGE  # until its file can go
        site.retention.run()  # not said again, and no fault

        put_back(away, empty[0])
        with pytest.raises(FileNotFoundError):  # its shares
            opened(site.folder, sealed, IDENTITIES[:2])
        site.retention.run()
        assert site.state(there) is None
        assert not [*empty[0].rglob("*.mp4"), *empty[0].rglob("*.sealed")]
        assert site.problems() == []

    def test_missing_at_the_start(self, site: Site, empty: list[Path]) -> None:
        there = site.record()
        away = pull(empty[0])
        site.start()
        assert states(site) == [DiskState.MISSING]
        site.views.recover()
        assert site.state(there) is SegmentState.CLOSED
        assert not (empty[0] / MARK).exists()  # an empty folder where a disk was is no new disk
        (problem,) = site.problems()
        assert problem.startswith(f"The disk {empty[0]} is missing")
        put_back(away, empty[0])
        site.retention.run()
        assert site.place_of(site.record(10)) == empty[0]
        assert site.kept()[0].id == there.id
        assert site.problems() == []

    def test_an_empty_disk_that_is_mounted_in_its_place_is_a_new_one(
        self, site: Site, empty: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there = site.record()
        pull(empty[0])
        monkeypatch.setattr(os.path, "ismount", lambda place: place == empty[0])
        site.retention.run()
        assert states(site) == [DiskState.OK]
        other = site.record(10)
        assert site.place_of(other) == empty[0]
        assert other.path[:NAME_LENGTH] != there.path[:NAME_LENGTH]
        (problem,) = site.problems()
        assert problem.startswith(f"The disk {there.path[:NAME_LENGTH]} was last seen at {empty[0]}, and is missing")

    def test_put_back_in_another_place(self, site: Site, empty: list[Path], tmp_path: Path) -> None:
        there = site.record()
        empty[0].rename(tmp_path / "elsewhere")
        site.free[tmp_path / "elsewhere"] = 20 * FLOOR
        site.start([tmp_path / "elsewhere"])
        assert site.views.path(there).is_relative_to(tmp_path / "elsewhere")
        assert site.problems() == []

    def test_one_that_is_not_named_any_more(self, site: Site) -> None:
        there = site.record()
        site.start([])
        (problem,) = site.problems()
        assert "name its folder under disks in watchglass.toml" in problem
        site.retention.run()
        assert site.state(there) is SegmentState.CLOSED

    def test_an_open_segment_waits_for_its_disk(self, site: Site, empty: list[Path]) -> None:
        writer = site.views.begin(site.camera, "run", at(0), INIT)
        writer.append(fake_fragment(0), at(1))
        away = pull(empty[0])
        writer._release()  # its process is killed
        site.record(10)
        assert site.state(writer.segment) is SegmentState.OPEN
        put_back(away, empty[0])
        site.record(20)
        assert site.state(writer.segment) is SegmentState.CLOSED
        assert site.kept()[0].end == at(1)
        assert site.problems() == []

    def test_an_open_segment_whose_file_alone_is_gone_is_lost(self, site: Site) -> None:
        writer = site.views.begin(site.camera, "run", at(0), INIT)
        site.views.path(writer.segment).unlink()
        writer._release()
        site.views.close_left()
        assert site.state(writer.segment) is SegmentState.GARBAGE

    def test_what_was_deleted_meanwhile_is_not_taken_in_again(self, site: Site, empty: list[Path]) -> None:
        there, sealed = site.record(), site.seal()
        away = pull(empty[0])
        site.views.delete([there], Deletion.ASKED)
        site.originals.delete([sealed], Deletion.ASKED)
        assert site.kept() == []
        assert not list(site.folder.shares.rglob("*.shares"))  # noise from now on, wherever the disk is
        assert site.state(there) is SegmentState.GARBAGE
        put_back(away, empty[0])
        site.start()
        site.views.recover()
        assert site.kept() == []
        site.retention.run()
        assert not [*empty[0].rglob("*.mp4"), *empty[0].rglob("*.sealed")]
        assert site.problems() == []

    def test_one_that_goes_while_files_are_deleted(
        self, site: Site, empty: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there = site.record()
        unlink = durable.Files.unlink

        def pulled(self: durable.Files, path: Path) -> None:
            if path.is_relative_to(empty[0]):
                pull(empty[0])
            unlink(self, path)

        monkeypatch.setattr(durable.Files, "unlink", pulled)
        site.views.delete([there], Deletion.ASKED)
        assert site.state(there) is SegmentState.GARBAGE

    def test_shares_of_what_may_be_on_it_stay(self, site: Site, empty: list[Path]) -> None:
        original = site.seal()
        with site.engines[1].begin() as connection:  # as after an older catalogue was put back
            connection.execute(sa.delete(site.originals.shelf.segments))
        away = pull(empty[0])
        site.originals.sweep()
        assert any(site.folder.shares.rglob("*.shares"))
        put_back(away, empty[0])
        site.start()
        site.originals.sweep()
        (again,) = site.originals.segments(site.camera, WallUs(0), EVER)
        assert again.path == original.path
        assert opened(site.folder, again, IDENTITIES[:2]) is not None

    def test_a_hold_on_it_is_not_broken(self, site: Site, empty: list[Path]) -> None:
        site.record()
        Holds(site.engine, site.folder, site.clock).add(None, at(0), at(9), "Case", EVER, ANNA)
        away = pull(empty[0])
        (problem,) = Proof(site.engine, site.folder).problems()
        assert problem.endswith("1 segment on it could not be looked at.")
        put_back(away, empty[0])
        assert list(Proof(site.engine, site.folder).problems()) == []

    def test_one_that_goes_while_it_is_checked(
        self, site: Site, empty: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site.record()
        size_fault = check_module._size_fault

        def pulled(path: Path, segment: Segment) -> object:
            pull(empty[0])
            return size_fault(path, segment)

        monkeypatch.setattr(check_module, "_size_fault", pulled)
        (problem,) = site.problems()
        assert problem.startswith(f"The disk {empty[0]} is missing")
        assert problem.endswith("1 segment on it could not be looked at.")

    def test_a_limit_of_size_is_for_what_is_there(self, site: Site, empty: list[Path]) -> None:
        size = site.record().size
        pull(empty[0])
        site.record(10)
        site.folder.disks.look()
        assert (site.views.kept_bytes(), site.views.kept_bytes(there=True)) == (2 * size, size)


def test_a_link_on_a_disk_leads_nowhere(site: Site) -> None:
    """Somebody had the disk, and would like to see what is in the data folder."""
    segment = site.record()
    place = site.views.path(segment)
    place.unlink()
    place.symlink_to(site.root / "folder.json")
    with pytest.raises(FileNotFoundError):
        site.folder.disks.open(segment.path)
    place.unlink()
    place.parent.rmdir()
    place.parent.symlink_to(site.folder.secrets)
    (site.folder.secrets / place.name).write_bytes(b"secret")
    with pytest.raises(FileNotFoundError):
        site.folder.disks.open(segment.path)


def test_a_file_that_lost_its_row_is_taken_in_on_its_disk(site: Site, empty: list[Path]) -> None:
    segment = site.record()
    with site.engine.begin() as connection:
        connection.execute(sa.delete(site.views.shelf.segments))
    (problem, *_) = site.problems()
    assert problem == f"File {segment.path} belongs to no segment."
    site.views.sweep()
    (again,) = site.kept()
    assert again.path == segment.path
    (empty[0] / "views" / "stray.mp4").write_bytes(b"x")
    site.views.sweep()
    assert not (empty[0] / "views" / "stray.mp4").exists()


class TestReadOnly:
    @pytest.fixture(autouse=True)
    def _read_only(self, monkeypatch: pytest.MonkeyPatch, site: Site, empty: list[Path]) -> None:
        self.there = site.record()
        monkeypatch.setattr(disks, "_is_read_only", lambda place: place == empty[0])

    def test_it_is_read_and_nothing_begins_there(self, site: Site) -> None:
        assert states(site) == [DiskState.READ_ONLY]
        assert site.place_of(site.record(10)) == site.root
        assert content(site, self.there).startswith(INIT)
        (problem,) = site.problems()
        assert "can only be read" in problem

    def test_what_is_too_old_is_gone_though_its_file_is_not_yet(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site.clock.step_wall(START + 400 * 24 * 3600)
        site.retention.run()
        assert site.kept() == []
        assert site.state(self.there) is SegmentState.GARBAGE
        assert site.views.path(self.there).exists()
        monkeypatch.setattr(disks, "_is_read_only", lambda _place: False)
        site.retention.run()
        assert site.state(self.there) is None


class TestRetention:
    def test_each_disk_by_itself(self, site: Site, empty: list[Path]) -> None:
        first = [site.record(second) for second in range(3)]
        site.free[site.root] = 80 * FLOOR
        second = [site.record(10 + second) for second in range(5)]
        assert {site.place_of(one) for one in first} == {empty[0]}
        assert {site.place_of(one) for one in second} == {site.root}
        site.free[site.root] = FLOOR + 3 * second[0].size  # two too many
        deleted = site.retention.run()
        assert [one.id for one in deleted] == [one.id for one in second[:2]]  # not the oldest of all

    def test_recording_stops_only_where_no_disk_has_room(self, site: Site, empty: list[Path]) -> None:
        site.record(0)
        site.free[site.root] = 80 * FLOOR
        site.record(10)
        held = Holds(site.engine, site.folder, site.clock)
        held.add(None, at(0), at(1000), "Case", EVER, ANNA)
        site.free[site.root] = 0
        site.retention.run()
        assert site.room.look().stopped_at is None
        assert site.place_of(site.record(20)) == empty[0]
        site.free[empty[0]] = 0
        site.retention.run()
        assert site.room.look().stopped_at is not None
        site.free[empty[0]] = 20 * FLOOR
        site.retention.run()
        assert site.room.look().stopped_at is None
        assert len(site.kept()) == 3

    def test_the_forecast_counts_what_is_free_on_all(
        self, site: Site, monkeypatch: pytest.MonkeyPatch, empty: list[Path]
    ) -> None:
        seen: list[int] = []

        def forecast(_now: WallUs, _kinds: object, room: int) -> Forecast:
            seen.append(room)
            return Forecast()

        monkeypatch.setattr(retention, "forecast", forecast)
        site.retention.run()
        assert seen == [28 * FLOOR]
        assert not (empty[0] / "reserve").exists()


def test_news_are_told_once(site: Site, empty: list[Path], caplog: pytest.LogCaptureFixture) -> None:
    site.retention.run()
    assert caplog.messages == []
    away = pull(empty[0])
    site.retention.run()
    site.retention.run()
    put_back(away, empty[0])
    site.retention.run()
    assert [message.partition(" (")[0] for message in caplog.messages] == [
        f"The disk {empty[0]} is missing",
        f"The disk {empty[0]} is there, and footage is kept on it.",
    ]
