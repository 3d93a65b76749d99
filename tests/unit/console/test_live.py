import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.unit.console.serving import Served, serving
from tests.unit.console.support import NAME, add_camera, browser, error_of, make_console, run, session_of, until
from tests.unit.console.test_hub import CLOCK, FORMAT
from tests.unit.console.watcher import PNG, watching
from tests.unit.evidence.material import init
from watchglass.console import live
from watchglass.console.hub import NOTHING_YET, WATCHER_LOST
from watchglass.model.camera import ViewPolicy


def dial(served: Served, camera: int = 1, **more: Any) -> connect:
    """A browser that opens live view, from the console's own page unless `more` says otherwise."""
    session = more.pop("session", session_of(served.console))
    headers = {"Cookie": f"watchglass_session={session}"} if session else {}
    origin = more.pop("origin", served.origin)
    return connect(
        f"ws://{served.host}/api/cameras/{camera}/live", origin=origin, additional_headers=headers, proxy=None, **more
    )


async def got(socket: ClientConnection, count: int) -> list[Any]:
    messages = [await socket.recv() for _ in range(count)]
    return [json.loads(message) if isinstance(message, str) else message for message in messages]


def test_what_a_browser_gets(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with serving(console) as served, watching(console.folder.run) as watcher, dial(served) as socket:
            assert await got(socket, 1) == [{"type": "paused", "reason": NOTHING_YET}]
            await watcher.format()
            first = await watcher.chunk(0, 0)
            assert await got(socket, 4) == [FORMAT, CLOCK, init(), first]
            async with dial(served) as late:
                assert await got(late, 4) == [FORMAT, CLOCK, init(), first]
            await watcher.leave()
            assert await got(socket, 1) == [{"type": "paused", "reason": WATCHER_LOST}]
            await watcher.format(run="run-2")
            assert await got(socket, 3) == [{**FORMAT, "run": "run-2"}, CLOCK, init()]

    run(script())


def test_a_browser_that_leaves_is_forgotten(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with serving(console) as served:
            async with dial(served) as socket:
                await got(socket, 1)
                assert console.hub.viewers() == 1
            await until(lambda: console.hub.viewers() == 0)

    run(script())


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"session": ""}, 401),
        ({"session": "wrong"}, 401),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": None}, 403),
        ({"origin": "null"}, 403),
        ({"camera": 7}, 404),
    ],
)
def test_who_is_not_let_in(tmp_path: Path, more: dict[str, Any], status: int) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with serving(console) as served:
            with pytest.raises(InvalidStatus) as refused:
                async with dial(served, **more):
                    pass
            assert refused.value.response.status_code == status
            assert json.loads(refused.value.response.body or b"")["error"]
            assert refused.value.response.headers["x-content-type-options"] == "nosniff"

    run(script())


def test_no_picture_of_a_camera_that_keeps_counts_only(tmp_path: Path) -> None:
    """Not even one that a watcher still sends: it learns of the policy a second later."""

    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        console.cameras.set_policy(1, ViewPolicy.COUNTS)
        async with serving(console) as served, watching(console.folder.run) as watcher, browser(console) as client:
            await watcher.format()
            await watcher.chunk(0, 0)
            await watcher.send("aim", payload=PNG)
            await until(lambda: console.hub.aim(1) is not None)
            with pytest.raises(InvalidStatus) as refused:
                async with dial(served):
                    pass
            assert refused.value.response.status_code == 404
            assert json.loads(refused.value.response.body or b"") == {"error": "This camera keeps counts only."}
            answer = await client.get("/api/cameras/1/aim.png")
            assert (answer.status_code, error_of(answer)) == (404, "This camera keeps counts only.")

    run(script())


def test_a_host_name_that_was_rebound(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with serving(console) as served:
            port = served.host.rpartition(":")[2]
            with pytest.raises(InvalidStatus) as refused:
                async with connect(
                    f"ws://evil.example:{port}/api/cameras/1/live",
                    host="127.0.0.1",
                    origin=websockets.Origin(f"http://evil.example:{port}"),
                    additional_headers={"Cookie": f"watchglass_session={session_of(console)}"},
                    proxy=None,
                ):
                    pass
            assert refused.value.response.status_code == 421

    run(script())


@pytest.mark.parametrize("what", ["session", "camera", "policy"])
def test_what_ends_while_somebody_looks(tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SESSION_CHECK_SECONDS", 0.02)

    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with serving(console) as served, dial(served) as socket:
            await got(socket, 1)
            if what == "session":
                await asyncio.to_thread(console.accounts.set_password, NAME, "another password")
            elif what == "camera":
                await asyncio.to_thread(console.cameras.remove, 1)
            else:
                await asyncio.to_thread(console.cameras.set_policy, 1, ViewPolicy.COUNTS)
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1008

    run(script())


def test_a_browser_that_takes_nothing_any_more_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SEND_SECONDS", 0.05)

    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with (
            serving(console) as served,
            watching(console.folder.run) as watcher,
            dial(served, close_timeout=0.1) as socket,
        ):
            await got(socket, 1)
            socket.transport.pause_reading()
            await watcher.format()
            for _ in range(30):  # more than any buffer between holds
                await watcher.send("chunk", payload=bytes(1024 * 1024), keyframe=True)
            await until(lambda: console.hub.viewers() == 0)
            socket.transport.abort()

    run(script())


def test_a_browser_that_talks_is_listened_to_patiently(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with serving(console) as served, dial(served) as socket:
            await got(socket, 1)
            await socket.send("hello")
            await (await socket.ping())
            await socket.send(bytes(2000))  # more than anybody has to say
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()

    run(script())


def test_aiming_picture(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with browser(console) as client, watching(console.folder.run) as watcher:
            answer = await client.get("/api/cameras/1/aim.png")
            assert answer.status_code == 404
            assert "no aiming picture" in error_of(answer)
            await watcher.send("aim", payload=PNG)
            await until(lambda: console.hub.aim(1) is not None)
            answer = await client.get("/api/cameras/1/aim.png")
            assert (answer.status_code, answer.content) == (200, PNG)
            assert answer.headers["content-type"] == "image/png"
            assert answer.headers["cache-control"] == "no-store"
            client.cookies.clear()
            assert (await client.get("/api/cameras/1/aim.png")).status_code == 401

    run(script())
