import itertools
import threading
from pathlib import Path

import pytest

from tests.scripted import INFO, Attempt, ScriptedOpener
from watchglass.base.clock import SimulatedClock
from watchglass.base.errors import MissingInputError, UnreachableError
from watchglass.ingest import open as opening
from watchglass.ingest.open import SystemOpener, open_stream, probe
from watchglass.ingest.stream import StreamRequest
from watchglass.model.camera import Credentials, Source, SourceKind, StreamRole, Transport

MAIN = Source(SourceKind.RTSP, "rtsp://10.0.0.5/main")
SUB = Source(SourceKind.RTSP, "rtsp://10.0.0.5/sub")


def test_a_file_is_played(street: Path) -> None:
    stream = open_stream(Source(SourceKind.FILE, str(street)), camera="Gate", clock=SimulatedClock())
    assert [packet.ticks for packet in itertools.islice(stream.packets(), 3)] == [0, 3600, 7200]
    stream.close()


@pytest.mark.parametrize("kind", [SourceKind.RTSP, SourceKind.USB])
def test_each_kind_has_its_own_way(kind: SourceKind, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str, StreamRequest]] = []

    def note(name: str) -> object:
        return lambda request, *_: opened.append((name, request))

    monkeypatch.setattr(opening, "open_rtsp", note("rtsp"))
    monkeypatch.setattr(opening, "open_usb", note("usb"))
    request = StreamRequest("Gate", Source(kind, "address"))
    SystemOpener(SimulatedClock())(request, threading.Event())
    assert opened == [(str(kind), request)]


def test_a_probe_tells_of_every_stream_and_closes_it() -> None:
    opener = ScriptedOpener(SimulatedClock(), [Attempt(), Attempt()])
    secret = Credentials("admin", "hunter2")
    found = probe("Gate", [(StreamRole.MAIN, MAIN), (StreamRole.SUB, SUB)], secret, Transport.UDP, opener=opener)
    assert found == [(StreamRole.MAIN, INFO), (StreamRole.SUB, INFO)]
    assert [stream.closed for stream in opener.streams] == [1, 1]
    assert opener.requests == [StreamRequest("Gate", source, secret, Transport.UDP) for source in (MAIN, SUB)]


def test_a_probe_says_what_is_wrong() -> None:
    opener = ScriptedOpener(SimulatedClock(), [Attempt(), Attempt(refuse=UnreachableError("Camera Gate is gone."))])
    with pytest.raises(UnreachableError, match="gone"):
        probe("Gate", [(StreamRole.MAIN, MAIN), (StreamRole.SUB, SUB)], opener=opener)
    assert opener.streams[0].closed == 1


def test_a_probe_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError):
        probe("Gate", [(StreamRole.MAIN, Source(SourceKind.FILE, str(tmp_path / "nothing.mp4")))])
