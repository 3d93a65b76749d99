"""A census as files: a table (CSV, Parquet, Markdown), and all of it as JSON, there and back (docs/formats/census.md)."""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from watchglass.base import tabular
from watchglass.base.errors import BadInputError
from watchglass.base.tabular import Kind
from watchglass.census.values import FIGURES, Census, Figure, Measures, Remark

FORMAT = "watchglass-census"
VERSION = 1

SHARES = ("public-seen", "walks-seen", "owned", "purposed", "signed")
"""Figures that begin so are shares from 0 to 1."""

_WHOLE = ("cameras", "all", "rank")
_DIGITS = 6  # that count, in a table for machines; what is counted is given whole
_PARTS = ("", "-low", "-high", "-how")
# Control characters, halves of characters, and what turns the direction of writing for all that comes after.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~&-])")
_AMOUNT = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_NUMBER = re.compile(r"-?\d+")


def plain(text: str) -> str:
    """A text from an input, fit to be shown on one line: nothing in it that cannot be seen."""
    return " ".join(_UNSHOWN.sub("\ufffd", re.sub(r"[\t\r\n\u2028\u2029]", " ", text)).split())


def is_share(name: str) -> bool:
    """Is a figure of this name a share from 0 to 1?"""
    return name.startswith(SHARES)


def shown(name: str, value: float) -> str:
    """A figure's number for people: shares in per cent, counts whole, rates with three digits that count."""
    if is_share(name):
        return f"{100 * value:.1f} %"
    if name.startswith(_WHOLE) or abs(value) >= 1000:
        return f"{value:,.0f}"
    if value == 0:
        return "0"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def interval(name: str, figure: Figure) -> str:
    """What is known of a figure's uncertainty, for people: "4.9 to 6.4"; empty where nothing is."""
    if figure.low is None and figure.high is None:
        return ""
    if figure.low is None or figure.high is None:
        return (
            f"at least {shown(name, figure.low)}"
            if figure.low is not None
            else f"at most {shown(name, figure.high or 0)}"
        )
    return f"{shown(name, figure.low)} to {shown(name, figure.high)}"


def alike(sentences: Iterable[str]) -> tuple[str, ...]:
    """Sentences without those that say the same with other numbers: "bootstrap over 12 to 214 cells". In their order."""
    kinds: dict[str, list[list[str]]] = {}
    for one in dict.fromkeys(sentences):
        kinds.setdefault(_AMOUNT.sub("\0", one), []).append(_AMOUNT.findall(one))
    told = []
    for kind, numbers in kinds.items():
        words = kind.split("\0")
        for place, found in enumerate(zip(*numbers, strict=True)):
            low, high = (end(found, key=lambda one: float(one.replace(",", ""))) for end in (min, max))
            words[place] += low if low == high else f"{low} to {high}"
        told.append("".join(words))
    return tuple(told)


def figure_names(areas: Iterable[Measures]) -> tuple[str, ...]:
    """Names of the figures that at least one area has, in the order of `FIGURES`; unknown ones last."""
    there = dict.fromkeys(name for area in areas for name in area.figures)
    return (*(name for name in FIGURES if name in there), *(name for name in there if name not in FIGURES))


def index_names(areas: Iterable[Measures]) -> tuple[str, ...]:
    """Names of the indices (crime, safety) that at least one area has."""
    return tuple(dict.fromkeys(name for area in areas for name in area.indices))


def columns(census: Census) -> tuple[str, ...]:
    """Heads of the table: four columns a figure (value, low, high, how), then the indices, each after "index-"."""
    figures = (f"{name}{part}" for name in figure_names(census.areas) for part in _PARTS)
    return ("area", "population", "km2", *figures, *(f"index-{name}" for name in index_names(census.areas)))


def rows(census: Census) -> list[dict[str, str | float | None]]:
    """The table, a row an area, by the names of `columns`. None: not known."""
    figures, indices = figure_names(census.areas), index_names(census.areas)
    told: list[dict[str, str | float | None]] = []
    for area in census.areas:
        row: dict[str, str | float | None] = {"area": area.area, "population": area.population, "km2": area.km2}
        for name in figures:
            one = area.figures.get(name)
            values = (one.value, one.low, one.high, one.how or None) if one else (None,) * 4
            row |= {f"{name}{part}": value for part, value in zip(_PARTS, values, strict=True)}
        told.append(row | {f"index-{name}": area.indices.get(name) for name in indices})
    return told


def as_csv(census: Census) -> str:
    """The table as CSV (RFC 4180). A text that a spreadsheet would take for a formula is written after a '."""
    out = io.StringIO()
    writer = csv.writer(out)
    heads = columns(census)
    writer.writerow([_cell(head) for head in heads])
    writer.writerows([_cell(row[head]) for head in heads] for row in rows(census))
    return out.getvalue()


def as_markdown(census: Census) -> str:
    """The table as Markdown for people: a column a figure, its interval in brackets; below it, how the intervals were had."""
    figures, indices = figure_names(census.areas), index_names(census.areas)
    heads = ["area", "population", "km²", *(FIGURES.get(name, name) for name in figures), *indices]
    lines = [_line(heads), _line(["---", *["---:"] * (len(heads) - 1)], raw=True)]
    hows: dict[str, None] = {}
    for area in census.areas:
        cells = [area.area, _number(area.population, "cameras"), _number(area.km2, "")]
        for name in figures:
            one = area.figures.get(name)
            around = interval(name, one) if one else ""
            cells.append((shown(name, one.value) + (f" ({around})" if around else "")) if one else "")
            if one and one.how:
                hows[f"{FIGURES.get(name, name)}: {one.how}"] = None
        lines.append(_line([*cells, *(_number(area.indices.get(name), "") for name in indices)]))
    told = [*lines, "", *(f"- {_marked(how)}" for how in hows)] if hows else lines
    return "\n".join(told) + "\n"


def write_parquet(census: Census, path: Path) -> None:
    """The table as Parquet. UsageError that says what to install where pyarrow is not there, CannotWriteError."""
    told = rows(census)
    columns_ = {head: (_kind(head), [_utf8(row[head]) for row in told]) for head in columns(census)}
    tabular.write_parquet(columns_, path)


def _kind(head: str) -> Kind:
    if head == "area" or head.endswith("-how"):
        return Kind.TEXT
    return Kind.WHOLE if head == "population" else Kind.NUMBER


def to_json(census: Census) -> str:
    """All of a census as JSON, for `from_json`: what is read again is equal to what was written."""
    told = {
        "format": FORMAT,
        "version": VERSION,
        "made": census.made,
        "inputs": census.inputs,
        "areas": [
            {
                "area": area.area,
                "population": area.population,
                "km2": area.km2,
                "figures": {name: _figure_out(one) for name, one in area.figures.items()},
                "indices": dict(area.indices),
            }
            for area in census.areas
        ],
        "assumptions": census.assumptions,
        "remarks": [
            {"source": one.source, "where": one.where, "what": one.what, "dropped": one.dropped}
            for one in census.remarks
        ],
        "notes": census.notes,
    }
    text = json.dumps(told, ensure_ascii=False, allow_nan=False, indent=1)
    # The name of a file may hold bytes that are no text; as \udcXX they are still JSON, and come back as they were.
    return text.encode("utf-8", "backslashreplace").decode() + "\n"


def from_json(text: str | bytes, source: str) -> Census:
    """A census of JSON that `to_json` wrote; `source` is the file's name. BadInputError says what is wrong with it."""
    try:
        told = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{source} is no JSON that can be read: give a census that watchglass wrote.") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise BadInputError(f'{source} is no census: it has no "format": "{FORMAT}". Give one that watchglass wrote.')
    if told.get("version") != VERSION:
        raise BadInputError(
            f"{source} is a census of version {json.dumps(told.get('version'))[:20]}, and this watchglass reads {VERSION}: "
            "use a newer watchglass."
        )
    try:
        return Census(
            made=_text(told, "made"),
            inputs=_texts(told, "inputs"),
            areas=tuple(_area_in(one) for one in _list(told, "areas")),
            assumptions=_texts(told, "assumptions"),
            remarks=tuple(_remark_in(one) for one in _list(told, "remarks")),
            notes=_texts(told, "notes"),
        )
    except _WrongFieldError as error:
        raise BadInputError(f"{source} is a census, but {error}: make it again.") from error


class _WrongFieldError(Exception):
    """A field is not there, or holds something else than it should."""


def _figure_out(one: Figure) -> dict[str, float | str | None]:
    return {"value": one.value, "low": one.low, "high": one.high, "how": one.how}


def _area_in(told: object) -> Measures:
    area = _object(told, "areas")
    figures = {name: _figure_in(one, name) for name, one in _object(area.get("figures"), "figures").items()}
    people = _maybe(area, "population")
    if people is not None and not people.is_integer():
        raise _WrongFieldError('"population" is no whole number')
    indices = _object(area.get("indices", {}), "indices")
    return Measures(
        area=_text(area, "area"),
        population=None if people is None else int(area["population"]),
        km2=_maybe(area, "km2"),
        figures=figures,
        indices={name: _value(indices, name) for name in indices},
    )


def _figure_in(told: object, name: str) -> Figure:
    one = _object(told, name)
    return Figure(_value(one, "value"), _maybe(one, "low"), _maybe(one, "high"), _text(one, "how", ""))


def _remark_in(told: object) -> Remark:
    one = _object(told, "remarks")
    dropped = one.get("dropped")
    if not isinstance(dropped, bool):
        raise _WrongFieldError('"dropped" is neither true nor false')
    return Remark(_text(one, "source"), _text(one, "where"), _text(one, "what"), dropped)


def _object(told: object, name: str) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise _WrongFieldError(f"{json.dumps(name[:60])} does not hold what it should")
    return cast("dict[str, Any]", told)


def _list(told: Mapping[str, Any], name: str) -> Sequence[object]:
    found = told.get(name, [])
    if not isinstance(found, list):
        raise _WrongFieldError(f'"{name}" is no list')
    return found


def _text(told: Mapping[str, Any], name: str, missing: str | None = None) -> str:
    found = told.get(name, missing)
    if not isinstance(found, str):
        raise _WrongFieldError(f'"{name}" is no text')
    return found


def _texts(told: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = _list(told, name)
    if not all(isinstance(one, str) for one in found):
        raise _WrongFieldError(f'"{name}" holds something that is no text')
    return tuple(cast("Sequence[str]", found))


def _value(told: Mapping[str, Any], name: str) -> float:
    found = told.get(name)
    try:
        if isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(number := float(found)):
            return number
    except OverflowError:
        pass
    raise _WrongFieldError(f"{json.dumps(name[:60])} is no number")


def _maybe(told: Mapping[str, Any], name: str) -> float | None:
    return None if told.get(name) is None else _value(told, name)


def _no_constant(constant: str) -> float:
    raise ValueError(constant)


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        text = value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
        return tabular.cell(text)
    if float(value).is_integer() or abs(value) >= 10**_DIGITS:
        return f"{value:.0f}"
    places = max(0, _DIGITS - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{places}f}".rstrip("0").rstrip(".")


def _utf8(value: str | float | None) -> str | float | None:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _number(value: float | None, name: str) -> str:
    return "" if value is None else shown(name, value)


def _line(cells: Iterable[str], *, raw: bool = False) -> str:
    return "| " + " | ".join(cell if raw or _NUMBER.fullmatch(cell) else _marked(cell) for cell in cells) + " |"


def _marked(text: str) -> str:
    """A text in which Markdown sees no markup of its own."""
    return _MARKUP.sub(r"\\\1", plain(text))
