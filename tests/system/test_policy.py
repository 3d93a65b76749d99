"""What a camera's purpose allows, chosen in a real browser: from a view to counts only, and what becomes of the view."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages import signed_in
from tests.rtsp import closed_port
from tests.running import Watchglass

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(420)]

LEARNT = 120.0  # seconds that a plate may take on a busy machine


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, assets_folder: Path | None) -> Any:
    with Watchglass(tmp_path_factory.mktemp("policy") / "data", assets=assets_folder) as running:
        running.set_up()
        yield running


@pytest.fixture(scope="module")
def page(system: Watchglass, browser: Browser) -> Iterator[Page]:
    with signed_in(system, browser, viewport={"width": 1440, "height": 900}) as page:
        yield page


def now_us() -> int:
    return time.time_ns() // 1000


def pictures(system: Watchglass) -> list[Path]:
    """Files that may hold a picture."""
    return [path for part in ("views", "plates") for path in (system.data / part).rglob("*") if path.is_file()]


def test_added_with_counts_only_it_never_has_a_picture(
    system: Watchglass, page: Page, a_street: Path, artefacts: Path
) -> None:
    page.goto(f"{system.address}/add")
    page.get_by_label("Name", exact=True).fill("School gate")
    page.get_by_label("Address", exact=True).fill(str(a_street))
    page.get_by_label("Counts only").check()
    page.get_by_role("button", name="Add camera").click()
    expect(page.get_by_text("In sight now. No picture is shown or kept.")).to_be_visible(timeout=60_000)
    page.screenshot(path=artefacts / "policy-1-counts-only.png")
    assert page.locator("video:visible").count() == 0
    assert set(system.camera(1)["counts"]) == {"people", "vehicles", "animals", "things"}
    assert system.camera(1)["kept"] is None
    assert system.fetch("GET", "/api/cameras/1/aim.png")[0] == 404
    assert pictures(system) == []


def test_a_view_gives_way_to_numbers_within_seconds(
    system: Watchglass, page: Page, a_street: Path, artefacts: Path
) -> None:
    system.call("POST", "/api/cameras", {"name": "Yard", "url": str(a_street)})
    system.until("a view is kept", lambda: system.camera(2)["kept"] is not None, LEARNT)
    page.goto(f"{system.address}/camera/2/settings")
    page.get_by_label("Counts only").check()
    expect(page.get_by_text("stays until its time is over, unless you delete it")).to_be_visible()
    page.get_by_role("button", name="Save").nth(1).click()
    expect(page.get_by_text("Saved. It takes a few seconds.")).to_be_visible()
    system.until("numbers are told", lambda: system.camera(2)["counts"] is not None)
    since = now_us()
    assert not (system.data / "plates" / "camera-2.npz").exists()
    page.screenshot(path=artefacts / "policy-2-settings.png", full_page=True)
    page.goto(system.address)
    expect(page.get_by_text("No picture is shown or kept")).to_have_count(2)
    assert page.locator("video").count() == 0
    page.screenshot(path=artefacts / "policy-3-wall.png")
    kept = system.camera(2)["kept"]
    assert kept["to_us"] < since
    system.until("a second has passed", lambda: now_us() > since + 1_000_000)
    for what in ("playlist.m3u8", "export"):
        status, said = system.fetch("GET", f"/api/cameras/2/{what}?from_us={since}&to_us={now_us()}")
        assert (status, b"keeps counts only" in said) == (404, True)
    status, _ = system.fetch("GET", f"/api/cameras/2/playlist.m3u8?from_us={kept['from_us']}&to_us={kept['to_us']}")
    assert status == 200


def test_what_was_kept_before_goes_when_somebody_says_so(system: Watchglass, page: Page) -> None:
    page.goto(f"{system.address}/camera/2/settings")
    page.get_by_role("button", name="Delete what was kept").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Delete what was kept")).to_have_count(0)
    assert system.camera(2)["kept"] is None
    system.until("its files are gone", lambda: pictures(system) == [], 90)


def test_sound_is_turned_on_by_somebody_who_was_warned(system: Watchglass, page: Page, artefacts: Path) -> None:
    camera = system.call("POST", "/api/cameras", {"name": "Bank", "url": f"rtsp://127.0.0.1:{closed_port()}/main"})[
        "id"
    ]
    page.goto(f"{system.address}/camera/{camera}/settings")
    expect(page.get_by_role("heading", name="No sound is kept")).to_be_visible()
    expect(page.get_by_text("Recording speech needs a legal ground of its own")).to_be_visible()
    page.screenshot(path=artefacts / "policy-4-no-sound.png", full_page=True)
    page.get_by_role("button", name="Keep sound").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sound is kept")).to_be_visible()
    expect(page.get_by_text("At the moment no original of this camera is kept, and so no sound.")).to_be_visible()
    assert system.camera(camera)["sound"]
    page.screenshot(path=artefacts / "policy-5-sound.png", full_page=True)
    page.goto(f"{system.address}/camera/{camera}")
    expect(page.get_by_text("Not kept: no original is")).to_be_visible()
    page.screenshot(path=artefacts / "policy-6-sound-facts.png")
    page.goto(f"{system.address}/camera/{camera}/settings")
    page.get_by_role("button", name="Keep no sound").click()
    expect(page.get_by_role("heading", name="No sound is kept")).to_be_visible()
    assert not system.camera(camera)["sound"]
    page.goto(f"{system.address}/camera/1/settings")  # a file
    expect(page.get_by_role("heading", name="Name")).to_be_visible()
    expect(page.get_by_role("button", name="Keep sound")).to_have_count(0)
