import asyncio
import re
from pathlib import Path

import pytest
from starlette.types import Message

from tests.unit.console.support import (
    add_camera,
    browser,
    error_of,
    make_console,
    never,
    pull_out,
    put_back,
    request_for,
    run,
    session_of,
)
from tests.unit.evidence.material import START, at, init, keep, second
from watchglass.console.app import build
from watchglass.console.segments import CHUNK, Part, part_of


def open_files() -> list[Path]:
    return [link.resolve() for link in Path("/proc/self/fd").iterdir()]


WHOLE = Part(0, 100, asked=False)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, WHOLE),
        ("bytes=0-", Part(0, 100)),
        ("bytes=0-0", Part(0, 1)),
        ("bytes=10-19", Part(10, 10)),
        ("bytes=90-500", Part(90, 10)),
        ("bytes=-10", Part(90, 10)),
        ("bytes=-500", Part(0, 100)),
        ("bytes=99-", Part(99, 1)),
        ("bytes=100-", None),
        ("bytes=100-120", None),
        ("bytes=-0", None),
        ("bytes=20-10", WHOLE),  # not valid, so ignored
        ("bytes=-", WHOLE),
        ("bytes=0-1,5-6", WHOLE),
        ("lines=0-1", WHOLE),
        ("bytes=1-x", WHOLE),
        ("bytes=" + "9" * 19 + "-", WHOLE),
    ],
)
def test_ranges(header: str | None, part: Part | None) -> None:
    assert part_of(header, 100) == part


def test_whole_and_in_part(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        kept = keep(console.views, add_camera(console).id, range(3))
        data = (console.folder.root / kept.path).read_bytes()
        async with browser(console) as client:
            url = f"/api/segments/{kept.id}.mp4"
            whole = await client.get(url)
            assert (whole.status_code, whole.content) == (200, data)
            assert whole.headers["content-type"] == "video/mp4"
            assert whole.headers["content-length"] == str(len(data))
            assert whole.headers["accept-ranges"] == "bytes"
            assert whole.headers["cache-control"] == "no-store"
            part = await client.get(url, headers={"Range": "bytes=10-19"})
            assert (part.status_code, part.content) == (206, data[10:20])
            assert part.headers["content-range"] == f"bytes 10-19/{len(data)}"
            whole_part = await client.get(url, headers={"Range": "bytes=0-"})
            assert (whole_part.status_code, whole_part.content) == (206, data)
            ignored = await client.get(url, headers={"Range": "bytes=5-2"})
            assert (ignored.status_code, ignored.content) == (200, data)
            assert "content-range" not in ignored.headers
            beyond = await client.get(url, headers={"Range": f"bytes={len(data)}-"})
            assert beyond.status_code == 416
            assert beyond.headers["content-range"] == f"bytes */{len(data)}"
            assert "shorter" in error_of(beyond)
            head = await client.head(url)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == str(len(data))
            stale = await client.get(url, headers={"Range": "bytes=1-2", "If-Range": '"other"'})
            assert stale.status_code == 200
            fresh = await client.get(url, headers={"Range": "bytes=1-2", "If-Range": whole.headers["etag"]})
            assert fresh.status_code == 206

    run(script())


def test_a_file_of_many_chunks(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        kept = keep(console.views, add_camera(console).id, range(1))
        data = bytes(range(256)) * (CHUNK // 100)
        (console.folder.root / kept.path).write_bytes(data)
        async with browser(console) as client:
            answer = await client.get(f"/api/segments/{kept.id}.mp4", headers={"Range": "bytes=7-"})
            assert answer.content == data[7:]

    run(script())


def test_an_open_segment_without_its_torn_end(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        writer = console.views.begin(add_camera(console).id, "run-1", START, init())
        writer.append(second(0), at(1))
        with (console.folder.root / writer.segment.path).open("ab") as file:
            file.write(second(1)[:50])
        async with browser(console) as client:
            answer = await client.get(f"/api/segments/{writer.segment.id}.mp4")
            assert answer.content == init() + second(0)

    run(script())


def test_deleted_before_and_between(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        camera = add_camera(console).id
        first, other = keep(console.views, camera, range(1)), keep(console.views, camera, range(1, 2))
        console.views.delete([first])
        (console.folder.root / other.path).unlink()
        async with browser(console) as client:
            for segment in (first, other):
                answer = await client.get(f"/api/segments/{segment.id}.mp4")
                assert answer.status_code == 404
                assert error_of(answer)

    run(script())


def test_deleted_while_it_is_sent(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        kept = keep(console.views, add_camera(console).id, range(1))
        data = b"\x01" * (CHUNK * 3)
        (console.folder.root / kept.path).write_bytes(data)
        got = b""

        async def send(message: Message) -> None:
            nonlocal got
            if message["type"] == "http.response.start":
                assert message["status"] == 200
                await asyncio.to_thread(console.views.delete, [kept])
            else:
                got += message["body"]

        await build(console)(request_for(f"/api/segments/{kept.id}.mp4", session_of(console)), never, send)
        assert got == data

    run(script())


def test_the_file_is_closed_when_the_browser_goes_away(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        kept = keep(console.views, add_camera(console).id, range(1))
        path = console.folder.root / kept.path
        path.write_bytes(b"\x01" * (CHUNK * 3))
        sending = asyncio.Event()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                sending.set()
                await asyncio.Event().wait()  # the browser takes no more

        async def receive() -> Message:
            await sending.wait()
            return {"type": "http.disconnect"}

        await build(console)(request_for(f"/api/segments/{kept.id}.mp4", session_of(console)), receive, send)
        assert path not in open_files()

    run(script())


@pytest.mark.parametrize("name", ["x.mp4", "1.mp3", "0.mp4", "-1.mp4", f"{2**63}.mp4", "..%2f1.mp4", "1", ""])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        keep(console.views, add_camera(console).id, range(1))
        async with browser(console) as client:
            answer = await client.get(f"/api/segments/{name}")
            assert answer.status_code in {400, 404}
            assert error_of(answer)

    run(script())


def test_not_without_a_session(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        kept = keep(console.views, add_camera(console).id, range(1))
        async with browser(console, signed_in=False) as client:
            answer = await client.get(f"/api/segments/{kept.id}.mp4")
            assert answer.status_code == 401
            assert re.fullmatch(r"Sign in first\.", error_of(answer))

    run(script())


def test_on_a_disk_that_is_missing(tmp_path: Path) -> None:
    async def script() -> None:
        disk = tmp_path / "b"
        disk.mkdir()
        console = make_console(tmp_path, disks=[disk])
        kept = keep(console.views, add_camera(console).id, range(3))
        url = f"/api/segments/{kept.id}.mp4"
        async with browser(console) as client:
            whole = (await client.get(url)).content
            assert len(whole) == kept.size
            pull_out(disk)
            answer = await client.get(url)
            assert answer.status_code == 404
            assert error_of(answer).startswith(f"The disk {disk} is missing")
            put_back(disk)
            assert (await client.get(url)).content == whole

    run(script())
