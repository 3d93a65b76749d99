import datetime as dt
import json
import zoneinfo

from tests.alerting import NOW, SITE, new_alert, new_message, writer
from watchglass.alert.message import NoStills, Writer, stamp, trial
from watchglass.base.clock import WallUs
from watchglass.model.alert import Alert, Step
from watchglass.model.event import RuleKind
from watchglass.model.link import LASTS_US, Purpose, read


def test_an_officer_gets_rule_place_score_and_a_link() -> None:
    message = new_message()
    assert message.title() == "Lawn at night (Gate, lawn)"
    text = message.text()
    for part in (
        "2027-01-15 08:00:00 UTC",
        "Intrusion at Gate, lawn",
        "Score 83%",
        "One person has been",
        message.link,
    ):
        assert part in text


def test_times_are_those_of_the_clock_on_the_wall() -> None:
    berlin = Writer(SITE, "https://cams.example.org", bytes(32), zoneinfo.ZoneInfo("Europe/Berlin"))
    assert "2027-01-15 09:00:00 CET" in berlin.message(new_alert()).text()


def test_an_escalation_says_that_nobody_has_taken_it() -> None:
    assert new_message(Step.ESCALATION).title() == "Nobody has taken this alert: Lawn at night (Gate, lawn)"


def test_a_test_says_so_everywhere() -> None:
    message = new_message(test=True, rule_name="Test alert", detail="Sent by Robin.", place="")
    assert message.title() == "Test alert of watchglass"
    assert "Nothing has happened" in message.text()
    assert "Sent by Robin." in message.text()
    assert message.data()["test"] is True


def test_what_is_sent_before_a_channel_is_kept_leads_to_the_channels() -> None:
    message = trial(SITE, "https://cams.example.org", NOW)
    assert message.title() == "Test alert of watchglass"
    assert message.text().endswith("\nSee it in the console: https://cams.example.org/channels")
    assert message.data()["test"] is True
    assert message.id != trial(SITE, "https://cams.example.org", NOW).id  # a second try is no double of the first


def test_a_cameras_own_event_tells_no_score() -> None:
    message = new_message(kind=RuleKind.TAMPERING, tracks=0, score=0.0, place="", detail="")
    assert message.title() == "Lawn at night (Gate)"
    assert "Score" not in message.text()


def test_a_cloudevent_of_version_1_0() -> None:
    event = json.loads(new_message().cloudevent())
    data = event.pop("data")
    alert = data["alert"]
    assert event == {
        "specversion": "1.0",
        "id": alert,
        "source": f"urn:uuid:{SITE}",
        "type": "watchglass.alert.v1",
        "time": "2027-01-15T08:00:00.300Z",
        "subject": "rule/3",
        "datacontenttype": "application/json",
    }
    assert data["rule"] == {"id": 3, "name": "Lawn at night", "kind": "intrusion"}
    assert (data["place"], data["score"], data["start"], data["end"]) == (
        "lawn",
        0.83,
        "2027-01-15T08:00:00.000Z",
        None,
    )


def test_sent_again_it_is_the_same_byte_for_byte() -> None:
    alert = new_alert()
    assert writer().message(alert).cloudevent() == writer().message(alert).cloudevent()
    assert writer().message(alert, Step.ESCALATION).id != writer().message(alert).id


def test_its_link_opens_the_page_for_a_week_and_no_server_on_the_way_learns_it() -> None:
    message = new_message()
    address, _, token = message.link.partition("#")
    assert address == "https://cams.example.org/alert"
    link = read(token, Purpose.OPEN, bytes(32), NOW)
    assert link.alert == message.alert.event
    assert link.expires <= message.alert.created + LASTS_US


def test_nothing_in_it_says_who_or_which_track() -> None:
    """R10: numbers are not names."""
    assert set(new_message().data()) == {
        *("alert", "test", "escalation", "rule", "camera", "place", "score", "detail", "start", "end", "link")
    }


def test_a_still_comes_from_those_who_have_the_view() -> None:
    class Stills:
        def of(self, alert: Alert) -> bytes | None:
            return f"view of {alert.id}".encode()

    with_still = Writer(SITE, "http://localhost", bytes(32), dt.UTC, Stills())
    assert with_still.message(new_alert()).still == b"view of 1"
    assert with_still.message(new_alert(), pictured=False).still is None
    assert NoStills().of(new_alert()) is None
    assert new_message().still is None


def test_times_as_rfc_3339_wants_them() -> None:
    assert stamp(WallUs(NOW + 1_999)) == "2027-01-15T08:00:00.001Z"
