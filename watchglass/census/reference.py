"""Published tables of cameras as they were printed, and whether their own figures agree with one another.

A printed rate is held against the printed count divided by the printed population; where no population is printed,
by that of the United Nations for 2019. The straight computation decides; what rounding of the count could explain is said
beside it. A figure that is cut off rather than rounded is no slip.
"""

import csv
import dataclasses
import enum
import io
from collections.abc import Mapping, Sequence
from fractions import Fraction
from importlib import resources

from watchglass.base.errors import BadInputError, UsageError
from watchglass.census import printed
from watchglass.census.printed import Printed, decimal
from watchglass.census.values import Area

NAMES = ("comparitech-2019", "precisesecurity-2019")
"""The tables there are."""

COLUMNS = (
    "area", "cameras, as printed", "people, as printed", "people, as reckoned with",
    "rate, as printed", "rate, computed", "remark",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """Where figures come from."""

    title: str
    publisher: str
    year: int
    licence: str
    note: str

    @property
    def words(self) -> str:
        licence = f" Licence: {self.licence}." if self.licence else ""
        return f"{self.publisher} ({self.year}): {self.title}.{licence} {self.note}"


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A line of a table, every figure as printed, "" where none is. `per` is how many people the table's rates are for.

    `people_2019` is the United Nations' population where that is known, for where none is printed.
    """

    area: str
    kind: str  # city, country, group of areas
    cameras: str = ""
    people: str = ""
    rate: str = ""
    per: int | None = None
    part_of: str = ""
    people_2019: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A published table. `claims` are sentences of it that no figure of it can bear out or refute."""

    name: str
    source: Source
    rows: tuple[Row, ...]
    claims: tuple[str, ...] = ()


class Fault(enum.StrEnum):
    """What can be wrong with a printed figure."""

    RATE = "rate"  # it does not follow from count and population
    NUMBER = "number"  # it is none
    REPEATED = "repeated"  # it is another table's: no second count


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One figure that does not hold. `arithmetic` shows why; `rounding` says whether rounding could explain it."""

    table: str
    area: str
    fault: Fault
    arithmetic: str
    rounding: str = ""
    by_rounding: bool = False

    @property
    def words(self) -> str:
        return f"{self.arithmetic}. {self.rounding}".rstrip()


def load(name: str) -> Table:
    """A table by its name."""
    if name not in NAMES:
        raise UsageError(f"There is no reference table '{name}'. Those there are: {', '.join(NAMES)}.")
    populations = population_2019()
    rows, claims = [], []
    for line in _lines(name):
        if line["kind"] == "claim":
            claims.append(line["says"])
            continue
        rows.append(
            Row(
                line["area"],
                line["kind"],
                line["cameras"],
                line["people"],
                line["rate"],
                int(line["per"]) if line["per"] else None,
                line["part_of"],
                populations.get(line["un_name"]),
            )
        )
    return Table(name, source(name), tuple(rows), tuple(claims))


def source(name: str) -> Source:
    """Of one of the files of data."""
    [line] = [line for line in _lines("sources") if line["file"] == name]
    return Source(line["title"], line["publisher"], int(line["year"]), line["licence"], line["note"])


def population_2019() -> Mapping[str, int]:
    """People of the countries that the tables name, by the United Nations' name of the country."""
    return {line["name"]: round(Fraction(line["thousands"]) * 1000) for line in _lines("population-2019")}


def check(table: Table) -> tuple[Finding, ...]:
    """Every figure of a table that is no number, or does not follow from its own row."""
    findings: list[Finding] = []
    for row in table.rows:
        texts = (row.cameras, row.people, row.rate)
        findings += [_malformed(table, row, text, fault) for text in texts if (fault := _fault(text))]
        if finding := _rate(table, row):
            findings.append(finding)
    return tuple(findings)


def repeated(table: Table, other: Table) -> tuple[Finding, ...]:
    """Figures that a table has of another: equal counts, and rates that are another's divided by ten."""
    theirs = {(row.area, row.kind): row for row in other.rows}
    findings = []
    for row in table.rows:
        same = theirs.get((row.area, row.kind))
        if same is None:
            continue
        if row.cameras and row.cameras == same.cameras:
            words = f"{row.cameras} cameras are printed in {other.name} too: the same count, not a second one"
            if row.per and same.per and row.per != same.per:
                factor = max(row.per, same.per) // min(row.per, same.per)
                words += (
                    f"; its rates per {row.per:,} and the other's per {same.per:,} are one figure, {factor} times apart"
                )
            findings.append(Finding(table.name, row.area, Fault.REPEATED, words))
        if row.per and same.per and row.per != same.per and _same_rate(row, same):
            words = f"{row.rate} per {row.per:,} is {other.name}'s {same.rate} per {same.per:,} in another unit"
            findings.append(Finding(table.name, row.area, Fault.REPEATED, words))
    return tuple(findings)


def unchecked(table: Table) -> tuple[str, ...]:
    """What nothing in the table bears out or refutes, and why: a sentence each."""
    sentences = []
    without = [row.area for row in table.rows if row.kind == "city" and not row.rate and not row.people]
    if without:
        sentences.append(
            f"For {_listed(without)} neither a rate nor a population is printed, and the United Nations' "
            "populations of cities are not among the data: there is nothing to check a count against."
        )
    for row in table.rows:
        if row.rate and not row.cameras:
            sentences.append(
                f"{row.area}: {row.rate} per {row.per:,} is printed without a count, and cannot be checked."
            )
        if not row.rate and computed(row) is not None:
            sentences.append(f"{row.area}: no rate is printed; the one shown is computed.")
    sentences += [f"'{claim}' cannot be checked: the figures that it takes are not printed." for claim in table.claims]
    return tuple(sentences)


def computed(row: Row) -> Fraction | None:
    """Cameras per `per` people (1,000 where no rate is printed) by the row's own count and population."""
    cameras, people = _number(row.cameras), _people(row)
    if cameras is None or not people:
        return None
    return cameras.value / people * _per(row)


def lines(table: Table) -> tuple[tuple[str, ...], ...]:
    """The table with what is printed and what is computed side by side, in `COLUMNS`: a line of texts for each area."""
    remarks: dict[str, list[str]] = {}
    for finding in check(table):
        remarks.setdefault(finding.area, []).append(finding.words)
    found = []
    for row in table.rows:
        rate, people = computed(row), _people(row)
        known = row.people or ("" if people is None else f"{people.numerator:,} (United Nations, 2019)")
        per = f" per {_per(row):,}"
        found.append(
            (
                row.area,
                row.cameras,
                row.people,
                known,
                row.rate and row.rate + per,
                "" if rate is None else decimal(rate, _decimals(row)) + per,
                " ".join(remarks.get(row.area, ())),
            )
        )
    return tuple(found)


def areas(table: Table) -> tuple[Area, ...]:
    """The table's countries and cities as a census has them: bare counts, of whose error nothing is known."""
    found = []
    for row in table.rows:
        cameras, people = _number(row.cameras), _people(row)
        if cameras is not None and row.kind != "group":
            found.append(
                Area(row.area, population=None if people is None else round(people), cameras=round(cameras.value))
            )
    return tuple(found)


def _rate(table: Table, row: Row) -> Finding | None:
    """The finding if a printed rate does not follow from its own row."""
    rate, cameras, follows = _number(row.rate), _number(row.cameras), computed(row)
    if rate is None or cameras is None or follows is None or rate.may_stand_for(follows):
        return None
    people = f"{row.people}" if row.people else f"{row.people_2019:,} (United Nations, 2019)"
    arithmetic = f"{row.cameras} / {people} = {decimal(follows, _decimals(row))} per {_per(row):,}; printed: {row.rate}"
    explained, words = _by_rounding(row, cameras, rate)
    return Finding(table.name, row.area, Fault.RATE, arithmetic, words, explained)


def _by_rounding(row: Row, cameras: Printed, rate: Printed) -> tuple[bool, str]:
    """Whether some count (and population) that would be printed like the row's gives the printed rate, in words."""
    people = _people(row) or Fraction(1)
    least, most = (people * end / _per(row) for end in rate.span())
    if row.people:  # the printed population is rounded too
        low, high = printed.read(row.people).span()
        least, most = least * low / people, most * high / people
    need = people * rate.value / _per(row)
    shown = cameras.like(need, _shortest(cameras, people, rate, _per(row)))
    if printed.explained_by(cameras, (least, most)):
        return True, f"It would follow from {shown}, which is printed as {cameras.text} too."
    else_people = f"{decimal(cameras.value / rate.value * _per(row) / 10**6, 2)} million people"
    coarse = cameras.coarse()
    if coarse > cameras.unit and printed.explained_by(cameras, (least, most), coarse):
        return False, (
            f"It would follow from {shown}, which is printed as {cameras.text} only if it is rounded to whole "
            f"{printed.unit_name(coarse)}; or it would take {else_people}."
        )
    return False, f"It would take {shown} cameras, which no rounding makes {cameras.text}, or {else_people}."


def _shortest(cameras: Printed, people: Fraction, rate: Printed, per: int) -> int:
    """The least number of decimals with which a count, written as `cameras` is, still gives the printed rate."""
    scale = printed.SCALES.get(cameras.scale, 1)
    need = people * rate.value / per / scale
    for decimals in range(cameras.decimals, cameras.decimals + 4):
        if rate.may_stand_for(Fraction(round(need * 10**decimals), 10**decimals) * scale / people * per):
            return decimals
    return cameras.decimals + 4


def _malformed(table: Table, row: Row, text: str, words: str) -> Finding:
    whole = next((_number(other.cameras) for other in table.rows if other.area == row.part_of), None)
    too_many = [meant for meant in printed.readings(text) if whole is not None and meant > whole.value]
    if whole is not None and too_many:
        words += f"; {too_many[0]:,} is more than the {whole.text} printed for {row.part_of} together"
    return Finding(table.name, row.area, Fault.NUMBER, words)


def _same_rate(row: Row, other: Row) -> bool:
    rate, same = _number(row.rate), _number(other.rate)
    if rate is None or same is None:
        return False
    factor = Fraction(_per(row), _per(other))
    low, high = same.span()
    return printed.explained_by(rate, (low * factor, high * factor))


def _fault(text: str) -> str:
    """Why a text is no number; "" if it is one, or empty."""
    try:
        _ = printed.read(text) if text else None
    except BadInputError as error:
        return error.sentence.rstrip(".")
    return ""


def _number(text: str) -> Printed | None:
    try:
        return printed.read(text) if text else None
    except BadInputError:
        return None


def _people(row: Row) -> Fraction | None:
    people = _number(row.people)
    if people is not None:
        return people.value
    return None if row.people_2019 is None else Fraction(row.people_2019)


def _per(row: Row) -> int:
    return row.per or 1000


def _decimals(row: Row) -> int:
    """Two, or as many as are printed: a slip shows in the printed digits, and what was cut off in the next."""
    rate = _number(row.rate)
    return max(2, 0 if rate is None else rate.decimals)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _lines(name: str) -> list[dict[str, str]]:
    text = (resources.files("watchglass.census") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))
