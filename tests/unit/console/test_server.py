import asyncio
import errno
import os
import socket
import ssl
import threading
from pathlib import Path

import httpx
import pytest
import websockets

from tests.unit.console.serving import serving
from tests.unit.console.support import NAME, PASSWORD, add_camera, make_console, run
from tests.unit.console.test_live import dial
from tests.unit.console.watcher import watching
from watchglass.base.certificate import own_certificate
from watchglass.base.clock import SystemClock
from watchglass.base.errors import UnreachableError
from watchglass.console.app import Tls, build, serve
from watchglass.console.security import Entrance
from watchglass.console.server import bind


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        sentence = rf"^Port {port} on 127\.0\.0\.1 is in use by another program\. Choose another with --port\.$"
        with pytest.raises(UnreachableError, match=sentence):
            serve(build(make_console(tmp_path)), "127.0.0.1", port, None, None, threading.Event(), lambda _port: None)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_said(host: str) -> None:
    with pytest.raises(UnreachableError, match="--host"):
        bind(host, 0)


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EACCES, "above 1023"),
        (errno.EADDRNOTAVAIL, "--host"),
        (errno.EADDRINUSE, "--port"),
        (errno.EIO, "--port"),
    ],
)
def test_what_keeps_a_port_from_us_and_what_to_do(number: int, advice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_socket: socket.socket, _address: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(UnreachableError, match=advice):
        bind("127.0.0.1", 80)


def test_ipv6() -> None:
    with bind("::1", 0) as listener:
        assert listener.family is socket.AF_INET6


def test_the_port_is_free_again_at_once(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with serving(console) as served:
            port = int(served.host.rpartition(":")[2])
            async with httpx.AsyncClient() as client:
                assert (await client.get(f"{served.origin}/healthz")).text == "ok"
        with bind("127.0.0.1", port):
            pass

    run(script())


def test_stops_with_live_views_open_and_tells_them(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        async with serving(console) as served, dial(served) as first, dial(served) as second:
            await first.recv()
            await second.recv()
            served.stop.set()
            for viewer in (first, second):
                with pytest.raises(websockets.ConnectionClosed):
                    await viewer.recv()
                assert viewer.close_code in {1001, 1012}
            await served.ended()

    run(script())


def test_stops_although_somebody_does_not_let_go(tmp_path: Path) -> None:
    async def script() -> None:
        async with serving(make_console(tmp_path)) as served:
            host, port = served.host.split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(
                b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nX-Watchglass: 1\r\nContent-Length: 50\r\n\r\n{"
            )
            await writer.drain()  # and the rest never comes
            served.stop.set()
            await served.ended()
            assert b"200" not in await reader.read()
            writer.close()
            await writer.wait_closed()

    run(script())


def test_stops_although_a_viewer_takes_nothing(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        large = bytes(1024 * 1024)
        async with (
            serving(console) as served,
            watching(console.folder.run) as watcher,
            dial(served, close_timeout=0.1) as viewer,
            dial(served, close_timeout=0.1) as quick,  # it stops reading too, in the end
        ):
            viewer.transport.pause_reading()
            await watcher.format()
            for _ in range(30):  # more than any buffer between holds
                await watcher.send("chunk", payload=large, keyframe=True)
            while (await quick.recv()) != large:
                pass
            served.stop.set()
            await served.ended()
            viewer.transport.abort()

    run(script())


def test_with_a_certificate_of_our_own(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path, entrance=Entrance(tls=True))
        own = own_certificate(tmp_path / "tls", ["127.0.0.1"], SystemClock())  # the client asks today's clock
        trust = ssl.create_default_context(cafile=str(own.path))
        async with serving(console, tls=Tls(own.path, own.key)) as served, httpx.AsyncClient(verify=trust) as client:
            answer = await client.get(f"https://{served.host}/api/state")
            assert answer.status_code == 200
            assert answer.headers["strict-transport-security"]

    run(script())


def test_behind_a_reverse_proxy(tmp_path: Path) -> None:
    async def script() -> None:
        proxy = "https://cams.example.org"
        console = make_console(tmp_path, entrance=Entrance(proxy=proxy))
        async with serving(console, proxy=proxy) as served, httpx.AsyncClient(base_url=served.origin) as client:
            body = {"name": NAME, "password": PASSWORD}
            headers = {"Host": "cams.example.org", "X-Watchglass": "1", "Origin": proxy, "X-Forwarded-Proto": "https"}
            answer = await client.post("/api/session", json=body, headers=headers)
            assert answer.status_code == 200
            assert "; Secure" in answer.headers["set-cookie"]
            assert (await client.get("/api/state")).status_code == 421  # not by our own address
            headers["Origin"] = served.origin
            assert (await client.post("/api/session", json=body, headers=headers)).status_code == 403

    run(script())
