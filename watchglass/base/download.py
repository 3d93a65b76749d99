"""Getting a file from elsewhere: over HTTPS, or out of a Debian package. Nothing here is trusted: assets checks it all."""

import contextlib
import dataclasses
import http.client
import os
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from watchglass.base.errors import UnreachableError

CONNECT_SECONDS = 5.0  # a machine without internet must not be held up; also the longest silence in a download
UPDATE_SECONDS = 120.0  # Debian's package lists are some 10 MB
_BLOCK = 256 * 1024

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is (bytes, or 0 to 100 of 100)."""


@dataclasses.dataclass(frozen=True, slots=True)
class DebianFile:
    """A file inside a Debian package: `path` from the root, without a leading slash."""

    package: str
    path: str


def from_url(url: str, target: IO[bytes], size: int, progress: Progress) -> None:
    """Copy what `url` answers into `target`. UnreachableError when it can't be had, or is more than `size` bytes."""
    host = url.split("/")[2]
    try:
        with urllib.request.urlopen(url, timeout=CONNECT_SECONDS) as answer:  # noqa: S310 - from our own manifest only
            _copy(answer, target, size, progress, f"downloading from {host}")
    except urllib.error.HTTPError as error:
        raise UnreachableError(f"{host} answered {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(f"{host} cannot be reached") from error


def _copy(source: IO[bytes], target: IO[bytes], size: int, progress: Progress, what: str) -> None:
    done = 0
    progress(what, done, size)
    while block := source.read(_BLOCK):
        done += len(block)
        if done > size:
            raise UnreachableError(f"what came is larger than the {size} bytes that it should be")
        target.write(block)
        progress(what, done, size)


def from_debian(wanted: DebianFile, target: IO[bytes], size: int, folder: Path, progress: Progress) -> None:
    """Copy one file out of a Debian package into `target`: needs no root, but Debian's package lists.

    The package is downloaded into `folder` and removed again. With lists missing and as root, they are updated
    first. UnreachableError with the reason when it can't be had.
    """
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise UnreachableError(f"Debian's package {wanted.package} cannot be had on a system that is not Debian")
    package = _package(wanted.package, folder, progress)
    try:
        with _unpacked(package) as archive, archive.open_member(wanted.path) as source:
            _copy(source, target, size, progress, f"unpacking {wanted.package}")
    finally:
        package.unlink(missing_ok=True)


def _package(name: str, folder: Path, progress: Progress) -> Path:
    if not _apt_download(name, folder, progress):
        if os.geteuid() != 0:
            raise UnreachableError(
                f"apt-get cannot download Debian's package {name} (`sudo apt-get update` may help, and needs internet)"
            )
        progress("updating Debian's package lists", 0, 0)
        with contextlib.suppress(subprocess.TimeoutExpired):
            _quietly(["apt-get", "-o", "Acquire::Retries=0", "update"], folder, timeout=UPDATE_SECONDS)
        if not _apt_download(name, folder, progress):
            raise UnreachableError(f"apt-get cannot download Debian's package {name} (is there internet?)")
    return next(folder.glob(f"{name}_*.deb"))


def _apt_download(name: str, folder: Path, progress: Progress) -> bool:
    """Whether the package lies in `folder` now. apt writes `dlstatus:<n>:<percent>:<words>` lines (apt.conf(5))."""
    reading, writing = os.pipe()
    command = ["apt-get", "-o", f"APT::Status-Fd={writing}", "-o", "Acquire::Retries=0"]
    command += ["-o", f"Acquire::http::Timeout={CONNECT_SECONDS:.0f}", "download", name]
    with os.fdopen(reading, encoding="utf-8", errors="replace") as status:
        try:
            apt = subprocess.Popen(
                command,
                cwd=folder,
                env=_plain_environment(),
                pass_fds=[writing],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        finally:
            os.close(writing)
        with apt:
            for line in status:
                kind, _, rest = line.partition(":")
                if kind == "dlstatus":
                    progress(f"downloading Debian's {name}", _percent(rest), 100)
    return apt.returncode == 0 and any(folder.glob(f"{name}_*.deb"))


def _percent(rest: str) -> int:
    try:
        return min(100, max(0, int(float(rest.split(":")[1]))))
    except (IndexError, ValueError):  # another version of apt says it otherwise: no reason to stop
        return 0


class _Archive:
    """The files of a package, as a tar stream that is read once from front to end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="r|")  # noqa: SIM115 - ends with its stream

    def open_member(self, path: str) -> IO[bytes]:
        """The file at `path`; UnreachableError when the package has no such file."""
        for member in self._tar:
            if member.name.removeprefix("./") == path and member.isfile():
                source = self._tar.extractfile(member)
                if source is not None:
                    return source
        raise UnreachableError(f"{path} is not in the package any more")


@contextlib.contextmanager
def _unpacked(package: Path) -> Iterator[_Archive]:
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    unpack = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with unpack:
        assert unpack.stdout is not None  # noqa: S101 - PIPE was asked for
        try:
            yield _Archive(unpack.stdout)
        except (tarfile.TarError, EOFError) as error:
            raise UnreachableError(f"{package.name} cannot be unpacked") from error
        finally:
            unpack.kill()  # the file may lie before the end: the rest is of no interest


def _quietly(command: list[str], folder: Path, timeout: float) -> None:
    subprocess.run(
        command,
        cwd=folder,
        env=_plain_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=timeout,
        check=False,
    )


def _plain_environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
