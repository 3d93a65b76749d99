import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.unit.console.support import add_camera, browser, error_of, make_console, run
from watchglass.model.event import RuleKind
from watchglass.model.rule import ALLOWED, NEEDED, Part, usual_classes
from watchglass.model.vision import ObjectClass
from watchglass.store import entries, schema

ZONE = {"name": "Yard", "corners": [[0.1, 0.9], [0.9, 0.9], [0.5, 0.2]]}
LINE = {"name": "Gate", "first": [0.5, 0.1], "second": [0.5, 0.9]}
NIGHT = {"name": "Night", "kind": "intrusion", "zone": ZONE}


def test_a_rule_from_beginning_to_end(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        address = f"/api/cameras/{camera}/rules"
        async with browser(console) as client:
            assert (await client.get(address)).json() == {"rules": []}
            answer = await client.post(address, json=NIGHT)
            assert answer.status_code == 201
            rule = answer.json()
            assert rule == {
                "id": 1,
                "camera": camera,
                "name": "Night",
                "kind": "intrusion",
                "zone": ZONE,
                "tripwire": None,
                "direction": None,
                "classes": ["person"],
                "threshold": 0.6,
                "hours": None,
                "seconds": None,
                "count": None,
                "kmh": None,
                "calibration": None,
                "enabled": True,
                "armed": True,
            }
            assert (await client.get(address)).json() == {"rules": [rule]}
            for change in ({"enabled": False}, {"armed": False}, {"enabled": True, "armed": True}, {"seconds": 5}):
                rule |= change
                assert (await client.patch("/api/rules/1", json=change)).json() == rule
            rule |= {"seconds": None, "zone": None, "tripwire": LINE, "kind": "line crossing", "direction": "forward"}
            assert (await client.patch("/api/rules/1", json=rule)).json() == rule
            assert console.rules.get(1).place == "Gate"
            assert (await client.delete("/api/rules/1")).status_code == 204
            assert (await client.get(address)).json() == {"rules": []}
            for gone in (client.delete("/api/rules/1"), client.patch("/api/rules/1", json={})):
                assert "may have been removed" in error_of(await gone)

    run(script())


def test_what_was_told_of_a_rule_may_be_said_of_another(tmp_path: Path) -> None:
    """A calibration and all, at a camera of its own."""

    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        image = [[0.2, 0.9], [0.8, 0.9], [0.7, 0.3], [0.3, 0.3]]
        ground = [[0, 0], [6, 0], [6, 20], [0, 20]]
        speed = {"name": "Fast", "kind": "speed", "kmh": 30, "calibration": {"image": image, "ground": ground}}
        async with browser(console) as client:
            rule = (await client.post("/api/cameras/1/rules", json=speed)).json()
            assert rule["calibration"] == speed["calibration"]
            again = await client.post("/api/cameras/1/rules", json=rule | {"name": "Faster", "kmh": 50})
            assert again.json() == rule | {"id": 2, "name": "Faster", "kmh": 50}

    run(script())


def test_who_made_a_change_is_entered(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with browser(console) as client:
            await client.post("/api/cameras/1/rules", json=NIGHT)
            await client.patch("/api/rules/1", json={"threshold": 0.7})
            await client.delete("/api/rules/1")
        told = [entries.parse(text) for text in entries.read(console.rules._engine, schema.entries)][-3:]
        assert [(one["what"], one["by"]) for one in told] == [
            ("rule added", "anna"),
            ("rule changed", "anna"),
            ("rule removed", "anna"),
        ]

    run(script())


ORDER = (Part.ZONE, Part.TRIPWIRE, Part.DIRECTION, Part.SECONDS, Part.COUNT, Part.CALIBRATION, Part.KMH)
CROSSING = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zone": {"name": "Yard", "corners": CROSSING}}, "Zone 'Yard' crosses itself: draw its corners"),
        ({"zone": {"name": "Yard", "corners": CROSSING[:2]}}, "has 2 corners: draw 3 to 64"),
        ({"zone": {"name": "Yard", "corners": [[0.1, 0.1], [0.2, 0.2], [0.3, 1.3]]}}, "coordinates go from 0 to 1"),
        ({"zone": None}, "needs a zone: draw one on the picture"),
        ({"tripwire": LINE}, "has no use for tripwire: leave it out"),
        ({"threshold": 0}, "everything would count"),
        ({"threshold": 1}, "nothing is ever that sure"),
        ({"threshold": 60}, "write 0.6 for 60 of a hundred"),
        ({"threshold": -0.5}, "give 0.05 to 0.95"),
        ({"threshold": "0.6"}, "field 'threshold' is not what it should be: it is a number"),
        ({"threshold": True}, "field 'threshold' is not what it should be"),
        ({"hours": "at night"}, "have no times as in 08:00-16:00"),
        ({"classes": []}, "is about nothing"),
        ({"classes": ["dog"]}, "it is one of person, bicycle"),
        ({"kind": "recognition"}, "it is one of intrusion, line crossing"),
        ({"name": " "}, "A rule needs a name"),
        ({"colour": "red"}, "'colour' that is not known here"),
        ({"camera": 2}, "This rule names another camera"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with browser(console) as client:
            answer = await client.post("/api/cameras/1/rules", json=NIGHT | changes)
            assert (answer.status_code, words in error_of(answer)) == (400, True), answer.text
            assert console.rules.all() == []
            kept = (await client.post("/api/cameras/1/rules", json=NIGHT)).json()
            assert (await client.patch("/api/rules/1", json=changes)).status_code == 400
            assert (await client.get("/api/cameras/1/rules")).json() == {"rules": [kept]}

    run(script())


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"name": "a", "name": "b"}', b'{"threshold": NaN}', b"\xff"])
def test_what_is_no_object_is_refused(tmp_path: Path, body: bytes) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with browser(console) as client:
            await client.post("/api/cameras/1/rules", json=NIGHT)
            for call in (client.post("/api/cameras/1/rules", content=body), client.patch("/api/rules/1", content=body)):
                answer = await call
                assert (answer.status_code, error_of(answer) != "") == (400, True)

    run(script())


def test_of_a_camera_that_is_not_there_and_of_one_that_has_it_already(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with browser(console) as client:
            for call in (client.get("/api/cameras/9/rules"), client.post("/api/cameras/9/rules", json=NIGHT)):
                assert (await call).status_code == 404
            await client.post("/api/cameras/1/rules", json=NIGHT)
            twice = await client.post("/api/cameras/1/rules", json=NIGHT)
            assert (twice.status_code, "has a rule called 'Night' already" in error_of(twice)) == (400, True)

    run(script())


def test_nobody_changes_a_rule_without_a_session_or_from_another_page(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with browser(console) as client:
            await client.post("/api/cameras/1/rules", json=NIGHT)
            calls = (
                ("POST", "/api/cameras/1/rules", NIGHT | {"name": "B"}),
                ("PATCH", "/api/rules/1", {"enabled": False}),
                ("DELETE", "/api/rules/1", None),
            )
            for method, path, body in calls:
                for headers in ({"X-Watchglass": ""}, {"Origin": "https://elsewhere.example"}):
                    assert (await client.request(method, path, json=body, headers=headers)).status_code == 403
            client.cookies.clear()
            for method, path, body in calls:
                assert (await client.request(method, path, json=body)).status_code == 401
            assert (await client.post("/api/cameras/1/rules", content=b"{")).status_code == 401  # before it is read
        assert [(one.name, one.enabled) for one in console.rules.all()] == [("Night", True)]

    run(script())


def test_openapi_tells_what_a_rule_is(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path)) as client:
            told = (await client.get("/api/openapi.json")).json()
            call = told["paths"]["/api/cameras/{camera_id}/rules"]["post"]
            schema_in = call["requestBody"]["content"]["application/json"]["schema"]
            schemas = told["components"]["schemas"]
            assert schema_in["properties"].keys() == schemas["RuleOut"]["properties"].keys() - {"id", "camera"}
            assert "body" not in [one["name"] for one in call["parameters"]]
            named = [
                one["$ref"]
                for part in schema_in["properties"].values()
                for one in part.get("anyOf", [part])
                if "$ref" in one
            ]
            assert {one.rpartition("/")[2] for one in named} <= schemas.keys()

    run(script())


def test_the_front_end_knows_what_each_kind_is_composed_from() -> None:
    told = json.loads((ROOT / "web/src/rules/kinds.json").read_bytes())
    about = {(): "picture", (ObjectClass.PERSON,): "people"}
    assert told == {
        kind: {
            "needs": [part for part in ORDER if part in NEEDED[kind]],
            "may": [part for part in ORDER if part in ALLOWED.get(kind, ())],
            "about": about.get(usual_classes(kind), "vehicles"),
        }
        for kind in RuleKind
    }
