"""`make bench`: measures this machine, prints a table, keeps it in bench-results/."""

import datetime as dt
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import alerts, cameras, catalogue, census, delays, live, recording, redaction, rules, tracking
from benchmarks.table import Row
from watchglass.base.clock import MICROSECONDS, SystemClock
from watchglass.base.errors import Exit
from watchglass.cli.progress import Report, reporting

PARTS: dict[str, Callable[[Report], list[Row]]] = {
    "live": live.rows,
    "recording": recording.rows,
    "redaction": redaction.rows,
    "cameras": cameras.rows,
    "catalogue": catalogue.rows,
    "tracking": tracking.rows,
    "rules": rules.rows,
    "alerts": alerts.rows,
    "delays": delays.rows,
    "census": census.rows,
}


def main(wanted: list[str]) -> int:
    """Run the parts named, or all; 0 if every target is met."""
    console = Console()
    if unknown := [name for name in wanted if name not in PARTS]:
        console.print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(PARTS)}.")
        return Exit.USAGE
    found: dict[str, list[Row]] = {}
    for name in wanted or PARTS:
        console.print(f"measuring: {name}")
        with reporting() as tell:
            found[name] = PARTS[name](tell)
    table = Table("what", "measured", "target", "met", title=f"{os.cpu_count()} cores, {platform.processor()}")
    for rows in found.values():
        for row in rows:
            table.add_row(row.what, row.figure, row.target, ("yes" if row.met else "NO") if row.target else "")
    console.print(table)
    now = dt.datetime.fromtimestamp(SystemClock().wall_us() / MICROSECONDS, dt.UTC)
    folder = Path("bench-results")
    folder.mkdir(exist_ok=True)
    kept = {name: [[row.what, row.figure, row.target, row.met] for row in rows] for name, rows in found.items()}
    (folder / f"{now:%Y-%m-%d-%H%M%S}.json").write_text(json.dumps(kept, indent=1) + "\n")
    return 0 if all(row.met for rows in found.values() for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
