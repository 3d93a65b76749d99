import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Ran
from watchglass.cli.folder import machine_of
from watchglass.model.camera import Source, SourceKind

Run = Callable[..., Ran]
YARD = ("--zone", "yard=0.1,0.9,0.9,0.9,0.5,0.2")


@pytest.fixture
def data(tmp_path: Path) -> tuple[str, Path]:
    machine_of(tmp_path / "data").cameras.add("Gate", Source(SourceKind.RTSP, "rtsp://192.0.2.1/"))
    return "--data", tmp_path / "data"


def test_a_rule_from_beginning_to_end(run: Run, data: tuple[str, Path]) -> None:
    assert run("rule", "list", *data).out == "There are no rules: nothing makes events, and nothing is counted.\n"
    kind = ("--kind", "intrusion", "--hours", "22:00-06:00", "--class", "person", "--class", "car")
    made = run("rule", "add", "gate", "--name", "Night", *kind, *YARD, *data)
    words = "Rule 1: Night, intrusion at Gate, zone 'yard', person car, from 60%"
    assert made == Ran(0, f"{words}, 22:00-06:00\n", "")
    assert run("rule", "list", *data).out == run("rule", "list", "--camera", "1", *data).out == made.out
    changed = run(
        "rule", "set", "1", "--off", "--disarmed", "--threshold", "0.7", "--hours", "", "--seconds", "3", *data
    )
    assert changed.out == f"{words.replace('60%', '70%')}, 3 s, disarmed, off\n"
    assert run("rule", "set", "1", "--on", "--armed", *data).out == f"{words.replace('60%', '70%')}, 3 s\n"
    (told,) = json.loads(run("rule", "list", "--json", *data).out)
    assert (told["zone"]["name"], told["threshold"], told["enabled"]) == ("yard", 0.7, True)
    assert run("rule", "remove", "1", *data).out == "Rule 1 was removed. Its events and counts stay.\n"
    assert machine_of(data[1]).rules.all() == []


def test_tripwires_and_what_is_in_a_file(run: Run, data: tuple[str, Path], tmp_path: Path) -> None:
    wire = ("--tripwire", "door=0.5,0.1,0.5,0.9", "--direction", "forward", "--count", "20")
    made = run("rule", "add", "Gate", "--name", "Inside", "--kind", "occupancy", *wire, *data)
    assert made.out == "Rule 1: Inside, occupancy at Gate, tripwire 'door', forward, person, from 60%, 20 and more\n"
    image = [[0.2, 0.9], [0.8, 0.9], [0.7, 0.3], [0.3, 0.3]]
    calibration = {"image": image, "ground": [[0, 0], [6, 0], [6, 20], [0, 20]]}
    file = tmp_path / "speed.json"
    file.write_text(json.dumps({"name": "Fast", "kind": "speed", "kmh": 30, "calibration": calibration}))
    made = run("rule", "add", "Gate", "--file", file, "--kmh", "50", "--class", "car", *data)
    assert made.out == "Rule 2: Fast, speed at Gate, car, from 60%, 50 km/h\n"
    file.write_text('{"count": null}')
    assert run("rule", "set", "1", "--file", file, *data).out.endswith(", from 60%\n")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("add", "Door", "--name", "N", "--kind", "intrusion", *YARD), 66, "no camera 'Door'"),
        (("add", "Gate", "--kind", "intrusion", *YARD), 2, "lacks the field 'name'"),
        (("add", "Gate", "--name", "N", "--kind", "intrusion"), 2, "needs a zone"),
        (("add", "Gate", "--name", "N", "--kind", "intrusion", "--zone", "y=0,0,1,1,1,0,0,1"), 2, "crosses itself"),
        (("add", "Gate", "--name", "N", "--kind", "intrusion", "--zone", "y=0,0,1"), 2, "is not written as NAME="),
        (("add", "Gate", "--name", "N", "--kind", "intrusion", "--zone", "0,0,1,1"), 2, "is not written as NAME="),
        (("add", "Gate", "--name", "N", "--kind", "line crossing", "--tripwire", "g=0,0,1,1,1,0"), 2, "as in gate="),
        (("add", "Gate", "--name", "N", "--kind", "line crossing", "--tripwire", "g=a,b"), 2, "as in gate="),
        (("add", "Gate", "--name", "N", "--kind", "intrusion", *YARD, "--threshold", "60"), 2, "write 0.6 for 60"),
        (("add", "Gate", "--file", "/nowhere/rule.json"), 66, "cannot be read"),
        (("set", "3", "--off"), 66, "no rule with the id 3"),
        (("set", "3"), 2, "Say what is to change"),
        (("remove", "3"), 66, "no rule with the id 3"),
    ],
)
def test_what_cannot_be(run: Run, data: tuple[str, Path], arguments: tuple[str, ...], code: int, words: str) -> None:
    ran = run("rule", *arguments, *data)
    assert (ran.code, words in ran.err) == (code, True), ran.err
    assert machine_of(data[1]).rules.all() == []
