import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from watchglass.base.clock import SimulatedClock
from watchglass.model.alert import AlertPolicy
from watchglass.model.channel import Mqtt
from watchglass.store.channels import Channels
from watchglass.store.database import open_database
from watchglass.store.folder import DataFolder
from watchglass.store.outbox import Outbox
from watchglass.store.policies import Policies


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.open(tmp_path / "data")


@pytest.fixture
def engine(folder: DataFolder) -> Iterator[sa.Engine]:
    engine = open_database(folder)
    yield engine
    engine.dispose()


@pytest.fixture
def channels(engine: sa.Engine, folder: DataFolder) -> Channels:
    """Two brokers, both of which rule 3 tells of each event."""
    channels = Channels(engine, folder)
    for name in ("Duty", "Yard"):
        channels.add(name, Mqtt("broker.lan"))
    Policies(engine).set(3, AlertPolicy((1, 2), group_seconds=0))
    return channels


@pytest.fixture
def outbox(engine: sa.Engine, channels: Channels, clock: SimulatedClock) -> Outbox:
    return Outbox(engine, clock, dt.UTC)
