"""The census's report in a real browser: a file with no network, that sorts, zooms, prints, and runs nothing but itself."""

import dataclasses
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.invented import towns
from watchglass.census import drawn, plots
from watchglass.census.report import Plotted, Shown, as_html
from watchglass.census.sections import Listed
from watchglass.census.values import Figure

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

# Each would do something if it were taken for anything but text: in HTML, in an attribute, in a script, in SVG, in CSS.
HOSTILE = [
    "<script>window.hit=1</script>",
    '"><img src=x onerror=window.hit=2>',
    "</script><script>window.hit=3</script>",
    "</title></style><svg onload=window.hit=4>",
    "'-window.hit=5-'",
    "<!--<script>",
    "javascript:window.hit=6",
    "${window.hit=7}",
    "]]><b>bold</b>",
    "\u202egnirts\u0000\u2028",
    "{{constructor.constructor('window.hit=8')()}}",
    '<link rel=stylesheet href="http://127.0.0.1:9/x.css">',
]


def shown(count: int, cameras: int, called: list[str] | None = None) -> Shown:
    """A report of invented towns with all that a report can have."""
    some = towns(count, cameras, called=called)
    areas = some.census.areas
    one = areas[0].area
    points = plots.Points(
        [area.area for area in areas],
        [area.figures["per-1000"].value for area in areas],
        [area.indices["crime index"] for area in areas],
        *("cameras per 1,000 people", "crime index", [one], f"Without {one} the line is another."),
    )
    drawings = {
        "Cameras per 1,000 people": plots.bars(some.census, "per-1000"),
        "Ranks": plots.ranks(some.census),
        "What is seen": plots.seen(some.census),
        "Crime index against cameras": plots.scatter(points),
        "Two sources": plots.recapture(
            (some.census.inputs[0], 812), ("register.csv", 430), 301, Figure(1160, 1098, 1241, "95 %")
        ),
    }
    words = f"Areas by their figures; {one} is one of them."
    return Shown(
        title="Cameras of the invented towns" if not called else called[0],
        census=some.census,
        areas=some.areas,
        cameras=some.cameras,
        seen=some.seen,
        correlations=[
            Listed(
                "Crime index",
                ["With so few areas nothing can be concluded.", f"Without {one} it is another."],
                ["cameras", "Pearson's r", "low", "high"],
                [["per 1,000 people", -0.12, -0.65, 0.49], ["per km²", 0.2, -0.43, 0.7], [one, None, None, None]],
            )
        ],
        comparisons=[Listed("towns.osm.pbf and register.csv", [f"{one}: 12 % fewer, for the map is older."])],
        plots=[Plotted(title, words, plots.as_svg(drawing)) for title, drawing in drawings.items() if drawing],
        again="watchglass census measure towns.osm.pbf\n  --population people.csv --html report.html",
    )


class Watched:
    """A page without a network, and everything that it complained of or asked for."""

    def __init__(self, context: BrowserContext) -> None:
        context.set_offline(True)
        self.page: Page = context.new_page()
        self.page.set_default_timeout(30_000)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.refused: list[tuple[str, str]] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("request", self._ask)
        self.page.on("requestfailed", self._refuse)

    def _note(self, message: ConsoleMessage) -> None:
        self.complaints.append(message.text)

    def _ask(self, request: Request) -> None:
        if not request.url.startswith("data:"):
            self.asked.append(request.url)

    def _refuse(self, request: Request) -> None:
        self.refused.append((request.url, request.failure or ""))

    def open(self, path: Path, what: Shown) -> None:
        path.write_text(as_html(what), encoding="utf-8")
        self.page.goto(path.as_uri())
        self.drawn()

    def drawn(self) -> None:
        self.page.wait_for_function("() => document.getElementById('canvas').dataset.shown")

    def at(self) -> tuple[float, float, float]:
        """Scale and middle of the map, once what was asked of it is drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        data = self.page.evaluate("() => ({...document.getElementById('canvas').dataset})")
        x, y = data["middle"].split()
        return float(data["scale"]), float(x), float(y)


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=True)
    yield Watched(context)
    context.close()


def looked_at(watched: Watched, artefacts: Path, name: str) -> None:
    """Screenshots as people see it; nothing is wider than the screen."""
    page = watched.page
    looks: tuple[tuple[int, Literal["dark", "light"]], ...] = (
        *((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"), (1920, "light")),
    )
    for width, scheme in looks:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        watched.at()
        page.screenshot(path=artefacts / f"census-{name}-{width}-{scheme}.png", full_page=True)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), (name, width)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    page.pdf(path=artefacts / f"census-{name}.pdf", format="A4", print_background=True)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 1040})
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.screenshot(path=artefacts / f"census-{name}-print.png", full_page=True)
    page.emulate_media(media="screen")


@pytest.mark.parametrize(("name", "count", "cameras"), [("few", 1, 200), ("some", 12, 40), ("many", 120, 60)])
def test_it_opens_from_a_file_and_asks_for_nothing(
    watched: Watched, tmp_path: Path, artefacts: Path, name: str, count: int, cameras: int
) -> None:
    what = shown(count, cameras)
    watched.open(tmp_path / "report.html", what)
    expect(watched.page.get_by_role("heading", level=1)).to_have_text("Cameras of the invented towns")
    broken = "() => [...document.images].filter((one) => !one.complete || !one.naturalWidth).length"
    assert watched.page.evaluate(broken) == 0
    assert watched.page.locator("figure img").count() == len(what.plots)
    looked_at(watched, artefacts, name)
    assert watched.complaints == []
    assert watched.asked == [(tmp_path / "report.html").as_uri()]


def test_names_are_text_and_nothing_else(watched: Watched, tmp_path: Path, artefacts: Path) -> None:
    what = shown(len(HOSTILE), 20, HOSTILE)
    hostile = dataclasses.replace(
        what.census,
        made=HOSTILE[1],
        inputs=tuple(HOSTILE),
        assumptions=tuple(HOSTILE),
        notes=tuple(HOSTILE),
        remarks=tuple(dataclasses.replace(one, what=HOSTILE[row % 9]) for row, one in enumerate(what.census.remarks)),
    )
    again = "\n".join(HOSTILE)
    watched.open(tmp_path / "report.html", dataclasses.replace(what, census=hostile, again=again))
    page = watched.page
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE[0])
    expect(page.get_by_role("rowheader", name=HOSTILE[1], exact=True).first).to_be_visible()
    assert page.evaluate("() => 'hit' in window") is False
    assert page.locator("script").count() == 2
    assert page.locator("svg, b, link[rel=stylesheet], img:not(figure img)").count() == 0
    page.get_by_label("Go to").select_option(index=3)
    expect(page.get_by_role("status")).to_contain_text(HOSTILE[2])
    for summary in page.locator("summary").all():
        summary.click()
    page.get_by_role("button", name="cameras on the map").click()
    page.screenshot(path=artefacts / "census-hostile.png", full_page=True)
    assert page.evaluate("() => 'hit' in window") is False
    assert watched.complaints == []
    assert len(watched.asked) == 1


def test_the_page_s_own_policy_stops_what_would_get_in(watched: Watched, tmp_path: Path) -> None:
    """The second wall: were a name ever written as markup, still nothing of it would run or be fetched."""
    path = tmp_path / "report.html"
    slipped = '<img src="http://127.0.0.1:9/x.png" onerror="window.hit=1"><script>window.hit=2</script><style>*{color:red}</style>'
    path.write_text(as_html(shown(3, 10)).replace("<main>", f"<main>{slipped}"), encoding="utf-8")
    watched.page.goto(path.as_uri())
    watched.drawn()
    assert watched.page.evaluate("() => 'hit' in window") is False
    assert sum("Content Security Policy" in one for one in watched.complaints) >= 3
    assert watched.refused == [("http://127.0.0.1:9/x.png", "csp")]


def test_a_column_is_sorted_by_its_button(watched: Watched, tmp_path: Path) -> None:
    what = shown(12, 40)
    watched.open(tmp_path / "report.html", what)
    table = watched.page.get_by_role("table", name=re.compile("^How many cameras"))
    names = table.get_by_role("rowheader")
    head = table.get_by_role("columnheader", name="cameras per 1,000 people", exact=True)
    by_rate = [one.area for one in sorted(what.census.areas, key=lambda one: one.figures["per-1000"].value)]
    head.get_by_role("button").focus()
    watched.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert names.all_inner_texts() == by_rate[::-1]
    watched.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert names.all_inner_texts() == by_rate
    table.get_by_role("button", name="Area", exact=True).click()
    assert names.all_inner_texts() == sorted(by_rate)
    expect(head).to_have_attribute("aria-sort", "none")


def test_what_is_not_known_is_sorted_last(watched: Watched, tmp_path: Path) -> None:
    watched.open(tmp_path / "report.html", shown(3, 10))
    head = watched.page.get_by_role("table", name=re.compile("^Crime index")).get_by_role(
        "columnheader", name="Pearson's r"
    )
    rows = watched.page.get_by_role("table", name=re.compile("^Crime index")).get_by_role("rowheader")
    for last in ("Ashbridge", "Ashbridge"):
        head.get_by_role("button").click()
        assert rows.all_inner_texts()[-1] == last


def test_the_map_is_moved_by_keys_mouse_and_fingers(watched: Watched, tmp_path: Path) -> None:
    watched.open(tmp_path / "report.html", shown(12, 40))
    page, canvas = watched.page, watched.page.locator("#canvas")
    canvas.scroll_into_view_if_needed()
    whole = watched.at()
    canvas.focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    nearer = watched.at()
    assert nearer[0] == pytest.approx(whole[0] * 1.5)
    assert nearer[1] == pytest.approx(whole[1] + 60 / nearer[0])
    page.keyboard.press("0")
    assert watched.at() == whole
    page.get_by_role("button", name="Closer").click()
    assert watched.at()[0] == pytest.approx(whole[0] * 1.5)
    page.get_by_role("button", name="Whole map").click()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 340, box["y"] + 190, steps=3)
    page.mouse.up()
    dragged = watched.at()
    assert dragged[1] == pytest.approx(whole[1] - 40 / whole[0])
    assert dragged[2] == pytest.approx(whole[2] + 10 / whole[0])
    page.mouse.wheel(0, -300)
    assert watched.at()[0] > whole[0]
    page.get_by_role("button", name="Whole map").click()
    client = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 40), ("touchMove", 60), ("touchMove", 80)):
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        touches = [{"x": middle[0] + side * apart, "y": middle[1], "id": row} for row, side in enumerate((-1, 1))]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert watched.at()[0] == pytest.approx(whole[0] * 2, rel=0.1)


def test_an_area_tells_its_figures(watched: Watched, tmp_path: Path) -> None:
    what = shown(12, 40)
    watched.open(tmp_path / "report.html", what)
    page = watched.page
    expect(page.get_by_role("status")).to_have_text("Point at an area for its figures, or choose one above.")
    page.get_by_label("Go to").select_option(label="Elmbridge")
    expect(page.get_by_role("status")).to_contain_text("Elmbridge")
    canvas = page.locator("#canvas")
    canvas.scroll_into_view_if_needed()
    page.get_by_role("button", name="Whole map").click()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    expect(page.get_by_role("status")).to_contain_text("Point at an area")
    page.get_by_label("Go to").select_option(label="Dunbridge")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("status")).to_contain_text("cameras per 1,000 people: 2.62 (")


def test_many_cameras_are_hexagons_and_dots_closer_by(watched: Watched, tmp_path: Path, artefacts: Path) -> None:
    some = shown(12, 40)
    many = [
        dataclasses.replace(one, longitude=one.longitude + row * 3e-5, latitude=one.latitude - row * 2e-5)
        for row, one in itertools.product(range(160), some.cameras)
    ][:100_000]
    what = dataclasses.replace(some, cameras=many)
    assert len(what.cameras) == 100_000 < drawn.DOTS
    watched.open(tmp_path / "report.html", what)
    size = (tmp_path / "report.html").stat().st_size
    print(f"{len(what.cameras)} cameras: {size / 1e6:.1f} MB")
    assert size < 15_000_000
    canvas = watched.page.locator("#canvas")
    expect(canvas).to_have_attribute("data-shown", "hexagons")
    canvas.scroll_into_view_if_needed()
    watched.page.screenshot(path=artefacts / "census-hexagons.png")
    watched.page.get_by_label("Go to").select_option(label="Dunbridge")
    canvas.focus()
    for _ in range(6):
        watched.page.keyboard.press("+")
    expect(canvas).to_have_attribute("data-shown", "dots")
    watched.page.screenshot(path=artefacts / "census-dots.png")
    assert watched.complaints == []
