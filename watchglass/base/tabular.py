"""Tables for others: cells that a spreadsheet runs nothing of, and Parquet, whose library is an extra."""

import enum
import importlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from watchglass.base import durable
from watchglass.base.errors import UsageError

# What a spreadsheet takes for a formula, in full width as well: some take those for the narrow ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 -- they are what is meant


class Kind(enum.StrEnum):
    """What is in a column. `MOMENT` is a datetime of UTC."""

    TEXT = "string"
    WHOLE = "int64"
    NUMBER = "float64"
    MOMENT = "timestamp"


def cell(text: str) -> str:
    """A text as it may stand in a table (CSV): after a ' where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def require_parquet() -> ModuleType:
    """The library, for who wants to know before long work. UsageError that says what to install where it is not there."""
    try:
        return importlib.import_module("pyarrow")
    except ImportError as error:
        raise UsageError(
            "Parquet needs the library pyarrow, which is not installed here: run pip install 'watchglass[parquet]', or take CSV."
        ) from error


def write_parquet(columns: Mapping[str, tuple[Kind, Sequence[object]]], path: Path) -> None:
    """Columns as a Parquet file, whole or not there; None is a value that is not known. UsageError, CannotWriteError."""
    arrow = require_parquet()
    types = {kind: arrow.timestamp("us", tz="UTC") if kind is Kind.MOMENT else getattr(arrow, kind)() for kind in Kind}
    schema = arrow.schema([(name, types[kind]) for name, (kind, _) in columns.items()])
    table = arrow.table({name: list(values) for name, (_, values) in columns.items()}, schema=schema)
    out = io.BytesIO()
    importlib.import_module("pyarrow.parquet").write_table(table, out)
    try:
        durable.replace(path, out.getvalue(), 0o644)
    except OSError as error:
        raise durable.write_error(error, f"{path}") from error
