"""A catalogue as it is after a month: how soon it records again, and how long a timeline takes.

    python -m benchmarks.catalogue [--segments N] [--cameras C]

Two data folders are made, each with rows that recorders would have written, and taken away at the end. In the first, sixteen
cameras have a million segments, half of them views and half originals, with a file for each (and one of shares for each
original): empty ones, for what has a row is not read when watchglass starts. Cameras are real RTSP streams. `watchglass up` is
started, killed with SIGKILL while it records, and started again. In the second a hundred cameras have 30 days of views each;
there are no files, for no timeline reads one. Timelines are those of the console, as JSON.
"""

import argparse
import contextlib
import dataclasses
import datetime as dt
import functools
import itertools
import os
import random
import signal
import sqlite3
import statistics
import tempfile
import threading
import time
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

from benchmarks import footage as assets
from benchmarks.table import Row
from tests import footage
from tests.rtsp import RtspServer, why_not
from tests.running import Watchglass
from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import MICROSECONDS, SystemClock, WallUs
from watchglass.base.errors import MissingInputError
from watchglass.cli.progress import Report, reporting
from watchglass.console.context import Console
from watchglass.console.figures import kinds
from watchglass.console.shapes import Span
from watchglass.console.timeline import timeline
from watchglass.model.camera import Source, SourceKind
from watchglass.seal.identity import Identity
from watchglass.settings import Settings
from watchglass.store import kept
from watchglass.store.database import open_database, open_originals
from watchglass.store.shelf import ORIGINALS, VIEWS, Shelf

STARTED, SEGMENTS, STARTS = 16, 1_000_000, 5
CAMERAS, DAYS, TIMELINES = 100, 30, 1000
MOST_START, MOST_QUERY = 3.0, 0.050  # seconds

_MINUTE = 60 * MICROSECONDS
_OUTAGE = 20 * MICROSECONDS
_STEADY, _POOR, _POOR_SHARE = 360, 30, 20  # minutes between reconnects; every so manieth camera is a poor one
_BATCH = 100_000
_READY = 90.0  # seconds
_WHILE = 4.0  # seconds for which it records before it is killed


@dataclasses.dataclass(frozen=True, slots=True)
class Start:
    """Seconds from the command to the first frame that is kept, and to the first fragment on disk: of the last camera."""

    kept: float
    written: float


def rows(tell: Report, segments: int = SEGMENTS, cameras: int = CAMERAS) -> list[Row]:
    """All figures."""
    load = f"load average before: {os.getloadavg()[0]:.2f}"
    with tempfile.TemporaryDirectory() as folder:
        starts, swept = _starts(Path(folder), segments, tell)
    with tempfile.TemporaryDirectory() as folder:
        single, every = _timelines(Path(folder), cameras, tell)
    first, worst = max(one.kept for one in starts), percentile(single, 0.95)
    return [
        Row(
            f"start to recording, {STARTED} cameras, {segments:,} segments",
            f"{statistics.median(one.kept for one in starts):.2f} s in the middle, {first:.2f} s at most ({load})",
            f"<= {MOST_START:g} s",
            first <= MOST_START,
        ),
        Row("... until all have a fragment on disk", f"{max(one.written for one in starts):.2f} s at most", "", True),
        Row("looking at every file, in the background", f"{swept:.1f} s", "", True),
        Row(
            f"timeline of {DAYS} days, {cameras} cameras in the catalogue",
            f"p50 {_ms(percentile(single, 0.5))}, p95 {_ms(worst)}, at most {_ms(max(single))}",
            f"p95 <= {_ms(MOST_QUERY)}",
            worst <= MOST_QUERY,
        ),
        Row(f"... of all {cameras} cameras, one after the other", _ms(statistics.median(every)), "", True),
    ]


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


# ---- a month of rows


def _starts_of(minutes: int, until: WallUs) -> range:
    last = until - until % _MINUTE
    return range(last - minutes * _MINUTE, last, _MINUTE)


def _ends(camera: int, start: int) -> int:
    """A segment lasts a minute, but for one before the camera is away for a while."""
    every = _POOR if camera % _POOR_SHARE == 0 else _STEADY
    return start + _MINUTE - (_OUTAGE if start // _MINUTE % every == camera % every else 0)


def fill(database: Path, shelf: Shelf, cameras: Sequence[int], minutes: int, until: WallUs, tell: Report) -> None:
    """Rows of closed segments and gaps as the cameras' recorders would have written them, minute by minute."""
    made = _rows(shelf, cameras, _starts_of(minutes, until))
    total, done = minutes * len(cameras), 0
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        while batch := list(itertools.islice(made, _BATCH)):
            tell(f"making {total:,} segments", done, total)
            connection.execute("BEGIN")
            connection.executemany(
                f"INSERT INTO {shelf.segments.name} (camera, run, state, start_us, end_us, path, size, sha256)"  # noqa: S608 - a name of ours
                " VALUES (?, '0123456789abcdef', 'closed', ?, ?, ?, 0, ?)",
                batch,
            )
            away = [(camera, end, start + _MINUTE) for camera, start, end, *_ in batch if end < start + _MINUTE]
            connection.executemany(
                f"INSERT INTO {shelf.gaps.name} (camera, start_us, end_us, cause, detail)"  # noqa: S608 - the same
                " VALUES (?, ?, ?, 'network', 'The stream was interrupted.')",
                away,
            )
            connection.execute("COMMIT")
            done += len(batch)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _rows(shelf: Shelf, cameras: Sequence[int], starts: range) -> Iterator[tuple[int, int, int, str, str]]:
    place = "originals" if shelf.shares else "views"
    digest = "0" * 64
    for start in starts:
        moment = dt.datetime.fromtimestamp(start / MICROSECONDS, dt.UTC)
        for camera in cameras:
            name = f"{moment:%Y%m%d}/{moment:%H%M%S}-{camera:08x}{shelf.form.suffix}"
            yield camera, start, _ends(camera, start), f"{place}/{camera}/{name}", digest


def _touch(machine: Machine, shelf: Shelf, cameras: Sequence[int], starts: range, tell: Report) -> None:
    """An empty file for each row, and one of shares for each original."""
    total, files = len(cameras) * len(starts), _rows(shelf, cameras, starts)
    for made, (_, _, _, inside, _) in enumerate(files):
        path = machine.folder.root / inside
        for one in (path, shelf.shares_of(machine.folder, path)):
            if one is not None:
                _create(one)
        if made % 10_000 == 0:
            tell(f"making {total:,} files", made, total)


def _create(path: Path) -> None:
    flags = os.O_CREAT | os.O_WRONLY
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True)
        descriptor = os.open(path, flags, 0o600)
    os.close(descriptor)


# ---- start to recording


def _starts(folder: Path, segments: int, tell: Report) -> tuple[list[Start], float]:
    if reason := why_not():
        raise MissingInputError(f"There can be no RTSP cameras on this machine: {reason}.")
    clip = footage.make(folder / "street.mp4", frames=2400, rate=10, gop=10)
    with RtspServer({f"/{number}": clip for number in range(STARTED)}) as server:
        machine = open_machine(Settings(folder / "data"), SystemClock())
        for number in range(2):
            machine.custodians.add(f"Custodian {number}", Identity.generate().recipient)
        known = [
            machine.cameras.add(f"Camera {number}", Source(SourceKind.RTSP, server.url(f"/{number}"))).id
            for number in range(STARTED)
        ]
        minutes = segments // (2 * STARTED)
        until = machine.clock.wall_us()
        for shelf, engine, database in (
            (VIEWS, open_database(machine.folder), machine.folder.database),
            (ORIGINALS, open_originals(machine.folder), machine.folder.originals_database),
        ):
            fill(database, shelf, known, minutes, until, tell)
            kept.renew(engine, shelf)
            engine.dispose()
            _touch(machine, shelf, known, _starts_of(minutes, until), tell)
        os.sync()
        found = []
        for number in range(STARTS):
            tell("starting", number, STARTS)
            found.append(_start(folder / "data", machine, known))
        return found, _timed(lambda: _look(machine))


def _look(machine: Machine) -> None:
    machine.views.sweep(machine.clock.wall_us())
    machine.originals.sweep(machine.clock.wall_us())


def _start(data: Path, machine: Machine, cameras: Sequence[int]) -> Start:
    """Start everything, wait until all cameras are recorded, kill it."""
    last = _newest(machine)
    system = Watchglass(data, assets=assets.model_folder())
    seen: dict[int, float] = {}
    began, wall = time.monotonic(), machine.clock.wall_us()
    watching = threading.Thread(target=_watch, args=(machine, last, len(cameras), began, seen), daemon=True)
    watching.start()
    with system:
        watching.join(_READY)
        time.sleep(_WHILE)
        os.kill(system.process.pid, signal.SIGKILL)  # its processes go with it
        system.process.wait(30)
    if set(seen) != set(cameras):
        raise TimeoutError(f"only cameras {sorted(seen)} are recorded: {system.log()}")
    found = (machine.originals.segments(camera, wall, WallUs(1 << 60)) for camera in cameras)
    first = (min(one.start for one in segments if one.id > last) for segments in found)
    return Start((max(first) - wall) / MICROSECONDS, max(seen.values()))


def _newest(machine: Machine) -> int:
    with contextlib.closing(sqlite3.connect(machine.folder.originals_database)) as connection:
        return int(connection.execute("SELECT max(id) FROM originals").fetchone()[0] or 0)


def _watch(machine: Machine, last: int, count: int, began: float, seen: dict[int, float]) -> None:
    """When each camera's row is there, which is right before its first fragment."""
    query = "SELECT DISTINCT camera FROM originals WHERE id > ?"
    with contextlib.closing(sqlite3.connect(machine.folder.originals_database, timeout=10)) as connection:
        while len(seen) < count and time.monotonic() - began < _READY:
            for (camera,) in connection.execute(query, (last,)).fetchall():
                seen.setdefault(camera, time.monotonic() - began)
            time.sleep(0.05)


# ---- timelines


def _timelines(folder: Path, cameras: int, tell: Report) -> tuple[list[float], list[float]]:
    machine = open_machine(Settings(folder / "data"), SystemClock())
    known = [
        machine.cameras.add(f"Camera {number}", Source(SourceKind.RTSP, f"rtsp://192.0.2.1/{number}")).id
        for number in range(cameras)
    ]
    end = machine.clock.wall_us()
    fill(machine.folder.database, VIEWS, known, DAYS * 1440, end, tell)
    engine = open_database(machine.folder)
    kept.renew(engine, VIEWS)
    engine.dispose()
    stores = {"cameras": machine.cameras, "views": machine.views, "kinds": kinds(machine.views, machine.originals)}
    console = cast("Console", types.SimpleNamespace(**stores))
    span = Span(WallUs(end - DAYS * 1440 * _MINUTE), end)

    def ask(camera: int) -> None:
        answer = timeline(camera, span, console)
        assert answer.kept
        answer.model_dump_json()

    dice = random.Random(1)  # noqa: S311 - cameras, no secrets
    ask(known[0])
    single = []
    for number in range(TIMELINES):
        tell("asking for timelines", number, TIMELINES)
        camera = dice.choice(known)
        single.append(_timed(functools.partial(ask, camera)))

    def ask_all() -> None:
        for camera in known:
            ask(camera)

    return single, [_timed(ask_all) for _ in range(5)]


def _timed(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", type=int, default=SEGMENTS)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    options = parser.parse_args()
    with reporting() as tell:
        found = rows(tell, options.segments, options.cameras)
    for row in found:
        print(f"{row.what}: {row.figure}  ({row.target or 'no target'})")


if __name__ == "__main__":
    main()
