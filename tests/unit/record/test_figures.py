import json
from pathlib import Path

import pytest

from watchglass.base.clock import WallUs
from watchglass.base.vitals import BELIEVED_US
from watchglass.model.camera import StreamRole
from watchglass.record.figures import FILE, StreamFigures, heard, tell

NOW = WallUs(1_800_000_000_000_000)
FIGURES = [StreamFigures(1, StreamRole.MAIN, 7, 2.5e-5), StreamFigures(1, StreamRole.SUB, 0, None)]


def test_what_is_told_is_heard_while_it_is_new(tmp_path: Path) -> None:
    assert heard(tmp_path, NOW) == []
    tell(tmp_path, FIGURES, NOW)
    assert heard(tmp_path, WallUs(NOW + BELIEVED_US)) == FIGURES
    assert heard(tmp_path, WallUs(NOW + BELIEVED_US + 1)) == []
    tell(tmp_path, [], NOW)
    assert heard(tmp_path, NOW) == []


@pytest.mark.parametrize(
    "value", ["", [], {"at": 1}, {"at": NOW, "streams": 5}, {"at": NOW, "streams": [{}]}, {"at": None, "streams": []}]
)
def test_what_is_something_else_is_not_heard(tmp_path: Path, value: object) -> None:
    (tmp_path / FILE).write_text(json.dumps(value))
    assert heard(tmp_path, NOW) == []
