"""The report as a file: what is in it, what its policy allows, how large it gets. How it looks is tested in a browser."""

import base64
import dataclasses
import hashlib
import json
import re
from typing import Any

import numpy as np
import pytest
import shapely

from tests.invented import towns
from watchglass.census import plots
from watchglass.census.report import _TURNED, Plotted, Shown, _dark, as_html
from watchglass.census.sections import Listed
from watchglass.census.values import Camera, Census, Figure

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><text style="fill: #1b1f24">a</text></svg>'


def shown(**changes: Any) -> Shown:
    some = towns(3)
    return dataclasses.replace(
        Shown(
            "Towns",
            some.census,
            some.areas,
            some.cameras,
            some.seen,
            plots=[Plotted("Bars", "Ashbridge has most.", SVG)],
        ),
        **changes,
    )


def layers(page: str) -> dict[str, Any]:
    [told] = re.findall(r'<script type="application/json" id="layers">(.*?)</script>', page, re.DOTALL)
    assert "<" not in told
    found: dict[str, Any] = json.loads(told)
    return found


def headings(page: str) -> list[str]:
    return re.findall(r"<h2[^>]*>(.*?)</h2>", page)


def test_nothing_in_it_points_elsewhere_but_two_links() -> None:
    page = as_html(shown())
    assert re.findall(r'(?:src|href)="(?!data:|#)([^"]*)"', page) == [
        "https://www.openstreetmap.org/copyright",
        "https://opendatacommons.org/licenses/odbl/1-0/",
    ]
    assert "@import" not in page
    assert "url(" not in page


def test_its_policy_names_its_script_and_style_by_hash() -> None:
    page = as_html(shown())
    [policy] = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    for kind in ("script", "style"):
        [content] = re.findall(f"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        wanted = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{wanted}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert " style=" not in page
    assert not re.search(r"<[^>]* on[a-z]+=", page)


def test_the_licence_is_named_where_the_map_is_from_there() -> None:
    assert "Open Database License" in as_html(shown())
    assert "OpenStreetMap" not in as_html(shown(openstreetmap=False))


def test_what_was_counted_and_when() -> None:
    page = as_html(shown())
    assert "Cameras in 3 areas;" in page
    assert '<time datetime="2026-05-04T10:30:00+00:00">on 4 May 2026 at 10:30 UTC</time>' in page
    assert "<bdi>towns.osm.pbf</bdi>, <bdi>people.csv</bdi>" in page
    other = dataclasses.replace(shown().census, made="last week <b>")
    assert "Counted last week &lt;b&gt;" in as_html(shown(census=other))


def test_parts_that_have_nothing_are_left_out() -> None:
    assert headings(as_html(Shown("Nothing", Census("2026-05-04", (), ())))) == [
        "What was wrong with the inputs",
        "How to make it again",
    ]
    assert headings(
        as_html(shown(correlations=[Listed("Crime", ["None."])], comparisons=[Listed("Two", ["Same."])]))
    ) == [
        "Key figures",
        "What may and may not be concluded",
        "Map",
        "All areas",
        "Plots",
        "Cameras and other figures",
        "Side by side",
        "What was assumed",
        "What was wrong with the inputs",
        "How to make it again",
    ]


def test_a_plot_is_a_picture_by_itself_that_knows_the_dark() -> None:
    page = as_html(shown())
    assert "<svg" not in page
    [(words, data)] = re.findall(r'<img alt="([^"]*)" src="data:image/svg\+xml;base64,([^"]*)">', page)
    assert words == "Ashbridge has most."
    assert "prefers-color-scheme: dark" in base64.b64decode(data).decode()


def test_every_colour_of_a_plot_has_one_for_the_dark() -> None:
    some = towns(3).census
    drawings = [
        plots.bars(some, "per-1000"),
        plots.seen(some),
        plots.ranks(some),
        plots.recapture(("a", 9), ("b", 8), 4, Figure(17)),
    ]
    known = {*_TURNED, plots.PALE, plots.ORANGE}
    for one in drawings:
        assert one
        assert set(re.findall(r"#[0-9a-f]{6}\b", plots.as_svg(one))) <= known
    assert f'[fill="{plots.PAPER}"]' in _dark()  # as hatches have it


def test_the_map_holds_places_and_kinds_and_no_more() -> None:
    some = shown()
    told = layers(as_html(some))
    assert sum(len(one["geometry"]["coordinates"]) for one in told["cameras"]["features"]) == len(some.cameras)
    assert {key for one in told["cameras"]["features"] for key in one["properties"]} == {"kind"}
    assert "node/0" not in json.dumps(told)


def test_data_cannot_end_its_element() -> None:
    areas = [dataclasses.replace(shown().areas[0], name="</script><!--\u2028")]
    page = as_html(shown(areas=areas))
    assert layers(page)["areas"]["features"][0]["properties"]["name"] == "</script><!--"
    assert page.count("</script>") == 2


@pytest.mark.slow
def test_with_very_much_it_stays_below_fifteen_megabytes() -> None:
    """100,000 cameras, ground of 60,000 corners five times, outlines of half a million."""
    chance = np.random.default_rng(1)
    cameras = [Camera(f"{row}", "s", 10 + x, 50 + y) for row, (x, y) in enumerate(chance.normal(0, 0.1, (100_000, 2)))]
    west, south = chance.normal(10, 0.2, 12_000), chance.normal(50, 0.2, 12_000)
    ragged = shapely.union_all(shapely.box(west, south, west + 2e-4, south + 2e-4))
    areas = [dataclasses.replace(one, boundary=shapely.Point(10, 50).buffer(0.2, 40_000)) for one in shown().areas]
    page = as_html(shown(areas=areas, cameras=cameras, seen=dict.fromkeys((20, 40, 80, 125, 250), ragged)))
    print(f"{len(page) / 1e6:.1f} MB")
    assert len(page) < 15_000_000
    assert "Seen ground is drawn in squares of about" in page
    assert "Shapes are drawn to within about" not in page
