"""`watchglass counts`: what went over tripwires, as a table for spreadsheets. Works while `up` runs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from watchglass.base.clock import WallUs
from watchglass.base.errors import UsageError
from watchglass.base.timekeeping import machine_zone
from watchglass.cli.export import parse_time
from watchglass.cli.folder import existing_machine_of
from watchglass.cli.options import Data
from watchglass.model.count import HOUR
from watchglass.store.counts import Step, as_csv, published, write_parquet

_TIME = "as 2026-03-01T14:30, in this machine's time unless it says otherwise (Z, +01:00)."


def command(
    camera: Annotated[
        str | None, typer.Option(metavar="CAMERA", help="Of one camera: its name, or its number.")
    ] = None,
    rule: Annotated[int | None, typer.Option(metavar="NUMBER", help="Of one rule, as 'rule list' shows it.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help=f"Where it begins, {_TIME} [default: a week ago]")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Where it ends. [default: now]")] = None,
    by: Annotated[Step, typer.Option(help="Days are those of this machine's time zone.")] = Step.HOUR,
    parquet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write Parquet into a file instead; needs the extra parquet.")
    ] = None,
    to_publish: Annotated[
        bool, typer.Option("--published", help="Only what may be published: hours, and no number under five.")
    ] = False,
    data: Data = None,
) -> None:
    """Write what was counted at tripwires as CSV, times in UTC."""
    machine = existing_machine_of(data)
    ends = parse_time(end) if end is not None else machine.clock.wall_us()
    begins = parse_time(start) if start is not None else WallUs(ends - 7 * 24 * HOUR)
    if ends <= begins:
        raise UsageError("The span ends before it begins: give a --to that is after --from.")
    found = machine.cameras.find(camera).id if camera is not None else None
    told = machine.counts.told(begins, ends, found, rule, step=by, zone=machine_zone())
    if not told:
        typer.echo("Nothing was counted in that span.", err=True)
    if to_publish:
        told = published(told)
    if parquet is not None:
        write_parquet(told, parquet)
        return
    sys.stdout.write(as_csv(told).replace("\r\n", "\n"))
