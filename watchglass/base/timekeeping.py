"""How the machine's own clock is kept: whether a time server sets it, whether it was set by a step, and in which zone it is.

The kernel knows the first: whoever keeps the clock (systemd-timesyncd, chrony, ntpd) tells it by adjtimex(2), and the
kernel itself marks the clock as unsynchronised after about nine hours without. Asking takes no privilege.
"""

import collections
import ctypes
import dataclasses
import datetime as dt
import os
import time
import zoneinfo
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from watchglass.base.clock import MICROSECONDS, Clock, WallUs

STEP_US: Final = MICROSECONDS  # less is what a leap second does
PATIENCE: Final = 900.0  # seconds after the machine's start in which nobody need have asked a time server yet
REMEMBERED_US: Final = 24 * 3600 * MICROSECONDS

_STA_UNSYNC: Final = 0x0040  # linux/timex.h
_HURRIED: Final = 0.1  # seconds; two clocks read further apart than this cannot be compared
_MOST_STEPS: Final = 20


class _Timex(ctypes.Structure):
    """The beginning of struct timex (adjtimex(2)); what follows is room that the kernel fills."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("_rest", ctypes.c_long * 48),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """Whether a time server sets the clock, None where that cannot be known; and by how much it may be wrong at most."""

    synchronised: bool | None
    error_us: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """The clock was set: at this moment of the new time, forward (more than 0) or back."""

    at: WallUs
    by_us: int


@dataclasses.dataclass(frozen=True, slots=True)
class ClockState:
    """How the machine's clock does; `steps` of the last day, oldest first, as far as this process has been there."""

    kept: Kept
    long_alone: bool
    steps: tuple[Step, ...]

    def notes(self) -> list[str]:
        """What a person should know of it, one sentence each."""
        notes = []
        if self.long_alone:
            notes.append(
                "This machine's clock is not set by a time server: if it is wrong, so are the times of all that is kept. "
                "Switch time synchronisation (NTP) on."
            )
        if self.steps:
            last = self.steps[-1]
            when = dt.datetime.fromtimestamp(last.at // MICROSECONDS, dt.UTC)
            how = (
                "forward: the time between looks as if nothing had been kept"
                if last.by_us > 0
                else ("back: what was kept around then is there twice")
            )
            notes.append(
                f"This machine's clock was set by {_length(abs(last.by_us))} at {when:%H:%M} UTC, {how}. "
                "Have a time server (NTP) keep it."
            )
        return notes


def ask_kernel() -> Kept:
    """What adjtimex(2) says; unknown where there is no such call, or it is not let through."""
    state = _Timex()
    call = getattr(ctypes.CDLL(None), "adjtimex", None)
    if call is None or call(ctypes.byref(state)) < 0:
        return Kept(None)
    if state.status & _STA_UNSYNC:
        return Kept(synchronised=False)
    return Kept(True, state.maxerror)


def since_boot() -> float:
    """Seconds since the machine was started, the time that it slept included; never steps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ClockWatch:
    """Watches the machine's clock: `look` now and then, and steps between two looks are seen. Any thread may look."""

    def __init__(
        self, clock: Clock, kept: Callable[[], Kept] = ask_kernel, since_boot: Callable[[], float] = since_boot
    ) -> None:
        self._clock, self._kept, self._since_boot = clock, kept, since_boot
        self._ahead: int | None = None  # of wall time before the time since boot, in microseconds
        self._steps: collections.deque[Step] = collections.deque(maxlen=_MOST_STEPS)

    def look(self) -> ClockState:
        """How the clock does now."""
        before = self._since_boot()
        wall = self._clock.wall_us()
        if self._since_boot() - before <= _HURRIED:  # else we were held up between the two, and it would seem a step
            ahead = wall - round(before * MICROSECONDS)
            if self._ahead is not None and abs(ahead - self._ahead) >= STEP_US:
                self._steps.append(Step(wall, ahead - self._ahead))
            self._ahead = ahead
        kept = self._kept()
        steps = tuple(step for step in self._steps if abs(wall - step.at) <= REMEMBERED_US)
        return ClockState(kept, kept.synchronised is False and before >= PATIENCE, steps)


def machine_zone(environment: Mapping[str, str] = os.environ, local: Path = Path("/etc/localtime")) -> dt.tzinfo:
    """The machine's time zone, as tzset(3) finds it; UTC where there is none, or none that is known."""
    try:
        if name := environment.get("TZ", "").removeprefix(":"):
            return zoneinfo.ZoneInfo(name)
        # The link's target ends in the name: /usr/share/zoneinfo/Europe/Berlin.
        _, _, name = str(local.resolve()).rpartition("/zoneinfo/")
        with local.open("rb") as file:
            return zoneinfo.ZoneInfo.from_file(file, key=name or "local time")
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        return dt.UTC


def local_time(clock: Clock, zone: dt.tzinfo) -> dt.datetime:
    """What the clocks on the wall of a zone show."""
    return dt.datetime.fromtimestamp(clock.wall_us() / MICROSECONDS, zone)


def zone_name(zone: dt.tzinfo) -> str:
    """What a zone is called: Europe/Berlin, UTC."""
    return getattr(zone, "key", None) or str(zone)


def _length(us: int) -> str:
    seconds = round(us / MICROSECONDS)
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds} s"
