import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from watchglass.base import durable
from watchglass.base.durable import Files
from watchglass.base.errors import CannotWriteError, DiskFullError


class Recorder(Files):
    """Writes down each call with the name of what it is about, and fails at the one it is told to."""

    def __init__(self, fail_at: int = 0, number: int = errno.EIO) -> None:
        self.calls: list[str] = []
        self.fail_at, self.number = fail_at, number
        self._names: dict[int, str] = {}

    def _note(self, call: str, name: str) -> None:
        self.calls.append(f"{call} {name}")
        if len(self.calls) == self.fail_at:
            raise OSError(self.number, os.strerror(self.number))

    def _short(self, path: Path) -> str:
        return "neighbour" if path.name.endswith(durable.PARTIAL) else path.name

    def make_folder(self, path: Path, mode: int = 0o700) -> None:
        self._note("make_folder", path.name)
        super().make_folder(path, mode)

    def create(self, path: Path, mode: int = 0o600) -> int:
        self._note("create", self._short(path))
        descriptor = super().create(path, mode)
        self._names[descriptor] = self._short(path)
        return descriptor

    def write(self, descriptor: int, data: bytes) -> None:
        self._note("write", self._names[descriptor])
        super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self._note("sync", self._names[descriptor])
        super().sync(descriptor)

    def close(self, descriptor: int) -> None:
        super().close(descriptor)  # close frees the descriptor even when it fails: not a step to fail at

    def sync_folder(self, path: Path) -> None:
        self._note("sync_folder", path.name)
        super().sync_folder(path)

    def rename(self, source: Path, target: Path) -> None:
        self._note("rename", f"{self._short(source)} {target.name}")
        super().rename(source, target)

    def unlink(self, path: Path) -> None:
        self._note("unlink", self._short(path))
        super().unlink(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_synced_before_its_name(folder: Path) -> None:
    files = Recorder()
    durable.write_new(folder / "a", b"text", files=files)
    assert files.calls == ["create a", "write a", "sync a", "sync_folder folder"]
    assert (folder / "a").read_bytes() == b"text"
    assert stat.S_IMODE((folder / "a").stat().st_mode) == 0o600


def test_a_name_that_is_taken_is_left_as_it_is(folder: Path) -> None:
    durable.write_new(folder / "a", b"old")
    with pytest.raises(FileExistsError):
        durable.write_new(folder / "a", b"new")
    assert (folder / "a").read_bytes() == b"old"


def test_a_file_is_replaced_by_a_synced_neighbour(folder: Path) -> None:
    files = Recorder()
    durable.replace(folder / "a", b"old")
    durable.replace(folder / "a", b"new", 0o640, files)
    assert files.calls == [
        "create neighbour",
        "write neighbour",
        "sync neighbour",
        "sync_folder folder",
        "rename neighbour a",
        "sync_folder folder",
    ]
    assert (folder / "a").read_bytes() == b"new"
    assert stat.S_IMODE((folder / "a").stat().st_mode) == 0o640
    assert names(folder) == ["a"]


@pytest.mark.parametrize("at", range(1, 6))
def test_a_replacement_that_fails_at_any_step_leaves_the_old_file_alone(at: int, folder: Path) -> None:
    durable.replace(folder / "a", b"old")
    with pytest.raises(OSError, match="error"):
        durable.replace(folder / "a", b"new", files=Recorder(at))
    assert (folder / "a").read_bytes() == b"old"
    left = [name for name in names(folder) if name != "a"]
    assert left == [] or (at == 4 and left[0].endswith(durable.PARTIAL))


def test_a_replacement_whose_last_sync_fails_says_so(folder: Path) -> None:
    durable.replace(folder / "a", b"old")
    with pytest.raises(OSError, match="error"):
        durable.replace(folder / "a", b"new", files=Recorder(6))
    assert (folder / "a").read_bytes() == b"new"  # there, but nobody may rely on it


@pytest.mark.parametrize("at", range(1, 4))
def test_a_new_file_that_fails_is_not_left_half_written(at: int, folder: Path) -> None:
    with pytest.raises(OSError, match="error"):
        durable.write_new(folder / "a", b"text", files=Recorder(at))
    assert names(folder) == []


def test_a_removal_is_synced_and_may_be_done_twice(folder: Path) -> None:
    durable.write_new(folder / "a", b"text")
    files = Recorder()
    durable.remove(folder / "a", files)
    durable.remove(folder / "a", files)
    assert files.calls == ["unlink a", "sync_folder folder"] * 2
    durable.remove(folder / "gone" / "a", files)  # not even its folder is there
    assert names(folder) == []


def test_each_folder_is_synced_into_its_parent_before_the_next(tmp_path: Path) -> None:
    files = Recorder()
    durable.make_folders(tmp_path / "a" / "b" / "c", files=files)
    assert files.calls == [
        "make_folder a",
        f"sync_folder {tmp_path.name}",
        "make_folder b",
        "sync_folder a",
        "make_folder c",
        "sync_folder b",
    ]
    durable.make_folders(tmp_path / "a" / "b", files=files)
    assert len(files.calls) == 6
    assert stat.S_IMODE((tmp_path / "a" / "b" / "c").stat().st_mode) == 0o700


def test_short_writes_are_gone_on_with(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:3]))
    durable.write_new(folder / "a", b"0123456789")
    assert (folder / "a").read_bytes() == b"0123456789"


def test_a_truncated_file_goes_on_at_its_end(folder: Path) -> None:
    files = Files()
    descriptor = files.create(folder / "a")
    files.write(descriptor, b"0123456789")
    files.truncate(descriptor, 4)
    files.write(descriptor, b"xy")
    files.close(descriptor)
    assert (folder / "a").read_bytes() == b"0123xy"


def test_descriptors_are_not_for_children(folder: Path) -> None:
    files = Files()
    descriptor = files.create(folder / "a")
    assert not os.get_inheritable(descriptor)
    files.close(descriptor)


@pytest.mark.parametrize("call", [Files().sync, lambda d: Files().truncate(d, 0), lambda d: Files().write(d, b"x")])
def test_what_the_system_refuses_is_not_swallowed(call: Callable[[int], None], folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        call(descriptor)


def test_full_disks_have_an_error_of_their_own() -> None:
    for number in (errno.ENOSPC, errno.EDQUOT):
        error = durable.write_error(OSError(number, os.strerror(number)), "the view of camera 'Door'")
        assert isinstance(error, DiskFullError)
        assert "the view of camera 'Door'" in str(error)
    error = durable.write_error(OSError(errno.EROFS, "x"), "the catalogue /data/c.db")
    assert isinstance(error, CannotWriteError)
    assert "the catalogue /data/c.db: Read-only file system" in str(error)
    assert "something odd" in str(durable.write_error(OSError("something odd"), "x"))


def test_a_lock_is_seen_by_others_and_freed_with_its_file(folder: Path) -> None:
    files = Files()
    descriptor = files.create(folder / "a")
    durable.lock(descriptor)
    other = os.open(folder / "a", os.O_RDONLY)
    assert not durable.try_lock(other)
    assert durable.is_locked(folder / "a")
    files.close(descriptor)
    assert not durable.is_locked(folder / "a")
    assert not durable.is_locked(folder / "b")
    assert durable.try_lock(other)
    os.close(other)


def test_a_locked_folder_keeps_other_processes_waiting(folder: Path) -> None:
    script = (
        "import pathlib, sys; from watchglass.base import durable\n"
        "print('asking', flush=True)\n"
        "with durable.locked(pathlib.Path(sys.argv[1])): print('got it', flush=True)"
    )
    command = [sys.executable, "-c", script, str(folder)]
    root = Path(__file__).parents[3]
    with durable.locked(folder):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root)
        assert process.stdout is not None
        assert process.stdout.readline() == b"asking\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)
    with process:
        assert process.stdout.readline() == b"got it\n"
    assert process.returncode == 0
