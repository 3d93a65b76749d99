import json
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.alerting import SECRET, new_event
from watchglass.base.clock import SimulatedClock
from watchglass.base.errors import BadInputError, MissingInputError, UsageError
from watchglass.base.timekeeping import machine_zone
from watchglass.model.alert import AlertPolicy, DeliveryState
from watchglass.model.camera import Camera
from watchglass.model.channel import Mqtt, Service, Webhook, signing_key
from watchglass.store.alerts import Alerts
from watchglass.store.cameras import Cameras
from watchglass.store.channels import Channels
from watchglass.store.folder import DataFolder
from watchglass.store.outbox import Outbox
from watchglass.store.policies import Policies

HOOK = Webhook("https://hooks.example.org/in")
MAIL = "mailtos://duty:hunter2@example.org"


@pytest.fixture
def channels(engine: sa.Engine, folder: DataFolder) -> Channels:
    return Channels(engine, folder)


def test_what_was_added_is_there(channels: Channels) -> None:
    added = channels.add("  Duty   phone ", HOOK, SECRET)
    channels.add("Broker", Mqtt("broker.lan"))
    assert channels.get(added.id) == added
    assert [one.name for one in channels.all()] == ["Duty phone", "Broker"]
    assert (channels.secret(1), channels.secret(2)) == (SECRET, "")


def test_a_webhook_gets_a_key_of_its_own(channels: Channels) -> None:
    for _ in range(2):
        channels.add(f"Hook {len(channels.all())}", HOOK)
    one, other = channels.secret(1), channels.secret(2)
    assert one != other
    assert len(signing_key(one)) == 30


def test_a_secret_lies_in_a_file_of_its_owner_and_nowhere_else(channels: Channels, folder: DataFolder) -> None:
    channels.add("Mail", Service("mailtos"), MAIL)
    assert "hunter2" not in repr(channels.all())
    holding = [path for path in folder.root.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    assert [path.relative_to(folder.root) for path in holding] == [Path("secrets/channel-1.json")]
    assert stat.S_IMODE(holding[0].stat().st_mode) == 0o600


def test_a_damaged_secret_is_said_without_being_quoted(channels: Channels, folder: DataFolder) -> None:
    channels.add("Mail", Service("mailtos"), MAIL)
    (folder.secrets / "channel-1.json").write_text('{"secret": hunter2')
    with pytest.raises(BadInputError, match="enter the channel's password") as told:
        channels.secret(1)
    assert "hunter2" not in f"{told.value}{told.value.__cause__}"


def test_a_name_is_taken_once(channels: Channels) -> None:
    channels.add("Duty", HOOK)
    channels.add("Yard", HOOK)
    with pytest.raises(UsageError, match="already"):
        channels.add("dUTY", HOOK)
    with pytest.raises(UsageError, match="already"):
        channels.rename(2, "duty")
    channels.rename(1, "DUTY")
    assert channels.get(1).name == "DUTY"


def test_a_secret_does_not_follow_to_another_address(channels: Channels) -> None:
    """Whoever may change an address must not learn the password by it."""
    channels.add("Broker", Mqtt("broker.lan", username="cams"), "hunter2")
    with pytest.raises(UsageError, match="enter its password"):
        channels.change(1, Mqtt("evil.example.org", username="cams"))
    assert channels.get(1).settings == Mqtt("broker.lan", username="cams")
    channels.change(1, Mqtt("new.lan", username="cams"), "other")
    assert channels.secret(1) == "other"
    with pytest.raises(UsageError, match="stays of the kind"):
        channels.change(1, HOOK, SECRET)


def test_every_change_raises_the_revision_but_trouble_does_not(channels: Channels) -> None:
    seen = [channels.revision()]
    channels.add("Duty", HOOK)
    seen.append(channels.revision())
    channels.set_enabled(1, False)
    seen.append(channels.revision())
    channels.rename(1, "Other")
    seen.append(channels.revision())
    channels.change(1, HOOK, SECRET)
    seen.append(channels.revision())
    assert seen == [0, 1, 2, 3, 4]
    channels.set_trouble(1, "It cannot be reached.")
    assert channels.get(1).trouble == "It cannot be reached."
    assert channels.revision() == 4


def test_one_that_is_not_there(channels: Channels) -> None:
    for call in (channels.get, channels.remove):
        with pytest.raises(MissingInputError, match="no channel with the id 7"):
            call(7)
    channels.set_trouble(7, "Gone.")


def test_removed_with_its_secret_and_what_waited_is_undelivered(
    channels: Channels, engine: sa.Engine, folder: DataFolder, clock: SimulatedClock
) -> None:
    channels.add("Duty", HOOK)
    Policies(engine).set(3, AlertPolicy((1,)))
    outbox = Outbox(engine, clock, machine_zone())
    outbox.take(new_event(), "Lawn", "Gate")
    channels.remove(1)
    (delivery,) = outbox.deliveries(Alerts(engine, clock).newest()[0].id)
    assert (delivery.state, delivery.cause) == (DeliveryState.UNDELIVERED, "The channel was removed.")
    assert list(folder.secrets.iterdir()) == []
    assert Policies(engine).get(3).channels == ()
    assert channels.add("Again", HOOK).id == 2  # an id is never used twice


def test_secrets_of_cameras_and_channels_leave_each_other_alone(
    channels: Channels, cameras: Cameras, camera: Camera, folder: DataFolder
) -> None:
    channels.add("Duty", HOOK)
    key = channels.link_key()
    (folder.secrets / ".channel-9.json.0123abcd.partial").touch()
    (folder.secrets / "channel-8.json").write_text("{}")
    (folder.secrets / "camera-7.json").write_text("{}")
    channels.sweep()
    assert {path.name for path in folder.secrets.iterdir()} == {"channel-1.json", "links.key", "camera-7.json"}
    cameras.remove(camera.id)
    assert {path.name for path in folder.secrets.iterdir()} == {"channel-1.json", "links.key"}
    assert channels.link_key() == key


def test_the_key_of_links_is_made_once(channels: Channels, engine: sa.Engine, folder: DataFolder) -> None:
    key = channels.link_key()
    assert len(key) == 32
    assert Channels(engine, folder).link_key() == key
    (folder.secrets / "links.key").write_bytes(b"")  # an interrupted restore: links in messages are refused from now on
    assert channels.link_key() != key


def test_tells_the_notifier_of_what_may_be_sent_now(engine: sa.Engine, folder: DataFolder) -> None:
    rung: list[bool] = []
    channels = Channels(engine, folder, lambda: rung.append(True))
    channels.add("Duty", HOOK)
    channels.change(1, HOOK, SECRET)
    channels.set_enabled(1, True)
    assert len(rung) == 2


def test_secrets_are_written_as_json(channels: Channels, folder: DataFolder) -> None:
    channels.add("Duty", HOOK, SECRET)
    assert json.loads((folder.secrets / "channel-1.json").read_text()) == {"secret": SECRET}


def test_there_is_a_most(channels: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchglass.store.channels.MOST", 1)
    channels.add("Duty", HOOK)
    with pytest.raises(UsageError, match="the most"):
        channels.add("More", HOOK)
