import io
import struct
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from tests.unit.evidence.material import at, keep, level
from tests.unit.evidence.test_footage import Kept
from watchglass.base.clock import WallUs
from watchglass.base.errors import BadInputError
from watchglass.evidence.footage import Layouts
from watchglass.evidence.still import Still, still_of


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "data")
    yield made
    made.engine.dispose()


def still(kept: Kept, moment: WallUs, widest: int | None = None) -> Still | None:
    segments = kept.views.segments(kept.camera, at(-100), at(100))
    return still_of(kept.folder, Layouts(kept.folder), segments, moment, widest)


def brightness(found: Still | None) -> int:
    """Of the middle, as luma: nearly that of `level`."""
    assert found
    with av.open(io.BytesIO(found.png), "r", format="png_pipe") as file:
        (frame,) = file.decode(video=0)
        assert isinstance(frame, av.VideoFrame)
        return int(frame.to_ndarray(format="gray")[frame.height // 2, frame.width // 2])


@pytest.mark.parametrize("second", [0, 1, 3])
def test_what_was_shown_at_a_moment(kept: Kept, second: int) -> None:
    keep(kept.views, kept.camera, range(4))
    found = still(kept, at(second + 0.55))
    assert found
    assert found.at == at(second + 0.5)  # the picture that came last
    # As a picture the level is of full range, not 16 to 235 as in a film.
    assert abs(brightness(found) - level(second)) < 6


def test_the_moments_own_fragment_before_its_neighbours(kept: Kept) -> None:
    keep(kept.views, kept.camera, range(4))
    found = still(kept, at(2))
    assert found
    assert found.at == at(2)


def test_of_a_second_segment_and_of_one_that_is_still_written(kept: Kept) -> None:
    keep(kept.views, kept.camera, range(2))
    keep(kept.views, kept.camera, range(2, 4), close=False)
    found = still(kept, at(3.0))
    assert found
    assert found.at == at(3)


def test_a_second_away_at_most(kept: Kept) -> None:
    keep(kept.views, kept.camera, range(2))
    late, early = still(kept, at(2.8)), still(kept, at(-0.8))
    assert (late and late.at, early and early.at) == (at(1.9), at(0))
    assert still(kept, at(3.1)) is None
    assert still(kept, at(-1.1)) is None


def test_no_wider_than_asked_and_nothing_but_pixels_in_it(kept: Kept) -> None:
    keep(kept.views, kept.camera, range(1), size=(192, 128))
    found, small = still(kept, at(0.5)), still(kept, at(0.5), widest=96)
    assert found
    assert small
    assert [struct.unpack(">II", one.png[16:24]) for one in (found, small)] == [(192, 128), (96, 64)]
    place, chunks = 8, set()
    while place < len(found.png):
        (length,) = struct.unpack_from(">I", found.png, place)
        chunks.add(found.png[place + 4 : place + 8])
        place += 12 + length
    assert chunks == {b"IHDR", b"IDAT", b"IEND"}


def test_deleted_meanwhile_is_none_and_damaged_says_so(kept: Kept) -> None:
    segment = keep(kept.views, kept.camera, range(1))
    path, layouts = kept.views.path(segment), Layouts(kept.folder)
    assert layouts(segment)
    whole = path.read_bytes()
    path.write_bytes(whole[:700] + bytes(len(whole) - 700))
    with pytest.raises(BadInputError, match="damaged"):
        still_of(kept.folder, layouts, [segment], at(0.5))
    path.unlink()
    assert still_of(kept.folder, layouts, [segment], at(0.5)) is None
