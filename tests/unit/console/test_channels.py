from pathlib import Path
from typing import Any, cast

import pytest

from tests.unit.console.support import NAME, FakeTrial, browser, error_of, make_console, run
from watchglass.alert.vapid import private_key, public_bytes
from watchglass.base.errors import RefusedError, UnreachableError, WatchglassError
from watchglass.model.channel import Mqtt, unpadded

HOOK = {"name": "Desk", "kind": "webhook", "settings": {"url": "https://desk.example.org/hook"}}
BROKER = {"name": "Home", "kind": "mqtt", "settings": {"host": "broker", "username": "gate"}, "secret": "hunter22"}


def test_a_channel_is_added_changed_and_removed(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            added = await client.post("/api/channels", json=HOOK)
            assert added.status_code == 201
            key = added.json().pop("signing_key")
            assert key.startswith("whsec_")
            told = {name: value for name, value in added.json().items() if name != "signing_key"}
            assert told == HOOK | {"id": 1, "enabled": True, "trouble": ""}
            assert (await client.get("/api/channels")).json() == {"channels": [told]}

            changed = await client.patch("/api/channels/1", json={"name": "Night desk", "enabled": False})
            assert changed.json() == told | {"name": "Night desk", "enabled": False}
            moved = {"settings": {"url": "https://elsewhere.example.org/"}}
            refused = await client.patch("/api/channels/1", json=moved)
            assert (refused.status_code, "enter its password or key again" in error_of(refused)) == (400, True)
            assert (await client.patch("/api/channels/1", json=moved | {"secret": key})).json()["settings"] == moved[
                "settings"
            ]

            assert (await client.delete("/api/channels/1")).status_code == 204
            assert (await client.get("/api/channels")).json() == {"channels": []}
            assert (await client.delete("/api/channels/1")).status_code == 404

    run(script())


class TestTrial:
    def test_it_comes_before_a_channel_is_kept_and_after_all_that_makes_no_sense(self, tmp_path: Path) -> None:
        async def script() -> None:
            console = make_console(tmp_path)
            trial = cast("FakeTrial", console.trial)
            async with browser(console) as client:
                assert (await client.post("/api/channels", json=BROKER)).status_code == 201
                assert trial.tried == [("Home", Mqtt("broker", username="gate"), "hunter22")]
                assert (await client.patch("/api/channels/1", json={"secret": "another"})).status_code == 200
                assert trial.tried[1:] == [("Home", Mqtt("broker", username="gate"), "another")]
                assert (await client.patch("/api/channels/1", json={"name": "Hall"})).status_code == 200
                assert len(trial.tried) == 2  # a name sends nothing

        run(script())

    @pytest.mark.parametrize("error", [RefusedError("Wrong password: enter it again."), UnreachableError("Not there.")])
    def test_what_does_not_arrive_is_not_kept_unless_somebody_wants_it_untried(
        self, tmp_path: Path, error: WatchglassError
    ) -> None:
        async def script() -> None:
            console = make_console(tmp_path)
            trial = cast("FakeTrial", console.trial)
            trial.error = error
            async with browser(console) as client:
                refused = await client.post("/api/channels", json=BROKER)
                assert (refused.status_code, error_of(refused)) == (422, error.sentence)
                assert console.channels.all() == []
                assert (await client.post("/api/channels", json=BROKER | {"tried": False})).status_code == 201
                changed = await client.patch("/api/channels/1", json={"secret": "another"})
                assert (changed.status_code, error_of(changed)) == (422, error.sentence)
                assert console.channels.secret(1) == "hunter22"
                kept = await client.patch("/api/channels/1", json={"secret": "another", "tried": False})
                assert kept.status_code == 200
                assert console.channels.secret(1) == "another"

        run(script())

    def test_of_a_browser_and_a_webhook_without_a_key_there_is_nothing_to_try(self, tmp_path: Path) -> None:
        async def script() -> None:
            console = make_console(tmp_path)
            trial = cast("FakeTrial", console.trial)
            async with browser(console) as client:
                key = (await client.post("/api/channels", json=HOOK)).json()["signing_key"]
                assert trial.tried == []
                again = HOOK | {"name": "Its key is known", "secret": key}
                assert (await client.post("/api/channels", json=again)).status_code == 201
            assert [name for name, _, _ in trial.tried] == ["Its key is known"]

        run(script())


def test_what_is_secret_goes_in_and_never_comes_out(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            answers = [await client.post("/api/channels", json=BROKER)]
            answers.append(await client.get("/api/channels"))
            answers.append(await client.patch("/api/channels/1", json={"secret": "another one"}))
            answers.append(
                await client.patch("/api/channels/1", json={"settings": {"host": "x y"}, "secret": "third one"})
            )
        assert [answer.status_code for answer in answers] == [201, 200, 200, 400]
        assert answers[0].json()["signing_key"] == ""
        assert not any(
            secret in answer.text for answer in answers for secret in ("hunter22", "another one", "third one")
        )
        assert console.channels.secret(1) == "another one"
        assert console.channels.get(1).settings == Mqtt("broker", username="gate")

    run(script())


def test_a_test_alert_says_that_it_is_one(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            await client.post("/api/channels", json=HOOK)
            sent = await client.post("/api/channels/1/test")
            assert sent.status_code == 202
            alert = (await client.get(f"/api/alerts/{sent.json()['alert_id']}")).json()
            assert (alert["test"], alert["detail"]) == (True, f"Sent by {NAME}.")
            assert [one["state"] for one in alert["deliveries"]] == ["waiting"]
            assert (await client.post("/api/channels/9/test")).status_code == 404

    run(script())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"settings": {"url": "ftp://desk"}}, "begins with http://, or https://"),
        ({"settings": {}}, "needs url"),
        ({"settings": {"url": "https://desk", "port": 1}}, "has no setting 'port'"),
        ({"secret": "short"}, "signing key is written as whsec_"),
        ({"name": " "}, "needs a name"),
        ({"kind": "pigeon"}, ""),
        ({"owner": "me"}, ""),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, change: dict[str, Any], what: str) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            refused = await client.post("/api/channels", json=HOOK | change)
            assert refused.status_code == 400
            assert what in error_of(refused)
        async with browser(console, signed_in=False) as client:
            assert (await client.post("/api/channels", json=HOOK)).status_code == 401
        assert console.channels.all() == []

    run(script())


def test_a_browser_is_told_our_key_and_no_more_of_it(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        async with browser(console) as client:
            first, again = [(await client.get("/api/channels/push-key")).json() for _ in range(2)]
        assert first == again  # or browsers that were told it before would get nothing any more
        assert len(unpadded(first["key"])) == 65
        assert unpadded(first["key"]) == public_bytes(private_key(console.channels.push_key()))

    run(script())
