from pathlib import Path
from typing import Any

import pytest

from tests.unit.console.support import NAME, add_camera, browser, clock_of, error_of, make_console, run
from tests.unit.evidence.material import START, at, keep
from watchglass.base.clock import WallUs
from watchglass.console.app import Console

HOUR_US = 3600 * 1_000_000


def asked(console: Console, camera: int | None = 1, **changes: Any) -> dict[str, Any]:
    """The body of a call that sets a hold for an hour from now on."""
    now = clock_of(console).wall_us()
    body = {"camera_id": camera, "from_us": START, "to_us": at(9), "until_us": now + HOUR_US, "reason": "Case 12"}
    return body | changes


def test_a_hold_is_set_extended_and_released_by_whoever_is_signed_in(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        segment = keep(console.views, camera, range(2))
        now = clock_of(console).wall_us()
        async with browser(console) as client:
            assert (await client.get("/api/holds")).json() == {"holds": []}
            answer = await client.post("/api/holds", json=asked(console))
            assert answer.status_code == 201
            first = answer.json()
            assert first == {
                "id": 1,
                "camera_id": camera,
                "from_us": START,
                "to_us": at(9),
                "until_us": now + HOUR_US,
                "reason": "Case 12",
                "owner": NAME,
                "set_us": now,
                "state": "active",
                "released_us": None,
                "released_by": None,
            }
            every = (await client.post("/api/holds", json=asked(console, None))).json()
            assert every["camera_id"] is None
            assert (await client.get("/api/holds")).json() == {"holds": [every, first]}
            assert (await client.delete(f"/api/cameras/{camera}/kept")).status_code == 204
            assert console.views.segments(camera, WallUs(0), at(99)) == [segment]
            refused = await client.delete(f"/api/cameras/{camera}")
            assert (refused.status_code, "hold 1 of anna (Case 12)" in error_of(refused)) == (400, True)
            later = (await client.patch("/api/holds/1", json={"until_us": now + 2 * HOUR_US})).json()
            assert later == first | {"until_us": now + 2 * HOUR_US}
            clock_of(console).advance(3600)
            states = [one["state"] for one in (await client.get("/api/holds")).json()["holds"]]
            assert states == ["lapsed", "active"]
            released = (await client.post("/api/holds/1/release")).json()
            assert released == later | {"state": "released", "released_us": now + HOUR_US, "released_by": NAME}
            assert (await client.delete(f"/api/cameras/{camera}/kept")).status_code == 204
            assert console.views.segments(camera, WallUs(0), at(99)) == []
            again = await client.post("/api/holds/1/release")
            assert (again.status_code, "was released by anna" in error_of(again)) == (400, True)

    run(script())


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"camera_id": 7}, 404),
        ({"camera_id": "1"}, 400),
        ({"reason": ""}, 400),
        ({"reason": "\x00"}, 400),
        ({"to_us": START}, 400),
        ({"until_us": 0}, 400),
        ({"until_us": 2**63}, 400),
        ({"owner": "somebody else"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, Any], status: int) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with browser(console) as client:
            answer = await client.post("/api/holds", json=asked(console) | changes)
            assert answer.status_code == status
            error_of(answer)
            assert (await client.get("/api/holds")).json() == {"holds": []}
            for call in (client.post("/api/holds/9/release"), client.patch("/api/holds/9", json={"until_us": 5})):
                assert (await call).status_code == 404

    run(script())


def test_a_hold_may_last_as_long_as_calendars_go(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with browser(console) as client:
            longest = asked(console, to_us=253_402_300_799_000_000, until_us=253_402_300_799_000_000)
            assert (await client.post("/api/holds", json=longest)).status_code == 201
            refused = await client.delete("/api/cameras/1")
            assert "until 9999-12-31 23:59 UTC" in error_of(refused)

    run(script())
