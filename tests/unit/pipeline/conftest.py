import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from watchglass.base.clock import SimulatedClock
from watchglass.model.camera import Camera, Source, SourceKind
from watchglass.store.cameras import Cameras
from watchglass.store.database import open_database
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty catalogue and one camera, to be copied: migrating for each test takes long."""
    folder = DataFolder.open(tmp_path_factory.mktemp("prepared") / "data")
    engine = open_database(folder)
    Cameras(engine, folder).add("Gate", Source(SourceKind.RTSP, "rtsp://192.0.2.1/stream"))
    engine.dispose()
    return folder.root


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> DataFolder:
    shutil.copytree(prepared, tmp_path / "data")
    return DataFolder.open(tmp_path / "data")


@pytest.fixture
def engine(folder: DataFolder) -> Iterator[sa.Engine]:
    opened = open_database(folder)
    yield opened
    opened.dispose()


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def cameras(engine: sa.Engine, folder: DataFolder) -> Cameras:
    return Cameras(engine, folder)


@pytest.fixture
def camera(cameras: Cameras) -> Camera:
    return cameras.find("Gate")


@pytest.fixture
def views(engine: sa.Engine, folder: DataFolder, clock: SimulatedClock) -> Views:
    return Views(engine, folder, clock)
