import asyncio
import dataclasses
import io
import threading
from collections.abc import Callable
from pathlib import Path

import av
import httpx
import pytest
from starlette.types import Message

from tests.unit.console.support import (
    GIB,
    SECRET,
    add_camera,
    browser,
    error_of,
    make_console,
    never,
    request_for,
    run,
    session_of,
    until,
)
from tests.unit.evidence.material import RATE, START, at, keep
from watchglass.base.clock import WallUs
from watchglass.console.app import Console, build
from watchglass.console.export import clean, file_name, folder_of
from watchglass.console.shapes import Span
from watchglass.model.camera import Camera, Source, SourceKind

URL = "/api/cameras/1/export"


async def export(client: httpx.AsyncClient, start: WallUs, end: WallUs) -> httpx.Response:
    return await client.get(URL, params={"from_us": start, "to_us": end})


def left_over(console: Console) -> list[Path]:
    return list(folder_of(console.folder).iterdir())


def test_one_film_that_leaves_nothing_behind(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console, "Kücheneingang 2").id
        keep(console.views, camera, range(2))
        keep(console.views, camera, range(2), run_start=9, run="run-2")
        async with browser(console) as client:
            answer = await export(client, START, at(20))
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "video/mp4"
            assert answer.headers["content-disposition"] == (
                'attachment; filename="kucheneingang-2_20270115T080000Z_20270115T080020Z.mp4"'
            )
            assert answer.headers["content-length"] == str(len(answer.content))
            assert left_over(console) == []
        with av.open(io.BytesIO(answer.content), "r") as file:
            assert len(list(file.decode(video=0))) == 4 * RATE
            assert "Nothing was kept from 2027-01-15T08:00:02.000Z" in file.metadata["comment"]
        assert SECRET.encode() not in answer.content

    run(script())


def test_spans_and_what_is_not_kept(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        keep(console.views, add_camera(console).id, range(2))
        async with browser(console) as client:
            answer = await export(client, START, at(24 * 3600 + 1))
            assert answer.status_code == 400
            assert "24 hours" in error_of(answer)
            assert (await export(client, START, at(24 * 3600))).status_code == 200
            answer = await export(client, at(5), at(6))
            assert answer.status_code == 404
            assert "Door" in error_of(answer)
            assert left_over(console) == []

    run(script())


def test_an_export_never_takes_the_space_that_cameras_need(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path, floor_bytes=2 * GIB, free_space=lambda _path: GIB + 100)
        keep(console.views, add_camera(console).id, range(2))
        async with browser(console) as client:
            answer = await export(client, START, at(2))
            assert answer.status_code == 507
            assert "free space" in error_of(answer)

    run(script())


def slowly(console: Console, entered: threading.Event, leave: Callable[[], bool]) -> Console:
    """The console, whose footage comes only once `leave` says so: an export that takes long."""
    segments = console.views.segments

    class Slow:
        def kept_bytes(self) -> int:
            return 0

        def segments(self, camera: int, start: WallUs, end: WallUs) -> object:
            entered.set()
            assert leave()
            return segments(camera, start, end)

    return dataclasses.replace(console, views=Slow())  # type: ignore[arg-type]


def test_a_browser_that_leaves_ends_its_export(tmp_path: Path) -> None:
    async def script() -> None:
        entered, gone = threading.Event(), threading.Event()
        plain = make_console(tmp_path)
        keep(plain.views, add_camera(plain).id, range(2))
        console = slowly(plain, entered, lambda: gone.wait(20))
        clean(console.folder)
        sent: list[Message] = []

        async def receive() -> Message:
            await asyncio.to_thread(entered.wait, 20)
            asyncio.get_running_loop().call_later(0.05, gone.set)  # after the console has heard of it
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        query = f"from_us={START}&to_us={at(2)}"
        await build(console)(request_for(URL, session_of(console), query), receive, send)
        assert sent[0]["status"] != 200
        assert left_over(console) == []

    run(script())


def test_a_console_that_stops_ends_its_exports(tmp_path: Path) -> None:
    async def script() -> None:
        entered = threading.Event()
        plain = make_console(tmp_path)
        keep(plain.views, add_camera(plain).id, range(2))
        console = slowly(plain, entered, lambda: plain.rooms.closing.wait(20))
        clean(console.folder)
        statuses: list[int] = []

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        query = f"from_us={START}&to_us={at(2)}"
        work = asyncio.create_task(build(console)(request_for(URL, session_of(console), query), never, send))
        await asyncio.to_thread(entered.wait, 20)
        console.rooms.closing.set()
        await work
        assert statuses == [500]
        assert left_over(console) == []

    run(script())


def test_too_many_at_once_are_told_to_come_again(tmp_path: Path) -> None:
    async def script() -> None:
        entered, leave = threading.Event(), threading.Event()
        plain = make_console(tmp_path)
        keep(plain.views, add_camera(plain).id, range(1))
        console = slowly(plain, entered, lambda: leave.wait(20))
        async with browser(console) as client:
            works = [asyncio.create_task(export(client, START, at(1))) for _ in range(6)]
            await until(lambda: console.rooms.exports.statistics().tasks_waiting == 4)
            answer = await export(client, START, at(1))
            assert answer.status_code == 429
            assert "try again" in error_of(answer)
            leave.set()
            assert [(await work).status_code for work in works] == [200] * 6

    run(script())


def test_what_a_killed_console_left_is_removed_at_the_next_start(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        folder_of(console.folder).mkdir()
        (folder_of(console.folder) / "half.mp4").write_bytes(b"half")
        async with browser(console):
            assert left_over(console) == []

    run(script())


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Front door", "front-door"),
        ("../../etc", "etc"),
        ('a"; b\r\n', "a-b"),
        ("入口", "camera-3"),
        ("Ärztehaus", "arztehaus"),
    ],
)
def test_file_names_that_any_system_takes(name: str, slug: str) -> None:
    camera = Camera(3, name, Source(SourceKind.FILE, "/x"))
    assert file_name(camera, Span(START, at(60))) == f"{slug}_20270115T080000Z_20270115T080100Z.mp4"
