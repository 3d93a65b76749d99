import dataclasses

from watchglass.model.event import Event, RuleKind


def test_an_event_says_what_happened_and_where_and_nothing_of_who() -> None:
    fields = [field.name for field in dataclasses.fields(Event)]
    place, what = ["camera", "place", "at"], ["id", "rule", "kind", "start", "end", "score", "tracks", "detail"]
    assert sorted(fields) == sorted(place + what)


def test_kinds_are_written_as_people_say_them() -> None:
    assert all(str(kind) == str(kind).strip().lower() for kind in RuleKind)
    assert len({str(kind) for kind in RuleKind}) == len(RuleKind) == 13
