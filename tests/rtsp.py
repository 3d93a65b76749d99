"""RTSP cameras for tests: GStreamer's server in a process of its own, and sockets that answer wrongly or not at all."""

import contextlib
import functools
import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

SYSTEM_PYTHON = "/usr/bin/python3"
_SCRIPT = Path(__file__).parent / "rtsp_server.py"
_NEEDED = """
import gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtsp", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, Gst, GstRtspServer
Gst.init(None)
missing = [name for name in ("qtdemux", "h264parse", "h265parse", "rtph264pay", "rtph265pay")
           if Gst.ElementFactory.find(name) is None]
assert not missing, missing
assert Gio.TlsBackend.get_default().supports_tls(), "glib-networking"
"""


@functools.cache
def why_not() -> str:
    """Why there can be no RTSP server on this machine; empty if there can."""
    if not Path(SYSTEM_PYTHON).exists():
        return f"{SYSTEM_PYTHON} is not installed"
    answer = subprocess.run([SYSTEM_PYTHON, "-c", _NEEDED], capture_output=True, text=True, check=False)
    return "" if answer.returncode == 0 else f"GStreamer's RTSP server is not installed: {answer.stderr.strip()[-200:]}"


def needs_rtsp_server() -> None:
    """Skip the test, saying why, where there can be no RTSP server."""
    if reason := why_not():
        pytest.skip(reason)


class RtspServer:
    """A server that plays `mounts` (path -> MP4 file); options as in rtsp_server.py. A context manager."""

    def __init__(self, mounts: dict[str, Path], **options: object) -> None:
        self._options = {**options, "mounts": {path: str(file) for path, file in mounts.items()}}
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """The server's process; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        """Start it, at the port that it had before if it was killed."""
        options = {**self._options, "port": self.port}
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(_SCRIPT), json.dumps(options, default=str)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the RTSP server did not start"
        self.port = json.loads(line)["port"]

    def kill(self) -> None:
        """End it without a goodbye, as a camera does whose plug is pulled."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def freeze(self) -> None:
        """Let it hang: connections stay, nothing comes. `kill` still ends it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def url(self, path: str) -> str:
        """The address of a mount."""
        scheme = "rtsps" if "certificate" in self._options else "rtsp"
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


@contextlib.contextmanager
def mute_server(answer: bytes = b"") -> Iterator[int]:
    """A port that accepts everybody, says `answer` and then nothing, for ever. Yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                held.append(connection)
                if answer:
                    connection.sendall(answer)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in held:
                connection.close()


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def certificate(folder: Path) -> dict[str, str]:
    """A certificate that a camera signed itself, for no name; as options of `RtspServer`."""
    key, own = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-subj", "/CN=camera", "-days", "2", "-keyout", str(key), "-out", str(own)),
        ],
        check=True,
        capture_output=True,
    )
    return {"certificate": str(own), "key": str(key)}
