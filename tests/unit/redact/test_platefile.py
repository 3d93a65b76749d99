import errno
import os
import random
import stat
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Never

import numpy as np
import pytest

from tests.unit.redact.frames import GEOMETRY, everywhere, noise
from watchglass.base import durable
from watchglass.base.errors import CannotWriteError, DiskFullError
from watchglass.redact import platefile
from watchglass.redact.cells import Geometry, shrink
from watchglass.redact.plate import Plate
from watchglass.redact.platebook import PlateBook


def plate(seed: int = 0) -> Plate:
    one = Plate(GEOMETRY)
    y, u, v = shrink(noise(seed), GEOMETRY).planes()
    known = everywhere()
    known[3:5, 7:9] = False
    assert one.restore({"y": y, "u": u, "v": v, "known": known, "cleared": ~known})
    return one


def arrays() -> dict[str, Any]:
    """Those of one plate, as they are named in a file."""
    return {f"0.{name}": array for name, array in plate().kept().items()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plates" / "camera-1.npz"


@pytest.fixture(autouse=True)
def folder(path: Path) -> Iterator[None]:
    path.parent.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's, over damaged files that it leaves open
        yield


def test_a_plate_is_taken_up_as_it_was_kept(path: Path) -> None:
    kept = plate()
    platefile.save(kept, PlateBook(), path)
    again = Plate(GEOMETRY)
    assert platefile.load(again, PlateBook(), path)
    for mine, theirs in zip(again.picture.planes(), kept.picture.planes(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(again.known, kept.known)
    np.testing.assert_array_equal(again.cleared, kept.cleared)


def test_so_is_one_written_by_hand(path: Path) -> None:
    """What the tests of other forms leave out is what makes them fail."""
    np.savez_compressed(path, form=np.array(2), **arrays())
    assert platefile.load(Plate(GEOMETRY), PlateBook(), path)


def test_other_looks_are_kept_beside_it_in_their_order(path: Path) -> None:
    book = PlateBook()
    for seed in range(1, 12):
        book.put(plate(seed))
    platefile.save(plate(99), book, path)
    again, other = Plate(GEOMETRY), PlateBook()
    other.put(plate(77))  # what was there before is replaced
    assert platefile.load(again, other, path)
    np.testing.assert_array_equal(again.picture.y, plate(99).picture.y)
    assert len(other.looks) == 8
    for seed, look in zip(range(4, 12), other.looks, strict=True):
        np.testing.assert_array_equal(look["y"], plate(seed).picture.y)


def test_one_look_that_does_not_fit_leaves_all_of_them(path: Path) -> None:
    np.savez_compressed(path, form=np.array(2), **(arrays() | {"1.y": np.zeros((4, 4), np.uint8)}))
    one, book = Plate(GEOMETRY), PlateBook()
    assert not platefile.load(one, book, path)
    assert not one.known.any()
    assert book.looks == []


def test_the_file_is_its_owner_s_alone(path: Path) -> None:
    platefile.save(plate(), PlateBook(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_later_one_replaces_it(path: Path) -> None:
    platefile.save(plate(1), PlateBook(), path)
    platefile.save(plate(2), PlateBook(), path)
    again = Plate(GEOMETRY)
    assert platefile.load(again, PlateBook(), path)
    np.testing.assert_array_equal(again.picture.y, plate(2).picture.y)


def test_none_is_none(path: Path) -> None:
    assert not platefile.load(Plate(GEOMETRY), PlateBook(), path)
    assert not platefile.load(Plate(GEOMETRY), PlateBook(), path.parent)  # a folder is none either


def test_one_of_another_size_is_left(path: Path) -> None:
    platefile.save(plate(), PlateBook(), path)
    other = Plate(Geometry(640, 360))
    assert not platefile.load(other, PlateBook(), path)
    assert not other.known.any()


@pytest.mark.parametrize("form", [0, 1, 3, -1, 2.5, [2, 2], "2"])
def test_one_of_another_form_is_left(path: Path, form: Any) -> None:
    np.savez_compressed(path, form=np.array(form), **arrays())
    assert not platefile.load(Plate(GEOMETRY), PlateBook(), path)


def test_one_without_a_form_is_left(path: Path) -> None:
    np.savez_compressed(path, **arrays())
    assert not platefile.load(Plate(GEOMETRY), PlateBook(), path)


def test_an_array_by_itself_is_left(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.array(2))
    assert not platefile.load(Plate(GEOMETRY), PlateBook(), path)


def test_a_member_that_is_no_array_is_left(path: Path) -> None:
    np.savez_compressed(path, form=np.array(2), **{name: one for name, one in arrays().items() if name != "0.known"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("0.known.npy", b"no array")
    assert not platefile.load(Plate(GEOMETRY), PlateBook(), path)


def test_pickled_objects_are_never_read(path: Path) -> None:
    np.savez_compressed(path, form=np.array(2), **(arrays() | {"0.known": np.array([print], dtype=object)}))
    assert not platefile.load(Plate(GEOMETRY), PlateBook(), path)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all", bytes(5000)])
def test_what_is_no_such_file_is_left(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert not platefile.load(Plate(GEOMETRY), PlateBook(), path)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_one_is_left_or_as_good_as_before(path: Path, seed: int) -> None:
    """Some bytes changed, or cut short: never an error, and never another picture than the one that was kept."""
    platefile.save(plate(), PlateBook(), path)
    data, dice = bytearray(path.read_bytes()), random.Random(seed)  # noqa: S311 - faults, not secrets
    for _ in range(dice.choice([1, 3, 20])):
        data[dice.randrange(len(data))] = dice.randrange(256)
    path.write_bytes(data if seed % 4 else data[: dice.randrange(len(data))])
    again = Plate(GEOMETRY)
    if platefile.load(again, PlateBook(), path):
        np.testing.assert_array_equal(again.picture.y, plate().picture.y)
        np.testing.assert_array_equal(again.known, plate().known)
    else:
        assert not again.known.any()


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, DiskFullError), (errno.EIO, CannotWriteError), (errno.EROFS, CannotWriteError)]
)
def test_a_disk_that_refuses_is_said_and_the_old_one_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    platefile.save(plate(1), PlateBook(), path)

    def refuse(*_: Any) -> Never:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(durable.Files, "write", refuse)
    with pytest.raises(kind, match=r"camera-1\.npz"):
        platefile.save(plate(2), PlateBook(), path)
    again = Plate(GEOMETRY)
    assert platefile.load(again, PlateBook(), path)
    np.testing.assert_array_equal(again.picture.y, plate(1).picture.y)
