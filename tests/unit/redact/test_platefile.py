import errno
import os
import random
import stat
import warnings
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


def plate(seed: int = 0) -> Plate:
    one = Plate(GEOMETRY)
    y, u, v = shrink(noise(seed), GEOMETRY).planes()
    known = everywhere()
    known[3:5, 7:9] = False
    assert one.restore({"y": y, "u": u, "v": v, "known": known, "cleared": ~known})
    return one


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
    platefile.save(kept, path)
    again = Plate(GEOMETRY)
    assert platefile.load(again, path)
    for mine, theirs in zip(again.picture.planes(), kept.picture.planes(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(again.known, kept.known)
    np.testing.assert_array_equal(again.cleared, kept.cleared)


def test_the_file_is_its_owner_s_alone(path: Path) -> None:
    platefile.save(plate(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_later_one_replaces_it(path: Path) -> None:
    platefile.save(plate(1), path)
    platefile.save(plate(2), path)
    again = Plate(GEOMETRY)
    assert platefile.load(again, path)
    np.testing.assert_array_equal(again.picture.y, plate(2).picture.y)


def test_none_is_none(path: Path) -> None:
    assert not platefile.load(Plate(GEOMETRY), path)
    assert not platefile.load(Plate(GEOMETRY), path.parent)  # a folder is none either


def test_one_of_another_size_is_left(path: Path) -> None:
    platefile.save(plate(), path)
    other = Plate(Geometry(640, 360))
    assert not platefile.load(other, path)
    assert not other.known.any()


@pytest.mark.parametrize("form", [0, 2, -1, 1.5, [1, 1], "1"])
def test_one_of_another_form_is_left(path: Path, form: Any) -> None:
    np.savez_compressed(path, form=np.array(form), **plate().kept())  # type: ignore[arg-type]  # as in `save`
    assert not platefile.load(Plate(GEOMETRY), path)


def test_one_without_a_form_is_left(path: Path) -> None:
    np.savez_compressed(path, **plate().kept())  # type: ignore[arg-type]  # as in `save`
    assert not platefile.load(Plate(GEOMETRY), path)


def test_pickled_objects_are_never_read(path: Path) -> None:
    np.savez_compressed(path, form=np.array(1), known=np.array([print], dtype=object))
    assert not platefile.load(Plate(GEOMETRY), path)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all", bytes(5000)])
def test_what_is_no_such_file_is_left(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert not platefile.load(Plate(GEOMETRY), path)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_one_is_left_or_as_good_as_before(path: Path, seed: int) -> None:
    """Some bytes changed, or cut short: never an error, and never another picture than the one that was kept."""
    platefile.save(plate(), path)
    data, dice = bytearray(path.read_bytes()), random.Random(seed)  # noqa: S311 - faults, not secrets
    for _ in range(dice.choice([1, 3, 20])):
        data[dice.randrange(len(data))] = dice.randrange(256)
    path.write_bytes(data if seed % 4 else data[: dice.randrange(len(data))])
    again = Plate(GEOMETRY)
    if platefile.load(again, path):
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
    platefile.save(plate(1), path)

    def refuse(*_: Any) -> Never:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(durable.Files, "write", refuse)
    with pytest.raises(kind, match=r"camera-1\.npz"):
        platefile.save(plate(2), path)
    again = Plate(GEOMETRY)
    assert platefile.load(again, path)
    np.testing.assert_array_equal(again.picture.y, plate(1).picture.y)
