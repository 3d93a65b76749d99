from watchglass.alert.failing import ChannelDownError, NeverTakenError, NotTakenError
from watchglass.base.errors import WatchglassError


def test_each_is_a_sentence_for_a_person() -> None:
    for kind in (ChannelDownError, NotTakenError, NeverTakenError):
        error = kind("It cannot be reached.")
        assert isinstance(error, WatchglassError)
        assert error.sentence == "It cannot be reached."
