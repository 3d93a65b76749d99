import subprocess
import sys
from pathlib import Path

from watchglass.app.duty import NOTIFIER_BELL
from watchglass.app.machine import open_machine
from watchglass.base.bell import Bell
from watchglass.base.clock import SystemClock
from watchglass.model.channel import Webhook
from watchglass.settings import Settings


def test_what_waits_to_be_sent_is_rung_for(tmp_path: Path) -> None:
    machine = open_machine(Settings(tmp_path / "data"), SystemClock())
    bell = Bell(machine.folder.run / NOTIFIER_BELL)
    channel = machine.channels.add("Desk", Webhook("https://desk.example.org"))
    machine.outbox.take_test(channel.id, "anna")
    assert bell.wait(10)
    assert [one.test for one in machine.alerts.newest()] == [True]
    bell.close()


def test_the_recorder_loads_none_of_it() -> None:
    """A quarter of a second, of which a recorder that was killed would be back later."""
    looked = "import sys, watchglass.app.recorder; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True).stdout.split()
    assert "watchglass.store.retention" in loaded
    assert not {"numpy", "watchglass.app.duty", "watchglass.store.rules", "watchglass.store.outbox"} & set(loaded)
