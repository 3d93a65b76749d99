import dataclasses

from watchglass.model.look import NO_SIGNS, Look, SceneSigns, StillBlob


def test_what_is_usual_is_no_sign() -> None:
    assert SceneSigns() == NO_SIGNS
    assert (NO_SIGNS.sharpness, NO_SIGNS.frozen, NO_SIGNS.blobs) == (1.0, 0.0, ())


def test_a_look_has_no_picture() -> None:
    assert {field.name for field in dataclasses.fields(Look)} == {"media", "wall", "width", "height", "tracks", "signs"}
    assert {field.name for field in dataclasses.fields(StillBlob)} == {"box", "since", "score", "kind"}
