import json
import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Ran
from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.cli.folder import machine_of
from watchglass.model.camera import Source, SourceKind
from watchglass.store import entries, schema

Run = Callable[..., Ran]
SPAN = ("--from", "2026-03-01T14:00Z", "--to", "2026-03-01T15:00Z")


@pytest.fixture
def data(tmp_path: Path) -> tuple[str, Path]:
    machine_of(tmp_path / "data").cameras.add("Gate", Source(SourceKind.RTSP, "rtsp://192.0.2.1/"))
    return "--data", tmp_path / "data"


def test_a_hold_from_beginning_to_end(run: Run, data: tuple[str, Path]) -> None:
    made = run(
        "hold",
        "add",
        "--camera",
        "gate",
        *SPAN,
        "--until",
        "2190-01-01T00:00Z",
        "--reason",
        "Case 12",
        "--by",
        "Anna",
        *data,
    )
    assert made.code == 0
    assert made.out.startswith("Hold 1: Gate, 2026-03-01 ")
    assert made.out.endswith("; Anna: Case 12\n")
    assert "Nothing is kept of that span" in made.err
    assert run("hold", "list", *data).out == made.out
    extended = run("hold", "extend", "1", "--until", "2191-01-01T00:00Z", *data)
    assert (extended.code, " until 219" in extended.out) == (0, True)
    refused = run("camera", "remove", "Gate", "--yes", *data)
    assert (refused.code, "hold 1 of Anna (Case 12)" in refused.err) == (2, True)
    released = run("hold", "release", "1", *data)
    login = pwd.getpwuid(os.getuid()).pw_name
    assert f"released by {login} at" in released.out
    assert run("hold", "list", *data).out == "There are no holds: retention deletes what is due.\n"
    assert run("hold", "list", "--over", *data).out == released.out
    (row,) = json.loads(run("hold", "list", "--over", "--json", *data).out)
    assert (row["state"], row["camera"], row["owner"], row["released_by"]) == ("released", 1, "Anna", login)
    assert run("camera", "remove", "Gate", "--yes", *data).code == 0
    assert "camera 1, which was removed" in run("hold", "list", "--over", *data).out


def test_a_hold_of_all_cameras_over_time_to_come(run: Run, data: tuple[str, Path]) -> None:
    ahead = ("--from", "2189-01-01", "--to", "2189-01-02", "--until", "2190-01-01", "--reason", "r")
    made = run("hold", "add", "--all", *ahead, *data)
    assert (made.code, made.out.startswith("Hold 1: all cameras, "), made.err) == (0, True, "")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("add", *SPAN, "--until", "2190-01-01", "--reason", "r"), 2, "--camera NAME or --all"),
        (("add", "--all", "--camera", "Gate", *SPAN, "--until", "2190-01-01", "--reason", "r"), 2, "--camera NAME or"),
        (("add", "--camera", "Door", *SPAN, "--until", "2190-01-01", "--reason", "r"), 66, "Cameras: 'Gate'"),
        (("add", "--all", *SPAN, "--until", "2020-01-01", "--reason", "r"), 2, "lies ahead"),
        (("add", "--all", *SPAN, "--until", "soon", "--reason", "r"), 2, "'soon' is not a time"),
        (("release", "3"), 66, "There is no hold 3"),
    ],
)
def test_what_cannot_be(run: Run, data: tuple[str, Path], arguments: tuple[str, ...], code: int, words: str) -> None:
    ran = run("hold", *arguments, *data)
    assert ran.code == code
    assert words in ran.err
    assert machine_of(data[1]).holds.all() == []


def test_who_ran_a_command_is_entered(run: Run, data: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> list[tuple[object, object]]:
        engine = machine_of(data[1]).holds._engine
        read = [entries.parse(text) for text in entries.read(engine, schema.entries)]
        return [(one["what"], one.get("by")) for one in read]

    run("camera", "policy", "Gate", "vehicles", *data)

    def nobody(_number: int) -> object:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    run("camera", "remove", "Gate", "--yes", *data)
    monkeypatch.undo()
    login = pwd.getpwuid(os.getuid()).pw_name
    assert told() == [("camera added", None), ("camera policy", login), ("camera removed", f"user {os.getuid()}")]


def test_what_is_there_is_not_said_to_be_gone(run: Run, data: tuple[str, Path]) -> None:
    views = machine_of(data[1]).views
    start = 1_772_373_600 * MICROSECONDS  # 2026-03-01T14:00Z
    writer = views.begin(1, "run", WallUs(start), INIT)
    writer.append(fake_fragment(0), WallUs(start + MICROSECONDS))
    writer.close()
    made = run("hold", "add", "--all", *SPAN, "--until", "2190-01-01", "--reason", "r", *data)
    assert (made.code, made.err) == (0, "")
