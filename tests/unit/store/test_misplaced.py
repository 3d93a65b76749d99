"""What was done to a file is called by its name: damaged, cut short, swapped, replayed, renamed, another recorder's."""

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.model.record import Segment
from watchglass.seal.identity import Identity
from watchglass.seal.shares import Custody
from watchglass.store.check import Proof
from watchglass.store.database import open_originals
from watchglass.store.folder import DataFolder
from watchglass.store.misplaced import when
from watchglass.store.originals import Originals
from watchglass.store.views import Views

CUSTODY = Custody((Identity(bytes(96)).recipient,), 1)
START = 1_800_000_000 * MICROSECONDS  # 2027-01-15 08:00:00 UTC


@dataclasses.dataclass
class Kept:
    """Three minutes of one camera; the last is the longest, the first two have the same size."""

    folder: DataFolder
    engine: sa.Engine
    segments: list[Segment]

    def path(self, number: int) -> Path:
        return self.folder.root / self.segments[number].path

    def problems(self, *, deep: bool) -> list[str]:
        return list(Proof(self.engine, self.folder, deep=deep).problems())

    def told(self, *, deep: bool) -> list[str]:
        """Problems without the segment's name, and with numbers for the paths."""
        said = []
        for problem in self.problems(deep=deep):
            words = problem.split(") ", 1)[-1]
            for number, segment in enumerate(self.segments):
                words = words.replace(segment.path, f"[{number}]")
            said.append(words)
        return said


Keep = Callable[[str], Kept]


@pytest.fixture
def keep(folder: DataFolder, engine: sa.Engine, clock: SimulatedClock) -> Iterator[Keep]:
    """Keeps `views` or `originals`."""
    own = open_originals(folder)

    def made(what: str) -> Kept:
        views, originals = Views(engine, folder, clock), Originals(own, folder, clock, catalogue=engine)
        segments = []
        for number in range(3):
            start = WallUs(START + number * MICROSECONDS)
            writer = (
                views.begin(1, "run", start, INIT)
                if what == "views"
                else originals.begin(1, "run", start, INIT, CUSTODY)
            )
            writer.append(fake_fragment(number, size=90 if number == 2 else 40), WallUs(start + MICROSECONDS))
            segments.append(writer.close())
        return Kept(folder, engine, segments)

    yield made
    own.dispose()


@pytest.fixture(params=["views", "originals"])
def kept(request: pytest.FixtureRequest, keep: Keep) -> Kept:
    return keep(request.param)


def swap(one: Path, other: Path) -> None:
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def test_what_is_whole_is_no_problem(kept: Kept) -> None:
    assert kept.problems(deep=True) == []


def test_damaged(kept: Kept) -> None:
    content = bytearray(kept.path(1).read_bytes())
    content[-3] ^= 1
    kept.path(1).write_bytes(content)
    assert kept.problems(deep=False) == []
    (problem,) = kept.problems(deep=True)
    assert problem.startswith(
        f"Segment {kept.segments[1].id} of camera 'Front door' ({kept.segments[1].path}, closed) "
    )
    assert " was damaged: " in problem


def test_truncated(kept: Kept) -> None:
    content, size = kept.path(1).read_bytes(), kept.segments[1].size
    kept.path(1).write_bytes(content[:-5])
    for deep in (False, True):
        assert kept.told(deep=deep) == [f"was cut short: it has {size - 5} bytes instead of {size}."]
    kept.path(1).write_bytes(b"")
    assert kept.told(deep=False) == [f"was cut short: it has 0 bytes instead of {size}."]
    kept.path(1).write_bytes(content + b"more")
    assert kept.told(deep=False) == [f"was added to: it has {size + 4} bytes instead of {size}."]


def test_swapped(kept: Kept) -> None:
    swap(kept.path(0), kept.path(2))
    for deep in (False, True):
        assert kept.told(deep=deep) == ["was swapped with [2].", "was swapped with [0]."]


@pytest.mark.parametrize(("what", "at_a_glance"), [("originals", True), ("views", False)])
def test_swapped_with_one_of_the_same_size(what: str, at_a_glance: bool, keep: Keep) -> None:
    """An original says which one it is, a view does not."""
    kept = keep(what)
    swap(kept.path(0), kept.path(1))
    words = ["was swapped with [1].", "was swapped with [0]."]
    assert kept.told(deep=False) == (words if at_a_glance else [])
    assert kept.told(deep=True) == words


def test_replayed(kept: Kept) -> None:
    shutil.copy(kept.path(0), kept.path(2))
    for deep in (False, True):
        assert kept.told(deep=deep) == ["was replayed: in its place is a copy of [0], from 2027-01-15 08:00:00 UTC."]


def test_replayed_from_what_was_deleted_since(keep: Keep, engine: sa.Engine) -> None:
    """Nothing but the header tells of it."""
    kept = keep("originals")
    old = kept.path(0).read_bytes()
    with open_originals(kept.folder).begin() as connection:
        connection.execute(sa.text("UPDATE originals SET state = 'garbage' WHERE id = 1"))
        connection.execute(sa.text("UPDATE original_kept_spans SET start_us = start_us + 1000000"))
    kept.path(2).write_bytes(old)
    for deep in (False, True):
        assert kept.told(deep=deep) == [
            "was replaced: in its place is the original of camera 1 that began at 2027-01-15 08:00:00 UTC."
        ]


def test_renamed(kept: Kept) -> None:
    other = kept.path(1).with_name("000000-00000000" + kept.path(1).suffix)
    kept.path(1).rename(other)
    for deep in (False, True):
        assert kept.told(deep=deep) == [f"was renamed: its file is {other.relative_to(kept.folder.root)}."]


def test_renamed_into_the_place_of_another(kept: Kept) -> None:
    kept.path(0).replace(kept.path(2))
    for deep in (False, True):
        assert sorted(kept.told(deep=deep)) == ["has no file.", "was replaced: [0] was renamed to take its place."]


def test_one_of_another_recorder(keep: Keep, tmp_path: Path) -> None:
    kept = keep("originals")
    other = DataFolder.open(tmp_path / "other")
    engine = open_originals(other)
    theirs = Originals(engine, other, SimulatedClock(), catalogue=kept.engine).begin(
        1, "run", WallUs(START), INIT, CUSTODY
    )
    theirs.append(fake_fragment(0), WallUs(START + MICROSECONDS))
    foreign = (other.root / theirs.close().path).read_bytes()
    kept.path(0).write_bytes(foreign)
    stray = kept.path(0).with_name("000000-00000000.sealed")
    stray.write_bytes(foreign)
    words = f"is an original of another recorder, of the data folder {other.uuid}."
    assert kept.told(deep=False) == [
        words,
        f"File {stray.relative_to(kept.folder.root)} belongs to no segment: it {words}",
    ]
    engine.dispose()


def test_a_file_that_cannot_be_read(kept: Kept) -> None:
    kept.path(0).unlink()
    kept.path(0).mkdir()
    (problem,) = kept.problems(deep=False)
    assert kept.segments[0].path in problem


def test_moments() -> None:
    assert when(0) == "1970-01-01 00:00:00 UTC"
    assert when(1 << 62) == f"{1 << 62} µs"
