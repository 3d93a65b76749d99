import threading
from pathlib import Path

import pytest

from watchglass.app import watcher
from watchglass.app.machine import Machine
from watchglass.base import wire


def test_listens_at_its_own_socket_until_stopped(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # the built-in detector: no model is loaded
    monkeypatch.delenv("WATCHGLASS_ASSETS", raising=False)
    stop, up = threading.Event(), threading.Event()
    thread = threading.Thread(target=watcher.run, args=(machine, stop, lambda _words: up.set(), 1, 2))
    thread.start()
    assert up.wait(30)
    with wire.connect(machine.folder.run / "watcher-1.sock") as connection:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
        assert connection.recv(1) == b""
