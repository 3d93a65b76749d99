"""`check` is what the other tests trust: each kind of damage must be found, at its level, and named."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import WallUs
from watchglass.model.camera import Camera
from watchglass.model.record import Segment
from watchglass.store import check as checking
from watchglass.store.folder import DataFolder
from watchglass.store.misplaced import Fault
from watchglass.store.views import Views, check


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "found", "found_deep"),
    [
        (lambda path: None, [], []),
        (Path.unlink, ["has no file"], ["has no file"]),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), ["bytes instead of"], ["bytes instead of"]),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), ["bytes instead of"], ["bytes instead of"]),
        (flip, [], ["its hash differs"]),
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), [], ["up to byte 0 only"]),
        (lambda path: path.with_name("other.mp4").write_bytes(b""), ["no segment"], ["no segment"]),
    ],
    ids=["none", "gone", "short", "long", "one bit", "zeros", "unknown file"],
)
def test_damage_to_a_closed_segment(
    damage: Callable[[Path], object],
    found: list[str],
    found_deep: list[str],
    views: Views,
    camera: Camera,
    engine: sa.Engine,
    folder: DataFolder,
) -> None:
    writer = views.begin(camera.id, "run", WallUs(0), INIT)
    writer.append(fake_fragment(0), WallUs(1_000_000))
    segment = writer.close()
    damage(views.path(segment))
    for deep, expected in ((False, found), (True, found_deep)):
        problems = check(engine, folder, deep=deep)
        assert len(problems) == len(expected)
        for problem, words in zip(problems, expected, strict=True):
            assert words in problem
            assert "views/1/19700101/" in problem


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda path: None, []),
        (lambda path: path.write_bytes(path.read_bytes() + b"\0\0\0\x10moof"), []),  # being written
        (Path.unlink, ["has no file"]),
        (lambda path: path.write_bytes(b""), ["fewer than"]),
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), ["up to byte 0 only"]),
    ],
    ids=["none", "torn tail", "gone", "empty", "zeros"],
)
def test_damage_to_an_open_segment(
    damage: Callable[[Path], object],
    found: list[str],
    views: Views,
    camera: Camera,
    engine: sa.Engine,
    folder: DataFolder,
) -> None:
    writer = views.begin(camera.id, "run", WallUs(0), INIT)
    damage(views.path(writer.segment))
    problems = check(engine, folder)
    assert len(problems) == len(found)
    assert all(words in problem for words, problem in zip(found, problems, strict=True))


def test_garbage_is_listed_and_no_problem(views: Views, camera: Camera, engine: sa.Engine, folder: DataFolder) -> None:
    segment = views.begin(camera.id, "run", WallUs(0), INIT).close()
    assert views.path(segment).exists()
    assert check(engine, folder, deep=True) == []


def test_what_is_deleted_while_it_is_looked_at_is_no_problem(
    views: Views, camera: Camera, engine: sa.Engine, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = views.begin(camera.id, "run", WallUs(0), INIT)
    writer.append(fake_fragment(0), WallUs(1_000_000))
    segment = writer.close()
    look = checking._size_fault

    def late(path: Path, one: Segment) -> object:
        views.delete([segment])
        return look(path, one)

    monkeypatch.setattr(checking, "_size_fault", late)
    assert check(engine, folder) == []


def test_what_is_closed_while_it_is_looked_at_is_looked_at_again(
    views: Views, camera: Camera, engine: sa.Engine, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file was cut back after a disk error: fewer bytes than the row had when it was read."""
    writer = views.begin(camera.id, "run", WallUs(0), INIT)
    writer.append(fake_fragment(0), WallUs(1_000_000))
    look = checking._size_fault

    def late(path: Path, one: Segment) -> object:
        if not writer.closed:
            writer.close()
            return Fault(one, "has fewer bytes")
        return look(path, one)

    monkeypatch.setattr(checking, "_size_fault", late)
    assert check(engine, folder, deep=True) == []
