import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pyarrow import parquet

from tests.unit.cli.conftest import Ran
from watchglass.base.clock import WallUs
from watchglass.cli.folder import machine_of
from watchglass.model.camera import Source, SourceKind
from watchglass.model.count import HOUR, MINUTE, Count
from watchglass.model.place import Direction
from watchglass.model.vision import ObjectClass

Run = Callable[..., Ran]
MIDNIGHT = 1_793_923_200_000_000  # 2026-11-06T00:00Z
SPAN = ("--from", "2026-11-06T00:00Z", "--to", "2026-11-07T00:00Z")
HEAD = "begin,minutes,camera,rule,place,class,direction,count\n"


def count(begin: int, number: int, camera: int = 1) -> Count:
    way = Direction.FORWARD
    return Count(camera, camera, "Gate", ObjectClass.PERSON, way, WallUs(begin), 1, number)


@pytest.fixture
def data(tmp_path: Path) -> tuple[str, Path]:
    machine = machine_of(tmp_path / "data")
    machine.cameras.add("Gate", Source(SourceKind.RTSP, "rtsp://192.0.2.1/"))
    machine.counts.add([count(MIDNIGHT, 1), count(MIDNIGHT + MINUTE, 2), count(MIDNIGHT + HOUR, 4, camera=2)])
    machine.counts.add([count(machine.clock.wall_us() // HOUR * HOUR, 8)])
    return "--data", tmp_path / "data"


def test_counts_as_a_table(run: Run, data: tuple[str, Path]) -> None:
    hour = "2026-11-06T00:00:00Z,60,1,1,Gate,person,forward,3\n"
    other = "2026-11-06T01:00:00Z,60,2,2,Gate,person,forward,4\n"
    assert run("counts", *SPAN, *data) == Ran(0, HEAD + hour + other, "")
    assert run("counts", *SPAN, "--camera", "gate", *data).out == HEAD + hour
    assert run("counts", *SPAN, "--rule", "2", *data).out == HEAD + other
    minutes = run("counts", *SPAN, "--by", "minute", "--rule", "1", *data).out.splitlines()[1:]
    assert [line.rpartition(",")[2] for line in minutes] == ["1", "2"]
    days = run("counts", *SPAN, "--by", "day", *data).out.splitlines()[1:]
    assert {line.split(",")[1] for line in days} <= {"1380", "1440", "1500"}
    assert sum(int(line.rpartition(",")[2]) for line in days) == 7


def test_what_may_be_published_is_hours_of_five_and_more(run: Run, data: tuple[str, Path]) -> None:
    assert run("counts", *SPAN, "--published", *data) == Ran(0, HEAD, "")
    (line,) = run("counts", "--published", *data).out.splitlines()[1:]
    assert line.endswith(",8")
    refused = run("counts", *SPAN, "--by", "minute", "--published", *data)
    assert (refused.code, "published by the hour" in refused.err, refused.out) == (2, True, "")


def test_as_parquet_into_a_file_or_what_to_install(
    run: Run, data: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("counts", *SPAN, "--parquet", tmp_path / "c.parquet", *data) == Ran(0, "", "")
    assert parquet.read_table(tmp_path / "c.parquet").column("count").to_pylist() == [3, 4]
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    refused = run("counts", *SPAN, "--parquet", tmp_path / "c.parquet", *data)
    assert (refused.code, "pip install 'watchglass[parquet]'" in refused.err) == (2, True)


def test_a_place_that_cannot_be_written_is_named(run: Run, data: tuple[str, Path], tmp_path: Path) -> None:
    refused = run("counts", *SPAN, "--parquet", tmp_path / "no/c.parquet", *data)
    assert (refused.code, "no/c.parquet" in refused.err) == (73, True)


def test_without_a_span_it_is_the_last_week(run: Run, data: tuple[str, Path]) -> None:
    (line,) = run("counts", *data).out.splitlines()[1:]
    assert line.endswith(",8")


def test_nothing_was_counted(run: Run, data: tuple[str, Path]) -> None:
    long_ago = ("--from", "2020-01-01", "--to", "2020-01-02")
    assert run("counts", *long_ago, *data) == Ran(0, HEAD, "Nothing was counted in that span.\n")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--from", "2026-01-02", "--to", "2026-01-01"), 2, "ends before it begins"),
        (("--from", "2020-01-01", "--to", "2026-01-01"), 2, "at most 400 days"),
        (("--camera", "Door"), 66, "no camera 'Door'"),
        (("--from", "soon"), 2, "'soon' is not a time"),
    ],
)
def test_what_cannot_be(run: Run, data: tuple[str, Path], arguments: tuple[str, ...], code: int, words: str) -> None:
    ran = run("counts", *arguments, *data)
    assert (ran.code, words in ran.err, ran.out) == (code, True, "")
