"""People cross a line on a real street, before a real camera's protocol and a real detector: rows in the catalogue, and a
message to whoever is on duty.
"""

import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from benchmarks.footage import encode
from tests.alerting import SECRET, HttpReceiver
from tests.rtsp import RtspServer, needs_rtsp_server
from tests.running import Watchglass
from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import MICROSECONDS, SystemClock, WallUs
from watchglass.model.alert import AlertPolicy, Muted
from watchglass.model.camera import Source, SourceKind, ViewState
from watchglass.model.channel import Webhook
from watchglass.model.event import Event, RuleKind
from watchglass.model.place import Point, Tripwire, Zone
from watchglass.model.rule import Rule
from watchglass.settings import Settings
from watchglass.store.check import check
from watchglass.store.database import open_database
from watchglass.store.events import Wanted

EVER = WallUs(1 << 60)
WIDTH, HEIGHT, FRAMES = 640, 480, 400
LINES = (0.3, 0.5, 0.7)
YARD = Zone("yard", (Point(0, 0.2), Point(1, 0.2), Point(1, 1), Point(0, 1)))


@pytest.fixture
def machine(tmp_path: Path, street: Path) -> Iterator[Machine]:
    """A camera that shows the street for 40 s, again and again, and what its rules are."""
    needs_rtsp_server()
    with av.open(str(street)) as video:
        pictures = (one.reformat(WIDTH, HEIGHT, "yuv420p") for one in video.decode(video=0))
        encode(itertools.islice(pictures, FRAMES), tmp_path / "street.mp4")
    made = open_machine(Settings(tmp_path / "data"), SystemClock())
    with RtspServer({"/street": tmp_path / "street.mp4"}) as server:
        made.cameras.add("Street", Source(SourceKind.RTSP, server.url("/street")))
        yield made


def kept(machine: Machine, rule: int) -> list[Event]:
    return machine.events.page(Wanted(rule=rule)).events


@pytest.mark.timeout(240)
def test_a_crossing_becomes_a_row(machine: Machine, person_model: Path) -> None:
    yard = machine.rules.add(Rule(camera=1, name="somebody", kind=RuleKind.INTRUSION, zone=YARD)).id
    with (
        HttpReceiver() as desk,
        Watchglass(machine.folder.root, "--watchers", "1", assets=person_model.parent) as running,
    ):
        channel = machine.channels.add("Desk", Webhook(desk.url), SECRET).id
        running.until("somebody is in the yard", lambda: bool(machine.events.lasting()))
        lines = {
            machine.rules.add(
                Rule(
                    camera=1,
                    name=f"at {x}",
                    kind=RuleKind.CROSSING,
                    tripwire=Tripwire(f"at {x}", Point(x, 1), Point(x, 0)),
                )
            ).id
            for x in LINES
        }
        for line in lines:
            machine.policies.set(line, AlertPolicy((channel,), group_seconds=0))
        running.until("some crossed a line", lambda: sum(len(kept(machine, line)) for line in lines) >= 3)
        running.until("somebody is in the yard still", lambda: bool(machine.events.lasting()))
        told = [one for line in lines for one in kept(machine, line)]
        running.until("whoever is on duty knows of each", lambda: all(str(one.id) in desk.taken for one in told))
        left = machine.events.lasting()[0]
        killed_at = machine.clock.wall_us()
        [watcher] = running.pids("watcher")
        os.kill(watcher, signal.SIGKILL)
        running.until("what lasted is ended", lambda: machine.events.get(left.id).end is not None)
        running.until(
            "somebody is in the yard again", lambda: any(one.start > killed_at for one in kept(machine, yard))
        )
        status = machine.cameras.view_status(1)
        assert status is not None
        assert status.state is not ViewState.PAUSED
        running.process.terminate()
        assert running.process.wait(20) == 0

    assert desk.bad_signatures == 0
    messages = [desk.taken[str(one.id)]["data"] for one in told]
    assert {one["camera"]["name"] for one in messages} == {"Street"}
    assert {one["rule"]["name"] for one in messages} <= {f"at {x}" for x in LINES}
    assert str(left.id) not in desk.taken  # that rule tells nobody but the console
    assert machine.alerts.find(left.id).muted is Muted.NOT
    assert machine.events.lasting() == []
    ended = machine.events.get(left.id).end
    assert ended is not None
    assert killed_at - 31 * MICROSECONDS < ended <= killed_at
    crossings = [one for line in lines for one in kept(machine, line)]
    assert all(one.start == one.end and one.score >= 0.6 and one.tracks == 1 for one in crossings)
    counts = machine.counts.of(WallUs(0), EVER)
    assert {one.rule for one in counts} <= lines
    # What the killed watcher counted in its last second may be lost; what it wrote of events is not.
    lately = [one for one in crossings if killed_at - 2 * MICROSECONDS < one.start <= killed_at]
    assert len(crossings) - len(lately) <= sum(one.count for one in counts) <= len(crossings)
    assert check(open_database(machine.folder), machine.folder) == []
