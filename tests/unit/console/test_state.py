from pathlib import Path

from tests.unit.console.support import NAME, PASSWORD, browser, clock_of, error_of, make_console, run
from watchglass import __version__


def test_healthz_needs_nothing(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path), signed_in=False) as client:
            answer = await client.get("/healthz")
            assert (answer.status_code, answer.text) == (200, "ok")

    run(script())


def test_state_before_during_and_after(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path, account=False)
        async with browser(console, signed_in=False) as client:
            assert (await client.get("/api/state")).json() == {
                "setup_needed": True,
                "account": None,
                "version": __version__,
            }
            token = console.accounts.new_setup_token()
            body = {"token": token, "name": NAME, "password": PASSWORD}
            answer = await client.post("/api/setup", json=body)
            assert answer.status_code == 201
            assert answer.json() == {"account": {"name": NAME}}
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("watchglass_session=")
            assert "HttpOnly" in cookie
            assert "SameSite=strict" in cookie
            assert "Path=/" in cookie
            assert "Secure" not in cookie
            assert (await client.get("/api/state")).json() == {
                "setup_needed": False,
                "account": {"name": NAME},
                "version": __version__,
            }

    run(script())


def test_a_set_up_link_works_once(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path, account=False)
        token = console.accounts.new_setup_token()
        body = {"token": token, "name": NAME, "password": PASSWORD}
        async with browser(console, signed_in=False) as client:
            assert (await client.post("/api/setup", json=body)).status_code == 201
            answer = await client.post("/api/setup", json=body)
            assert answer.status_code == 409
            assert "set up already" in error_of(answer)
            assert "set-cookie" not in answer.headers

    run(script())


def test_a_wrong_token_and_a_weak_password(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path, account=False)
        token = console.accounts.new_setup_token()
        async with browser(console, signed_in=False) as client:
            answer = await client.post("/api/setup", json={"token": "no", "name": NAME, "password": PASSWORD})
            assert answer.status_code == 403
            assert "set-up link" in error_of(answer)
            answer = await client.post("/api/setup", json={"token": token, "name": NAME, "password": "short"})
            assert answer.status_code == 400
            assert "10 characters" in error_of(answer)
            assert not console.accounts.any()
            assert (await client.get("/api/state")).json()["setup_needed"] is True

    run(script())


def test_bodies_that_are_not_right_never_come_back(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path), signed_in=False) as client:
            for body in (
                {"token": 5, "name": NAME, "password": "hidden-password"},
                {"token": "t", "name": NAME, "password": ["hidden-password"]},
                {"token": "t", "name": NAME, "password": "hidden-password", "admin": True},
                {"token": "t", "name": "", "password": "hidden-password"},
                {"token": "t", "password": "hidden-password"},
                {"token": "t", "name": NAME, "password": "hidden-password" * 100},
                ["hidden-password"],
            ):
                answer = await client.post("/api/setup", json=body)
                assert answer.status_code == 400
                assert "hidden" not in error_of(answer)

    run(script())


def test_asking_for_the_state_prolongs_the_cookie(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            for _ in range(3):
                clock_of(console).advance(29 * 24 * 3600)
                answer = await client.get("/api/state")
                assert answer.json()["account"] == {"name": NAME}
                assert "Max-Age=2592000" in answer.headers["set-cookie"]
            clock_of(console).advance(31 * 24 * 3600)
            answer = await client.get("/api/state")
            assert answer.json()["account"] is None
            assert 'watchglass_session=""' in answer.headers["set-cookie"]  # a dead cookie is dropped

    run(script())
