import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import shapely

from benchmarks import census
from benchmarks.census import Memory, Run
from watchglass.census.plane import Plane
from watchglass.census.seeing import Place, Seen

NOTHING = Seen((0.0,) * 5, 0.0, 0.0, (0.0,) * 5, 0.0, (0.0,) * 5, 1.0)


def a_run(cameras: int, cpu: float) -> Run:
    return Run(cameras, 5 * cameras, cpu / 2, cpu, 1.0, 0.0, NOTHING)


def test_a_town_has_the_density_it_is_said_to_have() -> None:
    ground, cameras, bounds = census.town(400)
    km2 = bounds.area / 1e6
    assert len(cameras) == 400
    assert len(ground.buildings) == pytest.approx(2000, rel=0.03)
    assert len(ground.buildings) / km2 == pytest.approx(555, rel=1e-6)
    place = Place.of(ground, Plane(12.37, 51.34))
    assert shapely.length(place.streets.ways).sum() / 1000 / km2 == pytest.approx(31, rel=0.1)
    inside = shapely.area(shapely.intersection(place.obstacles.shapes, bounds)).sum()
    assert inside == pytest.approx(shapely.area(place.obstacles.shapes).sum(), rel=1e-6)
    again, _, _ = census.town(400)
    assert np.array_equal(shapely.to_wkb(again.buildings), shapely.to_wkb(ground.buildings))


def test_growth_is_work_for_each_camera_beside_the_first_town() -> None:
    runs = [a_run(1000, 2.0), a_run(2000, 5.0)]
    assert census.growth(runs) == "1,000: 2.00 ms a camera, x1.00; 2,000: 2.50 ms a camera, x1.25"


def test_n_log_n_is_allowed_and_n_squared_is_not() -> None:
    for power, held in ((1.0, True), (2.0, False), (1.2, False)):
        runs = [a_run(number, number**power / 1000) for number in census.CAMERAS]
        assert census.grows_no_faster(runs) is held
    assert census.grows_no_faster([a_run(number, number * math.log(number)) for number in census.CAMERAS])


def test_memory_is_the_most_of_all_processes_together(tmp_path: Path) -> None:
    for process, kib in (("10", 2**20), ("11", 2**19), ("12", 2**19), ("99", 2**30)):
        (tmp_path / process).mkdir()
        (tmp_path / process / "status").write_text(f"Name:\tpython\nVmPeak:\t 99 kB\nVmHWM:\t {kib} kB\n")
    (tmp_path / "10" / "task" / "10").mkdir(parents=True)
    children = tmp_path / "10" / "task" / "10" / "children"
    memory = Memory(tmp_path)
    children.write_text("11 12 13 ")  # 13 has just ended
    memory.look(10)
    assert memory.gib == pytest.approx(2.0)
    children.write_text("")
    memory.look(10)
    assert memory.gib == pytest.approx(2.0)
    assert dataclasses.replace(a_run(1, 1.0), gib=memory.gib).gib > 1
