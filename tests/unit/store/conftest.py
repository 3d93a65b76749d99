import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings

from watchglass.base.clock import SimulatedClock
from watchglass.model.camera import Camera, Source, SourceKind
from watchglass.store.cameras import Cameras
from watchglass.store.database import open_database
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views

# How long an example takes says more of the machine than of the code.
settings.register_profile("store", deadline=None)
settings.load_profile("store")

Opener = Callable[[DataFolder], sa.Engine]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty catalogue and one camera, to be copied: migrating for each test takes long."""
    folder = DataFolder.open(tmp_path_factory.mktemp("prepared") / "data")
    engine = open_database(folder)
    Cameras(engine, folder).add("Front door", Source(SourceKind.RTSP, "rtsp://192.0.2.1/stream"))
    engine.dispose()
    return folder.root


@pytest.fixture
def fresh(prepared: Path, tmp_path: Path) -> Callable[[], DataFolder]:
    """Makes data folders with one camera, `Front door`, as many as a test wants."""
    made: list[Path] = []

    def make() -> DataFolder:
        made.append(tmp_path / f"data-{len(made)}")
        shutil.copytree(prepared, made[-1])
        return DataFolder.open(made[-1])

    return make


@pytest.fixture
def open_engine() -> Iterator[Opener]:
    """Opens catalogues, and closes them when the test is over."""
    engines: list[sa.Engine] = []

    def opened(folder: DataFolder) -> sa.Engine:
        engines.append(open_database(folder))
        return engines[-1]

    yield opened
    for engine in engines:
        engine.dispose()


@pytest.fixture
def folder(fresh: Callable[[], DataFolder]) -> DataFolder:
    return fresh()


@pytest.fixture
def engine(folder: DataFolder, open_engine: Opener) -> sa.Engine:
    return open_engine(folder)


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def cameras(engine: sa.Engine, folder: DataFolder, clock: SimulatedClock) -> Cameras:
    return Cameras(engine, folder, clock=clock)


@pytest.fixture
def camera(cameras: Cameras) -> Camera:
    return cameras.find("Front door")


@pytest.fixture
def views(engine: sa.Engine, folder: DataFolder, clock: SimulatedClock) -> Views:
    return Views(engine, folder, clock)
