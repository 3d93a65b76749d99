"""What every process and command of one machine shares: its settings, its data folder, its catalogue."""

import dataclasses
import functools
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from watchglass.base.clock import Clock
from watchglass.settings import Settings
from watchglass.store.accounts import Accounts
from watchglass.store.cameras import Cameras
from watchglass.store.check import Proof
from watchglass.store.counts import Counts
from watchglass.store.custodians import Custodians
from watchglass.store.database import open_database, open_originals
from watchglass.store.events import Events
from watchglass.store.folder import DataFolder
from watchglass.store.holds import Holds
from watchglass.store.originals import Originals
from watchglass.store.room import Room
from watchglass.store.views import Views

if TYPE_CHECKING:
    from watchglass.app.duty import Duty
    from watchglass.store.alerts import Alerts
    from watchglass.store.channels import Channels
    from watchglass.store.intake import Intake
    from watchglass.store.outbox import Outbox
    from watchglass.store.policies import Policies
    from watchglass.store.rules import Rules

PACKETS_SOCKET = "recorder.sock"
"""In the run folder: where the recorder offers packets to watchers."""

DETECTOR_SOCKET = "detector.sock"
"""In the run folder: where the detector answers watchers' looks."""


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
    events: Events
    counts: Counts
    room: Room
    open_accounts: Callable[[], Accounts]
    open_duty: Callable[[], "Duty"]
    proof: Callable[..., Proof]
    """Of the store's invariants; takes what `Proof` takes by name."""

    @functools.cached_property
    def accounts(self) -> Accounts:
        """Who may sign in. Made when it is first asked for: it costs a password's hash, 64 MiB and a tenth of a second."""
        return self.open_accounts()

    @functools.cached_property
    def duty(self) -> "Duty":
        """What people on duty need. Loaded and opened when it is first asked for, which the recorder never does."""
        return self.open_duty()

    @property
    def rules(self) -> "Rules":
        """What people want to know of."""
        return self.duty.rules

    @property
    def channels(self) -> "Channels":
        """By which alerts reach people."""
        return self.duty.channels

    @property
    def policies(self) -> "Policies":
        """What becomes of each rule's events."""
        return self.duty.policies

    @property
    def alerts(self) -> "Alerts":
        """As people see them."""
        return self.duty.alerts

    @property
    def outbox(self) -> "Outbox":
        """What waits to be sent."""
        return self.duty.outbox

    @property
    def intake(self) -> "Intake":
        """From events to alerts."""
        return self.duty.intake


def open_machine(settings: Settings, clock: Clock) -> Machine:
    """Open the data folder and bring its catalogue up to date; both are created where there are none.

    NewerDataError, BadInputError, CannotWriteError, DiskFullError; UsageError when the folder is somebody else's.
    """
    folder = DataFolder.open(settings.data, settings.disks, settings.min_free_bytes)
    engine = open_database(folder)
    return Machine(
        settings=settings,
        clock=clock,
        folder=folder,
        cameras=Cameras(engine, folder, clock=clock),
        views=Views(engine, folder, clock),
        originals=Originals(open_originals(folder), folder, clock, catalogue=engine),
        custodians=Custodians(engine, clock),
        holds=Holds(engine, folder, clock),
        events=Events(engine),
        counts=Counts(engine),
        room=Room(engine),
        open_accounts=lambda: Accounts(engine, clock),
        open_duty=lambda: cast("Duty", importlib.import_module("watchglass.app.duty").open_duty(engine, folder, clock)),
        proof=functools.partial(Proof, engine, folder),
    )
