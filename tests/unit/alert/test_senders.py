import subprocess
import sys

import pytest

from tests.alerting import SECRET, SITE
from tests.conftest import ROOT
from watchglass.alert.senders import Senders, takes_pictures
from watchglass.base.clock import SimulatedClock
from watchglass.base.errors import UsageError
from watchglass.model.channel import Channel, Mqtt, Service, Settings, Webhook


@pytest.mark.parametrize(
    ("settings", "secret", "name"),
    [
        (Webhook("http://127.0.0.1/"), SECRET, "WebhookSender"),
        (Mqtt("127.0.0.1"), "", "MqttSender"),
        (Service("json"), "json://127.0.0.1", "ServiceSender"),
    ],
)
def test_each_kind_has_its_sender(settings: Settings, secret: str, name: str) -> None:
    with Senders(str(SITE), SimulatedClock()).make(Channel(1, "Duty", settings), secret) as sender:
        assert type(sender).__name__ == name


def test_a_secret_that_is_lost_is_said() -> None:
    with pytest.raises(UsageError, match="signing key"):
        Senders(str(SITE), SimulatedClock()).make(Channel(1, "Duty", Webhook("http://127.0.0.1/")), "")


def test_no_library_is_loaded_before_there_is_such_a_channel() -> None:
    """They are 20 MB each, and most people need one of them at most."""
    code = (
        "import sys; import watchglass.app.notifier;"
        "print([one for one in ('apprise', 'paho', 'httpx', 'av') if one in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout.strip() == "[]"


def test_pictures_go_where_files_are_taken() -> None:
    channels = [Channel(1, "Duty", kind) for kind in (Webhook("http://127.0.0.1/"), Mqtt("127.0.0.1"), Service("json"))]
    assert [takes_pictures(channel) for channel in channels] == [False, False, True]
