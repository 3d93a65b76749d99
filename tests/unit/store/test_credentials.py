import errno
import os
from pathlib import Path

import pytest

from watchglass.base.durable import Files
from watchglass.base.errors import BadInputError, CannotWriteError, DiskFullError
from watchglass.model.camera import Credentials, PendingPassword
from watchglass.store.credentials import CredentialFiles
from watchglass.store.folder import DataFolder

SECRET = Credentials("eva", 'a "quoted" pässword \ud83d')


@pytest.fixture
def secrets(folder: DataFolder) -> CredentialFiles:
    return CredentialFiles(folder)


def test_secrets_come_back_as_they_were(secrets: CredentialFiles) -> None:
    assert secrets.read(1) is None
    secrets.write(1, SECRET)
    secrets.write(2, Credentials("", ""))
    assert secrets.read(1) == SECRET
    assert secrets.read(2) == Credentials("", "")
    secrets.write(1, None)
    secrets.write(1, None)
    assert secrets.read(1) is None


@pytest.mark.parametrize("content", [b"", b"geheim", b'{"username": "geheim"}', b'"geheim"', b'["geheim"]', b"\xff"])
def test_a_damaged_file_is_named_and_not_quoted(content: bytes, secrets: CredentialFiles) -> None:
    secrets.path(1).write_bytes(content)
    with pytest.raises(BadInputError, match=r"camera-1\.json is damaged") as raised:
        secrets.read(1)
    assert "geheim" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_a_file_that_cannot_be_read_is_named(secrets: CredentialFiles) -> None:
    secrets.path(1).mkdir()
    with pytest.raises(BadInputError, match=r"Cannot read .*camera-1\.json"):
        secrets.read(1)


@pytest.mark.parametrize(("number", "error"), [(errno.ENOSPC, DiskFullError), (errno.EACCES, CannotWriteError)])
def test_a_write_that_fails_leaves_the_old_secrets(
    number: int, error: type[Exception], secrets: CredentialFiles, folder: DataFolder
) -> None:
    class Refusing(Files):
        def write(self, descriptor: int, data: bytes) -> None:
            raise OSError(number, os.strerror(number))

    secrets.write(1, SECRET)
    with pytest.raises(error, match=r"camera-1\.json"):
        CredentialFiles(folder, Refusing()).write(1, Credentials("new", "new"))
    assert secrets.read(1) == SECRET
    assert [path.name for path in folder.secrets.iterdir()] == ["camera-1.json"]


def test_sweeping_spares_cameras_that_are_there(secrets: CredentialFiles, folder: DataFolder) -> None:
    for camera in (1, 2, 12):
        secrets.write(camera, SECRET)
    secrets.sweep({1, 12})
    assert sorted(path.name for path in Path(folder.secrets).iterdir()) == ["camera-1.json", "camera-12.json"]


NEW = PendingPassword("http://cam/", Credentials("eva", "new"))


class TestPasswordThatIsBeingSet:
    def test_is_kept_beside_the_one_that_there_is(self, secrets: CredentialFiles) -> None:
        assert secrets.pending(1) is None
        secrets.write(1, SECRET, ours=True)
        secrets.propose(1, NEW)
        assert (secrets.read(1), secrets.pending(1), secrets.is_ours(1)) == (SECRET, NEW, True)
        assert secrets.path(1).stat().st_mode & 0o777 == 0o600

    def test_is_gone_once_one_is_settled(self, secrets: CredentialFiles) -> None:
        secrets.write(1, SECRET)
        secrets.propose(1, NEW)
        secrets.write(1, NEW.credentials, ours=True)
        assert (secrets.read(1), secrets.pending(1), secrets.is_ours(1)) == (NEW.credentials, None, True)
        secrets.write(1, SECRET)
        assert not secrets.is_ours(1)

    @pytest.mark.parametrize("call", ["write", "sync", "rename", "sync_folder"])
    def test_a_write_that_fails_leaves_what_there_was(
        self, call: str, secrets: CredentialFiles, folder: DataFolder
    ) -> None:
        class Dying(Files):
            pass

        def die(*_arguments: object) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        setattr(Dying, call, die)
        secrets.write(1, SECRET)
        with pytest.raises(CannotWriteError):
            CredentialFiles(folder, Dying()).propose(1, NEW)
        assert secrets.read(1) == SECRET

    def test_a_damaged_one_is_not_quoted(self, secrets: CredentialFiles) -> None:
        secrets.path(1).write_text('{"username": "a", "password": "b", "pending": "geheim"}')
        with pytest.raises(BadInputError, match=r"damaged") as raised:
            secrets.pending(1)
        assert "geheim" not in str(raised.value)
