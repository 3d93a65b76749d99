import errno
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from watchglass.base.errors import BadInputError, CannotWriteError, DiskFullError, NewerDataError, UsageError
from watchglass.store.folder import DataFolder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        folder = DataFolder.open(tmp_path / "a" / "b")
    finally:
        os.umask(old)
    parts = [folder.root, folder.views, folder.secrets, folder.plates, folder.run]
    assert [path.relative_to(folder.root).as_posix() for path in parts] == [".", "views", "secrets", "plates", "run"]
    assert {mode(path) for path in parts} == {0o700}
    assert mode(folder.root / "folder.json") == 0o600
    assert folder.database == folder.root / "catalogue.db"
    assert json.loads((folder.root / "folder.json").read_text()) == {"format": 1, "uuid": folder.uuid}


def test_a_folder_keeps_its_identity(tmp_path: Path) -> None:
    first = DataFolder.open(tmp_path / "data")
    assert DataFolder.open(tmp_path / "data").uuid == first.uuid
    assert DataFolder.open(tmp_path / "other").uuid != first.uuid


def test_permissions_that_somebody_widened_are_narrowed(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    for path in (folder.root, folder.secrets, folder.run):
        path.chmod(0o755)
    DataFolder.open(tmp_path / "data")
    assert {mode(path) for path in (folder.root, folder.secrets, folder.run)} == {0o700}


def test_a_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert DataFolder.open(Path("data")).root == tmp_path / "data"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert DataFolder.open(Path("~/data")).root == tmp_path / "home" / "data"


def test_a_folder_of_a_newer_watchglass_is_not_touched(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    folder.run.rmdir()
    mark = folder.root / "folder.json"
    mark.write_text(json.dumps({"format": 2, "uuid": folder.uuid, "more": []}))
    with pytest.raises(NewerDataError, match="update watchglass") as raised:
        DataFolder.open(tmp_path / "data")
    assert str(folder.root) in str(raised.value)
    assert not folder.run.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"5", b"{}", b'{"format": 1, "uuid": 5}', b'{"format": "x"}'])
def test_a_damaged_mark_is_named(content: bytes, tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    (folder.root / "folder.json").write_bytes(content)
    with pytest.raises(BadInputError, match=r"folder\.json is damaged"):
        DataFolder.open(tmp_path / "data")
    assert (folder.root / "folder.json").read_bytes() == content


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    tmp_path.chmod(0o755)
    with pytest.raises(UsageError, match=r"holiday\.jpg"):
        DataFolder.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]
    assert mode(tmp_path) == 0o755


def test_a_disk_that_was_just_formatted_is_taken(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    (tmp_path / ".folder.json.0a1b2c3d.partial").write_bytes(b"{")  # and one that we died in making
    assert DataFolder.open(tmp_path).views.is_dir()


def test_settings_that_were_there_first_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "watchglass.toml").write_text("port = 9000\n")
    assert DataFolder.open(tmp_path).views.is_dir()
    assert (tmp_path / "watchglass.toml").read_text() == "port = 9000\n"


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    with pytest.raises(CannotWriteError, match=str(tmp_path / "data")):
        DataFolder.open(tmp_path / "data")


@pytest.mark.parametrize(("number", "error"), [(errno.ENOSPC, DiskFullError), (errno.EACCES, CannotWriteError)])
def test_a_disk_that_refuses_is_named(
    number: int, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: object, mode: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(error, match=f"the data folder {tmp_path / 'data'}"):
        DataFolder.open(tmp_path / "data")


def test_many_who_open_a_new_folder_at_once_agree(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    seen: list[str] = []

    def open_it() -> None:
        start.wait()
        seen.append(DataFolder.open(tmp_path / "data").uuid)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_one_watchglass_has_a_folder_at_a_time(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    with (
        folder.claimed(),
        pytest.raises(UsageError, match=f"in use by process {os.getpid()}: stop that watchglass"),
        DataFolder.open(tmp_path / "data").claimed(),
    ):
        pass
    with folder.claimed():
        pass


def test_whether_a_watchglass_runs_in_it(tmp_path: Path) -> None:
    assert not DataFolder.is_one(tmp_path / "data")
    folder = DataFolder.open(tmp_path / "data")
    assert DataFolder.is_one(tmp_path / "data")
    assert not folder.in_use()
    with folder.claimed():
        assert DataFolder.open(tmp_path / "data").in_use()
    assert not folder.in_use()
    with folder.claimed():  # looking has left nothing locked
        pass


def test_a_killed_watchglass_frees_its_folder(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    script = (
        "import pathlib, sys, time; from watchglass.store.folder import DataFolder\n"
        "with DataFolder.open(pathlib.Path(sys.argv[1])).claimed():\n"
        "    print('claimed', flush=True); sys.stdin.read()"
    )
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", script, str(folder.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"claimed\n"
        with pytest.raises(UsageError, match=f"process {process.pid}"), folder.claimed():
            pass
        process.kill()
        process.wait()
    with folder.claimed():
        pass
