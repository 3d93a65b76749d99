from pathlib import Path

import pytest

from tests.unit.console.support import browser, error_of, make_console, run
from watchglass.console.app import Console

PAGE = "<!doctype html><title>console</title>"


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """A console with a built front end, and something beside it that is nobody's business."""
    made = make_console(tmp_path)
    (made.static / "assets").mkdir(parents=True)
    (made.static / "index.html").write_text(PAGE)
    (made.static / "favicon.svg").write_text("<svg/>")
    (made.static / "assets" / "index-BkF3x9Qa.js").write_text("let a;")
    (made.static / "assets" / "index-a_b-C1d2.css").write_text("a{}")
    (made.static / "assets" / "plain.woff2").write_bytes(b"font")
    (tmp_path / "secret.txt").write_text("secret")
    (made.static / "link.txt").symlink_to(tmp_path / "secret.txt")
    return made


@pytest.mark.parametrize(
    ("path", "kind", "caching"),
    [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/favicon.svg", "image/svg+xml", "no-cache"),
        ("/assets/index-BkF3x9Qa.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/assets/index-a_b-C1d2.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/assets/plain.woff2", "font/woff2", "no-cache"),
    ],
)
def test_files_and_how_long_they_hold(console: Console, path: str, kind: str, caching: str) -> None:
    async def script() -> None:
        async with browser(console, signed_in=False) as client:
            answer = await client.get(path)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == kind
            assert answer.headers["cache-control"] == caching
            head = await client.head(path)
            assert (head.status_code, head.headers["content-length"]) == (200, str(len(answer.content)))

    run(script())


@pytest.mark.parametrize("path", ["/cameras/5", "/timeline", "/setup", "/a/b/c", "/apiary"])
def test_addresses_that_are_the_front_ends_own(console: Console, path: str) -> None:
    async def script() -> None:
        async with browser(console, signed_in=False) as client:
            answer = await client.get(path)
            assert (answer.status_code, answer.text) == (200, PAGE)

    run(script())


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-BkF3x9Qa.js",
        "/robots.txt",
        "/api",
        "/api/",
        "/api/none",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/link.txt",
        "/index.html%00.js",
        "//etc/passwd.txt",
    ],
)
def test_what_is_not_there_or_not_ours(console: Console, path: str) -> None:
    async def script() -> None:
        async with browser(console) as client:
            answer = await client.get(path)
            assert answer.status_code == 404
            assert "secret" not in error_of(answer)

    run(script())


def test_other_methods(console: Console) -> None:
    async def script() -> None:
        async with browser(console) as client:
            answer = await client.post("/", json={})
            assert answer.status_code == 405
            assert error_of(answer)

    run(script())


def test_before_the_front_end_is_built_it_is_said_and_after_it_is_there(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console, signed_in=False) as client:
            answer = await client.get("/cameras")
            assert answer.status_code == 200
            assert "npm run build" in answer.text
            assert "<style" not in answer.text  # our own policy would not let it
            assert "style=" not in answer.text
            console.static.mkdir()
            (console.static / "index.html").write_text(PAGE)
            assert (await client.get("/cameras")).text == PAGE

    run(script())
