"""How long it takes to work out what 100,000 cameras among 500,000 buildings see, and how time grows with the town.

    python -m benchmarks.census [--cameras N ...]

Made-up towns of the same density: 555 L-shaped buildings, 111 cameras, and 31 km of streets and footways a km². Nothing is
known of a camera but its place, nothing of a building but its outline: all is done with the stated defaults.
"""

import argparse
import dataclasses
import math
import os
import resource
from pathlib import Path

import numpy as np
import shapely

from benchmarks.table import Row
from watchglass.base.clock import SystemClock
from watchglass.base.process import cores
from watchglass.census.optics import known
from watchglass.census.plane import Plane
from watchglass.census.seeing import Place, Scene, Seen, Work, look, seen_by_area
from watchglass.census.values import Camera, Ground, Shapes
from watchglass.cli.progress import Report, reporting

CAMERAS = (12_500, 25_000, 50_000, 100_000)
BUILDINGS = 5
"""For each camera."""

LIMIT_S = 600.0
LIMIT_GIB = 4.0
PROCESSES = 2

_PITCH = 1000 / math.sqrt(555)  # metres from plot to plot
_EVERY = 3  # plots from street to street
_MIDDLE = (12.37, 51.34)


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """How long a town took, what it took, and what came out."""

    cameras: int
    buildings: int
    seconds: float
    cpu: float  # seconds of all cores together: says how much work it is, whatever else the machine does
    gib: float
    load: float  # of the machine as it began
    found: Seen


def town(cameras: int, seed: int = 1) -> tuple[Ground, list[Camera], shapely.Polygon]:
    """A town with so many cameras, in degrees; and its bounds in its plane."""
    generator = np.random.default_rng(seed)
    plots = round(math.sqrt(cameras * BUILDINGS))
    side = plots * _PITCH
    plane = Plane(*_MIDDLE)
    middles = (
        np.stack(np.meshgrid(np.arange(plots), np.arange(plots)), axis=-1).reshape(-1, 2) + 0.5
    ) * _PITCH - side / 2
    size = generator.uniform(8, _PITCH * 0.85, (len(middles), 2))
    corner = np.array([[0, 0], [1, 0], [1, 0.5], [0.5, 0.5], [0.5, 1], [0, 1]]) - 0.5
    houses = np.asarray(shapely.polygons(corner[None] * size[:, None] + middles[:, None]), dtype=object)
    streets, footways = _lines(side, 0.0), _lines(side, _EVERY * _PITCH / 2)
    ways = np.concatenate([streets, footways])
    parks = middles[generator.random(len(middles)) < 0.01]
    at = generator.uniform(-side / 2, side / 2, (cameras, 2))
    longitudes, latitudes = plane.degrees(at[:, 0], at[:, 1])
    ground = Ground(
        buildings=plane.in_degrees(houses),
        heights=np.full(len(houses), np.nan),
        ways=plane.in_degrees(ways),
        kinds=np.array(["residential"] * len(streets) + ["footway"] * len(footways)),
        widths=np.full(len(ways), np.nan),
        walkable=np.ones(len(ways), bool),
        open=plane.in_degrees(np.asarray(shapely.box(*(parks - _PITCH).T, *(parks + _PITCH).T), dtype=object)),
    )
    placed = [
        Camera(f"node/{number}", "made up", float(longitude), float(latitude))
        for number, (longitude, latitude) in enumerate(zip(longitudes, latitudes, strict=True))
    ]
    return ground, placed, shapely.box(-side / 2, -side / 2, side / 2, side / 2)


def _lines(side: float, first: float) -> Shapes:
    """A net of ways from crossing to crossing."""
    gap = _EVERY * _PITCH
    along = np.arange(first, side - 1e-6, gap)
    at, begin = (part.reshape(-1) - side / 2 for part in np.meshgrid(along, along[:-1]))
    upright = np.stack([np.stack([at, begin], 1), np.stack([at, begin + gap], 1)], axis=1)
    return np.asarray(shapely.linestrings(np.concatenate([upright, upright[:, :, ::-1]])), dtype=object)


def run(cameras: int, tell: Report, processes: int = PROCESSES) -> Run:
    """Measure a town, from degrees to shares."""
    clock, memory = SystemClock(), Memory()

    def told(_what: str, done: float, of: float) -> None:
        memory.look(os.getpid())
        tell(f"{cameras:,} cameras", done, of)

    ground, placed, bounds = town(cameras)
    load = os.getloadavg()[0]
    begun, busy = clock.monotonic(), cpu_s()
    plane = Plane(*_MIDDLE)
    scene = Scene.of(Place.of(ground, plane), known(placed, plane), np.array([bounds], dtype=object))
    rows = look(scene, Work(processes=processes, tell=told))
    found = seen_by_area(scene, rows)[0]
    seconds = clock.monotonic() - begun
    return Run(cameras, len(ground.buildings), seconds, cpu_s() - busy, memory.gib, load, found)


def cpu_s() -> float:
    """Seconds that cores have worked for this process and for those it started, which have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


class Memory:
    """The most memory that this process and those it started have had together, looked at again and again."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self.gib = 0.0

    def look(self, process: int) -> None:
        """getrusage(2) would not do: a child's greatest is at first what its parent had as it began."""
        children = (self._proc / str(process) / "task" / str(process) / "children").read_text("ascii").split()
        self.gib = max(self.gib, sum(self._most(one) for one in (str(process), *children)) / 2**20)

    def _most(self, process: str) -> int:
        """KiB; see VmHWM in proc_pid_status(5)."""
        try:
            lines = (self._proc / process / "status").read_text("utf-8", "replace").splitlines()
        except OSError:  # it has just ended
            return 0
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def growth(runs: list[Run]) -> str:
    """Work for each camera in each town, beside the first one's."""
    first = runs[0].cpu / runs[0].cameras
    return "; ".join(
        f"{one.cameras:,}: {one.cpu / one.cameras * 1000:.2f} ms a camera, x{one.cpu / one.cameras / first:.2f}"
        for one in runs
    )


def grows_no_faster(runs: list[Run]) -> bool:
    """Whether the greatest town takes no more work for each camera than n log n allows, with a tenth for chance."""
    first, last = runs[0], runs[-1]
    allowed = math.log(last.cameras) / math.log(first.cameras)
    return last.cpu / last.cameras <= 1.1 * allowed * first.cpu / first.cameras


def rows(tell: Report) -> list[Row]:
    runs = [run(number, tell) for number in CAMERAS]
    last = runs[-1]
    what = f"{last.cameras:,} cameras, {last.buildings:,} buildings"
    return [
        Row(
            f"{what}: time (load {last.load:.1f})",
            f"{last.seconds:.0f} s",
            f"<= {LIMIT_S:.0f} s",
            last.seconds <= LIMIT_S,
        ),
        Row(f"{what}: memory", f"{last.gib:.2f} GiB", f"<= {LIMIT_GIB:.0f} GiB", last.gib <= LIMIT_GIB),
        Row("work of all cores, by town", growth(runs), "n log n", grows_no_faster(runs)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, nargs="*", default=CAMERAS)
    parser.add_argument("--processes", type=int, default=min(PROCESSES, cores()))
    wanted = parser.parse_args()
    with reporting() as tell:
        for number in wanted.cameras:
            one = run(number, tell, wanted.processes)
            shares = one.found.public_shares or ()
            print(
                f"{one.cameras:,} cameras, {one.buildings:,} buildings: {one.seconds:.1f} s, "
                f"cores worked {one.cpu:.0f} s, {one.cpu / one.cameras * 1000:.2f} ms a camera; {one.gib:.2f} GiB, load {one.load:.1f}; "
                f"effective {one.found.effective:,.0f}, public space seen {', '.join(f'{share:.2%}' for share in shares)}"
            )


if __name__ == "__main__":
    main()
