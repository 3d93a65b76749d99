"""`watchglass census`: how watched a place is, from open data, and whether published tables hold.

It knows cameras and places, never people. Its libraries are an extra, and are loaded with this module alone.
"""

import csv
import dataclasses
import datetime as dt
import enum
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from watchglass.base.clock import MICROSECONDS, SystemClock
from watchglass.base.errors import BadInputError, UsageError
from watchglass.base.process import cores
from watchglass.base.tabular import require_parquet
from watchglass.cli.folder import existing_machine_of
from watchglass.cli.options import Data
from watchglass.cli.progress import Report, reporting
from watchglass.store.censuses import Censuses, check_name

try:
    from watchglass.census import output, reference
    from watchglass.census.compare import Side, compare, of_measures, of_table
    from watchglass.census.gathering import DOUBLE
    from watchglass.census.measuring import Given, How, measure
    from watchglass.census.reading import by_kind, read, read_areas, summary
    from watchglass.census.sample import CAMERAS, DRAWS
    from watchglass.census.sections import Listed
    from watchglass.census.texts import parse_mapping
    from watchglass.census.values import Area, Camera, Ground, Read, Remark
    from watchglass.census.writing import from_json, plain, to_json
except ModuleNotFoundError as error:
    raise UsageError(
        f"The census needs libraries that are not installed here ({error.name}): run pip install 'watchglass[census]'."
    ) from error

app = typer.Typer(rich_markup_mode=None)

Columns = Annotated[
    str | None,
    typer.Option(
        metavar="FIELD=COLUMN,...", help="Which column is which, as longitude=x,latitude=y. [default: by their names]"
    ),
]

Maps = Annotated[
    list[Path],
    typer.Argument(
        metavar="MAP...",
        help="OpenStreetMap (PBF, Overpass JSON, GeoJSON), tables of cameras (CSV) and registers (JSON); together one source.",
    ),
]
AreaTable = Annotated[
    Path | None,
    typer.Option("--areas", metavar="CSV", help="Areas: names, population, area, further columns such as crime."),
]
Boundaries = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Their boundaries: GeoJSON, or a map that has them.")
]
Level = Annotated[
    int | None, typer.Option(metavar="N", help="Take the maps' own boundaries of this admin_level as areas.")
]
Second = Annotated[
    Path | None,
    typer.Option(metavar="MAP", help="Another source of the same place: how many cameras both miss is estimated."),
]
Other = Annotated[
    str | None,
    typer.Option(
        "--compare",
        metavar="OTHER",
        help="A census (census.json), table of areas (CSV) or reference table to put beside it.",
    ),
]
Look = Annotated[bool, typer.Option("--look/--no-look", help="Work out what cameras see, where the maps have ways.")]
Publish = Annotated[
    str | None, typer.Option(metavar="NAME", help="Show the figures in this machine's console, under this name.")
]


class Form(enum.StrEnum):
    """How a table is printed."""

    MD = "md"
    CSV = "csv"
    JSON = "json"


@app.command("measure")
def measure_command(
    maps: Maps,
    areas: AreaTable = None,
    boundaries: Boundaries = None,
    level: Level = None,
    columns: Columns = None,
    area_columns: Columns = None,
    second: Second = None,
    other: Other = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the report and all tables go.")] = Path("census"),
    title: Annotated[str, typer.Option(help="Of the report.")] = "How watched is it?",
    look: Look = True,
    draws: Annotated[int, typer.Option(min=0, max=1000, help="Draws of what tags do not say; 0: no range.")] = DRAWS,
    sample: Annotated[int, typer.Option(min=1, help="About how many cameras are drawn again.")] = CAMERAS,
    processes: Annotated[int | None, typer.Option(min=1, max=256, help="[default: one a core]")] = None,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write the table as Parquet too.")] = False,
    publish: Publish = None,
    data: Data = None,
) -> None:
    """Count the cameras of a place, and what they see, with what is not known beside every figure."""
    if publish is not None:
        check_name(publish)
    side = _side(other) if other is not None else None  # before the long work: it can be a slip of the pen
    with reporting() as tell:
        given = _given(maps, areas, boundaries, level, columns, area_columns, second, tell)
        output.begin(out)
        if parquet:
            require_parquet()
        how = How(look, draws, sample, processes or cores(), tell=tell)
        made = dt.datetime.fromtimestamp(SystemClock().wall_us() // MICROSECONDS, dt.UTC)
        found = measure(given, made.strftime("%Y-%m-%dT%H:%M:%SZ"), how)
    _tell("where cameras lie", found.census.remarks[len(given.remarks) :])
    comparison = compare(side, of_measures("this census", found.census.areas)) if side else None
    told = output.Told(title, given.cameras, comparison, _again(), _is_openstreetmap(maps, second))
    written = output.write(found, told, out, parquet=parquet)
    for line in output.briefly(found.census):
        typer.echo(line)
    typer.echo(f"{len(written)} files are in {out}; begin with {out / 'report.html'}.")
    if publish is not None:
        Censuses(existing_machine_of(data).folder).keep(publish, to_json(found.census).encode())
        typer.echo(f"It is in the console as {publish}.")


@app.command("table")
def table_command(
    name: Annotated[str, typer.Option("--reference", metavar="NAME", help=f"One of {', '.join(reference.NAMES)}.")],
    form: Annotated[Form, typer.Option("--format", help="How it is printed.")] = Form.MD,
) -> None:
    """Print a published table, each printed figure beside what its own numbers give; slips are flagged, with the arithmetic."""
    table = reference.load(name)
    rows = reference.lines(table)
    findings = reference.check(table)
    others = [reference.load(other) for other in reference.NAMES if other != name]
    repeated = [one for other in others for one in reference.repeated(table, other)]
    if form is Form.JSON:
        told = {
            "table": name,
            "source": table.source.words,
            "rows": [dict(zip(reference.COLUMNS, row, strict=True)) for row in rows],
            "findings": [dataclasses.asdict(one) for one in findings],
            "repeated": [dataclasses.asdict(one) for one in repeated],
            "unchecked": reference.unchecked(table),
            "claims": table.claims,
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif form is Form.CSV:
        csv.writer(sys.stdout, lineterminator="\n").writerows([reference.COLUMNS, *rows])
    else:
        _print_markdown(Listed(name, (), reference.COLUMNS, rows))
        for head, sentences in (
            ("Figures that do not hold", [f"{one.area}: {one.words}" for one in findings]),
            ("Figures that another table has too", [f"{one.area}: {one.words}" for one in repeated]),
            ("What cannot be checked", reference.unchecked(table)),
            ("What it says besides, and no figure of it bears out or refutes", table.claims),
            ("Source", (table.source.words,)),
        ):
            if sentences:
                typer.echo("\n".join([f"\n{head}:", *(f"- {one}" for one in sentences)]))


@app.command("compare")
def compare_command(
    first: Annotated[
        str,
        typer.Argument(metavar="FIRST", help="A census (census.json), a table of areas (CSV), or a reference table."),
    ],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="The same, of another source or year.")],
    form: Annotated[Form, typer.Option("--format", help="How it is printed.")] = Form.MD,
) -> None:
    """Put two sources or years side by side, and say what every difference over 5 % is made of."""
    listed = output.compared(compare(_side(first), _side(second)))
    if form is Form.JSON:
        rows = [
            dict(zip(("area", "figure", "first", "second", "difference", "words"), row, strict=True))
            for row in listed.rows
        ]
        typer.echo(json.dumps({"sentences": listed.sentences, "differences": rows}, ensure_ascii=False, indent=2))
    elif form is Form.CSV:
        csv.writer(sys.stdout, lineterminator="\n").writerows([listed.heads, *listed.rows])
    else:
        typer.echo("\n".join(listed.sentences) + "\n")
        _print_markdown(listed)


def _given(
    maps: Sequence[Path],
    areas: Path | None,
    boundaries: Path | None,
    level: int | None,
    columns: str | None,
    area_columns: str | None,
    second: Path | None,
    tell: Report,
) -> Given:
    """Everything read, each file's summary told on standard error."""
    if level is not None and (areas or boundaries):
        raise UsageError(
            "--level takes the maps' own boundaries, --areas and --boundaries others: give one or the other."
        )
    mapping = parse_mapping(columns)
    found = [_read(path, mapping, tell) for path in maps]
    remarks = [remark for one in found for remark in one.remarks]
    places: tuple[Area, ...] = ()
    if areas is not None or boundaries is not None:
        named = read_areas(areas, boundaries, parse_mapping(area_columns))
        places, remarks = named.areas, [*remarks, *named.remarks]
        _tell(", ".join(path.name for path in (areas, boundaries) if path), named.remarks, f"{len(places):,} areas")
    elif level is not None:
        places = tuple(area for one in found for area in one.boundaries if area.level == level and area.boundary)
        if not places:
            levels = sorted({area.level for one in found for area in one.boundaries if area.level is not None})
            there = f"those they have: {', '.join(map(str, levels))}" if levels else "they have none at all"
            raise BadInputError(f"The maps have no boundaries of admin_level {level}; {there}.")
    elif not any(one.cameras or one.ground for one in found):
        places = tuple(area for one in found for area in one.boundaries)  # a table of areas with counts of its own
    other: tuple[Camera, ...] | None = None
    if second is not None:
        again = _read(second, mapping, tell)
        other, remarks = again.cameras, [*remarks, *again.remarks]
    names = tuple(path.name for path in (*maps, areas, boundaries, second) if path is not None)
    cameras = tuple(camera for one in found for camera in one.cameras)
    ground = [one.ground for one in found if one.ground is not None]
    cameras, doubles = _once(cameras)
    _tell("all maps together", doubles)
    return Given(names, cameras, places, Ground.together(ground) if ground else None, other, (*remarks, *doubles))


def _once(cameras: Sequence[Camera]) -> tuple[tuple[Camera, ...], tuple[Remark, ...]]:
    """OpenStreetMap's objects that are on several of the maps count once."""
    kept: dict[tuple[str, str], Camera] = {}
    doubles = []
    for camera in cameras:
        key = ("" if "/" in camera.id else camera.source, camera.id)
        if "/" in camera.id and key in kept:
            doubles.append(
                Remark(camera.source, camera.id, f"is in {kept[key].source} too, and counts once", True, DOUBLE)
            )
        else:
            kept[(*key[:1], f"{key[1]} {len(kept)}") if key in kept else key] = camera
    return tuple(kept.values()), tuple(doubles)


def _read(path: Path, mapping: dict[str, str] | None, tell: Report) -> Read:
    tell(f"reading {path.name}", 0, 0)  # nobody knows how much of it is done: a city takes a minute
    found = read(path, mapping)
    tell(f"reading {path.name}", 1, 1)
    sys.stderr.write(f"{path.name}: {summary(found)}\n")
    return found


def _tell(what: str, remarks: Sequence[Remark], there: str = "") -> None:
    """On standard error, what is odd and was not told with a file of cameras."""
    if there or remarks:
        lines = [f"{what}: {there}".rstrip(": "), *by_kind(remarks)]
        sys.stderr.write("\n".join(lines) + "\n")


def _side(what: str) -> Side:
    """A reference table by its name; else a file."""
    if what in reference.NAMES:
        return of_table(reference.load(what))
    path = Path(what)
    if not path.is_file():
        raise UsageError(f"{what} is neither a file nor a reference table: those are {', '.join(reference.NAMES)}.")
    if path.suffix == ".json":
        return of_measures(path.name, from_json(path.read_bytes(), path.name).areas)
    found = measure(Given((path.name,), (), read_areas(path).areas), "", How(look=False))
    return of_measures(path.name, found.census.areas)


def _print_markdown(listed: Listed) -> None:
    def line(cells: Sequence[str | float | None]) -> str:
        return "| " + " | ".join(plain(str("" if cell is None else cell)).replace("|", "\\|") for cell in cells) + " |"

    typer.echo(line(listed.heads))
    typer.echo("|" + " --- |" * len(listed.heads))
    for row in listed.rows:
        typer.echo(line(row))


def _again() -> str:
    return shlex.join(["watchglass", *sys.argv[1:]])


def _is_openstreetmap(maps: Sequence[Path], second: Path | None) -> bool:
    """Whether its licence is to be named: tables and registers are not from there."""
    return any(path.suffix.casefold() in {".pbf", ".json", ".geojson"} for path in (*maps, second) if path is not None)
