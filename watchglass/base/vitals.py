"""What each of our processes costs: descriptors, threads, memory, CPU time, told by itself in a file of the run folder.

By itself, for nobody else may look: processes that hold raw pictures or passwords are closed to other processes of the same
user (`forbid_core_dumps`), and with them /proc/<pid>/fd. What is read is /proc/self/fd (names of descriptors, for what
kind they are), /proc/self/stat (fields 14, 15 and 20) and /proc/self/statm (field 2); proc_pid_stat(5), proc_pid_statm(5).
"""

import contextlib
import dataclasses
import json
import os
import threading
from pathlib import Path
from typing import Any, Final

from watchglass.base.clock import MICROSECONDS, Clock, WallUs

EVERY: Final = 10.0  # seconds between two reports
BELIEVED_US: Final = (
    3 * round(EVERY) * MICROSECONDS
)  # a process that has not told anything for so long says nothing now

_SELF: Final = Path("/proc/self")


@dataclasses.dataclass(frozen=True, slots=True)
class Vitals:
    """One process at one moment. `files` are open descriptors that are no sockets: files, pipes and the like."""

    at: WallUs
    pid: int
    sockets: int
    files: int
    threads: int
    resident_bytes: int
    cpu_seconds: float


def measure(at: WallUs, process: Path = _SELF) -> Vitals:
    """What this process has and has used. OSError where there is no /proc."""
    sockets = files = 0
    for entry in (process / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile, such as the one that reads this folder
            if str(entry.readlink()).startswith("socket:"):
                sockets += 1
            else:
                files += 1
    # The second field is a name in parentheses, in which anything may be.
    pid, _, rest = (process / "stat").read_text(encoding="utf-8", errors="replace").partition(" ")
    fields = rest.rpartition(")")[2].split()  # from field 3 on
    ticks = int(fields[11]) + int(fields[12])
    pages = int((process / "statm").read_text(encoding="ascii").split()[1])
    return Vitals(
        at=at,
        pid=int(pid),
        sockets=sockets,
        files=files,
        threads=int(fields[17]),
        resident_bytes=pages * os.sysconf("SC_PAGE_SIZE"),
        cpu_seconds=ticks / os.sysconf("SC_CLK_TCK"),
    )


def place(run: Path, name: str) -> Path:
    """Where the process `name` tells of itself."""
    return run / f"vitals-{name}.json"


def tell(run: Path, name: str, clock: Clock) -> None:
    """Tell once. OSError where that cannot be done."""
    publish(place(run, name), dataclasses.asdict(measure(clock.wall_us())))


def publish(path: Path, value: object) -> None:
    """Put what is so at the moment, as JSON, in place of what was. OSError where that cannot be done."""
    neighbour = path.with_suffix(".partial")
    # Not synced: after a power cut it would tell of a process that is no more.
    descriptor = os.open(neighbour, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(json.dumps(value))
    neighbour.replace(path)


def keep_telling(run: Path, name: str, clock: Clock, stop: threading.Event) -> None:
    """Tell again and again, on a thread of its own that ends with the process. A full disk only makes it fall silent."""

    def work() -> None:
        while True:
            with contextlib.suppress(OSError):
                tell(run, name, clock)
            if clock.wait(stop, EVERY):
                return

    threading.Thread(target=work, name="vitals", daemon=True).start()


def heard(run: Path, name: str, now: WallUs) -> Vitals | None:
    """What the process `name` told last; None when it told nothing lately, or something else."""
    try:
        told: Any = json.loads(place(run, name).read_bytes())
        whole = {name: int(told[name]) for name in ("pid", "sockets", "files", "threads", "resident_bytes")}
        vitals = Vitals(at=WallUs(int(told["at"])), cpu_seconds=float(told["cpu_seconds"]), **whole)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return vitals if abs(now - vitals.at) <= BELIEVED_US else None
