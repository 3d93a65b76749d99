"""What the catalogue's benchmark makes is what recorders would have written, and its figures are those that it names."""

from pathlib import Path

import pytest

from benchmarks import catalogue
from watchglass.app.machine import open_machine
from watchglass.base.clock import SimulatedClock, WallUs
from watchglass.model.camera import Source, SourceKind
from watchglass.settings import Settings
from watchglass.store import kept
from watchglass.store.database import open_database
from watchglass.store.shelf import VIEWS


@pytest.mark.parametrize(("share", "value"), [(0.5, 10), (0.95, 19), (1.0, 20), (0.01, 1)])
def test_percentiles(share: float, value: int) -> None:
    assert catalogue.percentile(range(20, 0, -1), share) == value


def test_a_month_in_which_every_second_is_explained(tmp_path: Path) -> None:
    machine = open_machine(Settings(tmp_path / "data"), SimulatedClock())
    known = [machine.cameras.add(name, Source(SourceKind.FILE, "x")).id for name in ("Door", "Yard")]
    end = machine.clock.wall_us()
    catalogue.fill(machine.folder.database, VIEWS, known, 800, end, lambda *_: None)
    engine = open_database(machine.folder)
    assert kept.renew(engine, VIEWS) == known
    engine.dispose()
    assert len(machine.views.gaps(1, WallUs(0), end)) == 2  # 800 minutes, 360 between two outages
    assert len(machine.views.kept(1, WallUs(0), end)) == 3
    assert {problem.split(") ")[-1] for problem in machine.proof().problems()} == {"has no file."}


def test_timelines_are_asked_of_the_console_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "DAYS", 1)
    monkeypatch.setattr(catalogue, "TIMELINES", 3)
    single, every = catalogue._timelines(tmp_path, 2, lambda *_: None)
    assert (len(single), len(every)) == (3, 5)
