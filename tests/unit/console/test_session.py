from pathlib import Path

from tests.unit.console.support import NAME, PASSWORD, browser, clock_of, error_of, make_console, run


def test_signing_in_and_out(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console, signed_in=False) as client:
            assert (await client.get("/api/cameras")).status_code == 401
            answer = await client.post("/api/session", json={"name": "ANNA", "password": PASSWORD})
            assert (answer.status_code, answer.json()) == (200, {"account": {"name": NAME}})
            token = client.cookies["watchglass_session"]
            assert (await client.get("/api/cameras")).status_code == 200
            answer = await client.delete("/api/session")
            assert (answer.status_code, answer.content) == (204, b"")
            assert "watchglass_session" not in client.cookies
            assert console.accounts.session(token) is None
            client.cookies.set("watchglass_session", token)
            answer = await client.get("/api/cameras")
            assert answer.status_code == 401
            assert error_of(answer) == "Sign in first."

    run(script())


def test_signing_in_again_ends_the_session_before(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            old = client.cookies["watchglass_session"]
            client.cookies.clear()
            body = {"name": NAME, "password": PASSWORD}
            await client.post("/api/session", json=body, headers={"Cookie": f"watchglass_session={old}"})
            assert console.accounts.session(old) is None
            assert console.accounts.session(client.cookies["watchglass_session"]) is not None

    run(script())


def test_wrong_names_and_passwords_sound_the_same(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path), signed_in=False) as client:
            answers = [
                await client.post("/api/session", json={"name": name, "password": "wrong password"})
                for name in (NAME, "nobody")
            ]
            assert [answer.status_code for answer in answers] == [403, 403]
            assert error_of(answers[0]) == error_of(answers[1])
            assert all("set-cookie" not in answer.headers for answer in answers)

    run(script())


def test_too_many_wrong_passwords_and_the_wait(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console, signed_in=False) as client:
            wrong = {"name": NAME, "password": "wrong password"}
            for _ in range(6):
                await client.post("/api/session", json=wrong)
            answer = await client.post("/api/session", json={"name": NAME, "password": PASSWORD})
            assert answer.status_code == 403
            assert "try again in" in error_of(answer)
            clock_of(console).advance(61)
            answer = await client.post("/api/session", json={"name": NAME, "password": PASSWORD})
            assert answer.status_code == 200

    run(script())


def test_signing_out_without_a_session(tmp_path: Path) -> None:
    async def script() -> None:
        async with browser(make_console(tmp_path), signed_in=False) as client:
            assert (await client.delete("/api/session")).status_code == 401

    run(script())


def test_a_session_ends_when_the_password_changes(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            console.accounts.set_password(NAME, "another password")
            assert (await client.get("/api/cameras")).status_code == 401

    run(script())
