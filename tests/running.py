"""The whole system, started as a person starts it, for tests that look at it from outside."""

import http.cookiejar
import json
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAME, PASSWORD = "Robin", "seven quiet silhouettes"

_LINK = re.compile(r"(http\S+)/setup#(\S+)")
PATIENCE = 60.0


class Watchglass:
    """`watchglass up` (or `demo`) with a data folder of its own, at any free port. A context manager.

    `again` where an account was made in this folder before: then no link is printed to make one.
    """

    def __init__(
        self,
        data: Path,
        *arguments: str,
        assets: Path | None = None,
        command: str = "up",
        log: Path | None = None,
        again: bool = False,
    ) -> None:
        self.data = data
        self._again = again
        self._log = log or data.with_name(f"{data.name}.log")
        environment = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
        if assets is not None:
            environment["WATCHGLASS_ASSETS"] = str(assets)
        self._command = [sys.executable, "-m", "watchglass", command, "--data", str(data), "--port", "0", *arguments]
        self._environment = environment
        self.address = ""
        self.setup_link = ""
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command, stdout=subprocess.PIPE, stderr=log, text=True, env=self._environment
            )
        try:
            self._read_addresses()
        except BaseException:  # a test's limit of time as well: it must not go on without us
            self.process.kill()
            self.process.wait()
            raise
        assert self.process.stdout is not None
        # What it still prints must go somewhere, or it would block.
        self._rest = threading.Thread(target=self.process.stdout.read, daemon=True)
        self._rest.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        self._rest.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._opener.close()

    def _read_addresses(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := _LINK.search(line):
                self.address, self.setup_link = found[1], found[0]
                return
            if found := re.search(r"Console:\s+(http\S+?)/?$", line.strip()):
                self.address = found[1]
                if self._again:
                    return
            if "Ctrl-C" in line and self.address:
                return
        assert self.address, f"it did not start: {self.log()}"

    def log(self) -> str:
        """What it wrote to stderr."""
        return self._log.read_text()

    def pids(self, process: str) -> list[int]:
        """Process ids of its parts with this name: `recorder`, `watcher`, `detector`, `console`."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        children = [int(number) for task in tasks.glob("*/children") for number in task.read_text().split()]
        wanted = f"\0{process}\0".encode()
        found = [number for number in children if wanted in Path(f"/proc/{number}/cmdline").read_bytes()]
        told = json.loads((self.data / "run" / "supervisor.json").read_bytes())["processes"]
        at_work = {one["pid"] for one in told}  # another recorder stands by
        return [number for number in found if number in at_work]

    def kept_us(self, camera: int) -> int:
        """How long a camera's view is kept, from its first moment to its last."""
        kept = self.camera(camera)["kept"]
        return kept["to_us"] - kept["from_us"] if kept else 0

    def set_up(self) -> None:
        """Make the first account with the link that was printed, and be signed in."""
        token = self.setup_link.partition("#")[2]
        self.call("POST", "/api/setup", {"token": token, "name": NAME, "password": PASSWORD})

    def cookie(self) -> tuple[str, str]:
        """Name and value of the session's cookie, for a browser."""
        (cookie,) = self._cookies
        assert cookie.value is not None
        return cookie.name, cookie.value

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One call of the API; the answer's JSON. urllib.error.HTTPError with the sentence if it is refused."""
        status, answer = self.fetch(method, path, body)
        if status >= 400:
            raise AssertionError(f"{method} {path}: {status} {answer.decode(errors='replace')}")
        return json.loads(answer) if answer else None

    def fetch(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
        """One call of the API; status and body."""
        request = urllib.request.Request(  # noqa: S310 - our own server
            self.address + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"X-Watchglass": "1", "Content-Type": "application/json", "Origin": self.address},
        )
        try:
            with self._opener.open(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def camera(self, camera: int) -> dict[str, Any]:
        """A camera as the API has it."""
        return next(one for one in self.call("GET", "/api/cameras")["cameras"] if one["id"] == camera)

    def until(self, what: str, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Ask until `condition` holds. The processes are other programs, so there is no event to wait for."""
        pause = threading.Event()
        for _ in range(round(seconds / 0.25)):
            if condition():
                return
            assert self.process.poll() is None, f"it ended while we waited until {what}: {self.log()}"
            pause.wait(0.25)
        raise AssertionError(f"in {seconds} s it did not come to pass that {what}: {self.log()[-3000:]}")
