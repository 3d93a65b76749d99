import pydantic
import pytest

from watchglass.base.errors import UsageError
from watchglass.console.shapes import MAX_US, Shape, Span, nothing_kept, span
from watchglass.model.camera import Camera, Source, SourceKind, ViewPolicy


class Sample(Shape):
    number: int
    text: str = ""


def test_json_is_taken_as_it_is() -> None:
    assert Sample.model_validate({"number": 5}) == Sample(number=5)
    for wrong in ({"number": "5"}, {"number": 5.0}, {"number": True}, {"number": 5, "text": 5}, {"number": 5, "x": 1}):
        with pytest.raises(pydantic.ValidationError):
            Sample.model_validate(wrong)


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        (ViewPolicy.FLAT, "Nothing is kept of camera 'Door' in this span."),
        (ViewPolicy.COUNTS, "Nothing is kept of camera 'Door' in this span. This camera keeps counts only."),
    ],
)
def test_why_nothing_is_kept(policy: ViewPolicy, sentence: str) -> None:
    camera = Camera(1, "Door", Source(SourceKind.USB, "/dev/video0"), policy=policy)
    assert str(nothing_kept(camera)) == sentence


def test_spans() -> None:
    assert span(0, MAX_US) == Span(0, MAX_US)  # type: ignore[arg-type]
    for end in (5, 4):
        with pytest.raises(UsageError, match="ends before it begins"):
            span(5, end)
