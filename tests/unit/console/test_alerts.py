import uuid
from pathlib import Path

from tests.unit.console.support import NAME, add_camera, browser, clock_of, error_of, make_console, run
from watchglass.base.clock import WallUs
from watchglass.console.app import Console
from watchglass.model.alert import AlertPolicy
from watchglass.model.channel import Webhook
from watchglass.model.event import Change, Event, Happening, RuleKind
from watchglass.model.place import Point


def seen(console: Console, score: float = 0.8, rule: int = 7) -> Event:
    """An event that a rule saw just now."""
    now = clock_of(console).wall_us()
    at = Point(0.5, 0.5)
    detail = "Person in yard."
    event = Event(uuid.uuid4(), 1, rule, RuleKind.INTRUSION, now, WallUs(now + 5), score, 2, "yard", at, detail)
    console.outbox.take(event, "Nobody in the yard", "Gate")
    return event


def written(console: Console, score: float, rule: int = 7) -> Event:
    """Such an event, a second after the last, and kept as the watcher keeps it."""
    clock_of(console).advance(1)
    event = seen(console, score, rule)
    console.events.take([Happening(Change.BEGAN, event, event.start)])
    return event


def test_alerts_are_listed_taken_and_judged(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        hook = console.channels.add("Desk", Webhook("https://desk.example.org/hook"))
        console.policies.set(7, AlertPolicy((hook.id,), group_seconds=0))
        async with browser(console) as client:
            assert (await client.get("/api/alerts")).json()["alerts"] == []
            first = seen(console)
            clock_of(console).advance(100)
            second = seen(console, 0.95)
            told = (await client.get("/api/alerts")).json()
            assert [one["event_id"] for one in told["alerts"]] == [str(second.id), str(first.id)]
            older = (await client.get("/api/alerts", params={"before": told["alerts"][0]["id"]})).json()["alerts"]
            assert older == [told["alerts"][1]]
            one = older[0]
            assert (one["rule"], one["camera"], one["place"], one["score"]) == (
                "Nobody in the yard",
                "Gate",
                "yard",
                0.8,
            )
            assert (one["taken_us"], one["verdict"], one["test"]) == (None, None, False)

            assert told["untaken"] == 2
            assert [way["state"] for way in one["deliveries"]] == ["waiting"]

            taken = (await client.post(f"/api/alerts/{one['id']}/take")).json()
            assert (taken["taken_by"], taken["taken_us"]) == (NAME, clock_of(console).wall_us())
            assert [(way["channel_id"], way["state"], way["step"]) for way in taken["deliveries"]] == [
                (hook.id, "waiting", "first")
            ]
            assert (await client.get(f"/api/alerts/{one['id']}")).json() == taken

            verdict = await client.post(f"/api/events/{second.id}/verdict", json={"judgement": "wrong"})
            assert (verdict.status_code, verdict.json()["by"]) == (201, NAME)
            after = (await client.get("/api/alerts")).json()
            assert after["alerts"][0]["verdict"] == verdict.json()
            assert after["alerts"][0]["taken_by"] == NAME  # who judges it has taken it
            assert after["revision"] > told["revision"]
            assert after["untaken"] == 0

    run(script())


def test_how_often_a_rule_was_right_is_told(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        console.policies.set(7, AlertPolicy(group_seconds=0))
        async with browser(console) as client:
            empty = (await client.get("/api/rules/7/precision")).json()
            assert (empty["share"], empty["at_least"], empty["at_most"]) == (None, 0.0, 1.0)
            for number in range(20):
                clock_of(console).advance(60)
                event = seen(console, 0.65 if number < 10 else 0.9)
                judgement = "wrong" if number < 8 else "right"
                await client.post(f"/api/events/{event.id}/verdict", json={"judgement": judgement})
            seen(console, 0.9, rule=8)
            told = (await client.get("/api/rules/7/precision", params={"days": 2})).json()
            assert (told["right"], told["wrong"], told["unclear"], told["share"]) == (12, 8, 0, 0.6)
            assert told["at_least"] < 0.6 < told["at_most"]
            assert told["alerts_a_day"] == 10.0
            at = {one["threshold"]: one for one in told["curve"]}
            assert (at[0.6]["alerts"], at[0.6]["right"]) == (20, 0.6)
            assert (at[0.9]["alerts"], at[0.9]["right"], at[0.9]["estimated"]) == (10, 1.0, False)

    run(script())


def test_what_was_drawn_below_the_threshold_is_looked_at(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        add_camera(console)
        console.policies.set(7, AlertPolicy(group_seconds=0, sample_share=1.0))
        async with browser(console) as client:
            assert (await client.get("/api/rules/7/samples")).json() == {"events": [], "left": 0}
            first, second = (written(console, score) for score in (0.3, 0.4))
            written(console, 0.9)
            written(console, 0.4, rule=8)  # of which nobody draws any
            told = (await client.get("/api/rules/7/samples")).json()
            assert [one["id"] for one in told["events"]] == [str(first.id), str(second.id)]
            one = told["events"][1]
            assert (one["camera"], one["place"], one["score"], one["start_us"], one["rule_name"]) == (
                1,
                "yard",
                0.4,
                second.start,
                None,
            )
            page = (await client.get("/api/rules/7/samples", params={"limit": 1})).json()
            assert (len(page["events"]), page["left"]) == (1, 2)

            said = await client.post(f"/api/events/{second.id}/verdict", json={"judgement": "wrong"})
            assert (said.status_code, said.json()["judgement"]) == (201, "wrong")
            after = (await client.get("/api/rules/7/samples")).json()
            assert ([one["id"] for one in after["events"]], after["left"]) == ([str(first.id)], 1)
            assert (await client.get("/api/rules/7/precision")).json()["below"] == 2
            assert (await client.get("/api/alerts")).json()["untaken"] == 1  # nobody was told of them

    run(script())


def test_what_was_not_drawn_is_not_judged(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        event = seen(console, 0.3)
        async with browser(console) as client:
            refused = await client.post(f"/api/events/{event.id}/verdict", json={"judgement": "right"})
            assert (refused.status_code, "was not drawn" in error_of(refused)) == (400, True)
            assert (await client.get("/api/rules/7/samples", params={"limit": 101})).status_code == 400
        async with browser(console, signed_in=False) as client:
            assert (await client.get("/api/rules/7/samples")).status_code == 401
        assert console.alerts.verdict(event.id) is None

    run(script())


def test_what_is_not_there_or_makes_no_sense_is_refused(tmp_path: Path) -> None:
    async def script() -> None:
        console = make_console(tmp_path)
        event = seen(console)
        async with browser(console) as client:
            missing = await client.get("/api/alerts/99")
            assert (missing.status_code, "There is no alert 99" in error_of(missing)) == (404, True)
            assert (await client.post("/api/alerts/99/take")).status_code == 404
            unknown = await client.post(f"/api/events/{uuid.uuid4()}/verdict", json={"judgement": "right"})
            assert unknown.status_code == 404
            for body in ({"judgement": "maybe"}, {}, {"judgement": "right", "by": "somebody else"}):
                assert (await client.post(f"/api/events/{event.id}/verdict", json=body)).status_code == 400
            assert (await client.get("/api/alerts", params={"limit": 0})).status_code == 400
        async with browser(console, signed_in=False) as client:
            assert (await client.get("/api/alerts")).status_code == 401
            assert (
                await client.post(f"/api/events/{event.id}/verdict", json={"judgement": "right"})
            ).status_code == 401
        assert console.alerts.verdict(event.id) is None

    run(script())
