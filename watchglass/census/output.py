"""A census as files in a folder: the report, tables, maps and plots; each whole or not there, whatever happens meanwhile."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure as Drawing

from watchglass.base import durable
from watchglass.base.errors import CannotWriteError
from watchglass.census import geojson, plots, report
from watchglass.census.compare import Comparison
from watchglass.census.correlation import Conclusion, Correlation
from watchglass.census.measuring import Found
from watchglass.census.plots import Points
from watchglass.census.report import Plotted, Shown
from watchglass.census.sections import Listed
from watchglass.census.values import BANDS, FIGURES, Camera, Census, Figure
from watchglass.census.writing import as_csv, as_markdown, interval, plain, shown, to_json, write_parquet

_RECAPTURED = 6  # areas whose two sources are drawn; all are in the table


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """What is written beside the census itself. `again` is the command that made it."""

    title: str
    cameras: Sequence[Camera] = ()
    comparison: Comparison | None = None
    again: str = ""
    openstreetmap: bool = True


def begin(folder: Path) -> None:
    """Make the folder, before work that may take minutes. CannotWriteError, DiskFullError."""
    try:
        durable.make_folders(folder, 0o755)
    except OSError as error:
        raise durable.write_error(error, f"{folder}") from error
    if not folder.is_dir():
        raise CannotWriteError(f"{folder} is there and is no folder: name another with --out.")


def write(found: Found, told: Told, folder: Path, *, parquet: bool = False) -> tuple[Path, ...]:
    """Write all files of a census into a folder, which is made where there is none. CannotWriteError, DiskFullError."""
    census = found.census
    drawn = tuple(_drawn(found))
    seen = {BANDS[0]: found.seen} if found.seen is not None else {}
    page = Shown(
        told.title,
        census,
        found.areas,
        told.cameras,
        seen,
        tuple(_conclusion(one) for one in found.conclusions),
        (compared(told.comparison),) if told.comparison else (),
        tuple(Plotted(name.title, name.words, plots.as_svg(drawing)) for name, drawing in drawn),
        told.again,
        told.openstreetmap,
    )
    files: dict[str, bytes] = {
        "report.html": report.as_html(page).encode(),
        "census.json": to_json(census).encode(),
        "table.csv": as_csv(census).encode(),
        "table.md": as_markdown(census).encode(),
        "areas.geojson": geojson.areas(census, found.areas).encode(),
        "cameras.geojson": geojson.cameras(told.cameras).encode(),
    }
    if seen:
        files["seen.geojson"] = geojson.seen(seen).encode()
    for name, drawing in drawn:
        files[f"plots/{name.file}.svg"] = plots.as_svg(drawing).encode()
        files[f"plots/{name.file}.png"] = plots.as_png(drawing)
    written = [_write(folder / name, content) for name, content in files.items()]
    if parquet:
        write_parquet(census, folder / "table.parquet")
        written.append(folder / "table.parquet")
    return tuple(written)


def _write(path: Path, content: bytes) -> Path:
    try:
        durable.make_folders(path.parent, 0o755)
        durable.replace(path, content, 0o644)
    except OSError as error:
        raise durable.write_error(error, f"{path}") from error
    return path


@dataclasses.dataclass(frozen=True, slots=True)
class _Name:
    """Of a plot: its file, its title, and what is to be seen in it."""

    file: str
    title: str
    words: str


def _drawn(found: Found) -> Iterator[tuple[_Name, Drawing]]:
    """Every plot there is something to draw in."""
    census = found.census
    for figure in ("per-1000", "per-km2", "effective-per-1000"):
        what = FIGURES[figure].partition(":")[0].capitalize()
        yield from _one(
            _Name(figure, what, f"{what}: areas from the highest down, with intervals."), plots.bars(census, figure)
        )
    words = "Each area's rank, and the ranks that it may as well have."
    yield from _one(_Name("ranks", "How sure ranks are", words), plots.ranks(census))
    for what, title in (("public-seen", "Public space that is seen"), ("walks-seen", "Walking routes that are seen")):
        words = f"{title}, by area, from an overview (20 px/m) to where a person can be characterised (250 px/m)."
        yield from _one(_Name(what, title, words), plots.seen(census, what))
    for number, (area, one) in enumerate(found.recaptured[:_RECAPTURED], 1):
        if one.all is not None:
            drawing = plots.recapture(("first", one.first), ("second", one.second), one.both, one.all)
            yield _Name(f"recapture-{number}", f"What two sources have in {area}", one.words), drawing
    every = [one for conclusion in found.conclusions for one in conclusion.correlations]
    for number, correlation in enumerate(every, 1):
        points = _points(census, correlation)
        title = f"{correlation.index} and {FIGURES[correlation.figure].partition(':')[0]}"
        yield from _one(_Name(f"scatter-{number}", title, correlation.words), plots.scatter(points))


def _one(name: _Name, drawing: Drawing | None) -> Iterator[tuple[_Name, Drawing]]:
    if drawing is not None:
        yield name, drawing


def _points(census: Census, one: Correlation) -> Points:
    there = [area for area in census.areas if one.figure in area.figures and one.index in area.indices]
    most = one.most
    return Points(
        [area.area for area in there],
        [area.figures[one.figure].value for area in there],
        [area.indices[one.index] for area in there],
        FIGURES[one.figure].partition(":")[0],
        one.index,
        [most.area] if most else [],
    )


def _conclusion(conclusion: Conclusion) -> Listed:
    """What one index has to do with cameras, by each denominator."""

    def cell(figure: Figure | None) -> str:
        if figure is None:
            return "cannot be told"
        ends = "" if figure.low is None or figure.high is None else f" ({figure.low:.2f} to {figure.high:.2f})"
        return f"{figure.value:.2f}{ends}"

    rows = [
        (
            FIGURES[one.figure].partition(":")[0],
            float(one.areas),
            cell(one.pearson),
            cell(one.drawn),
            cell(one.spearman),
            "" if one.most is None else f"{one.most.area}: {cell(one.most.pearson)}",
        )
        for one in conclusion.correlations
    ]
    heads = (
        "cameras by",
        "areas",
        "Pearson (Fisher)",
        "Pearson (bootstrap)",
        "Spearman",
        "without the one that matters most",
    )
    return Listed(conclusion.index, (conclusion.words, *(one.words for one in conclusion.correlations)), heads, rows)


def compared(comparison: Comparison) -> Listed:
    """Two sides, with every difference over 5 % and what it is made of."""
    explained = [one for one in comparison.differences if one.parts or (one.percent is None and one.after)]
    alike = len(comparison.differences) - len(explained)
    sentences = [
        f"{len(explained):,} of {len(comparison.differences):,} figures that both have differ by more than 5 %."
    ]
    if alike:
        sentences.append(f"The other {alike:,} are within 5 % of one another.")
    for which, only in ((comparison.first, comparison.first_only), (comparison.second, comparison.second_only)):
        if only:
            sentences.append(f"In {which} alone: {', '.join(only)}.")
    rows = [
        (
            one.area,
            one.figure,
            _number(one.figure, one.before),
            _number(one.figure, one.after),
            _percent(one.percent),
            one.words,
        )
        for one in explained
    ]
    heads = ("area", "figure", comparison.first, comparison.second, "difference", "what it is made of")
    return Listed(f"{comparison.first} and {comparison.second}", sentences, heads, rows)


def _number(figure: str, value: float) -> str:
    return shown("per-1000" if figure == "rate" else figure, value)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:+.1f} %"


def briefly(census: Census) -> list[str]:
    """The most important figures of each area, a line each, for a terminal."""
    lines = []
    for area in census.areas:
        parts = [
            f"{shown(name, one.value)} {what}" + (f" ({ends})" if (ends := interval(name, one)) else "")
            for name, what in (
                ("cameras", "cameras"),
                ("per-1000", "per 1,000 people"),
                ("public-seen", "of public space seen"),
            )
            if (one := area.figures.get(name)) is not None
        ]
        lines.append(f"{plain(area.area)}: {', '.join(parts) or 'nothing is known'}")
    return lines
