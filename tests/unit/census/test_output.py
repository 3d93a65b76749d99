import json
from pathlib import Path

import pytest

from tests.invented import towns
from watchglass.base.errors import WatchglassError
from watchglass.census import output
from watchglass.census.compare import compare, of_measures
from watchglass.census.measuring import Found, Given, measure
from watchglass.census.output import Told
from watchglass.census.values import BANDS, Area
from watchglass.census.writing import from_json


def found(count: int = 6) -> tuple[Found, Told]:
    made = towns(count)
    seen = made.seen[BANDS[0]]
    return Found(made.census, made.areas, seen, (), ()), Told(
        "Towns", made.cameras, again="watchglass census measure x"
    )


def test_everything_is_written_and_the_census_reads_back(tmp_path: Path) -> None:
    census, told = found()
    written = output.write(census, told, tmp_path / "out")
    names = {str(path.relative_to(tmp_path / "out")) for path in written}
    assert {"report.html", "census.json", "table.csv", "table.md", "areas.geojson", "cameras.geojson"} <= names
    assert {"seen.geojson", "plots/per-1000.svg", "plots/per-1000.png", "plots/ranks.svg"} <= names
    assert all(path.stat().st_size > 0 for path in written)
    assert from_json((tmp_path / "out/census.json").read_bytes(), "census.json") == census.census
    assert len(json.loads((tmp_path / "out/areas.geojson").read_text())["features"]) == 6
    assert not list((tmp_path / "out").rglob("*.partial"))


def test_it_is_written_over_what_was_there_before(tmp_path: Path) -> None:
    output.write(*found(3), tmp_path)
    output.write(*found(6), tmp_path)
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 7


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(WatchglassError, match="out"):
        output.begin(tmp_path / "out")
    with pytest.raises(WatchglassError, match="out"):
        output.write(*found(3), tmp_path / "out")


def test_indices_are_plotted_and_told_with_the_area_that_matters_most(tmp_path: Path) -> None:
    areas = [Area(f"A{n}", None, 1000, 2.0, cameras=10 * n, indices={"crime": 50.0 - n * n}) for n in range(1, 7)]
    made = measure(Given(("areas.csv",), (), areas), "2026-11-23T12:00:00Z")
    written = output.write(made, Told("Six", openstreetmap=False), tmp_path)
    assert {"scatter-1.svg", "scatter-2.svg"} <= {path.name for path in written}  # by people, by area
    page = (tmp_path / "report.html").read_text()
    assert "Pearson (Fisher)" in page
    assert "A6" in page
    assert "OpenStreetMap" not in page


def test_two_sides_with_what_each_difference_is_made_of() -> None:
    def side(name: str, cameras: int, extra: str) -> list[Area]:
        return [
            Area("Town", None, 1000, cameras=cameras),
            Area(extra, None, 10, cameras=1),
            Area("Same", None, 10, cameras=1),
        ]

    before, after = (
        measure(Given((name,), (), side(name, cameras, extra)), "").census.areas
        for name, cameras, extra in (("2019", 10, "Gone"), ("2020", 12, "New"))
    )
    listed = output.compared(compare(of_measures("2019", before), of_measures("2020", after)))
    assert "In 2019 alone: Gone." in listed.sentences
    assert "In 2020 alone: New." in listed.sentences
    assert any("within 5 %" in one for one in listed.sentences)
    rows = {(row[0], row[1]): row for row in listed.rows}
    assert rows["Town", "cameras"][2:5] == ("10", "12", "+20.0 %")
    assert "cameras" in str(rows["Town", "per-1000"][5])


def test_each_area_in_a_line() -> None:
    lines = output.briefly(found(3)[0].census)
    assert len(lines) == 3
    assert all("cameras" in line for line in lines)


def test_a_name_can_not_command_the_terminal_it_is_shown_in() -> None:
    given = Given(("x.csv",), (), [Area("A\x1b]0;title\x07\u202eB", None, 1000, cameras=5)])
    [line] = output.briefly(measure(given, "").census)
    assert line.startswith("A\ufffd]0;title\ufffd\ufffdB: 5 cameras")
