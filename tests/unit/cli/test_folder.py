from pathlib import Path

import pytest

from watchglass.base.errors import MissingInputError
from watchglass.cli import folder


def test_opens_the_machine_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="Name yours with --data"):
        folder.existing_machine_of(tmp_path / "data")
    assert list(tmp_path.iterdir()) == []
    assert folder.machine_of(tmp_path / "data").folder.root == tmp_path / "data"
    assert folder.existing_machine_of(tmp_path / "data").folder.root == tmp_path / "data"
