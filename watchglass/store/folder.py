"""The data folder: everything that one machine keeps, under one root that only its owner may enter."""

import contextlib
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from watchglass.base import durable
from watchglass.base.errors import BadInputError, NewerDataError, UsageError
from watchglass.store.disks import FLOOR_BYTES, Disks

FORMAT = 1
"""Format of the folder's layout. It rises only when an older watchglass could no longer make sense of the folder."""

_MARK = "folder.json"
_OWNER = "owner.lock"
# A freshly formatted disk has the one; the other are machine settings, which may be there before the first start.
_FOREIGN_ALLOWED = frozenset({"lost+found", "watchglass.toml"})


class DataFolder:
    """Paths of one data folder. Made by `open`, which checks that it is ours and not newer than we are."""

    def __init__(self, root: Path, identity: str, disks: Disks | None = None) -> None:
        """`disks` are those that footage lies on; None is that of the folder alone."""
        self.root = root
        self.uuid = identity
        self.disks = disks or Disks(root, identity)

    @classmethod
    def open(cls, root: Path, disks: Sequence[Path] = (), floor_bytes: int = FLOOR_BYTES) -> "DataFolder":
        """Open the folder at `root`; create it where there is none. `disks` are folders for footage on further disks.

        NewerDataError if a newer watchglass wrote it, UsageError if it is somebody else's folder,
        BadInputError if `folder.json` is damaged, CannotWriteError or DiskFullError if it cannot be made.
        """
        root = root.expanduser().absolute()
        try:
            durable.make_folders(root)
            with durable.locked(root):
                identity = _read_mark(root) or _write_mark(root)
                folder = cls(root, identity, Disks(root, identity, disks, floor_bytes))
                root.chmod(0o700)
                for part in folder.parts:
                    durable.make_folders(part)
                    part.chmod(0o700)
        except OSError as error:
            raise durable.write_error(error, f"the data folder {root}") from error
        folder.disks.renew()
        return folder

    @property
    def views(self) -> Path:
        return self.root / "views"

    @property
    def originals(self) -> Path:
        return self.root / "originals"

    @property
    def shares(self) -> Path:
        """What opens originals, apart from them: to be left out of backups, and destroyed first."""
        return self.root / "shares"

    @property
    def parts(self) -> tuple[Path, ...]:
        return (self.views, self.originals, self.shares, self.secrets, self.plates, self.run)

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def plates(self) -> Path:
        return self.root / "plates"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def database(self) -> Path:
        return self.root / "catalogue.db"

    @property
    def originals_database(self) -> Path:
        return self.root / "originals.db"

    @staticmethod
    def is_one(root: Path) -> bool:
        """Whether there is a data folder at `root` already."""
        return (root.expanduser() / _MARK).exists()

    def in_use(self) -> bool:
        """Whether a watchglass runs here."""
        return durable.is_locked(self.run / _OWNER)

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the folder for one running watchglass. UsageError if another one has it; freed even by kill -9."""
        descriptor = os.open(self.run / _OWNER, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            if not durable.try_lock(descriptor):
                number = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
                raise UsageError(
                    f"The data folder {self.root} is in use by process {number}: stop that watchglass first, "
                    "or name another folder with --data."
                )
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)


def _read_mark(root: Path) -> str | None:
    """UUID in folder.json; None if the folder is new."""
    mark = root / _MARK
    if not mark.exists():
        names = {entry.name for entry in root.iterdir()} - _FOREIGN_ALLOWED
        foreign = sorted(name for name in names if not name.endswith(durable.PARTIAL))
        if foreign:
            raise UsageError(
                f"{root} holds other things ({foreign[0]}) and no {_MARK}: name an empty folder, or one of watchglass."
            )
        return None
    try:
        value = json.loads(mark.read_bytes())
        number, identity = int(value["format"]), str(uuid.UUID(value["uuid"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInputError(
            f"{mark} is damaged: restore it from a backup of {root}; nothing else in the folder was touched."
        ) from error
    if number > FORMAT:
        raise NewerDataError(
            f"The data folder {root} has format {number}, written by a newer watchglass; this one knows format "
            f"{FORMAT}: update watchglass, or name another folder with --data."
        )
    return identity


def _write_mark(root: Path) -> str:
    identity = str(uuid.uuid4())
    text = json.dumps({"format": FORMAT, "uuid": identity}) + "\n"
    durable.replace(root / _MARK, text.encode())
    return identity
