import dataclasses

from watchglass.model.count import HOUR, MINUTE, Count, Crossing


def test_counts_are_numbers_of_what_went_where_and_when() -> None:
    assert HOUR == 60 * MINUTE
    fields = [field.name for value in (Count, Crossing) for field in dataclasses.fields(value)]
    assert set(fields) == {"camera", "rule", "place", "label", "direction", "begin", "minutes", "count", "at"}
