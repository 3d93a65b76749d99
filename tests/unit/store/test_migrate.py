"""What `database.py` relies on to know, without Alembic, whether there is a step to take."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from watchglass.store.database import MIGRATIONS, ORIGINALS_MIGRATIONS, open_database, revisions
from watchglass.store.folder import DataFolder


@pytest.mark.parametrize("migrations", [MIGRATIONS, ORIGINALS_MIGRATIONS])
def test_a_step_is_called_what_its_file_is_called(migrations: str) -> None:
    config = Config()
    config.set_main_option("script_location", migrations)
    script = ScriptDirectory.from_config(config)
    walked = [(step.revision, Path(step.path).name[:4]) for step in script.walk_revisions()]
    assert [revision for revision, _ in reversed(walked)] == revisions(migrations)
    assert all(revision == name for revision, name in walked)


def test_who_only_opens_a_catalogue_does_not_load_it(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    open_database(folder).dispose()
    code = (
        "import sys, pathlib; from watchglass.store.database import open_database; from watchglass.store.folder import DataFolder;"
        f"open_database(DataFolder.open(pathlib.Path({str(folder.root)!r}))); print('alembic' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.split() == ["False"]
