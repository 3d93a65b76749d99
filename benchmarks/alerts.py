"""From an event to the message that somebody receives, over a real broker, mail server and web server on this machine.

    python -m benchmarks.alerts [--events N]

The notifier is the process that `watchglass up` starts. A delay begins before the event is put into the outbox, so that its
commit is in it, and ends when the receiver has the whole message. Events come one by one, a fifth of a second apart, and then
all at once.
"""

import argparse
import contextlib
import dataclasses
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.catalogue import percentile
from benchmarks.delays import receivers as receiving
from benchmarks.table import Row
from tests.alerting import new_event, until
from watchglass.app.machine import Machine, open_machine
from watchglass.base import vitals
from watchglass.base.clock import MICROSECONDS, SystemClock
from watchglass.cli.progress import Report, reporting
from watchglass.model.alert import AlertPolicy
from watchglass.settings import Settings

EVENTS, BURST = 300, 1000
MOST = 2.0  # seconds
_APART = 0.2
_IDLE = 40.0  # seconds; a process tells of itself every ten


@dataclasses.dataclass(frozen=True, slots=True)
class Receivers:
    """When each message came, by its key: MQTT, e-mail, HTTP."""

    arrived: Mapping[str, Mapping[str, float]]

    def all_have(self, count: int) -> bool:
        return all(len(one) >= count for one in self.arrived.values())


def rows(tell: Report, events: int = EVENTS, burst: int = BURST) -> list[Row]:
    """All figures."""
    load = f"load average before: {os.getloadavg()[0]:.2f}"
    with tempfile.TemporaryDirectory() as folder, _receivers(Path(folder)) as (machine, receivers):
        with _notifier(machine, channels=False) as bare:
            empty = _cost(machine, bare, tell)
        with _notifier(machine, channels=True) as process:
            begun = _one_by_one(machine, receivers, events, tell)
            single = {
                name: [arrived[key] - begun[key] for key in begun if key in arrived]
                for name, arrived in receivers.arrived.items()
            }
            began = time.monotonic()
            _take(machine, burst)
            until("all have come", lambda: receivers.all_have(events + burst + 1), 300)
            took = {name: max(arrived.values()) - began for name, arrived in receivers.arrived.items()}
            busy = _cost(machine, process, tell)
    worst = max(percentile(delays, 0.95) for delays in single.values())
    return [
        Row(
            "event to message, slowest channel", f"p95 {worst * 1000:.0f} ms ({load})", f"<= {MOST:g} s", worst <= MOST
        ),
        *(Row(f"... {name}", _spread(delays), "", len(delays) >= events) for name, delays in single.items()),
        *(
            Row(f"{burst:,} at once, until the last: {name}", f"{seconds:.1f} s", "", True)
            for name, seconds in took.items()
        ),
        Row("the notifier, nothing to do, no channel", empty, "", True),
        Row("... with one of each kind", busy, "", True),
    ]


def _spread(delays: list[float]) -> str:
    p50, p95, p99 = (percentile(delays, share) * 1000 for share in (0.5, 0.95, 0.99))
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms, at most {max(delays) * 1000:.0f} ms"


@contextlib.contextmanager
def _receivers(folder: Path) -> Iterator[tuple[Machine, Receivers]]:
    machine = open_machine(Settings(folder / "data"), SystemClock())
    with receiving(machine) as arrived:
        machine.policies.set(3, AlertPolicy((1, 2, 3), group_seconds=0))
        yield machine, Receivers(arrived)


@contextlib.contextmanager
def _notifier(machine: Machine, *, channels: bool) -> Iterator[subprocess.Popen[str]]:
    for channel in machine.channels.all():
        machine.channels.set_enabled(channel.id, channels)
    command = [sys.executable, "-m", "watchglass", "process", "notifier", "--parent", str(os.getpid())]
    command += ["--settings", machine.settings.to_json()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.terminate()


def _one_by_one(machine: Machine, receivers: Receivers, count: int, tell: Report) -> dict[str, float]:
    """When each event began; before the first, one that is not counted: by it each channel loads what it needs."""
    _take(machine, 1)
    until("each channel has sent once", lambda: receivers.all_have(1))
    begun: dict[str, float] = {}
    for number in range(count):
        tell("alerts one by one", number, count)
        begun |= _take(machine, 1)
        time.sleep(_APART)
    until("all have come", lambda: receivers.all_have(count + 1))
    return begun


def _take(machine: Machine, count: int) -> dict[str, float]:
    begun = {}
    for _ in range(count):
        event = new_event(start=machine.clock.wall_us())
        begun[str(event.id)] = time.monotonic()
        machine.outbox.take(event, "Lawn at night", "Gate")
    return begun


def _cost(machine: Machine, process: subprocess.Popen[str], tell: Report) -> str:
    """Of the processor and of memory, over a while in which nothing happens; as the process tells of itself."""
    seen: list[tuple[float, float, int]] = []
    end = time.monotonic() + _IDLE
    while time.monotonic() < end:
        tell("a notifier with nothing to do", int(_IDLE - (end - time.monotonic())), int(_IDLE))
        told = vitals.heard(machine.folder.run, "notifier", machine.clock.wall_us())
        if told is not None and told.pid == process.pid:
            seen.append((told.at / MICROSECONDS, told.cpu_seconds, told.resident_bytes))
        time.sleep(0.5)
    later = sorted(set(seen))[1:]  # the first is from its start, or from when there was something to do
    share = (later[-1][1] - later[0][1]) / (later[-1][0] - later[0][0])
    return f"{share:.2%} of a core, {statistics.median(one[2] for one in later) / 2**20:.0f} MiB"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=EVENTS)
    with reporting() as report:
        found = rows(report, parser.parse_args().events)
    for row in found:
        print(f"{row.what}: {row.figure}")
