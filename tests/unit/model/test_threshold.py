import math

import pytest

from watchglass.model.threshold import LEAST_THRESHOLD, MOST_THRESHOLD, THRESHOLD, trouble


@pytest.mark.parametrize("value", [LEAST_THRESHOLD, THRESHOLD, MOST_THRESHOLD])
def test_a_share_is_well(value: float) -> None:
    assert trouble(value) == ""


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (0, "everything would count; give 0.05 to 0.95, 0.6 as a rule."),
        (1, "nothing is ever that sure; give 0.05 to 0.95, 0.6 as a rule."),
        (60, "it is a share; write 0.6 for 60 of a hundred."),
        (97, "give 0.05 to 0.95, 0.6 as a rule."),  # 0.97 would be refused, too
        (1.5, "give 0.05 to 0.95, 0.6 as a rule."),
        (0.96, "give 0.05 to 0.95, 0.6 as a rule."),
        (-1, "give 0.05 to 0.95, 0.6 as a rule."),
        (math.nan, "give 0.05 to 0.95, 0.6 as a rule."),
        (math.inf, "give 0.05 to 0.95, 0.6 as a rule."),
    ],
)
def test_what_is_none_says_what_to_give(value: float, sentence: str) -> None:
    assert trouble(value) == sentence
