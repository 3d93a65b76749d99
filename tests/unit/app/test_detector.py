import os
import threading
from pathlib import Path

import pytest

from tests.unit.detect import onnx
from watchglass.app import detector
from watchglass.app.detector import best_detector, person_detector, worker_count
from watchglass.app.machine import DETECTOR_SOCKET, Machine
from watchglass.base import assets, wire
from watchglass.detect.message import introduction_from_wire
from watchglass.model.camera import Protection
from watchglass.settings import Settings


def test_the_person_model_where_it_is(person_model: Path, tmp_path: Path) -> None:
    made = person_detector(Settings(tmp_path, assets=person_model.parent), {"HOME": str(tmp_path)})
    assert made.protection is Protection.FULL
    assert made.name == "yolox_nano"


def test_without_it_protection_is_reduced(tmp_path: Path) -> None:
    made, note = best_detector(Settings(tmp_path), {"HOME": str(tmp_path)})
    assert made.protection is Protection.REDUCED
    assert note == "There is no person model yet."


@pytest.mark.parametrize(
    "content", [b"not the model", os.urandom(3_659_407), onnx.tiny()], ids=["words", "noise", "onnx"]
)
def test_another_file_of_its_name_is_not_loaded(tmp_path: Path, content: bytes) -> None:
    """Random bytes of its size, and a model that is another: both are known by their hash."""
    (tmp_path / "yolox_nano.onnx").write_bytes(content)
    made, note = best_detector(Settings(tmp_path, assets=tmp_path), {"HOME": str(tmp_path)})
    assert made.protection is Protection.REDUCED
    assert note == f"{tmp_path}/yolox_nano.onnx is not the file it should be: its SHA-256 is another."


def test_a_model_that_cannot_be_loaded_leaves_the_built_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changed after it was checked, or none that this runtime can use: covered by less is better than not at all."""
    path = tmp_path / "yolox_nano.onnx"
    path.write_bytes(onnx.tiny())
    monkeypatch.setattr(assets, "find", lambda _asset, _places: path)
    made, note = best_detector(Settings(tmp_path), {"HOME": str(tmp_path)})
    assert made.protection is Protection.REDUCED
    assert "yolox_nano.onnx takes" in note


@pytest.mark.parametrize(("cores", "threads"), [({0}, 1), ({0, 1}, 1), (set(range(6)), 3)])
def test_one_look_at_a_time_for_two_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cores: set[int], threads: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: cores)
    assert worker_count(Settings(tmp_path)) == threads
    assert worker_count(Settings(tmp_path, detector_threads=5)) == 5


def test_the_process_answers_until_it_is_stopped(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("WATCHGLASS_ASSETS", raising=False)
    stop, up = threading.Event(), threading.Event()
    said: list[str] = []

    def ready(words: str) -> None:
        said.append(words)
        up.set()

    thread = threading.Thread(target=detector.run, args=(machine, stop, ready))
    thread.start()
    assert up.wait(30)
    with wire.connect(machine.folder.run / DETECTOR_SOCKET) as connection:
        introduction = introduction_from_wire(wire.receive(connection)[0])
        assert introduction.protection is Protection.REDUCED
        assert said == [introduction.note] == ["There is no person model yet."]
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
        assert connection.recv(1) == b""
    assert not (machine.folder.run / DETECTOR_SOCKET).exists()
