"""Plots: words are words, the same figures make the same bytes, no label lies on another."""

import itertools
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing
from matplotlib.text import Text

from tests.invented import names, towns
from watchglass.census import plots
from watchglass.census.plots import Points, as_png, as_svg
from watchglass.census.values import Census, Figure, Measures

HOSTILE = ["$x_{", "<script>alert(1)</script>", "a&b\x00\u202e", "重庆", "B" * 80]


def census(values: dict[str, Figure], figure: str = "per-1000") -> Census:
    return Census(
        "2026-05-04T10:30:00Z", (), tuple(Measures(name, 1, 1.0, {figure: one}) for name, one in values.items())
    )


def words(drawing: Drawing | None) -> list[str]:
    """All texts of its SVG, from top to bottom as they are drawn."""
    assert drawing
    root = ET.fromstring(as_svg(drawing))  # noqa: S314 -- our own
    return ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]


def drawings(count: int, called: list[str] | None = None) -> list[Drawing | None]:
    some = towns(count, called=called).census
    points = Points(
        [one.area for one in some.areas],
        [one.figures["per-1000"].value for one in some.areas],
        [one.indices["crime index"] for one in some.areas],
        *("cameras per 1,000 people", "crime index", [some.areas[0].area], "A sentence."),
    )
    made = [plots.bars(some, "per-1000"), plots.bars(some, "public-seen"), plots.ranks(some), plots.seen(some)]
    return [*made, plots.scatter(points), plots.recapture(("a $", 9), ("b $", 8), 4, Figure(17, 13, 25, "95 %"))]


def beyond(drawing: Drawing) -> list[Text]:
    """Labels of an axis beyond its ends, which are there and are not drawn."""
    labels = []
    for axes in drawing.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            labels += [tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
    return labels


@pytest.mark.parametrize("count", [3, 12, pytest.param(120, marks=pytest.mark.slow)])
def test_no_words_lie_on_others_or_outside(count: int) -> None:
    for drawing in drawings(count):
        assert drawing
        canvas = FigureCanvasAgg(drawing)
        canvas.draw()  # type: ignore[no-untyped-call]
        renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
        unseen = beyond(drawing)
        found = (one for one in drawing.findobj(Text) if one not in unseen)
        texts = [one for one in found if one.get_visible() and one.get_text().strip()]
        boxes = [(one.get_text(), one.get_window_extent(renderer)) for one in texts]
        whole = drawing.bbox.padded(1)
        assert [text for text, box in boxes if not (whole.x0 <= box.x0 and box.x1 <= whole.x1)] == []
        assert [text for text, box in boxes if not (whole.y0 <= box.y0 and box.y1 <= whole.y1)] == []
        clash = [
            (one, other)
            for (one, box), (other, beside) in itertools.combinations(boxes, 2)
            if box.shrunk(0.9, 0.8).overlaps(beside.shrunk(0.9, 0.8))
        ]
        assert clash == []


def test_the_same_figures_make_the_same_bytes() -> None:
    for one, other in zip(drawings(3), drawings(3), strict=True):
        assert one
        assert other
        assert as_svg(one) == as_svg(other)
        assert as_png(one) == as_png(other)
        assert "date" not in as_svg(one).lower()


def test_names_are_shown_and_do_nothing() -> None:
    told = words(drawings(5, HOSTILE)[0])
    assert "$x_{" in told
    assert "<script>alert(1)</script>" in told
    assert "重庆" in told
    assert f"{'B' * 29}…" in told
    for drawing in drawings(5, HOSTILE):
        assert drawing
        assert as_png(drawing)[:4] == b"\x89PNG"
        assert "<script" not in as_svg(drawing)


def test_bars_go_down_and_say_what_the_lines_are() -> None:
    told = words(plots.bars(census({"B": Figure(1, 0.5, 2, "95 %, so and so"), "A": Figure(3)}), "per-1000"))
    assert told.index("A") < told.index("B")
    assert "Lines: 95 %, so and so" in told
    assert "Cameras per 1,000 people" in told


def test_where_nothing_is_known_of_the_error_it_says_so() -> None:
    assert "How far these may be off is not known." in words(plots.bars(census({"A": Figure(3)}), "per-1000"))


def test_the_most_areas_and_it_is_said_that_there_are_more() -> None:
    told = words(plots.bars(census({name: Figure(1) for name in names(130)}), "per-1000"))
    assert any("The first 120 of 130 areas." in one for one in told)
    assert len([one for one in told if one in names(130)]) == 120


def test_a_share_is_drawn_in_per_cent() -> None:
    assert "per cent" in words(plots.bars(census({"A": Figure(0.5)}, "public-seen"), "public-seen"))


def test_the_influential_area_is_named() -> None:
    told = words(plots.scatter(Points(["A", "B", "C", "D"], [1, 2, 3, 9], [4, 1, 2, 9], "x", "y", ["D"], "r is 0.8")))
    assert {"D", "X", "Y", "Y against x", "r is 0.8", "changes the answer most", "fitted line"} <= set(told)
    assert "A" not in told


def test_the_line_is_that_of_least_squares() -> None:
    line, low, high, grid = plots._fitted(np.array([0.0, 1, 2, 3]), np.array([1.0, 3, 5, 8]))
    assert line[0] == pytest.approx(0.8)
    assert line[-1] == pytest.approx(0.8 + 2.3 * 3)
    assert (grid[0], grid[-1]) == (0, 3)
    # By hand: residuals 0.2, -0.1, -0.4, 0.3; s = sqrt(0.3 / 2); at 0 times sqrt(1/4 + 1.5² / 5); t of 2 degrees is 4.302653.
    assert (low[0], high[0]) == (pytest.approx(0.8 - 1.394219), pytest.approx(0.8 + 1.394219))


def test_nothing_is_drawn_of_nothing() -> None:
    none = census({})
    assert (plots.bars(none, "per-1000"), plots.ranks(none), plots.seen(none)) == (None, None, None)
    assert plots.scatter(Points(["A", "B"], [1, 2], [1, 2], "x", "y")) is None
    assert plots.scatter(Points(["A", "B", "C"], [1, 1, 1], [1, 2, 3], "x", "y")) is None


def test_points_of_the_same_height_are_drawn() -> None:
    assert plots.scatter(Points(["A", "B", "C"], [1, 2, 3], [1, 1, 1], "x", "y"))


def test_the_machine_s_own_settings_stay_as_they_are() -> None:
    before = mpl.rcParams["svg.fonttype"]
    drawings(3)
    assert mpl.rcParams["svg.fonttype"] == before
