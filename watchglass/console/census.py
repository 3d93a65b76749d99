"""Censuses of cameras that were published to this console: figures of places, with what is known of their uncertainty.

The same numbers as in the report (docs/formats/census.md). They are of cameras and places, never of people.
"""

import json
from typing import Annotated, Final, Literal

import pydantic
from fastapi import APIRouter, Path

from watchglass.base.errors import BadInputError
from watchglass.console.context import SIGNED_IN, Context
from watchglass.console.fault import ANSWERS
from watchglass.store.censuses import Censuses

router = APIRouter(prefix="/api/censuses", responses=ANSWERS, dependencies=SIGNED_IN, tags=["census"])

MOST_REMARKS: Final = 200  # the file has all of them

Name = Annotated[str, Path(max_length=64, description="The name that it was published under.")]


class _Told(pydantic.BaseModel):
    """A part of a census's file. What a newer watchglass writes beside is left out."""

    model_config = pydantic.ConfigDict(frozen=True, allow_inf_nan=False)


class FigureOut(_Told):
    """A number, and what is known of its uncertainty."""

    value: float
    low: float | None = pydantic.Field(None, description="null: nothing is known of its uncertainty.")
    high: float | None = None
    how: str = pydantic.Field("", description="What the interval is, in a few words.")


class MeasuresOut(_Told):
    """How watched an area is. A figure that cannot be had is left out."""

    area: str
    population: int | None
    km2: float | None
    figures: dict[str, FigureOut] = pydantic.Field(description="By the names of docs/formats/census.md.")
    indices: dict[str, float] = pydantic.Field(default_factory=dict, description="Columns of others: crime, safety.")


class RemarkOut(_Told):
    """Something in an input that was not as it should be."""

    source: str
    where: str = pydantic.Field(description="A line or an object of the map.")
    what: str
    dropped: bool = pydantic.Field(description="It could not be used at all.")


class CensusOut(_Told):
    """A census of cameras."""

    format: Literal["watchglass-census"]
    version: Literal[1]
    made: str = pydantic.Field(description="When, ISO 8601, UTC.")
    inputs: list[str]
    areas: list[MeasuresOut]
    assumptions: list[str] = pydantic.Field([], description="What stood in for what the map does not say.")
    notes: list[str] = pydantic.Field([], description="What may and may not be concluded.")
    remarks: list[RemarkOut] = pydantic.Field([], description=f"The first {MOST_REMARKS}; the file has all.")
    remarks_in_all: int = 0


class KeptCensusOut(_Told):
    """A census that was published here, by its name."""

    name: str
    made: str | None = pydantic.Field(description="null: it cannot be read.")
    areas: int


class CensusesOut(_Told):
    """All of them, by name."""

    censuses: list[KeptCensusOut]


@router.get("")
def list_censuses(console: Context) -> CensusesOut:
    """Tell which censuses were published here."""
    kept = Censuses(console.folder)
    return CensusesOut(censuses=[_summary(kept, name) for name in kept.names()])


@router.get("/{name}")
def get_census(name: Name, console: Context) -> CensusOut:
    """Tell all figures of one."""
    census = _read(Censuses(console.folder), name)
    count = len(census.remarks)
    return census.model_copy(update={"remarks": census.remarks[:MOST_REMARKS], "remarks_in_all": count})


def _summary(kept: Censuses, name: str) -> KeptCensusOut:
    try:
        census = _read(kept, name)
    except BadInputError:
        return KeptCensusOut(name=name, made=None, areas=0)  # the others are there all the same
    return KeptCensusOut(name=name, made=census.made, areas=len(census.areas))


def _read(kept: Censuses, name: str) -> CensusOut:
    try:
        return CensusOut.model_validate_json(_whole_text(kept.read(name)))
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"The census {name} cannot be read: publish it again.") from error


def _whole_text(document: bytes) -> bytes:
    """The same JSON with "?" for halves of characters: bytes of a file's name that are no text stand as such."""
    return json.dumps(json.loads(document), ensure_ascii=False).encode("utf-8", "replace")
