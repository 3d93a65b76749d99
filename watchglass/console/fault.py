"""Errors as answers: a status and {"error": "<one sentence>"}, whatever went wrong and wherever."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import pydantic
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from watchglass.base.errors import (
    BadInputError,
    CannotWriteError,
    DiskFullError,
    MissingInputError,
    RefusedError,
    UnreachableError,
    UsageError,
    WatchglassError,
)
from watchglass.console.security import HEADERS, refuse

_log = logging.getLogger(__name__)


class NotSignedInError(RefusedError):
    """A call that needs a session came without one."""


class ConflictError(UsageError):
    """What was asked for has been done already, once and for all."""


class BusyError(WatchglassError):
    """So much is under way that this has to wait; trying again later helps."""


class ErrorOut(pydantic.BaseModel):
    """Every answer with a status of 400 and above."""

    error: str = pydantic.Field(description="One sentence for a person: what is wrong and what to do.")


_STATUS: Final[Mapping[type[WatchglassError], int]] = {
    NotSignedInError: 401,
    ConflictError: 409,
    BusyError: 429,
    UsageError: 400,
    BadInputError: 422,
    MissingInputError: 404,
    UnreachableError: 422,  # never 502 to 504: those mean that the server itself is away
    RefusedError: 403,
    CannotWriteError: 500,
    DiskFullError: 507,
    WatchglassError: 500,
}

ANSWERS: Final[dict[int | str, dict[str, Any]]] = {"4XX": {"model": ErrorOut}, "5XX": {"model": ErrorOut}}
"""For routers: how errors look in OpenAPI."""


def status_of(error: WatchglassError) -> int:
    """The HTTP status of an error: that of its nearest class."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def sentence_of(errors: Sequence[Mapping[str, Any]]) -> str:
    """What pydantic found, as one sentence. It never repeats the value: that may be a password."""
    first = errors[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "The body"
    what = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
    if first["type"] == "missing":
        return f"{where} is missing."
    if first["type"] in {"json_invalid", "model_attributes_type"}:
        return "The body is not a JSON object."
    if first["type"] == "int_parsing":
        return f"{where} is not a whole number."
    if first["type"] == "extra_forbidden":
        return f"{where} is not known here."
    return f"{where}: {what[:1].lower()}{what[1:]}."


async def _told(_request: Request, error: WatchglassError) -> JSONResponse:
    return refuse(status_of(error), error.sentence)


async def _not_valid(_request: Request, error: RequestValidationError) -> JSONResponse:
    return refuse(400, sentence_of(error.errors()))


async def _http(_request: Request, error: HTTPException) -> JSONResponse:
    sentence = {404: "There is nothing at this address.", 405: "This address does not take that method."}.get(
        error.status_code, f"{HTTPStatus(error.status_code).phrase}."
    )
    answer = refuse(error.status_code, sentence)
    answer.headers.update(error.headers or {})
    return answer


async def _our_own(request: Request, error: Exception) -> JSONResponse:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    answer = refuse(500, "Something went wrong inside watchglass; its log says what.")
    answer.headers.update(HEADERS)  # this one is sent from outside the guard
    return answer


def answer_errors(app: FastAPI) -> None:
    """Have `app` answer every error in our form."""
    app.exception_handler(WatchglassError)(_told)
    app.exception_handler(RequestValidationError)(_not_valid)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(Exception)(_our_own)
