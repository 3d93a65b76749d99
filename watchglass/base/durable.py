"""Writes that survive a power cut: the one place where files are created, synced, replaced and removed.

A file is only as durable as the folder that names it, so each change has two halves. Order of system calls:

- new file:  open(O_CREAT|O_EXCL)  write  fsync(file)  close  fsync(folder)
- replaced:  open(O_CREAT|O_EXCL) of a neighbour  write  fsync(file)  close  rename over the old one  fsync(folder)
- removed:   unlink  fsync(folder)
- folder:    mkdir  fsync(parent)

After fsync reports an error the kernel may have dropped the very pages it could not write and calls them clean
(https://wiki.postgresql.org/wiki/Fsync_Errors): nothing here calls fsync twice and believes the second answer.
"""

import contextlib
import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from watchglass.base.errors import CannotWriteError, DiskFullError, WatchglassError

PARTIAL = ".partial"
"""How the neighbour's name ends while a file is being replaced. One that is found later was never finished."""

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


class Files:
    """The system calls behind every durable write, one method each, so that a test can fail or stop at any of them."""

    def make_folder(self, path: Path, mode: int = 0o700) -> None:
        """Create one folder; one that is there already is left as it is."""
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=mode)

    def create(self, path: Path, mode: int = 0o600) -> int:
        """Create a file that must not exist; its descriptor, open for reading and writing, closed on exec."""
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, mode)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of `data`. On an error a part of it may have been written."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut the file to `size` bytes and stand at its end."""
        os.ftruncate(descriptor, size)
        os.lseek(descriptor, size, os.SEEK_SET)

    def sync(self, descriptor: int) -> None:
        """Wait until the file's bytes and size are on the disk."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Let go of the file, and of its lock."""
        os.close(descriptor)

    def sync_folder(self, path: Path) -> None:
        """Wait until names made in and removed from the folder are on the disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Give `source` the name `target`, replacing what had it, in one step."""
        source.replace(target)

    def remove_folder(self, path: Path) -> None:
        """Remove a folder, which must be empty."""
        path.rmdir()

    def overwrite(self, path: Path) -> None:
        """Write zeros over all of a file, in place, and wait until they are on the disk. FileNotFoundError if there is none."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def unlink(self, path: Path) -> None:
        """Remove the name; none there is fine, for the wish is met."""
        path.unlink(missing_ok=True)


DISK = Files()
"""The machine's own files."""


def write_error(error: OSError, what: str) -> WatchglassError:
    """The error a person reads. `what` names camera and file, as in `the view of camera 'Door' (/data/x.mp4)`."""
    if error.errno in _NO_SPACE:
        return DiskFullError(
            f"No space is left for {what}: free some space on that disk, or let watchglass keep fewer days."
        )
    reason = os.strerror(error.errno) if error.errno else str(error)
    return CannotWriteError(f"Cannot write {what}: {reason}. Check the disk and who owns that folder.")


def make_folders(path: Path, mode: int = 0o700, files: Files = DISK) -> None:
    """Create `path` and the parents it lacks, each durable before the next."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        files.make_folder(folder, mode)
        files.sync_folder(folder.parent)


def write_new(path: Path, data: bytes, mode: int = 0o600, files: Files = DISK) -> None:
    """A new file, durable on return. FileExistsError if the name is taken; a failed write leaves no file behind."""
    descriptor = files.create(path, mode)
    try:
        try:
            files.write(descriptor, data)
            files.sync(descriptor)
        finally:
            files.close(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            files.unlink(path)
        raise
    files.sync_folder(path.parent)


def replace(path: Path, data: bytes, mode: int = 0o600, files: Files = DISK) -> None:
    """Make `data` the content of `path`, durable on return. Readers see the old bytes or the new, never a mix."""
    neighbour = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")
    write_new(neighbour, data, mode, files)
    try:
        files.rename(neighbour, path)
    except OSError:
        with contextlib.suppress(OSError):
            files.unlink(neighbour)
        raise
    files.sync_folder(path.parent)


def remove(path: Path, files: Files = DISK) -> None:
    """Remove a file, durable on return. None there is fine."""
    files.unlink(path)
    if path.parent.is_dir():
        files.sync_folder(path.parent)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out while this one sets a folder up. The kernel lets go if we die (flock(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def lock(descriptor: int) -> None:
    """Take the lock of an open file, so that others see that its writer lives. Held until it is closed."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # waits for those who only look, which takes no time


def is_locked(path: Path) -> bool:
    """Whether a living process has the lock of a file. No file there is none; looking takes no time."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def try_lock(descriptor: int) -> bool:
    """Take the lock of an open file without waiting; False if a living process has it. Held until it is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
