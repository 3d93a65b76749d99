import dataclasses
import logging
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import WallUs
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.model.camera import (
    Camera,
    Credentials,
    Health,
    HealthState,
    PendingPassword,
    Protection,
    Source,
    SourceKind,
    StreamRole,
    Transport,
    ViewPolicy,
    ViewState,
    ViewStatus,
)
from watchglass.model.record import GapCause
from watchglass.store import schema
from watchglass.store.cameras import Cameras
from watchglass.store.database import writing
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views

RTSP = Source(SourceKind.RTSP, "rtsp://192.0.2.7:554/h264?channel=1")
SUB = Source(SourceKind.RTSP, "rtsp://192.0.2.7:554/h264?channel=2")
SECRET = Credentials("operator-7f3a", "correct-horse-7f3a")


def test_privacy_hours_that_nobody_can_read_are_all_hours(cameras: Cameras, engine: sa.Engine) -> None:
    camera = cameras.add("Door", Source(SourceKind.RTSP, "rtsp://192.0.2.1/stream"))
    other = cameras.add("Yard", Source(SourceKind.RTSP, "rtsp://192.0.2.2/stream"))
    with writing(engine) as connection:
        table = schema.cameras
        connection.execute(sa.update(table).where(table.c.id == camera.id).values(privacy_hours="by night"))
    found = {one.id: one.privacy_hours for one in cameras.all()}
    assert (str(found[camera.id]), found[other.id]) == ("00:00-24:00", None)


def test_a_camera_is_kept_as_it_was_set_up(cameras: Cameras, camera: Camera) -> None:
    added = cameras.add("  Yard   2 ", RTSP, SUB, Transport.UDP, SECRET, 7.5)
    assert added == Camera(2, "Yard 2", RTSP, SUB, Transport.UDP, enabled=True, retention_days=7.5)
    plain = cameras.add("Clip", Source(SourceKind.FILE, "/media/clip.mp4"))
    assert cameras.get(2) == added
    assert cameras.all() == [camera, added, plain]
    assert cameras.credentials(2) == SECRET
    assert cameras.credentials(plain.id) is None


@pytest.mark.parametrize("wanted", ["Front door", "front DOOR", " Front door ", "1"])
def test_a_camera_is_found_by_name_or_id(wanted: str, cameras: Cameras, camera: Camera) -> None:
    assert cameras.find(wanted) == camera


def test_a_camera_that_is_not_there_is_named_with_those_that_are(cameras: Cameras, camera: Camera) -> None:
    cameras.add("Yard", RTSP)
    with pytest.raises(MissingInputError, match=r"no camera 'Roof'\. Cameras: 'Front door', 'Yard'\."):
        cameras.find("Roof")
    cameras.remove(1)
    cameras.remove(2)
    with pytest.raises(MissingInputError, match="none yet"):
        cameras.find("Roof")


CALLS: list[Callable[[Cameras], object]] = [
    lambda cameras: cameras.get(9),
    lambda cameras: cameras.rename(9, "X"),
    lambda cameras: cameras.set_enabled(9, False),
    lambda cameras: cameras.set_policy(9, ViewPolicy.COUNTS),
    lambda cameras: cameras.set_sound(9, True),
    lambda cameras: cameras.remove(9),
    lambda cameras: cameras.set_credentials(9, SECRET),
    lambda cameras: cameras.set_health(9, StreamRole.MAIN, Health(HealthState.UP, WallUs(0))),
    lambda cameras: cameras.set_view_status(9, ViewStatus(ViewState.SHOWN, WallUs(0))),
]


@pytest.mark.parametrize("call", CALLS)
def test_every_call_says_that_a_camera_is_not_there(call: Callable[[Cameras], object], cameras: Cameras) -> None:
    with pytest.raises(MissingInputError, match="no camera with the id 9"):
        call(cameras)


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\x00b", "a\x1b[31mb", "12", "\ud800"])
def test_names_that_cannot_be_told_or_typed_are_refused(name: str, cameras: Cameras, camera: Camera) -> None:
    with pytest.raises(UsageError):
        cameras.add(name, RTSP)
    with pytest.raises(UsageError):
        cameras.rename(camera.id, name)
    assert cameras.all() == [camera]


@pytest.mark.parametrize("name", ["Front door", "FRONT DOOR", "front  door"])
def test_names_that_are_taken_are_refused(name: str, cameras: Cameras, camera: Camera) -> None:
    yard = cameras.add("Yard", RTSP)
    with pytest.raises(UsageError, match="called 'Front door' already"):
        cameras.add(name, RTSP)
    with pytest.raises(UsageError, match="called 'Front door' already"):
        cameras.rename(yard.id, name)
    cameras.rename(camera.id, "front DOOR")  # its own name in another spelling
    assert cameras.get(camera.id).name == "front DOOR"


@pytest.mark.parametrize("address", ["rtsp://eva:geheim@192.0.2.7/1", "RTSPS://eva@192.0.2.7", "http://a:b@[::1]/x"])
def test_addresses_with_a_user_name_are_refused_and_not_quoted(address: str, cameras: Cameras) -> None:
    for sources in ((Source(SourceKind.RTSP, address), None), (RTSP, Source(SourceKind.RTSP, address))):
        with pytest.raises(UsageError) as raised:
            cameras.add("Yard", *sources)
        assert address not in str(raised.value)
    cameras.add("Yard", Source(SourceKind.RTSP, "rtsp://192.0.2.7/a@b"))  # an @ in the path is none


@pytest.mark.parametrize("days", [-1.0, 36_500.1, 1e300, float("nan"), float("inf")])
def test_days_that_make_no_sense_are_refused(days: float, cameras: Cameras) -> None:
    with pytest.raises(UsageError, match="days"):
        cameras.add("Yard", RTSP, retention_days=days)


def test_every_change_raises_the_revision_and_nothing_else_does(cameras: Cameras, camera: Camera) -> None:
    seen = [cameras.revision()]

    def raised() -> bool:
        seen.append(cameras.revision())
        return seen[-1] == seen[-2] + 1

    cameras.add("Yard", RTSP)
    assert raised()
    cameras.rename(2, "Garden")
    assert raised()
    cameras.set_enabled(2, False)
    assert raised()
    assert not cameras.get(2).enabled
    cameras.set_credentials(2, SECRET)
    assert raised()
    cameras.set_policy(2, ViewPolicy.VEHICLES)
    assert raised()
    cameras.set_sound(2, True)
    assert raised()
    cameras.set_health(2, StreamRole.MAIN, Health(HealthState.UP, WallUs(0)))
    cameras.set_view_status(2, ViewStatus(ViewState.SHOWN, WallUs(0)))
    with pytest.raises(UsageError):
        cameras.add("Garden", RTSP)
    assert cameras.revision() == seen[-1]
    cameras.remove(2)
    assert raised()


def test_a_camera_shows_flat_shapes_unless_its_policy_is_another(cameras: Cameras, camera: Camera) -> None:
    assert camera.policy is ViewPolicy.FLAT
    assert cameras.add("Road", RTSP, policy=ViewPolicy.VEHICLES).policy is ViewPolicy.VEHICLES
    cameras.set_policy(camera.id, ViewPolicy.COUNTS)
    assert [one.policy for one in cameras.all()] == [ViewPolicy.COUNTS, ViewPolicy.VEHICLES]
    assert cameras.get(camera.id) == dataclasses.replace(camera, policy=ViewPolicy.COUNTS)


def test_no_sound_is_kept_unless_somebody_says_so(cameras: Cameras, camera: Camera) -> None:
    assert not camera.sound
    assert cameras.add("Road", RTSP, sound=True).sound
    cameras.set_sound(camera.id, True)
    assert [one.sound for one in cameras.all()] == [True, True]
    cameras.set_sound(camera.id, False)
    assert cameras.get(camera.id) == camera


@pytest.mark.parametrize("source", [Source(SourceKind.FILE, "/x.mp4"), Source(SourceKind.USB, "/dev/video0")])
def test_only_of_network_cameras_there_is_sound(source: Source, cameras: Cameras) -> None:
    film = cameras.add("Film", source)
    cameras.set_sound(film.id, False)  # as it is
    with pytest.raises(UsageError, match="'Film' has no sound that can be kept"):
        cameras.set_sound(film.id, True)
    with pytest.raises(UsageError, match="'Other'"):
        cameras.add("Other", source, sound=True)
    assert {one.name: one.sound for one in cameras.all()} == {"Front door": False, "Film": False}


def test_health_is_the_last_that_was_said_of_each_stream(cameras: Cameras, camera: Camera) -> None:
    assert cameras.health(camera.id) == {}
    main = Health(HealthState.STARTING, WallUs(5))
    sub = Health(HealthState.DOWN, WallUs(6), "no answer")
    cameras.set_health(camera.id, StreamRole.SUB, sub)
    cameras.set_health(camera.id, StreamRole.MAIN, main)
    assert cameras.health(camera.id) == {StreamRole.MAIN: main, StreamRole.SUB: sub}
    cameras.set_health(camera.id, StreamRole.SUB, dataclasses.replace(sub, state=HealthState.UP, cause=""))
    assert cameras.health(camera.id)[StreamRole.SUB] == Health(HealthState.UP, WallUs(6), "")
    cameras.add("Yard", camera.main)
    assert cameras.healths() == {camera.id: cameras.health(camera.id)}


def test_the_view_status_is_the_last_that_was_said(cameras: Cameras, camera: Camera) -> None:
    assert cameras.view_status(camera.id) is None
    learning = ViewStatus(ViewState.LEARNING, WallUs(5), "the plate forms", 0.25, Protection.REDUCED, 640, 480)
    cameras.set_view_status(camera.id, learning)
    assert cameras.view_status(camera.id) == learning
    cameras.set_view_status(camera.id, dataclasses.replace(learning, progress=0.5))
    assert cameras.view_status(camera.id) == dataclasses.replace(learning, progress=0.5)


def test_what_was_said_before_is_not_written_again(cameras: Cameras, camera: Camera, engine: sa.Engine) -> None:
    health, status = Health(HealthState.UP, WallUs(5)), ViewStatus(ViewState.SHOWN, WallUs(5))
    cameras.set_health(camera.id, StreamRole.MAIN, health)
    cameras.set_view_status(camera.id, status)
    commits: list[object] = []
    sa.event.listen(engine, "commit", commits.append)
    cameras.set_health(camera.id, StreamRole.MAIN, health)
    cameras.set_view_status(camera.id, status)
    assert commits == []


def test_a_removed_camera_leaves_nothing_but_garbage(
    cameras: Cameras, camera: Camera, views: Views, engine: sa.Engine, folder: DataFolder
) -> None:
    cameras.set_credentials(camera.id, SECRET)
    cameras.set_health(camera.id, StreamRole.MAIN, Health(HealthState.UP, WallUs(0)))
    cameras.set_view_status(camera.id, ViewStatus(ViewState.SHOWN, WallUs(0)))
    views.open_gap(camera.id, WallUs(0), GapCause.OFF)
    views.begin_cover(camera.id, WallUs(0), "x")
    writer = views.begin(camera.id, "run", WallUs(0), INIT)
    writer.append(fake_fragment(0), WallUs(1))
    segment = writer.close()
    cameras.remove(camera.id)
    assert list(folder.secrets.iterdir()) == []
    assert views.segments(camera.id, WallUs(0), WallUs(9)) == []
    with engine.connect() as connection:
        for table in (schema.cameras, schema.health, schema.view_status, schema.gaps, schema.covers):
            assert connection.execute(sa.select(table)).all() == []
        assert [row.state for row in connection.execute(sa.select(schema.segments))] == ["garbage"]
    assert views.path(segment).exists()
    views.settle()
    assert not views.path(segment).exists()


def test_ids_are_never_used_twice(cameras: Cameras, camera: Camera) -> None:
    """What is about one camera must never come to be about another."""
    yard = cameras.add("Yard", RTSP)
    cameras.remove(yard.id)
    assert cameras.add("Yard", RTSP).id == yard.id + 1


def test_secrets_are_in_their_file_and_nowhere_else(
    cameras: Cameras, folder: DataFolder, engine: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)
    try:
        yard = cameras.add("Yard", RTSP, credentials=SECRET)
        cameras.set_credentials(yard.id, Credentials("operator-7f3a", "battery-staple-7f3a"))
    finally:
        logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    assert "INSERT INTO cameras" in caplog.text
    assert "7f3a" not in caplog.text + repr(SECRET) + repr(yard) + repr(cameras.all())
    secret = folder.secrets / f"camera-{yard.id}.json"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.secrets.stat().st_mode) == 0o700
    holders = [path for path in folder.root.rglob("*") if path.is_file() and b"7f3a" in path.read_bytes()]
    assert holders == [secret]
    cameras.set_credentials(yard.id, None)
    assert cameras.credentials(yard.id) is None
    assert not secret.exists()


def test_secrets_that_lost_their_camera_are_swept_with_the_next_change(cameras: Cameras, folder: DataFolder) -> None:
    orphan, torn = folder.secrets / "camera-99.json", folder.secrets / ".camera-1.json.0123.partial"
    orphan.write_text("{}")
    torn.write_text("{")
    yard = cameras.add("Yard", RTSP, credentials=SECRET)
    assert [path.name for path in folder.secrets.iterdir()] == [f"camera-{yard.id}.json"]


def test_a_camera_whose_secrets_cannot_be_written_is_not_added(
    cameras: Cameras, camera: Camera, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise RuntimeError("stands for any fault")

    monkeypatch.setattr(cameras._secrets, "write", refuse)
    with pytest.raises(RuntimeError):
        cameras.add("Yard", RTSP, credentials=SECRET)
    assert cameras.all() == [camera]
    assert cameras.revision() == 1


def test_two_processes_may_change_cameras_at_once(
    folder: DataFolder, open_engine: Callable[[DataFolder], sa.Engine], camera: Camera
) -> None:
    """Two engines share nothing but the file, as two processes do."""
    everybody = [Cameras(open_engine(folder), folder) for _ in range(2)]
    failures: list[BaseException] = []
    start = threading.Barrier(4)

    def change(cameras: Cameras, name: str) -> None:
        try:
            start.wait()
            for number in range(10):
                added = cameras.add(f"{name} {number}", RTSP, credentials=SECRET)
                cameras.set_health(added.id, StreamRole.MAIN, Health(HealthState.UP, WallUs(number)))
                cameras.revision()
        except BaseException as error:
            failures.append(error)
            raise

    threads = [
        threading.Thread(target=change, args=(cameras, f"{place}-{turn}"))
        for place, cameras in enumerate(everybody)
        for turn in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert everybody[0].all() == everybody[1].all()
    assert len(everybody[0].all()) == 41
    assert everybody[0].revision() == 41
    assert len(list(Path(folder.secrets).iterdir())) == 40


def test_a_password_that_is_being_set_disturbs_nobody_until_it_is_settled(cameras: Cameras, camera: Camera) -> None:
    cameras.set_credentials(camera.id, SECRET)
    before = cameras.revision()
    pending = PendingPassword("http://192.0.2.7/", Credentials(SECRET.username, "new-7f3a"))
    cameras.propose_password(camera.id, pending)
    assert cameras.revision() == before
    assert (cameras.credentials(camera.id), cameras.pending_password(camera.id)) == (SECRET, pending)
    cameras.set_credentials(camera.id, pending.credentials, ours=True)
    assert cameras.revision() == before + 1
    assert (cameras.pending_password(camera.id), cameras.password_is_ours(camera.id)) == (None, True)
    with pytest.raises(MissingInputError):
        cameras.propose_password(9, pending)
