from pathlib import Path

import pytest

from tests import footage


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of H.264 in MP4, its index in front: cut short it still begins well."""
    path = tmp_path_factory.mktemp("street") / "street.mp4"
    return footage.make(path, frames=50, gop=25)
