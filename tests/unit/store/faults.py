"""A disk that fails where a test says: the system calls of `durable.Files`, counted, with four ways to go wrong."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from watchglass.base.durable import Files


class KilledError(BaseException):
    """Stands for kill -9 and for the power going: nothing of ours handles it, and nothing is done after it."""


class FaultyFiles(Files):
    """Real files until step `at` (from 1; 0 never), where `fault` says what happens.

    - `kill`: the process is gone. What was written is in the file.
    - `full`: no space from that step on, until `mend`; a write gets half of its bytes in.
    - `error`: that one step fails with EIO; a write gets half of its bytes in.
    """

    def __init__(self, at: int = 0, fault: str = "kill") -> None:
        self.at, self.fault = at, fault
        self.steps: list[str] = []
        self.dead = False
        self._open: set[int] = set()

    def watch(self, engine: sa.Engine) -> None:
        """Let commits of this engine count as steps at which we may be killed; other faults are the files' alone."""
        if self.fault == "kill":
            sa.event.listen(engine, "commit", lambda _connection: self._step("commit"))

    def mend(self) -> None:
        """From here on nothing fails."""
        self.at = 0

    def let_go(self) -> None:
        """What the kernel does for a process that was killed: close its files, which frees their locks."""
        for descriptor in self._open:
            os.close(descriptor)
        self._open.clear()

    def _step(self, what: str, half: Callable[[], object] = lambda: None) -> None:
        if self.dead:
            raise KilledError
        self.steps.append(what)
        number = len(self.steps)
        if not self.at or number < self.at:
            return
        if self.fault == "kill":
            half()
            self.dead = True
            raise KilledError
        if self.fault == "full" and what not in {"unlink", "remove_folder", "truncate"}:
            half()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.fault == "error" and number == self.at:
            half()
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def make_folder(self, path: Path, mode: int = 0o700) -> None:
        self._step("make_folder")
        super().make_folder(path, mode)

    def create(self, path: Path, mode: int = 0o600) -> int:
        self._step("create")
        descriptor = super().create(path, mode)
        self._open.add(descriptor)
        return descriptor

    def close(self, descriptor: int) -> None:
        if self.dead:
            raise KilledError
        self._open.discard(descriptor)
        super().close(descriptor)

    def write(self, descriptor: int, data: bytes) -> None:
        self._step("write", lambda: Files.write(self, descriptor, data[: len(data) // 2]))
        super().write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        self._step("truncate")
        super().truncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        self._step("sync")

    def sync_folder(self, path: Path) -> None:
        self._step("sync_folder")

    def rename(self, source: Path, target: Path) -> None:
        self._step("rename")
        super().rename(source, target)

    def overwrite(self, path: Path) -> None:
        if not path.exists():
            raise FileNotFoundError(path)
        self._step("overwrite")
        super().overwrite(path)

    def unlink(self, path: Path) -> None:
        self._step("unlink")
        super().unlink(path)

    def remove_folder(self, path: Path) -> None:
        if any(path.iterdir()):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
        self._step("remove_folder")
        super().remove_folder(path)


class PowerCutFiles(FaultyFiles):
    """Files on a disk that keeps only what it was made to sync: `cut` takes the rest away, as POSIX allows."""

    def __init__(self, at: int = 0) -> None:
        super().__init__(at, "kill")
        self._synced: dict[Path, bytes] = {}
        self._made: set[Path] = set()
        self._gone: dict[Path, bytes] = {}

    def make_folder(self, path: Path, mode: int = 0o700) -> None:
        fresh = not path.exists()
        super().make_folder(path, mode)
        if fresh:
            self._made.add(path)

    def create(self, path: Path, mode: int = 0o600) -> int:
        descriptor = super().create(path, mode)
        self._made.add(path)
        self._synced[path] = b""
        return descriptor

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        self._synced[path] = path.read_bytes()

    def sync_folder(self, path: Path) -> None:
        super().sync_folder(path)
        self._made = {made for made in self._made if made.parent != path}
        self._gone = {gone: content for gone, content in self._gone.items() if gone.parent != path}

    def overwrite(self, path: Path) -> None:
        super().overwrite(path)
        self._synced[path] = path.read_bytes()

    def unlink(self, path: Path) -> None:
        content = self._synced.get(path) or (path.read_bytes() if path.exists() else None)
        super().unlink(path)
        if path not in self._made and content is not None:
            self._gone[path] = content

    def revive(self, at: int = 0) -> None:
        """A new process on the same disk, which was not cut: it stops at its own step `at` (0 never)."""
        self.let_go()
        self.dead, self.at = False, len(self.steps) + at if at else 0

    def cut(self, tail: str) -> None:
        """Lose what was not synced: names made and removed, and bytes.

        Those are `lost`, or have `holes`: of two blocks of the disk one was written, the other reads as zeros.
        """
        self.let_go()
        for path, content in self._synced.items():
            if path.exists():
                path.write_bytes(_after_a_cut(content, path.read_bytes(), tail))
        for path in self._made:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        for path, content in self._gone.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _after_a_cut(synced: bytes, written: bytes, tail: str) -> bytes:
    if tail == "lost" or len(written) <= len(synced):
        return synced
    after = bytearray(len(written))
    for at in range(0, len(written), 8192):
        after[at : at + 4096] = written[at : at + 4096]
    after[: len(synced)] = synced
    return bytes(after)
