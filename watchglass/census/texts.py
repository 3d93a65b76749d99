"""Tables as text files of unknown make: which encoding, which separator, which line. What was made out is a remark."""

import csv
import dataclasses
import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from watchglass.base.errors import BadInputError, UsageError
from watchglass.census import numbers
from watchglass.census.tags import shown
from watchglass.census.values import Remark

ENCODING, ROW, NUMBER = "encoding", "row", "number"

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"),
    (b"\xff\xfe\x00\x00", "utf-32", "UTF-32"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SAMPLE = 50  # lines


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A line of a table, with its number in the file, and its cells by column. A cell that is not there is empty."""

    line: int
    cells: Mapping[str, str]

    @property
    def where(self) -> str:
        return f"line {self.line}"


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A table as it stands in a file. Remarks say how it was read, and which lines have not as many cells as the first."""

    source: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    remarks: tuple[Remark, ...]

    def mark(self, column: str) -> str | None:
        """What begins fractions in a column, as far as its cells settle it."""
        return numbers.mark_of(row.cells[column] for row in self.rows)


def parse_mapping(text: str | None) -> dict[str, str] | None:
    """Which column a field is in, written as field=column,field=column. UsageError."""
    if text is None:
        return None
    found: dict[str, str] = {}
    for part in text.split(","):
        field, equals, column = part.partition("=")
        if not equals or not field.strip() or not column.strip() or field.strip() in found:
            raise UsageError(
                f"{shown(part)} is not written as FIELD=COLUMN, each field once: name columns as in longitude=x,latitude=y."
            )
        found[field.strip()] = column.strip()
    return found


def decoded(content: bytes, source: str) -> tuple[str, str]:
    """The text, and the name of its encoding. BadInputError for what is no text."""
    for mark, codec, name in _BOMS:
        if content.startswith(mark):
            try:
                return content.decode(codec).lstrip("\ufeff"), name
            except UnicodeDecodeError as error:
                raise BadInputError(f"{source} says that it is {name} and is not: save it again as UTF-8.") from error
    if (wide := _without_mark(content)) is not None:
        return wide, "UTF-16"
    if content.count(b"\0") or sum(byte < 32 and byte not in b"\t\r\n\x0c\x1a" for byte in content[:4096]) > 8:
        raise BadInputError(f"{source} is neither a map nor a table that is known here: it is no text.")
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        pass
    korean = _korean(content)
    if korean is not None:
        return korean, "CP949 (Korean)"
    return content.decode("cp1252", "replace"), "Windows-1252"


def _without_mark(content: bytes) -> str | None:
    """UTF-16 that doesn't say so: every second byte of its Latin letters is zero."""
    head = content[: min(len(content), 4096) // 2 * 2]
    for codec, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(head) >= 4 and zeros.count(0) > len(zeros) * 0.4:
            try:
                return content.decode(codec)
            except UnicodeDecodeError:
                return None
    return None


def _korean(content: bytes) -> str | None:
    """As Korean, if what is not ASCII in it are mostly syllables that are in use."""
    try:
        text = content.decode("cp949")
    except UnicodeDecodeError:
        return None
    foreign = [one for one in text if ord(one) > 127]
    common = sum("\uac00" <= one <= "\ud7a3" and len(one.encode("euc_kr", "ignore")) == 2 for one in foreign)
    return text if common > len(foreign) / 2 else None


def read_table(content: bytes, source: str) -> Table:
    """A table of values between commas, semicolons, tabs or bars, with its columns' names in the first line. BadInputError."""
    if not content:
        raise BadInputError(f"{source} is empty: get it again.")
    text, encoding = decoded(content, source)
    separator = _separator(text)
    remarks = [
        Remark(source, "file", f"read as {encoding}, with {_SEPARATORS[separator]} between columns", False, ENCODING)
    ]
    if "\ufffd" in text:
        remarks.append(Remark(source, "file", "some letters could not be read", False, ENCODING))
    lines = _lines(text, separator, source)
    _, head = next(lines, (0, []))
    columns = _columns(head)
    if not any(column.strip() for column in head):
        raise BadInputError(f"{source} has no table: its first line should name the columns.")
    rows = []
    for line, cells in lines:
        if len(cells) != len(columns):
            what = f"has {len(cells)} cells, where there are {len(columns)} columns"
            remarks.append(Remark(source, f"line {line}", what, False, ROW))
        rows.append(Row(line, dict(itertools.zip_longest(columns, cells[: len(columns)], fillvalue=""))))
    if not rows:
        remarks.append(Remark(source, "file", "has no lines below the names of its columns", False, ROW))
    return Table(source, columns, tuple(rows), tuple(remarks))


def _lines(text: str, separator: str, source: str) -> Iterator[tuple[int, list[str]]]:
    """Each line that is not blank, with the number at which it begins: one cell can go over several."""
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator)
    begins = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise BadInputError(f"{source}, line {begins}: this is no line of a table ({error}).") from error
        if cells is None:
            return
        if cells:
            yield begins, cells
        begins = reader.line_num + 1


def _separator(text: str) -> str:
    """The one that gives most lines as many cells as the first has; the one with more cells, if several do."""
    sample = list(itertools.islice((line for line in text.splitlines(keepends=True) if line.strip()), _SAMPLE))
    best, most = ",", (0, 0)
    for separator in _SEPARATORS:
        try:
            widths = [len(cells) for cells in csv.reader(sample, delimiter=separator) if cells]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            fitting = sum(width == widths[0] for width in widths)
            if (fitting, widths[0]) > most:
                best, most = separator, (fitting, widths[0])
    return best


def _columns(head: Sequence[str]) -> tuple[str, ...]:
    """Names of columns, each once and none empty: "", "a", "a" become "column 1", "a", "a (3)"."""
    made: list[str] = []
    for number, cell in enumerate(head, 1):
        name = " ".join(cell.split()) or f"column {number}"
        made.append(name if name not in made else f"{name} ({number})")
    return tuple(made)


def plain(name: str) -> str:
    """A name without case, accents, spaces and signs, for comparing: "Sèvres-Babylone" is "sevresbabylone"."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(one for one in apart if not unicodedata.combining(one))
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", letters).casefold())


def mapped(
    columns: Sequence[str], guesses: Mapping[str, Sequence[str]], mapping: Mapping[str, str] | None, source: str
) -> dict[str, str]:
    """Which column each field is in: as stated, else by its name. BadInputError for a column or field that there is not."""
    found: dict[str, str] = {}
    by_name = {plain(column): column for column in reversed(columns)}
    for field, wanted in (mapping or {}).items():
        if field not in guesses:
            raise BadInputError(f"{source}: nothing is called {shown(field)}; there are {', '.join(guesses)}.")
        column = wanted if wanted in columns else by_name.get(plain(wanted))
        if column is None:
            there = ", ".join(shown(one) for one in columns[:40])
            raise BadInputError(f"{source} has no column {shown(wanted)} for {field}; it has {there}.")
        found[field] = column
    taken = set(found.values())
    for field, names in guesses.items():
        if field not in found:
            column = next(
                (by_name[name] for name in map(plain, names) if by_name.get(name, "") not in {"", *taken}), None
            )
            if column:
                found[field] = column
                taken.add(column)
    return found
