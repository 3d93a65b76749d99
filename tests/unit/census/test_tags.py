import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.census.tags import WrongTagError, building_height, camera, length, views
from watchglass.census.values import Camera, Mount, Remark, Setting, View


def read(**tags: str) -> tuple[Camera, list[Remark]]:
    """With __ for the colon, that no name of Python's can have."""
    made, remarks = camera({key.replace("__", ":"): value for key, value in tags.items()}, "map", "node/1", (2.0, 48.0))
    assert made
    return made, remarks


def one(degrees: float) -> View:
    return View(degrees, degrees)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90", [one(90)]),
        ("359.5", [one(359.5)]),
        ("360", [one(0)]),
        ("22,5°", [one(22.5)]),
        ("NNE", [one(22.5)]),
        ("nw", [one(315)]),
        ("north", [one(0)]),
        ("North-East", [one(45)]),
        ("90-270", [View(90, 270)]),
        ("270-90", [View(270, 90)]),
        ("270 \u2013 360", [View(270, 360)]),
        ("E-W", [View(90, 270)]),
        ("northwest-north-east", [View(315, 45)]),
        ("0-359", [View(0, 360)]),
        ("0-360", [View(0, 360)]),
        ("NW;270-300", [one(315), View(270, 300)]),
        ("10; 20 ;;10", [one(10), one(20)]),
    ],
)
def test_directions(text: str, expected: list[View]) -> None:
    assert views(text) == (tuple(expected), [])


@pytest.mark.parametrize(
    "text", ["forward", "-90", "361", "round about", "O", "90-", "90-180-270", "S-400", "", ";", "12345"]
)
def test_directions_that_are_none(text: str) -> None:
    found, wrong = views(text)
    assert found == ()
    assert len(wrong) == 1


def test_garbage_in_a_list_leaves_the_rest() -> None:
    assert views("NW;upwards;270-300") == (
        (one(315), View(270, 300)),
        ["upwards is neither degrees nor letters of a compass"],
    )


@given(st.text())
def test_any_text_is_a_direction_or_wrong(text: str) -> None:
    found, wrong = views(text)
    assert found or wrong
    assert all(0 <= view.start <= 360 and 0 <= view.end <= 360 for view in found)


@given(st.lists(st.tuples(st.integers(0, 359), st.integers(1, 359)), min_size=1, unique=True))
def test_directions_that_are_written_are_read_again(ranges: list[tuple[int, int]]) -> None:
    written = [(start, (start + width) % 360) for start, width in ranges]
    found, wrong = views(";".join(f"{start}-{end}" for start, end in written[:50]))
    assert not wrong
    expected = [View(0, 360) if pair == (0, 359) else View(*pair) for pair in written[:50]]
    assert found == tuple(dict.fromkeys(expected))


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("4", 4),
        ("4 m", 4),
        ("4m", 4),
        ("4,5", 4.5),
        ("350 cm", 3.5),
        ("12 ft", 3.6576),
        ("12'", 3.6576),
        ("12'6\"", 3.81),
        ("7\u20324\u2033", 2.2352),
    ],
)
def test_lengths(text: str, metres: float) -> None:
    assert length(text) == pytest.approx(metres)


@pytest.mark.parametrize("text", ["", "high", "3-4", "~4", "4 furlongs", "-3", "4" * 100])
def test_lengths_that_are_none(text: str) -> None:
    with pytest.raises(WrongTagError, match="not a length"):
        length(text)


def test_what_is_not_said_is_not_known() -> None:
    made, remarks = read(man_made="surveillance")
    assert made == Camera("node/1", "map", 2.0, 48.0)
    assert remarks == []


def test_a_camera_with_everything() -> None:
    made, remarks = read(
        man_made="surveillance",
        surveillance="public",
        surveillance__type="camera",
        surveillance__zone="town",
        camera__type="fixed",
        camera__mount="wall",
        camera__direction="NW;270-300",
        camera__tilt="-25",
        camera__fov="80°",
        camera__resolution="2560x1440",
        camera__count="2",
        height="12'",
        operator="A Name",
        purpose="traffic",
        surveillance__sign="yes",
    )
    assert remarks == []
    assert made == Camera(
        "node/1",
        "map",
        2.0,
        48.0,
        mount=Mount.FIXED,
        views=(one(315), View(270, 300)),
        angle=80,
        height=12 * 0.3048,
        tilt=25,
        pixels=2560,
        setting=Setting.PUBLIC,
        zone="town",
        purpose="traffic",
        owned=True,
        signed=True,
        on_wall=True,
        count=2,
    )


def test_the_name_of_an_owner_is_not_kept() -> None:
    made, remarks = read(operator="Robin Example", owner="Robin Example", name="Robin Example")
    assert "Robin" not in repr((made, remarks))
    assert made.owned
    assert not read(operator="unknown")[0].owned


@pytest.mark.parametrize("kind", ["guard", "gunshot_detector", "Guard", "microphone"])
def test_what_is_no_camera_is_dropped_with_a_remark(kind: str) -> None:
    made, remarks = camera({"surveillance:type": kind}, "map", "node/7", (0, 0))
    assert made is None
    (remark,) = remarks
    assert (remark.where, remark.dropped, remark.kind) == ("node/7", True, "not a camera")
    assert "surveillance:type" in remark.what


@pytest.mark.parametrize("kind", ["camera", "Camera", "camera;guard", ""])
def test_what_is_a_camera(kind: str) -> None:
    assert read(surveillance__type=kind)[1] == []


def test_a_camera_out_of_use_is_not_counted() -> None:
    made, remarks = camera({"disused": "yes"}, "map", "node/7", (0, 0))
    assert made is None
    assert [remark.kind for remark in remarks] == ["out of use"]


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("surveillance:type", "eyes", "surveillance:type"),
        ("surveillance:type", "ALPR", "surveillance:type"),
        ("camera:type", "turning", "camera:type"),
        ("camera:type", "ptz", "camera:type"),
        ("camera:type", "dome;fixed", "camera:type"),
        ("camera:direction", "forward", "direction"),
        ("direction", "somewhere", "direction"),
        ("height", "3-4", "height"),
        ("height", "0", "height"),
        ("height", "4000", "height"),
        ("camera:tilt", "-90-20", "tilt"),
        ("camera:tilt", "120", "tilt"),
        ("camera:angle", "wide", "angle"),
        ("camera:angle", "400", "angle"),
        ("camera:angle", "-30", "angle"),
        ("camera:fov", "0", "angle"),
        ("camera:count", "some", "count"),
        ("camera:count", "-2", "count"),
        ("camera:resolution", "HD", "pixels"),
        ("surveillance", "traffic", "surveillance"),
        ("surveillance", "outdoor;public", "surveillance"),
        ("surveillance:sign", "perhaps", "sign"),
        ("camera:mount", "elephant", "camera:mount"),
    ],
)
def test_each_oddity_is_a_remark_with_object_and_tag_and_the_camera_stays(key: str, value: str, kind: str) -> None:
    made, remarks = camera({key: value, "surveillance:zone": "town"}, "map", "way/3", (0, 0))
    assert made
    assert made.zone == "town"
    (remark,) = remarks
    assert (remark.source, remark.where, remark.dropped, remark.kind) == ("map", "way/3", False, kind)
    assert remark.what.startswith(f"{key}={value}: ")


def test_the_angle_that_has_been_two_things() -> None:
    assert read(camera__angle="40")[0].tilt == 40
    assert read(camera__angle="40")[1] == []
    wide, remarks = read(camera__angle="120")
    assert (wide.tilt, wide.angle) == (None, 120)
    assert "angle of view" in remarks[0].what
    both, remarks = read(camera__angle="40", camera__tilt="-10")
    assert (both.tilt, both.angle) == (10, None)
    assert len(remarks) == 1
    three, remarks = read(camera__angle="120", camera__fov="90")
    assert (three.tilt, three.angle) == (None, 90)
    assert len(remarks) == 1


def test_directions_that_contradict_each_other() -> None:
    made, remarks = read(direction="90", camera__direction="180")
    assert made.views == (one(180),)
    assert "camera:direction is taken" in remarks[0].what
    made, remarks = read(direction="90", camera__direction="E")
    assert (made.views, remarks) == ((one(90),), [])
    made, remarks = read(direction="90", camera__direction="away")
    assert made.views == (one(90),)
    assert len(remarks) == 1


def test_other_words_for_things() -> None:
    assert read(camera__mount="street lamp")[0].on_wall is False
    assert read(indoor="yes")[0].setting is Setting.INDOOR
    assert read(surveillance="yes")[1] == []
    assert read(surveillance__sign="no")[0].signed is False
    assert read(surveillance="traffic")[0].zone == "traffic"


def test_a_tables_columns_are_named_by_their_own_names() -> None:
    _, remarks = camera({"camera:direction": "up"}, "t.csv", "line 3", (0, 0), {"camera:direction": "Blick"})
    assert remarks[0].what.startswith("Blick=up: ")


@pytest.mark.parametrize(
    ("tags", "height"),
    [
        ({"height": "12 m", "building:levels": "2"}, 12),
        ({"building:levels": "2"}, 6),
        ({"building:levels": "2.5", "min_height": "3"}, 7.5),
        ({"building:height": "30 ft"}, 9.144),
    ],
)
def test_heights_of_buildings(tags: dict[str, str], height: float) -> None:
    found, wrong = building_height(tags)
    assert found == pytest.approx(height)
    assert wrong == ""


@pytest.mark.parametrize(
    "tags", [{"height": "tall"}, {"height": "-2"}, {"building:levels": "many"}, {"building:levels": "0"}]
)
def test_heights_of_buildings_that_are_none(tags: dict[str, str]) -> None:
    height, wrong = building_height(tags)
    assert math.isnan(height)
    assert next(iter(tags)) in wrong
    assert math.isnan(building_height({})[0])


KEYS = [
    "surveillance", "surveillance:type", "camera:type", "camera:mount", "camera:direction", "direction", "camera:angle", "camera:tilt", "camera:fov",
    "height", "surveillance:zone", "operator", "purpose", "surveillance:sign", "camera:count", "camera:resolution", "indoor",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(KEYS), st.text(max_size=20) | st.sampled_from(["1", "yes", "90-270", "NW;x"])))
def test_any_tags_make_a_camera_or_one_remark_that_drops_it(tags: dict[str, str]) -> None:
    made, remarks = camera(tags, "map", "node/1", (0, 0))
    assert sum(remark.dropped for remark in remarks) == (made is None)
    assert all(remark.kind and "\n" not in remark.what for remark in remarks)
    building_height(tags)
