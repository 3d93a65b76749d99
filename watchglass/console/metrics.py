"""`/metrics`: figures for Prometheus (docs/metrics.md). Whoever is signed in may read them, or shows the token of the settings.

No label holds an address, a user name or a person's: cameras are told apart by their ids, and named in one series.
"""

import hmac
from collections.abc import Iterable, Iterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from watchglass import __version__
from watchglass.base.clock import MICROSECONDS
from watchglass.base.timekeeping import local_time
from watchglass.base.vitals import heard
from watchglass.console.context import Console, Context, Token, signed_in
from watchglass.console.fault import ANSWERS
from watchglass.console.health import RUNNING, SUPERVISOR_FILE, further_disks, read_processes
from watchglass.model.camera import Camera, Health, HealthState
from watchglass.record.figures import heard as heard_streams
from watchglass.store.disks import DiskState

router = APIRouter(responses=ANSWERS, tags=["metrics"])

SUPERVISOR: Final = "supervisor"
_BEARER: Final = "bearer "


def may_read(console: Context, token: Token, authorization: Annotated[str, Header(max_length=300)] = "") -> None:
    """Let in who shows the token, or is signed in. NotSignedInError for all others.

    Coming from this machine is no reason: so does all that a reverse proxy or an SSH tunnel brings.
    """
    shown = authorization[len(_BEARER) :].strip() if authorization.lower().startswith(_BEARER) else ""
    wanted = console.metrics_token
    if wanted and hmac.compare_digest(shown.encode("utf-8", "replace"), wanted.encode()):
        return
    signed_in(console, token)


@router.get("/metrics", response_class=Response, dependencies=[Depends(may_read)])
def metrics(console: Context) -> Response:
    """Tell figures in Prometheus' text format, version 0.0.4."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(families(console)))
    headers = {"content-type": CONTENT_TYPE_PLAIN_0_0_4, "cache-control": "no-store"}
    return Response(generate_latest(registry), headers=headers)


class _Collected(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def families(console: Console) -> Iterator[Metric]:
    """All figures as they are now. What is dear to count is up to a minute old (`Console.figures`)."""
    cameras = console.cameras.all()
    yield _gauge("watchglass_info", "The version that runs.", ("version",), [((__version__,), 1)])
    yield from _about_cameras(console, cameras)
    yield from _about_streams(console, cameras)
    yield from _about_kept(console)
    yield from _about_last(console, cameras)
    yield from _about_machine(console)
    yield from _about_processes(console)


def _about_cameras(console: Console, cameras: list[Camera]) -> Iterator[Metric]:
    yield _gauge(
        "watchglass_camera_info",
        "Name and policy of a camera.",
        ("camera", "name", "policy"),
        [((str(camera.id), camera.name, camera.policy.value), 1) for camera in cameras],
    )
    said = console.cameras.healths()
    now = local_time(console.clock, console.zone)
    states = []
    for camera in cameras:
        for role, _ in camera.streams():
            health: Health | None = said.get(camera.id, {}).get(role)
            silent = HealthState.OFF if camera.as_of(now).off else HealthState.STARTING
            state = health.state if health else silent
            states += [((str(camera.id), role.value, other.value), float(other is state)) for other in HealthState]
    yield _gauge(
        "watchglass_stream_state", "1 for the state that a stream is in.", ("camera", "stream", "state"), states
    )


def _about_streams(console: Console, cameras: list[Camera]) -> Iterator[Metric]:
    there = {camera.id for camera in cameras}
    told = [one for one in heard_streams(console.folder.run, console.clock.wall_us()) if one.camera in there]
    labels = ("camera", "stream")
    yield _counter(
        "watchglass_packets_lost",
        "RTP packets lost on the network since the recorder started.",
        labels,
        (((str(one.camera), one.role.value), one.lost) for one in told),
    )
    yield _gauge(
        "watchglass_camera_clock_gain_ratio",
        "What a camera's clock gains on the machine's (1e-5 is 0.9 s a day); no sample while that is not known.",
        labels,
        (((str(one.camera), one.role.value), one.gain) for one in told if one.gain is not None),
    )


def _about_kept(console: Console) -> Iterator[Metric]:
    labels = ("camera", "kind")
    figures = {(str(camera), kind): of for (camera, kind), of in console.figures().items()}
    yield _gauge("watchglass_segments", "Segments at rest.", labels, ((at, of.segments) for at, of in figures.items()))
    yield _gauge(
        "watchglass_kept_bytes", "Bytes of all segments.", labels, ((at, of.bytes) for at, of in figures.items())
    )
    yield _gauge(
        "watchglass_coverage_today_ratio",
        "Time kept of the time that was due since midnight; no sample where none was due.",
        labels,
        ((at, of.today.ratio) for at, of in figures.items() if of.today.ratio is not None),
    )
    yield _gauge(
        "watchglass_gap_today_seconds",
        "Time since midnight in gaps, by cause; off is on purpose.",
        (*labels, "cause"),
        (((*at, cause.value), us / MICROSECONDS) for at, of in figures.items() for cause, us in of.gaps.items()),
    )


def _about_last(console: Console, cameras: list[Camera]) -> Iterator[Metric]:
    now = console.clock.wall_us()
    there = [camera.id for camera in cameras]
    yield _gauge(
        "watchglass_last_fragment_age_seconds",
        "Time since the end of what was kept last, as of the catalogue, which is told every 5 s.",
        ("camera", "kind"),
        (
            ((str(camera), kind.name), max(0, now - latest) / MICROSECONDS)
            for kind in console.kinds
            for camera, latest in kind.rows.latest_of(there).items()
        ),
    )


def _about_machine(console: Console) -> Iterator[Metric]:
    free = console.free_space(console.folder.root)
    yield _gauge("watchglass_disk_free_bytes", "Free on the disk of the data folder.", (), [((), free)])
    yield _gauge("watchglass_disk_floor_bytes", "When less is free, the oldest goes.", (), [((), console.floor_bytes)])
    disks = further_disks(console)
    yield _gauge(
        "watchglass_further_disk_free_bytes",
        "Free on each further disk; no sample while it cannot be read.",
        ("folder",),
        [((disk.folder,), disk.free_bytes) for disk in disks if disk.free_bytes is not None],
    )
    yield _gauge(
        "watchglass_further_disk_state",
        "1 for the state it is in.",
        ("folder", "state"),
        [((disk.folder, state.value), float(disk.state is state)) for disk in disks for state in DiskState],
    )
    clock = console.clock_watch.look()
    kept = clock.kept
    yield _gauge(
        "watchglass_clock_synchronised",
        "1 while a time server keeps the machine's clock; no sample where that is unknown.",
        (),
        [((), float(kept.synchronised))] if kept.synchronised is not None else [],
    )
    yield _gauge(
        "watchglass_clock_max_error_seconds",
        "How wrong the machine's clock may be at most, while it is synchronised.",
        (),
        [((), kept.error_us / MICROSECONDS)] if kept.error_us is not None else [],
    )
    yield _gauge(
        "watchglass_clock_steps", "Times that the clock was set in the last day.", (), [((), len(clock.steps))]
    )
    custodians = len(console.custodians.all())
    yield _gauge("watchglass_custodians", "Who can open originals together.", (), [((), custodians)])
    yield _gauge("watchglass_custodians_needed", "How many it takes.", (), [((), console.custodians.needed())])


def _about_processes(console: Console) -> Iterator[Metric]:
    run, now, label = console.folder.run, console.clock.wall_us(), ("process",)
    known = read_processes(run / SUPERVISOR_FILE) or []
    yield _gauge(
        "watchglass_process_up",
        "1 while a process runs.",
        label,
        (((process.name,), float(process.state == RUNNING)) for process in known),
    )
    yield _counter(
        "watchglass_process_restarts",
        "How often a process ended and was started again.",
        label,
        (((process.name,), process.restarts) for process in known),
    )
    told = {(name,): heard(run, name, now) for name in (SUPERVISOR, *(process.name for process in known))}
    vitals = {name: one for name, one in told.items() if one is not None}
    for name, help_text, value in (
        ("sockets", "Open sockets.", "sockets"),
        ("files", "Open descriptors that are no sockets.", "files"),
        ("threads", "Threads.", "threads"),
        ("resident_bytes", "Memory in use.", "resident_bytes"),
    ):
        samples = [(at, float(getattr(one, value))) for at, one in vitals.items()]
        yield _gauge(f"watchglass_process_{name}", help_text, label, samples)
    yield _counter(
        "watchglass_process_cpu_seconds",
        "CPU time used since the process started.",
        label,
        ((at, one.cpu_seconds) for at, one in vitals.items()),
    )


Samples = Iterable[tuple[tuple[str, ...], float]]


def _gauge(name: str, text: str, labels: tuple[str, ...], samples: Samples) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for at, value in samples:
        family.add_metric(at, value)
    return family


def _counter(name: str, text: str, labels: tuple[str, ...], samples: Samples) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for at, value in samples:
        family.add_metric(at, value)
    return family
