from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.errors import BadInputError
from watchglass.census.reading import tally
from watchglass.census.tables import as_points, has_places, read_cameras, read_points, read_register
from watchglass.census.texts import read_table
from watchglass.census.values import Mount, Read, Setting, View


def read(text: str, mapping: dict[str, str] | None = None) -> Read:
    return read_cameras(read_table(text.encode(), "t.csv"), mapping)


def odd(found: Read) -> list[tuple[str, str, bool]]:
    return [(one.where, one.kind, one.dropped) for one in found.remarks if one.kind != "encoding"]


def test_columns_as_they_are_stated() -> None:
    found = read(
        "nr;wo x;wo y;blick;wer;wie viele\n7;2,35;48,85;NW;Robin;3\n",
        {
            "longitude": "wo x",
            "latitude": "wo y",
            "direction": "blick",
            "owner": "wer",
            "count": "wie viele",
            "id": "nr",
        },
    )
    (camera,) = found.cameras
    assert (camera.id, camera.longitude, camera.latitude, camera.count) == ("line 2", 2.35, 48.85, 3)
    assert camera.views == (View(315, 315),)
    assert camera.owned
    assert "Robin" not in repr(found)
    assert odd(found) == []


@pytest.mark.parametrize(
    "head",
    [
        "lon,lat",
        "Longitude,Latitude",
        "LÄNGENGRAD,Breite",
        "lng,lat",
        "x,y",
        "longitud,latitud",
        "경도,위도",
        "долгота,широта",
    ],
)
def test_columns_are_guessed_in_several_languages(head: str) -> None:
    (camera,) = read(f"{head}\n127.05,37.5\n").cameras
    assert (camera.longitude, camera.latitude) == (127.05, 37.5)


def test_a_register_of_korea() -> None:
    text = "번호,관리기관명,설치목적구분,카메라대수,위도,경도\n1,강남구청,생활방범,4,37.5,127.05\n"
    found = read_cameras(read_table(text.encode("cp949"), "t.csv"))
    (camera,) = found.cameras
    assert (camera.purpose, camera.owned, camera.count) == ("생활방범", True, 4)
    assert [one.what for one in found.remarks] == ["read as CP949 (Korean), with commas between columns"]


def test_all_that_a_table_can_say() -> None:
    (camera,) = read(
        "lon,lat,type,mount,surveillance,zone,height,fov,tilt,resolution,sign,purpose\n2,48,dome,wall,outdoor,shop,4 m,90,-20,1280x720,no,theft\n"
    ).cameras
    assert (camera.mount, camera.on_wall, camera.setting) == (Mount.DOME, True, Setting.OUTDOOR)
    assert (camera.zone, camera.height, camera.angle, camera.tilt, camera.pixels) == ("shop", 4, 90, 20, 1280)
    assert (camera.signed, camera.purpose) == (False, "theft")


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(BadInputError, match="no column east for longitude; it has a, lat"):
        read("a,lat\n1,2\n", {"longitude": "east"})
    with pytest.raises(BadInputError, match="no column for longitude: say which it is, of a, lat"):
        read("a,lat\n1,2\n")


def test_lines_that_cannot_be_used_are_dropped_each_with_its_line() -> None:
    found = read(
        "id,lon,lat,count,dir\na,2.1,48.1,,\nb,,48.1,,\nc,2.1,north,,\nd,2.1,97,,\ne,0,0,,\n,,,,\nf,2.2,48.2,0,\ng,2.3,48.3,-4,\nh,2.4,48.4,x,up\na,2.5,48.5,,\n"
    )
    assert [camera.id for camera in found.cameras] == ["line 2", "line 9", "line 10"]
    assert sorted(odd(found), key=lambda one: int(one[0].split()[1])) == [
        ("line 3", "position", True),
        ("line 4", "position", True),
        ("line 5", "swapped", True),
        ("line 6", "position", True),
        ("line 7", "empty line", True),
        ("line 8", "count", True),
        ("line 9", "count", False),
        ("line 10", "count", False),
        ("line 10", "direction", False),
        ("line 11", "double", True),
    ]
    said = {one.where: one.what for one in found.remarks}
    assert said["line 3"].startswith("has no longitude")
    assert said["line 4"].startswith('latitude: "north" is not a number')
    assert said["line 11"] == "has the same id as line 2; counted once"
    balanced(found)


def test_longitude_and_latitude_swapped_are_noticed_and_not_mended() -> None:
    found = read("lon,lat\n37.5,127.05\n37.6,127.06\n")
    assert found.cameras == ()
    assert [kind for _, kind, _ in odd(found)] == ["swapped", "swapped"]
    assert "seem to be swapped" in found.remarks[1].what


def test_degrees_with_commas_are_not_thousands() -> None:
    (camera,) = read("lon;lat\n2,352;48,856\n").cameras
    assert (camera.longitude, camera.latitude) == (2.352, 48.856)


def test_metres_of_some_grid_are_refused_line_by_line() -> None:
    found = read("x,y\n953123.5,1952000.5\n")
    assert odd(found) == [("line 2", "position", True)]
    assert "WGS 84" in found.remarks[1].what


def test_the_same_line_twice_is_one_camera_unless_ids_tell_them_apart() -> None:
    assert odd(read("lon,lat\n2,48\n2,48\n")) == [("line 3", "double", True)]
    assert len(read("id,lon,lat\n1,2,48\n2,2,48\n").cameras) == 2


def balanced(found: Read) -> None:
    counted = tally(found)
    assert counted.objects == counted.cameras + counted.dropped + counted.doubles


CELLS = st.text(st.characters(min_codepoint=32), max_size=8).map(
    lambda text: '"' + text.replace('"', '""') + '"'
) | st.sampled_from(["2", "48", "0", "1,5", "-", "90-270", "guard", "", "dome", "yes"])


@given(st.lists(st.lists(CELLS, max_size=7), max_size=8))
def test_every_line_is_counted(lines: list[list[str]]) -> None:
    text = "id,lon,lat,count,dir,kind\n" + "\n".join(",".join(cells) for cells in lines)
    found = read_cameras(read_table(text.encode("utf-8", "replace"), "t.csv"))
    balanced(found)


# ---- registers

REGISTER: dict[str, Any] = {
    "cameras": [
        {
            "id": 1,
            "name": "Gate",
            "longitude": 2.5,
            "latitude": 48,
            "purpose": "theft",
            "owner": "Town",
            "sign": True,
            "direction": ["90", "180-270"],
        },
        {
            "id": 2,
            "name": "Yard",
            "longitude": 2.6,
            "latitude": 48,
            "purpose": None,
            "owner": None,
            "sign": False,
            "count": 2,
        },
        {"id": 3, "longitude": None, "latitude": 48},
    ]
}


def test_an_operators_own_register() -> None:
    found = read_register(REGISTER, "register.json")
    gate, yard = found.cameras
    assert (gate.id, gate.purpose, gate.owned, gate.signed) == ("camera 1", "theft", True, True)
    assert gate.views == (View(90, 90), View(180, 270))
    assert (yard.id, yard.purpose, yard.owned, yard.signed, yard.count) == ("camera 2", None, False, False, 2)
    assert odd(found) == [("camera 3", "position", True)]
    balanced(found)


def test_an_empty_register_is_none_the_less_one() -> None:
    assert read_register({"cameras": []}, "register.json") == Read()


@pytest.mark.parametrize("cameras", [None, {}, [1], "all"])
def test_a_register_of_something_else(cameras: Any) -> None:
    with pytest.raises(BadInputError, match="should be a list of objects"):
        read_register({"cameras": cameras}, "register.json")


def test_points_with_columns_of_their_own() -> None:
    points = as_points([("feature 1", {"blick": "E"}, (2.0, 48.0)), ("feature 2", {"wer": "x"}, None)])
    found = read_points(points, {"direction": "blick"}, "p.geojson")
    assert [(camera.id, camera.views) for camera in found.cameras] == [("feature 1", (View(90, 90),))]
    assert odd(found) == [("feature 2", "position", True)]
    balanced(found)


def test_whether_there_are_places() -> None:
    assert has_places(("lon", "lat"))
    assert has_places(("a", "b"), {"longitude": "a"})
    assert not has_places(("name", "population"))
