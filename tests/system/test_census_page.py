"""Published censuses in a real browser: the figures of the file, in words, and names of others as text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect

from tests.pages import signed_in
from tests.running import Watchglass
from watchglass.store.censuses import Censuses
from watchglass.store.folder import DataFolder

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

HOSTILE = "<img src=x onerror=alert(1)><b>Ash\u202eford</b>"
BANDS = ("", "-40", "-80", "-125", "-250")


def figure(value: float, spread: float = 0.0, how: str = "95 %, bootstrap over 20 cells") -> dict[str, Any]:
    around = {"low": value * (1 - spread), "high": value * (1 + spread), "how": how}
    return {"value": value} | (around if spread else {"low": None, "high": None, "how": ""})


def area(name: str, rate: float, **more: Any) -> dict[str, Any]:
    shares = {
        f"{what}{band}": figure(0.6 / n, 0.1)
        for what in ("public-seen", "walks-seen")
        for n, band in enumerate(BANDS, 1)
    }
    figures = {"cameras": figure(rate * 12), "per-1000": figure(rate, 0.2), "all": figure(rate * 15, 0.1, "95 %, Chao")}
    figures |= {"per-km2": figure(rate * 3.5, 0.2), "effective": figure(rate * 9, 0.1), "owned": figure(0.25)}
    return {
        "area": name,
        "population": 12_000,
        "km2": 3.5,
        "figures": figures | shares,
        "indices": {"crime": rate},
    } | more


CENSUS: dict[str, Any] = {
    "format": "watchglass-census",
    "version": 1,
    "made": "2026-11-23T12:00:00Z",
    "inputs": ["towns.osm.pbf", "<i>people</i>.csv"],
    "areas": [
        area("Riverside", 5.0),
        area(HOSTILE, 40.0),
        area("Northgate", 7.5, population=None, figures={"cameras": figure(90), "zeppelins": figure(3)}),
    ],
    "assumptions": ["Height: 4 m for 58 of 60."],
    "remarks": [
        {"source": "<i>a</i>.csv", "where": f"line {n}", "what": "no place", "dropped": True} for n in range(300)
    ],
    "notes": ["This shows no cause.", "The map holds what people have entered: there are more."],
}


@pytest.fixture
def kept(system: Watchglass) -> Iterator[Censuses]:
    yield Censuses(DataFolder.open(system.data))
    for file in (system.data / "censuses").glob("*.json"):
        file.unlink()


@pytest.fixture
def page(system: Watchglass, browser: Browser) -> Iterator[Page]:
    with signed_in(system, browser, viewport={"width": 1280, "height": 900}) as page:
        yield page


def document(**changes: Any) -> bytes:
    return json.dumps(CENSUS | changes).encode()


def keep_pictures(page: Page, folder: Path, name: str) -> None:
    """At both widths, dark and light; no page is wider than its window."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=folder / f"census-{name}-{width}-{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(color_scheme="dark")


def areas_of(table: Locator) -> list[str]:
    return table.locator("tbody th").all_inner_texts()


def test_none_says_how_to_publish_one_and_is_found_by_the_menu(system: Watchglass, page: Page, artefacts: Path) -> None:
    page.goto(system.address)
    page.get_by_label("Account").click()
    expect(page.get_by_role("link", name="Census of cameras")).to_be_visible()
    page.screenshot(path=artefacts / "census-menu-1280.png")
    page.get_by_role("link", name="Census of cameras").click()
    expect(page.get_by_role("heading", name="No census has been published here")).to_be_visible()
    expect(page.get_by_text("watchglass census measure")).to_contain_text("--publish riverside")
    keep_pictures(page, artefacts, "none")


def test_the_only_one_is_shown_at_once_with_what_may_be_concluded_first(
    system: Watchglass, page: Page, kept: Censuses, artefacts: Path
) -> None:
    kept.keep("riverside", document())
    page.goto(f"{system.address}/census")
    expect(page.get_by_role("heading", level=1)).to_have_text("Census of cameras: riverside")
    expect(page.get_by_text("3 areas. Made")).to_contain_text("from towns.osm.pbf, <i>people</i>.csv.")
    assert page.get_by_role("heading", level=2).all_inner_texts() == [
        "What may and may not be concluded",
        "How many cameras",
        "What they see of public space",
        "What they see of walking routes",
        "What is said of them",
        "Other figures",
        "Other figures that came with the areas",
    ]
    many = page.get_by_role("table").first
    row = many.get_by_role("row").filter(has_text="Riverside")
    expect(row.get_by_role("cell", name="5.00")).to_have_text("5.004.00 to 6.00")
    expect(row.get_by_role("cell", name="5.00")).to_have_attribute("title", "95 %, bootstrap over 20 cells")
    expect(page.get_by_role("table").nth(4).get_by_role("columnheader").nth(1)).to_have_text("zeppelins")
    remarks = page.locator("details").filter(has_text="Remarks on the inputs")
    expect(remarks.locator("summary")).to_contain_text("(200 of 300)")
    expect(remarks.get_by_role("listitem")).to_have_count(0)  # folded
    remarks.locator("summary").click()
    expect(remarks.get_by_role("listitem").first).to_have_text("<i>a</i>.csv, line 0: no place not used")
    remarks.locator("summary").click()
    keep_pictures(page, artefacts, "one")


def test_names_of_others_are_text(system: Watchglass, page: Page, kept: Censuses) -> None:
    kept.keep("riverside", document())
    said: list[str] = []

    def dismissed(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismissed)
    page.goto(f"{system.address}/census/riverside")
    expect(page.get_by_role("table").first).to_contain_text("<img src=x onerror=alert(1)><b>Ash\ufffdford</b>")
    assert page.locator("main img, main i, main b").count() == 0
    assert said == []


def test_a_column_is_sorted_by_keyboard(system: Watchglass, page: Page, kept: Censuses) -> None:
    kept.keep("riverside", document())
    page.goto(f"{system.address}/census/riverside")
    table = page.get_by_role("table").first
    hostile = HOSTILE.replace("\u202e", "\ufffd")
    expect(table.get_by_role("row")).to_have_count(4)
    assert areas_of(table) == ["Riverside", hostile, "Northgate"]
    head = table.get_by_role("columnheader", name="Cameras per 1,000 people")
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert areas_of(table) == [hostile, "Riverside", "Northgate"]
    page.keyboard.press("Space")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert areas_of(table) == ["Riverside", hostile, "Northgate"]  # what is not known stays last
    table.get_by_role("columnheader", name="Area").get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "none")
    assert areas_of(table) == [hostile, "Northgate", "Riverside"]


def test_on_a_phone_the_table_scrolls_and_its_names_stay(
    system: Watchglass, page: Page, kept: Censuses, artefacts: Path
) -> None:
    kept.keep("riverside", document())
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{system.address}/census/riverside")
    frame = page.get_by_role("region", name="How many cameras").locator(".census-scroll")
    name = frame.get_by_role("rowheader", name="Riverside")
    before = name.bounding_box()
    frame.evaluate("one => { one.scrollLeft = 10000 }")
    expect(frame.get_by_role("cell", name="12,000").first).to_be_in_viewport()
    assert name.bounding_box() == before
    frame.screenshot(path=artefacts / "census-scrolled-390.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_of_very_many_areas_some_are_shown_and_the_head_stays(
    system: Watchglass, page: Page, kept: Censuses, artefacts: Path
) -> None:
    kept.keep("country", document(areas=[area(f"Town {n}", n / 7) for n in range(1, 451)]))
    page.goto(f"{system.address}/census")
    card = page.get_by_role("region", name="How many cameras").first
    expect(card.get_by_role("rowheader")).to_have_count(200)
    card.get_by_role("button", name="Cameras on the map").click()
    expect(card.get_by_role("rowheader").first).to_have_text("Town 450")
    card.get_by_role("rowheader", name="Town 300").scroll_into_view_if_needed()
    expect(card.get_by_role("columnheader", name="Cameras on the map")).to_be_in_viewport()
    page.screenshot(path=artefacts / "census-many-1280.png")
    card.get_by_role("button", name="Show more (200 of 450)").click()
    expect(card.get_by_role("rowheader")).to_have_count(400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_several_are_listed_and_one_that_cannot_be_read_says_so(
    system: Watchglass, page: Page, kept: Censuses, artefacts: Path
) -> None:
    for name, kept_as in (
        ("riverside", document()),
        ("towns-2026", document(areas=CENSUS["areas"][:1])),
        ("worn", b"{"),
    ):
        kept.keep(name, kept_as)
    page.goto(f"{system.address}/census")
    entries = page.get_by_role("list", name="Censuses").get_by_role("listitem")
    expect(entries).to_have_count(3)
    expect(entries.nth(1)).to_contain_text("1 area, made")
    expect(entries.nth(2)).to_contain_text("It cannot be read: publish it again.")
    keep_pictures(page, artefacts, "list")
    page.get_by_role("link", name="worn").click()
    expect(page.get_by_role("status")).to_have_text("The census worn cannot be read: publish it again.")
    keep_pictures(page, artefacts, "worn")
    page.get_by_role("link", name="All censuses").click()
    page.get_by_role("link", name="towns-2026").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Census of cameras: towns-2026")


def test_one_that_is_not_here_and_a_server_that_fails_are_said(system: Watchglass, page: Page, kept: Censuses) -> None:
    kept.keep("riverside", document())
    page.goto(f"{system.address}/census/nowhere")
    expect(page.get_by_role("status")).to_have_text("There is no census 'nowhere' here.")
    page.get_by_role("link", name="All censuses").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Census of cameras: riverside")
    page.route("**/api/censuses**", lambda route: route.fulfill(status=500, json={"error": "Broken."}))
    page.goto(f"{system.address}/census")
    expect(page.get_by_text("Censuses could not be loaded. Trying again.")).to_be_visible()
