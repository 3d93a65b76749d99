from pathlib import Path
from typing import Any

import pytest

from tests.unit.console.support import (
    add_camera,
    add_custodians,
    browser,
    clock_of,
    keep_original,
    make_console,
    originals_of,
    run,
)
from tests.unit.evidence.material import START, at
from watchglass.console.app import Console
from watchglass.console.originals import NOT_YET, SILENT
from watchglass.model.camera import COUNTS_ONLY, SWITCHED_OFF, ViewPolicy
from watchglass.model.record import GapCause


def told(console: Console, path: str) -> Any:
    async def script() -> Any:
        async with browser(console) as client:
            answer = await client.get(f"/api/{path}")
            assert answer.status_code == 200
            return answer.json()

    return run(script())


def original(console: Console) -> tuple[str, str, bool]:
    """State, reason and whether there is any, of the first camera."""
    found = told(console, "cameras")["cameras"][0]["original"]
    assert found == told(console, "cameras/1")["original"]
    return found["state"], found["reason"], found["kept"] is not None


def test_nobody_to_seal_to(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    add_camera(console)
    none = "No original is kept: it takes 2 custodians to open one, and there are none."
    assert original(console) == ("off", none, False)
    assert told(console, "custodians") == {"needed": 2, "keeps": False, "summary": none, "custodians": []}
    add_custodians(console, "Ada")
    assert original(console)[1].endswith("and there is 1.")


def test_custodians_and_who_has_left(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    add_custodians(console, "Ada", "Bo", "Cy")
    clock_of(console).advance(60)
    console.custodians.leave("Bo")
    ada, bo, cy = console.custodians.all(left=True)
    body = told(console, "custodians")
    assert body["keeps"] is True
    assert body["summary"] == "Any 2 of 2 custodians can open what is recorded from now on."
    assert body["custodians"] == [
        {"name": "Ada", "fingerprint": ada.recipient.fingerprint, "added_us": START, "left_us": None},
        {"name": "Bo", "fingerprint": bo.recipient.fingerprint, "added_us": START, "left_us": at(60)},
        {"name": "Cy", "fingerprint": cy.recipient.fingerprint, "added_us": START, "left_us": None},
    ]


def test_from_the_first_to_a_silence(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    camera = add_camera(console).id
    add_custodians(console, "Ada", "Bo")
    assert original(console) == ("waiting", NOT_YET, False)
    keep_original(console, camera, at(0), at(2))
    clock_of(console).advance(32)
    assert original(console) == ("kept", "", True)
    assert told(console, "cameras/1")["original"]["kept"] == {"from_us": START, "to_us": at(2)}
    clock_of(console).advance(0.1)
    assert original(console) == ("missing", SILENT, True)


@pytest.mark.parametrize(
    ("cause", "detail", "reason"),
    [
        (GapCause.DISK, "The disk is full.", "The disk is full."),
        (GapCause.CAMERA, "", "The camera sends nothing."),
        (GapCause.CAMERA, "Camera Door: Set it to H.264.", "Set it to H.264."),
    ],
)
def test_a_gap_that_lasts(tmp_path: Path, cause: GapCause, detail: str, reason: str) -> None:
    console = make_console(tmp_path)
    camera = add_camera(console).id
    add_custodians(console, "Ada", "Bo")
    keep_original(console, camera, at(0), at(2))
    originals_of(console).open_gap(camera, at(2), cause, detail)
    clock_of(console).advance(3)
    assert original(console) == ("missing", reason, True)
    originals_of(console).close_gap(camera, at(3))
    assert original(console)[0] == "kept"


def test_what_is_not_to_be_kept_is_no_fault(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    camera = add_camera(console).id
    add_custodians(console, "Ada", "Bo")
    originals_of(console).open_gap(camera, at(0), GapCause.OFF, "Switched off in the settings.")
    assert original(console) == ("waiting", NOT_YET, False)  # it is on again, and its first keyframe is still to come
    console.cameras.set_enabled(camera, False)
    assert original(console) == ("off", SWITCHED_OFF, False)
    console.cameras.set_policy(camera, ViewPolicy.COUNTS)
    assert original(console) == ("off", COUNTS_ONLY, False)
