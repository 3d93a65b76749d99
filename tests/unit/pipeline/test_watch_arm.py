import dataclasses
import datetime as dt
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import sqlalchemy as sa

from tests.unit.pipeline.support import ScriptedDetector, is_flat, likeness
from tests.unit.pipeline.watching import FILM, PATIENCE, RATE, Console, NotingCameras, Watching, film, times
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.errors import CannotWriteError, DiskFullError
from watchglass.base.timekeeping import local_time
from watchglass.model.camera import (
    PRIVACY_HOURS,
    SWITCHED_OFF,
    Camera,
    Health,
    HealthState,
    Protection,
    Source,
    SourceKind,
    StreamRole,
    ViewState,
    ViewStatus,
)
from watchglass.model.hours import DAYS, PrivacyHours
from watchglass.model.media import TICKS_PER_SECOND, Packet, StreamInfo, Ticks
from watchglass.model.record import Gap, GapCause
from watchglass.pipeline import watch
from watchglass.pipeline.keep import ViewKeeper
from watchglass.pipeline.watch import WatchArm
from watchglass.redact.guard import CoverReason
from watchglass.store.database import open_database
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views

LEARNT = 80  # frames after which the street behind the figures is known for sure
KNOWN = 30  # frames after which it is shown if it was known before
EVER = WallUs(1 << 60)
SECOND = Source(SourceKind.RTSP, "rtsp://192.0.2.2/stream")


@pytest.fixture
def noting(engine: sa.Engine, folder: DataFolder) -> NotingCameras:
    return NotingCameras(engine, folder)


@pytest.fixture
def new(folder: DataFolder, noting: NotingCameras, views: Views) -> Iterator[Watching]:
    """A camera that nobody has watched yet, and everything but its watcher, which the test starts."""
    made = Watching(folder, noting, views, ScriptedDetector())
    made.recorder.begin()
    yield made
    made.close()


@pytest.fixture(scope="session")
def plate(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The street behind the figures, as a watcher has kept it: learning it anew for each test takes long."""
    root = tmp_path_factory.mktemp("plate") / "data"
    shutil.copytree(prepared, root)
    folder = DataFolder.open(root)
    engine = open_database(folder)
    made = Watching(folder, NotingCameras(engine, folder), Views(engine, folder, SimulatedClock()), ScriptedDetector())
    made.recorder.begin()
    learn(made, made.start())
    made.close()
    engine.dispose()
    return _plate(folder).read_bytes()


@pytest.fixture
def watching(new: Watching, plate: bytes) -> Watching:
    """A camera whose street is known already."""
    _plate(new.folder).write_bytes(plate)
    return new


def _plate(folder: DataFolder) -> Path:
    return folder.plates / "camera-1.npz"


def learn(watching: Watching, console: Console, frames: int | None = None) -> int:
    """Feed until the view is shown, and a bit more that is seen; the number of the next frame."""
    fed = watching.recorder.feed(frames or (KNOWN if _plate(watching.folder).exists() else LEARNT))
    watching.cameras.until_state(ViewState.SHOWN)
    console.until_seen(watching.recorder.wall(fed[-1] - RATE))
    return watching.recorder.place


def gaps(watching: Watching) -> list[Gap]:
    return watching.views.gaps(1, WallUs(0), EVER)


def recognisable(watching: Watching, console: Console) -> list[int]:
    """Numbers of frames on the screen in which a figure can be recognised."""
    frames = console.frames(watching.recorder)
    assert frames
    return [place for place, picture in frames.items() if likeness(picture, place % FILM) > 0.3]


class TestView:
    def test_is_learnt_then_shown(self, new: Watching) -> None:
        console = new.start()
        fed = new.recorder.feed(120)
        new.cameras.until_state(ViewState.SHOWN)
        console.until_seen(new.recorder.wall(fed[-1] - RATE))
        frames = console.frames(new.recorder)
        assert sorted(frames) == list(range(max(frames) + 1))  # none lost, none doubled
        covered = [place for place in sorted(frames) if is_flat(frames[place])]
        assert 30 <= len(covered) < LEARNT
        assert covered == list(range(len(covered)))
        states = [status.state for _, status in new.cameras.said]
        assert states[0] is ViewState.LEARNING
        assert states[-1] is ViewState.SHOWN
        learning = [status.progress for _, status in new.cameras.said if status.state is ViewState.LEARNING]
        assert learning == sorted(learning)
        last = new.cameras.said[-1][1]
        assert (last.width, last.height, last.progress, last.protection) == (192, 144, 1.0, Protection.FULL)

    def test_shows_nobody(self, watching: Watching) -> None:
        console = watching.start()
        fed = watching.recorder.feed(120)
        console.until_seen(watching.recorder.wall(fed[-1] - RATE))
        assert recognisable(watching, console) == []

    def test_whom_the_camera_shows(self) -> None:
        """So that the tests here can fail."""
        decoder = av.CodecContext.create("h264", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        decoder.extradata = film()[0].extradata
        packets = [av.Packet(data) for data in film()[1]]
        raw = [frame.to_ndarray(format="rgb24") for packet in packets for frame in decoder.decode(packet)]
        assert len(raw) == FILM
        assert all(likeness(picture.astype(np.uint8), number) > 0.5 for number, picture in enumerate(raw))
        assert not any(is_flat(picture.astype(np.uint8)) for picture in raw)

    def test_comes_with_a_picture_to_aim_by(self, new: Watching) -> None:
        console = new.start()
        learn(new, console)
        pictures = [payload for head, payload in console.messages if head["type"] == "aim"]
        assert len(pictures) == 1  # once half of the scene is known; the view, shown from then on, says more
        assert all(picture.startswith(b"\x89PNG") for picture in pictures)

    def test_is_kept(self, new: Watching) -> None:
        console = new.start()
        learn(new, console)
        new.stop()
        console.until(lambda: console.ended)
        (segment,) = new.views.segments(1, WallUs(0), EVER)
        end = max(console.frames(new.recorder)) + 1
        assert LEARNT - RATE <= end <= LEARNT
        assert (segment.start, segment.end) == (new.recorder.wall(0), new.recorder.wall(end))
        (cover,) = new.views.covers(1, WallUs(0), EVER)[-1:]
        assert cover.end is not None
        assert new.recorder.place_of(cover.end) < LEARNT

    def test_a_fast_camera_is_shown_at_a_pace_that_we_can_keep(self, watching: Watching) -> None:
        """30 frames a second come, and at most half of them are looked at."""
        console = watching.start()
        assert watching.recorder.rings[1].attended.wait(PATIENCE)
        start = watching.recorder.wall(0)
        for place, data in enumerate(film()[1]):
            wall = WallUs(start + place * MICROSECONDS // 30)
            watching.recorder.rings[1].put(Packet(data, Ticks(place * TICKS_PER_SECOND // 30), wall, place % 10 == 0))
        console.until_seen(WallUs(start + 3_500_000))
        (run,) = console.runs()
        seconds = len(times(run.data)) / 15.5
        assert 3 <= seconds <= times(run.data)[-1] + 0.1

    def test_what_is_late_goes_by(self, watching: Watching) -> None:
        """Ten seconds come at once and half a minute late: hardly any of it is looked at, and then the view goes on."""
        console = watching.start()
        learn(watching, console)

        def count() -> int:
            return sum(len(times(run.data)) for run in console.runs())

        before, began = count(), watching.clock.monotonic()
        watching.recorder.rewind(30)
        watching.recorder.feed(100)
        watching.recorder.rewind(-30)
        fed = watching.recorder.feed(30)
        console.until_seen(watching.recorder.wall(fed[-1] - RATE))
        late = (watching.clock.monotonic() - began) / 0.5 + 1
        # What still waited for its time comes too; at two frames for each second of footage it would be twenty more.
        assert count() - before <= 30 + RATE + late

    def test_a_camera_of_another_size_is_learnt_anew(self, watching: Watching) -> None:
        console = watching.start()
        learn(watching, console)
        info, data = film(240, 160, 60)
        watching.recorder.begin(info=info, run="other")
        watching.recorder.skip(-watching.recorder.place % 60)
        fed = watching.recorder.feed(60, data=data)
        console.until_seen(watching.recorder.wall(fed[-1] - RATE))
        assert [(run.width, run.height) for run in console.runs()] == [(192, 144), (240, 160)]
        later = console.frames(watching.recorder)
        assert all(is_flat(later[place]) for place in fed if place in later and place < fed[0] + 30)

    def test_a_size_that_changes_within_a_run_loses_no_frame(self, watching: Watching) -> None:
        """Those of the old size that still wait for their look-ahead are shown before the first of the new."""
        console = watching.start()
        first = watching.recorder.feed(20)
        fed = watching.recorder.feed(40, data=film(240, 160, 20)[1])
        console.until_seen(watching.recorder.wall(fed[-1] - RATE))
        frames = console.frames(watching.recorder)
        assert [frames[place].shape[1] for place in (*first, fed[0])] == [192] * 20 + [240]


class TestOutages:
    def test_the_recorder_goes_away_and_comes_back(self, watching: Watching) -> None:
        console = watching.start()
        place = learn(watching, console)
        since = len(watching.cameras.said)
        watching.recorder.stop()
        status = watching.cameras.until_state(ViewState.PAUSED, since=since)
        assert status.reason == watch.RECORDER_AWAY
        since = len(watching.cameras.said)
        watching.recorder.skip(100)
        watching.recorder.begin(run="second", fresh=True)
        watching.recorder.start()
        fed = watching.recorder.feed(30)
        watching.cameras.until_state(ViewState.SHOWN, since=since)
        watching.stop()
        (gap,) = gaps(watching)
        spans = watching.recorder.wall(place), watching.recorder.wall(fed[0]), GapCause.NETWORK
        assert (gap.start, gap.end, gap.cause) == spans
        assert recognisable(watching, console) == []

    def test_the_camera_goes_down_and_comes_back(self, watching: Watching) -> None:
        console = watching.start()
        place = learn(watching, console)
        since = len(watching.cameras.said)
        down = Health(HealthState.DOWN, watching.recorder.wall(place), "It does not answer: check its power.")
        watching.recorder.rings[1].put_health(down)
        status = watching.cameras.until_state(ViewState.PAUSED, since=since)
        assert (status.reason, status.since) == (down.cause, down.since)
        (gap,) = gaps(watching)
        assert (gap.end, gap.cause, gap.detail) == (None, GapCause.CAMERA, down.cause)
        since = len(watching.cameras.said)
        watching.recorder.skip(100)
        watching.recorder.begin(run="second")
        watching.recorder.rings[1].put_health(Health(HealthState.UP, watching.recorder.wall(watching.recorder.place)))
        fed = watching.recorder.feed(30)
        watching.cameras.until_state(ViewState.SHOWN, since=since)
        watching.stop()
        (gap,) = gaps(watching)
        assert (gap.start, gap.end) == (watching.recorder.wall(place), watching.recorder.wall(fed[0]))
        assert gap.cause is GapCause.CAMERA
        assert recognisable(watching, console) == []

    def test_a_jump_in_the_stream_is_covered(self, watching: Watching) -> None:
        """Where packets are missing there may be another scene."""
        console = watching.start()
        learn(watching, console)
        watching.recorder.skip(FILM - watching.recorder.place)  # the film begins again, with a jump
        fed = watching.recorder.feed(30)
        console.until_seen(watching.recorder.wall(fed[-1] - RATE))
        frames = console.frames(watching.recorder)
        assert is_flat(frames[fed[0]])
        assert not is_flat(frames[fed[15]])
        assert recognisable(watching, console) == []

    def test_a_jump_is_seen_however_soon_it_comes(self, watching: Watching) -> None:
        """A frame that would be left out, since the one before it is so near, is looked at if it is another scene."""
        console = watching.start()
        learn(watching, console)
        recorder = watching.recorder
        wall = WallUs(recorder.wall(recorder.place - 1) + 10_000)
        ticks = Ticks((wall - recorder.wall(0)) * TICKS_PER_SECOND // MICROSECONDS)
        recorder.rings[1].put(Packet(film()[1][0], ticks, wall, True, jump=True))
        fed = recorder.feed(30)
        console.until_seen(recorder.wall(fed[-1] - RATE))
        spans = watching.views.covers(1, recorder.wall(recorder.place - 40), EVER)
        assert [(span.start, span.reason) for span in spans] == [(wall, CoverReason.JUMP.value)]

    def test_a_codec_that_cannot_be_decoded(self, watching: Watching) -> None:
        watching.recorder.begin(info=StreamInfo("no-such-codec", b"", 320, 240, 10.0))
        watching.start()
        watching.recorder.feed(10)
        status = watching.cameras.until_state(ViewState.PAUSED)
        assert status.reason == "Camera Gate: This program cannot decode 'no-such-codec'."
        (gap,) = gaps(watching)
        assert (gap.end, gap.cause, gap.detail) == (None, GapCause.CAMERA, status.reason)

    def test_and_then_one_that_can(self, watching: Watching) -> None:
        watching.recorder.begin(info=StreamInfo("no-such-codec", b"", 320, 240, 10.0))
        console = watching.start()
        watching.recorder.feed(10)
        watching.cameras.until_state(ViewState.PAUSED)
        watching.recorder.begin(run="second")
        learn(watching, console)
        (gap,) = gaps(watching)
        assert gap.end == watching.recorder.wall(10)

    def test_damaged_packets_are_covered(self, watching: Watching) -> None:
        console = watching.start()
        place = learn(watching, console)
        broken = place + 13
        fed = watching.recorder.feed(50, spoil=lambda at, data: _spoilt(data) if at == broken else data)
        console.until_seen(watching.recorder.wall(fed[-1] - RATE))
        frames = console.frames(watching.recorder)
        assert not is_flat(frames[broken - 1])
        assert all(is_flat(frames[at]) for at in range(broken + 1, place + 20))
        assert not is_flat(frames[place + 30])
        reasons = {status.reason for _, status in watching.cameras.said if status.state is ViewState.COVERED}
        assert CoverReason.DECODE.value in reasons


def _spoilt(data: bytes) -> bytes:
    return bytes(byte ^ 0xFF if place > len(data) // 4 and place % 10 == 0 else byte for place, byte in enumerate(data))


class TestDetectorThatFails:
    """No answer is never taken for an answer (R5)."""

    def test_from_the_start(self, new: Watching) -> None:
        new.detector.failing = True
        console = new.start()
        fed = new.recorder.feed(FILM)
        console.until_seen(new.recorder.wall(fed[-1] - RATE))
        frames = console.frames(new.recorder)
        assert len(frames) > 100
        assert all(is_flat(picture) for picture in frames.values())
        assert ViewState.SHOWN not in {status.state for _, status in new.cameras.said}

    def test_for_a_while(self, watching: Watching) -> None:
        console = watching.start()
        failing = learn(watching, console)
        watching.detector.failing = True
        fed = watching.recorder.feed(40)
        console.until_seen(watching.recorder.wall(fed[-1] - RATE))
        status = watching.cameras.until(lambda one: one.reason == CoverReason.DETECTOR.value)
        assert status.state is ViewState.COVERED
        since = len(watching.cameras.said)
        watching.detector.failing = False
        back = watching.recorder.feed(30)
        watching.cameras.until_state(ViewState.SHOWN, since=since)
        console.until_seen(watching.recorder.wall(back[-1] - RATE))
        frames = console.frames(watching.recorder)
        # 0.8 s after the last answer at the latest, until 0.8 s before the next.
        assert all(is_flat(frames[place]) for place in range(failing + 9, back[0] - 8))
        assert not is_flat(frames[back[-1] - 10])
        assert recognisable(watching, console) == []
        assert len(console.runs()) == 1  # the view went on

    def test_that_hangs_shows_nothing_and_then_nobody(self, watching: Watching) -> None:
        console = watching.start()
        hung = learn(watching, console)
        watching.detector.hang()
        fed = watching.recorder.feed(40)
        assert watching.detector.stuck.wait(PATIENCE)
        assert max(console.frames(watching.recorder)) < hung + 4  # nothing after the frame that is looked at
        watching.detector.release()
        console.until_seen(watching.recorder.wall(fed[-1] - RATE))
        assert recognisable(watching, console) == []

    def test_that_hangs_does_not_hold_up_the_end(self, watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(watch, "PATIENCE", 0.05)
        console = watching.start()
        learn(watching, console)
        watching.detector.hang()
        watching.recorder.feed(40)
        assert watching.detector.stuck.wait(PATIENCE)
        watching.stop()
        console.until(lambda: console.ended)

    def test_that_hangs_is_not_joined_by_another(self, watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two that write one camera's view would tear it: the second waits until the first has ended."""
        monkeypatch.setattr(watch, "PATIENCE", 0.05)
        joined, join = threading.Semaphore(0), WatchArm.join

        def counted(arm: WatchArm, seconds: float) -> bool:
            ended = join(arm, seconds)
            joined.release()
            return ended

        monkeypatch.setattr(WatchArm, "join", counted)
        console = watching.start()
        learn(watching, console)
        watching.detector.hang()
        watching.recorder.feed(20)
        assert watching.detector.stuck.wait(PATIENCE)
        watching.cameras.set_enabled(1, False)
        assert joined.acquire(timeout=PATIENCE)
        watching.cameras.set_enabled(1, True)
        assert joined.acquire(timeout=PATIENCE)
        assert joined.acquire(timeout=PATIENCE)
        assert [thread.name for thread in threading.enumerate()].count("watch-1") == 1
        since = len(watching.cameras.said)
        watching.recorder.begin(run="second", fresh=True)
        watching.detector.release()
        watching.recorder.feed(30)
        watching.cameras.until_state(ViewState.SHOWN, since=since)


class TestFaultsOfOurs:
    def test_are_told_and_the_camera_is_taken_up_again(
        self, watching: Watching, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = threading.Event()
        show = ViewKeeper.show

        def fails_once(self: ViewKeeper, *arguments: Any) -> None:
            if not broken.is_set():
                broken.set()
                watching.recorder.rings[1].attended.clear()
                raise ZeroDivisionError("a fault of ours")
            show(self, *arguments)

        monkeypatch.setattr(ViewKeeper, "show", fails_once)
        console = watching.start()
        watching.recorder.feed(20)
        assert watching.cameras.until_state(ViewState.PAUSED).reason == watch.BROKEN
        learn(watching, console)

    def test_a_catalogue_that_cannot_be_read_at_first(
        self, watching: Watching, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        latest, tries = Views.latest, []

        def locked(self: Views, camera: int) -> WallUs | None:
            tries.append(camera)
            if len(tries) < 3:
                raise CannotWriteError("The catalogue is locked by another program.")
            return latest(self, camera)

        monkeypatch.setattr(Views, "latest", locked)
        console = watching.start()
        learn(watching, console)
        assert watching.cameras.said[0][1].reason == "The catalogue is locked by another program."

    def test_the_list_of_cameras_cannot_be_read_for_a_while(
        self, watching: Watching, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        revision, tries = NotingCameras.revision, []

        def locked(self: NotingCameras) -> int:
            tries.append(1)
            if len(tries) in {1, 3, 4}:
                raise CannotWriteError("The catalogue is locked by another program.")
            return revision(self)

        monkeypatch.setattr(NotingCameras, "revision", locked)
        learn(watching, watching.start())
        assert len(tries) > 4

    def test_the_state_of_the_view_cannot_be_noted(self, watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_self: NotingCameras, _id: int, _status: ViewStatus) -> None:
            raise DiskFullError("No space is left for the catalogue.")

        monkeypatch.setattr(NotingCameras, "set_view_status", full)
        console = watching.start()
        fed = watching.recorder.feed(LEARNT)
        console.until_seen(watching.recorder.wall(fed[-1] - RATE))


class TestCatalogue:
    def test_a_camera_is_switched_off_and_on(self, watching: Watching) -> None:
        console = watching.start()
        place = learn(watching, console)
        since = len(watching.cameras.said)
        watching.cameras.set_enabled(1, False)
        watching.cameras.until(lambda one: one.reason == SWITCHED_OFF, since=since)
        assert console.kinds()[-1] == "gone"
        last = next(head for head, _ in reversed(console.messages) if head["type"] == "chunk")
        end = last["wall_us"] + last["duration_us"]  # what was still under way when it was switched off is in the gap
        assert watching.recorder.wall(place - RATE) <= end <= watching.recorder.wall(place)
        (gap,) = gaps(watching)
        assert (gap.start, gap.end, gap.cause) == (end, None, GapCause.OFF)
        since = len(watching.cameras.said)
        watching.recorder.skip(200)
        watching.recorder.begin(run="second", fresh=True)
        watching.cameras.set_enabled(1, True)
        fed = watching.recorder.feed(30)
        watching.cameras.until_state(ViewState.SHOWN, since=since)
        watching.stop()
        (gap,) = gaps(watching)
        assert (gap.end, gap.cause) == (watching.recorder.wall(fed[0]), GapCause.OFF)

    def test_in_its_privacy_hours_it_is_off(self, watching: Watching) -> None:
        console = watching.start()
        learn(watching, console)
        since = len(watching.cameras.said)
        watching.cameras.set_privacy_hours(1, PrivacyHours.parse("00:00-24:00"))
        watching.cameras.until(lambda one: one.reason == PRIVACY_HOURS, since=since)
        assert console.kinds()[-1] == "gone"
        (gap,) = gaps(watching)
        assert (gap.end, gap.cause, gap.detail) == (None, GapCause.OFF, PRIVACY_HOURS)

    def test_new_privacy_hours_that_are_not_now_disturb_nobody(self, watching: Watching) -> None:
        console = watching.start()
        learn(watching, console)
        arm = watching.watcher._arms[1]
        yesterday = DAYS[(local_time(watching.clock, dt.UTC).weekday() - 1) % 7]
        watching.cameras.set_privacy_hours(1, PrivacyHours.parse(f"{yesterday} 10:00-11:00"))
        watching.cameras.until_looked()
        assert watching.watcher._arms[1] is arm

    def test_one_that_is_off_from_the_start_is_said_to_be(self, watching: Watching) -> None:
        watching.cameras.set_enabled(1, False)
        watching.start()
        assert watching.cameras.until_state(ViewState.PAUSED).reason == SWITCHED_OFF
        assert [(gap.end, gap.cause) for gap in gaps(watching)] == [(None, GapCause.OFF)]

    def test_one_that_was_down_before_it_was_switched_off(self, watching: Watching) -> None:
        watching.recorder.rewind(60)
        watching.options = dataclasses.replace(watching.options, late=3600)
        console = watching.start()
        fed = watching.recorder.feed(20)
        console.until_seen(watching.recorder.wall(fed[0]))
        watching.recorder.rings[1].put_health(Health(HealthState.DOWN, watching.recorder.wall(0), "No power."))
        watching.cameras.until(lambda one: one.reason == "No power.")
        watching.cameras.set_enabled(1, False)
        watching.cameras.until(lambda one: one.reason == SWITCHED_OFF)
        down, off = gaps(watching)
        assert (down.cause, off.cause, off.end) == (GapCause.CAMERA, GapCause.OFF, None)
        assert down.end == off.start
        assert off.start - down.start > 50 * MICROSECONDS

    def test_a_camera_is_removed(self, watching: Watching) -> None:
        console = watching.start()
        learn(watching, console)
        watching.cameras.remove(1)
        console.until(lambda: console.kinds()[-1] == "gone")

    def test_a_new_name_is_no_reason_to_begin_anew(self, watching: Watching) -> None:
        console = watching.start()
        learn(watching, console)
        watching.cameras.rename(1, "Front gate")
        other = watching.cameras.add("Yard", SECOND).id
        watching.recorder.begin(other)
        watching.recorder.feed(20, camera=other)
        watching.cameras.until_state(ViewState.LEARNING, camera=other)  # so the change was seen
        assert "gone" not in console.kinds()
        assert len(console.runs()) == 1

    def test_a_new_address_is_one(self, watching: Watching, engine: sa.Engine) -> None:
        console = watching.start()
        learn(watching, console)
        camera = watching.cameras.get(1)
        assert watch._differs(camera, dataclasses.replace(camera, sub=SECOND))
        assert not watch._differs(camera, dataclasses.replace(camera, name="Front gate"))

    def test_each_watcher_has_its_share(self, watching: Watching) -> None:
        even = watching.cameras.add("Yard", SECOND)
        assert even.id == 2
        watching.recorder.begin(2)
        consoles = [watching.start(index, count=2) for index in range(2)]
        for camera in (1, 2):
            place = watching.recorder.place
            watching.recorder.feed(40, camera=camera)
            consoles[camera % 2].until_seen(watching.recorder.wall(place + 10), camera)
        assert {head["camera"] for head, _ in consoles[0].messages} == {2}
        assert {head["camera"] for head, _ in consoles[1].messages} == {1}

    def test_the_substream_is_watched_where_there_is_one(self) -> None:
        camera = Camera(1, "Gate", SECOND, sub=Source(SourceKind.RTSP, "rtsp://192.0.2.2/sub"))
        assert camera.watched()[0] is StreamRole.SUB


class TestPlate:
    def test_is_kept_at_the_end_and_taken_up_at_the_start(self, new: Watching) -> None:
        learn(new, new.start())
        new.stop()
        path = _plate(new.folder)
        assert path.stat().st_mode & 0o777 == 0o600
        since = len(new.cameras.said)
        new.recorder.begin(run="second", fresh=True)
        console = new.start()
        fed = new.recorder.feed(30)
        console.until_seen(new.recorder.wall(fed[-1] - RATE))
        states = {status.state for _, status in new.cameras.said[since:]}
        assert ViewState.LEARNING not in states
        assert ViewState.SHOWN in states
        assert recognisable(new, console) == []

    def test_one_that_is_not_ready_is_not_kept(self, new: Watching) -> None:
        console = new.start()
        fed = new.recorder.feed(20)
        console.until_seen(new.recorder.wall(fed[-1] - RATE))
        new.stop()
        assert list(new.folder.plates.iterdir()) == []

    def test_one_that_is_damaged_is_learnt_anew(self, new: Watching) -> None:
        _plate(new.folder).write_bytes(b"no plate")
        learn(new, new.start(), LEARNT)
        assert new.cameras.said[0][1].state is ViewState.LEARNING
