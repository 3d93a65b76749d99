"""The catalogue: opened, migrated, and written in short transactions that several processes share.

Queries are SQLAlchemy Core alone, so that they run on PostgreSQL as well. What is SQLite's own stands here:
WAL so that readers and one writer do not wait for each other (https://www.sqlite.org/wal.html), `synchronous=FULL`
so that a committed row survives a power cut, and BEGIN IMMEDIATE for whatever will write: a transaction that began
as a reader and then writes gets SQLITE_BUSY at once when another process wrote between, however long the timeout.
"""

import contextlib
import importlib
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from watchglass.base import durable
from watchglass.base.errors import BadInputError, CannotWriteError, DiskFullError, NewerDataError, UsageError
from watchglass.store.folder import DataFolder

MIGRATIONS = str(Path(__file__).parent / "migrations")
ORIGINALS_MIGRATIONS = str(Path(__file__).parent / "originals_migrations")
BUSY_MS = 10_000

_STEP = re.compile(r"(\d{4})_\w+\.py")
_FULL = frozenset({"SQLITE_FULL"})
_BUSY = frozenset({"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY", "SQLITE_LOCKED"})
_DAMAGED = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB"})


Engine = sa.Engine
"""An opened catalogue, for those who hand it on and know no more of it."""


def open_database(folder: DataFolder, migrations: str = MIGRATIONS) -> sa.Engine:
    """The catalogue of `folder`, created or migrated to our schema. Before a migration a copy is kept beside it.

    NewerDataError if a newer watchglass wrote it, BadInputError if it is damaged, UsageError if it is another folder's.
    """
    return _opened(folder, folder.database, migrations)


def open_originals(folder: DataFolder, migrations: str = ORIGINALS_MIGRATIONS) -> sa.Engine:
    """The catalogue of sealed originals, apart from all others: who stops in the middle of a transaction there holds up
    no recording. As `open_database`.
    """
    return _opened(folder, folder.originals_database, migrations)


def _opened(folder: DataFolder, path: Path, migrations: str) -> sa.Engine:
    with errors(path), durable.locked(folder.root):  # one process migrates, the others wait
        _migrate(folder, path, migrations)
    return _engine(path)


@contextlib.contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that only reads: one consistent state of the catalogue."""
    with errors(_path(engine)), engine.connect() as connection:
        yield connection


@contextlib.contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes: committed at the end, undone by any exception. Keep it short: others wait for it."""
    with errors(_path(engine)), engine.execution_options(watchglass_writes=True).begin() as connection:
        yield connection


@contextlib.contextmanager
def errors(path: Path | str) -> Iterator[None]:
    """Turn what the database says of disk, locks and damage into a sentence for a person; the rest is our own fault."""
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        name = getattr(cause, "sqlite_errorname", "")
        if name in _FULL:
            raise DiskFullError(
                f"No space is left for the catalogue {path}: free some space on that disk, or let watchglass keep "
                "fewer days."
            ) from error
        if name in _BUSY:
            raise CannotWriteError(
                f"The catalogue {path} is locked by another program: close whatever else has that file open."
            ) from error
        if name in _DAMAGED:
            raise BadInputError(
                f"The catalogue {path} is damaged: stop watchglass and restore a backup of that file."
            ) from error
        if name.startswith(("SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            raise CannotWriteError(
                f"Cannot use the catalogue {path} ({cause}): check the disk and its owner."
            ) from error
        raise
    except OSError as error:
        raise durable.write_error(error, f"the catalogue {path}") from error


def _path(engine: sa.Engine) -> str:
    return engine.url.database or str(engine.url)


def _engine(path: Path, foreign_keys: bool = True) -> sa.Engine:
    url = sa.URL.create("sqlite", database=str(path))
    # Hidden: parameters, hashes among them, would be quoted in exceptions and logs.
    engine = sa.create_engine(url, poolclass=None if foreign_keys else NullPool, hide_parameters=True)

    def connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # No transactions of pysqlite's own making: it would begin late, and not at all for DDL.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {BUSY_MS}",
            "synchronous = FULL",
            f"foreign_keys = {'ON' if foreign_keys else 'OFF'}",
            "trusted_schema = OFF",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begun(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("watchglass_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    sa.event.listen(engine, "connect", connected)
    sa.event.listen(engine, "begin", begun)
    return engine


def revisions(migrations: str) -> list[str]:
    """Schemas to which the steps in a folder lead, oldest first: each is in the name of its file."""
    names = (_STEP.match(path.name) for path in (Path(migrations) / "versions").iterdir())
    return sorted(name[1] for name in names if name)


def _migrate(folder: DataFolder, path: Path, migrations: str) -> None:
    _create(path)
    current = _revision(path)
    _must_belong(folder, path)
    known = revisions(migrations)
    if current == known[-1]:
        return
    if current is not None:
        if current not in known:
            raise NewerDataError(
                f"The catalogue {path.name} in {folder.root} has schema {current}, written by a newer watchglass; this one knows "
                f"up to {known[-1]}: update watchglass, or stop it and put back the copy "
                f"{path.stem}-{known[-1]}{path.suffix} that was kept before the update."
            )
        _keep_copy(path, path.with_name(f"{path.stem}-{current}{path.suffix}"))
    # Foreign keys are off while tables are rebuilt (https://www.sqlite.org/lang_altertable.html) and proven after.
    engine = _engine(path, foreign_keys=False)
    with engine.execution_options(watchglass_writes=True).begin() as connection:
        importlib.import_module("watchglass.store.migrate").upgrade(connection, migrations, folder.uuid)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise BadInputError(
                f"The catalogue {path} could not be updated, a row of {broken[0]} has lost what it refers to: "
                "nothing was changed; keep using the version of watchglass that you had."
            )


def _create(path: Path) -> None:
    """An empty catalogue in WAL mode, which the file remembers. SQLite gives its side files the same permissions."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        durable.DISK.sync_folder(path.parent)
    path.chmod(0o600)
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_MS / 1000)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def _revision(path: Path) -> str | None:
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_MS / 1000)) as connection:
        table = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if table else None
    return row[0] if row else None


def _must_belong(folder: DataFolder, path: Path) -> None:
    """UsageError if the catalogue is another folder's: a disk that is mounted in the wrong place, a file that was copied.

    One from before catalogues knew of their folder belongs to the one it is in.
    """
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_MS / 1000)) as connection:
        table = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'data_folder'").fetchone()
        row = connection.execute("SELECT uuid FROM data_folder").fetchone() if table else None
    if row and row[0] != folder.uuid:
        raise UsageError(
            f"The catalogue {path} is that of the data folder {row[0]}, but {folder.root} is the data folder {folder.uuid}: "
            f"mount the right disk there, or put back this folder's own {path.name}; nothing was changed."
        )


def _keep_copy(path: Path, copy: Path) -> None:
    """Copy the catalogue, what is in its WAL included, under a name that is there only when the copy is whole."""
    partial = copy.with_name(f".{copy.name}{durable.PARTIAL}")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(partial)) as target,
        ):
            source.backup(target)
            # The copy must stand alone: no WAL beside it.
            target.execute("PRAGMA journal_mode = DELETE")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    durable.DISK.rename(partial, copy)
    durable.DISK.sync_folder(copy.parent)
