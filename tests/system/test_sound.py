"""Real cameras that send sound: kept bit by bit where a person turned it on, sealed, and heard by nobody else."""

import contextlib
import io
import os
import signal
import subprocess
from pathlib import Path

import av
import pytest

from tests import footage
from tests.originals import numbers, slices, video_of
from tests.rtsp import RtspServer, needs_rtsp_server
from tests.running import Watchglass
from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import MICROSECONDS, SystemClock, WallUs
from watchglass.evidence.export import export_view
from watchglass.model.camera import StreamRole
from watchglass.model.media import Packet
from watchglass.model.record import Segment, SegmentState
from watchglass.record.client import subscribe
from watchglass.seal.identity import Identity
from watchglass.settings import Settings
from watchglass.store.check import check
from watchglass.store.database import open_database

pytestmark = [pytest.mark.camera, pytest.mark.slow, pytest.mark.timeout(280)]

IDENTITIES = [Identity.generate() for _ in range(2)]
RATE = 25
EVER = WallUs(1 << 60)
GATE, SILENT, MUTE, ODD, PACKED = range(1, 6)  # cameras


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rtsp") / "street.mp4"
    return footage.make(path, frames=100 * RATE, rate=RATE, gop=RATE, width=192, height=64, audio=True)


@pytest.fixture(scope="module")
def recorded(clip: Path, tmp_path_factory: pytest.TempPathFactory, assets_folder: Path | None) -> Machine:
    """What five cameras have left after half a minute in which the recorder was killed."""
    needs_rtsp_server()
    machine = open_machine(Settings(tmp_path_factory.mktemp("sound") / "data"), SystemClock())
    for name, identity in zip(("Ada", "Bo"), IDENTITIES, strict=True):
        machine.custodians.add(name, identity.recipient)
    with contextlib.ExitStack() as stack:
        servers = {
            sound: stack.enter_context(RtspServer({"/a": clip}, sound=sound)) for sound in ("aac", "", "pcma", "latm")
        }
        system = stack.enter_context(Watchglass(machine.folder.root, assets=assets_folder))
        system.set_up()
        for name, sound, on in (
            ("Gate", "aac", True),
            ("Silent", "aac", False),
            ("Mute", "", True),
            ("Odd", "pcma", True),
            ("Packed", "latm", True),
        ):
            body = {"name": name, "url": servers[sound].url("/a"), "sound": on}
            assert system.call("POST", "/api/cameras", body)["sound"] is on
        cameras = (GATE, SILENT, MUTE, ODD, PACKED)

        def kept_to() -> int:
            return min(machine.originals.latest(camera) or 0 for camera in cameras)

        system.until("originals are kept", lambda: kept_to() > 0)
        _listens_in(machine, clip)
        since = kept_to()
        system.until("eight seconds more", lambda: kept_to() > since + 8 * MICROSECONDS)
        assert {system.camera(camera)["health"]["main"]["state"] for camera in (GATE, SILENT, PACKED)} == {"up"}
        for camera, words in ((MUTE, "sends no sound"), (ODD, "(pcm_alaw)")):
            health = system.camera(camera)["health"]["main"]
            assert (health["state"], words in health["cause"]) == ("degraded", True)
        killed_at = machine.clock.wall_us()
        for pid in system.pids("recorder"):
            os.kill(pid, signal.SIGKILL)
        system.until("they record again", lambda: kept_to() > killed_at + 8 * MICROSECONDS)
        system.until("there is a view", lambda: machine.views.latest(GATE) is not None)
    return machine


def _listens_in(machine: Machine, clip: Path) -> None:
    """Rule R7, as a watcher sees it: three seconds of a camera whose sound is kept, from the recorder's own socket."""
    seen = b""
    notices = subscribe(machine.folder.run / "recorder.sock", GATE, StreamRole.MAIN)
    with contextlib.closing(notices):
        packets = (notice for notice in notices if isinstance(notice, Packet))
        for _ in range(3 * RATE):
            seen += next(packets).data
    assert not [packet for _, packet in sent(clip, "audio") if packet in seen]


def sent(source: Path | bytes, kind: str) -> list[tuple[float, bytes]]:
    """Time in seconds and data of each packet of a media track."""
    with av.open(io.BytesIO(source) if isinstance(source, bytes) else str(source), "r") as container:
        stream = container.streams.get({kind: 0})[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        return [(float((packet.pts or 0) * packet.time_base), bytes(packet)) for packet in packets]


def segments(machine: Machine, camera: int) -> list[Segment]:
    return machine.originals.segments(camera, WallUs(0), EVER)


def tracks(video: bytes) -> list[str]:
    with av.open(io.BytesIO(video), "r") as container:
        return [stream.type for stream in container.streams]


@pytest.mark.parametrize("camera", [GATE, PACKED])
def test_custodians_hear_bit_by_bit_what_the_camera_sent(camera: int, recorded: Machine, clip: Path) -> None:
    pictures, sounds = slices(clip), [data for _, data in sent(clip, "audio")]
    assert len({segment.run for segment in segments(recorded, camera)}) == 2  # before the kill, and after
    for segment in segments(recorded, camera):
        video = video_of(recorded.folder, segment, IDENTITIES)
        assert tracks(video) == ["video", "audio"]
        heard = [data for _, data in sent(video, "audio")]
        first = sounds.index(heard[0])
        assert heard == sounds[first : first + len(heard)]
        shown = numbers(video)
        assert slices(video) == pictures[shown[0] : shown[0] + len(shown)]
        assert len(heard) * 1024 / 8000 == pytest.approx(len(shown) / RATE, abs=1.0)


@pytest.mark.parametrize("camera", [GATE, PACKED])
def test_sound_and_pictures_stay_together(camera: int, recorded: Machine, clip: Path) -> None:
    times = {data: time for time, data in sent(clip, "audio")}
    for segment in segments(recorded, camera):
        video = video_of(recorded.folder, segment, IDENTITIES)
        (begun, _), *_ = sent(video, "video")
        shown = numbers(video)[0] / RATE
        heard = [(time, times[data]) for time, data in sent(video, "audio")]
        late = [time - begun - (at - shown) for time, at in heard if at >= 0]  # what was before the clip has no time
        assert len(late) >= len(heard) - 1
        assert max(late) < 1 / RATE
        assert min(late) > -1 / RATE


@pytest.mark.parametrize("camera", [SILENT, MUTE, ODD])
def test_where_none_is_wanted_or_none_can_be_kept_pictures_alone_are(
    camera: int, recorded: Machine, clip: Path
) -> None:
    pictures = slices(clip)
    for segment in segments(recorded, camera):
        video = video_of(recorded.folder, segment, IDENTITIES)
        assert tracks(video) == ["video"]
        shown = numbers(video)
        assert slices(video) == pictures[shown[0] : shown[0] + len(shown)]


def test_players_have_nothing_to_say(recorded: Machine, tmp_path: Path) -> None:
    for camera in (GATE, PACKED, MUTE):
        for segment in segments(recorded, camera):
            path = tmp_path / "original.mp4"
            path.write_bytes(video_of(recorded.folder, segment, IDENTITIES))
            command = ["ffmpeg", "-v", "warning", "-xerror", "-i", str(path), "-f", "null", "-"]
            assert subprocess.run(command, capture_output=True, check=True).stderr == b""


def test_the_store_agrees_with_itself_and_views_are_silent(recorded: Machine, tmp_path: Path) -> None:
    assert check(open_database(recorded.folder), recorded.folder, deep=True) == []
    assert {one.state for camera in (GATE, MUTE) for one in segments(recorded, camera)} == {SegmentState.CLOSED}
    views = recorded.views.segments(GATE, WallUs(0), EVER)
    assert views
    for view in views:
        assert tracks((recorded.folder.root / view.path).read_bytes()) == ["video"]
    out = tmp_path / "clip.mp4"
    export_view(recorded.folder, views, views[0].start, views[-1].end, out)
    assert tracks(out.read_bytes()) == ["video"]
