"""Files that no row names: after a kill, or after the catalogue was put back from a backup. They go, or are taken in again."""

import contextlib
import logging
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.record import SegmentState
from watchglass.store import schema
from watchglass.store.database import reading, writing
from watchglass.store.recovery import Store, batches, destroy_shares, settle, sync_emptied

_log = logging.getLogger(__name__)

_FEW = 10  # files that go while a transaction keeps others from writing
_CAMERA = re.compile(r"[1-9][0-9]{0,17}")
_OURS = re.compile(r"(\d{6})-[0-9a-f]{8}")
_LOOK = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def sweep(store: Store, since: WallUs | None = None) -> None:
    """Deal with files that no row names. With `since`, a moment before anything records, it may run beside all that does.

    A segment's row is there before its first fragment is. So a file without a row and without a fragment is one that
    was just being made: it goes. One with fragments means that the catalogue is older than the files, as after a
    backup was put back: if its camera is known it gets a row, so that nothing recorded is lost and retention finds it.

    What is newer than `since` is left alone. As clocks may be set, nothing hangs on that: a file goes only while we hold
    its lock and no row names it, and shares while nobody can add a row; whoever begins a segment looks for both after.
    """
    store.folder.disks.look()
    for path in orphans(store, changeable=True):
        if since is not None and _is_newer(path, since):
            continue
        start = _adoptable(store, path)
        if start is None and store.shelf.shares and not _was_being_made(store, path):
            # A disk that cannot be read, a newer format, an older catalogue: whatever it is, it will not come again.
            _log.warning("%s belongs to no segment and is left as it is: it may be worth something", path)
        elif start is None:
            _remove_orphan(store, path)
        else:
            _adopt(store, path, start)
    _sweep_shares(store, since)


def _is_newer(path: Path, since: WallUs) -> bool:
    try:
        return path.lstat().st_ctime_ns >= since * 1000
    except OSError:  # it is gone, or nobody can look at it
        return True


def _remove_orphan(store: Store, path: Path) -> None:
    descriptor = None
    with contextlib.suppress(OSError):  # a link, or one that cannot be read: nobody is making that
        descriptor = os.open(path, _LOOK)
    try:
        if (descriptor is not None and not durable.try_lock(descriptor)) or _known(store, [path]):
            return  # somebody is about to make it
        destroy_shares(store, path)
        store.files.unlink(path)
        sync_emptied(store, path.parent)
        _log.warning("%s belonged to no segment and was removed", path)
    except OSError as error:
        _log.warning("%s belongs to no segment and cannot be removed: %s", path, error)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _sweep_shares(store: Store, since: WallUs | None) -> None:
    lost = lost_shares(store)
    old = sorted(path for path in lost if since is None or not _is_newer(path, since))
    for first in range(0, len(old), _FEW):
        batch = old[first : first + _FEW]
        with writing(store.engine):  # nobody's row comes between the look and the removal; nobody waits long, either
            unclaimed = lost_shares(store, batch)
            for path in sorted(unclaimed):
                try:
                    store.files.unlink(path)
                    sync_emptied(store, path.parent)
                    _log.warning("%s opened no segment and was removed", path)
                except OSError as error:
                    _log.warning("%s opens no segment and cannot be removed: %s", path, error)


def lost_shares(store: Store, among: Iterable[Path] | None = None) -> set[Path]:
    """Shares that were made for a segment which never came to be: they are durable before its file is there.

    Where there is a row the file is elsewhere, on a disk that is not mounted perhaps, and the shares are all that opens it.
    """
    if not store.shelf.shares:
        return set()
    found: set[Path] = set()
    disks = store.folder.disks
    for shares in [sorted(among)] if among is not None else _by_folder(store.folder.shares):
        sealed = {store.shelf.sealed_by(store.folder, path): path for path in shares}
        known = _named(store, sealed)
        disks.look()  # before and after: its disk may be back, or have gone, just now
        lost = {name for name in sealed.keys() - known if _is_missing(disks.path(name))}
        found |= {sealed[name] for name in lost if not disks.is_away(name, anew=True)}
    return found


def _by_folder(place: Path) -> Iterator[list[Path]]:
    """All files under `place`, a folder's at a time: there may be millions. What has no name of ours is not looked at."""
    for top, folders, names in os.walk(place):
        folders[:] = [name for name in folders if name.isascii()]  # whatever else was put on a disk that was elsewhere
        if ours := [Path(top) / name for name in sorted(names) if name.isascii()]:
            yield ours


def _known(store: Store, paths: Iterable[Path]) -> set[Path]:
    """Those of these paths that a row names."""
    inside = {store.folder.disks.name(path): path for path in paths}
    return {inside[name] for name in _named(store, inside)}


def _named(store: Store, names: Iterable[str]) -> set[str]:
    """Those of these that a row has for its path."""
    table, found = store.table, set()
    for batch in batches(list(names)):
        with reading(store.engine) as connection:
            found |= set(connection.execute(sa.select(table.c.path).where(table.c.path.in_(batch))).scalars())
    return found


def _is_missing(path: Path) -> bool:
    """Whether there is no such file; of one that cannot be looked at nobody knows."""
    try:
        path.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def _was_being_made(store: Store, path: Path) -> bool:
    """Whether a file without a row is what is left of one that was just being made: a beginning, and no fragment."""
    try:
        with path.open("rb") as file:
            return store.shelf.form.is_beginning(file)
    except OSError:
        return False


def orphans(store: Store, *, changeable: bool = False) -> Iterator[Path]:
    """Files of this kind, on all disks or on those that can be changed, that no row names and no living writer is making."""
    disks = store.folder.disks
    for disk in disks.usable if changeable else disks.readable:
        for paths in _by_folder(disk.root / store.shelf.part):
            yield from unclaimed(store, paths)


def unclaimed(store: Store, paths: Iterable[Path]) -> list[Path]:
    """Those of these files that are orphans at this moment."""
    some = list(paths)
    known = _known(store, some)
    return [path for path in some if path not in known and not _alive(path) and not _is_missing(path)]


def _alive(path: Path) -> bool:
    try:
        descriptor = os.open(path, _LOOK)
    except OSError:
        return False
    try:
        return not durable.try_lock(descriptor)
    finally:
        os.close(descriptor)


def _adoptable(store: Store, path: Path) -> WallUs | None:
    """When a file of ours that lost its row began, to the second if only its name says so; None if it is not worth a row."""
    match = _OURS.fullmatch(path.stem)
    parts = _inside(store, path)
    ours = (
        match is not None
        and path.suffix == store.shelf.form.suffix
        and len(parts) == 3
        and bool(_CAMERA.fullmatch(parts[0]))
    )
    if match is None or not ours or path.is_symlink():
        return None
    try:
        named = datetime.strptime(parts[1] + match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        with path.open("rb") as file:
            extent = store.shelf.form.extent(file)
    except (OSError, ValueError):
        return None
    if not extent.footage:
        return None
    with reading(store.cameras) as connection:
        table = schema.cameras
        known = connection.execute(sa.select(table.c.id).where(table.c.id == int(parts[0]))).first()
    start = extent.start if extent.start is not None else WallUs(int(named.timestamp()) * MICROSECONDS)
    return start if known else None


def _adopt(store: Store, path: Path, start: WallUs) -> None:
    camera = int(_inside(store, path)[0])
    row = {
        "camera": camera,
        "run": f"found-{secrets.token_hex(4)}",  # a run of its own: nothing says what it followed
        "state": SegmentState.OPEN.value,
        "start_us": start,
        "end_us": start,
        "path": store.folder.disks.name(path),
        "size": 0,
    }
    with writing(store.engine) as connection:
        connection.execute(sa.insert(store.table).values(row))
    _log.warning("%s had lost its row in the catalogue and was taken in again", path)
    settle(store, camera)


def _inside(store: Store, path: Path) -> tuple[str, ...]:
    """Camera, day and file name, as a rule."""
    return store.shelf.inside(store.folder.disks.name(path))[1].parts
