import logging
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.unit.console.support import error_of, run
from watchglass.base import errors
from watchglass.console.fault import BusyError, ConflictError, NotSignedInError, answer_errors, sentence_of, status_of


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.UsageError, 400),
        (NotSignedInError, 401),
        (errors.RefusedError, 403),
        (errors.MissingInputError, 404),
        (ConflictError, 409),
        (errors.BadInputError, 422),
        (errors.UnreachableError, 422),
        (BusyError, 429),
        (errors.CannotWriteError, 500),
        (errors.NewerDataError, 500),
        (errors.WatchglassError, 500),
        (errors.DiskFullError, 507),
    ],
)
def test_statuses(kind: type[errors.WatchglassError], status: int) -> None:
    assert status_of(kind("It is so.")) == status


def test_no_error_of_ours_looks_like_a_server_that_is_away() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    ours = [kind for kind in kinds if issubclass(kind, errors.WatchglassError)]
    assert len(ours) > 5
    assert not {status_of(kind("It is so.")) for kind in ours} & {502, 503, 504}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ({"type": "missing", "loc": ("body", "name"), "msg": "Field required"}, "name is missing."),
        ({"type": "missing", "loc": ("body",), "msg": "Field required"}, "The body is missing."),
        ({"type": "json_invalid", "loc": ("body", 5), "msg": "JSON decode error"}, "The body is not a JSON object."),
        ({"type": "extra_forbidden", "loc": ("body", "x"), "msg": "Extra"}, "x is not known here."),
        ({"type": "int_parsing", "loc": ("query", "a"), "msg": "Input should"}, "a is not a whole number."),
        ({"type": "value_error", "loc": ("body", "a", 0), "msg": "Value error, Too odd."}, "a.0: too odd."),
    ],
)
def test_sentences(error: dict[str, object], sentence: str) -> None:
    assert sentence_of([error]) == sentence


def test_our_own_faults_say_nothing_of_themselves(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    answer_errors(app)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError(f"something about {tmp_path}")

    async def script() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/broken")

    with caplog.at_level(logging.ERROR):
        answer = run(script())
    assert answer.status_code == 500
    assert "log" in error_of(answer)
    assert str(tmp_path) not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert str(tmp_path) in caplog.text
