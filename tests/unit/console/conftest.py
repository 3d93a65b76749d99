from collections.abc import Iterator

import pytest

from tests.unit.console.support import close_catalogues


@pytest.fixture(autouse=True)
def _no_catalogue_stays_open() -> Iterator[None]:
    yield
    close_catalogues()
