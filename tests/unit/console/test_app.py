import asyncio
import re
from pathlib import Path
from typing import Any

import httpx

from tests.unit.console.support import (
    PASSWORD,
    SECRET,
    add_camera,
    browser,
    clock_of,
    make_console,
    run,
    session_of,
    until,
)
from tests.unit.console.watcher import PNG, watching
from tests.unit.evidence.material import START, at, keep
from watchglass.console.app import Console, build
from watchglass.model.camera import Credentials, Source, SourceKind, Transport
from watchglass.model.channel import Mqtt
from watchglass.store.censuses import Censuses

BROKER_SECRET = "words-of-the-broker"

# What may be read without a session. Anything that is added here is shown to everybody who can reach the port.
OPEN = {
    ("get", "/healthz"),
    ("get", "/api/state"),
    ("post", "/api/setup"),
    ("post", "/api/session"),
    ("post", "/api/links/open"),  # with a token that we signed, one alert
    ("post", "/api/links/judge"),
    ("post", "/api/links/view"),  # with a token of the open page, the view around that alert
    ("post", "/api/links/still"),
    ("post", "/api/links/clip"),
}


def operations(console: Console) -> list[tuple[str, str, dict[str, Any]]]:
    """Every call that OpenAPI tells of."""
    paths: dict[str, dict[str, Any]] = build(console).openapi()["paths"]
    return [(method, path, told) for path, methods in paths.items() for method, told in methods.items()]


NO_CENSUS = b'{"format": "watchglass-census", "version": 1, "made": "2026-11-23T12:00:00Z", "inputs": [], "areas": []}'


async def call(client: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    """A call with ids and a span in which there is something."""
    url = re.sub(r"\{\w+\}", "1", path)
    params = {"from_us": START, "to_us": at(9)}
    return await client.request(method, url, params=params, json=None if method == "get" else {})


def test_everything_of_the_contract_is_there(tmp_path: Path) -> None:
    assert {(method, path) for method, path, _ in operations(make_console(tmp_path))} == {
        *OPEN,
        ("delete", "/api/session"),
        ("get", "/api/cameras"),
        ("post", "/api/cameras"),
        ("post", "/api/cameras/probe"),
        ("post", "/api/cameras/discover"),
        ("post", "/api/cameras/survey"),
        ("get", "/api/cameras/{camera_id}"),
        ("patch", "/api/cameras/{camera_id}"),
        ("delete", "/api/cameras/{camera_id}"),
        ("delete", "/api/cameras/{camera_id}/kept"),
        ("get", "/api/cameras/{camera_id}/aim.png"),
        ("get", "/api/cameras/{camera_id}/timeline"),
        ("get", "/api/cameras/{camera_id}/coverage"),
        ("get", "/api/coverage"),
        ("get", "/api/custodians"),
        ("get", "/metrics"),
        ("get", "/api/cameras/{camera_id}/playlist.m3u8"),
        ("get", "/api/cameras/{camera_id}/export"),
        ("get", "/api/segments/{segment_id}.mp4"),
        ("get", "/api/holds"),
        ("post", "/api/holds"),
        ("patch", "/api/holds/{hold_id}"),
        ("post", "/api/holds/{hold_id}/release"),
        ("get", "/api/alerts"),
        ("get", "/api/alerts/{alert_id}"),
        ("post", "/api/alerts/{alert_id}/take"),
        ("post", "/api/events/{event_id}/verdict"),
        ("get", "/api/rules/{rule_id}/samples"),
        ("get", "/api/rules/{rule_id}/precision"),
        ("get", "/api/rules/{rule_id}/alerting"),
        ("put", "/api/rules/{rule_id}/alerting"),
        ("get", "/api/channels"),
        ("get", "/api/channels/push-key"),
        ("post", "/api/channels"),
        ("patch", "/api/channels/{channel_id}"),
        ("delete", "/api/channels/{channel_id}"),
        ("post", "/api/channels/{channel_id}/test"),
        ("get", "/api/cameras/{camera_id}/rules"),
        ("post", "/api/cameras/{camera_id}/rules"),
        ("patch", "/api/rules/{rule_id}"),
        ("delete", "/api/rules/{rule_id}"),
        ("get", "/api/events"),
        ("get", "/api/counts"),
        ("get", "/api/counts.csv"),
        ("get", "/api/censuses"),
        ("get", "/api/censuses/{name}"),
        ("get", "/api/health"),
    }


def test_everything_says_what_it_does(tmp_path: Path) -> None:
    for method, path, told in operations(make_console(tmp_path)):
        assert told["description"].endswith("."), (method, path)
        assert told["operationId"]


def test_nothing_without_a_session(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        keep(console.views, add_camera(console).id, range(1))
        async with browser(console, signed_in=False) as client:
            for method, path, _ in operations(console):
                answer = await call(client, method, path)
                assert (answer.status_code == 401) is ((method, path) not in OPEN), (method, path)
        assert len(console.cameras.all()) == 1

    run(script())


def test_no_answer_holds_credentials(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        keep(console.views, add_camera(console).id, range(2))
        odd = Source(SourceKind.RTSP, f"rtsp://10.0.0.8/user=operator&password={SECRET}&channel=1")
        console.cameras.add("Odd", odd, None, Transport.TCP, Credentials("operator-of-the-door", SECRET))
        session = session_of(console)
        broker = console.channels.add("Home", Mqtt("broker", username="gate"), BROKER_SECRET)
        console.outbox.take_test(broker.id, "anna")
        Censuses(console.folder).keep("1", NO_CENSUS)
        hidden = [SECRET, BROKER_SECRET, "operator-of-the-door", PASSWORD, session]
        async with browser(console) as client, watching(console.folder.run) as watcher:
            client.cookies.set("watchglass_session", session)
            await watcher.send("aim", payload=PNG)
            await until(lambda: console.hub.aim(1) is not None)
            asked = 0
            for method, path, _ in operations(console):
                if method == "get":
                    answer = await call(client, method, path)
                    assert answer.status_code == 200, (path, answer.text)
                    asked += 1
                    for secret in hidden:
                        assert secret.encode() not in answer.content, path
            assert asked == 28
            for path in ("/api/openapi.json", "/", "/api/cameras/2", "/api/none"):
                answer = await client.get(path)
                assert not any(secret in answer.text for secret in hidden)
                assert not any(secret in str(answer.headers) for secret in hidden)
            for answer in (
                await client.patch("/api/cameras/1", json={"name": "Gate"}),
                await client.post("/api/cameras", json={"name": "New", "url": f"rtsp://u:{SECRET}@10.0.0.7/"}),
                await client.post("/api/cameras/probe", json={"url": f"rtsp://u:{SECRET}@10.0.0.7/"}),
            ):
                assert answer.status_code in {200, 201}
                assert SECRET not in answer.text

    run(script())


def test_pages_that_load_scripts_from_elsewhere_are_off(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path)) as client:
            for path in ("/docs", "/redoc"):
                assert "front end has not been built" in (await client.get(path)).text
            openapi = (await client.get("/api/openapi.json")).json()
            assert openapi["info"]["title"] == "watchglass"

    run(script())


def test_its_life_runs_the_hub_and_ends_it(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with watching(console.folder.run) as watcher:
            app = build(console)
            async with app.router.lifespan_context(app):
                await watcher.connected.wait()
            assert console.rooms.closing.is_set()
            with console.hub.viewer(1) as viewer:
                assert await viewer.next() is None
            await asyncio.sleep(0)
        assert clock_of(console).monotonic() == 0.0  # nobody waited on it

    run(script())
