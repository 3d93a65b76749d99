"""Children are real processes of a few lines; what they do is awaited by what they say, never by the clock."""

import asyncio
import dataclasses
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from watchglass.base.clock import SimulatedClock
from watchglass.pipeline.supervise import Backoff, Child, SuperviseOptions, Supervisor

QUICK = SuperviseOptions(first_wait=0.01, longest_wait=0.02, patience=20.0)

# Says its process id, then waits for a signal.
SERVES = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("ready", os.getpid(), flush=True)
signal.sigwait({signal.SIGTERM})
"""

# The same, and leaves a line in a file as it stops, so that the order can be read.
LEAVES = (
    SERVES
    + """
import sys
with open(sys.argv[1], "a") as file:
    file.write(sys.argv[2] + "\\n")
"""
)

DEAF = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", os.getpid(), flush=True)
while True:
    signal.pause()
"""


def child(
    name: str,
    script: str,
    *arguments: str,
    start_order: int = 0,
    stop_order: int = 0,
    final: frozenset[int] = frozenset(),
    urgent: bool = False,
) -> Child:
    command = (sys.executable, "-S", "-E", "-c", script, *arguments)
    return Child(name, command, start_order, stop_order, final, urgent)


# As the real ones do: it loads, says so to whoever reads that pipe, and does nothing before it is let go.
WAITS = """
import os, sys
with open(sys.argv[1], "w") as told:
    told.write(str(os.getpid()))
assert sys.stdin.readline() == "\\n"
"""


def fifo(path: Path) -> Path:
    """A pipe with a name: reading it waits for the one who writes."""
    os.mkfifo(path)
    return path


class Watched:
    """A supervisor at work in a test: which children have come up, and how to wait for the next."""

    def __init__(self, tmp_path: Path, children: list[Child], options: SuperviseOptions, held: bool = False) -> None:
        self.file = tmp_path / "supervisor.json"
        self.clock = SimulatedClock()
        self.stop = asyncio.Event()
        self._ready: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._supervisor = Supervisor(
            children,
            self.file,
            self.clock,
            lambda name, words: self._ready.put_nowait((name, words)),
            options,
            held=held,
        )
        self.go = self._supervisor.go

    async def next_ready(self) -> tuple[str, str]:
        return await self._ready.get()

    async def run(self) -> int:
        return await self._supervisor.run(self.stop)

    async def renew(self, *names: str) -> None:
        await self._supervisor.renew(names)

    def status(self, name: str) -> dict[str, Any]:
        processes: list[dict[str, Any]] = json.loads(self.file.read_text())["processes"]
        return next(process for process in processes if process["name"] == name)


def supervised(
    tmp_path: Path,
    children: list[Child],
    script: Callable[[Watched], Awaitable[None]],
    options: SuperviseOptions = QUICK,
    held: bool = False,
) -> int:
    """Run `script` beside a supervisor; the code with which the supervisor ends."""

    async def both() -> int:
        watched = Watched(tmp_path, children, options, held)
        running = asyncio.create_task(watched.run())
        try:
            await script(watched)
        finally:
            watched.stop.set()
        return await running

    return asyncio.run(both())


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


class TestRun:
    def test_starts_all_and_says_how_they_are(self, tmp_path: Path) -> None:
        async def script(watched: Watched) -> None:
            numbers = dict([await watched.next_ready(), await watched.next_ready()])
            assert numbers.keys() == {"recorder", "console"}
            assert watched.status("recorder") == {
                "name": "recorder",
                "pid": int(numbers["recorder"]),
                "state": "running",
                "restarts": 0,
                "since_us": watched.clock.wall_us(),
                "said": str(numbers["recorder"]),
            }

        assert supervised(tmp_path, [child("recorder", SERVES), child("console", SERVES)], script) == 0

    def test_stops_them_when_told(self, tmp_path: Path) -> None:
        numbers = []

        async def script(watched: Watched) -> None:
            numbers.append(int((await watched.next_ready())[1]))

        supervised(tmp_path, [child("recorder", SERVES)], script)
        assert not is_alive(numbers[0])
        assert json.loads((tmp_path / "supervisor.json").read_text())["processes"][0]["state"] == "stopped"

    def test_restarts_one_that_was_killed_and_leaves_the_other(self, tmp_path: Path) -> None:
        async def script(watched: Watched) -> None:
            first = dict([await watched.next_ready(), await watched.next_ready()])
            os.kill(int(first["watcher-0"]), signal.SIGKILL)
            name, number = await watched.next_ready()
            assert name == "watcher-0"
            assert number != first["watcher-0"]
            assert watched.status("watcher-0")["restarts"] == 1
            assert watched.status("recorder")["restarts"] == 0
            assert is_alive(int(first["recorder"]))

        supervised(tmp_path, [child("recorder", SERVES), child("watcher-0", SERVES)], script)

    def test_goes_on_restarting_one_that_never_comes_up(self, tmp_path: Path) -> None:
        """Three runs, each leaving a line; the third comes up."""
        script_text = (
            "import sys\nopen(sys.argv[1], 'a').write('run\\n')\nassert len(open(sys.argv[1]).readlines()) == 3\n"
        )
        log = tmp_path / "runs"

        async def script(watched: Watched) -> None:
            await watched.next_ready()
            assert watched.status("recorder")["restarts"] == 2

        supervised(tmp_path, [child("recorder", script_text + SERVES, str(log))], script)
        assert log.read_text() == "run\n" * 3

    def test_a_program_that_is_not_there_stops_nobody_else(self, tmp_path: Path) -> None:
        gone = Child("watcher-0", (str(tmp_path / "no-such-program"),))

        async def script(watched: Watched) -> None:
            assert (await watched.next_ready())[0] == "recorder"

        assert supervised(tmp_path, [gone, child("recorder", SERVES)], script) == 0

    def test_lines_that_are_not_ours_mean_nothing(self, tmp_path: Path) -> None:
        noise = "print('readily', 1)\nprint('x' * 100_000)\n"

        async def script(watched: Watched) -> None:
            assert (await watched.next_ready())[1].isdigit()

        supervised(tmp_path, [child("console", noise + SERVES)], script)

    def test_a_status_file_that_cannot_be_written_stops_nothing(self, tmp_path: Path) -> None:
        async def script(watched: Watched) -> None:
            await watched.next_ready()

        assert supervised(tmp_path / "gone", [child("recorder", SERVES)], script) == 0


class TestRenew:
    def test_one_after_the_other_and_nobody_else(self, tmp_path: Path) -> None:
        log = tmp_path / "order"
        begins = "import sys\nopen(sys.argv[1], 'a').write(sys.argv[2] + ' begins\\n')\n"
        names = ["watcher-0", "watcher-1", "recorder"]
        children = [child(name, begins + LEAVES, str(log), f"{name} is") for name in names]

        async def script(watched: Watched) -> None:
            first = dict([await watched.next_ready() for _ in children])
            log.write_text("")
            await watched.renew("watcher-0", "watcher-1")
            again = dict([await watched.next_ready(), await watched.next_ready()])
            assert list(again) == ["watcher-0", "watcher-1"]
            assert log.read_text().splitlines() == [
                "watcher-0 is",
                "watcher-0 is begins",
                "watcher-1 is",
                "watcher-1 is begins",
            ]
            assert is_alive(int(first["recorder"]))
            assert [watched.status(name)["restarts"] for name in names] == [0, 0, 0]  # it was our wish

        assert supervised(tmp_path, children, script) == 0

    def test_without_the_wait_after_a_fault(self, tmp_path: Path) -> None:
        options = SuperviseOptions(first_wait=3600, longest_wait=3600)

        async def script(watched: Watched) -> None:
            await watched.next_ready()
            await watched.renew("watcher-0")
            await watched.next_ready()

        assert supervised(tmp_path, [child("watcher-0", SERVES)], script, options) == 0

    def test_one_that_does_not_listen_is_killed(self, tmp_path: Path) -> None:
        options = SuperviseOptions(first_wait=0.01, patience=0.05)

        async def script(watched: Watched) -> None:
            _, first = await watched.next_ready()
            await watched.renew("watcher-0")
            assert not is_alive(int(first))
            await watched.next_ready()

        assert supervised(tmp_path, [child("watcher-0", DEAF)], script, options) == 0

    def test_one_that_waits_for_its_next_start_is_left_to_that(self, tmp_path: Path) -> None:
        options = SuperviseOptions(first_wait=3600, head_start=3600)
        children = [child("watcher-0", "raise SystemExit(1)"), child("recorder", SERVES, start_order=1)]

        async def script(watched: Watched) -> None:
            await watched.next_ready()  # by then the other has ended
            await watched.renew("watcher-0")
            assert watched.status("watcher-0")["state"] == "waiting"

        assert supervised(tmp_path, children, script, options) == 0

    def test_one_that_fails_when_it_starts_again_holds_up_nobody(self, tmp_path: Path) -> None:
        runs = tmp_path / "runs"
        once = "import sys\nopen(sys.argv[1], 'a').write('run\\n')\nassert len(open(sys.argv[1]).readlines()) == 1\n"
        options = SuperviseOptions(first_wait=3600, longest_wait=3600)
        children = [child("watcher-0", once + SERVES, str(runs)), child("watcher-1", SERVES)]

        async def script(watched: Watched) -> None:
            for _ in children:
                await watched.next_ready()
            await watched.renew("watcher-0", "watcher-1")
            assert (await watched.next_ready())[0] == "watcher-1"
            assert watched.status("watcher-0")["restarts"] == 1

        assert supervised(tmp_path, children, script, options) == 0


class TestStartOrder:
    def test_the_next_start_when_the_first_are_ready(self, tmp_path: Path) -> None:
        """With a head start of an hour: whoever did not go by `ready` would never come up."""
        options = SuperviseOptions(head_start=3600)
        children = [
            child("console", SERVES, start_order=2),
            child("watcher-0", SERVES, start_order=1),
            child("recorder", SERVES),
        ]

        async def script(watched: Watched) -> None:
            names = [(await watched.next_ready())[0] for _ in children]
            assert names == ["recorder", "watcher-0", "console"]

        assert supervised(tmp_path, children, script, options) == 0

    @pytest.mark.parametrize("others", [[], ["mender"]], ids=["alone", "not alone"])
    def test_an_urgent_one_is_undisturbed_for_a_while_once_it_is_ready(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: list[str]
    ) -> None:
        """Before whoever comes next, if only urgent ones came before."""
        slept: list[float] = []
        sleep = asyncio.sleep

        async def noted(seconds: float) -> None:
            slept.append(seconds)
            await sleep(3600 if seconds == 3600 else 0)

        monkeypatch.setattr(asyncio, "sleep", noted)
        options = SuperviseOptions(head_start=3600, undisturbed=1234.5)
        children = [child("recorder", SERVES, urgent=True), *(child(name, SERVES) for name in others)]
        children.append(child("console", SERVES, start_order=1))

        async def script(watched: Watched) -> None:
            names = [(await watched.next_ready())[0] for _ in children]
            assert names[-1] == "console"

        assert supervised(tmp_path, children, script, options) == 0
        assert (1234.5 in slept) == (not others)

    def test_one_that_fails_holds_up_nobody(self, tmp_path: Path) -> None:
        options = SuperviseOptions(head_start=3600, first_wait=3600)
        children = [child("recorder", "raise SystemExit(1)"), child("console", SERVES, start_order=1)]

        async def script(watched: Watched) -> None:
            assert (await watched.next_ready())[0] == "console"

        assert supervised(tmp_path, children, script, options) == 0

    def test_one_that_hangs_holds_up_nobody_for_long(self, tmp_path: Path) -> None:
        options = SuperviseOptions(head_start=0.01, patience=0.05)
        hangs = "import signal\nsignal.pause()\n"
        children = [child("recorder", hangs), child("console", SERVES, start_order=1)]

        async def script(watched: Watched) -> None:
            assert (await watched.next_ready())[0] == "console"

        assert supervised(tmp_path, children, script, options) == 0

    def test_stop_while_one_still_waits_for_its_turn(self, tmp_path: Path) -> None:
        options = SuperviseOptions(head_start=3600, patience=0.05)
        children = [
            child("recorder", SERVES),
            child("watcher-0", "import signal\nsignal.pause()\n", start_order=1),
            child("console", SERVES, start_order=2),
        ]

        async def script(watched: Watched) -> None:
            assert (await watched.next_ready())[0] == "recorder"

        assert supervised(tmp_path, children, script, options) == 0


class TestHeld:
    """Those that start first load meanwhile; nobody does anything, whatever they say."""

    def test_the_first_load_and_the_others_are_not_started(self, tmp_path: Path) -> None:
        """The console says so in a file: whoever reads it waits until it does, and it is started by `go` alone."""
        loaded, late = fifo(tmp_path / "recorder"), fifo(tmp_path / "console")
        children = [
            child("recorder", WAITS + SERVES, str(loaded)),
            child("console", WAITS + SERVES, str(late), start_order=1),
        ]

        async def script(watched: Watched) -> None:
            await asyncio.to_thread(loaded.read_text)
            assert watched.status("recorder")["state"] == "starting"
            watched.go()
            assert await watched.next_ready() == ("recorder", ANY)
            await asyncio.to_thread(late.read_text)
            assert await watched.next_ready() == ("console", ANY)

        assert supervised(tmp_path, children, script, held=True) == 0

    def test_one_that_does_not_wait_is_not_believed(self, tmp_path: Path) -> None:
        said = fifo(tmp_path / "said")
        hasty = f"print('ready', 1, flush=True)\nopen({str(said)!r}, 'w').close()\nimport time; time.sleep(600)"

        async def script(watched: Watched) -> None:
            await asyncio.to_thread(said.read_text)
            assert watched.status("recorder")["state"] == "starting"
            watched.go()
            assert await watched.next_ready() == ("recorder", "1")

        assert supervised(tmp_path, [child("recorder", hasty)], script, held=True) == 0

    def test_stop_before_anything_was_let_go(self, tmp_path: Path) -> None:
        loaded = fifo(tmp_path / "recorder")
        ran = tmp_path / "console"
        children = [
            child("recorder", WAITS + SERVES, str(loaded)),
            child("console", f"open({str(ran)!r}, 'w')", start_order=1),
        ]

        async def script(_watched: Watched) -> None:
            await asyncio.to_thread(loaded.read_text)

        assert supervised(tmp_path, children, script, held=True) == 0
        assert not ran.exists()

    def test_one_that_is_killed_meanwhile_loads_again(self, tmp_path: Path) -> None:
        loaded = fifo(tmp_path / "recorder")

        async def script(watched: Watched) -> None:
            first = int(await asyncio.to_thread(loaded.read_text))
            os.kill(first, signal.SIGKILL)
            second = await asyncio.to_thread(loaded.read_text)
            assert int(second) != first
            watched.go()
            assert await watched.next_ready() == ("recorder", second)

        assert supervised(tmp_path, [child("recorder", WAITS + SERVES, str(loaded))], script, held=True) == 0


class TestStandingBy:
    """Of what is urgent another process waits, loaded; each tells its number to whoever reads that pipe."""

    OPTIONS = dataclasses.replace(QUICK, stand_by=0.0, first_wait_urgent=0.01, longest_wait_urgent=0.01)

    def test_it_takes_the_place_of_one_that_is_killed(self, tmp_path: Path) -> None:
        loaded = fifo(tmp_path / "recorder")
        children = [child("recorder", WAITS + SERVES, str(loaded), urgent=True)]

        async def script(watched: Watched) -> None:
            first = await asyncio.to_thread(loaded.read_text)
            assert await watched.next_ready() == ("recorder", first)
            for _ in range(3):
                second = await asyncio.to_thread(loaded.read_text)
                assert watched.status("recorder")["pid"] == int(first)  # the other does nothing yet
                os.kill(int(first), signal.SIGKILL)
                assert await watched.next_ready() == ("recorder", second)
                first = second

        assert supervised(tmp_path, children, script, self.OPTIONS) == 0

    def test_it_ends_with_the_rest(self, tmp_path: Path) -> None:
        loaded = fifo(tmp_path / "recorder")
        numbers: list[int] = []

        async def script(watched: Watched) -> None:
            numbers.append(int(await asyncio.to_thread(loaded.read_text)))
            await watched.next_ready()
            numbers.append(int(await asyncio.to_thread(loaded.read_text)))

        children = [child("recorder", WAITS + SERVES, str(loaded), urgent=True)]
        assert supervised(tmp_path, children, script, self.OPTIONS) == 0
        assert [is_alive(number) for number in numbers] == [False, False]

    def test_one_that_is_killed_while_it_stands_by_is_replaced(self, tmp_path: Path) -> None:
        loaded = fifo(tmp_path / "recorder")

        async def script(watched: Watched) -> None:
            first = await asyncio.to_thread(loaded.read_text)
            await watched.next_ready()
            os.kill(int(await asyncio.to_thread(loaded.read_text)), signal.SIGKILL)
            third = await asyncio.to_thread(loaded.read_text)
            assert watched.status("recorder")["restarts"] == 0
            os.kill(int(first), signal.SIGKILL)
            assert await watched.next_ready() == ("recorder", third)

        children = [child("recorder", WAITS + SERVES, str(loaded), urgent=True)]
        assert supervised(tmp_path, children, script, self.OPTIONS) == 0

    def test_there_is_none_of_what_is_not_urgent_and_none_before_it_works(self, tmp_path: Path) -> None:
        """The recorder never says that it works; the console's second process would write the file anew."""
        runs = tmp_path / "runs"
        tells = f"import os\nopen({str(runs)!r}, 'a').write('x')\n"
        children = [
            child("recorder", tells + "import time\ntime.sleep(600)", urgent=True),
            child("console", tells + SERVES),
        ]

        async def script(watched: Watched) -> None:
            assert (await watched.next_ready())[0] == "console"

        assert supervised(tmp_path, children, script, self.OPTIONS) == 0
        assert runs.read_text() in {"x", "xx"}


class TestFinal:
    def test_a_final_code_ends_everything_with_that_code(self, tmp_path: Path) -> None:
        async def script(watched: Watched) -> None:
            await asyncio.Event().wait()  # nobody says stop: the supervisor ends by itself

        async def run() -> int:
            children = [child("console", "raise SystemExit(69)", final=frozenset({69})), child("recorder", SERVES)]
            watched = Watched(tmp_path, children, QUICK)
            return await watched.run()

        assert asyncio.run(run()) == 69
        states = [process["state"] for process in json.loads((tmp_path / "supervisor.json").read_text())["processes"]]
        assert states == ["stopped", "stopped"]

    def test_once_it_was_up_it_is_started_again(self, tmp_path: Path) -> None:
        """The port was ours a moment ago: whoever took it, recording goes on."""
        ends = 'import os, sys\nprint("ready", os.getpid(), flush=True)\nsys.exit(69)\n'

        async def script(watched: Watched) -> None:
            await watched.next_ready()
            await watched.next_ready()

        assert supervised(tmp_path, [child("console", ends, final=frozenset({69}))], script) == 0


class TestStop:
    def test_in_order(self, tmp_path: Path) -> None:
        log = tmp_path / "order"
        children = [
            child("recorder", LEAVES, str(log), "recorder", stop_order=1),
            child("console", LEAVES, str(log), "console", stop_order=2),
            child("watcher-0", LEAVES, str(log), "watcher-0", stop_order=0),
        ]

        async def script(watched: Watched) -> None:
            for _ in children:
                await watched.next_ready()

        supervised(tmp_path, children, script)
        assert log.read_text().split() == ["watcher-0", "recorder", "console"]

    def test_one_that_does_not_listen_is_killed(self, tmp_path: Path) -> None:
        numbers = []

        async def script(watched: Watched) -> None:
            numbers.append(int((await watched.next_ready())[1]))

        options = SuperviseOptions(first_wait=0.01, patience=0.05)
        assert supervised(tmp_path, [child("watcher-0", DEAF)], script, options) == 0
        assert not is_alive(numbers[0])

    def test_while_one_waits_for_its_next_start(self, tmp_path: Path) -> None:
        """The wait is an hour long: a stop that waited for it would never come back."""
        marker = tmp_path / "ran"
        options = SuperviseOptions(first_wait=3600, longest_wait=3600)
        ends = "import sys\nopen(sys.argv[1], 'w').close()\n"

        async def script(watched: Watched) -> None:
            assert (await watched.next_ready())[0] == "recorder"

        children = [child("watcher-0", ends, str(marker)), child("recorder", SERVES)]
        assert supervised(tmp_path, children, script, options) == 0


class TestBackoff:
    def test_doubles_up_to_the_longest(self) -> None:
        backoff = Backoff(SuperviseOptions(first_wait=0.5, longest_wait=30))
        assert [backoff.after(ran=0.1) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]

    def test_of_what_cannot_wait_is_short(self) -> None:
        backoff = Backoff(
            SuperviseOptions(first_wait_urgent=0.25, longest_wait_urgent=1, healthy_urgent=3), urgent=True
        )
        assert [backoff.after(ran=0.1) for _ in range(4)] == [0.25, 0.5, 1, 1]
        assert [backoff.after(ran=3.0), backoff.after(ran=3.0)] == [0.25, 0.25]

    def test_starts_again_after_a_healthy_run(self) -> None:
        backoff = Backoff(SuperviseOptions(first_wait=0.5, healthy=60))
        assert [backoff.after(1), backoff.after(59.9), backoff.after(60), backoff.after(1)] == [0.5, 1, 0.5, 1]
