"""From the frame in which something happened to the message that somebody receives, with cameras that all see people.

    python -m benchmarks.delays [--cameras N] [--seconds S]

Cameras are real RTSP streams (as in benchmarks/cameras.py), the whole of watchglass runs as processes, and a real broker, mail
server and web server of this machine receive. Each camera has a tripwire across its path and a zone on it. A delay begins with
the time of the frame in which the line was crossed or the zone was entered, as the recorder's clock had it when the frame came,
and ends when the receiver has the whole message. Messages of the first seconds, while scenes are learnt, are not counted.
"""

import argparse
import dataclasses
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import cameras
from benchmarks.catalogue import percentile
from benchmarks.recorded import watching
from benchmarks.table import Row
from tests.alerting import SECRET, HttpReceiver, MailReceiver, MqttReceiver, mosquitto
from watchglass.app.machine import Machine
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.cli.progress import Report, reporting
from watchglass.model.alert import Alert, AlertPolicy
from watchglass.model.camera import Source, SourceKind, ViewState
from watchglass.model.channel import Mqtt, Service, Webhook
from watchglass.model.event import RuleKind
from watchglass.model.place import Point, Tripwire, Zone
from watchglass.model.rule import Rule

CAMERAS, SECONDS = 8, 120.0
MOST = 2.0  # seconds
_READY = 240.0  # seconds in which all views must be shown
_SETTLE = 10.0  # seconds: each channel loads what it needs by its first message
_LAST = 30.0  # seconds for what is still under way

# Across the path of the sample street, and the part of it that its people enter and leave all the time.
_WIRE = Tripwire("path", Point(0.5, 0.05), Point(0.5, 0.95))
_ZONE = Zone("crossing", (Point(0.3, 0.3), Point(0.5, 0.3), Point(0.5, 0.7), Point(0.3, 0.7)))


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """Delays in seconds by the name of what received; `missing` alerts never came there."""

    delays: Mapping[str, Sequence[float]]
    missing: Mapping[str, int]
    alerts: int
    kinds: Mapping[RuleKind, int]


def rows(tell: Report, count: int = CAMERAS, seconds: float = SECONDS) -> list[Row]:
    """A figure for each channel."""
    load = os.getloadavg()[0]
    found = measure(tell, count, seconds)
    worst = max(percentile(list(delays), 0.95) for delays in found.delays.values())
    made = ", ".join(f"{number} of {kind}" for kind, number in found.kinds.items())
    return [
        Row(
            f"frame to message, slowest channel, {count} cameras",
            f"p95 {worst:.2f} s ({found.alerts} alerts: {made}; load average before: {load:.2f})",
            f"<= {MOST:g} s",
            worst <= MOST,
        ),
        *(
            Row(f"... {name}", f"{spread(list(delays))}; {found.missing[name]} missing", "", not found.missing[name])
            for name, delays in found.delays.items()
        ),
    ]


def measure(tell: Report, count: int, seconds: float) -> Measured:
    """Let `count` cameras see people for `seconds`, and hear what is told of it."""
    files = cameras.people_files(tell)
    mounts = {f"/camera-{number}": files[number % len(files)] for number in range(count)}
    with watching(mounts) as (_, machine, server), receivers(machine) as arrived:
        known = [
            machine.cameras.add(f"Camera {number + 1}", Source(SourceKind.RTSP, server.url(path))).id
            for number, path in enumerate(mounts)
        ]
        _wait(machine, known, tell)
        for camera in known:
            _set_rules(machine, camera)
        time.sleep(_SETTLE)
        began = machine.clock.wall_us()
        _pass(tell, f"{count} cameras: events", seconds)
        until = machine.clock.wall_us()
        _pass(tell, "what is under way", _LAST)
        offset = machine.clock.wall_us() / MICROSECONDS - time.monotonic()
        alerts = _alerts(machine, began, until)
    return told(alerts, arrived, offset)


def told(alerts: Sequence[Alert], arrived: Mapping[str, Mapping[str, float]], offset: float) -> Measured:
    """Delays of what arrived, by each receiver's own clock, to which `offset` seconds are added to have the recorder's."""
    delays: dict[str, list[float]] = {}
    for name, moments in arrived.items():
        heard = [one for one in alerts if str(one.event) in moments]
        delays[name] = [moments[str(one.event)] + offset - one.start / MICROSECONDS for one in heard]
    missing = {name: len(alerts) - len(found) for name, found in delays.items()}
    return Measured(delays, missing, len(alerts), Counter(one.kind for one in alerts))


@contextmanager
def receivers(machine: Machine) -> Iterator[Mapping[str, Mapping[str, float]]]:
    """One of each kind, and channels to them; when each message came, by its alert's event."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(mosquitto(folder))
        mqtt = stack.enter_context(MqttReceiver(port))
        mail = stack.enter_context(MailReceiver())
        hook = stack.enter_context(HttpReceiver())
        machine.channels.add("Hook", Webhook(hook.url), SECRET)
        machine.channels.add("Broker", Mqtt("127.0.0.1", port))
        machine.channels.add("Mail", Service("mailto"), mail.address())
        yield {"MQTT": mqtt.arrived, "e-mail": mail.arrived, "webhook": hook.arrived}


def spread(delays: list[float]) -> str:
    """In words."""
    p50, p95, p99 = (percentile(delays, share) for share in (0.5, 0.95, 0.99))
    return f"p50 {p50:.2f} s, p95 {p95:.2f} s, p99 {p99:.2f} s, at most {max(delays):.2f} s"


def _set_rules(machine: Machine, camera: int) -> None:
    for rule in (
        Rule(camera=camera, name="Path", kind=RuleKind.CROSSING, tripwire=_WIRE),
        Rule(camera=camera, name="Crossing", kind=RuleKind.INTRUSION, zone=_ZONE),
    ):
        kept = machine.rules.add(rule)
        channels = tuple(one.id for one in machine.channels.all())
        machine.policies.set(kept.id, AlertPolicy(channels, group_seconds=0))


def _wait(machine: Machine, known: Sequence[int], tell: Report) -> None:
    until = time.monotonic() + _READY
    while True:
        states = [machine.cameras.view_status(camera) for camera in known]
        shown = sum(one is not None and one.state is ViewState.SHOWN for one in states)
        tell(f"{len(known)} cameras: learning their scenes", shown, len(known))
        if shown >= 0.95 * len(known):
            return
        if time.monotonic() > until:
            raise TimeoutError(f"{len(known) - shown} of {len(known)} cameras had no view after {_READY:.0f} s")
        time.sleep(1)


def _pass(tell: Report, what: str, seconds: float) -> None:
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        tell(what, passed, seconds)
        time.sleep(min(1.0, seconds - passed))


def _alerts(machine: Machine, began: WallUs, until: WallUs) -> list[Alert]:
    found: list[Alert] = []
    before: int | None = None
    while page := machine.alerts.newest(200, before):
        found += [one for one in page if began <= one.start < until]
        before = page[-1].id
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    with reporting() as report:
        measured = rows(report, options.cameras, options.seconds)
    for row in measured:
        print(f"{row.what}: {row.figure}")
