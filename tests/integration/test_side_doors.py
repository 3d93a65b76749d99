"""Rules R6 and R7: nothing but the view comes out. Every route, every file, every message is looked through for somebody
who can be found again, and what is not listed here fails until somebody says what it carries.
"""

import enum
import io
import json
import os
import re
import signal
import struct
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from websockets.sync.client import connect
from websockets.typing import Origin

from tests import watermark
from tests.conftest import ROOT
from tests.running import PASSWORD, Watchglass
from watchglass.app.machine import open_machine
from watchglass.base import wire
from watchglass.base.clock import SystemClock, WallUs
from watchglass.console.app import ROUTERS
from watchglass.model.event import Event, RuleKind
from watchglass.model.frame import RawFrame
from watchglass.model.link import new_link
from watchglass.model.media import Ticks
from watchglass.redact.avframe import video_frame
from watchglass.redact.shown import ShownFrame, png
from watchglass.seal.identity import Identity
from watchglass.settings import Settings
from watchglass.store.censuses import Censuses
from watchglass.store.folder import DataFolder

pytestmark = pytest.mark.timeout(240)


class Carries(enum.Enum):
    """What comes out of a route."""

    NO_PIXELS = enum.auto()
    VIEW = enum.auto()  # video or pictures that were made from shown frames
    PROGRAM = enum.auto()  # the front end, as it was built


NOBODY = "http://127.0.0.1:9/"  # where nobody listens

ROUTES = {
    ("GET", "/healthz"): Carries.NO_PIXELS,
    ("GET", "/api/openapi.json"): Carries.NO_PIXELS,
    ("GET", "/api/state"): Carries.NO_PIXELS,
    ("POST", "/api/setup"): Carries.NO_PIXELS,
    ("POST", "/api/session"): Carries.NO_PIXELS,
    ("DELETE", "/api/session"): Carries.NO_PIXELS,
    ("GET", "/api/cameras"): Carries.NO_PIXELS,
    ("POST", "/api/cameras"): Carries.NO_PIXELS,
    ("POST", "/api/cameras/probe"): Carries.NO_PIXELS,
    ("GET", "/api/cameras/{camera_id}"): Carries.NO_PIXELS,
    ("PATCH", "/api/cameras/{camera_id}"): Carries.NO_PIXELS,
    ("DELETE", "/api/cameras/{camera_id}"): Carries.NO_PIXELS,
    ("DELETE", "/api/cameras/{camera_id}/kept"): Carries.NO_PIXELS,
    ("GET", "/api/cameras/{camera_id}/aim.png"): Carries.VIEW,
    ("WS", "/api/cameras/{camera_id}/live"): Carries.VIEW,
    ("GET", "/api/cameras/{camera_id}/timeline"): Carries.NO_PIXELS,
    ("GET", "/api/cameras/{camera_id}/playlist.m3u8"): Carries.NO_PIXELS,
    ("GET", "/api/segments/{segment_id}.mp4"): Carries.VIEW,
    ("HEAD", "/api/segments/{segment_id}.mp4"): Carries.NO_PIXELS,
    ("GET", "/api/cameras/{camera_id}/export"): Carries.VIEW,
    ("POST", "/api/cameras/discover"): Carries.NO_PIXELS,
    ("POST", "/api/cameras/survey"): Carries.NO_PIXELS,
    ("GET", "/api/cameras/{camera_id}/coverage"): Carries.NO_PIXELS,
    ("GET", "/api/coverage"): Carries.NO_PIXELS,
    ("GET", "/api/custodians"): Carries.NO_PIXELS,
    ("GET", "/api/holds"): Carries.NO_PIXELS,
    ("POST", "/api/holds"): Carries.NO_PIXELS,
    ("PATCH", "/api/holds/{hold_id}"): Carries.NO_PIXELS,
    ("POST", "/api/holds/{hold_id}/release"): Carries.NO_PIXELS,
    ("GET", "/api/alerts"): Carries.NO_PIXELS,
    ("GET", "/api/alerts/{alert_id}"): Carries.NO_PIXELS,
    ("POST", "/api/alerts/{alert_id}/take"): Carries.NO_PIXELS,
    ("POST", "/api/events/{event_id}/verdict"): Carries.NO_PIXELS,
    ("GET", "/api/rules/{rule_id}/samples"): Carries.NO_PIXELS,
    ("GET", "/api/rules/{rule_id}/precision"): Carries.NO_PIXELS,
    ("GET", "/api/rules/{rule_id}/alerting"): Carries.NO_PIXELS,
    ("PUT", "/api/rules/{rule_id}/alerting"): Carries.NO_PIXELS,
    ("GET", "/api/channels"): Carries.NO_PIXELS,
    ("GET", "/api/channels/push-key"): Carries.NO_PIXELS,
    ("POST", "/api/channels"): Carries.NO_PIXELS,
    ("PATCH", "/api/channels/{channel_id}"): Carries.NO_PIXELS,
    ("DELETE", "/api/channels/{channel_id}"): Carries.NO_PIXELS,
    ("POST", "/api/channels/{channel_id}/test"): Carries.NO_PIXELS,
    ("POST", "/api/links/open"): Carries.NO_PIXELS,
    ("POST", "/api/links/judge"): Carries.NO_PIXELS,
    ("POST", "/api/links/view"): Carries.NO_PIXELS,
    ("POST", "/api/links/still"): Carries.VIEW,
    ("POST", "/api/links/clip"): Carries.VIEW,
    ("GET", "/api/cameras/{camera_id}/rules"): Carries.NO_PIXELS,
    ("POST", "/api/cameras/{camera_id}/rules"): Carries.NO_PIXELS,
    ("PATCH", "/api/rules/{rule_id}"): Carries.NO_PIXELS,
    ("DELETE", "/api/rules/{rule_id}"): Carries.NO_PIXELS,
    ("GET", "/api/events"): Carries.NO_PIXELS,
    ("GET", "/api/counts"): Carries.NO_PIXELS,
    ("GET", "/api/counts.csv"): Carries.NO_PIXELS,
    ("GET", "/api/censuses"): Carries.NO_PIXELS,
    ("GET", "/api/censuses/{name}"): Carries.NO_PIXELS,
    ("GET", "/api/health"): Carries.NO_PIXELS,
    ("GET", "/metrics"): Carries.NO_PIXELS,
    ("GET", "/{path:path}"): Carries.PROGRAM,
    ("HEAD", "/{path:path}"): Carries.PROGRAM,
}

FILES = {
    r"folder\.json": Carries.NO_PIXELS,
    r"disks\.json": Carries.NO_PIXELS,  # where further disks were last seen
    r"reserve": Carries.NO_PIXELS,
    r"(catalogue|originals)\.db(-wal|-shm)?": Carries.NO_PIXELS,
    r"views/\d+/\d{8}/\d{6}-[0-9a-f]+\.mp4": Carries.VIEW,
    r"originals/\d+/\d{8}/\d{6}-[0-9a-f]+\.sealed": Carries.NO_PIXELS,  # nothing that anybody could find without keys
    r"shares/\d+/\d{8}/\d{6}-[0-9a-f]+\.shares": Carries.NO_PIXELS,
    r"plates/camera-\d+[^/]*\.npz": Carries.VIEW,  # the empty street, learnt where nobody is
    r"secrets/[\w.-]+": Carries.NO_PIXELS,
    r"run/(owner|notifier)\.lock": Carries.NO_PIXELS,
    r"censuses/[a-z0-9-]+\.json": Carries.NO_PIXELS,
    r"run/supervisor\.json": Carries.NO_PIXELS,
    r"run/(vitals-[\w-]+|streams)\.(json|partial)": Carries.NO_PIXELS,
}

SOCKETS = {
    "recorder.sock": "the camera's packets, for watchers alone",
    "watcher-0.sock": "shown frames, encoded",
    "notifier.sock": "a bell: that it rings is all it says",
    "detector.sock": "small pictures of frames, from watchers to the detector alone",
}

MESSAGES = {
    "format": Carries.VIEW,
    "chunk": Carries.VIEW,
    "aim": Carries.VIEW,
    "counts": Carries.NO_PIXELS,
    "gone": Carries.NO_PIXELS,
}


def routes() -> set[tuple[str, str]]:
    """Method and path of everything that the console answers to."""
    found = {("GET", "/api/openapi.json")}
    for route in (route for router in ROUTERS for route in router.routes):
        if isinstance(route, APIWebSocketRoute):
            found.add(("WS", route.path))
        else:
            assert isinstance(route, APIRoute), f"what is {route}?"
            found |= {(method, route.path) for method in route.methods or ()}
    return found


def test_every_route_is_known() -> None:
    """A new one must be entered above, with what it carries, and be asked for below."""
    assert routes() == ROUTES.keys()


def test_only_shown_frames_become_pictures() -> None:
    """By type, and by a check where bytes are made."""
    plane = np.zeros((32, 32), np.uint8)
    raw = RawFrame(plane, plane[::2, ::2], plane[::2, ::2], Ticks(0), WallUs(0))
    with pytest.raises(TypeError):
        video_frame(raw)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        png(raw)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ShownFrame(object(), raw.y, raw.u, raw.v, pts=raw.pts, wall=raw.wall, covered=None)


class TestTheSearch:
    """It finds what it is to find, so that the tests below can fail."""

    def test_in_a_film(self, tmp_path: Path) -> None:
        found = [watermark.is_in_picture(one) for one in watermark.pictures_in(film_bytes(tmp_path))]
        assert sum(found) > len(found) / 2

    def test_in_a_very_small_picture(self) -> None:
        whole = watermark.picture(40)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(whole), "yuv444p").reformat(64, 48)
        (small,) = watermark.pictures_in(encoded(frame, "png"))
        assert watermark.is_in_picture(small)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(whole), "yuv444p").reformat(format="gray")
        (grey,) = watermark.pictures_in(encoded(frame, "png"))
        assert watermark.is_in_picture(grey)

    def test_in_bytes(self) -> None:
        dump = b"\0" * 1000 + watermark.picture(40).tobytes() + np.random.default_rng(1).bytes(10_000)
        assert watermark.is_in_bytes(dump)
        assert not watermark.is_in_bytes(np.random.default_rng(2).bytes(1 << 20))
        assert not watermark.is_in_bytes(bytes(1 << 16))

    def test_not_in_the_empty_street(self) -> None:
        assert not watermark.is_in_picture(watermark.picture(100))


def film_bytes(folder: Path) -> bytes:
    return watermark.film(folder / "film.mp4", 4).read_bytes()


def encoded(frame: av.VideoFrame, codec: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="image2pipe") as output:
        stream = output.add_stream(codec, rate=1)
        assert isinstance(stream, av.VideoStream)
        pixels = "gray" if frame.format.name == "gray" else "rgb24"
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, pixels
        output.mux(stream.encode(frame.reformat(format=pixels)))
        output.mux(stream.encode())
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------------- a running system


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything happens: the film, the data folder, and a folder of its own for temporary files."""
    return tmp_path_factory.mktemp("doors")


@pytest.fixture(scope="module")
def system(home: Path, assets_folder: Path | None) -> Iterator[Watchglass]:
    """One camera before which somebody walks who can be found again; kept are some seconds of the view, and of the original."""
    machine = open_machine(Settings(home / "data"), SystemClock())
    machine.custodians.add("Ombud", Identity.generate().recipient)
    machine.custodians.set_needed(1)
    film = watermark.film(home / "film.mp4")
    with pytest.MonkeyPatch.context() as patch:
        for name, variable in (("temporary", "TMPDIR"), ("person", "HOME"), ("here", "PWD")):
            (home / name).mkdir()
            patch.setenv(variable, str(home / name))
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.chdir(home / "here")  # where a core file would be written
        running = Watchglass(home / "data", "--watchers", "1", assets=assets_folder)
        running.__enter__()
    try:
        running.set_up()
        running.call("POST", "/api/cameras", {"name": "Gate", "url": str(film)})
        yield running
    finally:
        running.__exit__(None, None, None)


@pytest.fixture(scope="module")
def aims(system: Watchglass) -> list[bytes]:
    """Pictures to aim the camera by, from before the view was shown."""
    found: list[bytes] = []

    def shown() -> bool:
        status, body = system.fetch("GET", "/api/cameras/1/aim.png")
        if status == 200:
            found.append(body)
        return bool(system.camera(1)["view"]["state"] == "shown")

    system.until("the view is shown", shown)
    return found


@pytest.fixture(scope="module")
def kept(system: Watchglass, aims: list[bytes]) -> tuple[int, int]:
    """From when to when something of the view is kept."""
    since = system.camera(1)["view"]["since_us"]

    def enough() -> bool:
        found = system.camera(1)["kept"]
        return bool(found and found["to_us"] > since + 6_000_000)

    system.until("six seconds are kept", enough)
    found = system.camera(1)["kept"]
    return found["from_us"], found["to_us"]


def assert_clean(data: bytes, what: str, least: int = 0) -> None:
    """Nobody is in it, whatever it is; at least so many pictures are."""
    assert not watermark.is_in_bytes(data), what
    seen = [watermark.is_in_picture(one) for one in watermark.pictures_in(data)]
    assert not any(seen), f"{what}: {sum(seen)} of {len(seen)} pictures show somebody"
    assert len(seen) >= least, what


def assert_no_pixels(data: bytes, what: str) -> None:
    """Words and numbers only, and no picture in disguise."""
    text = data.decode()  # UTF-8, or this fails
    assert not re.search(r"data:image|[A-Za-z0-9+/=_-]{300,}", text), what
    assert_clean(data, what)


def answers(system: Watchglass, kept: tuple[int, int]) -> Iterator[tuple[tuple[str, str], bytes]]:
    """What every route that is not a socket answers, when it is asked for something that is there."""
    span = f"?from_us={kept[0]}&to_us={kept[1]}"
    playlist = system.fetch("GET", f"/api/cameras/1/playlist.m3u8{span}")[1].decode()
    segment = re.search(r"/api/segments/(\d+)\.mp4", playlist)
    assert segment, playlist
    film = str(system.data.parent / "film.mp4")
    hold = {
        "camera_id": 1,
        "from_us": kept[0],
        "to_us": kept[1],
        "until_us": 3_000_000_000_000_000,
        "reason": "Inquiry",
    }
    rule = {
        "name": "Gate",
        "kind": "line crossing",
        "tripwire": {"name": "Line", "first": [0.5, 0], "second": [0.5, 1]},
    }
    look = look_token(system, kept)
    asked: dict[tuple[str, str], dict[str, Any] | None] = {
        ("POST", "/api/setup"): {"token": "none", "name": "Somebody", "password": PASSWORD},
        ("POST", "/api/session"): {"name": "Robin", "password": "wrong password"},
        ("POST", "/api/cameras"): {"name": "Second", "url": film},
        ("POST", "/api/cameras/probe"): {"url": film},
        ("PATCH", "/api/cameras/{camera_id}"): {"name": "Gate"},
        ("POST", "/api/cameras/discover"): {"seconds": 0.5},
        ("POST", "/api/cameras/survey"): {"onvif": "127.0.0.1:9"},
        ("POST", "/api/holds"): hold,
        ("PATCH", "/api/holds/{hold_id}"): {"until_us": 4_000_000_000_000_000},
        ("POST", "/api/events/{event_id}/verdict"): {"judgement": "right"},
        ("PUT", "/api/rules/{rule_id}/alerting"): {"channels": [1]},
        ("POST", "/api/channels"): {"name": "Second", "kind": "webhook", "settings": {"url": NOBODY}},
        ("PATCH", "/api/channels/{channel_id}"): {"name": "Desk"},
        ("POST", "/api/links/open"): {"token": "none"},
        ("POST", "/api/links/judge"): {"token": "none", "judgement": "right"},
        ("POST", "/api/links/view"): {"token": look},
        ("POST", "/api/links/still"): {"token": look},
        ("POST", "/api/links/clip"): {"token": look},
        ("POST", "/api/cameras/{camera_id}/rules"): {**rule, "name": "Another"},
        ("PATCH", "/api/rules/{rule_id}"): {"threshold": 0.7},
    }
    system.call("POST", "/api/channels", {"name": "First", "kind": "webhook", "settings": {"url": NOBODY}})
    alert = system.call("POST", "/api/channels/1/test", {})["alert_id"]
    event = system.call("GET", f"/api/alerts/{alert}")["event_id"]
    system.call("POST", "/api/holds", hold)
    system.call("POST", "/api/cameras/1/rules", rule)
    census = {"format": "watchglass-census", "version": 1, "made": "2026-11-23T12:00:00Z", "inputs": [], "areas": []}
    Censuses(DataFolder.open(system.data)).keep("riverside", json.dumps(census).encode())
    removing = {
        ("DELETE", "/api/cameras/{camera_id}/kept"),
        ("DELETE", "/api/cameras/{camera_id}"),
        ("DELETE", "/api/channels/{channel_id}"),
    }
    last = {*removing, ("DELETE", "/api/rules/{rule_id}"), ("DELETE", "/api/session")}
    for method, path in sorted(ROUTES.keys() - last):
        if method == "WS":
            continue
        camera = path.replace("{camera_id}", "1").replace("{segment_id}", segment[1]).replace("{path:path}", "")
        camera = camera.replace("{hold_id}", "1").replace("{rule_id}", "1").replace("{channel_id}", "1")
        camera = camera.replace("{alert_id}", str(alert)).replace("{event_id}", event).replace("{name}", "riverside")
        wants_span = path.endswith(("timeline", "playlist.m3u8", "export", "coverage", "counts", ".csv"))
        yield (method, path), system.fetch(method, camera + (span if wants_span else ""), asked.get((method, path)))[1]
    yield ("DELETE", "/api/rules/{rule_id}"), system.fetch("DELETE", "/api/rules/1")[1]
    for method, path in sorted(removing, reverse=True):  # of the second camera, what is kept of it first
        yield (method, path), system.fetch(method, path.replace("{camera_id}", "2").replace("{channel_id}", "2"))[1]
    # DELETE /api/session would end this one; it answers with nothing.


def look_token(system: Watchglass, kept: tuple[int, int]) -> str:
    """By which the page of an alert sees the view: of one that a rule made in the middle of what is kept."""
    machine = open_machine(Settings(system.data), SystemClock())
    start = WallUs((kept[0] + kept[1]) // 2)
    event = Event(uuid.uuid4(), 1, 9, RuleKind.INTRUSION, start, start, 0.9, 1)
    machine.outbox.take(event, "Gate", "Gate")
    link = new_link(event.id, machine.clock.wall_us()).sign(machine.channels.link_key())
    return str(system.call("POST", "/api/links/open", {"token": link})["look_token"])


def test_aiming_pictures(aims: list[bytes]) -> None:
    """Small, or the plate as it forms; nobody in any of them, and no words in the files."""
    assert aims
    for picture in aims:
        assert_clean(picture, "aim.png", least=1)
        assert [kind for kind in chunks_of(picture) if kind not in {b"IHDR", b"IDAT", b"IEND"}] == []
        width, height = struct.unpack(">II", picture[16:24])
        assert width <= max(64, watermark.WIDTH)
        assert height <= watermark.HEIGHT


def chunks_of(picture: bytes) -> Iterator[bytes]:
    """The chunks of a PNG (RFC 2083, 3.2), each with its checksum right, and nothing after the last."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    place = 8
    while place < len(picture):
        (length,) = struct.unpack_from(">I", picture, place)
        kind, content = picture[place + 4 : place + 8], picture[place + 8 : place + 8 + length]
        assert zlib.crc32(kind + content) == struct.unpack_from(">I", picture, place + 8 + length)[0]
        yield kind
        place += 12 + length


def test_every_answer(system: Watchglass, kept: tuple[int, int]) -> None:
    for (method, path), body in answers(system, kept):
        what = f"{method} {path}"
        match ROUTES[method, path]:
            case Carries.NO_PIXELS:
                assert_no_pixels(body, what)
            case Carries.VIEW:
                assert_clean(body, what, least=1)
                if path.endswith(("export", ".mp4", "clip")):
                    assert_plain_video(body, what, least=20)
            case Carries.PROGRAM:
                assert_clean(body, what)


def assert_plain_video(data: bytes, what: str, least: int) -> None:
    """One lane of video and nothing besides: no sound, no words of a camera or an encoder in it (SEI, type 6)."""
    with av.open(io.BytesIO(data), "r") as container:
        assert [stream.type for stream in container.streams] == ["video"], what
        count = 0
        for packet in container.demux(video=0):
            units = bytes(packet)
            count += bool(units)
            while units:
                (length,) = struct.unpack_from(">I", units)
                assert units[4] & 31 in {1, 5}, f"{what}: NAL unit of type {units[4] & 31}"
                units = units[4 + length :]
    assert count >= least, what
    assert not re.search(rb"x264", data), what


def test_live(system: Watchglass, kept: tuple[int, int]) -> None:
    name, value = system.cookie()
    address = f"{system.address.replace('http', 'ws')}/api/cameras/1/live"
    received = b""
    chunks = 0
    with connect(address, additional_headers={"Cookie": f"{name}={value}"}, origin=Origin(system.address)) as live:
        while chunks < 40:
            message = live.recv(timeout=30)
            if isinstance(message, str):
                assert json.loads(message)["type"] in {"format", "clock", "paused"}
                assert_no_pixels(message.encode(), "live")
            else:
                chunks += message[4:8] != b"ftyp"
                received += message
    assert_clean(received, "live", least=30)
    assert_plain_video(received, "live", least=30)


def test_what_watchers_send(system: Watchglass, kept: tuple[int, int]) -> None:
    sockets = {path.name for path in (system.data / "run").iterdir() if path.is_socket()}
    assert sockets == SOCKETS.keys()
    private = [system.data, system.data / "run", *(system.data / "run" / name for name in sockets)]
    assert [path for path in private if path.stat().st_mode & 0o077] == []
    received = b""
    with wire.connect(system.data / "run" / "watcher-0.sock") as live:
        live.settimeout(30)
        for _ in range(40):
            head, payload = wire.receive(live)
            kind = str(head["type"])
            assert kind in MESSAGES
            assert_no_pixels(json.dumps(head).encode(), kind)
            if MESSAGES[kind] is Carries.NO_PIXELS:
                assert payload == b""
            elif kind == "aim":
                assert_clean(payload, kind, least=1)
            else:
                received += payload
    assert_clean(received, "watcher-0.sock", least=20)


def test_every_file(system: Watchglass, kept: tuple[int, int]) -> None:
    """What lies in the data folder, in the folder of temporary files, and in the log."""
    found = [path for path in system.data.rglob("*") if path.is_file()]
    kinds = {path: kind_of(str(path.relative_to(system.data))) for path in found}
    assert [path for path, kind in kinds.items() if kind is None] == []
    assert sum(kind is Carries.VIEW for kind in kinds.values()) >= 1
    assert any(path.suffix == ".sealed" and path.exists() and path.stat().st_size > 100_000 for path in found)
    for path, kind in kinds.items():
        try:
            data, mode = path.read_bytes(), path.stat().st_mode
        except FileNotFoundError:  # of the camera that was removed, or replaced by another of its name
            continue
        assert_clean(data, str(path))
        assert mode & 0o077 == 0, path
        if kind is Carries.NO_PIXELS:
            assert list(watermark.pictures_in(data)) == [], path
    assert_no_pixels(system.log().encode(), "log")
    for name in ("temporary", "person", "here"):  # a model that is fetched may be kept
        others = [path for path in (system.data.parent / name).rglob("*") if path.suffix != ".onnx"]
        assert [path for path in others if path.is_file()] == []


def kind_of(name: str) -> Carries | None:
    return next((kind for form, kind in FILES.items() if re.fullmatch(form, name)), None)


def processes(system: Watchglass) -> dict[int, str]:
    """Process ids of the supervisor and all that it started, with what each is."""
    found = {system.process.pid: "supervisor"}
    waiting = [system.process.pid]
    while waiting:
        tasks = Path(f"/proc/{waiting.pop()}/task")
        for child in [int(number) for task in tasks.glob("*/children") for number in task.read_text().split()]:
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            place = words.index(b"process") if b"process" in words else -1
            found[child] = words[place + 1].decode() if place >= 0 else "another"
            waiting.append(child)
    return found


def test_no_open_file_holds_a_frame(system: Watchglass, kept: tuple[int, int]) -> None:
    """Files that are open, deleted ones among them, and shared memory: only of this user, and with nobody in them."""
    looked_at = 0
    for process, name in processes(system).items():
        for link in Path(f"/proc/{process}/fd").iterdir():
            try:
                target, state = str(link.readlink()), link.stat()
            except FileNotFoundError:
                continue  # closed meanwhile
            inner = target.removesuffix(" (deleted)")
            if inner.startswith("/memfd:"):
                assert state.st_mode & 0o077 == 0, f"{name} has {target} open to others: {state.st_mode:o}"
                continue
            if not inner.startswith("/") or inner.startswith(("/dev/null", "/dev/pts", "/dev/tty", "/proc/")):
                continue
            assert not inner.startswith("/dev/shm"), f"{name} has {target} open"
            if inner.startswith(str(system.data)) or inner.endswith(("film.mp4", ".log")):
                looked_at += 1
                continue
            assert os.access(inner, os.R_OK), f"{name} has {target} open"
            assert not target.endswith("(deleted)"), f"{name} has {target} open"
            assert not watermark.is_in_bytes(Path(inner).read_bytes()), f"{name} has {target} open"
    assert looked_at > 0


def test_nobody_dumps_core(system: Watchglass, kept: tuple[int, int]) -> None:
    """Each process that holds frames is struck down, and comes back; of its memory nothing is left on any disk."""
    holders = {process: name for process, name in processes(system).items() if name not in {"supervisor", "another"}}
    assert {"recorder", "watcher", "detector"} <= set(holders.values())
    for process in (system.process.pid, *holders):
        limits = Path(f"/proc/{process}/limits").read_text()
        assert re.search(r"Max core file size\s+0\s+0\s", limits), holders.get(process)
    cores = core_folder(system)
    before = set(cores.iterdir())
    victims = {process: name for process, name in holders.items() if name != "console"}
    for process in victims:
        os.kill(process, signal.SIGSEGV)

    def all_are_back() -> bool:
        now = processes(system)
        return not victims.keys() & now.keys() and sorted(holders.values()) == sorted(
            name for name in now.values() if name not in {"supervisor", "another"}
        )

    system.until("all are back", all_are_back)
    assert {path for path in set(cores.iterdir()) - before if "core" in path.name} == set()
    assert list((system.data.parent / "here").iterdir()) == []


def core_folder(system: Watchglass) -> Path:
    """Where the kernel would write a core file of ours."""
    form = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    return Path(form).parent if form.startswith("/") else system.data.parent / "here"
