"""Further disks for footage, beside that of the data folder: where a segment's file lies, and where the next one begins.

A disk that is not there is *missing*: what its segments say stays as it is, for it may come back. Docs: docs/design/store.md.
"""

import dataclasses
import enum
import json
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import MissingInputError

_log = logging.getLogger(__name__)

FORMAT = 1
MARK = "disk.json"
PARTS = ("views", "originals")
PREFIX = "disk-"
NAME_LENGTH = len(PREFIX) + 12
"""Of the first part of a segment's path that lies on a further disk: `disk-` and 12 digits of the disk's UUID."""

_BOOK = "disks.json"  # in the data folder: which disk was last seen where
_NO_STRANGERS = frozenset({"lost+found"})
FLOOR_BYTES = 2 << 30
_LAG_US = 3600 * MICROSECONDS
_LARGEST_MARK = 4096


def free_space(path: Path) -> int:
    """Bytes that are free, to us, on the disk of `path`."""
    return shutil.disk_usage(path).free


class DiskAwayError(MissingInputError):
    """The disk that footage lies on is not there. Once it is put back, the footage is there again."""


class DiskState(enum.StrEnum):
    """`ok`: footage is read and kept there. `read-only`: it is read. `missing`, `foreign`: the disk is not touched."""

    OK = "ok"
    READ_ONLY = "read-only"
    MISSING = "missing"
    FOREIGN = "foreign"


@dataclasses.dataclass(frozen=True, slots=True)
class Disk:
    """A disk as it was found. `name` is how paths on it begin: empty for that of the data folder, None if it is not known.

    `why` is a sentence about what is wrong with it; `new` if it is an empty folder that may become a disk.
    """

    root: Path
    state: DiskState
    name: str | None = None
    why: str = ""
    new: bool = False

    @property
    def readable(self) -> bool:
        """Whether its files can be read."""
        return self.state in {DiskState.OK, DiskState.READ_ONLY}


class Disks:
    """The disk of the data folder `data`, and the folders `places`, each on a disk of its own. Safe from several threads.

    Where none is named, and none ever was, everything lies in the data folder and nothing here costs anything.
    """

    def __init__(
        self,
        data: Path,
        identity: str,
        places: Sequence[Path] = (),
        floor_bytes: int = FLOOR_BYTES,
        free_space: Callable[[Path], int] = free_space,
    ) -> None:
        """`identity` is the UUID of the data folder; of `floor_bytes` see `for_new`."""
        self._data, self._identity, self._places = data, identity, tuple(places)
        self._floor, self._free_space = floor_bytes, free_space
        self._home = Disk(data, DiskState.OK, "")
        self._named: dict[Path, str] = {}  # which disk was last found in a place
        self._found: tuple[Disk, ...] = (self._home,)
        self._told: dict[Path, DiskState] = {}
        self._book_is_lost = False
        self.used = bool(self._places) or (data / _BOOK).exists()
        """Whether there are, or were, further disks."""
        self.look()

    @property
    def further(self) -> tuple[Disk, ...]:
        """The further disks that are named in the settings, as they were at the last look."""
        return self._found[1:]

    @property
    def readable(self) -> list[Disk]:
        """Disks whose files can be read, that of the data folder first; as of the last look."""
        return [disk for disk in self._found if disk.readable]

    @property
    def usable(self) -> list[Disk]:
        """Disks on which footage can be kept and deleted, that of the data folder first; as of the last look."""
        return [disk for disk in self._found if disk.state is DiskState.OK]

    def look(self) -> tuple[Disk, ...]:
        """Look at all of them anew, that of the data folder first. Changes nothing on any."""
        if not self._places:
            return self._found
        book = self._book()
        found = [self._home]
        for place in self._places:
            disk = _look_at(place, self._identity, book)
            twin = next((one for one in found if one.readable and one.name == disk.name), None)
            if disk.readable and twin is not None:
                why = f"The disk {place} is a copy of {twin.root}, and is left alone: take one of the two away."
                disk = Disk(place, DiskState.FOREIGN, why=why)
            found.append(disk)
        self._named = self._named | {disk.root: disk.name for disk in found[1:] if disk.readable and disk.name}
        self._found = tuple(found)
        return self._found

    def renew(self) -> None:
        """Look at all of them anew, and take in those that are new: empty folders in which no disk was known."""
        if not self._places:
            return
        self.look()
        book = self._book()
        if (
            self._book_is_lost or self._data.stat().st_uid != os.geteuid()
        ):  # what root notes the recorder could not read
            return
        if not any(disk.new or (disk.readable and book.get(str(disk.name)) != disk.root) for disk in self.further):
            return
        try:
            with durable.locked(self._data):  # one process does it
                for disk in self.look()[1:]:
                    if disk.new:
                        _take_in(disk.root, self._identity)
                self.look()
                self._note(self._book())
        except OSError as error:
            _log.warning("it cannot be noted which disk is where: %s", error)

    def tell(self) -> None:
        """Have the log say what became of the disks since this was last asked for."""
        for disk in self.further:
            if self._told.get(disk.root, DiskState.OK) is not disk.state:
                _log.warning("%s", disk.why or f"The disk {disk.root} is there, and footage is kept on it.")
            self._told[disk.root] = disk.state

    def path(self, name: str) -> Path:
        """Where the file lies that a row names. Of a disk that is missing it is a place where nothing is."""
        disk = _disk_of(name)
        if not disk:
            return self._data / name
        root = self._root(disk)
        return root / name[len(disk) + 1 :] if root else self._data / name

    def name(self, path: Path) -> str:
        """How a row names a file: the other way round."""
        for root, disk in self._named.items():
            if path.is_relative_to(root):
                return f"{disk}/{path.relative_to(root).as_posix()}"
        return path.relative_to(self._data).as_posix()

    def open(self, name: str) -> BinaryIO:
        """The file that a row names, to be read. FileNotFoundError if it is gone, DiskAwayError if its disk is.

        A further disk may have been elsewhere: whatever links were made on it, nothing outside of it is opened.
        """
        disk = _disk_of(name)
        if not disk:
            return self.path(name).open("rb")
        try:
            return self._open_inside(disk, name)
        except OSError as error:
            if self.is_away(name, anew=True):
                raise DiskAwayError(self.words(disk)) from error
            return self._open_inside(disk, name)  # it is back, perhaps in another place

    def _open_inside(self, disk: str, name: str) -> BinaryIO:
        path, root = self.path(name), self._root(disk)
        if root is None or not path.resolve().is_relative_to(root.resolve()):
            raise FileNotFoundError(path)
        return path.open("rb")

    def is_away(self, name: str, *, anew: bool = False) -> bool:
        """Whether the disk is missing on which the file lies that a row names; as of the last look, or of a new one."""
        disk = _disk_of(name)
        if not disk:
            return False
        if anew:
            self.look()
        return self._root(disk) is None

    def may_change(self, name: str, *, anew: bool = False) -> bool:
        """Whether the disk is there, and can be written, on which the file lies that a row names."""
        disk = _disk_of(name)
        if not disk:
            return True
        if anew:
            self.look()
        return any(one.name == disk for one in self.usable)

    def words(self, disk: str) -> str:
        """A sentence about a disk that is missing, by its name."""
        for one in self.further:
            if one.name == disk and one.why:
                return one.why
        place = self._book().get(disk)
        was = f" was last seen at {place}, and" if place else ""
        return (
            f"The disk {disk}{was} is missing: connect it, and name its folder under disks in watchglass.toml. Its footage "
            "is then there again."
        )

    def for_new(self, last: str | None, oldest: Callable[[str], WallUs]) -> list[Disk]:
        """Where a new segment may begin, the best first. `last` is where its camera's last one lies.

        While there is room (twice the floor is free) it is the disk with the most of it, but a camera stays where it is
        unless another disk has twice as much. Then it is the disk with the oldest footage, by `oldest`: that goes next.
        Where less than three quarters of the floor are free, retention has found nothing more to delete.
        """
        if not self._places:
            return [self._home]
        self.look()
        free: dict[Disk, int] = {}
        for disk in self.usable:
            try:
                free[disk] = self._free_space(disk.root)
            except OSError:  # it went away this moment
                continue
        ranks: list[list[Disk]] = [[], [], []]
        for disk in sorted(free, key=lambda one: -free[one]):
            ranks[0 if free[disk] >= 2 * self._floor else 1 if free[disk] >= self._floor * 3 // 4 else 2].append(disk)
        wide, tight, full = ranks
        most = free[wide[0]] - self._floor if wide else 0
        wide.sort(key=lambda one: one.name != last or free[one] - self._floor < most / 2)
        if not wide and len(tight) > 1:
            ages = {one: oldest(one.name or "") for one in tight}
            first = min(ages.values())
            tight.sort(key=lambda one: (one.name != last or ages[one] > first + _LAG_US, ages[one]))
        return [*wide, *tight, *full]

    def _root(self, disk: str) -> Path | None:
        return next((one.root for one in self.readable if one.name == disk), None)

    def _book(self) -> dict[str, Path]:
        """Which disk was last seen where. What cannot be read says nothing, and nothing may be built on that."""
        lost, self._book_is_lost = self._book_is_lost, False
        try:
            value: Any = json.loads((self._data / _BOOK).read_bytes())
            return {str(name): Path(place) for name, place in value["disks"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            if not lost:
                _log.warning("%s cannot be read, so no disk is taken in: %s", self._data / _BOOK, error)
            self._book_is_lost = True
            return {}

    def _note(self, book: dict[str, Path]) -> None:
        seen = book | {str(disk.name): disk.root for disk in self.further if disk.readable}
        if seen != book:
            text = json.dumps({"format": FORMAT, "disks": {name: str(place) for name, place in seen.items()}}) + "\n"
            durable.replace(self._data / _BOOK, text.encode())
            self.used = True


def _disk_of(name: str) -> str:
    """The further disk that a row's path begins with; empty for that of the data folder."""
    first = name.partition("/")[0]
    return first if first.startswith(PREFIX) else ""


class _ForeignError(Exception):
    """A folder is no disk of ours. Says why, and what to do."""


_BACK = "Connect it: its footage is then there again, but for what comes of age meanwhile."


def _look_at(place: Path, owner: str, book: dict[str, Path]) -> Disk:
    """What is found in a folder that is to be a disk of the data folder `owner`."""
    known = next((name for name, where in reversed(book.items()) if where == place), None)
    try:
        name = _marked(place, owner)
        if name is None:
            return _empty(place, known)
        read_only = _is_read_only(place)
    except _ForeignError as error:
        return Disk(place, DiskState.FOREIGN, why=f"The folder {place} is left alone: {error}")
    except OSError as error:
        words = "there is no such folder" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
        return Disk(place, DiskState.MISSING, known, f"The disk {place} is missing ({words}). {_BACK}")
    if not read_only:
        return Disk(place, DiskState.OK, name)
    why = f"The disk {place} can only be read: its footage is there, but nothing is kept or deleted. Check the disk, and whether we may write there."
    return Disk(place, DiskState.READ_ONLY, name, why)


def _empty(place: Path, known: str | None) -> Disk:
    """A folder with nothing in it: a new disk, but not where there was one and nothing is mounted now."""
    if known is None or os.path.ismount(place):
        why = f"The disk {place} is new and was not taken in: that folder must belong to the user that watchglass runs as."
        return Disk(place, DiskState.MISSING, why=why, new=True)
    why = f"The disk {place} is missing (its folder is empty, as where nothing is mounted). {_BACK} Of a new disk, name another folder."
    return Disk(place, DiskState.MISSING, known, why)


def parse_mark(data: bytes) -> tuple[int, uuid.UUID, uuid.UUID]:
    """Format, own UUID and that of the data folder. ValueError if it is none: a disk may come from anywhere."""
    if len(data) > _LARGEST_MARK:
        raise ValueError(f"{len(data)} bytes")
    try:
        value = json.loads(data)
        return int(value["format"]), uuid.UUID(value["uuid"]), uuid.UUID(value["data_folder"])
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("not what it should be") from error


def _marked(place: Path, owner: str) -> str | None:
    """The name of the disk in a folder; None if the folder is empty. OSError passes through."""
    try:
        descriptor = os.open(place / MARK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        strangers = _strangers(place)
        if strangers:
            words = f"it holds other things ({ascii(strangers[0][:60])[1:-1]}) and no {MARK}. Name an empty folder under disks."
            raise _ForeignError(words) from None
        return None
    try:
        number, identity, data = parse_mark(os.read(descriptor, _LARGEST_MARK + 1))
    except ValueError as error:
        raise _ForeignError(f"its {MARK} is damaged. Restore that file.") from error
    finally:
        os.close(descriptor)
    if number > FORMAT:
        raise _ForeignError("a newer watchglass wrote it. Update watchglass.")
    if str(data) != owner:
        raise _ForeignError(f"it is a disk of another recorder, of the data folder {data}. Name another folder.")
    # A link in their place, on a disk that was elsewhere meanwhile, would lead the sweep astray.
    if any((place / part).is_symlink() or not (place / part).is_dir() for part in PARTS):
        raise _ForeignError(f"{MARK} is there, but not {' and '.join(PARTS)}. Put these folders back.")
    return f"{PREFIX}{identity.hex[: NAME_LENGTH - len(PREFIX)]}"


def _strangers(place: Path) -> list[str]:
    """What else than a disk that was just being taken in is in a folder."""
    begun = {part for part in PARTS if (place / part).is_dir() and not any((place / part).iterdir())}
    names = {entry.name for entry in place.iterdir()} - _NO_STRANGERS - begun
    return sorted(name for name in names if not name.endswith(durable.PARTIAL))


def _is_read_only(place: Path) -> bool:
    return bool(os.statvfs(place).f_flag & os.ST_RDONLY) or not os.access(place, os.W_OK | os.X_OK)


def _take_in(place: Path, owner: str) -> None:
    """Make an empty folder a disk of the data folder `owner`. The mark comes last: with it the disk is whole."""
    try:
        if place.stat().st_uid != os.geteuid():  # a command of root's must not make what the recorder cannot use
            return
        place.chmod(0o700)
        for part in PARTS:
            durable.make_folders(place / part)
        text = json.dumps({"format": FORMAT, "uuid": str(uuid.uuid4()), "data_folder": owner}) + "\n"
        durable.replace(place / MARK, text.encode())
    except OSError as error:
        _log.warning("the disk %s cannot be taken in: %s", place, error)
    else:
        _log.info("footage is kept on the disk %s as well", place)
