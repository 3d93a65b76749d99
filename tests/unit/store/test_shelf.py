"""Where each kind of footage lies, and how far its files can be read."""

import io
from pathlib import Path

import pytest

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.record import Segment, SegmentState
from watchglass.seal.segment import HEADER_SIZE, ChunkKind, Sealer
from watchglass.seal.shares import SegmentName
from watchglass.store.folder import DataFolder
from watchglass.store.shelf import ORIGINALS, VIEWS, Extent

START = WallUs(1_800_000_000_000_000)
SEALER = Sealer(bytes(32), SegmentName(bytes(16), bytes(16), 1), START)
HEAD = SEALER.header + SEALER.chunk(ChunkKind.INIT, INIT, START)
CHUNKS = [SEALER.chunk(ChunkKind.FRAGMENT, fake_fragment(0), WallUs(START + MICROSECONDS)), SEALER.end()]
SEALED = HEAD + CHUNKS[0]
VIEW = INIT + fake_fragment(0)


def open_segment(size: int) -> Segment:
    return Segment(1, 1, "run", SegmentState.OPEN, START, START, "path", size)


def test_originals_and_their_shares_lie_apart(tmp_path: Path) -> None:
    data = DataFolder.open(tmp_path / "data")
    path = ORIGINALS.folder(data) / "1" / "20260101" / "120000-00112233.sealed"
    assert ORIGINALS.shares_of(data, path) == data.root / "shares/1/20260101/120000-00112233.shares"
    assert ORIGINALS.sealed_by(data, data.root / "shares/1/20260101/120000-00112233.shares") == data.disks.name(path)
    assert VIEWS.shares_of(data, VIEWS.folder(data) / "1" / "20260101" / "120000-00112233.mp4") is None


def test_shares_of_what_lies_on_a_further_disk_are_in_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    data = DataFolder.open(tmp_path / "data", [tmp_path / "b"])
    (disk,) = data.disks.further
    path = tmp_path / "b" / "originals" / "1" / "20260101" / "120000-00112233.sealed"
    shares = ORIGINALS.shares_of(data, path)
    assert shares == data.root / f"shares/{disk.name}/1/20260101/120000-00112233.shares"
    assert (
        ORIGINALS.sealed_by(data, shares) == data.disks.name(path) == f"{disk.name}/{path.relative_to(tmp_path / 'b')}"
    )
    assert ORIGINALS.inside(data.disks.name(path))[1].parts == path.parts[-3:]


@pytest.mark.parametrize(
    ("content", "extent"),
    [
        (SEALED, Extent(len(SEALED), footage=True, start=START)),
        (SEALED + b"wgch", Extent(len(SEALED), footage=True, start=START)),
        (SEALED[:-1], Extent(len(HEAD), footage=False, start=START)),
        (HEAD[:-1], Extent(HEADER_SIZE, footage=False, start=START)),
        (HEAD[: HEADER_SIZE - 1], Extent(0, footage=False)),
        (b"", Extent(0, footage=False)),
        (VIEW, Extent(0, footage=False)),
    ],
)
def test_a_sealed_file_can_be_read_up_to_its_last_whole_chunk(content: bytes, extent: Extent) -> None:
    assert ORIGINALS.form.extent(io.BytesIO(content)) == extent


def test_a_view_can_be_read_up_to_its_last_whole_fragment() -> None:
    assert VIEWS.form.extent(io.BytesIO(VIEW + VIEW[:9])) == Extent(len(VIEW), footage=True)
    assert VIEWS.form.extent(io.BytesIO(INIT)) == Extent(len(INIT), footage=False)
    assert VIEWS.form.extent(io.BytesIO(SEALED)) == Extent(0, footage=False)


def test_an_open_original_lasts_as_long_as_its_chunks_say() -> None:
    assert ORIGINALS.form.known_until(io.BytesIO(SEALED), open_segment(0)) == (len(SEALED), START + MICROSECONDS)
    assert ORIGINALS.form.known_until(io.BytesIO(HEAD), open_segment(0)) is None
    assert ORIGINALS.form.known_until(io.BytesIO(VIEW), open_segment(0)) is None


@pytest.mark.parametrize(
    ("piece", "view", "original"),
    [
        (fake_fragment(0), True, False),
        (fake_fragment(0) * 2, True, False),
        (CHUNKS[0], False, True),
        (b"".join(CHUNKS), False, True),
        (CHUNKS[0][:-1], False, False),
        (CHUNKS[0] + b"x", False, False),
        (fake_fragment(0)[:-1], False, False),
        (INIT, False, False),
        (b"", False, False),
    ],
)
def test_only_whole_pieces_of_its_kind_get_in(piece: bytes, view: bool, original: bool) -> None:
    assert (VIEWS.form.is_whole(piece), ORIGINALS.form.is_whole(piece)) == (view, original)
