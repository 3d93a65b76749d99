from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.console.support import HOST, browser, error_of, make_console, run
from watchglass.base.errors import UsageError
from watchglass.console.security import MAX_BODY, Entrance, host_names

SIGN_IN = {"name": "x", "password": "y"}


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8080", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080"],
)
def test_loopback_is_let_in(host: str) -> None:
    assert Entrance().lets_in(host, "127.0.0.1")


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8080",
        "10.0.0.5",
        "[::2]",
        "evil.example@127.0.0.1",
        "127.0.0.2",
        "[::1",
    ],
)
def test_rebound_names_are_not(host: str) -> None:
    assert not Entrance().lets_in(host, "127.0.0.1")


def test_configured_names_and_the_address_that_was_called() -> None:
    entrance = Entrance(hosts=frozenset({"Cams.Local", "2001:db8::5"}), tls=True)
    assert entrance.lets_in("cams.local:8443", "192.168.1.5")
    assert entrance.lets_in("[2001:db8::5]", "192.168.1.5")
    assert entrance.lets_in("192.168.1.5:8080", "192.168.1.5")
    assert entrance.lets_in("[fe80::1]:8080", "fe80::1")
    assert not entrance.lets_in("192.168.1.6", "192.168.1.5")
    assert not entrance.lets_in("other.local", "192.168.1.5")
    assert not entrance.lets_in("other.local", "other.local")
    assert not entrance.lets_in("other.local", None)


def test_behind_a_proxy_its_name_alone() -> None:
    entrance = Entrance(hosts=frozenset({"cams.local"}), proxy="https://Cams.Example.org:443/")
    assert entrance.proxy == "https://cams.example.org"
    assert entrance.secure
    assert entrance.lets_in("cams.example.org", "127.0.0.1")
    assert entrance.lets_in("CAMS.example.org:443", "127.0.0.1")
    for host in ("cams.example.org:8443", "127.0.0.1", "localhost", "cams.local", "example.org"):
        assert not entrance.lets_in(host, "127.0.0.1")


def test_a_proxy_on_a_port_of_its_own_and_without_tls() -> None:
    assert Entrance(proxy="https://cams.example.org:8443").lets_in("cams.example.org:8443", None)
    plain = Entrance(proxy="http://cams.lan")
    assert not plain.secure
    assert plain.lets_in("cams.lan:80", None)


@pytest.mark.parametrize(
    "proxy",
    ["cams.example.org", "ftp://cams", "https://", "https://a/path", "https://u@a", "https://a?b", "https://a#b"],
)
def test_what_is_no_proxy(proxy: str) -> None:
    with pytest.raises(UsageError, match="reverse proxy"):
        Entrance(proxy=proxy)


def test_origins_as_browsers_write_them() -> None:
    assert Entrance().origin("Localhost:8080") == "http://localhost:8080"
    assert Entrance().origin("localhost:80") == "http://localhost"
    assert Entrance(tls=True).origin("cams.local:443") == "https://cams.local"


def test_host_names_in_the_form_of_a_host_header() -> None:
    assert host_names(["A.b", "::1", "[::2]", "10.0.0.1"]) == {"a.b", "[::1]", "[::2]", "10.0.0.1"}


def test_a_rebound_name_gets_nothing_but_healthz(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path), host="evil.example") as client:
            for path in ("/", "/api/state", "/api/cameras", "/api/openapi.json"):
                answer = await client.get(path)
                assert answer.status_code == 421
                assert "host name" in error_of(answer)
            assert (await client.get("/healthz")).text == "ok"

    run(script())


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://127.0.0.1:8080", "http://127.0.0.1", "http://127.0.0.1:80800", ""],
)
def test_calls_from_other_pages_are_refused(tmp_path: Path, origin: str) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            answer = await client.post("/api/cameras", json={"name": "a", "url": "/x.mp4"}, headers={"Origin": origin})
            assert answer.status_code == 403
            assert "not the console" in error_of(answer)
            assert console.cameras.all() == []
            assert (await client.delete("/api/session", headers={"Origin": origin})).status_code == 403

    run(script())


@pytest.mark.parametrize("value", [None, "0", "true"])
def test_calls_that_a_form_could_make_are_refused(tmp_path: Path, value: str | None) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path)) as client:
            del client.headers["X-Watchglass"]
            headers = {"X-Watchglass": value} if value else {}
            answer = await client.post("/api/session", json=SIGN_IN, headers=headers)
            assert answer.status_code == 403
            assert "X-Watchglass" in error_of(answer)

    run(script())


def test_programs_that_send_no_origin_may_call(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path)) as client:
            del client.headers["Origin"]
            assert (await client.delete("/api/session")).status_code == 204

    run(script())


def test_long_bodies_are_refused(tmp_path: Path) -> None:
    async def chunked() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * (MAX_BODY // 2)

    async def script() -> None:
        async with browser(make_console(tmp_path), signed_in=False) as client:
            answer = await client.post("/api/session", content=b" " * (MAX_BODY + 1))
            assert answer.status_code == 413
            assert "too long" in error_of(answer)
            assert (await client.post("/api/session", content=chunked())).status_code >= 400
            answer = await client.post("/api/session", content=b"x", headers={"content-length": "-1"})
            assert answer.status_code == 413

    run(script())


def test_headers_of_every_answer(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path)) as client:
            for path, status in (("/", 200), ("/api/state", 200), ("/api/none", 404), ("/none.js", 404)):
                answer = await client.get(path)
                assert answer.status_code == status
                policy = dict(
                    part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
                )
                assert policy["default-src"] == "'self'"
                assert policy["media-src"] == "'self' blob:"
                assert policy["img-src"] == "'self' data: blob:"
                assert policy["connect-src"] == "'self'"
                assert policy["frame-ancestors"] == "'none'"
                assert "unsafe" not in answer.headers["content-security-policy"]
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["referrer-policy"] == "no-referrer"
                assert "strict-transport-security" not in answer.headers
                assert ("no-store" in answer.headers.get("cache-control", "")) is (path != "/none.js")

    run(script())


@pytest.mark.parametrize(
    ("entrance", "host"),
    [(Entrance(tls=True), HOST), (Entrance(proxy="https://cams.example.org"), "cams.example.org")],
)
def test_under_tls_hsts_and_secure_cookies(tmp_path: Path, entrance: Entrance, host: str) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path, entrance=entrance), signed_in=False, host=host) as client:
            body = {"name": "anna", "password": "correct horse battery"}
            assert (await client.post("/api/session", json=body)).status_code == 403  # an http: page is another origin
            answer = await client.post("/api/session", json=body, headers={"Origin": f"https://{host}"})
            assert answer.status_code == 200
            assert answer.headers["strict-transport-security"].startswith("max-age=")
            assert "; Secure" in answer.headers["set-cookie"]

    run(script())
