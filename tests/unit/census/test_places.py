from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.errors import BadInputError
from watchglass.census.places import Places, areas_of_geojson, areas_of_table, has_areas, join
from watchglass.census.texts import read_table


def table(text: str, mapping: dict[str, str] | None = None) -> Places:
    return areas_of_table(read_table(text.encode(), "t.csv"), mapping)


def odd(places: Places) -> list[tuple[str, str, bool]]:
    return [(one.where, one.kind, one.dropped) for one in places.remarks if one.kind != "encoding"]


def test_a_table_of_cities() -> None:
    first, second = table(
        'city,population,km2,cameras,street km,Crime index,code\nLondon,"9,100,000",1572,"627,707",14800,53.6,7\nPune,31.2 lakh,331,"11,29,000",,-,8\n'
    ).areas
    assert (first.name, first.population, first.km2, first.cameras, first.street_km) == (
        "London",
        9_100_000,
        1572,
        627_707,
        14_800,
    )
    assert first.indices == {"Crime index": 53.6}
    assert (second.population, second.cameras, second.street_km, second.indices) == (3_120_000, 1_129_000, None, {})


def test_digits_grouped_wrongly_are_left_out_with_the_reason() -> None:
    places = table('city,cameras\nPune,"11.29,000"\nDelhi,"1,79,000"\n')
    assert [area.cameras for area in places.areas] == [None, 179_000]
    (remark,) = places.remarks[1:]
    assert (remark.where, remark.kind, remark.dropped) == ("line 2", "number", False)
    assert '"11.29,000" is not a number: its points make groups of 2 and 2 digits' in remark.what


def test_a_column_decides_together_what_a_point_means() -> None:
    german = table("Stadt;Einwohner;Index\nA;1.234.567;1.234\nB;9.876;2,5\n")
    assert [area.population for area in german.areas] == [1_234_567, 9876]
    assert [area.indices["Index"] for area in german.areas] == [1234, 2.5]
    mixed = table("name;population;x\nA;1;1,5\nB;2;1.5\n")
    assert [area.indices["x"] for area in mixed.areas] == [1.5, 1.5]
    assert odd(mixed) == [("file", "number", False)]


def test_nobody_living_there_leaves_rates_out() -> None:
    places = table("name,population,km2\nNowhere,0,5\nLess,-3,0\nHalf,2.5,1\n")
    assert [(area.population, area.km2) for area in places.areas] == [(None, 5), (None, None), (None, 1)]
    assert odd(places) == [
        ("line 2", "population", False),
        ("line 3", "population", False),
        ("line 3", "number", False),
        ("line 4", "number", False),
    ]
    assert "rates are left out" in places.remarks[1].what


def test_names_that_are_there_twice_or_not_at_all() -> None:
    places = table("name,population\nSpringfield,1\n,2\nSPRINGFIELD ,3\n")
    assert [area.population for area in places.areas] == [1]
    assert [(kind, dropped) for _, kind, dropped in odd(places)] == [("no name", True), ("name twice", True)]
    assert places.rows == 3


def test_fewer_cameras_than_none() -> None:
    places = table("name,cameras\nA,-5\n")
    assert places.areas[0].cameras is None
    assert odd(places) == [("line 2", "number", False)]


def test_a_table_without_names() -> None:
    with pytest.raises(BadInputError, match="no column of names: say which it is, of who, population"):
        table("who,population\nA,1\n")
    assert table("who,population\nA,1\n", {"name": "who"}).areas[0].name == "A"


def shape(x: float = 0.0) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[[x, 0], [x + 1, 0], [x + 1, 1], [x, 1], [x, 0]]]}


def boundaries(*found: tuple[Any, dict[str, Any]], mapping: dict[str, str] | None = None) -> Places:
    listed = [{"type": "Feature", "geometry": geometry, "properties": properties} for geometry, properties in found]
    return areas_of_geojson({"type": "FeatureCollection", "features": listed}, "b.geojson", mapping)


def test_boundaries_with_names_and_people() -> None:
    (area,) = boundaries((shape(), {"NAME": "North", "pop": 1200, "code": 7})).areas
    assert (area.name, area.population, area.indices) == ("North", 1200, {})
    assert area.boundary
    assert area.boundary.area == 1
    (area,) = boundaries((shape(), {"k": "North"}), mapping={"name": "k"}).areas
    assert area.name == "North"


def test_shapes_that_enclose_nothing() -> None:
    bow_tie = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    grid = {"type": "Polygon", "coordinates": [[[9e5, 1e6], [9e5, 2e6], [1e6, 2e6], [9e5, 1e6]]]}
    places = boundaries(
        (bow_tie, {"name": "Tie"}),
        (None, {"name": "Nothing"}),
        ({"type": "Point", "coordinates": [1, 2]}, {"name": "Point"}),
        (grid, {"name": "Grid"}),
    )
    (tie,) = places.areas
    assert tie.boundary
    assert tie.boundary.is_valid
    assert odd(places) == [
        ("feature 1", "boundary", False),
        ("feature 2", "boundary", True),
        ("feature 3", "boundary", True),
        ("feature 4", "boundary", True),
    ]


def test_boundaries_without_names() -> None:
    with pytest.raises(BadInputError, match="no property of its features is a name; they have k"):
        boundaries((shape(), {"k": "North"}))
    with pytest.raises(BadInputError, match="they have none"):
        boundaries((shape(), {}))


def test_tables_and_boundaries_are_joined_by_name() -> None:
    listed = table("name,population,index\nSèvres,1000,7\nLeft over,5,1\nTwin,3,1\n")
    shaped = boundaries(
        (shape(), {"name": "SEVRES", "km2": 3}),
        (shape(2), {"name": "Nobody's"}),
        (shape(4), {"name": "Twin"}),
        (shape(6), {"name": "Twin"}),
    )
    places = join(listed, shaped, ("t.csv", "b.geojson"))
    first, left, twin, other = places.areas
    assert (first.name, first.population, first.km2, dict(first.indices)) == ("Sèvres", 1000, 3, {"index": 7})
    assert first.boundary
    assert (left.boundary, twin.boundary) == (None, None)
    assert other.name == "Nobody's"
    joined = [(one.source, one.where, one.what) for one in places.remarks if one.kind == "name not found"]
    assert joined == [
        ("t.csv", "Left over", "has no boundary of that name in b.geojson"),
        ("t.csv", "Twin", "has several boundaries of that name in b.geojson: none is taken"),
        ("b.geojson", "Nobody's", "has no line of that name in t.csv"),
    ]


@given(
    st.lists(
        st.lists(st.text(st.characters(min_codepoint=32, exclude_characters='",'), max_size=6), max_size=4), max_size=6
    )
)
def test_any_cells_are_areas_or_remarks(lines: list[list[str]]) -> None:
    text = "name,population,km2,index\n" + "\n".join(",".join(cells) for cells in lines)
    places = areas_of_table(read_table(text.encode("utf-8", "replace"), "t.csv"))
    assert places.rows == len(places.areas) + sum(one.dropped for one in places.remarks)


def test_whether_there_are_areas() -> None:
    assert has_areas(("구별", "소계"))
    assert not has_areas(("name", "lon"))
    assert has_areas(("who", "how many"), {"name": "who", "population": "how many"})


def test_an_outline_that_leaps_over_the_date_line_is_remarked_on() -> None:
    def around(west: float, east: float, name: str) -> dict[str, object]:
        ring = [[west, -19], [east, -19], [east, -16], [west, -16], [west, -19]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}

    listed = [around(177, -178, "Leaps"), around(177, 180, "Cut"), around(-180, 180, "Belt")]
    found = areas_of_geojson({"type": "FeatureCollection", "features": listed}, "b.geojson")
    assert [area.name for area in found.areas] == ["Leaps", "Cut", "Belt"]
    [remark] = found.remarks
    assert (remark.where, remark.dropped) == ("feature 1", False)
    assert "180th meridian" in remark.what
