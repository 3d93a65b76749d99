"""Assets: models and footage that git does not hold. Each is known by its hash; what has another is never used.

Looked for in the folder that `WATCHGLASS_ASSETS` names, then in the user's cache, then in places where a package of
the system may have put it; only then downloaded, checked, and kept in the cache.
"""

import contextlib
import dataclasses
import errno
import hashlib
import io
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from watchglass.base.download import DebianFile, Progress, from_debian, from_url
from watchglass.base.errors import CannotWriteError, DiskFullError, UnreachableError, WatchglassError


@dataclasses.dataclass(frozen=True, slots=True)
class Content:
    """What a file must be: its size in bytes and its SHA-256."""

    size: int
    sha256: str


@dataclasses.dataclass(frozen=True, slots=True)
class Asset:
    """A model or footage. `also` are other contents known to be good that cannot be downloaded but may be found."""

    name: str
    size: int
    sha256: str
    licence: str
    urls: tuple[str, ...]
    note: str
    without: str  # a sentence: what still works when it is missing
    also: tuple[Content, ...] = ()
    debian: DebianFile | None = None

    def accepted(self) -> tuple[Content, ...]:
        """Every content that may be used under this name."""
        return (Content(self.size, self.sha256), *self.also)


PERSON_MODEL = Asset(
    name="yolox_nano.onnx",
    size=3_659_407,
    sha256="c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d",
    licence="Apache-2.0",
    urls=("https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx",),
    note="YOLOX-Nano by Megvii, trained on COCO: finds people, vehicles, animals and things; 416 x 416",
    without="Without it, protection is reduced: the built-in detector and the empty background keep people covered.",
    also=(Content(3_660_092, "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14"),),  # exported again
)

STREET_FOOTAGE = Asset(
    name="vtest.avi",
    size=8_131_690,
    sha256="45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf",
    licence="Apache-2.0 (OpenCV's samples); PETS 2009 research footage",
    urls=("https://raw.githubusercontent.com/opencv/opencv/4.x/samples/data/vtest.avi",),
    note="PETS 2009, view 1: 795 frames of 768 x 576, people crossing a yard, seen from a mast",
    without="Without it, the demo has nothing to show; name a video of your own with --footage.",
    debian=DebianFile("opencv-doc", "usr/share/doc/opencv-doc/examples/data/vtest.avi"),
)

MANIFEST = (PERSON_MODEL, STREET_FOOTAGE)


@dataclasses.dataclass(frozen=True, slots=True)
class Places:
    """Where assets may lie: `given` is searched with all folders in it, `cache` is ours to write to."""

    given: Path | None
    cache: Path
    system: Path = Path("/")

    @classmethod
    def of(cls, environment: Mapping[str, str], given: Path | None = None) -> "Places":
        """The places that settings (`given`, which goes first) and the environment name (XDG base directories)."""
        named = environment.get("WATCHGLASS_ASSETS")
        home = Path(environment.get("HOME") or "~").expanduser()
        caches = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
        return cls(given or (Path(named).expanduser() if named else None), caches / "watchglass" / "assets")


def find(asset: Asset, places: Places) -> Path | None:
    """Where the asset lies on this machine already; None when nowhere, or only under a wrong hash."""
    return next((path for path in _candidates(asset, places) if _is_accepted(asset, path)), None)


def mistaken(asset: Asset, places: Places) -> tuple[Path, ...]:
    """Files that have the asset's name but are not it, or were changed: never used, but worth a word."""
    return tuple(path for path in _candidates(asset, places) if not _is_accepted(asset, path))


def obtain(asset: Asset, places: Places, progress: Progress) -> Path:
    """The asset's path, downloaded first if need be.

    UnreachableError with a sentence on what is missing, why, and what still works; CannotWriteError and
    DiskFullError when the cache can't be written.
    """
    found = find(asset, places)
    if found is not None:
        return found
    reasons = [f"{path} is not the file it should be (its SHA-256 is another)" for path in mistaken(asset, places)]
    for way in _ways(asset, places.cache, progress):
        try:
            return way()
        except UnreachableError as error:
            reasons.append(error.sentence)
    where = f"put the file into a folder and set WATCHGLASS_ASSETS to it (SHA-256 {asset.sha256})"
    raise UnreachableError(f"{asset.name} is missing: {'; '.join(reasons)}. {asset.without} To have it, {where}.")


def _candidates(asset: Asset, places: Places) -> Iterator[Path]:
    if places.given is not None and places.given.is_dir():
        yield from sorted(path for path in places.given.rglob(asset.name) if path.is_file())
    cached = places.cache / asset.name
    if cached.is_file():
        yield cached
    if asset.debian is not None and (places.system / asset.debian.path).is_file():
        yield places.system / asset.debian.path


def _is_accepted(asset: Asset, path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _content(file) in asset.accepted()
    except OSError:  # not ours to read: as good as not there
        return False


def _content(file: io.BufferedReader | io.BufferedRandom) -> Content:
    digest = hashlib.file_digest(file, "sha256")
    return Content(file.tell(), digest.hexdigest())


class _Download:
    """One way to get an asset: written beside its place in the cache, checked, and only then moved there."""

    def __init__(self, asset: Asset, cache: Path, progress: Progress, source: str | DebianFile) -> None:
        self._asset = asset
        self._cache = cache
        self._progress = progress
        self._source = source

    def __call__(self) -> Path:
        with _writing(self._cache), tempfile.TemporaryDirectory(prefix=".part-", dir=self._cache) as folder:
            part = Path(folder) / self._asset.name
            with part.open("w+b") as target:
                self._fetch(target, Path(folder))
                target.flush()
                os.fsync(target.fileno())
                target.seek(0)
                if _content(target) != Content(self._asset.size, self._asset.sha256):
                    raise UnreachableError("what came has another SHA-256 than it should have, and was thrown away")
            return part.rename(self._cache / self._asset.name)

    def _fetch(self, target: IO[bytes], folder: Path) -> None:
        if isinstance(self._source, DebianFile):
            from_debian(self._source, target, self._asset.size, folder, self._progress)
        else:
            from_url(self._source, target, self._asset.size, self._progress)


def _ways(asset: Asset, cache: Path, progress: Progress) -> Iterator[_Download]:
    for url in asset.urls:
        yield _Download(asset, cache, progress, url)
    if asset.debian is not None:
        yield _Download(asset, cache, progress, asset.debian)


@contextlib.contextmanager
def _writing(cache: Path) -> Iterator[None]:
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield
    except WatchglassError:
        raise
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFullError(
                f"No space is left in {cache}. Free some, or set XDG_CACHE_HOME to another disk."
            ) from error
        raise CannotWriteError(
            f"{cache} cannot be written ({error.strerror}). Set XDG_CACHE_HOME to another folder."
        ) from error
