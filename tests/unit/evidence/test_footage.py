from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.unit.evidence.material import START, at, init, keep, second
from watchglass.base.clock import SimulatedClock, WallUs
from watchglass.evidence.footage import Hole, Layouts, Piece, holes, iso, pieces
from watchglass.model.camera import Source, SourceKind
from watchglass.store.cameras import Cameras
from watchglass.store.database import open_database
from watchglass.store.disks import Disks
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views


class Kept:
    """A store with one camera. `disks` stand in for further disks; footage goes there first."""

    def __init__(self, root: Path, disks: Sequence[Path] = ()) -> None:
        self.folder = DataFolder.open(root)
        self.folder.disks = Disks(
            root, self.folder.uuid, disks, floor_bytes=1, free_space=lambda place: 1 << (10 if place == root else 20)
        )
        self.folder.disks.renew()
        engine = self.engine = open_database(self.folder)
        self.views = Views(engine, self.folder, SimulatedClock())
        self.camera = Cameras(engine, self.folder).add("Door", Source(SourceKind.FILE, "/x.mp4"), None).id

    def pieces(self, start: WallUs, end: WallUs) -> list[Piece]:
        segments = self.views.segments(self.camera, start, end)
        return list(pieces(Layouts(self.folder), segments, start, end))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "data")
    yield made
    made.engine.dispose()


def test_whole_fragments_that_touch_the_span(kept: Kept) -> None:
    keep(kept.views, kept.camera, range(6))
    (piece,) = kept.pieces(at(1.5), at(3.0))
    assert (piece.start, piece.end) == (at(1), at(3))
    assert [fragment.start_ticks for fragment in piece.fragments] == [90_000, 180_000]
    assert piece.size == len(second(1)) + len(second(2))
    assert piece.init_size == len(init())


def test_wall_time_counts_from_the_files_beginning_not_the_runs(kept: Kept) -> None:
    keep(kept.views, kept.camera, range(3, 6))
    (piece,) = kept.pieces(at(4), at(5))
    assert (piece.start, piece.end) == (at(4), at(5))


def test_nothing_of_it(kept: Kept) -> None:
    keep(kept.views, kept.camera, range(2))
    assert kept.pieces(at(2), at(9)) == []
    assert kept.pieces(at(-9), START) == []


def test_a_hole_inside_a_file_makes_two_pieces(kept: Kept) -> None:
    writer = kept.views.begin(kept.camera, "run-1", START, init())
    for number in (0, 1, 4):
        writer.append(second(number), at(number + 1))
    writer.close()
    found = kept.pieces(START, at(9))
    assert [(piece.start, piece.end) for piece in found] == [(START, at(2)), (at(4), at(5))]
    assert holes(found, START, at(9)) == [Hole(at(2), at(4)), Hole(at(5), at(9))]


def test_holes_before_between_and_after(kept: Kept) -> None:
    keep(kept.views, kept.camera, range(2), run_start=1)
    keep(kept.views, kept.camera, range(2), run_start=3.4, run="run-2")  # 0.4 s later is no hole
    keep(kept.views, kept.camera, range(2), run_start=8, run="run-3")
    found = kept.pieces(START, at(10.3))
    assert holes(found, START, at(10.3)) == [Hole(START, at(1)), Hole(at(5.4), at(8))]


def test_an_open_segment_up_to_its_last_whole_fragment_and_growing(kept: Kept) -> None:
    writer = kept.views.begin(kept.camera, "run-1", START, init())
    writer.append(second(0), at(1))
    layouts = Layouts(kept.folder)
    path = kept.folder.root / writer.segment.path
    with path.open("ab") as file:
        file.write(second(1)[:100])  # torn
    torn = layouts(writer.segment)
    assert torn is not None
    assert len(torn.fragments) == 1
    with path.open("ab") as file:
        file.write(second(1)[100:])
    whole = layouts(writer.segment)
    assert whole is not None
    assert len(whole.fragments) == 2
    writer.close()


def test_layouts_of_closed_segments_are_remembered_some_of_them(kept: Kept) -> None:
    segments = [keep(kept.views, kept.camera, range(1), run_start=number, run=f"run-{number}") for number in range(3)]
    layouts = Layouts(kept.folder, remembered=2)
    for segment in segments:
        assert layouts(segment) is not None
        (kept.folder.root / segment.path).unlink()
    assert [layouts(segment) is not None for segment in segments] == [False, True, True]


def test_a_deleted_segment_is_missing_footage(kept: Kept) -> None:
    first = keep(kept.views, kept.camera, range(2))
    keep(kept.views, kept.camera, range(2, 4))
    segments = kept.views.segments(kept.camera, START, at(9))
    kept.views.delete([first])
    found = list(pieces(Layouts(kept.folder), segments, START, at(4)))
    assert holes(found, START, at(4)) == [Hole(START, at(2))]


def test_a_moment_as_people_and_players_write_it() -> None:
    assert iso(at(0.0625)) == "2027-01-15T08:00:00.062Z"
