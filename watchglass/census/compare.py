"""Two censuses or tables side by side, and what their differences are made of.

A rate is a count divided by something, so the logarithm of how it changed is the sum of the logarithms of what changed:
that is exact, and the per cent of a difference are shared out in proportion to it.
"""

import dataclasses
import enum
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from watchglass.base.errors import BadInputError
from watchglass.census import printed, reference
from watchglass.census.values import FIGURES, Measures

OVER = 0.05
"""Share of the first figure from which on a difference is explained."""


class Cause(enum.StrEnum):
    """What can make a figure differ."""

    COUNT = "cameras"
    POPULATION = "population"
    AREA = "area"
    STREETS = "streets"
    DENOMINATOR = "denominator"  # per 100 people and per 1,000
    ROUNDING = "rounding"  # of a printed rate
    SLIP = "slip"  # a printed rate that does not follow from its own count and population
    UNKNOWN = "unknown"  # the rest, where a count or a denominator is not given


@dataclasses.dataclass(frozen=True, slots=True)
class Given:
    """What one side says of an area: a figure, and what it is made of where that is known, None where not.

    `base` is what the count is divided by (thousands of people for "per-1000", km²; 1 for "cameras"), `per` how many people the
    figure is for. `follows`: a printed `value` is what count and base give, rounded or cut off. `ends` are the least and the
    greatest number that would be printed as `value`.
    """

    value: float
    cameras: float | None = None
    base: float | None = None
    per: int = 1
    follows: bool = True
    ends: tuple[float, float] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Side:
    """One of the two, by area and name of the figure: those of `FIGURES`, or "rate" for one that is printed, per 100 or 1,000."""

    name: str
    areas: Mapping[str, Mapping[str, Given]]


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """So many per cent of the first figure are due to this; `log` is the logarithm of the factor it stands for."""

    cause: Cause
    percent: float
    log: float


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """A figure of an area in both. `parts` add up to `percent`; there are none where it differs by 5 % or less.

    `percent` is None where the first is zero. `within_rounding`: the two would be printed alike from one number.
    """

    area: str
    figure: str
    before: float
    after: float
    percent: float | None
    parts: tuple[Part, ...]
    within_rounding: bool
    words: str


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """All that both have, most different first, and the areas that only one has. `first` and `second` are the sides' names."""

    first: str
    second: str
    differences: tuple[Difference, ...]
    first_only: tuple[str, ...]
    second_only: tuple[str, ...]


def compare(first: Side, second: Side) -> Comparison:
    """Every figure that both sides have of an area of the same name."""
    differences = [
        _difference(area, figure, given, other)
        for area, figures in first.areas.items()
        for figure, given in figures.items()
        if (other := _counterpart(second.areas.get(area, {}), figure)) is not None
    ]
    return Comparison(
        first.name,
        second.name,
        tuple(sorted(differences, key=lambda one: -math.inf if one.percent is None else -abs(one.percent))),
        tuple(area for area in first.areas if area not in second.areas),
        tuple(area for area in second.areas if area not in first.areas),
    )


def of_measures(name: str, areas: Iterable[Measures]) -> Side:
    """A census as one side."""
    return Side(name, {one.area: _of_area(one) for one in areas})


def of_table(table: reference.Table) -> Side:
    """A published table as one side: its counts, and the rates that it prints (or that can be computed from it)."""
    found: dict[str, dict[str, Given]] = {}
    for row in table.rows:
        figures = {"cameras": _printed_count(row), "rate": _printed_rate(row)}
        found[row.area] = {name: given for name, given in figures.items() if given is not None}
    return Side(table.name, {area: figures for area, figures in found.items() if figures})


def _counterpart(figures: Mapping[str, Given], figure: str) -> Given | None:
    """The same figure of the other side; a printed rate's is the one per 1,000 people of a census."""
    alike = {"rate": "per-1000", "per-1000": "rate"}
    return figures.get(figure) or figures.get(alike.get(figure, figure))


def _of_area(one: Measures) -> dict[str, Given]:
    values = {name: figure.value for name, figure in one.figures.items() if not name.startswith("rank-")}
    people, cameras = one.population, values.get("cameras")
    street_km = cameras / values["per-street-km"] if cameras and values.get("per-street-km") else None
    of = {  # of what, divided by what, for how many people
        "cameras": (cameras, 1.0, 1),
        "per-1000": (cameras, people and people / 1000, 1000),
        "per-100": (cameras, people and people / 100, 100),
        "per-km2": (cameras, one.km2, 1),
        "per-street-km": (cameras, street_km, 1),
        "effective-per-1000": (values.get("effective"), people and people / 1000, 1000),
    }
    return {name: Given(value, *of.get(name, (None, None, 1))) for name, value in values.items()}


def _printed_count(row: reference.Row) -> Given | None:
    try:
        number = printed.read(row.cameras)
    except BadInputError:
        return None
    low, high = number.span()
    return Given(float(number.value), float(number.value), 1.0, ends=(float(low), float(high)))


def _printed_rate(row: reference.Row) -> Given | None:
    """The rate as printed, or as computed where none is, with what it is made of."""
    computed, count, per = reference.computed(row), _printed_count(row), row.per or 1000
    cameras = None if count is None else count.value
    base = None if computed is None or not cameras else cameras / float(computed)
    if not row.rate:
        return None if computed is None else Given(float(computed), cameras, base, per)
    rate = printed.read(row.rate)
    ends = (float(rate.span()[0]), float(rate.span()[1]))
    follows = computed is None or rate.may_stand_for(Fraction(computed))
    return Given(float(rate.value), cameras if base else None, base, per, follows=follows, ends=ends)


def _difference(area: str, figure: str, before: Given, after: Given) -> Difference:
    percent = (after.value - before.value) / before.value * 100 if before.value else None
    within = _within_rounding(before, after)
    parts = _parts(figure, before, after, percent)
    plain = Difference(area, figure, before.value, after.value, percent, parts, within, "")
    return dataclasses.replace(plain, words=_words(plain, before, after))


def _parts(figure: str, before: Given, after: Given, percent: float | None) -> tuple[Part, ...]:
    if percent is None or abs(percent) <= OVER * 100 or not after.value:
        return ()
    whole = math.log(after.value / before.value)
    logs: dict[Cause, float] = {}
    if before.per != after.per:
        logs[Cause.DENOMINATOR] = math.log(after.per / before.per)
    if before.cameras and after.cameras and before.base and after.base:
        logs[Cause.COUNT] = math.log(after.cameras / before.cameras)
        people = math.log((before.base * before.per) / (after.base * after.per))
        if figure != "cameras":
            logs[_denominator(figure)] = people
        rest = whole - sum(logs.values())
        logs[Cause.ROUNDING if before.follows and after.follows else Cause.SLIP] = rest
    else:
        logs[Cause.UNKNOWN] = whole - sum(logs.values())
    shown = {cause: log for cause, log in logs.items() if abs(log) > 1e-9}
    return tuple(Part(cause, percent * log / whole, log) for cause, log in shown.items())


def _denominator(figure: str) -> Cause:
    return {"per-km2": Cause.AREA, "per-street-km": Cause.STREETS}.get(figure, Cause.POPULATION)


def _within_rounding(before: Given, after: Given) -> bool:
    """Whether one number could be printed as both."""
    if before.ends is None and after.ends is None:
        return False
    factor = after.per / before.per
    low, high = (end * factor for end in before.ends or (before.value, before.value))
    least, most = after.ends or (after.value, after.value)
    return low <= most and least <= high


def _words(one: Difference, before: Given, after: Given) -> str:
    what = "cameras for people" if one.figure == "rate" else FIGURES[one.figure].partition(":")[0]
    units = [f" per {given.per:,}" if one.figure == "rate" else "" for given in (before, after)]
    sides = f"{one.area}, {what}: {_amount(one.before)}{units[0]} and {_amount(one.after)}{units[1]}"
    if one.percent is None:
        return f"{sides}{', none in either' if not one.after else ', and from none there is no percentage'}."
    if not one.parts:
        return f"{sides}, {one.percent:+.1f} %."
    made = ", ".join(f"{part.percent:+.1f} % {_said(part, one.figure)}" for part in one.parts)
    made = made if len(one.parts) == 1 else f"of {one.percent:+.1f} %, {made}"
    rounding = " One number could be printed as both." if one.within_rounding else ""
    return f"{sides}: {made}.{rounding}"


def _amount(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def _said(part: Part, figure: str) -> str:
    kind = "effective cameras" if figure.startswith("effective") else "cameras"
    thing = {
        Cause.COUNT: (f"more {kind}", f"fewer {kind}"),
        Cause.POPULATION: ("a smaller population", "a larger population"),
        Cause.AREA: ("a smaller area", "a larger area"),
        Cause.STREETS: ("less street", "more street"),
        Cause.DENOMINATOR: ("another denominator: for more people each", "another denominator: for fewer people each"),
        Cause.ROUNDING: ("rounding",) * 2,
        Cause.SLIP: ("a printed rate that does not follow from its own count and population",) * 2,
        Cause.UNKNOWN: (_missing(figure),) * 2,
    }[part.cause]
    return thing[0 if part.log > 0 else 1]


def _missing(figure: str) -> str:
    if figure == "rate" or "per-" in figure:
        return "that cannot be shared out, for one side gives no count or nothing to divide it by"
    return "that cannot be shared out, for the figure is no count divided by something"
