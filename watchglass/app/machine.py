"""What every process and command of one machine shares: its settings, its data folder, its catalogue."""

import dataclasses
import functools
from collections.abc import Callable

from watchglass.base.bell import ring
from watchglass.base.clock import Clock
from watchglass.base.timekeeping import machine_zone
from watchglass.settings import Settings
from watchglass.store.accounts import Accounts
from watchglass.store.alerts import Alerts
from watchglass.store.cameras import Cameras
from watchglass.store.channels import Channels
from watchglass.store.check import Proof
from watchglass.store.counts import Counts
from watchglass.store.custodians import Custodians
from watchglass.store.database import open_database, open_originals
from watchglass.store.events import Events
from watchglass.store.folder import DataFolder
from watchglass.store.holds import Holds
from watchglass.store.intake import Intake
from watchglass.store.originals import Originals
from watchglass.store.outbox import Outbox
from watchglass.store.policies import Policies
from watchglass.store.room import Room
from watchglass.store.rules import Rules
from watchglass.store.views import Views

PACKETS_SOCKET = "recorder.sock"
"""In the run folder: where the recorder offers packets to watchers."""

DETECTOR_SOCKET = "detector.sock"
"""In the run folder: where the detector answers watchers' looks."""


NOTIFIER_BELL = "notifier.sock"
"""In the run folder: rung when an alert waits to be sent."""


@dataclasses.dataclass(frozen=True)  # no slots: cached_property needs a __dict__
class Machine:
    """One data folder, opened."""

    settings: Settings
    clock: Clock
    folder: DataFolder
    cameras: Cameras
    views: Views
    originals: Originals
    custodians: Custodians
    holds: Holds
    rules: Rules
    events: Events
    counts: Counts
    room: Room
    channels: Channels
    policies: Policies
    alerts: Alerts
    outbox: Outbox
    intake: Intake
    open_accounts: Callable[[], Accounts]
    proof: Callable[..., Proof]
    """Of the store's invariants; takes what `Proof` takes by name."""

    @functools.cached_property
    def accounts(self) -> Accounts:
        """Who may sign in. Made when it is first asked for: it costs a password's hash, 64 MiB and a tenth of a second."""
        return self.open_accounts()


def open_machine(settings: Settings, clock: Clock) -> Machine:
    """Open the data folder and bring its catalogue up to date; both are created where there are none.

    NewerDataError, BadInputError, CannotWriteError, DiskFullError; UsageError when the folder is somebody else's.
    """
    folder = DataFolder.open(settings.data, settings.disks, settings.min_free_bytes)
    engine = open_database(folder)
    told = functools.partial(ring, folder.run / NOTIFIER_BELL)
    outbox = Outbox(engine, clock, machine_zone(), told)
    return Machine(
        settings=settings,
        clock=clock,
        folder=folder,
        cameras=Cameras(engine, folder, clock=clock),
        views=Views(engine, folder, clock),
        originals=Originals(open_originals(folder), folder, clock, catalogue=engine),
        custodians=Custodians(engine, clock),
        holds=Holds(engine, folder, clock),
        rules=Rules(engine, clock),
        events=Events(engine),
        counts=Counts(engine),
        room=Room(engine),
        channels=Channels(engine, folder, told),
        policies=Policies(engine),
        alerts=Alerts(engine, clock),
        outbox=outbox,
        intake=Intake(engine, outbox),
        open_accounts=lambda: Accounts(engine, clock),
        proof=functools.partial(Proof, engine, folder),
    )
