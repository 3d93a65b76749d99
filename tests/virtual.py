"""The virtual ONVIF camera of `virtual_camera.py` as a process, for tests of the whole system."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

USER, SECRET = "operator", "seven-Quiet-5"
_SCRIPT = Path(__file__).parent / "virtual_camera.py"


class VirtualCamera:
    """A camera that calls itself Yard, whose streams are /video_main and /video_sub at `rtsp_port`. A context manager."""

    def __init__(self, rtsp_port: int) -> None:
        self._options = {"rtsp_port": rtsp_port, "username": USER, "password": SECRET}
        self.port = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, str(_SCRIPT), json.dumps(self._options)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the virtual camera did not start"
        self.port = int(json.loads(line)["port"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:  # closes its pipe, and waits for it
            self._process.kill()

    @property
    def address(self) -> str:
        """Of its device service."""
        return f"http://127.0.0.1:{self.port}/onvif/device_service"
