import dataclasses

import pytest

from watchglass.base.clock import WallUs
from watchglass.model.record import Account, CoveredSpan, Gap, GapCause, Segment, SegmentState


def test_words_are_those_of_the_catalogue() -> None:
    """They stand in its rows and checks: another word is a migration."""
    assert [str(one) for one in SegmentState] == ["open", "closed", "garbage"]
    assert [str(one) for one in GapCause] == ["camera", "network", "disk", "us", "off"]


def test_a_segment_has_a_hash_once_it_is_closed() -> None:
    segment = Segment(1, 2, "run", SegmentState.OPEN, WallUs(0), WallUs(1), "views/2/a.mp4", 10)
    assert segment.sha256 is None
    assert dataclasses.replace(segment, state=SegmentState.CLOSED, sha256="00").sha256 == "00"


def test_an_account_is_a_name_and_nothing_else() -> None:
    assert [field.name for field in dataclasses.fields(Account)] == ["id", "name"]


@pytest.mark.parametrize(
    "value", [Gap(1, 2, WallUs(0), None, GapCause.CAMERA), CoveredSpan(1, 2, WallUs(0), None, "Learning")]
)
def test_spans_that_last_have_no_end(value: Gap | CoveredSpan) -> None:
    assert value.end is None
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.end = WallUs(1)  # type: ignore[misc]  # that is the test
