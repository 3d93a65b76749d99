import pytest

from tests.alerting import free_port
from watchglass.alert.failing import ChannelDownError
from watchglass.alert.posting import Poster
from watchglass.base.clock import SimulatedClock


def test_says_who_cannot_be_reached() -> None:
    port = free_port()
    poster = Poster(f"http://127.0.0.1:{port}/secret-path?token=hunter2", SimulatedClock(), 1.0)
    with pytest.raises(ChannelDownError, match=f"127.0.0.1:{port} cannot be reached") as told:
        poster.post(b"", {})
    assert "hunter2" not in str(told.value)  # addresses of webhooks often hold a token
    poster.close()
