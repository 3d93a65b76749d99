"""Plots of a census, as PNG and SVG: readable without colour, the same bytes for the same figures.

No pyplot, no state: a function makes a `matplotlib.figure.Figure`, and `as_svg` and `as_png` write it.
"""

import contextlib
import dataclasses
import io
import math
import textwrap
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import FuncFormatter, MaxNLocator
from scipy import stats

from watchglass.census.values import BANDS, FIGURES, Census, Figure, Numbers
from watchglass.census.writing import alike, is_share, plain

INK, PALE, PAPER = "#1b1f24", "#8a929c", "#ffffff"
"""Of words and axes; of grid lines; of what is behind. A report turns them round on a dark screen."""
BLUE, ORANGE = "#0072b2", "#d55e00"
"""Of Okabe and Ito's eight, which people with any colour vision tell apart; shapes differ as well."""
STEPS = ("#d5e6f2", "#a3c8e0", "#6aa3cb", "#3579b0", "#12487f")
"""From a glimpse to a person's characteristics: also light to dark in grey."""

MOST = 120
"""Areas in one plot. Of more, the first are drawn, and the title says so."""

_WIDTH, _LINE = 8.0, 0.21  # inches: of a plot, of an area in it
_LONGEST = 30  # letters of a name
_SALT = "watchglass"
# Settings are the whole process's while they are changed, so one plot is made at a time.
_ALONE = threading.Lock()
# For scripts that DejaVu, which comes with matplotlib, has not; those that this machine has.
_FURTHER = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Droid Sans Fallback", "WenQuanYi Zen Hei", "Noto Sans", "Unifont")
_LOOK: Mapping[Any, Any] = {
    "svg.fonttype": "none",  # words stay words
    "svg.hashsalt": _SALT,
    "font.family": ["sans-serif"],
    "font.size": 9,
    "axes.titlesize": 11,
    "axes.unicode_minus": True,
    "path.simplify": False,
}


@contextlib.contextmanager
def _looking() -> Iterator[None]:
    """Our settings, whatever this machine's matplotlibrc says."""
    with _ALONE, mpl.rc_context(), warnings.catch_warnings():
        # A script that no font here has: whoever shows an SVG may have one.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        mpl.rcdefaults()
        mpl.rcParams.update(_LOOK)
        there = font_manager.fontManager.get_font_names()
        mpl.rcParams["font.sans-serif"] = ["DejaVu Sans", *(font for font in _FURTHER if font in there)]
        yield


@dataclasses.dataclass(frozen=True, slots=True)
class Points:
    """Areas by two figures, for a scatter plot. `influential` are names of areas without which the answer would be another."""

    names: Sequence[str]
    across: Sequence[float]
    up: Sequence[float]
    across_name: str
    up_name: str
    influential: Sequence[str] = ()
    words: str = ""  # a short sentence that stands under the title


@_looking()
def bars(census: Census, name: str) -> Drawing | None:
    """Areas from the highest figure down, with what is known of their intervals; None where no area has it."""
    told = sorted(_of(census, name), key=lambda one: (-one[1].value, one[0]))
    if not told:
        return None
    some, rows = told[:MOST], len(told[:MOST])
    scale = 100 if is_share(name) else 1
    drawing, axes = _canvas(rows)
    places = np.arange(rows)
    axes.barh(places, [one.value * scale for _, one in some], height=0.66, color=STEPS[2], edgecolor=INK, linewidth=0.5)
    _whiskers(axes, [one for _, one in some], scale)
    _areas(axes, [area for area, _ in some])
    axes.set_xlim(left=min(0, *(one.value * scale for _, one in some)))
    axes.set_xlabel(_axis(name))
    known = any(one.low is not None for _, one in some)
    under = "Lines: " + _how(some) if known else "How far these may be off is not known."
    _title(drawing, _first_up(FIGURES.get(name, name)), under, _left_out(len(told)))
    return drawing


@_looking()
def ranks(census: Census, name: str = "rank-per-1000") -> Drawing | None:
    """Ranks, each with the places that it may as well have; None where there are none."""
    told = sorted(_of(census, name), key=lambda one: (one[1].value, one[0]))
    if not told:
        return None
    some, rows = told[:MOST], len(told[:MOST])
    drawing, axes = _canvas(rows)
    for row, (_, one) in enumerate(some):
        if one.low is not None and one.high is not None:
            axes.plot([one.low, one.high], [row, row], color=STEPS[2], linewidth=4, solid_capstyle="butt", zorder=2)
    axes.plot([one.value for _, one in some], range(rows), "D", color=INK, markersize=3.6, linestyle="none", zorder=3)
    _areas(axes, [area for area, _ in some])
    most = max(one.high if one.high is not None else one.value for _, one in some)
    axes.set_xlim(0.5, max(most, 2) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=2))
    axes.set_xlabel("place (1 is the highest)")
    known = any(one.low is not None for _, one in some)
    under = "Bars: " + _how(some) if known else "How sure these places are is not known."
    _title(drawing, _first_up(FIGURES.get(name, name)), under, _left_out(len(told)))
    return drawing


@_looking()
def seen(census: Census, what: str = "public-seen") -> Drawing | None:
    """Share that is seen, band in band: what is seen at 250 px/m is seen at 20 as well. None where no area has it."""
    names = {band: what if band == BANDS[0] else f"{what}-{band}" for band in BANDS}
    there = {band: dict(_of(census, name)) for band, name in names.items()}
    told = sorted(there[BANDS[0]].items(), key=lambda one: (-one[1].value, one[0]))
    if not told:
        return None
    some, rows = told[:MOST], len(told[:MOST])
    drawing, axes = _canvas(rows, legend=True)
    for band, colour in zip(BANDS, STEPS, strict=True):
        values = [one.value * 100 if (one := there[band].get(area)) else 0 for area, _ in some]
        axes.barh(
            np.arange(rows),
            values,
            height=0.7,
            color=colour,
            edgecolor=INK,
            linewidth=0.4,
            label=f"{band} px/m and more",
        )
    _whiskers(axes, [one for _, one in some], 100)
    _areas(axes, [area for area, _ in some])
    axes.set_xlim(left=0)
    axes.set_xlabel(_axis(what))
    drawing.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    known = any(one.low is not None for _, one in some)
    under = "Lines, for 20 px/m and more: " + _how(some) if known else ""
    _title(drawing, _first_up(FIGURES.get(what, what)), under, _left_out(len(told)))
    return drawing


@_looking()
def scatter(points: Points) -> Drawing | None:
    """Areas by two figures, with the fitted line and its 95 % interval; None under three areas, or where nothing differs."""
    across, up = np.asarray(points.across, dtype=float), np.asarray(points.up, dtype=float)
    if len(across) < 3 or np.ptp(across) == 0:
        return None
    drawing = Drawing(figsize=(_WIDTH, 5.4), layout="constrained")
    axes = drawing.add_subplot()
    special = np.isin(np.array(points.names, dtype=object), list(points.influential))
    line, low, high, grid = _fitted(across, up)
    axes.fill_between(grid, low, high, color=STEPS[0], linewidth=0, zorder=1, label="95 % interval of the line")
    axes.plot(grid, line, color=BLUE, linewidth=1.4, zorder=2, label="fitted line")
    axes.scatter(across[~special], up[~special], s=22, color=INK, alpha=0.75, linewidths=0, zorder=3)
    if special.any():
        label = "changes the answer most"
        axes.scatter(across[special], up[special], s=60, marker="D", color=ORANGE, edgecolor=INK, zorder=4, label=label)
    named = [index for index, one in enumerate(special) if one][:3] or _outermost(across, up)
    _names(axes, points, named)
    _frame(axes)
    axes.grid(color=PALE, alpha=0.35, linewidth=0.5)
    axes.set_xlabel(_first_up(plain(points.across_name)), parse_math=False)
    axes.set_ylabel(_first_up(plain(points.up_name)), parse_math=False)
    axes.margins(0.08)
    # Of few areas the interval is so wide that the points would be a line.
    room = 0.6 * (float(np.ptp(up)) or 1)
    axes.set_ylim(max(axes.get_ylim()[0], up.min() - room), min(axes.get_ylim()[1], up.max() + room))
    drawing.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    _title(
        drawing, f"{_first_up(_short(points.up_name, 60))} against {_short(points.across_name, 60)}", points.words, ""
    )
    return drawing


@_looking()
def recapture(first: tuple[str, int], second: tuple[str, int], both: int, estimated: Figure) -> Drawing:
    """Two sources, what is in both, and the estimate of what is in neither. Counts are of cameras; `first` and `second` in all."""
    (one, all_one), (other, all_other) = first, second
    either = all_one + all_other - both
    parts = (
        (all_one - both, f"{_short(one)} alone", STEPS[1], ""),
        (both, "both", STEPS[3], ""),
        (all_other - both, f"{_short(other)} alone", STEPS[2], "//"),
        (max(0.0, estimated.value - either), "neither (estimated)", PAPER, ".."),
    )
    drawing = Drawing(figsize=(_WIDTH, 2.5), layout="constrained")
    axes = drawing.add_subplot()
    left = 0.0
    for count, words, colour, hatch in parts:
        label = f"{words}: {count:,.0f}"
        drawn = axes.barh([0], [count], left=left, height=0.6, color=colour, edgecolor=INK, linewidth=0.6, hatch=hatch)
        drawn.set_label(label)
        left += count
    if estimated.low is not None and estimated.high is not None:
        reach = [[max(0.0, estimated.value - estimated.low)], [max(0.0, estimated.high - estimated.value)]]
        axes.errorbar([estimated.value], [0], xerr=reach, fmt="D", color=INK, markersize=4, capsize=4, zorder=4)
    axes.set_yticks([])
    axes.set_xlim(left=0)
    axes.set_xlabel("cameras")
    _frame(axes)
    legend = drawing.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    for text in legend.get_texts():
        text.set_parse_math(False)
    under = f"Line: {plain(estimated.how)}" if estimated.low is not None else ""
    _title(drawing, "Cameras in one source, in both, and in neither", under, "")
    return drawing


@_looking()
def as_svg(drawing: Drawing) -> str:
    """SVG in which words are words; the same figures make the same bytes."""
    out = io.StringIO()
    FigureCanvasSVG(drawing).print_svg(  # type: ignore[no-untyped-call]
        out, metadata={"Date": None, "Creator": None}
    )
    return out.getvalue()


@_looking()
def as_png(drawing: Drawing, dpi: int = 150) -> bytes:
    """PNG, on white."""
    out = io.BytesIO()
    drawing.set_dpi(dpi)
    FigureCanvasAgg(drawing).print_png(  # type: ignore[no-untyped-call]
        out, metadata={"Software": None}
    )
    return out.getvalue()


def _of(census: Census, name: str) -> list[tuple[str, Figure]]:
    found = [(area.area, area.figures.get(name)) for area in census.areas]
    return [(area, one) for area, one in found if one is not None and math.isfinite(one.value)]


def _canvas(rows: int, *, legend: bool = False) -> tuple[Drawing, Axes]:
    """A figure for so many areas, one below the other."""
    height = max(2.4, 1.35 + _LINE * rows) + (0.5 if legend else 0)
    drawing = Drawing(figsize=(_WIDTH, height), layout="constrained")
    axes = drawing.add_subplot()
    axes.set_ylim(rows - 0.4, -0.6)
    _frame(axes)
    axes.grid(axis="x", color=PALE, alpha=0.35, linewidth=0.5)
    axes.set_axisbelow(True)
    return drawing, axes


def _frame(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(colors=INK, labelsize=8)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:,.10g}"))


def _areas(axes: Axes, names: Sequence[str]) -> None:
    size = 8 if len(names) <= 40 else 7
    axes.set_yticks(range(len(names)), [_short(name) for name in names], parse_math=False, fontsize=size)
    axes.tick_params(axis="y", length=0)


def _whiskers(axes: Axes, figures: Sequence[Figure], scale: float) -> None:
    """Intervals as lines with caps, where there are any: also such as do not hold the value itself."""
    for row, one in enumerate(figures):
        if one.low is not None and one.high is not None:
            ends = [one.low * scale, one.high * scale]
            axes.plot(ends, [row, row], color=INK, linewidth=1.1, marker="|", markersize=5, zorder=4)


def _fitted(across: Numbers, up: Numbers) -> tuple[Numbers, ...]:
    """The line of least squares over the span, with the 95 % interval of its mean (Student's t)."""
    count, mean = len(across), across.mean()
    spread = float(((across - mean) ** 2).sum())
    slope = float(((across - mean) * (up - up.mean())).sum()) / spread
    grid = np.linspace(across.min(), across.max(), 80)
    line = up.mean() + slope * (grid - mean)
    rest = up - up.mean() - slope * (across - mean)
    error = math.sqrt(float((rest**2).sum()) / (count - 2))
    reach = float(stats.t.ppf(0.975, count - 2)) * error * np.sqrt(1 / count + (grid - mean) ** 2 / spread)
    return line, line - reach, line + reach, grid


def _outermost(across: Numbers, up: Numbers) -> list[int]:
    """The two areas that lie farthest from the middle: worth a name where none changes the answer."""
    wide = [np.abs(one - np.median(one)) / (np.ptp(one) or 1) for one in (across, up)]
    return [int(one) for one in np.argsort(-(wide[0] + wide[1]), kind="stable")[:2]]


def _names(axes: Axes, points: Points, named: Sequence[int]) -> None:
    middle = (min(points.across) + max(points.across)) / 2
    for index in named:
        right = points.across[index] > middle
        axes.annotate(
            _short(points.names[index]),
            (points.across[index], points.up[index]),
            xytext=(-8 if right else 8, 4),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=8,
            color=INK,
            bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 0.6},
            parse_math=False,
            zorder=5,
        )


def _title(drawing: Drawing, title: str, under: str, left_out: str) -> None:
    """A title in room of its own above the axes, so that it may be as wide as the figure."""
    large = textwrap.wrap(title, 84)
    small = textwrap.wrap(" ".join(part for part in (plain(under), left_out) if part), 118)[:3]
    room = 0.12 + 0.19 * len(large) + 0.15 * len(small)  # inches
    height = drawing.get_figheight()
    drawing.set_layout_engine("constrained", rect=(0, 0, 1, 1 - room / height))
    for row, words in enumerate([*large, *small]):
        at = 0.04 + 0.19 * min(row, len(large)) + 0.15 * max(0, row - len(large))
        size = 11 if row < len(large) else 8
        drawing.text(0.01, 1 - at / height, words, fontsize=size, color=INK, va="top", parse_math=False)


def _axis(name: str) -> str:
    if is_share(name):
        return "per cent"
    return FIGURES.get(name, name).split(":")[0].split(" (")[0]


def _how(some: Sequence[tuple[str, Figure]]) -> str:
    """How intervals were had."""
    return "; ".join(alike(plain(one.how) for _, one in some if one.low is not None and one.how)) or "interval"


def _left_out(count: int) -> str:
    return f"The first {MOST} of {count:,} areas." if count > MOST else ""


def _short(text: str, longest: int = _LONGEST) -> str:
    text = plain(text)
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
