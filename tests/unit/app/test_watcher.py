import threading
from pathlib import Path

from watchglass.app import watcher
from watchglass.app.machine import DETECTOR_SOCKET, Machine
from watchglass.base import wire


def test_listens_at_its_own_socket_until_stopped_and_looks_for_the_detector(machine: Machine, tmp_path: Path) -> None:
    detector = wire.listen(machine.folder.run / DETECTOR_SOCKET)
    detector.settimeout(30)
    stop, up = threading.Event(), threading.Event()
    thread = threading.Thread(target=watcher.run, args=(machine, stop, lambda _words: up.set(), 1, 2))
    thread.start()
    assert up.wait(30)
    asking, _ = detector.accept()
    with wire.connect(machine.folder.run / "watcher-1.sock") as connection:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
        assert connection.recv(1) == b""
    assert asking.recv(1) == b""  # it hangs up, though nothing was ever answered
    asking.close()
    detector.close()
