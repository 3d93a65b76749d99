from pathlib import Path

import pytest

from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import SimulatedClock
from watchglass.settings import Settings


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return open_machine(Settings(tmp_path / "data", port=0), SimulatedClock())
