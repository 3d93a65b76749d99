import pytest

from watchglass.base import errors
from watchglass.base.errors import Exit, WatchglassError

KINDS = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, WatchglassError)]


def test_exit_codes_are_those_that_scripts_rely_on() -> None:
    assert {code.name: int(code) for code in Exit} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "DATA": 65,
        "NO_INPUT": 66,
        "UNAVAILABLE": 69,
        "SOFTWARE": 70,
        "CANNOT_WRITE": 73,
        "DISK_FULL": 74,
        "NO_PERMISSION": 77,
        "NEWER_DATA": 78,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_its_sentence(kind: type[WatchglassError]) -> None:
    error = kind("Camera 'Door' does not answer: check its cable.")
    assert str(error) == error.sentence == "Camera 'Door' does not answer: check its cable."
    assert isinstance(error.exit, Exit)
    assert error.exit is not Exit.OK


def test_every_kind_but_the_base_has_a_code_of_its_own() -> None:
    assert len(KINDS) == 9
    assert len({kind.exit for kind in KINDS}) == 9


def test_every_kind_says_when_it_is_meant() -> None:
    assert all(kind.__doc__ for kind in KINDS)
