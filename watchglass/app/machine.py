"""What every process and command of one machine shares: its settings, its data folder, its catalogue."""

import dataclasses

from watchglass.base.clock import Clock
from watchglass.settings import Settings
from watchglass.store.accounts import Accounts
from watchglass.store.cameras import Cameras
from watchglass.store.database import open_database
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views


@dataclasses.dataclass(frozen=True, slots=True)
class Machine:
    """One data folder, opened."""

    settings: Settings
    clock: Clock
    folder: DataFolder
    cameras: Cameras
    views: Views
    accounts: Accounts


def open_machine(settings: Settings, clock: Clock) -> Machine:
    """Open the data folder and bring its catalogue up to date; both are created where there are none.

    NewerDataError, BadInputError, CannotWriteError, DiskFullError; UsageError when the folder is somebody else's.
    """
    folder = DataFolder.open(settings.data)
    engine = open_database(folder)
    return Machine(
        settings=settings,
        clock=clock,
        folder=folder,
        cameras=Cameras(engine, folder),
        views=Views(engine, folder, clock),
        accounts=Accounts(engine, clock),
    )
