"""What people on duty need of one data folder: rules, and what becomes of what they see. Opened when it is first asked for.

The recorder asks for none of it, and is back sooner for it: with these come numpy and a quarter of a second of loading.
"""

import dataclasses
import functools

from watchglass.base.bell import ring
from watchglass.base.clock import Clock
from watchglass.base.timekeeping import machine_zone
from watchglass.store.alerts import Alerts
from watchglass.store.channels import Channels
from watchglass.store.database import Engine
from watchglass.store.folder import DataFolder
from watchglass.store.intake import Intake
from watchglass.store.outbox import Outbox
from watchglass.store.policies import Policies
from watchglass.store.rules import Rules

NOTIFIER_BELL = "notifier.sock"
"""In the run folder: rung when an alert waits to be sent."""


@dataclasses.dataclass(frozen=True, slots=True)
class Duty:
    """Rules, alerts and channels."""

    rules: Rules
    channels: Channels
    policies: Policies
    alerts: Alerts
    outbox: Outbox
    intake: Intake


def open_duty(engine: Engine, folder: DataFolder, clock: Clock) -> Duty:
    """Of a folder that is open, and its catalogue."""
    told = functools.partial(ring, folder.run / NOTIFIER_BELL)
    outbox = Outbox(engine, clock, machine_zone(), told)
    return Duty(
        Rules(engine, clock),
        Channels(engine, folder, told),
        Policies(engine),
        Alerts(engine, clock),
        outbox,
        Intake(engine, outbox),
    )
