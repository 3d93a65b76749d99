from pathlib import Path
from typing import Any

import pytest

from tests.unit.console.support import SECRET, add_camera, browser, error_of, make_console, probe_of, run, until
from tests.unit.console.watcher import watching
from tests.unit.evidence.material import START, at, keep
from watchglass.base.errors import RefusedError, UnreachableError
from watchglass.model.camera import (
    Credentials,
    Health,
    HealthState,
    Protection,
    SourceKind,
    StreamRole,
    Transport,
    ViewPolicy,
    ViewState,
    ViewStatus,
)

URL = f"rtsp://operator:{SECRET}@10.0.0.9:554/main?channel=1"


def test_whether_sound_is_kept(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            body = {"name": "Gate", "url": "rtsp://10.0.0.9/main"}
            assert not (await client.post("/api/cameras", json=body)).json()["sound"]
            body["name"] = "Yard"
            assert (await client.post("/api/cameras", json={**body, "sound": True})).json()["sound"]
            revision = console.cameras.revision()
            assert (await client.patch("/api/cameras/1", json={"sound": True})).json()["sound"]
            assert console.cameras.revision() == revision + 1  # which is what has it opened anew
            assert (await client.patch("/api/cameras/1", json={"name": "Street"})).json()["sound"]
            assert not (await client.patch("/api/cameras/1", json={"sound": False})).json()["sound"]
            await client.post("/api/cameras", json={"name": "Film", "url": "/x.mp4"})
            answer = await client.patch("/api/cameras/3", json={"name": "Movie", "sound": True})
            assert (answer.status_code, "no sound that can be kept" in error_of(answer)) == (400, True)
        assert [(one.name, one.sound) for one in console.cameras.all()] == [
            ("Street", False),
            ("Yard", True),
            ("Film", False),
        ]

    run(script())


def test_adding_takes_the_credentials_out_of_the_url(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            body = {"name": " Front  door ", "url": URL, "sub_url": URL.replace("main", "sub"), "transport": "udp"}
            answer = await client.post("/api/cameras", json=body)
            assert answer.status_code == 201
            assert answer.json() == {
                "id": 1,
                "name": "Front door",
                "kind": "rtsp",
                "address": "rtsp://10.0.0.9:554/main?channel=1",
                "sub_address": "rtsp://10.0.0.9:554/sub?channel=1",
                "transport": "udp",
                "policy": "people-and-things",
                "sound": False,
                "enabled": True,
                "privacy_hours": None,
                "resting": False,
                "resting_until_us": None,
                "has_credentials": True,
                "health": {
                    role: {"state": "starting", "since_us": console.clock.wall_us(), "cause": ""}
                    for role in ("main", "sub")
                },
                "view": {
                    "state": "waiting",
                    "since_us": console.clock.wall_us(),
                    "reason": "",
                    "progress": 0.0,
                    "protection": "full",
                    "width": 0,
                    "height": 0,
                },
                "counts": None,
                "kept": None,
                "original": {
                    "state": "off",
                    "reason": "No original is kept: it takes 2 custodians to open one, and there are none.",
                    "kept": None,
                },
            }
        assert console.cameras.credentials(1) == Credentials("operator", SECRET)

    run(script())


@pytest.mark.parametrize(("url", "kind"), [("/videos/street.mp4", SourceKind.FILE), ("/dev/video0", SourceKind.USB)])
def test_files_and_usb_cameras(tmp_path: Path, url: str, kind: SourceKind) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path)) as client:
            camera = (await client.post("/api/cameras", json={"name": "a", "url": url})).json()
            assert (camera["kind"], camera["address"], camera["has_credentials"]) == (kind.value, url, False)

    run(script())


def test_credentials_given_apart_win(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            body = {"name": "a", "url": URL, "username": "u", "password": "p@ss/word"}
            assert (await client.post("/api/cameras", json=body)).status_code == 201
        assert console.cameras.credentials(1) == Credentials("u", "p@ss/word")

    run(script())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": "door"}, "already"),
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"url": "http://10.0.0.9/"}, "cannot be used"),
        ({"url": f"rtsp://operator:{SECRET}"}, "address"),
        ({"url": "street.mp4"}, "whole path"),
        ({"url": ""}, "url"),
        ({"url": f"rtsp://u:{SECRET}/x@10.0.0.9/"}, "%2F"),
        ({"transport": "sctp"}, "transport"),
        ({"policy": "faces"}, "policy"),
        ({"sound": True}, "no sound that can be kept"),  # a file
        ({"sound": "yes"}, "sound"),
        ({"password": SECRET}, "without a user name"),
        ({"password": [SECRET]}, "password"),
        ({"secret": SECRET}, "secret is not known"),
        ({"url": 5}, "url"),
    ],
)
def test_what_cannot_be_added_is_said_without_secrets(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with browser(console) as client:
            answer = await client.post("/api/cameras", json={"name": "a", "url": "/x.mp4", **change})
            assert answer.status_code == 400
            assert sentence in error_of(answer)
            assert SECRET not in answer.text
        assert len(console.cameras.all()) == 1

    run(script())


def test_listing_tells_how_each_does(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console)
        keep(console.views, camera.id, range(3))
        console.cameras.set_health(camera.id, StreamRole.MAIN, Health(HealthState.DOWN, at(1), "It is off."))
        status = ViewStatus(ViewState.LEARNING, at(2), "The plate forms.", 0.25, Protection.REDUCED, 640, 480)
        console.cameras.set_view_status(camera.id, status)
        async with browser(console) as client:
            (told,) = (await client.get("/api/cameras")).json()["cameras"]
            assert told["health"]["main"] == {"state": "down", "since_us": at(1), "cause": "It is off."}
            assert told["view"] == {
                "state": "learning",
                "since_us": at(2),
                "reason": "The plate forms.",
                "progress": 0.25,
                "protection": "reduced",
                "width": 640,
                "height": 480,
            }
            assert told["kept"] == {"from_us": START, "to_us": at(3)}
            assert (await client.get("/api/cameras/1")).json() == told

    run(script())


def test_damaged_credentials_of_one_hide_no_other(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        for name in ("Door", "Yard"):
            add_camera(console, name)
        (console.folder.secrets / "camera-1.json").write_text('{"username": "operator"')
        async with browser(console) as client:
            told = (await client.get("/api/cameras")).json()["cameras"]
            assert [camera["has_credentials"] for camera in told] == [False, True]

    run(script())


def test_deleting_what_is_kept_of_one_camera(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        door, yard = add_camera(console).id, add_camera(console, "Yard").id
        for camera in (door, yard):
            keep(console.views, camera, range(2))
        async with browser(console) as client:
            assert (await client.delete("/api/cameras/1/kept")).status_code == 204
            told = (await client.get("/api/cameras")).json()["cameras"]
            assert [camera["kept"] is None for camera in told] == [True, False]
            assert (await client.delete("/api/cameras/9/kept")).status_code == 404

    run(script())


def test_what_may_be_seen_of_a_camera(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            body = {"name": "Road", "url": "/x.mp4", "policy": "vehicles"}
            assert (await client.post("/api/cameras", json=body)).json()["policy"] == "vehicles"
            assert console.cameras.get(1).policy is ViewPolicy.VEHICLES
            revision = console.cameras.revision()
            answer = await client.patch("/api/cameras/1", json={"policy": "counts-only"})
            assert answer.json()["policy"] == "counts-only"
            assert console.cameras.revision() == revision + 1  # which is what has it watched anew
            assert (await client.patch("/api/cameras/1", json={"name": "Street"})).json()["policy"] == "counts-only"
            answer = await client.patch("/api/cameras/1", json={"policy": "raw"})
            assert answer.status_code == 400
            assert "policy" in error_of(answer)
        assert console.cameras.get(1).policy is ViewPolicy.COUNTS

    run(script())


def test_numbers_are_told_of_a_camera_that_keeps_counts_only(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        async with browser(console) as client, watching(console.folder.run) as watcher:

            async def counts() -> Any:
                return (await client.get("/api/cameras/1")).json()["counts"]

            await watcher.send("counts", people=2, vehicles=1, animals=0, things=None)
            await until(lambda: console.hub.counts(camera) is not None)
            assert await counts() is None  # of others there is a view, and no numbers
            console.cameras.set_policy(camera, ViewPolicy.COUNTS)
            assert await counts() == {"people": 2, "vehicles": 1, "animals": 0, "things": None}
            console.cameras.set_enabled(camera, False)
            assert await counts() is None

    run(script())


def test_changing_and_removing(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        add_camera(console, "Yard")
        async with browser(console) as client:
            told = (await client.patch("/api/cameras/1", json={"name": "Gate", "enabled": False})).json()
            assert (told["name"], told["enabled"], told["health"]["main"]["state"]) == ("Gate", False, "off")
            assert (await client.patch("/api/cameras/1", json={})).json()["name"] == "Gate"
            answer = await client.patch("/api/cameras/1", json={"name": "yard"})
            assert answer.status_code == 400
            assert "already" in error_of(answer)
            answer = await client.patch("/api/cameras/1", json={"address": "rtsp://x/"})
            assert answer.status_code == 400
            assert (await client.delete("/api/cameras/1")).status_code == 204
            for answer in (
                await client.delete("/api/cameras/1"),
                await client.get("/api/cameras/1"),
                await client.patch("/api/cameras/1", json={"enabled": True}),
                await client.patch("/api/cameras/1", json={"password": SECRET}),
            ):
                assert answer.status_code == 404
                assert "no camera" in error_of(answer)
        assert [camera.name for camera in console.cameras.all()] == ["Yard"]

    run(script())


@pytest.mark.parametrize(
    ("change", "become"),
    [
        ({"username": "new", "password": "p@ss/word"}, Credentials("new", "p@ss/word")),
        ({"username": "new"}, Credentials("new", "")),
        ({"password": "p@ss/word"}, Credentials("operator-of-the-door", "p@ss/word")),
        ({"username": ""}, None),
        ({"username": None, "password": None}, None),
        ({"name": "Gate"}, Credentials("operator-of-the-door", SECRET)),
    ],
)
def test_new_credentials(tmp_path: Path, change: dict[str, Any], become: Credentials | None) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        before = console.cameras.revision()
        async with browser(console) as client:
            answer = await client.patch("/api/cameras/1", json=change)
            assert answer.status_code == 200
            assert answer.json()["has_credentials"] is (become is not None)
            assert not any(secret in answer.text for secret in (SECRET, "operator-of-the-door", "p@ss/word", "new"))
        assert console.cameras.credentials(1) == become
        assert console.cameras.revision() == before + 1  # which is what has its streams opened again

    run(script())


@pytest.mark.parametrize("change", [{"password": SECRET}, {"username": "", "password": SECRET}])
def test_a_password_of_nobody_changes_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        console.cameras.set_credentials(1, None)
        before = console.cameras.revision()
        async with browser(console) as client:
            answer = await client.patch("/api/cameras/1", json={"name": "Gate", **change})
            assert answer.status_code == 400
            assert "without a user name" in error_of(answer)
            assert SECRET not in answer.text
        assert console.cameras.revision() == before

    run(script())


def test_damaged_credentials_are_mended_by_new_ones(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        (console.folder.secrets / "camera-1.json").write_text('{"username": "operator"')
        async with browser(console) as client:
            assert (await client.patch("/api/cameras/1", json={"name": "Gate"})).status_code == 200
            told = (await client.patch("/api/cameras/1", json={"username": "a", "password": "b"})).json()
            assert told["has_credentials"]
        assert console.cameras.credentials(1) == Credentials("a", "b")

    run(script())


def test_privacy_hours(tmp_path: Path) -> None:
    """The console's clock shows Friday, 15 January 2027, 08:00 UTC."""

    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        async with browser(console) as client:

            async def change(hours: str) -> dict[str, Any]:
                answer = await client.patch(f"/api/cameras/{camera}", json={"privacy_hours": hours})
                assert answer.status_code == 200
                told: dict[str, Any] = answer.json()
                return told

            told = await change("Mon-Fri 7:00-18:30")
            assert (told["enabled"], told["privacy_hours"]) == (True, "mon-fri 07:00-18:30")
            assert (told["resting"], told["health"]["main"]["state"]) == (True, "off")
            assert told["resting_until_us"] == console.clock.wall_us() + 10 * 3600 * 10**6 + 30 * 60 * 10**6
            told = await change("00:00-24:00")
            assert (told["resting"], told["resting_until_us"]) == (True, None)
            told = await change("sat sun 00:00-24:00")
            assert (told["resting"], told["health"]["main"]["state"]) == (False, "starting")
            assert (await change(" "))["privacy_hours"] is None
            answer = await client.patch(f"/api/cameras/{camera}", json={"privacy_hours": "at night"})
            assert answer.status_code == 400
            assert "no times" in error_of(answer)

    run(script())


def test_what_may_be_changed_is_in_the_description_of_the_api(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path)) as client:
            shapes = (await client.get("/api/openapi.json")).json()["components"]["schemas"]
            assert set(shapes["CameraChange"]["properties"]) == {
                "name",
                "enabled",
                "policy",
                "privacy_hours",
                "sound",
                "username",
                "password",
            }
            assert not {"username", "password"} & set(shapes["CameraOut"]["properties"])

    run(script())


@pytest.mark.parametrize("camera", ["0", "-1", "x", "1.5", str(2**63), "1e3", "%00"])
def test_ids_that_are_none(tmp_path: Path, camera: str) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path)) as client:
            answer = await client.get(f"/api/cameras/{camera}")
            assert answer.status_code == 400
            assert error_of(answer).startswith("camera_id")

    run(script())


def test_the_largest_id_is_merely_not_there(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path)) as client:
            assert (await client.get(f"/api/cameras/{2**63 - 1}")).status_code == 404

    run(script())


def test_trying_a_camera_out(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            answer = await client.post("/api/cameras/probe", json={"url": URL, "sub_url": "rtsp://10.0.0.9/sub"})
            found = {"codec": "h264", "width": 640, "height": 480, "rate": 12.5}
            assert answer.json() == {"streams": [{"role": "main", **found}, {"role": "sub", **found}]}
        (asked,) = probe_of(console).asked
        assert [(role, source.address) for role, source in asked[0]] == [
            (StreamRole.MAIN, "rtsp://10.0.0.9:554/main?channel=1"),
            (StreamRole.SUB, "rtsp://10.0.0.9/sub"),
        ]
        assert asked[1:] == (Credentials("operator", SECRET), Transport.TCP)
        assert console.cameras.all() == []

    run(script())


@pytest.mark.parametrize(
    "error", [UnreachableError("It does not answer."), RefusedError("The password is wrong.")], ids=["away", "refused"]
)
def test_a_camera_that_cannot_be_used_is_no_fault_of_the_caller(tmp_path: Path, error: Exception) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        probe_of(console).error = error
        async with browser(console) as client:
            answer = await client.post("/api/cameras/probe", json={"url": URL})
            assert answer.status_code == 400  # not 401 to 403, which speak of our own sign-in, nor 502 to 504
            assert error_of(answer) == str(error)

    run(script())
