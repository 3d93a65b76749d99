"""Thresholds of scores: what a detector is sure of, as a share of one."""

from typing import Final

THRESHOLD: Final = 0.60
LEAST_THRESHOLD: Final = 0.05
MOST_THRESHOLD: Final = 0.95


def trouble(value: float) -> str:
    """What is wrong with a threshold and how to mend it; empty where nothing is."""
    if LEAST_THRESHOLD <= value <= MOST_THRESHOLD:  # which no number that is none fulfils
        return ""
    usual = f"give {LEAST_THRESHOLD:g} to {MOST_THRESHOLD:g}, {THRESHOLD:g} as a rule."
    if 100 * LEAST_THRESHOLD <= value <= 100 * MOST_THRESHOLD:
        return f"it is a share; write {value / 100:g} for {value:g} of a hundred."
    if value == 0:
        return f"everything would count; {usual}"
    return f"nothing is ever that sure; {usual}" if value == 1 else usual
