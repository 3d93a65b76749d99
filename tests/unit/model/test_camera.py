import dataclasses

import pytest

from watchglass.base.clock import WallUs
from watchglass.model.camera import (
    Camera,
    Counts,
    Credentials,
    Health,
    HealthState,
    Protection,
    Source,
    SourceKind,
    StreamRole,
    Transport,
    ViewPolicy,
    ViewState,
    ViewStatus,
)

MAIN = Source(SourceKind.RTSP, "rtsp://10.0.0.5/main")
SUB = Source(SourceKind.RTSP, "rtsp://10.0.0.5/sub")


def test_the_substream_is_watched_where_there_is_one() -> None:
    assert Camera(1, "Yard", MAIN, SUB).watched() == (StreamRole.SUB, SUB)
    assert Camera(1, "Yard", MAIN).watched() == (StreamRole.MAIN, MAIN)


def test_streams_begin_with_main() -> None:
    assert Camera(1, "Yard", MAIN, SUB).streams() == ((StreamRole.MAIN, MAIN), (StreamRole.SUB, SUB))
    assert Camera(1, "Yard", MAIN).streams() == ((StreamRole.MAIN, MAIN),)


def test_a_camera_is_enabled_and_reached_by_tcp_unless_said_otherwise() -> None:
    camera = Camera(1, "Yard", MAIN)
    assert (camera.enabled, camera.transport, camera.retention_days) == (True, Transport.TCP, None)
    assert camera.policy is ViewPolicy.FLAT


def test_what_nobody_looked_for_was_not_counted_as_none() -> None:
    assert dataclasses.astuple(Counts(2)) == (2, None, None, None)


def test_credentials_show_in_no_repr() -> None:
    credentials = Credentials("operator", "hunter2-hunter2")
    assert "operator" not in repr(credentials)
    assert "hunter2" not in repr(credentials)
    assert "hunter2" not in f"{credentials} {[credentials]}"


@pytest.mark.parametrize(
    "value",
    [
        MAIN,
        Credentials("a", "b"),
        Camera(1, "Yard", MAIN),
        Health(HealthState.UP, WallUs(0)),
        ViewStatus(ViewState.SHOWN, WallUs(0)),
        Counts(1),
    ],
)
def test_values_are_frozen(value: object) -> None:
    field = dataclasses.fields(value)[0].name  # type: ignore[arg-type]  # each is a dataclass, as the list shows
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, field, None)


def test_words_are_those_of_the_api() -> None:
    """They stand in the catalogue and in messages: another word is a migration."""
    assert [str(one) for one in StreamRole] == ["main", "sub"]
    assert [str(one) for one in Transport] == ["tcp", "udp"]
    assert [str(one) for one in SourceKind] == ["rtsp", "file", "usb"]
    assert [str(one) for one in HealthState] == ["starting", "up", "degraded", "down", "off"]
    assert [str(one) for one in ViewState] == ["waiting", "learning", "shown", "covered", "paused"]
    assert [str(one) for one in Protection] == ["full", "reduced"]
    assert [str(one) for one in ViewPolicy] == ["people-and-things", "vehicles", "counts-only"]
