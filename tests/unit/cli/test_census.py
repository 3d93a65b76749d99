import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Ran
from watchglass.cli import census
from watchglass.store.censuses import Censuses
from watchglass.store.folder import DataFolder

Run = Callable[..., Ran]
NODE = {"type": "node", "id": 1, "lat": 51.34, "lon": 12.37, "tags": {"man_made": "surveillance"}}


def overpass(path: Path, *nodes: dict[str, object]) -> Path:
    path.write_text(json.dumps({"elements": list(nodes)}))
    return path


@pytest.fixture
def streets(tmp_path: Path) -> Path:
    """Two cameras and a street."""
    ends = [{"lat": 51.34, "lon": 12.37}, {"lat": 51.342, "lon": 12.37}]
    way = {"type": "way", "id": 7, "geometry": ends, "tags": {"highway": "residential"}}
    return overpass(tmp_path / "streets.json", NODE, NODE | {"id": 2, "lat": 51.341}, way)


def test_a_map_becomes_a_report(run: Run, streets: Path, tmp_path: Path) -> None:
    ran = run("census", "measure", streets, "--out", tmp_path / "out", "--draws", 2, "--processes", 1)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("all of it: 2 cameras")
    assert "begin with" in ran.out
    assert "streets.json: 2 objects: 2 cameras" in ran.err
    assert "what cameras see" in ran.err
    told = json.loads((tmp_path / "out/census.json").read_text())
    assert told["inputs"] == ["streets.json"]
    assert told["areas"][0]["figures"]["public-seen"]["value"] > 0
    assert "OpenStreetMap" in (tmp_path / "out/report.html").read_text()


def test_areas_of_a_table_need_no_map(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "areas.csv"
    table.write_text("name,population,cameras,crime\nNorth,1000,10,5\nSouth,2000,10,3\n")
    assert run("census", "measure", table, "--out", tmp_path / "out").code == 0
    rows = json.loads((tmp_path / "out/census.json").read_text())["areas"]
    assert [row["figures"]["per-1000"]["value"] for row in rows] == [10, 5]
    assert "OpenStreetMap" not in (tmp_path / "out/report.html").read_text()


def test_cameras_go_into_the_areas_of_a_boundary_file(run: Run, streets: Path, tmp_path: Path) -> None:
    ring = [[12.36, 51.33], [12.38, 51.33], [12.38, 51.3405], [12.36, 51.3405], [12.36, 51.33]]
    feature = {
        "type": "Feature",
        "properties": {"name": "South"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    boundaries = tmp_path / "b.geojson"
    boundaries.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    people = tmp_path / "people.csv"
    people.write_text("place;people\nSouth;1.000\nNowhere;0\n")
    mapping = "name=place,population=people"
    ran = run(
        *("census", "measure", streets, "--boundaries", boundaries, "--areas", people, "--area-columns", mapping),
        *("--no-look", "--out", tmp_path / "out"),
    )
    assert ran.code == 0, ran.err
    told = json.loads((tmp_path / "out/census.json").read_text())
    assert [
        (one["area"], one["population"], one["figures"].get("cameras", {}).get("value")) for one in told["areas"]
    ] == [
        ("South", 1000, 1),
        ("Nowhere", None, None),
    ]
    assert [one["where"] for one in told["remarks"] if one["dropped"] or "outside" in one["what"]] == ["node/2"]
    assert "people.csv, b.geojson: 2 areas" in ran.err
    assert "population: 1, first people.csv, line 3: people=0" in ran.err
    assert "name not found: 1, first people.csv, Nowhere" in ran.err
    assert "outside: 1, first streets.json, node/2: lies outside every boundary" in ran.err


def test_what_is_on_two_maps_counts_once(run: Run, streets: Path, tmp_path: Path) -> None:
    again = overpass(tmp_path / "again.json", NODE, NODE | {"id": 3, "lat": 51.3415})
    ran = run("census", "measure", streets, again, "--no-look", "--out", tmp_path / "out")
    told = json.loads((tmp_path / "out/census.json").read_text())
    assert told["areas"][0]["figures"]["cameras"]["value"] == 3
    assert [(one["where"], one["what"]) for one in told["remarks"]] == [
        ("node/1", "is in streets.json too, and counts once")
    ]
    assert "double, dropped: 1, first again.json, node/1: is in streets.json too" in ran.err


def test_a_second_source_and_another_census_to_compare_with(run: Run, streets: Path, tmp_path: Path) -> None:
    second = overpass(tmp_path / "second.json", NODE | {"id": 9})
    assert run("census", "measure", streets, "--no-look", "--out", tmp_path / "first").code == 0
    ran = run(
        *("census", "measure", streets, "--second", second, "--no-look", "--out", tmp_path / "out"),
        *("--compare", tmp_path / "first/census.json"),
    )
    assert ran.code == 0, ran.err
    page = (tmp_path / "out/report.html").read_text()
    assert "capture and recapture" in page
    assert "this census" in page
    assert run("census", "compare", tmp_path / "first/census.json", tmp_path / "out/census.json").out.startswith(
        "0 of "
    )


def test_it_is_shown_in_the_console_of_this_machine(run: Run, streets: Path, tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    arguments = ("census", "measure", streets, "--no-look", "--out", tmp_path / "out", "--data", folder.root)
    assert "in the console as riverside" in run(*arguments, "--publish", "riverside").out
    assert json.loads(Censuses(folder).read("riverside"))["format"] == "watchglass-census"
    refused = run(*arguments, "--publish", "River side")
    assert (refused.code, "lower-case letters" in refused.err) == (2, True)


@pytest.mark.parametrize(("name", "flagged"), [("comparitech-2019", 1), ("precisesecurity-2019", 8)])
def test_published_tables_with_every_slip(run: Run, name: str, flagged: int) -> None:
    told = json.loads(run("census", "table", "--reference", name, "--format", "json").out)
    assert len(told["findings"]) == flagged
    lines = run("census", "table", "--reference", name).out
    assert "Figures that do not hold:" in lines
    assert all(one["arithmetic"] in lines for one in told["findings"])
    rows = run("census", "table", "--reference", name, "--format", "csv").out.splitlines()
    assert len(rows) == len(told["rows"]) + 1


def test_published_tables_beside_each_other(run: Run) -> None:
    told = json.loads(run("census", "compare", "comparitech-2019", "precisesecurity-2019", "--format", "json").out)
    assert "within 5 %" in " ".join(told["sentences"])  # London and Chongqing: one count, printed twice
    assert run("census", "compare", "comparitech-2019", "precisesecurity-2019", "--format", "csv").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["measure", "gone.pbf"], 66, "does not exist"),
        (["measure", "empty.pbf"], 65, "is empty (0 bytes)"),
        (["measure", "streets.json", "--level", "8"], 65, "no boundaries of admin_level 8; they have none at all"),
        (["measure", "streets.json", "--level", "8", "--areas", "x.csv"], 2, "give one or the other"),
        (["measure", "streets.json", "--columns", "lat"], 2, "is not written as FIELD=COLUMN"),
        (["measure", "streets.json", "--compare", "nothing"], 2, "is neither a file nor a reference table"),
        (["table", "--reference", "other"], 2, "Those there are: comparitech-2019"),
        (["compare", "gone.json", "comparitech-2019"], 2, "is neither a file nor a reference table"),
    ],
)
def test_what_makes_no_sense_is_said(
    run: Run, streets: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, what: str
) -> None:
    monkeypatch.chdir(streets.parent)
    Path("empty.pbf").touch()
    ran = run("census", *arguments, *(["--no-look"] if arguments[0] == "measure" else []))
    assert (ran.code, what in ran.err) == (code, True), ran.err


def test_libraries_that_are_missing_are_named_with_what_to_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one.startswith("watchglass.census") or one == "watchglass.cli.census"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "shapely", None)
    ran = run("census", "table", "--reference", "comparitech-2019")
    assert (ran.code, "pip install 'watchglass[census]'" in ran.err) == (2, True)
    monkeypatch.undo()
    assert importlib.import_module("watchglass.cli.census") is census
